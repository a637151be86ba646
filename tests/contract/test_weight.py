"""Schemas that no validator could apply, and patterns that Python could not search for, are noticed or bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.contract import schemas
from clausewise.contract.contract import load
from clausewise.contract.patterns import matcher
from clausewise.contract.weight import HEAVIEST, weight
from clausewise.errors import SpecError
from tests.conftest import Compile, MessageOf, Schema, raise_first

_TEXT: Schema = {"type": "string"}


def referring(level: int) -> Schema:
    return {"$ref": f"#/components/schemas/S{level}"}


def having(level: int) -> Schema:
    return {"properties": {"x": referring(level)}}


def nested(levels: int, keyword: str = "anyOf") -> dict[str, Schema]:
    """Components, each a union of the next one, of an object with it, and of the next one again."""
    unions: dict[str, Schema] = {
        f"S{level}": {keyword: [referring(level + 1), having(level + 1), referring(level + 1)]}
        for level in range(levels)
    }
    return {**unions, f"S{levels}": _TEXT}


def through_members(levels: int) -> dict[str, Schema]:
    """Components, each a union of two objects with the next one in the same member, which is checked twice then."""
    unions: dict[str, Schema] = {
        f"S{level}": {"anyOf": [having(level + 1), having(level + 1)]} for level in range(levels)
    }
    return {**unions, f"S{levels}": _TEXT}


@pytest.mark.parametrize(
    "components",
    [nested(25), nested(25, "allOf"), nested(25, "oneOf"), through_members(25)],
    ids=["anyOf", "allOf", "oneOf", "by way of a member"],
)
def test_a_schema_that_combines_too_much_is_told_with_its_place(
    components: dict[str, Schema], message_of: MessageOf
) -> None:
    with pytest.raises(SpecError, match="combines its schemas in more than 200,000 ways") as raised:
        message_of(referring(0), **components)
    assert raised.value.location is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"type": "object", "properties": {f"p{n}": _TEXT for n in range(50)}} for _ in range(200)]},
        {"type": "object", "properties": {"next": {"$ref": "#"}, "kids": {"type": "array", "items": {"$ref": "#"}}}},
        {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"allOf": [_TEXT] * 20}}},
    ],
    ids=["a wide union", "a tree", "parts"],
)
def test_ordinary_schemas_are_light(schema: dict[str, Any]) -> None:
    assert 0 < weight(schema) < HEAVIEST / 10


def test_alternatives_of_a_discriminator_exclude_each_other(compiled: Compile) -> None:
    """Four unions within each other, of thirty objects each: a value takes one of thirty each time."""

    def union(level: int) -> Schema:
        kinds = [f"L{level}K{number}" for number in range(30)]
        mapping = {kind: f"#/components/schemas/{kind}" for kind in kinds}
        references = [{"$ref": target} for target in mapping.values()]
        return {"oneOf": references, "discriminator": {"propertyName": "kind", "mapping": mapping}}

    schemas: dict[str, Schema] = {f"U{level}": union(level) for level in range(4)}
    for level in range(4):
        below: Schema = {"$ref": f"#/components/schemas/U{level + 1}"} if level < 3 else _TEXT
        for number in range(30):
            properties = {"kind": _TEXT, "inner": below}
            schemas[f"L{level}K{number}"] = {"type": "object", "required": ["kind"], "properties": properties}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/U0"}}}}
    operation = {"operationId": "make", "requestBody": body, "responses": {"200": {"description": ""}}}
    contract = compiled({"paths": {"/things": {"post": operation}}, "components": {"schemas": schemas}})
    message = contract.operation("make").body_message
    assert message is not None and message.clauses


def written(tmp_path: Path, head: str, schema: str = "{}", example: str = "") -> Path:
    document = f"""{head}openapi: 3.1.0
info: {{title: t, version: v}}
paths:
  /things:
    post:
      operationId: make
      requestBody:
        content: {{application/json: {{schema: {schema}{example}}}}}
      responses: {{'200': {{description: ok}}}}
"""
    path = tmp_path / "api.yaml"
    path.write_text(document)
    return path


def aliases(first: str, item: str, opening: str, closing: str) -> str:
    """Ten anchors, each of nine aliases of the one before: the last one stands for 9^9 times the first."""
    lines = [f"x-a: &a {first}\n"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        parts = ", ".join(item.format(number=number, name=before) for number in range(9))
        lines.append(f"x-{name}: &{name} {opening}{parts}{closing}\n")
    return "".join(lines)


_OF_SCHEMAS = aliases("{type: string}", "p{number}: *{name}", "{type: object, properties: {", "}}")
_OF_VALUES = aliases("[x, x, x]", "*{name}", "[", "]")


@pytest.mark.parametrize(
    ("head", "schema", "example", "complaint"),
    [
        pytest.param(_OF_SCHEMAS, "*j", "", "has more than 200,000 schemas up to here", id="schemas"),
        pytest.param(_OF_VALUES, "{enum: *j}", "", "has more than 1,000,000 values up to here", id="enum"),
        pytest.param(_OF_VALUES, "{default: *j}", "", "has more than 1,000,000 values up to here", id="default"),
        pytest.param(_OF_VALUES, "{examples: *j}", "", "has more than 1,000,000 values up to here", id="examples"),
        pytest.param(_OF_VALUES, "{}", ", example: *j", "this example has more than 1,000,000 values", id="an example"),
    ],
)
def test_aliases_of_aliases_are_told_with_their_place(
    tmp_path: Path, head: str, schema: str, example: str, complaint: str
) -> None:
    with pytest.raises(SpecError, match=complaint) as raised:
        raise_first(load(written(tmp_path, head, schema, example)))
    assert raised.value.location is not None


def test_aliases_that_nobody_reads_do_no_harm(tmp_path: Path) -> None:
    assert load(written(tmp_path, _OF_VALUES, "{type: string}")).operation("make").clauses


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^(a+)+$", "a" * 60 + "!"),
        ("^(.*a){25}$", "a" * 24 + "b" * 3000),
        (r"(?=(a+))a*b\1", "a" * 3000),
        (r"^(\w+\s?)+(?!x)$", "a" * 60 + "!"),
        (r"^((a+)+)\1$", "a" * 61 + "!"),
        ("(a|aa)+$", "a" * 300 + "!"),
    ],
)
def test_a_text_is_searched_in_bounded_time(pattern: str, text: str) -> None:
    assert not matcher(pattern)(text)


def test_what_is_no_pattern_matches_nothing() -> None:
    assert not matcher("([a-z")("a") and matcher("^[a-z]$")("a")


def test_a_schema_that_references_lead_to_counts_once(message_of: MessageOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "_MOST_SCHEMAS", 60)
    part: Schema = {"type": "object", "properties": {f"p{n}": _TEXT for n in range(20)}}
    whole: Schema = {"type": "object", "properties": {f"r{n}": {"$ref": "#/components/schemas/S"} for n in range(20)}}
    assert message_of(whole, S=part).clauses
    with pytest.raises(SpecError, match="has more than"):
        message_of({"type": "object", "properties": {f"r{n}": part for n in range(20)}})
