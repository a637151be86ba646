"""Which keywords of JSON Schema hold subschemas, and the walk over them: the one table for whatever walks schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from clausewise.spec.pointer import to_pointer


class Applicator(msgspec.Struct, frozen=True):
    """What a keyword that holds subschemas does with them."""

    #: its value: one schema, an array of schemas, or an object of schemas
    holds: Literal["schema", "array", "object"]
    #: what a subschema applies to: the same value ("in place"), a value inside it ("child"), or nothing by itself
    applies: Literal["in place", "child", "nowhere"]


#: JSON Schema 2020-12: Core 10.2 and 10.3 (applicators), Core 11 (unevaluated), Core 8.2.4 (`$defs`), Validation 8.5
#: (`contentSchema`). The schemas of OpenAPI 3.0 have seven of them (`allOf`, `oneOf`, `anyOf`, `not`, `items`,
#: `properties`, `additionalProperties`; section 4.7.24), and they mean the same. `definitions` is an older `$defs`.
APPLICATORS: Mapping[str, Applicator] = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), Applicator("array", "in place")),
    **dict.fromkeys(("not", "if", "then", "else"), Applicator("schema", "in place")),
    "dependentSchemas": Applicator("object", "in place"),
    "prefixItems": Applicator("array", "child"),
    **dict.fromkeys(("items", "contains", "unevaluatedItems"), Applicator("schema", "child")),
    **dict.fromkeys(("properties", "patternProperties"), Applicator("object", "child")),
    **dict.fromkeys(("additionalProperties", "propertyNames", "unevaluatedProperties"), Applicator("schema", "child")),
    **dict.fromkeys(("$defs", "definitions"), Applicator("object", "nowhere")),
    "contentSchema": Applicator("schema", "nowhere"),
}

#: in-place applicators of which one subschema or more must hold
UNIONS = ("oneOf", "anyOf")


class Subschema(msgspec.Struct, frozen=True, eq=False):
    """A schema that stands directly in another one."""

    keyword: str
    #: property name, pattern or index among those of the keyword; "" where it holds one schema
    name: str
    #: where it stands (RFC 6901), from where the pointer of the schema around it was counted
    pointer: str
    schema: dict[str, Any] | bool
    #: as in `Applicator`
    applies: Literal["in place", "child", "nowhere"]


def subschemas(schema: Any, pointer: str = "") -> Iterator[Subschema]:
    """The schemas directly in `schema`, which stands at `pointer`, in the order of its keywords.

    What is no schema (Core 4.3) is left out, and so is what `$ref` leads to.
    """
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword in APPLICATORS:
                yield from subschemas_of(keyword, value, pointer)


def subschemas_of(keyword: str, value: Any, pointer: str = "") -> Iterator[Subschema]:
    """The schemas in the `value` of one keyword of the table; `pointer` is that of the schema which has the keyword."""
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
            yield Subschema(keyword, name, at + to_pointer((name,)), part, applicator.applies)


def with_subschemas(keyword: str, found: Sequence[Subschema], replaced: Sequence[Any]) -> Any:
    """The value of a keyword of the table with `replaced` in the place of the subschemas that were `found` in it."""
    holds = APPLICATORS[keyword].holds
    if holds == "schema":
        return replaced[0]
    return list(replaced) if holds == "array" else {one.name: two for one, two in zip(found, replaced, strict=True)}
