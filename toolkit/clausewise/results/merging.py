"""Merges two structs of one type field by field, each by the type of its value.

Processes send each other structs and merge them. No field is named here, so that none can be forgotten.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def merge_structs(one: T, other: T) -> T:
    """Both as a new struct: each field of `one` merged with that of `other`."""
    fields = one.__struct_fields__
    return type(one)(**{name: merge_values(getattr(one, name), getattr(other, name)) for name in fields})


def merge_values(one: Any, other: Any) -> Any:
    """Two values as one: mappings by key, sets and sequences as unions, numbers summed, the earlier of two times.

    A value with a `merge` method uses that. For any other type the result is `one`, unless it is None.
    """
    if one is None or other is None:
        return other if one is None else one
    if hasattr(one, "merge"):
        return one.merge(other)
    match one:
        case dict():
            return {**one, **{key: merge_values(one[key], it) if key in one else it for key, it in other.items()}}
        case set() | frozenset():
            return one | other
        case list() | tuple():
            return type(one)(dict.fromkeys((*one, *other)))
        case int() | float() if not isinstance(one, bool):
            return one + other
        case datetime():
            return min(one, other)
    return one
