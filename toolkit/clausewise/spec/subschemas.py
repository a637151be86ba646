"""Which keywords of JSON Schema have subschemas, and the walk over them: one table for all code that walks schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from clausewise.spec.pointer import escaped


class Applicator(msgspec.Struct, frozen=True):
    """A keyword with subschemas, and how it applies them."""

    #: what its value is: one schema, an array of schemas, or an object of schemas
    holds: Literal["schema", "array", "object"]
    #: what a subschema applies to: the same value ("in place"), a value inside it ("child"), or nothing by itself
    applies: Literal["in place", "child", "nowhere"]


#: JSON Schema 2020-12: Core 10.2 and 10.3 (applicators), Core 11 (unevaluated), Core 8.2.4 (`$defs`), Validation 8.5
#: (`contentSchema`). OpenAPI 3.0 has seven of them with the same meaning (`allOf`, `oneOf`, `anyOf`, `not`, `items`,
#: `properties`, `additionalProperties`; section 4.7.24). `definitions` is an older `$defs`, and `dependencies` an older
#: `dependentSchemas` and `dependentRequired` in one: the arrays of names in it are not schemas.
APPLICATORS: Mapping[str, Applicator] = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), Applicator("array", "in place")),
    **dict.fromkeys(("not", "if", "then", "else"), Applicator("schema", "in place")),
    **dict.fromkeys(("dependentSchemas", "dependencies"), Applicator("object", "in place")),
    "prefixItems": Applicator("array", "child"),
    **dict.fromkeys(("items", "contains", "unevaluatedItems"), Applicator("schema", "child")),
    **dict.fromkeys(("properties", "patternProperties"), Applicator("object", "child")),
    **dict.fromkeys(("additionalProperties", "propertyNames", "unevaluatedProperties"), Applicator("schema", "child")),
    **dict.fromkeys(("$defs", "definitions"), Applicator("object", "nowhere")),
    "contentSchema": Applicator("schema", "nowhere"),
}

#: in-place applicators whose value must be valid against one subschema or more
UNIONS = ("oneOf", "anyOf")


#: the alternative of a union by which a value may be null, and which says nothing of any other
NULL: Mapping[str, str] = {"type": "null"}


class Subschema(msgspec.Struct, frozen=True, eq=False):
    """A schema directly in another one."""

    keyword: str
    #: property name, pattern or index in the keyword's value; "" where the value is one schema
    name: str
    #: its JSON Pointer (RFC 6901), from the same root as that of the schema around it
    pointer: str
    schema: dict[str, Any] | bool
    #: as in `Applicator`
    applies: Literal["in place", "child", "nowhere"]


def subschemas(schema: Any, pointer: str = "") -> Iterator[Subschema]:
    """The schemas directly in `schema`, whose JSON Pointer is `pointer`, in the order of its keywords.

    Values that are not schemas (Core 4.3) are left out, and targets of `$ref` too.
    """
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword in APPLICATORS:
                yield from subschemas_of(keyword, value, pointer)


def subschemas_of(keyword: str, value: Any, pointer: str = "") -> Iterator[Subschema]:
    """The schemas in the `value` of one keyword of the table; `pointer` is that of the schema around it."""
    applicator = APPLICATORS[keyword]
    at = f"{pointer}/{keyword}"
    if applicator.holds == "schema":
        if isinstance(value, dict | bool):
            yield Subschema(keyword, "", at, value, applicator.applies)
        return
    named: Any = ()
    if applicator.holds == "array" and isinstance(value, list):
        named = ((str(index), part) for index, part in enumerate(value))
    elif applicator.holds == "object" and isinstance(value, dict):
        named = value.items()
    for name, part in named:
        if isinstance(part, dict | bool):
            yield Subschema(keyword, name, f"{at}/{escaped(name)}", part, applicator.applies)


def with_subschemas(keyword: str, found: Sequence[Subschema], replaced: Sequence[Any]) -> Any:
    """The value of a keyword of the table with `replaced` in place of the subschemas `found` in it."""
    holds = APPLICATORS[keyword].holds
    if holds == "schema":
        return replaced[0]
    return list(replaced) if holds == "array" else {one.name: two for one, two in zip(found, replaced, strict=True)}
