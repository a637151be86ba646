"""The factors of an operation's requests: the members of the body and the parameters of the query that may be present,
and the values that each place may hold.

Requests are built from the smallest one that the server accepts, so a failure needs only values that were added.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.keywords import name_at, show
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import BaselineRequest, Prover, root_of, with_value
from clausewise.values.deviation import ValueSite
from clausewise.values.deviations import within
from clausewise.values.edit import Location, get, locate, members, put, take_out
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.typical import vary

#: limit on the places that vary, the outermost first: the work grows with their square, and some bodies have hundreds
_PLACES = 32

#: limit on the values tried at one place: an `enum` may have hundreds
_LEVELS = 12


class Level(msgspec.Struct, frozen=True, eq=False):
    """A value for one place in a request."""

    #: "body", "query.limit"
    part: str
    #: within that part
    location: Location
    value: Any
    #: for people: "`type` is "HYBRID""
    note: str
    #: the clause that it is about
    clause: Clause
    #: whether it stands for the member's presence, with any value
    presence: bool = False

    def is_met_by(self, value: Any) -> bool:
        """Whether another value at the place is the same level: in its presence, its length, or its value."""
        if self.presence:
            return True
        if isinstance(value, list) or (isinstance(value, str) and self.clause.keyword in ("minLength", "maxLength")):
            return len(value) == len(self.value)
        return bool(value == self.value)


def smallest(prover: Prover, base: BaselineRequest) -> Draft:
    """The draft of `base` without its optional members and parameters, removed one after the other."""
    draft = base.draft
    for key in [key for key in draft.parameters if key[0] == "query"]:
        rest = {other: value for other, value in draft.parameters.items() if other != key}
        without = msgspec.structs.replace(draft, parameters=rest)
        draft = without if prover.keeping(without) is not None else draft
    if draft.body is ABSENT:
        return draft
    for location in sorted(members(draft.body), key=len):
        if locate(draft.body, tuple(map(str, location))) is not None:
            without = msgspec.structs.replace(draft, body=take_out(draft.body, location))
            draft = without if prover.keeping(without) is not None else draft
    return draft


def factors(
    prover: Prover, draft: Draft, reach: Sequence[BaselineRequest], clauses: Sequence[Clause], rng: random.Random
) -> list[list[Level]]:
    """The levels of each place that may vary, without the value of `draft` itself; outer places first."""
    full = _with_all(draft.body, reach) if draft.body is not ABSENT else ABSENT
    asked = {
        key: value for base in reversed(reach) for key, value in base.draft.parameters.items() if key[0] == "query"
    }
    levels: dict[tuple[str, Location], list[Level]] = {}
    for clause in clauses:
        if clause.governed_by is not None or clause.instance_path != clause.path:
            continue
        if clause.part == "body" and full is not ABSENT:
            whole, location = full, locate(full, clause.path)
        elif (key := ("query", clause.part.removeprefix("query."))) in asked:
            whole, location = asked[key], locate(asked[key], clause.path) if clause.path else ()
        else:
            continue
        if location or (location == () and clause.part != "body"):
            found = levels.setdefault((clause.part, location), [])
            found += _levels(prover, draft, clause, location, whole, rng)
    # A parameter stands as far out as a member of the body.
    outer = sorted(levels, key=lambda place: len(place[1]) + (place[0] != "body"))
    varied = [_distinct(levels[place], draft) for place in outer if levels[place]]
    return [place for place in varied if place][:_PLACES]


def applied(draft: Draft, chosen: Sequence[Level]) -> Draft:
    """`draft` with the values of `chosen`, outer places first. A place without a parent is left out."""
    body = draft.body
    for level in sorted(chosen, key=lambda level: len(level.location)):
        if level.part != "body":
            if not level.location or root_of(draft, level.part) is not ABSENT:
                draft = with_value(draft, level.part, level.location, level.value)
        elif locate(body, tuple(map(str, level.location[:-1]))) is not None and _parent_fits(body, level.location):
            body = put(body, level.location, level.value)
    return msgspec.structs.replace(draft, body=body)


def _parent_fits(body: Any, location: Location) -> bool:
    """An item is replaced, never appended: the levels of the array decide the number of items."""
    parent = get(body, location[:-1])
    return isinstance(parent, dict) or (isinstance(parent, list) and int(location[-1]) < len(parent))


def _with_all(body: Any, reach: Sequence[BaselineRequest]) -> Any:
    """`body` with every member that any accepted request has, where its own alternatives of unions have room for it."""
    for base in reach:
        if base.draft.body is ABSENT:
            continue
        for location in members(base.draft.body):
            parent = locate(body, tuple(map(str, location[:-1])))
            room = get(body, parent) if parent is not None else None
            if isinstance(room, dict) and location[-1] not in room:
                body = put(body, location, get(base.draft.body, location))
    return body


def _levels(
    prover: Prover, draft: Draft, clause: Clause, location: Location, full: Any, rng: random.Random
) -> Iterator[Level]:
    """The levels of a place in `full`, a part of a request, that one of its clauses gives."""
    message = prover.message(clause.part)
    if message is None:
        return
    value, name = get(full, location), name_at(clause.path, clause.part)
    shape = shape_of(shape_at(message, clause.path), message.schema)
    if clause.keyword == "type" and not _has(draft, clause.part, location):
        # For a boolean or an `enum`, presence and value cannot be told apart: the note names the value.
        chosen = isinstance(value, bool) or shape.enum is not None
        note = f"{name} is {show(value)}" if chosen else f"{name} is there"
        yield Level(clause.part, location, value, note, clause, presence=not chosen)
    if clause.keyword == "type" and isinstance(value, bool):
        yield Level(clause.part, location, not value, f"{name} is {str(not value).lower()}", clause)
    if clause.keyword == "type" and isinstance(value, list) and value:
        yield Level(clause.part, location, [value[0], vary(value[0], 1)], f"{name} has two items", clause)
    if clause.keyword == "type" and "null" in shape.types and value is not None and clause.part == "body":
        yield Level(clause.part, location, None, f"{name} is null", clause)
    if clause.keyword == "type" and isinstance(value, str) and value and clause.part != "body" and _may_be_empty(shape):
        yield Level(clause.part, location, "", f"{name} is an empty string", clause)
    place = ValueSite(value, shape, message.schema, rng, _anything)
    for deviation in within(clause, place):
        yield Level(clause.part, location, deviation.value, f"{name} {deviation.note}", clause)


def _has(draft: Draft, part: str, location: Location) -> bool:
    """Whether `draft` has a value at a place."""
    root = root_of(draft, part)
    return root is not ABSENT and locate(root, tuple(map(str, location))) is not None


def _may_be_empty(shape: Shape) -> bool:
    """Whether a text or an array may be empty, as far as its own keywords say."""
    least = max(shape.facets.get("minLength", 0), shape.facets.get("minItems", 0))
    return not (least or shape.patterns or shape.formats or shape.enum or shape.contains)


def _anything(_value: object) -> bool:
    return True


def _distinct(levels: list[Level], draft: Draft) -> list[Level]:
    """Levels without repeated values, and without the value that is already there."""
    kept: list[Level] = []
    part, location = levels[0].part, levels[0].location
    seen = [get(root_of(draft, part), location)] if _has(draft, part, location) else []
    for level in levels:
        if not any(type(level.value) is type(value) and level.value == value for value in seen):
            seen.append(level.value)
            kept.append(level)
    return kept[:_LEVELS]
