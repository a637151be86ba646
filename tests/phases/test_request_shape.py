"""Odd credentials and bodies, and methods that are not offered, also where nothing is accepted."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs

import pytest

from clausewise.contract.contract import Contract
from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_SCHEMES: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "query", "name": "key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    "login": {"type": "http", "scheme": "basic"},
    "token": {"type": "http", "scheme": "bearer"},
}

_HEADERS = (("Authorization", "Bearer of-a-reader"),)


def _document(*names: str, methods: tuple[str, ...] = ("get",)) -> dict[str, Any]:
    answers = {status: {"description": ""} for status in ("200", "400", "401", "404", "405")}
    operation = {"security": [{name: []} for name in ("token", *names)], "responses": answers}
    paths = {
        path: {method: {"operationId": f"{method}{path}", **operation} for method in methods}
        for path in ("/cats", "/dogs", "/lost")
    }
    document = {"openapi": "3.1.0", "info": {"title": "guarded", "version": "1"}, "paths": paths}
    return document | {"components": {"securitySchemes": _SCHEMES}}


def _reads(call: Call) -> bool:
    """Whether a caller may read; raises ValueError where credentials cannot be read."""
    for key in parse_qs(call.query).get("key", ()):
        key.encode("latin-1")
    for cookie in call.headers.get("cookie", "").split("; "):
        if "%" in cookie:
            raise ValueError("an escaped cookie")
    kind, _, value = call.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        base64.b64decode(value, validate=True).decode().split(":")
    return (kind, value) == ("Bearer", "of-a-reader")


def _server(*, fails: bool) -> Any:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        try:
            reads = _reads(call)
        except ValueError:
            return (500, {"message": "oops"}) if fails else (401, {"message": "these are no credentials"})
        if not reads:
            return 401, {"message": "who is this?"}
        return (404, {"message": "nothing is here"}) if call.path == "/lost" else (200, {"done": True})

    return answer


def found(result: Result) -> list[tuple[str, int]]:
    return [(finding.rule, len(finding.operations)) for finding in result.run.findings]


@pytest.mark.parametrize("scheme", ["key", "session", "login"])
def test_a_server_that_fails_on_odd_credentials_has_one_finding(compiled: Compile, scheme: str) -> None:
    contract: Contract = compiled(_document(scheme))
    assert found(drive(contract, _server(fails=True), headers=_HEADERS)) == [("server-error", 3)]
    assert found(drive(contract, _server(fails=False), headers=_HEADERS)) == []


def test_methods_are_tried_where_nothing_is_accepted(compiled: Compile) -> None:
    contract: Contract = compiled(_document(methods=("get", "put")))

    def answer(allowed: tuple[str, ...], call: Call) -> Answer:
        if call.method not in ("GET", "PUT"):
            return not_offered(*allowed)
        if not _reads(call):
            return 401, {"message": "who is this?"}
        return (404, {"message": "nothing is here"}) if call.path == "/lost" else (200, {"done": True})

    right = drive(contract, lambda call: answer(("GET", "PUT"), call), headers=_HEADERS)
    wrong = drive(contract, lambda call: answer(("GET",), call), headers=_HEADERS)
    assert found(right) == []
    assert found(wrong) == [("allow-header", 3)]


@pytest.mark.parametrize(("status", "rules"), [(500, ["server-error"]), (400, [])])
def test_a_body_that_is_no_utf_8_is_sent(compiled: Compile, status: int, rules: list[str]) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {status: {"description": ""} for status in ("200", "400", "405")},
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/cats": {"post": operation}}}

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if b"\xff" in call.content:
            return status, {"message": "what is this?"}
        right = isinstance(call.body, dict) and isinstance(call.body.get("name"), str)
        right = right and call.headers.get("content-type") == "application/json"
        return (200, {"done": True}) if right else (400, {"message": "a name is wanted"})

    assert [finding.rule for finding in drive(compiled(document), answer).run.findings] == rules
