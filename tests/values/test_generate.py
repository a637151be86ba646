"""Typical values: valid, the same for the same seed, and such as a person would write."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from clausewise.contract.contract import Contract
from clausewise.contract.message import Message
from clausewise.values.generate import generate
from clausewise.values.typical import NoValueError
from tests.conftest import MessageOf, Schema

_NODE: Schema = {
    "type": "object",
    "required": ["v"],
    "properties": {"v": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Node"}},
}
_LINK: Schema = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Link"}}}
_TERM: Schema = {"oneOf": [{"$ref": "#/components/schemas/Not"}, {"$ref": "#/components/schemas/Word"}]}
_NOT: Schema = {"type": "object", "required": ["not"], "properties": {"not": {"$ref": "#/components/schemas/Term"}}}
_WORD: Schema = {"type": "object", "required": ["word"], "properties": {"word": {"const": "x"}}}
_COMPONENTS: dict[str, Schema] = {"Node": _NODE, "Link": _LINK, "Term": _TERM, "Not": _NOT, "Word": _WORD}


def value_of(message: Message, *, optional: bool = True, seed: int = 1) -> Any:
    return generate(message, random.Random(seed), optional=optional)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 3),
        ({"type": "integer", "minimum": 10, "maximum": 20}, 10),
        ({"type": "integer", "maximum": -4}, -4),
        ({"type": "integer", "exclusiveMinimum": 4, "multipleOf": 5}, 5),
        ({"type": "integer", "minimum": 1, "maximum": 100, "multipleOf": 7}, 7),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"minimum": 7}, 7),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 3),
        ({"enum": [None, "b", "c"]}, "b"),
        ({"const": {"a": [1]}}, {"a": [1]}),
        ({"type": "string", "format": "date"}, "2024-05-17"),
        ({"type": "string", "examples": ["ada"]}, "ada"),
        ({"type": "string", "maxLength": 2, "examples": ["ada"], "default": "al"}, "al"),
        ({"type": "array", "items": {"const": 1}}, [1]),
        ({"type": "array", "items": {"const": 1}, "minItems": 3}, [1, 1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True}, [3, 4, 5]),
        ({"type": "array", "items": {"const": 1}, "maxItems": 0}, []),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True}, ["a", "b"]),
        ({"contains": {"const": 1}, "minContains": 2}, [1, 1]),
        ({"items": {"type": "integer", "minimum": 1, "multipleOf": 4}, "contains": {"multipleOf": 6}}, [12]),
        ({"contains": {"type": "integer"}, "minContains": 2, "uniqueItems": True}, [3, 4]),
        ({"prefixItems": [{"const": 1}, False]}, [1]),
        ({"allOf": [{"prefixItems": [{"minimum": 3}]}], "items": {"minimum": 5}}, [5]),
        ({"required": ["x-a"], "patternProperties": {"^x-": {"const": 1}}}, {"x-a": 1}),
        ({"properties": {"a": {"const": 1}}, "unevaluatedProperties": False, "allOf": [{"properties": {"b": {}}}],
          "not": {"required": ["b"]}}, {"a": 1}),
        ({"type": "integer", "enum": ["a", 2]}, 2),
        ({"type": "array", "minItems": 2.0, "items": {"const": 1}}, [1, 1]),
        ({"prefixItems": [{"const": 1}, {"const": 2}], "items": False}, [1, 2]),
        ({"properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["b"]}, {"b": 2, "a": 1}),
        ({"properties": {"a": False, "b": {"const": 2}}}, {"b": 2}),
        ({"type": "object", "minProperties": 2, "additionalProperties": {"const": 0}}, {"member1": 0, "member2": 0}),
        ({"anyOf": [{"type": "null"}, {"const": 4}]}, 4),
        ({"allOf": [{"type": "number"}, {"type": "integer", "minimum": 4}, {"minimum": 5}]}, 5),
        ({"$ref": "#/components/schemas/Node"}, {"v": 3}),
        ({"anyOf": [{"oneOf": [{"anyOf": [{"type": "integer", "minimum": 9}]}]}, {"type": "null"}]}, 9),
        ({"$ref": "#/components/schemas/Not"}, {"not": {"word": "x"}}),
        ({"properties": {"callbackURL": {"type": "string"}}}, {"callbackURL": "https://example.com/a"}),
        ({"properties": {"owner_email": {"type": ["string", "null"]}}}, {"owner_email": "ada@example.com"}),
        ({"properties": {"color": {"type": "string", "pattern": "^1+$"}}}, {"color": "1"}),
        (
            {"properties": {"colors": {"type": "integer"}, "endpoint": {"type": "integer"}}},
            {"colors": 3, "endpoint": 3},
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_person_would_write_it(message_of: MessageOf, schema: Schema, value: Any) -> None:
    found = value_of(message_of(schema, **_COMPONENTS))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 40},
        {"type": "string", "maxLength": 1, "minLength": 1},
        {"type": "string", "pattern": "^[a-z]{3}-[0-9]{4}$"},
        {"type": "string", "pattern": "^a+$", "minLength": 30, "maxLength": 30},
        {"allOf": [{"pattern": "^a"}, {"pattern": "z$"}], "type": "string"},
        {"type": "string", "pattern": r"^(?!10\.)\d+\.\d+$"},
        {"type": "string", "format": "email", "minLength": 25},
        {"type": "string", "format": "byte", "minLength": 12},
        {"type": "array", "items": {"type": "string", "maxLength": 1}, "minItems": 4, "uniqueItems": True},
        {"type": "object", "required": ["b"], "if": {"required": ["b"]}, "then": {"required": ["c"]}},
        {"required": ["a"], "if": {"required": ["a"]}, "then": {"not": {"required": ["b"]}}},
        {"type": "object", "properties": {"a": {}, "b": {}}, "not": {"required": ["b"]}},
        {"required": ["a"], "dependentRequired": {"a": ["b"]}, "properties": {"b": {"type": "integer"}}},
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"enum": ["x", "y"]}, "rate": {"type": "integer"}},
            "if": {"properties": {"kind": {"const": "x"}}},
            "then": {"properties": {"rate": False}},
        },
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("optional", [True, False])
def test_it_keeps_every_clause(message_of: MessageOf, schema: Schema, optional: bool) -> None:
    message = message_of(schema, **_COMPONENTS)
    value = value_of(message, optional=optional)
    assert message.is_valid(value)
    assert Draft202012Validator(message.schema).is_valid(value)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "integer", "minimum": 1, "maximum": 2, "multipleOf": 5},
        {"allOf": [{"enum": ["a"]}, {"enum": ["b"]}]},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "string", "pattern": "^a$", "minLength": 2},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
        {"type": "object", "minProperties": 10**9},
        {"properties": {"a": False}, "required": ["a"]},
        {"$ref": "#/components/schemas/Link"},
    ],
    ids=str,
)
def test_what_no_value_keeps_is_said(message_of: MessageOf, schema: Schema) -> None:
    with pytest.raises(NoValueError):
        value_of(message_of(schema, **_COMPONENTS))


@pytest.mark.parametrize(
    ("values", "why"),
    [([1], "no more than 1 different item was found"), ([1, 2], "no more than 2 different items were")],
)
def test_why_an_array_has_too_few_items_is_said(message_of: MessageOf, values: list[int], why: str) -> None:
    schema = {"type": "array", "uniqueItems": True, "minItems": 4, "items": {"enum": values}}
    with pytest.raises(NoValueError, match=why):
        value_of(message_of(schema))


def test_only_what_is_required_where_optional_members_are_not_wanted(message_of: MessageOf) -> None:
    message = message_of({"properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["b"]})
    assert value_of(message, optional=False) == {"b": 2}


def test_the_same_seed_gives_the_same_value(message_of: MessageOf) -> None:
    message = message_of(
        {"properties": {"a": {"type": "string"}, "b": {"type": "string", "pattern": "^[a-z0-9]{12}$"}}}
    )
    assert value_of(message, seed=7) == value_of(message, seed=7) != value_of(message, seed=8)


def test_every_message_of_the_shipped_contract_has_a_value(shipped: Contract) -> None:
    (operation,) = shipped.operations
    assert operation.body is not None
    messages = [entry.message for entry in operation.body.content.values()]
    messages += [entry.message for response in operation.responses.values() for entry in response.content.values()]
    assert len(messages) > 5
    for message in messages:
        assert message is not None
        for optional in (True, False):
            assert message.is_valid(value_of(message, optional=optional))


_NAMES = st.sampled_from("abc")
_FEW = st.integers(0, 9)
_LEAVES = st.one_of(
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, st.integers(-9, 9), _FEW),
    st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more}, _FEW, _FEW),
    st.lists(st.sampled_from([1, "a", None, True]), min_size=1, unique_by=repr).map(lambda values: {"enum": values}),
    st.sampled_from([{"type": "boolean"}, {"type": ["null", "string"]}, {"type": "string", "pattern": "^[a-f]{2,5}$"}]),
    st.sampled_from(["date", "uuid", "ipv4", "email", "byte"]).map(lambda name: {"type": "string", "format": name}),
)


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(_NAMES, inner, max_size=3)
    return st.one_of(
        st.builds(
            lambda properties, required: {"type": "object", "properties": properties, "required": sorted(required)},
            members,
            st.sets(_NAMES),
        ),
        st.builds(lambda items, few: {"type": "array", "items": items, "minItems": few}, inner, st.integers(0, 3)),
        st.builds(lambda parts: {"oneOf": parts}, st.lists(inner, min_size=1, max_size=1)),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"allOf": [part]}, inner),
    )


@pytest.mark.parametrize("optional", [True, False])
def test_any_satisfiable_schema_gets_a_value_that_two_engines_accept(message_of: MessageOf, optional: bool) -> None:
    @settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(schema=st.recursive(_LEAVES, _compound, max_leaves=6))
    def accepted(schema: Schema) -> None:
        message = message_of(schema)
        value = value_of(message, optional=optional)
        assert message.is_valid(value)
        assert Draft202012Validator(message.schema).is_valid(value)

    accepted()
