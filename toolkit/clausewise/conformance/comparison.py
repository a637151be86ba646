"""Two answers to one request, of two builds of a server, compared but for what each build makes up itself.

Ids, times, tokens and addresses are each build's own, and so is what the contract does not name. What an answer breaks
of the contract that the other one kept, an acceptance that became a refusal, a member that is gone and a value that was
sent and does not come back are failures; another value is a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from clausewise.conformance.checker import Checker
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, header
from clausewise.media.json import parse_json
from clausewise.media.types import essence
from clausewise.results.evidence import Observation
from clausewise.results.faults import identity
from clausewise.values.words import plain, words
from clausewise.wording import path_text

#: last words of the names of members that each build makes up itself
_OWN = frozenset(
    {"id", "ids", "uuid", "guid", "token", "etag", "hash", "url", "uri", "href", "link", "cursor", "nonce"}
)

#: words in the names of members that depend on when an answer was given
_TIMES = frozenset(
    (
        *("at", "time", "date", "timestamp", "created", "updated", "modified", "expires", "expiry", "duration"),
        *("elapsed", "uptime", "age", "seconds", "ms", "now"),
    )
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?|\d\d:\d\d(?::\d\d.*)?")

#: names of members that count what a list has, of which other clients have some
_COUNTS = frozenset({"count", "total", "pages", "size"})


class Difference(msgspec.Struct, frozen=True):
    """What two builds answer differently to one request."""

    #: whether the second build fails where the first one did not
    is_failure: bool
    operation: str
    #: a clause, or the member: with the operation and `is_failure` it says whether two differences are one
    subject: str
    #: for people
    message: str
    #: id of the recorded exchange
    exchange: str


class Known(msgspec.Struct, frozen=True):
    """What is known of the values in answers while requests are sent again."""

    #: gives an id of the first build as the second one has it, by the name of its member; None where it is not known
    counterpart: Callable[[str, Any], Any]
    #: whether the second build made the thing with this id since the replay began
    is_made: Callable[[Any], bool]
    #: whether a client sent the value for a member of this name
    is_sent: Callable[[str, Any], bool]


class Race(msgspec.Struct, frozen=True):
    """What is not known of the state that a recorded answer shows."""

    #: whether a write to the same thing, to what it lies in or to what lies in it was on its way at the same time
    overlaps: bool = False
    #: the members that were sent by each write that may have been the last one, where more than one may
    last: tuple[dict[str, Any], ...] = ()

    def explains(self, name: str, value: Any) -> bool:
        """Whether the member called `name` may as well have had this value; None where it may have been absent."""
        return any(sent.get(plain(name)) == value for sent in self.last)


def compare(
    operation: OperationContract, before: Exchange, after: Exchange, known: Known, race: Race
) -> Iterator[Difference]:
    """The differences between the answers of the first build and of the second one, but for what a `race` explains."""

    def differs(is_failure: bool, subject: str, message: str) -> Difference:
        return Difference(is_failure, operation.key, subject, message, before.id)

    old, new = before.response, after.response
    if old is None:
        return
    if new is None:
        what = after.failure.message if after.failure is not None else "no answer"
        yield differs(True, "no answer", f"gave no answer, and {old.status} before: {what}")
        return
    broken = _broken_anew(operation, before, after)
    if old.status != new.status:
        crashed, turned = new.status >= 500 > old.status, before.accepted != after.accepted
        yield differs(crashed or turned, f"status {new.status}", f"answered {new.status}, and {old.status} before")
        broken = [] if crashed else [one for one in broken if one.rule not in _ABOUT_STATUS]
    for one in broken:
        yield differs(True, one.assertion or one.seen or one.rule, f"{one.message} ({one.rule}), and did not before")
    if old.status != new.status or broken or old.cut or new.cut:
        return
    media = [essence(header(each.headers, "Content-Type") or "") or "no media type" for each in (old, new)]
    if media[0] != media[1]:
        yield differs(False, "media type", f"answers with {media[1]}, and with {media[0]} before")
        return
    shown, others = _json(old.body), _json(new.body)
    if shown is None and others is None:
        return
    walk = _Walk(operation, known, race, old.status)
    for is_failure, path, message in walk.compare(shown, others, ()):
        where = path_text(path) or "the answer"
        yield differs(is_failure, f"{old.status} {re.sub(r'[0-9]+', '*', where)}", f"`{where}` {message}")


#: rules about requests and their statuses, of which the status says enough
_ABOUT_STATUS = frozenset(("server-error", "valid-request-rejected", "invalid-request-accepted", "auth-not-enforced"))


def _broken_anew(operation: OperationContract, before: Exchange, after: Exchange) -> list[Observation]:
    checker = Checker(operation)
    old = {identity(each) for each in checker.check(before).observations}
    new = checker.check(after).observations
    return [each for each in new if each.severity == "error" and identity(each) not in old]


class _Walk:
    """Walks two JSON values of one answer side by side."""

    def __init__(self, operation: OperationContract, known: Known, race: Race, status: int) -> None:
        documented = operation.response_for(status)
        entry = documented.with_schema if documented is not None else None
        #: the members that the contract names; none where it names none
        self._named = entry.message.member_names if entry is not None and entry.message is not None else frozenset()
        self._known, self._race = known, race
        #: of a refusal, texts are written for people
        self._compares_values = status < 400

    def compare(self, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[tuple[bool, tuple[str, ...], str]]:
        """Whether it is a failure, where, and what differs."""
        if isinstance(old, dict) and isinstance(new, dict):
            for name, value in old.items():
                promised = not self._named or name in self._named
                if name in new:
                    yield from self.compare(value, new[name], (*path, name)) if promised else ()
                elif promised and value is not None and not self._race.explains(name, None):
                    yield True, (*path, name), f"is gone; it was {show(value)}"
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._lists(old, new, path)
        elif not self._is_same(old, new, path[-1] if path else "") and not (
            path and self._race.explains(path[-1], new)
        ):
            failed = type(old) is not type(new) or self._known.is_sent(path[-1] if path else "", old)
            if self._compares_values or (type(old) is not type(new) and None not in (old, new)):
                yield failed, path, f"is {show(new)}, and was {show(old)} before"

    def _lists(
        self, old: list[Any], new: list[Any], path: tuple[str, ...]
    ) -> Iterator[tuple[bool, tuple[str, ...], str]]:
        ids, others = _by_id(old), _by_id(new)
        if ids is None or others is None:
            if len(old) == len(new):
                for number, (one, other) in enumerate(zip(old, new, strict=True)):
                    yield from self.compare(one, other, (*path, str(number)))
            elif not any(isinstance(item, dict) for item in (*old, *new)):
                failed = self._known.is_sent(path[-1] if path else "", old)
                yield failed, path, f"is {show(new)}, and was {show(old)} before"
            return
        # What other clients have there is none of ours.
        expected = {self._known.counterpart("id", each): (each, item) for each, item in ids.items()}
        for number, (own, (_, item)) in enumerate(expected.items()):
            if own is not None and own in others:
                yield from self.compare(item, others[own], (*path, str(number)))
            elif own is not None and not self._race.overlaps:
                yield True, path, "lacks a thing that was in it before"
                return
        if not self._race.overlaps and any(own not in expected and self._known.is_made(own) for own in others):
            yield True, path, "has a thing that was not in it before"

    def _is_same(self, old: Any, new: Any, name: str) -> bool:
        if type(old) is type(new) and old == new:
            return True
        if isinstance(old, bool) or isinstance(new, bool) or (old is None) != (new is None):
            return False
        if isinstance(old, int | float) and isinstance(new, int | float) and old == new:
            return True
        parts = words(name)
        if type(old) is not type(new) and not (isinstance(old, int | float) and isinstance(new, int | float)):
            return False
        made_up = parts[-1:] != [] and (parts[-1] in _OWN or bool(_TIMES & set(parts)) or parts[-1] in _COUNTS)
        if made_up or self._known.counterpart(name, old) == new:
            return True
        return isinstance(old, str) and bool(_MOMENT.fullmatch(old) and _MOMENT.fullmatch(str(new)))


def _json(body: bytes) -> Any:
    """A body as JSON; None when it is not."""
    try:
        return parse_json(body)
    except ValueError:
        return None


def _by_id(items: list[Any]) -> dict[Any, Any] | None:
    """The items by their ids; None where they have none."""
    found: dict[Any, Any] = {}
    for item in items:
        own = (
            next((item[name] for name in ("id", "uuid", "_id", "Id", "ID") if name in item), None)
            if isinstance(item, dict)
            else None
        )
        if not isinstance(own, str | int):
            return None
        found[own] = item
    return found
