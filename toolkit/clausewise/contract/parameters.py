"""Parameter values on the wire and back: the styles of OpenAPI 3.1 section 4.8.12.3.

A value that is written here is read back as the same value where the style allows: `form` does not distinguish 1 from
"1", so the types that the schema allows decide.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from clausewise.contract.message import Message
from clausewise.media.json import parse_json
from clausewise.media.styles import SEPARATORS, flat, joined, styled, text
from clausewise.spec.operations import Parameter
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import UNIONS

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def can_write(parameter: Parameter, value: Any) -> bool:
    """Whether the parameter's style has a form for `value`: there is none for null, which RFC 6570 (section 2.3) calls
    undefined, and the text `null` is a word like others to most servers."""
    if parameter.media_type is not None:
        return True
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return not any(part is None for part in parts)


def encode(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    """A query, header or cookie parameter as names and values, not yet percent-encoded."""
    name, style = parameter.name, parameter.style
    if parameter.media_type is not None:
        return [(name, json.dumps(value, ensure_ascii=False))]
    if parameter.location == "header":
        return [(name, flat(value, style, explode=parameter.explode))]
    return styled(name, value, style, explode=parameter.explode)


def encode_path(parameter: Parameter, value: Any) -> str:
    """A path parameter as it stands in the path, percent-encoded (RFC 6570 section 3.2 for `label` and `matrix`)."""
    prefix, separator = _path_marks(parameter, isinstance(value, dict))
    if isinstance(value, list):
        return prefix + separator.join(quote(text(item), safe="") for item in value)
    if isinstance(value, dict):
        pairs = [(quote(key, safe=""), quote(text(member), safe="")) for key, member in value.items()]
        return prefix + joined(pairs, separator, explode=parameter.explode)
    return prefix + quote(text(value), safe="")


def _path_marks(parameter: Parameter, of_object: bool) -> tuple[str, str]:
    """The prefix and the separator of a path parameter's style."""
    if parameter.style == "label":
        return ".", "." if parameter.explode else ","
    if parameter.style == "matrix":
        # The members of an exploded object are named by themselves.
        named = ";" if of_object and parameter.explode else f";{parameter.name}="
        return named, named if parameter.explode else ","
    return "", ","


def decode(parameter: Parameter, message: Message | None, pairs: Iterable[tuple[str, str]]) -> tuple[bool, Any]:
    """Whether the parameter is among `pairs` (those of its location), and its value.

    Header names compare without case. A value that can have none of the schema's types stays a string.
    """
    name, types = parameter.name, types_of(message)
    same = str.lower if parameter.location == "header" else str
    found = [value for key, value in pairs if same(key) == same(name)]
    if parameter.media_type is not None:
        return bool(found), _json_or_text(found[0]) if found else None
    if parameter.location == "header" and types & {"array", "object"}:
        # The elements of a list may have whitespace around them (RFC 9110 section 5.6.1.1).
        found = [re.sub(r"[ \t]*,[ \t]*", ",", value) for value in found]
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
        separator = SEPARATORS.get(parameter.style, ",")
        return True, [typed(value, item_types) for value in found[0].split(separator)]
    return True, typed(found[0], types)


def decode_path(parameter: Parameter, message: Message | None, segment: str) -> Any:
    """The value of a path parameter from its text in the path, still percent-encoded."""
    types = types_of(message)
    prefix, separator = _path_marks(parameter, "object" in types)
    written = segment.removeprefix(prefix)
    if "array" in types:
        return [typed(unquote(item), types_of(message, "items")) for item in written.split(separator)]
    if "object" in types:
        members = _members(written, separator, explode=parameter.explode).items()
        return _typed_members({unquote(name): unquote(member) for name, member in members}, message)
    return typed(unquote(written), types)


def typed(written: str, types: frozenset[str]) -> Any:
    """`written` as a value of the first of the `types` that it fits; a string when it fits none.

    A number that is too large stays a string as well.
    """
    if types & {"integer", "number"} and _NUMBER.fullmatch(written):
        return _number(written)
    if "boolean" in types and written in ("true", "false"):
        return written == "true"
    if "null" in types and written == "null":
        return None
    return written


def _number(written: str) -> Any:
    try:
        number = json.loads(written)
    except ValueError:  # more digits than Python converts
        return written
    return number if math.isfinite(number) else written


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
    for keyword in ("allOf", *UNIONS):
        for part in schema.get(keyword, ()):
            found |= _types(part, root, below)
    return found


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _json_or_text(written: str) -> Any:
    try:
        return parse_json(written.encode())
    except ValueError:
        return written


def _members(written: str, separator: str, *, explode: bool) -> dict[str, str]:
    parts = written.split(separator)
    if explode:
        return dict(part.partition("=")[::2] for part in parts if part)
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _typed_members(members: dict[str, str], message: Message | None) -> dict[str, Any]:
    return {name: typed(written, types_of(message, "properties", name)) for name, written in members.items()}


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
        members = _members(found[0], ",", explode=parameter.explode)
    else:
        return False, None
    return bool(members), _typed_members(members, message)


def _property_names(message: Message | None) -> frozenset[str]:
    schema = message.schema if message else True
    while isinstance(schema, dict) and "$ref" in schema and "properties" not in schema:
        schema = descend(message.schema, from_pointer(schema["$ref"].removeprefix("#"))) if message else True
    return frozenset(schema.get("properties", ())) if isinstance(schema, dict) else frozenset()
