"""Which objects of an OpenAPI document hold which others, as far as there are schemas below them.

A kind of object is named as the standard names it; "schema[]" is an array of schemas, "schema{}" an object of them by
name. ANYTHING stands for what only its reader knows: a file beside the contract, which a reference leads into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clausewise.spec.subschemas import APPLICATORS

ANYTHING = "anything"

#: fields that hold values, whose members mean nothing to the document
_VALUES = frozenset({"example", "examples", "default", "enum", "const"})

_HELD = {"schema": "schema", "array": "schema[]", "object": "schema{}"}

_CONTENT = {"schema": "schema", "content": "media type{}"}

#: kind of object -> field -> kind of what it holds (OpenAPI 3.1 section 4.8; 3.0 has the same, and fewer)
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "document": {"paths": "path item{}", "webhooks": "path item{}", "components": "components"},
    "components": {
        "schemas": "schema{}",
        "responses": "response{}",
        "parameters": "parameter{}",
        "requestBodies": "request body{}",
        "headers": "header{}",
        "callbacks": "path item{}{}",
        "pathItems": "path item{}",
    },
    "path item": {
        "parameters": "parameter[]",
        **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch", "trace"), "operation"),
    },
    "operation": {
        "parameters": "parameter[]",
        "requestBody": "request body",
        "responses": "response{}",
        "callbacks": "path item{}{}",
    },
    "parameter": _CONTENT,
    "header": _CONTENT,
    "request body": {"content": "media type{}"},
    "response": {"content": "media type{}", "headers": "header{}"},
    "media type": {"schema": "schema", "encoding": "encoding{}"},
    "encoding": {"headers": "header{}"},
    "schema": {keyword: _HELD[applicator.holds] for keyword, applicator in APPLICATORS.items()},
}


def kind_of(tree: Any) -> str:
    """The kind of a whole file."""
    return "document" if isinstance(tree, dict) and "openapi" in tree else ANYTHING


def kind_below(kind: str | None, token: str) -> str | None:
    """The kind of the member or element `token` of an object or array of `kind`; None where no schema is below."""
    if kind is None:
        return None
    if kind.endswith(("{}", "[]")):
        return kind[:-2]
    if kind == ANYTHING:
        return None if token in _VALUES or token.startswith("x-") else ANYTHING
    return _FIELDS[kind].get(token)


def members(kind: str | None, value: Any) -> Iterator[str]:
    """The pointer tokens of the members or elements of `value`, of `kind`, that may have schemas in them."""
    if isinstance(value, dict):
        named: Any = value.items()
    elif isinstance(value, list) and (kind == ANYTHING or (kind or "").endswith("[]")):
        named = ((str(index), member) for index, member in enumerate(value))
    else:
        return
    for token, member in named:
        if isinstance(member, dict | list) and kind_below(kind, token) is not None:
            yield token
