"""How large a value is made: a schema may ask for a billion items, or for a chain of members that doubles each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from clausewise.contract.clause import Clause

#: characters of a string, and items of an array or members of an object
LONGEST = 100_000
MOST = 10_000

#: members and items of a whole value, at all depths; characters count as well, so many for one
LARGEST = 20_000
CHARACTERS = 100

#: values of one enumeration that are tried
VALUES = 250

#: keyword -> what it limits, how much of that a value has at most, and how much more breaks the limit
_LIMITS = {
    "minLength": ("character", LONGEST, 0),
    "maxLength": ("character", LONGEST, 1),
    "minItems": ("item", MOST, 0),
    "maxItems": ("item", MOST, 1),
    "minProperties": ("member", MOST, 0),
    "maxProperties": ("member", MOST, 1),
}

T = TypeVar("T")


def out_of_reach(clause: Clause) -> str:
    """Why no value is on both sides of the limit that `clause` sets; "" where values may be."""
    if clause.keyword not in _LIMITS:
        return ""
    noun, most, more = _LIMITS[clause.keyword]
    if clause.value + more <= most:
        return ""
    limit = int(clause.value)
    return f"its limit of {limit:,} {noun}s is out of reach: a value has at most {most:,}"


def size_of(value: Any) -> int:
    """How many of LARGEST a value takes."""
    size, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        size += 1 + (len(one) // CHARACTERS if isinstance(one, str) else 0)
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return size


def sample(values: Sequence[T], most: int = VALUES) -> Sequence[T]:
    """At most so many of `values`: the first, the last, and others evenly between them."""
    if len(values) <= most:
        return values
    return [values[index * (len(values) - 1) // (most - 1)] for index in range(most)]
