"""What a refusal says: the sentences of the breaches, in the texts that the contract's own error schema has for them.

Of the other members those that every problem has (RFC 9457 section 3.1) are set as far as the schema lets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from clausewise.contract.breaches import Breach
from clausewise.contract.message import Message
from clausewise.media.codec import Malformed
from clausewise.media.json import json_text
from clausewise.values.edit import Location, get, put
from clausewise.values.words import plain
from clausewise.wording import path_text

#: plain names of members that hold a sentence for people, the likeliest first
_SENTENCES = ("message", "detail", "msg", "errormessage", "errordescription", "description", "reason", "error", "title")

#: plain names of members for the short name of a status, and for its number
_PHRASES = frozenset({"title", "error", "statustext"})
_NUMBERS = frozenset({"status", "statuscode", "code", "httpstatus"})

#: plain names of members that say where in the request something is wrong
_PLACES = frozenset({"field", "loc", "location", "path", "param", "parameter", "property", "propertypath", "pointer"})

#: media type of the refusals that the contract describes no body for
PROBLEM = "application/problem+json"


class Reason(msgspec.Struct, frozen=True):
    """One reason of a refusal."""

    #: a sentence for people
    sentence: str
    #: place in the request: ("body", "name"); () for the whole request
    location: tuple[str, ...] = ()


def reason_of(breach: Breach) -> Reason:
    """The reason that a breach is: what the contract says, and where."""
    place = path_text(breach.location)
    text = f"the body {breach.value.predicate}" if isinstance(breach.value, Malformed) else breach.clause.text
    return Reason(f"{place}: {text}", tuple(breach.location))


def problem(status: int, reasons: Sequence[Reason]) -> bytes:
    """A problem (RFC 9457) that gives the reasons, as JSON."""
    members: dict[str, Any] = {"title": phrase(status), "status": status, "detail": _joined(reasons)}
    if any(reason.location for reason in reasons):
        members["errors"] = [
            {"detail": reason.sentence, "location": path_text(reason.location)} for reason in reasons if reason.location
        ]
    return json_text(members)


def phrase(status: int) -> str:
    """The reason phrase of a status (RFC 9110 section 15); "" where it has none."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def explained(body: Any, status: int, reasons: Sequence[Reason], message: Message) -> Any:
    """`body`, a valid one, with the reasons in it, as far as it stays valid."""
    if isinstance(body, str):
        return next(filter(message.is_valid, (_joined(reasons), reasons[0].sentence)), body)
    for at in _texts_in(body):
        name = plain(str(next((step for step in reversed(at) if isinstance(step, str)), "")))
        if name in _PHRASES and phrase(status):
            body = _if_valid(body, at, phrase(status), message)
    for at, value in _scalars_in(body):
        if plain(str(at[-1])) in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
            body = _if_valid(body, at, status, message)
    for at in sorted(_texts_in(body), key=_rank):
        changed = _explained_at(body, at, reasons, message)
        if changed is not None:
            return changed
    return body


def _explained_at(body: Any, at: Location, reasons: Sequence[Reason], message: Message) -> Any:
    """`body` with the reasons in the text `at`: each in an item of its own where that stands in an array. None where
    the contract does not let them stand there."""
    depth = next((index for index, step in enumerate(at) if isinstance(step, int)), None)
    if depth is not None:
        array, within = at[:depth], at[depth + 1 :]
        item = get(body, at[: depth + 1])
        items = [_placed(put(item, within, reason.sentence), reason) for reason in reasons]
        plainer = [put(item, within, reason.sentence) for reason in reasons]
        for several in (items, plainer, items[:1], plainer[:1]):
            if message.is_valid(changed := put(body, array, several)):
                return changed
    for sentence in (_joined(reasons), reasons[0].sentence):
        if message.is_valid(changed := put(body, at, sentence)):
            placed = _placed(changed, reasons[0])
            return placed if message.is_valid(placed) else changed
    return None


def _placed(value: Any, reason: Reason) -> Any:
    """`value`, an object, with the place of a reason in the member that is for it."""
    if not isinstance(value, dict) or not reason.location:
        return value
    changed = dict(value)
    for name, member in value.items():
        if plain(name) in _PLACES and isinstance(member, str):
            changed[name] = path_text(reason.location)
        elif plain(name) in _PLACES and isinstance(member, list):
            changed[name] = [int(step) if step.isdecimal() else step for step in reason.location]
    return changed


def _texts_in(body: Any) -> list[Location]:
    """The places of the texts in a body that may hold a sentence."""
    return [at for at, value in _scalars_in(body) if isinstance(value, str) and plain(str(at[-1])) not in _PLACES]


def _scalars_in(value: Any, at: Location = ()) -> list[tuple[Location, Any]]:
    """The texts and numbers in `value` with their places, outer ones first; in arrays those of the first item."""
    found: list[tuple[Location, Any]] = []
    inner: list[tuple[Location, Any]] = []
    members: list[tuple[str | int, Any]] = [*value.items()] if isinstance(value, dict) else []
    members += [(0, value[0])] if isinstance(value, list) and value else []
    for step, member in members:
        if isinstance(member, dict | list):
            # A place in the request may be a list of steps.
            inner += _scalars_in(member, (*at, step)) if plain(str(step)) not in _PLACES else ()
        else:
            found.append(((*at, step), member))
    return found + inner


def _rank(at: Location) -> tuple[int, int, int]:
    """Texts in members that are called as sentences are go first."""
    name = plain(str(next((step for step in reversed(at) if isinstance(step, str)), "")))
    known = _SENTENCES.index(name) if name in _SENTENCES else len(_SENTENCES)
    return known == len(_SENTENCES), len(at), known


def _if_valid(body: Any, at: Location, value: Any, message: Message) -> Any:
    changed = put(body, at, value)
    return changed if message.is_valid(changed) else body


def _joined(reasons: Sequence[Reason]) -> str:
    return "; ".join(dict.fromkeys(reason.sentence for reason in reasons))
