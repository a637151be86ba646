"""What differs between the versions of OpenAPI, as values: each dialect holds the functions that undo the difference.

Everything behind this module sees JSON Schema 2020-12 keywords only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

#: one translated keyword: its JSON Schema name, its value, and the source keyword it comes from
Keyword = tuple[str, Any, str]


class Dialect(msgspec.Struct, frozen=True):
    """One version of OpenAPI."""

    name: str
    #: a schema object's keywords in 2020-12 terms; annotations pass through unchanged
    keywords: Callable[[dict[str, Any]], list[Keyword]]
    #: whether keywords beside a `$ref` in a schema count
    ref_siblings: bool


def _keywords_31(schema: dict[str, Any]) -> list[Keyword]:
    return [(name, value, name) for name, value in schema.items()]


def _keywords_30(schema: dict[str, Any]) -> list[Keyword]:
    """OpenAPI 3.0.4 section 4.7.24: `nullable`, and `exclusiveMinimum`/`exclusiveMaximum` as booleans."""
    nullable = schema.get("nullable") is True
    translated: list[Keyword] = []
    for name, value in schema.items():
        if name == "nullable":
            continue
        if name == "type" and nullable and isinstance(value, str):
            translated.append(("type", [value, "null"], "type"))
        elif name == "enum" and nullable and "type" in schema and isinstance(value, list) and None not in value:
            # The proposal that clarified `nullable` asks for null to be listed; documents in the wild seldom do.
            translated.append(("enum", [*value, None], "enum"))
        elif name in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(value, bool):
            limit = "minimum" if name == "exclusiveMinimum" else "maximum"
            if value and limit in schema:
                translated.append((name, schema[limit], limit))
        elif (name == "minimum" and schema.get("exclusiveMinimum") is True) or (
            name == "maximum" and schema.get("exclusiveMaximum") is True
        ):
            continue
        else:
            translated.append((name, value, name))
    return translated


_OPENAPI_30 = Dialect("3.0", _keywords_30, ref_siblings=False)
_OPENAPI_31 = Dialect("3.1", _keywords_31, ref_siblings=True)


def dialect_of(version: str) -> Dialect | None:
    """The dialect of an `openapi` value such as "3.1.0"; None for a version that is not read."""
    for prefix, dialect in (("3.0.", _OPENAPI_30), ("3.1.", _OPENAPI_31)):
        if f"{version}.".startswith(prefix):
            return dialect
    return None
