"""Answers to requests that name the members that they want: by a header with `format: mask`, or in the query."""

from __future__ import annotations

import pytest

from clausewise.conformance.response import check_response
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request, Response
from tests.conftest import Compile


@pytest.fixture(scope="module")
def operation(compiled: Compile) -> OperationContract:
    task = {"type": "object", "required": ["id", "text"], "properties": {"text": {"type": "string"}}}
    described = {
        "operationId": "show",
        "produces": ["application/json"],
        "parameters": [
            {"name": "X-Fields", "in": "header", "type": "string", "format": "mask"},
            {"name": "X-Trace", "in": "header", "type": "string"},
            {"name": "_fields", "in": "query", "type": "string"},
            {"name": "field_of_study", "in": "query", "type": "string"},
        ],
        "responses": {"200": {"description": "", "schema": task}},
    }
    return compiled({"swagger": "2.0", "paths": {"/tasks": {"get": described}}}).operation("show")


@pytest.mark.parametrize(
    ("headers", "body", "broken"),
    [
        ((("X-Fields", "id"),), b'{"id": 1}', []),
        ((("x-fields", "id"),), b'{"id": 1, "text": 5}', ["text/type"]),
        ((("X-Fields", ""),), b'{"id": 1}', ["required/1"]),
        ((("X-Trace", "id"),), b'{"id": 1}', ["required/1"]),
        ((), b'{"id": 1}', ["required/1"]),
    ],
)
def test_what_a_mask_leaves_out_is_not_missed(
    operation: OperationContract, headers: tuple[tuple[str, str], ...], body: bytes, broken: list[str]
) -> None:
    answer = Response(200, (("Content-Type", "application/json"),), body)
    found = check_response(operation, Exchange("e1", Request("GET", "/tasks", headers), answer)).observations
    assert ["/".join(str(one.assertion).split("/")[-2:]) for one in found] == broken


@pytest.mark.parametrize(
    ("query", "body", "broken"),
    [
        ("?_fields=id", b'{"id": 1}', []),
        ("?_fields=id", b'{"id": 1, "text": 5}', ["text/type"]),
        ("?_fields=", b'{"id": 1}', ["required/1"]),
        ("?field_of_study=id", b'{"id": 1}', ["required/1"]),
        ("?fields=id", b'{"id": 1}', ["required/1"]),
    ],
)
def test_what_a_documented_query_leaves_out_is_not_missed(
    operation: OperationContract, query: str, body: bytes, broken: list[str]
) -> None:
    answer = Response(200, (("Content-Type", "application/json"),), body)
    found = check_response(operation, Exchange("e1", Request("GET", f"/tasks{query}"), answer)).observations
    assert ["/".join(str(one.assertion).split("/")[-2:]) for one in found] == broken
