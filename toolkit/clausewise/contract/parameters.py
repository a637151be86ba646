"""Parameter values on the wire and back: the styles of OpenAPI 3.1 section 4.8.12.3.

What is printed here is parsed here to the same value, as far as the style can tell it: `form` cannot tell 1 from "1",
so parsing asks the schema which types there may be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

from clausewise.contract.message import Message
from clausewise.spec.operations import Parameter
from clausewise.spec.pointer import descend, from_pointer

_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "form": ",", "simple": ",", "label": ".", "matrix": ","}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def encode(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    """A query, header or cookie parameter as names and values, not yet percent-encoded."""
    name, style = parameter.name, parameter.style
    if parameter.media_type is not None:
        return [(name, json.dumps(value, ensure_ascii=False))]
    if isinstance(value, list):
        items = [text(item) for item in value]
        if parameter.explode and parameter.location in ("query", "cookie"):
            return [(name, item) for item in items]
        return [(name, _SEPARATORS.get(style, ",").join(items))]
    if isinstance(value, dict):
        members = [(key, text(member)) for key, member in value.items()]
        if style == "deepObject":
            return [(f"{name}[{key}]", member) for key, member in members]
        if parameter.explode and parameter.location in ("query", "cookie"):
            return members
        return [(name, _joined(members, explode=parameter.explode))]
    return [(name, text(value))]


def encode_path(parameter: Parameter, value: Any) -> str:
    """A path parameter as it stands in the path, percent-encoded."""
    prefix = {"label": ".", "matrix": f";{parameter.name}="}.get(parameter.style, "")
    if isinstance(value, list):
        written = ",".join(quote(text(item), safe="") for item in value)
    elif isinstance(value, dict):
        pairs = [(quote(key, safe=""), quote(text(member), safe="")) for key, member in value.items()]
        written = _joined(pairs, explode=parameter.explode)
    else:
        written = quote(text(value), safe="")
    return prefix + written


def text(value: Any) -> str:
    """A value as text for a URL or a header: strings as they are, all else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The names and values of a query string, percent-decoded, empty values kept."""
    return parse_qsl(query, keep_blank_values=True)


def decode(parameter: Parameter, message: Message | None, pairs: Iterable[tuple[str, str]]) -> tuple[bool, Any]:
    """Whether the parameter is among `pairs` (of its location), and the value it has there.

    Header names compare without case. A value that cannot be of any type the schema names stays a string.
    """
    name, types = parameter.name, types_of(message)
    same = str.lower if parameter.location == "header" else str
    found = [value for key, value in pairs if same(key) == same(name)]
    if parameter.media_type is not None:
        return bool(found), _json_or_text(found[0]) if found else None
    if "object" in types:
        return _decode_object(parameter, message, found, list(pairs))
    if not found:
        return False, None
    if "array" in types:
        item_types = types_of(message, "items")
        exploded = parameter.explode and parameter.location in ("query", "cookie")
        if exploded:
            return True, [typed(value, item_types) for value in found]
        if found[0] == "":
            return True, []
        separator = _SEPARATORS.get(parameter.style, ",")
        return True, [typed(value, item_types) for value in found[0].split(separator)]
    return True, typed(found[0], types)


def decode_path(parameter: Parameter, message: Message | None, segment: str) -> Any:
    """The value of a path parameter from its percent-decoded text."""
    prefix = {"label": ".", "matrix": f";{parameter.name}="}.get(parameter.style, "")
    written, types = segment.removeprefix(prefix), types_of(message)
    if "array" in types:
        return [typed(item, types_of(message, "items")) for item in written.split(",")]
    if "object" in types:
        return _members(written, explode=parameter.explode)
    return typed(written, types)


def typed(written: str, types: frozenset[str]) -> Any:
    """`written` as the first of the `types` that it can be; a string when it can be none."""
    if types & {"integer", "number"} and _NUMBER.fullmatch(written):
        return json.loads(written)
    if "boolean" in types and written in ("true", "false"):
        return written == "true"
    if "null" in types and written == "null":
        return None
    return written


def types_of(message: Message | None, *below: str) -> frozenset[str]:
    """The types that a message's schema (or the schema at `below` in it) names; empty when it names none."""
    if message is None or isinstance(message.schema, bool):
        return frozenset()
    return frozenset(_types(message.schema, message.schema, below))


def _types(schema: Any, root: Any, below: tuple[str, ...]) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    found: set[str] = set()
    if not below:
        declared = schema.get("type", [])
        found |= {declared} if isinstance(declared, str) else set(declared)
        if not declared:
            found |= {_type_of(value) for value in schema.get("enum", [schema["const"]] if "const" in schema else [])}
    elif below[0] in schema:
        found |= _types(schema[below[0]], root, below[1:])
    if "$ref" in schema:
        found |= _types(descend(root, from_pointer(schema["$ref"].removeprefix("#"))), root, below)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            found |= _types(part, root, below)
    return found


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _json_or_text(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return written


def _joined(members: Iterable[tuple[str, str]], *, explode: bool) -> str:
    return ",".join(f"{key}={member}" if explode else f"{key},{member}" for key, member in members)


def _members(written: str, *, explode: bool) -> dict[str, str]:
    if explode:
        return dict(pair.partition("=")[::2] for pair in written.split(",") if pair)
    parts = written.split(",")
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _decode_object(
    parameter: Parameter, message: Message | None, found: list[str], pairs: list[tuple[str, str]]
) -> tuple[bool, Any]:
    name = parameter.name
    if parameter.style == "deepObject":
        members = {key[len(name) + 1 : -1]: value for key, value in pairs if key.startswith(f"{name}[")}
    elif parameter.explode and parameter.location in ("query", "cookie"):
        declared = _property_names(message)
        members = {key: value for key, value in pairs if key in declared}
    elif found:
        members = _members(found[0], explode=parameter.explode)
    else:
        return False, None
    typed_members = {key: typed(value, types_of(message, "properties", key)) for key, value in members.items()}
    return bool(members), typed_members


def _property_names(message: Message | None) -> frozenset[str]:
    schema = message.schema if message else True
    while isinstance(schema, dict) and "$ref" in schema and "properties" not in schema:
        schema = descend(message.schema, from_pointer(schema["$ref"].removeprefix("#"))) if message else True
    return frozenset(schema.get("properties", ())) if isinstance(schema, dict) else frozenset()
