"""How the versions of OpenAPI write schemas: their keywords in the terms of JSON Schema 2020-12, and what identifies a
schema for references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clausewise.spec.dialects.base import Keyword, Nullable

#: keywords of 3.0 beside which a `nullable` has no effect by the letter: what they refuse is refused
_REFUSING = ("$ref", "allOf", "anyOf", "oneOf")


def keywords_31(schema: dict[str, Any]) -> list[Keyword]:
    """OpenAPI 3.1 has the keywords of 2020-12."""
    translated: list[Keyword] = []
    for name, value in schema.items():
        translated += _dependencies(value) if name == "dependencies" else [(name, value, name)]
    return translated


def _dependencies(value: Any) -> list[Keyword]:
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


def is_meant_as_nullable(schema: dict[str, Any]) -> bool:
    """Whether a `nullable: true` of 3.0 stands beside keywords that refuse null, against which its author wrote it."""
    return schema.get("nullable") is True and any(keyword in schema for keyword in _REFUSING)


def keywords_30(schema: dict[str, Any], read: Nullable) -> list[Keyword]:
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
        elif name in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(value, bool):
            limit = "minimum" if name == "exclusiveMinimum" else "maximum"
            if value and limit in schema:
                translated.append((name, schema[limit], limit))
        elif (name == "minimum" and schema.get("exclusiveMinimum") is True) or (
            name == "maximum" and schema.get("exclusiveMaximum") is True
        ):
            continue
        elif name == "dependencies":
            translated += _dependencies(value)
        else:
            translated.append((name, value, name))
    return translated


def id_31(schema: dict[str, Any]) -> str | None:
    """The `$id` (JSON Schema 2020-12 Core 8.2.1); one with a fragment is not allowed and identifies nothing."""
    identifier = schema.get("$id")
    if not isinstance(identifier, str):
        return None
    uri, _, fragment = identifier.partition("#")
    return uri if uri and not fragment else None


def anchors_31(schema: dict[str, Any]) -> Iterator[str]:
    """The anchors (JSON Schema 2020-12 Core 8.2.2); for `$ref` a `$dynamicAnchor` is like an `$anchor`."""
    for keyword in ("$anchor", "$dynamicAnchor"):
        name = schema.get(keyword)
        if isinstance(name, str):
            yield name
