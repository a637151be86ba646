"""Copies of values with one place changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY

Location = tuple[str | int, ...]


def path_of(location: Location) -> tuple[str, ...]:
    """`location` as the path of a clause, which is the same for every item of an array."""
    return tuple(EACH_ITEM if isinstance(step, int) else step for step in location)


def get(value: Any, location: Location) -> Any:
    """The value at `location`. Raises KeyError or IndexError when there is none."""
    for token in location:
        value = value[int(token)] if isinstance(value, list) else value[str(token)]
    return value


def put(value: Any, location: Location, new: Any) -> Any:
    """`value` with `new` at `location`, where its parent exists; an index past the end appends."""
    if not location:
        return new
    token, rest = location[0], location[1:]
    if isinstance(value, list):
        items, index = list(value), int(token)
        if index >= len(items):
            return [*items, new]
        items[index] = put(items[index], rest, new)
        return items
    members = dict(value)
    members[str(token)] = put(members.get(str(token)), rest, new) if rest else new
    return members


def take_out(value: Any, location: Location) -> Any:
    """`value` without the member or item at `location`; unchanged when there is none."""
    token, rest = location[0], location[1:]
    if isinstance(value, list):
        items, index = list(value), int(token)
        if index < len(items):
            items[index : index + 1] = [take_out(items[index], rest)] if rest else []
        return items
    if not isinstance(value, dict) or str(token) not in value:
        return value
    members = dict(value)
    if rest:
        members[str(token)] = take_out(members[str(token)], rest)
    else:
        del members[str(token)]
    return members


def without(value: Any, locations: Iterable[Location]) -> Any:
    """`value` without the members at `locations`."""
    for location in locations:
        value = take_out(value, location)
    return value


def locate(value: Any, path: tuple[str, ...]) -> tuple[str | int, ...] | None:
    """A location in `value` that a clause's `path` leads to; None when it leads to none. Of items it is the last, which
    is none of those that `prefixItems` describes, where there is any other."""
    location: list[str | int] = []
    for step in path:
        if step == EACH_ITEM:
            if not isinstance(value, list) or not value:
                return None
            location.append(len(value) - 1)
            value = value[-1]
        elif step == EACH_PROPERTY:
            if not isinstance(value, dict) or not value:
                return None
            name = next(reversed(value))
            location.append(name)
            value = value[name]
        elif isinstance(value, dict) and step in value:
            location.append(step)
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            location.append(int(step))
            value = value[int(step)]
        else:
            return None
    return tuple(location)


def members(value: Any, location: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The locations of every object member in `value`, outer ones first; in arrays only those of the first item."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*location, name)
            yield from members(member, (*location, name))
    elif isinstance(value, list) and value:
        yield from members(value[0], (*location, 0))
