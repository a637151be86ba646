"""Requests with other dates and times, for refusals that speak of the past, the future or an order.

No contract says which moment a server takes: it wants the end of a silence in the future, a birthday in the past, and a
start before its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import with_value
from clausewise.resources.uniqueness import RequestField
from clausewise.values.edit import Location
from clausewise.values.strings import begins_range

#: how a sentence speaks of the order of moments
_OF_TIME = re.compile(
    r"\b(?:past|future|expir\w+|elapsed|later|earlier|older|newer|after|before|precedes?|passed|today|now|"
    r"too (?:old|early|late|soon|far))\b",
    re.IGNORECASE,
)

#: how a sentence asks for the past
_WANTS_PAST = re.compile(
    r"(?:\b(?:not|no|never|cannot)|n't)\b[^.]{0,30}\bfuture\b|\bmust be\b[^.]{0,20}\bpast\b", re.IGNORECASE
)

#: dates and times as RFC 3339 section 5.6 writes them
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?")

_ZONE = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)$")

#: names of numbers that count the seconds or milliseconds since 1970
_COUNTING = re.compile(r"time|date|(?:^|_)at$|[a-z]At$|until|expir|deadline|start|end|since|epoch", re.IGNORECASE)

#: a number from which on it counts milliseconds
_MILLISECONDS = 10**11

#: a beginning and an end: long ago, and in a future that no run lives to see
_PAST = datetime(2024, 5, 17, 9, 30, tzinfo=UTC), datetime(2024, 5, 18, 9, 30, tzinfo=UTC)
_FUTURE = datetime(2099, 12, 30, 23, 59, 59, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)


def moved(draft: Draft, text: str) -> Iterator[Draft]:
    """`draft` with its dates and times moved as the sentence `text` may want them; nothing where it is not about time.

    The constants come first: what depends on the clock of this machine makes two runs differ.
    """
    if not _OF_TIME.search(text):
        return
    places = list(_moments(draft))
    ends = [(place, value) for place, value in places if not begins_range(_name(place))]
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    soon = tomorrow, tomorrow + timedelta(hours=1)
    spans = [_FUTURE, soon, _PAST]
    if _WANTS_PAST.search(text):
        spans = [_PAST, _FUTURE]
    for span in spans:
        if len(ends) < len(places):
            yield _put(draft, ends, span)
        yield _put(draft, places, span)


def _put(draft: Draft, places: Iterable[tuple[RequestField, Any]], span: tuple[datetime, datetime]) -> Draft:
    """`draft` with the first moment of `span` where a range begins, and with its second everywhere else."""
    for (part, location), old in places:
        moment = span[0] if begins_range(_name((part, location))) else span[1]
        draft = with_value(draft, part, location, _written_like(old, moment))
    return draft


def _written_like(old: Any, moment: datetime) -> Any:
    if isinstance(old, int):
        seconds = int(moment.timestamp())
        return seconds * 1000 if old >= _MILLISECONDS else seconds
    if len(old) == len("2024-05-17"):
        return moment.strftime("%Y-%m-%d")
    return moment.strftime(f"%Y-%m-%d{old[10]}%H:%M:%S") + ("Z" if _ZONE.search(old[10:]) else "")


def _moments(draft: Draft) -> Iterator[tuple[RequestField, Any]]:
    """The places of `draft` that hold a date or a time, each with its value."""
    for (location, name), value in draft.parameters.items():
        yield from _within(f"{location}.{name}", (), value, name)
    if draft.body is not ABSENT:
        yield from _within("body", (), draft.body, "")


def _within(part: str, location: Location, value: Any, name: str) -> Iterator[tuple[RequestField, Any]]:
    if isinstance(value, dict):
        for member, below in value.items():
            yield from _within(part, (*location, member), below, member)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _within(part, (*location, index), item, name)
    elif isinstance(value, str):
        if _MOMENT.fullmatch(value):
            yield (part, location), value
    elif isinstance(value, int) and not isinstance(value, bool) and _COUNTING.search(name):
        yield (part, location), value


def _name(place: RequestField) -> str:
    part, location = place
    return next((step for step in reversed(location) if isinstance(step, str)), part.partition(".")[2])
