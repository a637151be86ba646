"""What documents of OpenAPI 3.2 have beside those of 3.1: listed, judged, tested and answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.contract.request import judge_request
from clausewise.exchange import Request
from clausewise.options import RunOptions
from clausewise.results.record import Run
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target
from clausewise.spec.resolve import open_sources
from clausewise.spec.specification import Specification, read_specification

_DONE = {"200": {"description": "done"}, "400": {"description": "refused"}}
_JSON = "application/json"


def _file(folder: Path, item: dict[str, Any], **fields: Any) -> Path:
    document = {"openapi": "3.2.0", "info": {"title": "a", "version": "1"}, **fields, "paths": {"/a": item}}
    (folder / "api.json").write_text(json.dumps(document, indent=1))
    return folder / "api.json"


def _contract(folder: Path, item: dict[str, Any], **fields: Any) -> Contract:
    return load(_file(folder, item, **fields))


def _specification(folder: Path, item: dict[str, Any], **fields: Any) -> Specification:
    return read_specification(open_sources(_file(folder, item, **fields)))


def _tested(contract: Contract) -> Run:
    """The record of a run against the contract's own mock, which accepts every operation and finds nothing."""
    record = run(contract, mock_target(contract, 1, 4), RunOptions(seed=1, max_time=60)).run
    assert record.findings == ()
    assert record.coverage.operations.accepted == len(contract.operations)
    assert {clause.reason for clause in record.clauses if clause.verdict == "untested"} == set()
    return record


def _broken(contract: Contract, target: str, key: str = "op") -> set[tuple[str, ...]]:
    """Where a request breaks the contract."""
    operation = contract.operation(key)
    judged = judge_request(operation, Request(operation.operation.method, target), {})
    return {breach.location for breach in judged.breaches}


def test_a_path_has_any_method(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["q"], "properties": {"q": {"type": "string", "maxLength": 3}}}
    body = {"required": True, "content": {_JSON: {"schema": schema}}}
    contract = _contract(
        tmp_path,
        {
            "get": {"operationId": "read", "responses": _DONE},
            "query": {"operationId": "search", "requestBody": body, "responses": _DONE},
            "additionalOperations": {
                "LOCK": {"operationId": "lock", "responses": _DONE},
                "x-Mark": {"operationId": "not-an-operation"},
            },
        },
    )
    assert {one.key: one.operation.method for one in contract.operations} == {
        "read": "GET",
        "search": "QUERY",
        "lock": "LOCK",
    }
    assert contract.operation("read").methods.value == ["GET", "QUERY", "LOCK"]
    assert [clause.id for clause in contract.operation("lock").clauses] == [
        "#/paths/~1a/additionalOperations/LOCK/responses/200",
        "#/paths/~1a/additionalOperations/LOCK/responses/400",
    ]
    record = _tested(contract)
    verdicts = {clause.keyword: clause.verdict for clause in record.clauses if clause.operation == "search"}
    assert verdicts["maxLength"] == verdicts["required"] == "upheld"


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("POST", "POST has a field of its own in a path item"),
        ("QUERY", "QUERY has a field of its own in a path item"),
        ("NO WAY", '"NO WAY" cannot be the method of a request'),
    ],
)
def test_what_is_no_additional_operation_closes_no_other(tmp_path: Path, method: str, message: str) -> None:
    item = {"get": {"operationId": "read", "responses": _DONE}, "additionalOperations": {method: {"responses": _DONE}}}
    specification = _specification(tmp_path, item)
    (defect,) = specification.defects
    assert message in str(defect) and defect.closes == ()
    assert [operation.key for operation in specification.operations] == ["read"]


_SEARCH = {
    "type": "object",
    "required": ["q"],
    "properties": {
        "q": {"type": "string", "minLength": 2},
        "year": {"type": "integer", "minimum": 1900},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
}


def _with_query(folder: Path, media: str, schema: Any, **fields: Any) -> Contract:
    parameter = {"name": "all", "in": "querystring", "required": True, "content": {media: {"schema": schema}}}
    return _contract(folder, {"get": {"operationId": "op", "parameters": [parameter], "responses": _DONE}}, **fields)


@pytest.mark.parametrize(
    ("query", "broken"),
    [
        ("?q=ab&tags=a&tags=b&year=1990", set()),
        ("?q=a+b", set()),
        ("?q=a", {("querystring", "all", "q")}),
        ("?year=1990", {("querystring", "all", "q")}),
        ("?q=ab&year=1", {("querystring", "all", "year")}),
        ("?q=ab&year=x", {("querystring", "all", "year")}),
        ("?q=ab&tags=a&tags=c", {("querystring", "all", "tags", "1")}),
        ("?q=ab&tags=a&tags=a&tags=b", {("querystring", "all", "tags")}),
        ("", {("querystring", "all")}),
    ],
)
def test_a_query_that_is_a_form(tmp_path: Path, query: str, broken: set[Any]) -> None:
    contract = _with_query(tmp_path, "application/x-www-form-urlencoded", _SEARCH)
    assert _broken(contract, f"/a{query}") == broken


@pytest.mark.parametrize(
    ("query", "broken"),
    [
        ("?%7B%22a%22%3A2%7D", set()),
        ("?%7B%22a%22%3A4%7D", {("querystring", "all", "a")}),
        ("?%7B%22b%22%3A4%7D", {("querystring", "all", "a")}),
        ("?a=2", {("querystring", "all")}),
    ],
)
def test_a_query_that_is_json(tmp_path: Path, query: str, broken: set[Any]) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "maximum": 3}}}
    assert _broken(_with_query(tmp_path, _JSON, schema), f"/a{query}") == broken


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", _JSON])
def test_each_clause_of_a_query_is_tested(tmp_path: Path, media: str) -> None:
    record = _tested(_with_query(tmp_path, media, _SEARCH))
    upheld = {clause.keyword for clause in record.clauses if clause.verdict == "upheld"}
    assert {"minLength", "minimum", "maxItems", "enum", "required"} <= upheld


