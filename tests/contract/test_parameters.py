"""Parameter values on the wire and back again."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest

from clausewise.contract.parameters import (
    can_write,
    decode,
    decode_path,
    encode,
    encode_path,
    header_values,
    is_open,
)
from clausewise.contract.parts import ParameterContract
from clausewise.contract.remarks import found_remarks
from clausewise.contract.request import judge_request
from clausewise.exchange import Request
from clausewise.spec.operations import Header
from tests.conftest import Compile, Schema

_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_INTEGERS: Schema = {"type": "array", "items": {"type": "integer"}}
_POINT: Schema = {"type": "object", "properties": {"x": {"type": "integer"}, "on": {"type": "boolean"}}}
_WORDS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_EITHER: Schema = {"anyOf": [{"type": "integer"}, {"type": "null"}, {"enum": ["all"]}]}
_LIST, _OBJECT = [1, 20], {"x": 7, "on": True}


def described(compiled: Compile, schema: Schema, **members: Any) -> ParameterContract:
    """The parameter `p` with a schema, as its operation has it."""
    parameter = {"name": "p", "schema": schema, **members}
    paths = {"/things/{p}": {"get": {"operationId": "get", "parameters": [parameter]}}}
    return compiled({"paths": paths}).operation("get").parameters[0]


@pytest.mark.parametrize(
    ("members", "schema", "value", "written"),
    [
        ({"in": "query"}, {"type": "string"}, "a b&c=1,2", [("p", "a%20b%26c%3D1%2C2")]),
        ({"in": "query"}, {"type": "string"}, "12", [("p", "12")]),
        ({"in": "query"}, {"type": "string"}, "", [("p", "")]),
        ({"in": "query"}, {"type": "integer"}, -12, [("p", "-12")]),
        ({"in": "query"}, {"type": "number"}, 1.5, [("p", "1.5")]),
        ({"in": "query"}, {"type": "boolean"}, False, [("p", "false")]),
        ({"in": "query"}, {"const": 5}, 5, [("p", "5")]),
        ({"in": "query"}, _EITHER, None, [("p", "null")]),
        ({"in": "query"}, _EITHER, "all", [("p", "all")]),
        ({"in": "query"}, _TEXTS, ["1", "b,c"], [("p", "1"), ("p", "b%2Cc")]),
        ({"in": "query"}, _INTEGERS, _LIST, [("p", "1"), ("p", "20")]),
        ({"in": "query", "explode": False}, _INTEGERS, _LIST, [("p", "1,20")]),
        ({"in": "query", "explode": False}, _INTEGERS, [], [("p", "")]),
        ({"in": "query", "style": "spaceDelimited"}, _INTEGERS, _LIST, [("p", "1%2020")]),
        ({"in": "query", "style": "pipeDelimited"}, _TEXTS, ["a", "b"], [("p", "a%7Cb")]),
        ({"in": "query"}, _POINT, _OBJECT, [("x", "7"), ("on", "true")]),
        ({"in": "query", "explode": False}, _POINT, _OBJECT, [("p", "x,7,on,true")]),
        ({"in": "query", "style": "deepObject"}, _POINT, _OBJECT, [("p%5Bx%5D", "7"), ("p%5Bon%5D", "true")]),
        ({"in": "header"}, {"type": "integer"}, 3, [("p", "3")]),
        ({"in": "header"}, _INTEGERS, _LIST, [("p", "1,20")]),
        ({"in": "header"}, _POINT, _OBJECT, [("p", "x,7,on,true")]),
        ({"in": "header", "explode": True}, _POINT, _OBJECT, [("p", "x=7,on=true")]),
        ({"in": "cookie"}, {"type": "boolean"}, True, [("p", "true")]),
        ({"in": "cookie", "explode": False}, _INTEGERS, _LIST, [("p", "1,20")]),
    ],
)
def test_query_header_and_cookie(
    compiled: Compile, members: dict[str, Any], schema: Schema, value: Any, written: list[tuple[str, str]]
) -> None:
    contract = described(compiled, schema, **members)
    assert encode(contract.parameter, value) == written
    parts = [(unquote(name), text) for name, text in written]
    present, found = decode(contract.parameter, contract.message, [("other", "1"), *parts])
    assert (present, found, type(found)) == (True, value, type(value))


@pytest.mark.parametrize(
    ("members", "schema", "value", "written"),
    [
        ({}, {"type": "string"}, "a/b c", "a%2Fb%20c"),
        ({}, {"type": "integer"}, 12, "12"),
        ({}, _TEXTS, ["a", "b,c"], "a,b%2Cc"),
        ({}, _POINT, {"x": 7, "on": True}, "x,7,on,true"),
        ({}, _WORDS, {"x": "a", "y": "b"}, "x,a,y,b"),
        ({"explode": True}, _WORDS, {"x": "a", "y": "b"}, "x=a,y=b"),
        ({"style": "label"}, {"type": "integer"}, 12, ".12"),
        ({"style": "label"}, _INTEGERS, _LIST, ".1,20"),
        ({"style": "label", "explode": True}, _INTEGERS, _LIST, ".1.20"),
        ({"style": "label"}, _POINT, _OBJECT, ".x,7,on,true"),
        ({"style": "label", "explode": True}, _POINT, _OBJECT, ".x=7.on=true"),
        ({"style": "matrix"}, {"type": "integer"}, 12, ";p=12"),
        ({"style": "matrix"}, _INTEGERS, _LIST, ";p=1,20"),
        ({"style": "matrix", "explode": True}, _INTEGERS, _LIST, ";p=1;p=20"),
        ({"style": "matrix"}, _POINT, _OBJECT, ";p=x,7,on,true"),
        ({"style": "matrix", "explode": True}, _POINT, _OBJECT, ";x=7;on=true"),
    ],
)
def test_path(compiled: Compile, members: dict[str, Any], schema: Schema, value: Any, written: str) -> None:
    contract = described(compiled, schema, **{"in": "path", "required": True, **members})
    assert encode_path(contract.parameter, value) == written
    assert decode_path(contract.parameter, contract.message, written) == value


@pytest.mark.parametrize(("value", "written"), [({"x": [1, None]}, '{"x": [1, null]}'), ("a", '"a"')])
def test_a_parameter_described_by_a_media_type_is_json(compiled: Compile, value: Any, written: str) -> None:
    contract = described(compiled, True, **{"in": "query", "content": {"application/json": {"schema": {}}}})
    assert encode(contract.parameter, value) == [("p", quote(written, safe=""))]
    assert decode(contract.parameter, contract.message, [("p", quote(written, safe=""))]) == (True, value)


@pytest.mark.parametrize("location", ["query", "header", "cookie", "path"])
@pytest.mark.parametrize(
    ("schema", "value", "written"),
    [({"type": "string"}, "a", "a"), ({"type": "integer"}, 5, "5"), ({"type": "string"}, "true", "true")],
)
def test_a_parameter_described_by_a_text_type_is_that_text(
    compiled: Compile, location: str, schema: Schema, value: Any, written: str
) -> None:
    contract = described(compiled, True, **{"in": location, "content": {"text/plain": {"schema": schema}}})
    if location == "path":
        assert encode_path(contract.parameter, value) == written
        assert decode_path(contract.parameter, contract.message, written) == value
    else:
        assert encode(contract.parameter, value) == [("p", written)]
        assert decode(contract.parameter, contract.message, [("p", written)]) == (True, value)


@pytest.mark.parametrize("value", [None, ["a"], {"a": "b"}])
def test_plain_text_has_no_form_for_null_and_containers(compiled: Compile, value: Any) -> None:
    contract = described(compiled, True, **{"in": "query", "content": {"text/plain": {"schema": {}}}})
    assert not can_write(contract.parameter, value) and can_write(contract.parameter, "a")


@pytest.mark.parametrize(
    ("media_type", "is_judged"),
    [
        ("application/json", True),
        ("application/vnd.a+json", True),
        ("text/plain; charset=utf-8", True),
        ("*/*", True),
        ("application/xml", False),
        ("application/x-www-form-urlencoded", False),
        ("application/yaml", False),
    ],
)
def test_a_media_type_that_no_parameter_is_written_in_judges_nothing_and_is_named(
    compiled: Compile, media_type: str, is_judged: bool
) -> None:
    content = {"content": {media_type: {"schema": {"type": "string", "maxLength": 3}}}}
    answer = {"description": "", "headers": {"X-A": content}}
    get = {"operationId": "get", "parameters": [{"name": "p", "in": "query", **content}], "responses": {"200": answer}}
    contract = compiled({"paths": {"/things": {"get": get}}})
    judged = {clause.part for clause in contract.operation("get").clauses if clause.keyword == "maxLength"}
    assert judged == ({"query.p", "200.header.X-A"} if is_judged else set())
    said = [remark.text.partition(":")[0] for remark in found_remarks(contract, contract.operations)]
    assert said == ([] if is_judged else ["`p` is not judged", "`X-A` is not judged"])


@pytest.mark.parametrize(
    ("members", "schema", "pairs", "found"),
    [
        ({"in": "query"}, {"type": "integer"}, [], (False, None)),
        ({"in": "query"}, {"type": "integer"}, [("P", "1")], (False, None)),
        ({"in": "header"}, {"type": "integer"}, [("P", "1")], (True, 1)),
        ({"in": "query"}, {"type": "integer"}, [("p", "01")], (True, "01")),
        ({"in": "query"}, {"type": "integer"}, [("p", "one")], (True, "one")),
        ({"in": "query"}, {"type": "boolean"}, [("p", "True")], (True, "True")),
        ({"in": "query"}, _INTEGERS, [("p", "1"), ("p", "x")], (True, [1, "x"])),
        ({"in": "query"}, _POINT, [("other", "1")], (False, None)),
        ({"in": "query", "style": "deepObject"}, _POINT, [("q[x]", "1")], (False, None)),
        ({"in": "header"}, _POINT, [], (False, None)),
        ({"in": "header"}, _INTEGERS, [("p", "1, 20")], (True, _LIST)),
        ({"in": "query"}, {"type": "integer"}, [("p", "9" * 5000)], (True, "9" * 5000)),
        ({"in": "query"}, {"type": "number"}, [("p", "1e999")], (True, "1e999")),
    ],
)
def test_what_is_absent_or_of_no_type_the_schema_names(
    compiled: Compile, members: dict[str, Any], schema: Schema, pairs: list[tuple[str, str]], found: tuple[bool, Any]
) -> None:
    contract = described(compiled, schema, **members)
    assert decode(contract.parameter, contract.message, pairs) == found


@pytest.mark.parametrize(
    ("members", "schema", "value", "expected"),
    [
        ({"in": "query"}, _TEXTS, ["a,b"], False),
        ({"in": "query", "explode": False}, _TEXTS, ["a,b"], True),
        ({"in": "query", "explode": False}, _TEXTS, [], True),
        ({"in": "query", "explode": False}, _TEXTS, [""], True),
        ({"in": "query", "style": "pipeDelimited", "explode": False}, _TEXTS, ["a|b"], True),
        ({"in": "header"}, _TEXTS, ["a,b"], True),
        ({"in": "header"}, _TEXTS, ["a b"], False),
        ({"in": "query"}, {}, {"member": "text"}, True),
        ({"in": "query", "style": "deepObject"}, {"type": "object"}, {"a": {}}, True),
        ({"in": "query"}, {"type": "string"}, "a|b", False),
    ],
)
def test_what_may_be_read_otherwise(
    compiled: Compile, members: dict[str, Any], schema: Schema, value: Any, expected: bool
) -> None:
    contract = described(compiled, schema, **members)
    assert is_open(contract.parameter, contract.message, value) == expected


def test_an_object_has_no_name_that_another_parameter_has(compiled: Compile) -> None:
    parameters = [
        {"name": "p", "in": "query", "schema": {"type": "object", "additionalProperties": {"type": "integer"}}},
        {"name": "limit", "in": "query", "schema": {"type": "integer"}},
        {"name": "page", "in": "query", "style": "deepObject", "schema": _POINT},
    ]
    security = {"components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}}}}
    operation = {"operationId": "get", "parameters": parameters, "security": [{"key": []}]}
    made = compiled({"paths": {"/things": {"get": operation}}, **security}).operation("get")
    judged = judge_request(made, Request("GET", "/things?a=1&limit=2&page[x]=3&key=secret"), {})
    assert judged.conforms
    assert judged.parameters[("query", "p")] == {"a": 1}


@pytest.mark.parametrize(
    ("target", "conforms"),
    [("/things?p=1&p=2", True), ("/things?p", True), ("/things?p=", True), ("/things?p=x", False)],
)
def test_an_allowed_empty_value_keeps_the_schema(compiled: Compile, target: str, conforms: bool) -> None:
    parameter = {"name": "p", "in": "query", "allowEmptyValue": True, "required": True, "schema": {"type": "integer"}}
    made = compiled({"paths": {"/things": {"get": {"operationId": "get", "parameters": [parameter]}}}}).operation("get")
    assert judge_request(made, Request("GET", target), {}).conforms == conforms


def test_a_required_object_that_may_be_empty_is_there_without_its_members(compiled: Compile) -> None:
    parameter = {"name": "p", "in": "query", "required": True, "schema": _POINT}
    made = compiled({"paths": {"/things": {"get": {"operationId": "get", "parameters": [parameter]}}}}).operation("get")
    assert judge_request(made, Request("GET", "/things"), {}).conforms


@pytest.mark.parametrize(
    ("header", "schema", "lines", "values"),
    [
        ({"name": "X-Tags"}, _TEXTS, ["a , b", "c"], [["a", "b", "c"]]),
        ({"name": "ETags"}, _TEXTS, ['"a,b", "c"'], [['"a,b"', '"c"']]),
        ({"name": "X-Map", "explode": True}, _POINT, ["x=1, on=true"], [_OBJECT | {"x": 1}]),
        ({"name": "X-Json", "media_type": "application/json"}, _POINT, ['{"x": 1}'], [{"x": 1}]),
        ({"name": "X-Count"}, {"type": "integer"}, ["1", "2"], ["1, 2"]),
        ({"name": "Set-Cookie"}, {"type": "string"}, ["a=1", "b=2"], ["a=1", "b=2"]),
        ({"name": "set-cookie"}, _TEXTS, ["a=1, 2", "b=2"], [["a=1, 2", "b=2"]]),
    ],
)
def test_lines_of_a_response_header(
    compiled: Compile, header: dict[str, Any], schema: Schema, lines: list[str], values: list[Any]
) -> None:
    contract = described(compiled, schema, **{"in": "header"})
    described_header = Header(required=False, source=contract.parameter.source, schema=None, **header)
    assert header_values(described_header, contract.message, lines) == values
