"""The sentence about each kind of breach: of unions, tuples, lists and members."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.conformance.explain import explain, first_by_place
from tests.conftest import MessageOf, Schema

_CAT: Schema = {
    "type": "object",
    "required": ["name", "meow"],
    "properties": {"name": {"type": "string", "maxLength": 5}, "meow": {"type": "boolean"}},
}
_DOG: Schema = {
    "type": "object",
    "required": ["name", "bark"],
    "properties": {"name": {"type": "string", "maxLength": 5}, "bark": {"type": "boolean"}},
}
_PETS = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
_TAGGED = [
    {"title": "circle", "required": ["r"], "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}},
    {"title": "square", "required": ["a"], "properties": {"kind": {"const": "square"}, "a": {"type": "number"}}},
]


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        pytest.param(
            {"oneOf": _PETS},
            {"name": "Tom"},
            "the body = an object with `name`; the contract says the body matches exactly one of 2 alternatives, and "
            "it matches none: `Cat` (lacks `meow`), `Dog` (lacks `bark`)",
            id="none is meant",
        ),
        pytest.param(
            {"oneOf": _PETS},
            {},
            "the body = an empty object; the contract says the body matches exactly one of 2 alternatives, and it "
            "matches none: `Cat` (lacks `name`), `Dog` (lacks `name`)",
            id="nothing is in it",
        ),
        pytest.param(
            {"oneOf": _PETS},
            {"name": "Tom", "meow": True, "bark": True},
            "the body = an object with `name`, `meow`, `bark`; the contract says the body matches exactly one of 2 "
            "alternatives, and it matches 2 of them: `Cat` and `Dog`",
            id="both",
        ),
        pytest.param(
            {"oneOf": _PETS},
            {"name": "Tom", "bark": "no"},
            '`bark` = "no"; for Dog, the contract says `bark` is a boolean',
            id="one is meant",
        ),
        pytest.param(
            {"properties": {"shape": {"oneOf": _TAGGED}}},
            {"shape": {"kind": "square", "r": 1}},
            "lacks `shape.a`; `a` is required for square",
            id="its tag says which is meant",
        ),
        pytest.param(
            {"properties": {"id": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
            {"id": 5},
            "`id` = 5; the contract says `id` is a string or null",
            id="a string or null",
        ),
        pytest.param(
            {"properties": {"pet": {"anyOf": [_PETS[0], {"type": "null"}]}}},
            {"pet": 5},
            "`pet` = 5; the contract says `pet` matches `Cat` or is null",
            id="a component or null",
        ),
        pytest.param(
            {"anyOf": [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 10}]},
            5,
            "the body = 5; the contract says the body matches at least one of 2 alternatives: an integer, and it "
            "matches none: alternative 1 (is not at most 3), alternative 2 (is not at least 10)",
            id="two ranges",
        ),
        pytest.param(
            {"anyOf": [{"title": "a day", "format": "date"}, {"title": "a code", "pattern": "^[A-Z]$"}]},
            "x",
            'the body = "x"; the contract says the body matches at least one of 2 alternatives, and it matches none: '
            "`a day` (does not have the format date), `a code` (does not match ^[A-Z]$)",
            id="two forms",
        ),
        pytest.param(
            {"items": {"oneOf": _PETS}, "type": "array"},
            [{"name": "Tom", "meow": True}, {"name": "Tom"}],
            "`[1]` = an object with `name`; the contract says each item of the body matches exactly one of 2 "
            "alternatives, and it matches none: `Cat` (lacks `meow`), `Dog` (lacks `bark`)",
            id="an item of a list",
        ),
        pytest.param(
            {
                "oneOf": [
                    {"title": "x", "required": ["x"], "properties": {"x": {}}, "additionalProperties": False},
                    {"title": "y", "required": ["y"], "properties": {"y": {"type": "string"}}},
                ]
            },
            {"x": 1, "z": 1},
            "the body = an object with `x`, `z`; the contract says the body matches exactly one of 2 alternatives, and "
            "it matches none: `x` (does not allow `z`), `y` (lacks `y`)",
            id="a member too many",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"a": {"minimum": 2}}}, {"type": "array", "uniqueItems": True}, {"const": "x"}]},
            {"a": 1},
            "`a` = 1; for alternative 1, the contract says `a` is at least 2",
            id="one of three kinds",
        ),
        pytest.param(
            {"oneOf": [{"properties": {"a": {"minimum": 2}}}, {"properties": {"a": {"maxLength": 0, "minimum": 3}}}]},
            {"a": 1},
            "the body = an object with `a`; the contract says the body matches exactly one of 2 alternatives, and it "
            "matches none: alternative 1 (`a` = 1 is not at least 2), alternative 2 (`a` = 1 is not at least 3)",
            id="the same member in two",
        ),
        pytest.param(
            {"prefixItems": [{"type": "string"}], "items": False},
            ["a", 5],
            "`[1]` = 5; the contract says the body has at most 1 item",
            id="an item too many",
        ),
        pytest.param({"items": False}, [5], "`[0]` = 5; the contract says the body has no items", id="any item"),
        pytest.param(
            {"properties": {"at": {"prefixItems": [{"type": "string"}, {"type": "number"}]}}},
            {"at": ["a", "b"]},
            '`at[1]` = "b"; the contract says item 2 of `at` is a number',
            id="an item of a tuple",
        ),
        pytest.param(
            {"type": "array", "items": {"required": ["id"], "properties": {"id": {"minimum": 1}}}},
            [{"id": 0}],
            "`[0].id` = 0; the contract says `id` is at least 1",
            id="a member of an item",
        ),
        pytest.param(
            {"properties": {"a": False}}, {"a": 1}, "`a` = 1; the contract says `a` is absent", id="no member"
        ),
        pytest.param(
            {"properties": {"a": {"pattern": r"^[\w-.]+$"}}},
            {"a": "!"},
            r'`a` = "!"; the contract says `a` matches ^[\w-.]+$',
            id="a pattern as its author spells it",
        ),
        pytest.param(
            {"enum": ["small", "large"]},
            "smal",
            'the body = "smal"; the contract says the body is one of "small", "large"; did you mean "small"?',
            id="nearly one that is listed",
        ),
        pytest.param(
            {"enum": ["small", 5]}, 6, 'the body = 6; the contract says the body is one of "small", 5', id="not listed"
        ),
        pytest.param(
            {"maxLength": 2},
            "small",
            'the body = "small"; the contract says the body has at most 2 characters',
            id="long",
        ),
        pytest.param(
            {"not": _PETS[0]},
            {"name": "Tom", "meow": True},
            'the body = {"name": "Tom", "meow": true}; the contract says the body does not match `Cat`',
            id="not a component",
        ),
        pytest.param(
            {"contains": {"title": "a large one", "minimum": 9}},
            [1],
            "the body = [1]; the contract says the body has an item that matches `a large one`",
            id="none with a title",
        ),
        pytest.param(
            {"propertyNames": {"$ref": "#/components/schemas/Code"}},
            {"ab": 1},
            'the body = {"ab": 1}; the contract says the body has member names that match `Code`',
            id="the name of a component",
        ),
        pytest.param(
            {"unevaluatedProperties": {"maximum": 1}},
            {"a": 2},
            '`a`; the contract says the body has no undocumented members but those that match {"maximum": 1}',
            id="a schema without a name",
        ),
    ],
)
def test_sentences(message_of: MessageOf, schema: Schema, value: Any, sentence: str) -> None:
    message = message_of(schema, "response", Cat=_CAT, Dog=_DOG, Code={"maxLength": 1})
    sentences = [explain(breach, "it") for breach in first_by_place(message.judge(value).breaches)]
    assert sentences == [f"it {'' if sentence.startswith('lacks') else 'has '}{sentence}"]
