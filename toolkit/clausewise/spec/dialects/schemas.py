"""How the versions of OpenAPI write schemas: their keywords in the terms of JSON Schema 2020-12, and what identifies a
schema for references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import msgspec

from clausewise.spec.dialects.base import Keyword, Nullable, SchemaDialect

#: keywords of 3.0 beside which a `nullable` has no effect by the letter: what they refuse is refused
_REFUSING = ("$ref", "allOf", "anyOf", "oneOf")

#: what items, headers and parameters of Swagger 2.0 have beside their schema
_OF_ITEMS = frozenset({"collectionFormat"})
_OF_PARAMETERS = _OF_ITEMS | {"name", "in", "required", "allowEmptyValue", "schema"}


def _keywords_31(schema: dict[str, Any]) -> list[Keyword]:
    """OpenAPI 3.1 has the keywords of 2020-12."""
    translated: list[Keyword] = []
    for name, value in schema.items():
        if name == "dependencies":
            translated += dependencies(value)
        else:
            translated.append((name, value, name) if (first := first_items(name, schema)) is None else first)
    return translated


def first_items(name: str, schema: dict[str, Any]) -> Keyword | None:
    """The keyword `name` of a schema whose `items` is an array of schemas for the first items, as until 2019-09 of JSON
    Schema; None where it has nothing to do with them."""
    if not isinstance(schema.get("items"), list) or not schema["items"]:
        return None
    return {
        "items": ("prefixItems", schema["items"], "items"),
        "additionalItems": ("items", schema.get("additionalItems"), "additionalItems"),
    }.get(name)


def dependencies(value: Any) -> list[Keyword]:
    """`dependencies` of older drafts, which 2019-09 split in two; validators of 2020-12 still assert it, and documents
    still have it. What it cannot hold stays as it is."""
    if not isinstance(value, dict):
        return [("dependencies", value, "dependencies")]
    names = {name: wanted for name, wanted in value.items() if isinstance(wanted, list)}
    schemas = {name: schema for name, schema in value.items() if name not in names}
    found = [("dependentRequired", names), ("dependentSchemas", schemas)]
    return [(keyword, each, "dependencies") for keyword, each in found if each]


def nullable_in_vain(schema: dict[str, Any]) -> bool:
    """Whether a schema of 3.0 has a `nullable: true` that has no effect by the letter: 3.0.3 adds null to the `type` of
    the same schema, and to nothing else. A schema that refuses no null does not need one."""
    alone = "$ref" in schema or "type" not in schema
    return schema.get("nullable") is True and alone and any(keyword in schema for keyword in (*_REFUSING, "enum"))


def _meant_as_nullable(schema: dict[str, Any]) -> str:
    """`nullable`, where it is true in 3.0 beside keywords that refuse null, against which its author wrote it; else
    ""."""
    return "nullable" if schema.get("nullable") is True and any(keyword in schema for keyword in _REFUSING) else ""


def _x_nullable(schema: dict[str, Any]) -> str:
    """`x-nullable` of Swagger 2.0, where it is true and stands beside keywords that refuse null; else ""."""
    return "x-nullable" if schema.get("x-nullable") is True and any(name in schema for name in _REFUSING) else ""


def _keywords_20(schema: dict[str, Any]) -> list[Keyword]:
    """Swagger 2.0, Schema Object and Parameter Object: those of 3.0, but `x-nullable`, and `type: file` for bytes.

    What a parameter has beside its schema is left out: its `required` is none of an object.
    """
    of_parameter = isinstance(schema.get("in"), str) and isinstance(schema.get("name"), str)
    beside = _OF_PARAMETERS if of_parameter else _OF_ITEMS
    described = {name: value for name, value in schema.items() if name not in beside and name != "nullable"}
    if schema.get("x-nullable") is True:
        described["nullable"] = True
    translated = [each for each in _keywords_30(described, "meant") if each[2] != "nullable"]
    if schema.get("type") == "file":
        translated = [("type", "string", "type"), ("format", "binary", "type")] + [
            each for each in translated if each[0] not in ("type", "format")
        ]
    return translated


def _keywords_30(schema: dict[str, Any], read: Nullable) -> list[Keyword]:
    """OpenAPI 3.0.4 section 4.7.24: `nullable`, and `exclusiveMinimum`/`exclusiveMaximum` as booleans."""
    nullable = schema.get("nullable") is True
    with_null = nullable and (read == "meant" or "type" in schema)
    translated: list[Keyword] = []
    for name, value in schema.items():
        if name == "nullable":
            continue
        if name == "type" and nullable and isinstance(value, str):
            translated.append(("type", [value, "null"], "type"))
        elif name == "enum" and with_null and isinstance(value, list) and None not in value:
            # The proposal that clarified `nullable` requires null in the `enum`; few documents list it.
            translated.append(("enum", [*value, None], "enum"))
        elif (limit := boolean_limit(name, schema)) is not None:
            translated += limit
        elif name == "dependencies":
            translated += dependencies(value)
        else:
            translated.append((name, value, name) if (first := first_items(name, schema)) is None else first)
    return translated


def boolean_limit(name: str, schema: dict[str, Any]) -> list[Keyword] | None:
    """The keyword `name` of a schema in which `exclusiveMinimum` and `exclusiveMaximum` are booleans, as until draft-04
    of JSON Schema; None where it has nothing to do with them."""
    if name in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(schema[name], bool):
        limit = "minimum" if name == "exclusiveMinimum" else "maximum"
        return [(name, schema[limit], limit)] if schema[name] and limit in schema else []
    exclusive = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}.get(name)
    return [] if exclusive is not None and schema.get(exclusive) is True else None


def _id_31(schema: dict[str, Any]) -> str | None:
    """The `$id` (JSON Schema 2020-12 Core 8.2.1); one with a fragment is not allowed and identifies nothing."""
    identifier = schema.get("$id")
    if not isinstance(identifier, str):
        return None
    uri, _, fragment = identifier.partition("#")
    return uri if uri and not fragment else None


def _anchors_31(schema: dict[str, Any]) -> Iterator[str]:
    """The anchors (JSON Schema 2020-12 Core 8.2.2); for `$ref` a `$dynamicAnchor` is like an `$anchor`."""
    for keyword in ("$anchor", "$dynamicAnchor"):
        name = schema.get(keyword)
        if isinstance(name, str):
            yield name


def _dynamic_anchors_31(schema: dict[str, Any]) -> Iterable[str]:
    name = schema.get("$dynamicAnchor")
    return (name,) if isinstance(name, str) else ()


def _schemas_30(read: Nullable) -> SchemaDialect:
    return SchemaDialect(
        "OpenAPI 3.0",
        keywords=partial(_keywords_30, read=read),
        ref_siblings=False,
        identifiers=frozenset(),
        id_of=lambda _schema: None,
        anchors_of=lambda _schema: (),
        dynamic_anchors_of=lambda _schema: (),
        or_null=_meant_as_nullable if read == "meant" else lambda _schema: "",
    )


SCHEMAS_30: dict[Nullable, SchemaDialect] = {"meant": _schemas_30("meant"), "letter": _schemas_30("letter")}

SCHEMAS_20 = msgspec.structs.replace(
    SCHEMAS_30["meant"], title="Swagger 2.0", keywords=_keywords_20, or_null=_x_nullable
)

#: of OpenAPI 3.1 and 3.2, and of JSON Schema 2020-12
SCHEMAS_31 = SchemaDialect(
    "JSON Schema 2020-12",
    keywords=_keywords_31,
    ref_siblings=True,
    identifiers=frozenset({"$id", "$anchor", "$dynamicAnchor"}),
    id_of=_id_31,
    anchors_of=_anchors_31,
    dynamic_anchors_of=_dynamic_anchors_31,
)
