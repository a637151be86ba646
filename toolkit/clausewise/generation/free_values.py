"""Values for places of which the contract says little or nothing: any JSON value, an object or an array of anything.

Code that takes such a value usually walks through it, and many a walk fails on a null, on an empty name or on an array
in an array. A server may have a grammar of its own for the value, so that a refusal is no fault.
"""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.values.places import Place
from clausewise.values.shape import shape_of


class FreeValue(msgspec.Struct, frozen=True):
    """A value to put in a place without a description."""

    value: Any
    #: code of what may make a server fail here, which identifies the fault and is never shown
    aspect: str


_NULL = "free-null"
_NAME = "free-empty-name"
_NESTED = "free-nested-array"

_OBJECTS = (
    FreeValue({"member": None}, _NULL),
    FreeValue({"member": [None]}, _NULL),
    FreeValue({"member": {"member": None}}, _NULL),
    FreeValue({"member": [[]]}, _NESTED),
    FreeValue({"": "text"}, _NAME),
)
_ARRAYS = (FreeValue([None], _NULL), FreeValue([{"member": None}], _NULL), FreeValue([[]], _NESTED))
_ANY = (FreeValue(None, _NULL), _ARRAYS[0], _OBJECTS[0], _OBJECTS[1])


def free_values(place: Place, root: Any) -> tuple[FreeValue, ...]:
    """Values for `place` of a value that keeps the schema `root`; none where the contract describes its value."""
    shape = shape_of(place.schemas, root)
    described = shape.enum is not None or shape.unions or shape.patterns or shape.formats
    if described or shape.properties or _describes(shape.additional, root):
        return ()
    if _describes(shape.items, root) or shape.prefix:
        return ()
    if shape.types == {"object"} or (not shape.types and isinstance(place.value, dict)):
        return _OBJECTS
    if shape.types == {"array"}:
        return _ARRAYS
    return _ANY if not shape.types and not shape.facets else ()


def _describes(schemas: list[Any], root: Any) -> bool:
    """Whether `schemas` say anything of a value; False, which excludes every value, does."""
    if any(schema is False for schema in schemas):
        return True
    shape = shape_of(schemas, root)
    return bool(shape.types or shape.enum is not None or shape.unions or shape.properties or shape.facets)
