"""Members and items that nothing evaluates only because something else about them is wrong.

`unevaluatedProperties` sees what the subschemas beside it evaluate, as far as those hold (JSON Schema 2020-12 Core
11.3). A text that is too long breaks `maxLength` in a part of an `allOf`. That part does not hold, so every member that
it describes counts as undescribed. This is one fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from clausewise.contract.patterns import matcher
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import subschemas


class Described(msgspec.Struct, eq=False):
    """What the subschemas of an object or an array evaluate where they hold; built by `described`."""

    names: set[str] = set()
    #: portable patterns of names
    patterns: list[str] = []
    #: the number of first items with a schema of their own
    first: int = 0
    #: whether every member, and every item, is evaluated
    every_member: bool = False
    every_item: bool = False

    def has(self, step: str) -> bool:
        """Whether the member or the item `step` of a value is evaluated."""
        if self.every_member or step in self.names or any(matcher(pattern)(step) for pattern in self.patterns):
            return True
        return step.isdecimal() and (self.every_item or int(step) < self.first)


def described(root: Any, location: str) -> Described:
    """What the schema at `location` of `root` evaluates together with those that apply in the same place."""
    found, seen, waiting = Described(), set[str](), [location]
    while waiting:
        here = waiting.pop()
        schema = descend(root, from_pointer(here))
        if here in seen or not isinstance(schema, dict):
            continue
        seen.add(here)
        found.names.update(schema.get("properties", ()))
        found.patterns += schema.get("patternProperties", ())
        found.first = max(found.first, len(schema.get("prefixItems", ())))
        below = here != location
        found.every_member |= "additionalProperties" in schema or (below and "unevaluatedProperties" in schema)
        found.every_item |= "items" in schema or (below and "unevaluatedItems" in schema)
        waiting += [schema["$ref"].removeprefix("#")] if "$ref" in schema else []
        waiting += (part.pointer for part in subschemas(schema, here) if part.applies == "in place")
    return found


def beyond_description(found: Described, steps: Sequence[str]) -> tuple[str, ...]:
    """Those of `steps` that nothing would evaluate even where everything holds."""
    return tuple(step for step in steps if not found.has(step))
