"""Schemas of earlier drafts of JSON Schema in documents of OpenAPI 3.1: what is valid, what is made, what is noted."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.contract.message import Message
from clausewise.contract.remarks import remarks
from clausewise.values.generate import generate

_DRAFT_04, _DRAFT_06, _DRAFT_07 = (f"http://json-schema.org/draft-0{number}/schema#" for number in (4, 6, 7))
_2019 = "https://json-schema.org/draft/2019-09/schema"
_2020 = "https://json-schema.org/draft/2020-12/schema"

#: a tree whose children are of the outermost tree that extends it
_TREE = {
    "$schema": _2019,
    "$id": "https://example.com/strict",
    "$recursiveAnchor": True,
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "tree",
            "$recursiveAnchor": True,
            "type": "object",
            "properties": {"name": {"type": "string"}, "children": {"items": {"$recursiveRef": "#"}}},
        }
    },
}


def _contract(folder: Path, schema: Any, openapi: str = "3.1.0", **fields: Any) -> Contract:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    paths = {"/a": {"post": {"operationId": "make", "requestBody": body, "responses": {"201": {"description": ""}}}}}
    (folder / "api.json").write_text(json.dumps({"openapi": openapi, **fields, "paths": paths}, indent=1))
    return load(folder / "api.json")


def _body(contract: Contract) -> Message:
    message = contract.operation("make").body_message
    assert message is not None
    return message


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        pytest.param(
            {"$schema": _DRAFT_04, "type": "number", "minimum": 1, "exclusiveMinimum": True, "maximum": 3},
            [2, 3],
            [1, 4],
            id="exclusive limits as booleans",
        ),
        pytest.param(
            {"$schema": _DRAFT_04, "type": "number", "minimum": 1, "exclusiveMinimum": False}, [1], [0], id="inclusive"
        ),
        pytest.param(
            {"$schema": _DRAFT_07, "type": "array", "items": [{"type": "string"}], "additionalItems": {"minimum": 2}},
            [[], ["a"], ["a", 2]],
            [[1], ["a", 1]],
            id="items by their place",
        ),
        pytest.param(
            {"$schema": _DRAFT_06, "type": "array", "items": [{}], "additionalItems": False},
            [[1]],
            [[1, 2]],
            id="no more",
        ),
        pytest.param(
            {"$schema": _DRAFT_07, "type": "array", "items": {"minimum": 2}, "additionalItems": False},
            [[2, 3, 4]],
            [[1]],
            id="additionalItems beside one schema",
        ),
        pytest.param(
            {"$schema": _DRAFT_07, "dependencies": {"a": ["b"], "b": {"properties": {"a": {"type": "null"}}}}},
            [{}, {"a": None, "b": 1}],
            [{"a": None}, {"a": 1, "b": 1}],
            id="dependencies",
        ),
        pytest.param(
            {
                "$schema": _DRAFT_07,
                "$id": "https://example.com/a",
                "properties": {"a": {"$ref": "#/definitions/text", "maxLength": 1}},
                "definitions": {"text": {"type": "string"}},
            },
            [{"a": "aa"}],
            [{"a": 1}],
            id="keywords beside $ref, and definitions",
        ),
        pytest.param(
            {
                "$schema": _DRAFT_07,
                "$id": "https://example.com/a",
                "properties": {"a": {"$ref": "#text"}},
                "definitions": {"one": {"$id": "#text", "type": "string"}},
            },
            [{"a": "aa"}],
            [{"a": 1}],
            id="an anchor in $id",
        ),
        pytest.param(
            {
                "$schema": _DRAFT_04,
                "id": "https://example.com/a/",
                "properties": {"a": {"$ref": "text"}, "id": {"type": "integer"}},
                "definitions": {"one": {"id": "text", "type": "string"}},
            },
            [{"a": "aa", "id": 1}],
            [{"a": 1}, {"id": "a"}],
            id="id of draft-04",
        ),
        pytest.param({"$schema": _DRAFT_04, "const": 1, "type": "integer"}, [1, 2], ["a"], id="const is newer"),
        pytest.param({"$schema": _2020, "type": "array", "prefixItems": [{"const": 1}]}, [[1]], [[2]], id="2020-12"),
        pytest.param(
            _TREE,
            [{"name": "a", "children": [{"name": "b", "children": []}]}],
            [{"nam": 1}, {"children": [{"nam": 1}]}, {"children": [{"children": [{"nam": 1}]}]}],
            id="$recursiveRef",
        ),
        pytest.param(
            {**_TREE, "$recursiveAnchor": False},
            [{"name": "a", "children": [{"nam": 1}]}],
            [{"nam": 1}, {"children": [{"children": 1, "name": 1}]}],
            id="$recursiveRef without the outer anchor",
        ),
    ],
)
def test_a_schema_means_what_its_draft_says(
    tmp_path: Path, schema: dict[str, Any], valid: list[Any], invalid: list[Any]
) -> None:
    message = _body(_contract(tmp_path, schema))
    assert [value for value in valid if not message.is_valid(value)] == []
    assert [value for value in invalid if message.is_valid(value)] == []
    # Each breach is of a clause, at the place where the author wrote it.
    for value in invalid:
        assert {breach.clause.key for breach in message.breaches(value)} <= {one.key for one in message.clauses}
    assert message.is_valid(generate(message, random.Random(1), optional=True))


def test_a_clause_stands_where_its_draft_writes_it(tmp_path: Path) -> None:
    schema = {"$schema": _DRAFT_04, "type": "array", "items": [{"minimum": 1, "exclusiveMinimum": True}]}
    message = _body(_contract(tmp_path, schema))
    (breach,) = message.breaches([1])
    assert breach.clause.id.endswith("/schema/items/0/minimum")


@pytest.mark.parametrize(
    ("dialect", "schema", "value", "is_valid"),
    [
        (_DRAFT_07, {"items": [{"const": 1}]}, [2], False),
        (_DRAFT_07, {"$schema": _2020, "items": {"const": 1}}, [1, 1], True),
        ("https://spec.openapis.org/oas/3.1/dialect/base", {"prefixItems": [{"const": 1}]}, [2], False),
    ],
)
def test_a_document_names_the_dialect_of_its_schemas(
    tmp_path: Path, dialect: str, schema: dict[str, Any], value: Any, is_valid: bool
) -> None:
    contract = _contract(tmp_path, schema, jsonSchemaDialect=dialect)
    assert _body(contract).is_valid(value) is is_valid
    assert remarks(contract, contract.operations) == []


def test_a_file_of_schemas_has_a_dialect_of_its_own(tmp_path: Path) -> None:
    definitions = {"pair": {"type": "array", "items": [{"$ref": "#/definitions/one"}], "additionalItems": False}}
    file = {"$schema": _DRAFT_07, "definitions": {**definitions, "one": {"type": "integer"}}}
    (tmp_path / "types.json").write_text(json.dumps(file))
    message = _body(_contract(tmp_path, {"$ref": "types.json#/definitions/pair"}))
    assert [message.is_valid(value) for value in ([1], ["a"], [1, 2])] == [True, False, False]


@pytest.mark.parametrize("at", ["jsonSchemaDialect", "$schema"])
def test_a_dialect_that_is_not_known_is_noted_at_its_place(tmp_path: Path, at: str) -> None:
    name, schema = "https://example.com/ours", {"type": "string", "minLength": 2}
    contract = (
        _contract(tmp_path, {**schema, at: name}) if at == "$schema" else _contract(tmp_path, schema, **{at: name})
    )
    line = next(
        number for number, text in enumerate((tmp_path / "api.json").read_text().splitlines(), 1) if name in text
    )
    (remark,) = remarks(contract, contract.operations)
    assert remark.startswith(f"{tmp_path / 'api.json'}:{line}:")
    assert remark.endswith(f'the dialect "{name}" is not known: its schemas are read as JSON Schema 2020-12')
    assert not _body(contract).is_valid("a")


def test_a_keyword_that_the_draft_does_not_have_is_noted(tmp_path: Path) -> None:
    contract = _contract(tmp_path, {"$schema": _DRAFT_04, "const": 1})
    (remark,) = remarks(contract, contract.operations)
    assert remark.endswith("`const` has no effect: JSON Schema draft-04 does not have it")


def test_openapi_30_knows_no_drafts(tmp_path: Path) -> None:
    schema = {"$schema": _2020, "type": "integer", "minimum": 1, "exclusiveMinimum": True}
    assert [_body(_contract(tmp_path, schema, "3.0.3")).is_valid(value) for value in (1, 2)] == [False, True]


@pytest.mark.parametrize("openapi", ["3.0.3", "3.1.0"])
def test_an_array_of_items_is_read_as_it_is_meant_and_told(tmp_path: Path, openapi: str) -> None:
    pair = {"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": {"type": "boolean"}}
    contract = _contract(tmp_path, {"type": "object", "properties": {"pair": pair}}, openapi)
    operation, body = contract.operation("make"), _body(contract)
    assert operation.closed is None
    assert body.is_valid({"pair": ["a", 1, True]}) and body.is_valid({"pair": ["a"]})
    assert not any(body.is_valid({"pair": wrong}) for wrong in ([1], ["a", "b"], ["a", 1, 2]))
    (told,) = contract.defects([operation])
    assert (told.message, told.severity) == ("`items` must be a schema, not an array", "error")
