"""The JSON Schema of `[tool.clausewise]`, made from the structs that read it, and the tables of its keys for people."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec

from clausewise.config import Config
from clausewise.option_table import FLAT, PAIRS, Field, fields_of, is_struct, options_of
from clausewise.options import Role, SchemeCredentials, TargetSpec, Waiver

_Schema = dict[str, Any]

#: what the reader sets itself, and what no key of a table gives
_NOT_WRITTEN = {"file", "location", "value"}

#: struct -> what holds of its table as a whole, which `__post_init__` checks
_AS_A_WHOLE: dict[type[msgspec.Struct], _Schema] = {
    TargetSpec: {
        "oneOf": [
            {"required": ["url"], "properties": {"url": {"pattern": "^https?://[^/]"}}},
            {"required": ["app"], "properties": {"app": {"pattern": "^[^:]+:."}}},
            {"required": ["mock"], "properties": {"mock": {"const": True}}},
        ]
    },
    Waiver: {"anyOf": [{"required": [name]} for name in ("rule", "clause", "finding")]},
}


def json_schema() -> _Schema:
    """The JSON Schema (2020-12) of the table, as the JSON object that a TOML file's table is."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of clausewise",
        "description": "The table [tool.clausewise] of pyproject.toml.",
        **_table(Config),
    }


def _table(kind: type[msgspec.Struct]) -> _Schema:
    properties: dict[str, _Schema] = {}
    required: list[str] = []
    meanings = _comments(kind)
    for field in _keys(kind):
        schema = _of_type(field.type)
        meaning = field.mark.description if field.mark is not None else meanings.get(field.name)
        if meaning and "description" not in schema:
            schema = {"description": meaning, **schema}
        default = msgspec.to_builtins(field.default, enc_hook=str) if field.default is not msgspec.NODEFAULT else None
        if default not in (None, False, [], (), {}) and not is_struct(field.type):
            schema["default"] = default
        if field.default is msgspec.NODEFAULT:
            required.append(field.key)
        properties[field.key] = schema
    whole = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**whole, **({"required": required} if required else {}), **_AS_A_WHOLE.get(kind, {})}


def _keys(kind: type[msgspec.Struct]) -> Iterator[Field]:
    """The fields that keys of the table fill, those of a flat struct at its place."""
    for field in fields_of(kind):
        if field.mark is FLAT:
            yield from _keys(field.type)
        elif field.name not in _NOT_WRITTEN:
            yield field


def _of_type(kind: Any) -> _Schema:
    if kind == PAIRS:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    struct = next(filter(is_struct, (kind, *get_args(kind))), None)
    if struct is None:
        schema = msgspec.json.schema(kind, schema_hook=lambda _: {"type": "string", "format": "path"})
        return _without_null(schema)
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _table(struct)}
    if get_origin(kind) is dict:
        return {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "string", "minLength": 1}, _table(struct)]},
        }
    return _table(struct)


def _without_null(schema: _Schema) -> _Schema:
    """TOML has no null: a key that may be None is left out."""
    branches = [branch for branch in schema.get("anyOf", []) if branch != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**branches[0], **rest} if len(branches) == 1 else schema


def _comments(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Field -> the `#:` comment above it."""
    found = re.findall(r"((?:^    #: .*\n)+)    (\w+):", inspect.getsource(kind), re.MULTILINE)
    return {name: " ".join(line.strip().removeprefix("#: ") for line in text.splitlines()) for text, name in found}


def option_rows() -> Iterator[tuple[str, str, str, str]]:
    """Of each key: its name with its flags below, type, default and meaning, as Markdown."""
    schema = json_schema()
    for option in options_of(Config):
        part = schema
        for key in option.key.split("."):
            part = part["properties"][key]
        default = ", ".join(f"`{word}`" for word in option.default_text.split(", ") if word)
        yield "<br>".join(f"`{name}`" for name in (option.key, *option.flags)), type_text(part), default, option.help


def table_rows(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """Of each key of a table of ours in the configuration: its name, type and meaning, as Markdown."""
    for key, schema in _table(kind)["properties"].items():
        meaning = schema["description"]
        yield f"`{key}`", type_text(schema), meaning[0].upper() + meaning[1:].rstrip(".") + "."


#: the tables of ours in the configuration -> what is read into them
TABLES: dict[str, type[msgspec.Struct]] = {
    "credentials": SchemeCredentials,
    "roles": Role,
    "target": TargetSpec,
    "waivers": Waiver,
}


def type_text(schema: _Schema) -> str:
    """A type for people: "whole number, at least 1"."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"]) if len(schema["enum"]) < 4 else "name"
    kind = schema.get("type")
    if kind == "array":
        inner = schema["items"]
        return "list of tables" if inner.get("type") == "object" else f"list of {type_text(inner)}s"
    limits = [
        f"{words} {schema[keyword]:g}"
        for keyword, words in (("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most"))
        if keyword in schema
    ]
    names = {"integer": "whole number", "number": "number", "string": "string", "boolean": "true or false"}
    name = schema["format"] if schema.get("format") in ("date", "path") else names.get(str(kind), "table")
    return ", ".join([name, *limits])
