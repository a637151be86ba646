"""The values of runtime expressions in an exchange."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.expressions import ExpressionContext, evaluate
from clausewise.exchange import Request, Response
from tests.conftest import Compile


@pytest.fixture(scope="module")
def context(compiled: Compile) -> ExpressionContext:
    number = {"name": "n", "in": "path", "required": True, "schema": {"type": "integer"}}
    post = {"operationId": "post", "requestBody": {"content": {"application/json": {}}}, "responses": {}}
    operation = compiled({"paths": {"/things/{n}": {"parameters": [number], "post": post}}}).operation("post")
    headers = (("Content-Type", "application/json"), ("X-Hook", "h"))
    request = Request("POST", "/things/7?url=http%3A%2F%2Fa%2Fb&url=c", headers, b'{"a": {"b": [1, "x"]}, "id": 5}')
    response = Response(201, (("location", "/things/8"),), b'{"id": 9, "none": null}')
    return ExpressionContext(operation, request, response, "http://api")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("$url", "http://api/things/7?url=http%3A%2F%2Fa%2Fb&url=c"),
        ("$method", "POST"),
        ("$statusCode", 201),
        ("$request.path.n", 7),
        ("$request.query.url", "http://a/b"),
        ("$request.header.x-hook", "h"),
        ("$request.body#/a/b/1", "x"),
        ("$request.body#/id", 5),
        ("$response.body#/id", 9),
        ("$response.header.Location", "/things/8"),
        ("{$request.query.url}/done?id={$response.body#/id}", "http://a/b/done?id=9"),
        ("{$request.body#/id}", "5"),
        ("https://{host}/", "https://{host}/"),
        ("$5.00", "$5.00"),
        (12, 12),
        ({"id": "$response.body#/id", "gone": "$response.body#/gone", "is": [True]}, {"id": 9, "is": [True]}),
        ("$response.body#/gone", None),
        ("$request.query.gone", None),
        ("$response.query.url", None),
        ("$response.bdy#/id", None),
        ("{$response.body#/gone}/x", None),
    ],
)
def test_a_value(context: ExpressionContext, written: Any, expected: Any) -> None:
    assert evaluate(written, context) == expected
