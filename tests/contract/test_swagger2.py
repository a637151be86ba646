"""Swagger 2.0 on the wire and in schemas: arrays by their `collectionFormat`, forms, null, files and inheritance."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode, decode_path, encode, encode_path, is_open
from tests.conftest import Compile


def operation(compiled: Compile, *parameters: dict[str, Any], **document: Any) -> OperationContract:
    described = {"operationId": "op", "parameters": list(parameters), "responses": {}}
    return compiled({"swagger": "2.0", "paths": {"/a/{p}": {"post": described}}, **document}).operation("op")


def array(location: str, collection_format: str, items: dict[str, Any] | None = None) -> dict[str, Any]:
    written = {"type": "array", "items": items or {"type": "integer"}, "collectionFormat": collection_format}
    return {"name": "p", "in": location, "required": True, **written}


_PAIRS = {"type": "array", "collectionFormat": "csv", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("written", "value", "pairs"),
    [
        (array("query", "csv"), [1, 2], [("p", "1,2")]),
        (array("query", "ssv"), [1, 2], [("p", "1%202")]),
        (array("query", "tsv"), [1, 2], [("p", "1%092")]),
        (array("query", "pipes"), [1, 2], [("p", "1%7C2")]),
        (array("query", "multi"), [1, 2], [("p", "1"), ("p", "2")]),
        (array("header", "pipes"), [1, 2], [("p", "1|2")]),
        (array("header", "csv"), [1, 2], [("p", "1,2")]),
        (array("query", "pipes", _PAIRS), [[1, 2], [3]], [("p", "1%2C2%7C3")]),
        (array("query", "multi", _PAIRS), [[1, 2], [3]], [("p", "1%2C2"), ("p", "3")]),
    ],
)
def test_arrays_are_written_and_read(
    compiled: Compile, written: dict[str, Any], value: Any, pairs: list[tuple[str, str]]
) -> None:
    (contract,) = (one for one in operation(compiled, written).parameters if one.parameter.location == written["in"])
    assert encode(contract.parameter, value) == pairs
    assert decode(contract.parameter, contract.message, pairs) == (True, value)


@pytest.mark.parametrize(("collection_format", "segment"), [("csv", "1,2"), ("pipes", "1%7C2"), ("ssv", "1%202")])
def test_arrays_in_paths(compiled: Compile, collection_format: str, segment: str) -> None:
    (contract,) = operation(compiled, array("path", collection_format)).parameters
    assert encode_path(contract.parameter, [1, 2]) == segment
    assert decode_path(contract.parameter, contract.message, segment) == [1, 2]


@pytest.mark.parametrize(("value", "expected"), [(["a"], False), (["a,b"], True), ([], True), ([""], True)])
def test_what_may_be_read_otherwise(compiled: Compile, value: list[str], expected: bool) -> None:
    contract = operation(compiled, array("query", "csv", {"type": "string"})).parameter("query", "p")
    assert contract is not None
    assert is_open(contract.parameter, contract.message, value) is expected


def test_a_parameter_is_no_schema_but_for_its_keywords(compiled: Compile) -> None:
    limit = {"name": "limit", "in": "query", "required": True, "type": "integer", "maximum": 9, "allowEmptyValue": True}
    contract = operation(compiled, limit).parameter("query", "limit")
    assert contract is not None and contract.message is not None
    assert {clause.keyword for clause in contract.message.clauses} == {"type", "maximum"}
    assert contract.parameter.allows_empty


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ({"type": "string", "x-nullable": True}, None, True),
        ({"type": "string", "nullable": True}, None, False),
        ({"type": "string", "enum": ["a"], "x-nullable": True}, None, True),
        ({"$ref": "#/definitions/Name", "x-nullable": True}, None, True),
        ({"$ref": "#/definitions/Name"}, None, False),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, False),
        ({"type": "string", "x-nullable": True}, 1, False),
    ],
)
def test_schemas(compiled: Compile, schema: dict[str, Any], value: Any, valid: bool) -> None:
    body = {"name": "it", "in": "body", "schema": schema}
    message = operation(compiled, body, definitions={"Name": {"type": "string"}}).body_message
    assert message is not None
    assert message.is_valid(value) is valid


def test_the_place_of_a_null_beside_a_reference(compiled: Compile) -> None:
    body = {"name": "it", "in": "body", "schema": {"$ref": "#/definitions/Name", "x-nullable": True}}
    message = operation(compiled, body, definitions={"Name": {"type": "string"}}).body_message
    assert message is not None
    assert str(message.generated.origin("/anyOf/1")) == "#/paths/~1a~1{p}/post/parameters/0/schema/x-nullable"


_BASE = {"type": "object", "discriminator": "kind", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
_DOG = {"allOf": [{"$ref": "#/definitions/Animal"}, {"required": ["tricks"]}]}


@pytest.mark.parametrize(
    ("kinds", "value", "valid"),
    [
        ({"Dog": _DOG}, {"kind": "Dog", "tricks": 1}, True),
        ({"Dog": _DOG}, {"kind": "Dog"}, False),
        ({"Dog": _DOG}, {"kind": "Fish"}, False),
        # The base names itself in 2.0.
        ({"Dog": _DOG}, {"kind": "Animal"}, True),
        ({"Dog": {**_DOG, "x-ms-discriminator-value": "#dog"}}, {"kind": "#dog"}, False),
        ({"Dog": {**_DOG, "x-discriminator-value": "#dog"}}, {"kind": "#dog", "tricks": 1}, True),
    ],
)
def test_a_discriminator_names_a_definition(compiled: Compile, kinds: dict[str, Any], value: Any, valid: bool) -> None:
    body = {"name": "it", "in": "body", "schema": {"$ref": "#/definitions/Animal"}}
    message = operation(compiled, body, definitions={"Animal": _BASE, **kinds}).body_message
    assert message is not None
    assert message.is_valid(value) is valid


@pytest.fixture
def form(compiled: Compile) -> Contract:
    fields = [
        {"name": "photo", "in": "formData", "required": True, "type": "file"},
        {**array("formData", "pipes"), "name": "tags"},
    ]
    described = {"operationId": "op", "parameters": fields, "responses": {}}
    return compiled({"swagger": "2.0", "paths": {"/a": {"post": described}}})


def test_the_fields_of_a_form_have_their_places(form: Contract) -> None:
    clauses = {clause.where: clause.id for clause in form.operation("op").clauses if clause.keyword == "required"}
    assert clauses == {
        "request.body": "#/paths/~1a/post/parameters/0/required",
        "request.body.photo": "#/paths/~1a/post/parameters/0/required",
        "request.body.tags": "#/paths/~1a/post/parameters/1/required",
    }


def test_how_the_fields_of_a_form_are_written(form: Contract) -> None:
    body = form.operation("op").body
    assert body is not None
    (entry,) = body.content.values()
    assert entry.name == "multipart/form-data"
    assert entry.members["photo"].is_file
    assert (entry.members["tags"].style, entry.members["tags"].explode) == ("pipeDelimited", False)
