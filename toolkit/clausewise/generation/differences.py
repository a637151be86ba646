"""Where two drafts of a request differ, and drafts with some of those places changed back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import root_of, with_value
from clausewise.values.edit import get, put, take_out

#: a path into a request: the part ("body", "query.limit"), then member names and indexes
RequestPath = tuple[str | int, ...]


def differences(one: Draft, other: Draft) -> Iterator[RequestPath]:
    """The places where the two differ: parameters, and members of the body. An array differs as a whole."""
    for key in {**one.parameters, **other.parameters}:
        place = (f"{key[0]}.{key[1]}",)
        if not _same(value_at(one, place), value_at(other, place)):
            yield place
    yield from _within(("body",), one.body, other.body)


def value_at(draft: Draft, place: RequestPath) -> Any:
    """The value at `place`; ABSENT where there is none."""
    try:
        root = root_of(draft, str(place[0]))
        return root if root is ABSENT else get(root, place[1:])
    except (KeyError, IndexError, TypeError, ValueError):
        return ABSENT


def with_place_of(draft: Draft, source: Draft, place: RequestPath) -> Draft:
    """`draft` with the value (or absence) that `source` has at `place`; unchanged where no value can stand there."""
    part, location = str(place[0]), place[1:]
    value = value_at(source, place)
    if _same(value, value_at(draft, place)):
        return draft
    if part == "body":
        if location and value_at(draft, place[:-1]) is ABSENT:
            return draft
        if value is not ABSENT:
            body = put(draft.body, location, value)
        else:
            body = take_out(draft.body, location) if location else ABSENT
        return msgspec.structs.replace(draft, body=body)
    if value is not ABSENT:
        return with_value(draft, part, (), value)
    name = tuple(part.split(".", 1))
    rest = {key: other for key, other in draft.parameters.items() if key != name}
    return msgspec.structs.replace(draft, parameters=rest)


def _within(place: RequestPath, one: Any, other: Any) -> Iterator[RequestPath]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            yield from _within((*place, name), one.get(name, ABSENT), other.get(name, ABSENT))
    elif not _same(one, other):
        yield place


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON, where `true` is not 1."""
    return type(one) is type(other) and bool(one == other)
