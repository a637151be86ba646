"""Every rule on exchanges made by hand."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from clausewise.conformance.checker import Checker
from clausewise.contract.contract import Contract, load
from clausewise.exchange import Exchange, Expectation, Failure, Probe, Request, Response
from tests.conftest import Compile

_DOCUMENT = """
openapi: 3.1.0
info: {title: things, version: '1'}
security: [{key: []}]
paths:
  /things:
    post:
      operationId: createThing
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: {type: string, maxLength: 5}
                size: {enum: [S, L]}
      responses:
        '201':
          description: made
          headers:
            Location: {required: true, schema: {type: string, format: uri-reference}}
            X-Left: {schema: {type: integer, minimum: 0}}
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties:
                  id: {type: integer}
                  name: {type: string}
                  shape:
                    oneOf:
                      - {title: circle, type: object, required: [radius], properties: {radius: {type: number}}}
                      - {title: line, type: object, required: [length], properties: {length: {type: number}}}
        '204': {description: nothing}
        4XX:
          description: refused
          content: {application/problem+json: {schema: {type: object, required: [title]}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
"""

_JSON = ("Content-Type", "application/json")
_LOCATION = ("Location", "/things/1")
_PROBLEM = ("Content-Type", "application/problem+json")


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    document = tmp_path_factory.mktemp("checker") / "things.yaml"
    document.write_text(_DOCUMENT)
    return load(document)


def response(status: int, body: Any = None, *headers: tuple[str, str]) -> Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Response(status, headers, content)


def rules(contract: Contract, answer: Response | Failure, probe: Probe | None = None, body: Any = None) -> list[str]:
    """What the checker says, as "rule keyword"."""
    operation = contract.operation("createThing")
    keywords = {clause.key: clause.keyword for clause in operation.clauses}
    exchange = Exchange(
        id="x",
        request=Request("POST", "/things", (_JSON,), json.dumps(body or {"name": "a"}).encode()),
        response=answer if isinstance(answer, Response) else None,
        failure=answer if isinstance(answer, Failure) else None,
        probe=probe,
    )
    observed = Checker(operation).check(exchange).observations
    return [f"{o.rule} {keywords.get(o.clause or '', o.seen)}".strip() for o in observed]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(response(201, {"id": 1}, _JSON, _LOCATION), [], id="as documented"),
        pytest.param(response(204), [], id="no body where none is due"),
        pytest.param(response(404, {"title": "t"}, _PROBLEM), [], id="a range of statuses"),
        pytest.param(response(301), ["undocumented-status status 301"], id="undocumented status"),
        pytest.param(response(500), ["server-error status 500"], id="crash"),
        pytest.param(Failure("timeout", "no answer"), ["transport-failure timeout"], id="silence"),
        pytest.param(Failure("protocol", "no HTTP"), ["transport-failure protocol"], id="no HTTP"),
        pytest.param(Failure("protocol", "cannot be sent", unsendable=True), [], id="not sendable"),
        pytest.param(Failure("unsent", "the limit is reached"), [], id="not sent"),
        pytest.param(response(201, {"id": 1}, _JSON), ["response-header required"], id="header missing"),
        pytest.param(
            response(201, {"id": 1}, _JSON, _LOCATION, ("X-Left", "-1")), ["response-header minimum"], id="header value"
        ),
        pytest.param(response(201, b"{", _JSON, _LOCATION), ["malformed-body malformed 201 body"], id="malformed"),
        pytest.param(response(201, b"NaN", _JSON, _LOCATION), ["malformed-body malformed 201 body"], id="NaN"),
        pytest.param(response(201, None, _LOCATION), ["malformed-body empty 201 body"], id="empty"),
        pytest.param(
            response(201, b"hi", ("Content-Type", "text/plain; charset=utf-8"), _LOCATION),
            ["undocumented-content-type text/plain with 201"],
            id="another media type",
        ),
        pytest.param(response(201, {}, _JSON, _LOCATION), ["response-schema required"], id="member missing"),
        pytest.param(response(201, {"id": "1"}, _JSON, _LOCATION), ["response-schema type"], id="wrong type"),
        pytest.param(
            response(201, {"id": 1, "shape": {"radius": "1"}}, _JSON, _LOCATION),
            ["response-schema type"],
            id="the branch that is closest",
        ),
        pytest.param(
            response(201, {"id": 1, "shape": 5}, _JSON, _LOCATION), ["response-schema oneOf"], id="no branch at all"
        ),
        pytest.param(
            response(201, {"id": None, "name": 5}, _JSON, _LOCATION),
            ["response-schema type", "response-schema type"],
            id="two faults in one answer",
        ),
    ],
)
def test_rules_about_answers(contract: Contract, answer: Response | Failure, expected: list[str]) -> None:
    assert rules(contract, answer) == expected


@pytest.mark.parametrize(
    ("body", "seen"),
    [({"id": "1"}, ""), ({"id": None}, "null"), ([], "whole"), (None, "null"), ({}, "")],
    ids=["a member", "null", "the whole", "null as the whole", "missing"],
)
def test_an_answer_of_another_origin_is_another_fault(contract: Contract, body: Any, seen: str) -> None:
    answer = response(201, json.dumps(body).encode(), _JSON, _LOCATION)
    exchange = Exchange("x", Request("POST", "/things", (_JSON,), b"{}"), answer)
    (found,) = Checker(contract.operation("createThing")).check(exchange).observations
    assert (found.rule, found.seen) == ("response-schema", seen)


def probe(contract: Contract, expect: Expectation, keyword: str, **more: Any) -> Probe:
    clauses = contract.operation("createThing").clauses
    key = next(clause.key for clause in clauses if clause.keyword == keyword and clause.direction == "request")
    breaks = (key,) if expect == "refuse" else ()
    keeps = (key,) if expect == "accept" else ()
    return Probe("createThing", "clauses", "n", expect, key, breaks, keeps, **more)


_MADE = response(201, {"id": 1}, _JSON, _LOCATION)
_REFUSED = response(400, {"title": "t"}, _PROBLEM)


@pytest.mark.parametrize(
    ("expect", "keyword", "answer", "expected"),
    [
        pytest.param("refuse", "maxLength", _REFUSED, [], id="a breach refused"),
        pytest.param("refuse", "maxLength", _MADE, ["invalid-request-accepted maxLength"], id="a breach accepted"),
        pytest.param("refuse", "maxLength", response(500), ["server-error maxLength"], id="a breach that crashes"),
        pytest.param("refuse", "security", _MADE, ["auth-not-enforced security"], id="no credentials needed"),
        pytest.param("refuse", "methods", _MADE, ["undocumented-method-accepted methods"], id="method accepted"),
        pytest.param("accept", "maxLength", _MADE, [], id="a boundary accepted"),
        pytest.param("accept", "maxLength", _REFUSED, ["valid-request-rejected maxLength"], id="a boundary refused"),
        pytest.param(
            "accept", "maxLength", response(409, {"title": "t"}, _PROBLEM), [], id="refused for the server's state"
        ),
        pytest.param("accept", "maxLength", response(500), ["server-error maxLength"], id="a boundary that crashes"),
        pytest.param("any", "maxLength", _REFUSED, [], id="nothing was expected"),
    ],
)
def test_rules_about_outcomes(
    contract: Contract, expect: Expectation, keyword: str, answer: Response, expected: list[str]
) -> None:
    assert rules(contract, answer, probe(contract, expect, keyword)) == expected


@pytest.mark.parametrize(
    ("keyword", "status", "seen"),
    [
        ("security", 301, "status 301 to credentials"),
        ("maxLength", 301, "status 301"),
    ],
)
def test_who_asks_is_looked_at_in_one_place(contract: Contract, keyword: str, status: int, seen: str) -> None:
    found = rules(contract, response(status), probe(contract, "refuse", keyword))
    assert found == [f"undocumented-status {seen}"]


def test_a_status_that_was_asked_for_is_no_fault(contract: Contract) -> None:
    asked = Probe("createThing", "clauses", "n", "any", asks_for=500)
    assert rules(contract, response(500), asked) == []
    assert rules(contract, response(503), asked) == ["server-error status 503"], "the status asked for is not to blame"


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [("#/b #/c", "#/b #/d", True), ("#/b", "#/b #/d", True), ("#/b", "#/c", False), ("#/b #/c", "#/d #/e", False)],
)
def test_crashes_of_values_together_are_one_where_two_of_them_are_the_same(
    contract: Contract, one: str, other: str, is_one: bool
) -> None:
    def causes(together: str) -> frozenset[tuple[str, str]]:
        told = msgspec.structs.replace(probe(contract, "accept", "maxLength"), aspect=f"together {together}")
        exchange = Exchange("e", Request("POST", "/things", (_JSON,), b"{}"), response(500), probe=told)
        (crash,) = Checker(contract.operation("createThing")).check(exchange).observations
        return crash.causes.shared

    assert bool(causes(one) & causes(other)) == is_one


def test_a_field_that_comes_back_changed_is_told(contract: Contract) -> None:
    accepted = probe(contract, "accept", "maxLength")
    answer = response(201, {"id": 1, "name": "A"}, _JSON, _LOCATION)
    assert rules(contract, answer, accepted, {"name": "a"}) == ["echo-mismatch name"]
    assert rules(contract, answer, accepted, {"name": "A"}) == []


@pytest.mark.parametrize(
    ("method", "status", "came", "expected"),
    [
        ("POST", 200, {"size": "L"}, []),
        ("POST", 200, {"name": "a", "size": "L"}, ["echo-mismatch size"]),
        ("POST", 201, {"size": "L"}, ["echo-mismatch size"]),
        ("PUT", 200, {"name": "a", "size": "L"}, []),
    ],
    ids=["what came of it", "a copy", "what was made", "another method"],
)
def test_what_comes_of_a_request_is_no_copy_of_it(
    compiled: Compile, method: str, status: int, came: Any, expected: list[str]
) -> None:
    members = {"name": {"type": "string"}, "size": {"type": "string"}}
    schema = {"type": "object", "required": ["name"], "properties": members}
    answer = {"description": "", "content": {"application/json": {"schema": {"properties": members}}}}
    operation = {
        "operationId": "make",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": answer, "201": answer},
    }
    contract = compiled({"paths": {"/things": {method.lower(): operation}}})
    request = Request(method, "/things", (_JSON,), b'{"name": "a", "size": "S"}')
    exchange = Exchange("e", request, response(status, came, _JSON), probe=Probe("make", "clauses", "n", "accept"))
    seen = Checker(contract.operation("make")).check(exchange).observations
    assert [f"{each.rule} {each.seen}" for each in seen] == expected


@pytest.mark.parametrize(
    ("name", "sent", "came", "expected"),
    [
        ("mail", "ada@Example.ORG", "ada@example.org", []),
        ("mail", "ada@example.org", "bob@example.org", ["echo-mismatch mail"]),
        ("key", "6F1C2A34-9B0E-4D57-8A61-3C5E7F90B12D", "6f1c2a34-9b0e-4d57-8a61-3c5e7f90b12d", []),
        ("name", "Ada", "ada", ["echo-mismatch name"]),
    ],
)
def test_a_format_without_case_comes_back_in_any(
    compiled: Compile, name: str, sent: str, came: str, expected: list[str]
) -> None:
    text = {"type": "string"}
    schema = {
        "type": "object",
        "properties": {"mail": {**text, "format": "email"}, "key": {**text, "format": "uuid"}, "name": text},
    }
    operation = {
        "operationId": "make",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"201": {"description": "", "content": {"application/json": {"schema": {}}}}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/things": {"post": operation}}}
    contract = compiled(document)
    accepted = Probe("make", "clauses", "n", "accept")
    exchange = Exchange(
        "e", Request("POST", "/things", (_JSON,), json.dumps({name: sent}).encode()),
        response(201, {name: came}, _JSON), probe=accepted,
    )  # fmt: skip
    seen = Checker(contract.operation("make")).check(exchange).observations
    assert [f"{each.rule} {each.seen}" for each in seen] == expected


@pytest.mark.parametrize("sent", [{"id": "1"}, {"name": True}, {"name": 3}, {"name": None}, {"other": "A"}, ["name"]])
def test_what_cannot_be_compared_is_not_changed(contract: Contract, sent: Any) -> None:
    answer = response(201, {"id": 1, "name": "A"}, _JSON, _LOCATION)
    assert rules(contract, answer, probe(contract, "accept", "maxLength"), sent) == []


def test_an_answer_that_was_asked_for_by_status_brings_nothing_back(contract: Contract) -> None:
    asked = Probe("createThing", "clauses", "n", "any", asks_for=201)
    answer = response(201, {"id": 1, "name": "A"}, _JSON, _LOCATION)
    assert rules(contract, answer, asked, {"name": "a"}) == []


def test_an_accepted_breach_that_is_echoed_is_one_fault(contract: Contract) -> None:
    taken = probe(contract, "refuse", "maxLength", deviates_at=("body", "name"))
    answer = response(201, {"id": 1, "name": 5}, _JSON, _LOCATION)
    assert rules(contract, answer, taken, {"name": 5}) == ["invalid-request-accepted maxLength"]
    assert rules(contract, answer, taken, {"name": "b"}) == [
        "response-schema type",
        "invalid-request-accepted maxLength",
    ]


def test_messages_name_place_value_and_clause(contract: Contract) -> None:
    operation = contract.operation("createThing")
    request = Request("POST", "/things", (_JSON,), b'{"name": "a"}')
    answer = response(201, {"id": 1, "shape": {"radius": "wide"}}, _JSON, _LOCATION)
    (observation,) = Checker(operation).check(Exchange("x", request, answer)).observations
    assert observation.message == (
        'the 201 response has `shape.radius` = "wide"; for circle, the contract says `radius` is a number'
    )


@pytest.mark.parametrize(("explores", "expected"), [(True, []), (False, ["transport-failure disconnect"])])
def test_a_request_that_only_explores_is_blamed_for_nothing(
    contract: Contract, explores: bool, expected: list[str]
) -> None:
    """Where a failure is reduced, the smallest request that shows it is the one that is told."""
    probe = Probe("createThing", "properties", "a failure is reduced", "any", explores=explores)
    assert rules(contract, Failure("disconnect", "the connection was closed"), probe) == expected
