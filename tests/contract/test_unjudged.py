"""What is judged of a document with a pattern that cannot be read: everything else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import MessageOf, Schema

#: Python's name of a group
_BAD = "^(?P<n>[a-z]+)$"
_TEXT = {"type": "string", "pattern": _BAD}
_WORD = {"type": "string", "maxLength": 3}


@pytest.mark.parametrize(
    ("schema", "valid", "invalid", "unjudged"),
    [
        pytest.param(_TEXT, ["A", "a"], [1], {"pattern"}, id="at the root"),
        pytest.param(
            {"properties": {"a": _TEXT, "b": _WORD}},
            [{"a": "A"}],
            [{"a": 1}, {"b": "long"}],
            {"pattern"},
            id="a member",
        ),
        pytest.param({"$ref": "#/components/schemas/Text"}, ["A"], [1], {"pattern"}, id="behind a reference"),
        pytest.param(
            {"patternProperties": {_BAD: {"type": "integer"}, "^x": {"type": "string"}}, "additionalProperties": False},
            [{"abc": "a"}, {"x": "a"}],
            [{"x": 1}],
            {"patternProperties", "additionalProperties"},
            id="names of members",
        ),
        pytest.param(
            {"not": {"$ref": "#/components/schemas/Text"}}, ["a", 1], [], {"not"}, id="the opposite of a reference"
        ),
        pytest.param(
            {"not": {"properties": {"a": _TEXT}, "required": ["a"]}, "type": "object"},
            [{"a": "a"}],
            [1],
            {"not"},
            id="the opposite of it",
        ),
        pytest.param(
            {"oneOf": [{"$ref": "#/components/schemas/Text"}, _WORD]},
            ["a", "long"],
            [1],
            {"pattern", "oneOf"},
            id="one of two",
        ),
        pytest.param(
            {"anyOf": [{"type": "integer"}], "oneOf": [_TEXT, {"type": "integer", "minimum": 3}]},
            [3],
            ["a", 1],
            {"pattern", "oneOf"},
            id="one of two, and any of one",
        ),
        pytest.param(
            {"if": {"properties": {"a": _TEXT}}, "then": {"required": ["b"]}, "type": "object"},
            [{"a": "a"}],
            ["a"],
            {"if"},
            id="a condition",
        ),
        pytest.param(
            {"contains": _TEXT, "maxContains": 1, "type": "array"},
            [["a", "b"], [1]],
            ["a"],
            {"contains"},
            id="items that match",
        ),
        pytest.param({"propertyNames": _TEXT, "type": "object"}, [{"A": 1}], [1], {"propertyNames"}, id="all names"),
        pytest.param(
            {"anyOf": [_TEXT, {"type": "integer"}]}, ["A", 1], [None], {"pattern"}, id="one alternative of any"
        ),
    ],
)
def test_everything_else_is_judged(
    message_of: MessageOf, schema: Schema, valid: list[Any], invalid: list[Any], unjudged: set[str]
) -> None:
    message = message_of(schema, Text=_TEXT)
    assert [message.is_valid(value) for value in (*valid, *invalid)] == [True] * len(valid) + [False] * len(invalid)
    for value in (*valid, *invalid):
        assert not any(breach.clause.unjudged for breach in message.judge(value).breaches)
    assert {clause.keyword for clause in message.clauses if clause.unjudged} == unjudged
    assert all(_BAD in clause.unjudged for clause in message.clauses if clause.unjudged)


def test_the_place_and_the_spelling_are_those_of_the_author(message_of: MessageOf) -> None:
    message = message_of({"properties": {"a": {"type": "string", "pattern": "^\\A"}, "b": {"pattern": r"^[\w-.]$"}}})
    texts = {clause.id.rpartition("schema/")[2]: (clause.text, bool(clause.unjudged)) for clause in message.clauses}
    assert texts["properties/a/pattern"] == ("`a` matches ^\\A", True)
    assert texts["properties/b/pattern"] == (r"`b` matches ^[\w-.]$", False)
