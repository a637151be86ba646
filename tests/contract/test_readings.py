"""Texts, and what they stand for by a schema."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.readings import reading
from clausewise.media.codec import File, Typed
from tests.conftest import MessageOf, Schema

_INTEGER: Schema = {"type": "integer"}
_INTEGERS: Schema = {"type": "array", "items": _INTEGER}
_MAYBE: Schema = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
_CAT: Schema = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cat"}, "n": _INTEGER}}
_DOG: Schema = {"type": "object", "properties": {"kind": {"const": "dog"}, "n": {"type": "string"}}}
_LONGER: dict[str, Any] = {"if": {"properties": {"kind": {"const": "cat"}}}, "then": {"properties": {"n": _INTEGER}}}


@pytest.mark.parametrize(
    ("schema", "raw", "value"),
    [
        ({"type": "string"}, "1", "1"),
        (_INTEGER, "1", 1),
        (_INTEGER, "-0.5", -0.5),
        (_INTEGER, "01", "01"),
        (_INTEGER, "", ""),
        ({"type": "number"}, "1e999", "1e999"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "True", "True"),
        ({}, "1", "1"),
        ({"minimum": 1}, "3", 3),
        ({"enum": [1, "1", "a"]}, "1", 1),
        ({"type": ["integer", "string"]}, "1", 1),
        ({"type": ["integer", "string"], "pattern": "^1$", "maximum": 0}, "1", "1"),
        ({"anyOf": [{"type": "integer", "minimum": 5}, {"enum": ["1", "all"]}]}, "1", "1"),
        ({"anyOf": [{"type": "integer", "minimum": 5}, {"enum": ["all"]}]}, "1", 1),
        ({"anyOf": [{"type": "boolean"}, {"type": "string"}]}, "true", True),
        (_MAYBE, "null", None),
        (_MAYBE, "", None),
        ({"type": ["string", "null"]}, "null", "null"),
        ({"type": ["string", "null"], "maxLength": 3}, "null", None),
        (_INTEGERS, ["1", "x"], [1, "x"]),
        (_INTEGERS, "1", [1]),
        (_INTEGERS, "[1, 2]", [1, 2]),
        (_INTEGERS, {"0": "5", "1": "6"}, [5, 6]),
        ({"type": "array", "prefixItems": [_INTEGER], "items": {"type": "string"}}, ["1", "2"], [1, "2"]),
        ({"anyOf": [_INTEGERS, {"enum": ["all"]}]}, "all", "all"),
        ({"anyOf": [_INTEGERS, {"enum": ["all"]}]}, "7", [7]),
        ({"anyOf": [_INTEGERS, {"enum": ["all"]}]}, "none", "none"),
        ({"anyOf": [_INTEGERS, {"type": "null"}]}, "", None),
        (_CAT, '{"kind": "cat", "n": "1"}', {"kind": "cat", "n": "1"}),
        (_CAT, {"kind": "cat", "n": "1"}, {"kind": "cat", "n": 1}),
        ({"oneOf": [_CAT, _DOG]}, {"kind": "dog", "n": "1"}, {"kind": "dog", "n": "1"}),
        ({"oneOf": [_DOG, _CAT]}, {"kind": "cat", "n": "1"}, {"kind": "cat", "n": 1}),
        ({"type": "object", **_LONGER}, {"kind": "cat", "n": "1"}, {"kind": "cat", "n": 1}),
        ({"type": "object", **_LONGER}, {"kind": "dog", "n": "1"}, {"kind": "dog", "n": "1"}),
        ({"allOf": [_CAT], "properties": {"on": {"type": "boolean"}}}, {"n": "1", "on": "true"}, {"n": 1, "on": True}),
        ({"additionalProperties": _INTEGER}, {"x": "1"}, {"x": 1}),
        ({"properties": {"y": {"type": "string"}}, "additionalProperties": _INTEGER}, {"y": "1"}, {"y": "1"}),
        ({"patternProperties": {"^n": _INTEGER}}, {"n1": "1", "m": "1"}, {"n1": 1, "m": "1"}),
        ({"type": "object", "properties": {"a": _INTEGERS}}, {"a": {"0": "1"}}, {"a": [1]}),
        (_INTEGER, Typed("1"), "1"),
        ({"type": "string"}, File("f", b"\xc3\xa9", "text/plain"), "é"),
        ({"type": "string", "format": "binary"}, File("f", b"\xc3\xa9", "image/png"), "\xc3\xa9"),
        ({"type": "string"}, b"\xff", "\xff"),
        (_CAT, File("f", b'{"n": 1}', "application/json"), {"n": 1}),
    ],
)
def test_a_text_stands_for_the_value_that_keeps_the_schema(
    message_of: MessageOf, schema: Schema, raw: Any, value: Any
) -> None:
    found = reading(message_of(schema), raw)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "raws", "value"),
    [
        ({"anyOf": [_INTEGERS, {"type": "string", "pattern": "^[a-z,]+$"}]}, (["1", "2"], "1,2"), [1, 2]),
        ({"anyOf": [_INTEGERS, {"type": "string", "pattern": "^[a-z,]+$"}]}, (["a", "b"], "a,b"), "a,b"),
        (_INTEGERS, ([""], []), []),
        ({"type": "array", "items": {"enum": ["a,b"]}}, (["a,b"], ["a", "b"]), ["a,b"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, (["a,b"], ["a", "b"]), ["a", "b"]),
    ],
)
def test_of_several_forms_the_first_that_keeps_the_schema_counts(
    message_of: MessageOf, schema: Schema, raws: tuple[Any, ...], value: Any
) -> None:
    assert reading(message_of(schema), *raws) == value


def test_a_text_without_a_schema_is_a_string() -> None:
    assert reading(None, "1") == "1"


def test_unions_nested_in_each_other_are_read_in_bounded_time(message_of: MessageOf) -> None:
    node: dict[str, Any] = {
        "type": "object",
        "properties": {"n": _INTEGER, "next": {"$ref": "#/components/schemas/Node"}},
    }
    union: Schema = {"anyOf": [{**node, "required": [name]} for name in "abcdef"]}
    raw: Any = {"n": "1"}
    for _ in range(40):
        raw = {"n": "1", "next": raw}
    assert reading(message_of({"$ref": "#/components/schemas/Node"}, Node=union), raw)["n"] == 1
