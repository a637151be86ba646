"""A recorded request that the server rightly refused is the client's fault alone, whatever the refusal's status."""

from __future__ import annotations

import pytest

from clausewise.conformance.recording import check_recorded, message_of_breach
from clausewise.contract.contract import Contract
from clausewise.contract.request import judge_request
from clausewise.exchange import Exchange, Request, Response
from tests.conftest import Compile


@pytest.fixture
def contract(compiled: Compile) -> Contract:
    number = {"type": "integer"}
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": number},
        {"name": "size", "in": "query", "schema": number},
        {"name": "If-Match", "in": "header", "schema": {"type": "string", "pattern": "^[a-z]+$"}},
        {"name": "X-API-Key", "in": "header", "schema": {"type": "string", "minLength": 4}},
    ]
    operation = {"operationId": "read", "parameters": parameters, "responses": {"default": {"description": "any"}}}
    return compiled({"paths": {"/things/{id}": {"get": operation}}})


@pytest.mark.parametrize(
    ("id", "target", "headers", "status", "severity"),
    [
        pytest.param("x", "/things/x", {}, 404, "note", id="a path that is not found"),
        pytest.param("1", "/things/1?size=x", {}, 404, "error", id="a query where something is not found"),
        pytest.param("1", "/things/1?size=x", {}, 400, "note", id="a query that is refused"),
        pytest.param("1", "/things/1", {"If-Match": "7"}, 412, "note", id="a header that fails"),
        pytest.param("1", "/things/1", {"X-API-Key": "a"}, 401, "note", id="a key that is denied"),
        pytest.param("1", "/things/1?size=x", {}, 401, "error", id="a query without credentials"),
        pytest.param("1", "/things/1?size=x", {}, 500, "error", id="a query that crashes the server"),
    ],
)
def test_who_is_at_fault(
    contract: Contract, id: str, target: str, headers: dict[str, str], status: int, severity: str
) -> None:
    exchange = Exchange("e1", Request("GET", target, tuple(headers.items())), Response(status))
    checked = check_recorded(contract.operations[0], exchange, {"id": id})
    found = [seen.severity for seen in checked.observations if seen.rule == "request-schema"]
    assert found == [severity]
    refused = [each for each in checked.evidence if each.outcome == "refused"]
    assert len(refused) == (severity == "note")


_JSON = {"Content-Type": "application/json", "X-Key": "k"}


@pytest.mark.parametrize(
    ("target", "headers", "body", "sentence"),
    [
        (
            "/things?size=1",
            {**_JSON, "X-Key": ""},
            b"{}",
            "it carries no credentials; credentials are required (`key`)",
        ),
        (
            "/things?size=1",
            _JSON,
            b"{",
            "it has a body that is not JSON; the media type of the request body is application/json",
        ),
        (
            "/things?size=1",
            {**_JSON, "Content-Type": "text/csv"},
            b"a",
            "it has the media type text/csv; the media type of the request body is application/json",
        ),
        (
            "/things?size=1",
            {"X-Key": "k"},
            b"{}",
            "it has no media type; the media type of the request body is application/json",
        ),
        ("/things?size=1", _JSON, b"", "it has no body; a request body is required"),
        ("/things?size=1", _JSON, b"[]", "it has the body = []; the contract says the body is an object"),
        ("/things?size=1", _JSON, b'{"a": 5}', "it has `a` = 5; the contract says `a` is a string"),
        ("/things", _JSON, b"{}", "it lacks the query parameter `size`; the query parameter `size` is required"),
        (
            "/things?size=x",
            _JSON,
            b"{}",
            'the query parameter `size` of it is "x"; the contract says the query parameter `size` is an integer',
        ),
    ],
)
def test_a_breach_in_a_request_is_a_sentence(
    compiled: Compile, target: str, headers: dict[str, str], body: bytes, sentence: str
) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    described = {
        "operationId": "make",
        "security": [{"key": []}],
        "parameters": [{"name": "size", "in": "query", "required": True, "schema": {"type": "integer"}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {},
    }
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    document = {"paths": {"/things": {"post": described}}, "components": {"securitySchemes": schemes}}
    operation = compiled(document).operation("make")
    request = Request("POST", target, tuple((name, value) for name, value in headers.items() if value), body)
    (breach,) = judge_request(operation, request, {}).breaches
    assert message_of_breach(breach, "it") == sentence
