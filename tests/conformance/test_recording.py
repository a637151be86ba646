"""A recorded request that the server rightly refused is the client's fault alone, whatever the refusal's status."""

from __future__ import annotations

import pytest

from clausewise.conformance.recording import check_recorded
from clausewise.contract.contract import Contract
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
