"""Which schemas of a message no value satisfies.

Of each schema the types are found that some value of it may have, as a least fixpoint over its definitions: a schema
that needs itself has none. Keywords that are not read here only make fewer values valid, so that what is found to have
none has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from clausewise.spec.pointer import descend, from_pointer, to_pointer

_EVERY = frozenset({"null", "boolean", "integer", "fraction", "string", "array", "object"})
_NUMBERS = frozenset({"integer", "fraction"})

#: type -> the pairs of keywords of which the first must not be above the second
_BOUNDS = (
    (frozenset({"string"}), "minLength", "maxLength"),
    (frozenset({"array"}), "minItems", "maxItems"),
    (frozenset({"object"}), "minProperties", "maxProperties"),
    (_NUMBERS, "minimum", "maximum"),
)


class Inhabited(msgspec.Struct, eq=False):
    """The types of the values that the schemas of one generated schema have."""

    schema: dict[str, Any]
    #: pointer of a definition -> types
    definitions: dict[str, frozenset[str]] = {}

    @classmethod
    def of(cls, schema: dict[str, Any]) -> Inhabited:
        """Those of `schema`, and of its `$defs`."""
        found = cls(schema, {f"#/$defs/{name}": frozenset() for name in schema.get("$defs", {})})
        growing = True
        while growing:
            growing = False
            for reference in found.definitions:
                types = found.types(descend(schema, from_pointer(reference[1:])))
                if types != found.definitions[reference]:
                    found.definitions[reference] = types
                    growing = True
        return found

    def types(self, schema: Any) -> frozenset[str]:
        """The types of the values of a schema in it; empty where there are none."""
        if isinstance(schema, bool) or not isinstance(schema, dict):
            return _EVERY if schema is not False else frozenset()
        types = _types_named(schema.get("type"))
        if "$ref" in schema:
            types &= self.definitions.get(schema["$ref"], _EVERY)
        for part in schema.get("allOf", ()):
            types &= self.types(part)
        for union in ("anyOf", "oneOf"):
            if union in schema:
                types &= frozenset[str]().union(*map(self.types, schema[union]))
        listed = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(listed, list):
            types &= frozenset(map(_type_of, listed))
        for bound, low, high in _BOUNDS:
            if _is_above(schema.get(low), schema.get(high)):
                types -= bound
        if "object" in types and self.why_no_object(schema):
            types -= {"object"}
        has_items = "prefixItems" not in schema and schema.get("minItems", 0) > 0
        if has_items and not self.types(schema.get("items", True)):
            types -= {"array"}
        return types

    def why_no_object(self, schema: dict[str, Any]) -> str:
        """Why no object satisfies a schema, as far as its own members decide: a member that it requires; else ""."""
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False and not schema.get("patternProperties")
        for name in schema.get("required", ()):
            if name not in properties and closed:
                return f"`{name}` is required, and no other members than the documented ones are allowed"
            if name in properties and not _is_hidden(properties[name]) and not self.types(properties[name]):
                return f"`{name}` is required, and nothing satisfies its schema"
        return ""

    def empty_below(self, pointer: str) -> list[str]:
        """The pointers of the schemas at and below `pointer` that nothing satisfies, but for such as say so by
        themselves (`false`); those that others explain are left out."""
        found: list[str] = []
        self._walk(descend(self.schema, from_pointer(pointer)), pointer, found)
        return found

    def _walk(self, schema: Any, pointer: str, found: list[str]) -> bool:
        """Whether a schema, or one in it, is one that nothing satisfies."""
        if not isinstance(schema, dict) or _is_hidden(schema):
            return False
        below = False
        for keyword in ("properties", "patternProperties"):
            for name, part in schema.get(keyword, {}).items():
                below |= self._walk(part, f"{pointer}{to_pointer((keyword, name))}", found)
        for keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for index, part in enumerate(schema.get(keyword, ())):
                below |= self._walk(part, f"{pointer}/{keyword}/{index}", found)
        for keyword in ("items", "additionalProperties"):
            below |= self._walk(schema.get(keyword, True), f"{pointer}/{keyword}", found)
        # A reference is explained where it leads.
        if not below and "$ref" not in schema and not self.types(schema):
            found.append(pointer)
            return True
        return below


def _is_hidden(schema: Any) -> bool:
    return isinstance(schema, dict) and ("writeOnly" in schema or "readOnly" in schema)


def _types_named(written: Any) -> frozenset[str]:
    names: Iterable[str] = [written] if isinstance(written, str) else written if isinstance(written, list) else _EVERY
    named = frozenset(names)
    return (named - {"number"}) | _NUMBERS if "number" in named else named & _EVERY


def _type_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "fraction"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _is_above(low: Any, high: Any) -> bool:
    return isinstance(low, int | float) and isinstance(high, int | float) and low > high
