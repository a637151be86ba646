"""How often the schemas of a message are applied to one place of a value, at most.

A union in a union in a union, three alternatives each, has a page of text, and a validator tries 3^25 combinations.
Nothing interrupts a validator, so such a schema must not reach one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import APPLICATORS, subschemas

#: a validator applies a million schemas in about a second, and lists what it did in a gigabyte
HEAVIEST = 200_000


#: keywords that lead to other schemas
_LEADING = frozenset({"$ref", *APPLICATORS})


class _Load(msgspec.Struct, eq=False):
    """What is applied where a schema is."""

    #: schemas applied to the value itself
    here: int = 1
    #: member, or keyword for others -> the weight of what is applied to that part of the value
    below: dict[str, int] = {}

    def add(self, other: _Load) -> None:
        """Apply `other` to the same value."""
        self.here += other.here
        for step, weight in other.below.items():
            self.below[step] = self.below.get(step, 0) + weight

    @property
    def weight(self) -> int:
        return max(self.here, *self.below.values()) if self.below else self.here


def weight(schema: Any) -> int:
    """How many schemas a validator applies to one place of a value that has every member which `schema` describes.

    Of alternatives that exclude each other, because a discriminator selects them, one counts. A schema within itself
    counts once. Raises RecursionError for a schema that is nested too deeply.
    """
    return _Weigher(schema).load(schema).weight


class _Weigher:
    def __init__(self, root: Any) -> None:
        self._root = root
        #: id of a schema -> its load; an empty one while it is being found
        self._loads: dict[int, _Load] = {}

    def load(self, schema: Any) -> _Load:
        """The load of `schema`, a node of the root."""
        if not isinstance(schema, dict) or _LEADING.isdisjoint(schema):
            return _Load()
        if id(schema) in self._loads:
            return self._loads[id(schema)]
        found = self._loads[id(schema)] = _Load()
        loads = [self.load(descend(self._root, from_pointer(schema["$ref"][1:])))] if "$ref" in schema else []
        selected = _Load(0)
        own = _Load()
        for part in subschemas(schema):
            inner = self.load(part.schema)
            if part.applies == "child":
                step = part.name if part.keyword == "properties" else f"{part.keyword}/{part.name}"
                own.below[step] = own.below.get(step, 0) + inner.weight
            elif part.keyword == "allOf" and _is_selected(part.schema):
                selected.here = max(selected.here, inner.here)
                selected.below = {
                    step: max(selected.below.get(step, 0), inner.below.get(step, 0))
                    for step in selected.below.keys() | inner.below.keys()
                }
            elif part.applies == "in place":
                loads.append(inner)
        for each in (*loads, selected):
            own.add(each)
        found.here, found.below = own.here, own.below
        return found


def _is_selected(schema: Any) -> bool:
    """Whether a schema is one of those that a discriminator selects (`contract.schemas`)."""
    condition = schema.get("if") if isinstance(schema, dict) else None
    properties = condition.get("properties") if isinstance(condition, dict) else None
    return isinstance(properties, dict) and all(isinstance(one, dict) and "const" in one for one in properties.values())
