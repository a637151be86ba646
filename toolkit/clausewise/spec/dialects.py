"""The differences between the versions of OpenAPI: each dialect has functions that translate its schemas.

Everything after this module sees JSON Schema 2020-12 keywords only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

import msgspec

#: how `nullable: true` of OpenAPI 3.0 is read where no `type` stands beside it: as its author means it, so that null is
#: allowed, or by the letter of 3.0.3, by which it has no effect then
Nullable = Literal["meant", "letter"]

#: keywords of 3.0 beside which a `nullable` has no effect by the letter: what they refuse is refused
_REFUSING = ("$ref", "allOf", "anyOf", "oneOf")

#: one translated keyword: its name and value in JSON Schema 2020-12, and its name in the document; two of a schema may
#: have the same name
Keyword = tuple[str, Any, str]


class Dialect(msgspec.Struct, frozen=True):
    """One version of OpenAPI."""

    name: str
    #: gives the keywords of a schema in terms of 2020-12; annotations stay as they are
    keywords: Callable[[dict[str, Any]], list[Keyword]]
    #: whether null is a value of a schema, whatever its other keywords say
    or_null: Callable[[dict[str, Any]], bool]
    #: whether the keywords beside a `$ref` in a schema apply
    ref_siblings: bool
    #: the keywords that identify a schema for references
    identifiers: frozenset[str]
    #: gives the URI reference that identifies a schema; None where it has none
    id_of: Callable[[dict[str, Any]], str | None]
    #: gives the anchors of a schema
    anchors_of: Callable[[dict[str, Any]], Iterator[str]]


def _keywords_31(schema: dict[str, Any]) -> list[Keyword]:
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


def _is_meant_as_nullable(schema: dict[str, Any]) -> bool:
    return schema.get("nullable") is True and any(keyword in schema for keyword in _REFUSING)


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


_OPENAPI_30: dict[Nullable, Dialect] = {
    read: Dialect(
        "3.0",
        partial(_keywords_30, read=read),
        or_null=_is_meant_as_nullable if read == "meant" else lambda _schema: False,
        ref_siblings=False,
        identifiers=frozenset(),
        id_of=lambda _schema: None,
        anchors_of=lambda _schema: iter(()),
    )
    for read in ("meant", "letter")
}
_OPENAPI_31 = Dialect(
    "3.1",
    _keywords_31,
    or_null=lambda _schema: False,
    ref_siblings=True,
    identifiers=frozenset({"$id", "$anchor", "$dynamicAnchor"}),
    id_of=_id_31,
    anchors_of=_anchors_31,
)

#: for documents that name no version
DEFAULT = _OPENAPI_31


def dialect_of(document: Any, nullable: Nullable = "meant") -> Dialect | None:
    """The dialect of a document, by its `openapi` ("3.1.0"); None for a version that is not supported."""
    version = document.get("openapi") if isinstance(document, dict) else None
    for prefix, dialect in (("3.0.", _OPENAPI_30[nullable]), ("3.1.", _OPENAPI_31)):
        if f"{version}.".startswith(prefix):
            return dialect
    return None