def test_a_key_may_stand_beside_a_form(tmp_path: Path) -> None:
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}}}
    schema = {**_SEARCH, "additionalProperties": False}
    media = "application/x-www-form-urlencoded"
    contract = _with_query(tmp_path, media, schema, components=schemes, security=[{"key": []}])
    assert _broken(contract, "/a?q=ab&key=1") == set()
    assert _broken(contract, "/a?q=ab&other=1&key=1") == {("querystring", "all")}


@pytest.mark.parametrize(
    "parameters",
    [
        [{"name": "page", "in": "query", "schema": {}}],
        [{"name": "more", "in": "querystring", "content": {_JSON: {}}}],
    ],
    ids=["a parameter of the query", "another one"],
)
def test_nothing_stands_beside_a_whole_query(tmp_path: Path, parameters: list[Any]) -> None:
    whole = {"name": "all", "in": "querystring", "content": {_JSON: {"schema": {}}}}
    item = {"parameters": parameters, "get": {"parameters": [whole], "responses": _DONE}}
    (defect,) = _specification(tmp_path, item).defects
    assert "is the whole query, so there can be no" in str(defect)
    assert defect.closes == ("GET /a",)


def test_in_31_no_parameter_is_the_whole_query(tmp_path: Path) -> None:
    item = {"get": {"parameters": [{"name": "all", "in": "querystring", "content": {_JSON: {}}}], "responses": _DONE}}
    (defect,) = _specification(tmp_path, item, openapi="3.1.0").defects
    assert "write path, query, header or cookie" in str(defect)


def test_a_discriminator_with_a_default_decides_nothing(tmp_path: Path) -> None:
    schemas = {
        "Cat": {"type": "object", "required": ["claws"], "properties": {"kind": {"const": "cat"}}},
        "Other": {"type": "object", "required": ["name"], "properties": {"kind": {"not": {"const": "cat"}}}},
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Other"}],
            "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}, "defaultMapping": "Other"},
        },
    }
    body = {"required": True, "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    item = {"post": {"operationId": "op", "requestBody": body, "responses": _DONE}}
    message = _contract(tmp_path, item, components={"schemas": schemas}).operation("op").body_message
    assert message is not None
    values = [{"kind": "cat", "claws": 1}, {"kind": "dog", "name": 1}, {"name": 1}, {"kind": "cat"}, {"kind": "dog"}]
    assert [message.is_valid(value) for value in values] == [True, True, True, False, False]


def test_a_document_has_a_uri_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "types.json").write_text(json.dumps({"Name": {"type": "string", "maxLength": 2}}))
    itself = "https://api.example.com/v1/openapi.json"
    properties = {
        "a": {"$ref": f"{itself}#/components/schemas/Text"},
        "b": {"$ref": "openapi.json#/components/schemas/Text"},
        "c": {"$ref": "types.json#/Name"},
    }
    body = {"content": {_JSON: {"schema": {"properties": properties}}}}
    item = {"post": {"operationId": "op", "requestBody": body, "responses": _DONE}}
    components = {"schemas": {"Text": {"type": "string"}}}
    contract = _contract(tmp_path, item, **{"$self": itself}, components=components)
    message = contract.operation("op").body_message
    assert message is not None
    values = [{"a": "x", "b": "y", "c": "zz"}, {"a": 1}, {"b": 1}, {"c": "zzz"}]
    assert [message.is_valid(value) for value in values] == [True, False, False, False]


def test_media_types_are_shared_and_items_described(tmp_path: Path) -> None:
    item = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    media = {"Lines": {"itemSchema": item, "examples": {"two": {"dataValue": [{"n": 1}, {"n": 2}]}}}}
    answer = {"summary": "lines", "content": {"application/jsonl": {"$ref": "#/components/mediaTypes/Lines"}}}
    get = {"operationId": "op", "responses": {"200": answer}}
    contract = _contract(tmp_path, {"get": get}, components={"mediaTypes": media})
    entry = contract.operation("op").responses["200"].content["application/jsonl"]
    assert entry.message is not None
    assert [entry.message.is_valid(value) for value in ([{"n": 1}], [{"n": "1"}])] == [True, False]
    assert [example.value for example in entry.media.examples] == [[{"n": 1}, {"n": 2}]]
    _tested(contract)
