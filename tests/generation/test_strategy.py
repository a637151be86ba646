"""Any value of a schema: it keeps the schema, and no way through the schema is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.contract.message import Message
from clausewise.generation.search import Search
from clausewise.generation.strategy import NoStrategyError, any_value
from tests.conftest import MessageOf, Schema

_POINT: Schema = {
    "type": "object",
    "required": ["x"],
    "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
    "additionalProperties": False,
}
_TREE: Schema = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
}


def drawn(message: Message, count: int = 100) -> list[Any]:
    return list(Search(any_value(message), count, 1, "test").draw())


def text(**facets: Any) -> Schema:
    return {"type": "string", **facets}


@pytest.mark.parametrize(
    ("schema", "seen"),
    [
        pytest.param(text(format="date-time"), lambda value: "T" in value, id="a date and time"),
        pytest.param(text(format="uuid"), lambda value: len(value) == 36, id="a uuid"),
        pytest.param(text(format="email"), lambda value: "@" in value, id="an address"),
        pytest.param(text(format="byte"), lambda value: value.endswith("="), id="base64"),
        pytest.param(text(format="nothing we know"), lambda value: len(value) > 1, id="an unknown format"),
        pytest.param(text(pattern=r"^\d{2}-\w$"), lambda value: len(value) == 4, id="a pattern"),
        pytest.param(text(pattern="^a+$", maxLength=3), lambda value: value == "aa", id="a pattern and a length"),
        pytest.param({"type": "integer", "minimum": 3, "multipleOf": 5}, lambda value: value > 5, id="a number"),
        pytest.param(
            {"type": "array", "prefixItems": [{"type": "integer"}], "items": False},
            lambda value: len(value) == 1,
            id="an array without further items",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [{"type": "integer"}, False], "items": {"type": "string"}},
            lambda value: len(value) == 1,
            id="an array without a second item",
        ),
        pytest.param({"type": ["string", "null"]}, lambda value: value is None, id="null as well"),
        pytest.param({}, lambda value: isinstance(value, list) and len(value) > 1, id="an array of anything"),
        pytest.param({"type": "object"}, lambda value: len(value) > 1, id="an object of anything"),
        pytest.param({"type": "object", "maxProperties": 1}, lambda value: len(value) == 1, id="a small object"),
        pytest.param({"type": "array", "minItems": 2}, lambda value: len(value) > 2, id="items of any type"),
        pytest.param({"type": "object", "additionalProperties": False}, lambda value: value == {}, id="no member"),
        pytest.param({"enum": ["a", 1, None]}, lambda value: value == 1, id="an enumeration"),
        pytest.param(_POINT, lambda value: value.keys() == {"x", "y"}, id="an optional member"),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
            lambda value: len(value) > 1,
            id="a map",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 4}, "uniqueItems": True},
            lambda value: len(value) > 2,
            id="items no one of which stands twice",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}, "minItems": 2},
            lambda value: len(value) > 2,
            id="a tuple",
        ),
        pytest.param(
            {"oneOf": [_POINT, text(minLength=1)]}, lambda value: isinstance(value, str), id="the other of a union"
        ),
        pytest.param({"anyOf": [_POINT, {"type": "null"}]}, lambda value: value is not None, id="one of any"),
        pytest.param(
            {
                "type": "object",
                "properties": {"kind": {"enum": ["a", "b"]}, "size": {"type": "integer"}},
                "if": {"required": ["kind"], "properties": {"kind": {"const": "b"}}},
                "then": {"required": ["size"]},
            },
            lambda value: value.get("kind") == "b",
            id="a condition that is met",
        ),
        pytest.param(
            {"allOf": [_POINT, {"properties": {"x": {"minimum": 7}}}]}, lambda value: value["x"] > 7, id="parts of one"
        ),
        pytest.param(
            {"$ref": "#/components/schemas/Tree"},
            lambda value: any(child.get("children") for child in value.get("children", ())),
            id="what holds itself",
        ),
        pytest.param({}, lambda value: isinstance(value, dict), id="anything at all"),
    ],
)
def test_values_keep_their_schema_and_reach_everywhere(
    message_of: MessageOf, schema: Schema, seen: Callable[[Any], bool]
) -> None:
    message = message_of(schema, Tree=_TREE)
    values = drawn(message)
    assert values and all(map(message.is_valid, values))
    assert any(map(seen, values)), values


def test_twenty_alternatives_with_twenty_alternatives_each_are_all_reached(message_of: MessageOf) -> None:
    inner = {"oneOf": [{"const": number} for number in range(20)]}
    kinds = [
        {"type": "object", "required": ["k"], "properties": {"k": {"const": f"k{number}"}, "v": inner}}
        for number in range(20)
    ]
    values = drawn(message_of({"oneOf": kinds}), 300)
    assert len({value["k"] for value in values}) == 20


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "enum": []},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"$ref": "#/components/schemas/Endless"},
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "pattern": "^(?=(a|b)*c$)d"}}},
    ],
    ids=["an empty enumeration", "a member that cannot be", "a value that never ends", "a pattern of no text"],
)
def test_a_schema_without_a_value_is_told(message_of: MessageOf, schema: Schema) -> None:
    endless = {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
    }
    with pytest.raises(NoStrategyError, match="excludes every value"):
        any_value(message_of(schema, Endless=endless))


@pytest.mark.slow
def test_of_the_shipped_contract_every_branch_is_drawn_and_valid(shipped: Contract) -> None:
    (operation,) = shipped.operations
    assert operation.body_message is not None
    message = operation.body_message
    assert message is not None
    seen: set[tuple[str, str]] = set()
    for branch in operation.branches:
        values = drawn(message.of_branch(branch.schema))
        # One in a hundred may miss: none does.
        assert len(values) == 100 and all(map(message.is_valid, values))
        seen |= {(value["cloudProvider"], value["type"]) for value in values}
    assert seen == {(provider, kind) for provider in ("AWS", "AZURE", "GCP") for kind in ("DEDICATED", "HYBRID")}
