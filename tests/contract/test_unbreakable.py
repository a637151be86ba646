"""Clauses of a request that nothing can break, and their neighbours that something can."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.bodies import write_body
from clausewise.contract.unbreakable import unbreakable
from tests.conftest import Compile
from tests.servers.small import drive

TEXT = {"type": "string"}
NOTHING = {"type": "null"}


def document(schema: Any, location: str, **fields: Any) -> dict[str, Any]:
    described = {"content": {"application/json": {"schema": schema}}} if fields.get("as_json") else {"schema": schema}
    path = "/things/{a}" if location == "path" else "/things"
    parameter = {"name": "a", "in": location, "required": location == "path", **described}
    read = {"operationId": "read", "parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {"get": read}}}


def reasons(compiled: Compile, document: dict[str, Any]) -> dict[str, str]:
    operation = compiled(document).operation("read")
    return {clause.keyword: why for clause in operation.clauses if (why := unbreakable(operation, clause))}


@pytest.mark.parametrize(
    ("schema", "location", "expected"),
    [
        pytest.param(
            TEXT,
            "path",
            {"required": "a request without it has another path", "type": "a path segment is always a string"},
            id="path",
        ),
        pytest.param({"type": "integer"}, "path", {"required": "a request without it has another path"}, id="number"),
        pytest.param(
            {"minLength": 1}, "path",
            {"required": "a request without it has another path",
             "minLength": "an empty path segment makes another path"},
            id="empty segment",
        ),
        pytest.param({"minLength": 2}, "path", {"required": "a request without it has another path"}, id="short"),
        pytest.param(TEXT, "query", {"type": "a query parameter is always a string"}, id="query"),
        pytest.param(TEXT, "header", {"type": "a header parameter is always a string"}, id="header"),
        pytest.param({"minLength": 1}, "query", {}, id="empty query parameter"),
        pytest.param({"minLength": 0}, "query", {"minLength": "nothing has fewer than none"}, id="no limit"),
        pytest.param(
            {"type": "array", "items": {"type": "integer"}}, "query",
            {"type": "every text of a query parameter is read as an array"},
            id="array of numbers",
        ),
        pytest.param({"type": ["integer", "null"]}, "query", {}, id="number or nothing"),
        pytest.param({"enum": ["a"]}, "query", {}, id="enumeration"),
        pytest.param({"pattern": "[a-z]*"}, "query", {"pattern": "every text matches the pattern"}, id="any text"),
        pytest.param({"pattern": "^[a-z]*$"}, "query", {}, id="pattern with ends"),
        pytest.param({"pattern": "[a-z]+"}, "query", {}, id="pattern"),
        pytest.param({"pattern": "(?=a)a*"}, "query", {}, id="pattern that looks ahead"),
        pytest.param({"anyOf": [{"type": "integer"}, {}]}, "query",
                     {"anyOf": "one alternative allows every value"}, id="any value"),
        pytest.param({"oneOf": [{}, {"maxLength": 3}]}, "query", {}, id="two alternatives for short texts"),
        pytest.param({"oneOf": [{}, True]}, "query", {}, id="two alternatives for every text"),
        pytest.param(
            {"oneOf": [{"type": "integer"}, {}]}, "query",
            {"oneOf": "a query parameter is always a string, and one alternative allows every string"},
            id="one alternative for every text",
        ),
    ],
)  # fmt: skip
def test_what_nothing_can_break(schema: Any, location: str, expected: dict[str, str], compiled: Compile) -> None:
    assert reasons(compiled, document(schema, location)) == expected


@pytest.mark.parametrize(
    ("alternatives", "can_break"),
    [
        ([TEXT, NOTHING], False),
        ([{"title": "A", **TEXT}, NOTHING], False),
        ([{"maxLength": 3, **TEXT}, NOTHING], False),
        ([{"maxLength": 3, **TEXT}, {"minLength": 5, **TEXT}], True),
        ([{"type": "integer"}, NOTHING], True),
        ([{"type": "array", "items": {"type": "integer"}}, NOTHING], False),
        ([{"type": "array", "items": {**TEXT, "maxLength": 2}}, {**TEXT, "enum": ["all"]}], False),
        ([{"type": "array", "items": {"type": "integer"}}, {**TEXT, "enum": ["all"]}], True),
        ([{"type": "array", "items": {**TEXT, "maxLength": 2}}, {**TEXT, "pattern": "^a{3}$"}], True),
        ([{"$ref": "#/paths/~1things/get/parameters/0/schema/anyOf/1"}, NOTHING], True),
    ],
)
def test_a_union_that_no_text_breaks_but_in_one_alternative(
    alternatives: list[Any], can_break: bool, compiled: Compile
) -> None:
    found = reasons(compiled, document({"anyOf": alternatives}, "query"))
    assert ("anyOf" not in found) is can_break


@pytest.mark.parametrize(
    ("fields", "more", "can_break"),
    [
        ({"explode": True}, {}, False),
        ({"explode": True}, {"properties": {"a": TEXT, "b": TEXT}}, True),
        ({"explode": True}, {"additionalProperties": TEXT}, True),
        ({"explode": False}, {}, True),
        ({"explode": True, "style": "deepObject"}, {}, True),
    ],
    ids=["alone", "another member", "a map", "one text", "deepObject"],
)
def test_the_only_member_of_an_exploded_object_is_the_object(
    fields: dict[str, Any], more: dict[str, Any], can_break: bool, compiled: Compile
) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": TEXT}, **more}
    described = document(schema, "query")
    described["paths"]["/things"]["get"]["parameters"][0] |= fields
    assert ("required" not in reasons(compiled, described)) is can_break


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/json-seq", "text/event-stream"])
def test_a_sequence_without_values_is_no_body(media_type: str, compiled: Compile) -> None:
    items = {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "object"}}
    body = {"required": True, "content": {media_type: {"schema": items}}}
    made = {"operationId": "read", "requestBody": body, "responses": {"200": {"description": ""}}}
    found = reasons(compiled, {"paths": {"/things": {"post": made}}})
    assert found["minItems"] == "a sequence without values is no body" and "maxItems" not in found


@pytest.mark.parametrize(
    ("alternatives", "is_unbreakable"),
    [([["tls"]], True), ([["tls"], ["key"]], True), ([["key"]], False), ([["tls", "key"]], False)],
)
def test_no_request_lacks_a_certificate_that_the_connection_shows(
    alternatives: list[list[str]], is_unbreakable: bool, compiled: Compile
) -> None:
    described = document(TEXT, "query")
    schemes = {"tls": {"type": "mutualTLS"}, "key": {"type": "apiKey", "in": "header", "name": "Key"}}
    described["components"] = {"securitySchemes": schemes}
    described["security"] = [{name: [] for name in names} for names in alternatives]
    assert ("security" in reasons(compiled, described)) is is_unbreakable


def test_nothing_is_beyond_the_largest_float(compiled: Compile) -> None:
    largest = 1.7976931348623157e308
    schema = {"type": "number", "minimum": -largest, "maximum": largest}
    found = reasons(compiled, document(schema, "query", as_json=True))
    assert found == dict.fromkeys(("minimum", "maximum"), "a 64-bit float holds no number beyond it")
    assert reasons(compiled, document({"type": "number", "maximum": largest / 2}, "query", as_json=True)) == {}


def test_a_parameter_with_a_media_type_may_be_any_json(compiled: Compile) -> None:
    assert reasons(compiled, document(TEXT, "query", as_json=True)) == {}


def test_a_request_without_a_path_parameter_of_json_has_another_path(compiled: Compile) -> None:
    found = reasons(compiled, document({"type": "integer"}, "path", as_json=True))
    assert found == {"required": "a request without it has another path"}


def test_events_are_objects_of_texts(compiled: Compile) -> None:
    event = {"type": "object", "required": ["data", "id"], "properties": {"data": TEXT, "retry": {"type": "integer"}}}
    body = {"required": True, "content": {"text/event-stream": {"schema": {"type": "array", "items": event}}}}
    paths = {
        "/things": {"post": {"operationId": "read", "requestBody": body, "responses": {"200": {"description": ""}}}}
    }
    operation = compiled({"paths": paths}).operation("read")
    found = {clause.where: (clause.keyword, unbreakable(operation, clause)) for clause in operation.clauses}
    assert found["request.body"] == ("type", "the values of a sequence are always an array")
    assert found["request.body[]"] == ("type", "an event is always an object")
    assert found["request.body[].data"] == ("type", "a field of an event is always a text")
    assert found["request.body[].id"] == ("required", "")
    assert found["request.body[].retry"] == ("type", "")


def test_elements_of_xml_are_always_an_array(compiled: Compile) -> None:
    """Most readers look for elements in a wrapper, and at nothing else there."""
    tags = {"type": "array", "items": {"type": "integer", "xml": {"name": "tag"}}}
    members = {"tags": {**tags, "xml": {"wrapped": True}}, "plain": tags, "key": {**TEXT, "xml": {"attribute": True}}}
    content = {"application/json": {"schema": {}}, "application/xml": {"schema": {"properties": members}}}
    made = {"operationId": "read", "requestBody": {"content": content}, "responses": {"200": {"description": ""}}}
    contract = compiled({"paths": {"/things": {"post": made}}})
    operation = contract.operation("read")
    found = {c.where.partition("xml]")[2]: unbreakable(operation, c) for c in operation.clauses if c.keyword == "type"}
    assert found == {
        **{
            ".tags": "what a wrapper has in it is always an array",
            ".plain": "elements that repeat are always an array",
        },
        **{".key": "an attribute is always a text", ".tags[]": "", ".plain[]": ""},
    }
    assert operation.body is not None
    for value in ({"tags": "text"}, {"plain": "text"}):
        assert write_body(operation.body.content["application/xml"], value) is None


def test_what_nothing_can_break_does_not_count(compiled: Compile) -> None:
    run = drive(compiled(document(TEXT, "path")), lambda call: (200 if call.method == "GET" else 405, None)).run
    verdicts = {f"{one.where} {one.keyword}": (one.verdict, one.reason) for one in run.clauses}
    assert verdicts["request.path.a required"] == ("unbreakable", "a request without it has another path")
    counts = run.coverage.clauses
    assert (counts.upheld, counts.untested, counts.total, counts.unbreakable) == (2, 0, 2, 2)


_LOGIN = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": TEXT,
        "age": {"type": "integer", "maximum": 99},
        "nick": {"anyOf": [{"minLength": 1, **TEXT}, NOTHING]},
        "tags": {"type": "array", "minItems": 1, "items": TEXT},
        "place": {"type": "object", "minProperties": 1, "properties": {"lat": {"type": "integer"}}},
        "size": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}},
    },
}


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        (
            "application/x-www-form-urlencoded",
            {
                ("type",),
                ("name", "type"),
                ("nick", "anyOf"),
                ("nick", "type"),
                ("nick", "minLength"),
                ("tags", "type"),
                ("tags", "minItems"),
                ("tags", "[]", "type"),
                ("place", "type"),
                ("place", "minProperties"),
                ("size", "type"),
            },
        ),
        ("application/json", set()),
    ],
)
def test_what_no_form_can_break(media_type: str, expected: set[tuple[str, ...]], compiled: Compile) -> None:
    encoding = {"place": {"style": "deepObject", "explode": True}, "size": {"style": "form", "explode": False}}
    content = {media_type: {"schema": _LOGIN, "encoding": encoding}}
    operation = {"operationId": "login", "requestBody": {"content": content}, "responses": {"200": {"description": ""}}}
    contract = compiled({"paths": {"/login": {"post": operation}}}).operation("login")
    found = {(*clause.path, clause.keyword) for clause in contract.clauses if unbreakable(contract, clause)}
    assert found == expected
