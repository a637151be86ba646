"""Which objects of an OpenAPI document have which others in them, down to their schemas, and to variables of servers.

A kind of object has its name from the standard; "schema[]" is an array of schemas, "schema{}" an object of schemas by
name. ANYTHING is an unknown kind: that of a file that only a reference leads to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clausewise.spec.subschemas import APPLICATORS

ANYTHING = "anything"

#: fields with example or default values: nothing in them is part of the document's structure
_VALUES = frozenset({"example", "examples", "default", "enum", "const"})

_KINDS = {"schema": "schema", "array": "schema[]", "object": "schema{}"}

_CONTENT = {"schema": "schema", "content": "media type{}"}

#: kind of object -> field -> kind of its value (OpenAPI 3.2 section 4; 3.0 and 3.1 have some of these)
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "document": {
        "paths": "path item{}",
        "webhooks": "path item{}",
        "components": "components",
        "servers": "server[]",
    },
    "server": {"variables": "server variable{}"},
    "server variable": {},
    "components": {
        "schemas": "schema{}",
        "responses": "response{}",
        "parameters": "parameter{}",
        "requestBodies": "request body{}",
        "headers": "header{}",
        "callbacks": "path item{}{}",
        "pathItems": "path item{}",
        "mediaTypes": "media type{}",
    },
    "path item": {
        "parameters": "parameter[]",
        **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"), "operation"),
        "additionalOperations": "operation{}",
        "servers": "server[]",
    },
    "operation": {
        "parameters": "parameter[]",
        "requestBody": "request body",
        "responses": "response{}",
        "callbacks": "path item{}{}",
        "servers": "server[]",
    },
    "parameter": _CONTENT,
    "header": _CONTENT,
    "request body": {"content": "media type{}"},
    "response": {"content": "media type{}", "headers": "header{}"},
    "media type": {
        "schema": "schema",
        "itemSchema": "schema",
        "encoding": "encoding{}",
        "prefixEncoding": "encoding[]",
        "itemEncoding": "encoding",
    },
    "encoding": {
        "headers": "header{}",
        "encoding": "encoding{}",
        "prefixEncoding": "encoding[]",
        "itemEncoding": "encoding",
    },
    "schema": {
        **{keyword: _KINDS[applicator.holds] for keyword, applicator in APPLICATORS.items()},
        "additionalItems": "schema",
    },
}


def kind_of(tree: Any) -> str:
    """The kind of a file's root."""
    return "document" if isinstance(tree, dict) and "openapi" in tree else ANYTHING


def kind_below(kind: str | None, token: str) -> str | None:
    """The kind of the member or element `token` of a value of `kind`; None where it has no schemas in it."""
    if kind is None:
        return None
    if kind.endswith(("{}", "[]")):
        return kind[:-2]
    if kind == ANYTHING:
        return None if token in _VALUES or token.startswith("x-") else ANYTHING
    if kind == "schema" and token.isdecimal():
        # Until 2020-12 of JSON Schema, `items` may be an array of schemas.
        return "schema"
    return _FIELDS[kind].get(token)


def members(kind: str | None, value: Any) -> Iterator[str]:
    """The tokens of the members or elements of `value`, which is of `kind`, that may have schemas in them."""
    if isinstance(value, dict):
        named: Any = value.items()
    elif isinstance(value, list) and (kind in (ANYTHING, "schema") or (kind or "").endswith("[]")):
        named = ((str(index), member) for index, member in enumerate(value))
    else:
        return
    for token, member in named:
        if isinstance(member, dict | list) and kind_below(kind, token) is not None:
            yield token
