"""Large values in pieces, each of which is judged in time and memory that do not depend on the whole.

A validator lists all errors of a value at once: those of 100,000 bad elements take a gigabyte. So only a small value is
listed as a whole; of a large one the arrays and objects are divided, which changes no verdict on what is in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.contract.breaches import Breach

#: values in a piece, and in the largest value that is not divided
SMALL = 5_000

#: keywords that depend on all elements or members of one value, or on where an element stands
OF_THE_WHOLE = frozenset(
    (
        *("minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems"),
        *("required", "dependentRequired", "minProperties", "maxProperties", "not"),
    )
)

_Location = tuple[str, ...]


class Piece(msgspec.Struct, frozen=True):
    """A part of a large value, with what stands around it."""

    value: Any
    #: location of each array and object of which something is missing -> how many elements before it are
    missing: dict[_Location, int]

    def placed(self, breach: Breach) -> Breach | None:
        """The breach at its place in the whole; None where it only shows that something is missing."""
        tokens = list(breach.location)
        owner = breach.location[:-1] if breach.clause.keyword in ("required", "dependentRequired") else breach.location
        if breach.clause.keyword in OF_THE_WHOLE and owner in self.missing:
            return None
        for location, before in self.missing.items():
            if before and len(location) < len(tokens) and breach.location[: len(location)] == location:
                tokens[len(location)] = str(before + int(tokens[len(location)]))
        return msgspec.structs.replace(breach, location=tuple(tokens))


def is_small(value: Any) -> bool:
    """Whether `value` is listed as a whole."""
    return _weight(value) <= SMALL


def pieces(value: Any) -> Iterator[Piece]:
    """The pieces of a value, which together hold all that is in it."""
    return (Piece(part, missing) for part, missing in _divided(value, ()))


def _divided(value: Any, at: _Location) -> Iterator[tuple[Any, dict[_Location, int]]]:
    if _weight(value) <= SMALL:
        yield value, {}
    elif isinstance(value, list):
        first = 0
        for last in _runs(value):
            if last - first == 1:
                for part, missing in _divided(value[first], (*at, "0")):
                    yield [part], {at: first, **missing}
            else:
                yield value[first:last], {at: first}
            first = last
    else:
        large = {name: member for name, member in value.items() if _weight(member) > SMALL}
        rest = {name: member for name, member in value.items() if name not in large}
        names, first = list(rest), 0
        for last in _runs(list(rest.values())) if _weight(rest) > SMALL else ():
            yield {name: rest[name] for name in names[first:last]}, {at: 0}
            first = last
        beside = {} if first else rest
        for name, member in large.items():
            for part, missing in _divided(member, (*at, name)):
                yield {**beside, name: part}, missing if beside is rest and len(large) == 1 else {at: 0, **missing}


def _runs(values: list[Any]) -> Iterator[int]:
    """The ends of runs of `values` that weigh as much as a piece may; a value that weighs more is a run of its own."""
    together = 0
    for index, value in enumerate(values):
        weight = _weight(value)
        if index and together + weight > SMALL:
            yield index
            together = 0
        together += weight
    yield len(values)


def _weight(value: Any) -> int:
    """How many values there are in `value`, itself included; where they are more than SMALL, only that they are."""
    found, waiting = 0, [value]
    while waiting and found <= SMALL:
        one = waiting.pop()
        found += 1
        if isinstance(one, dict | list):
            if len(one) > SMALL:
                return SMALL + 1
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return found
