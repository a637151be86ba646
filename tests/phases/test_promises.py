"""Work that is answered with 202: where the answer leads, and every state that is shown there."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_STATES = ["waiting", "running", "done"]
_JOB = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {"id": {"type": "string"}, "status": {"type": "string", "enum": _STATES}},
}
_SHOWN = {"description": "", "content": {"application/json": {"schema": _JOB}}}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z0-9]+$"}}
_BODY = {"type": "object", "required": ["rows"], "properties": {"rows": {"type": "integer", "minimum": 1}}}


def document(started: dict[str, Any]) -> dict[str, Any]:
    responses = {"202": {"description": "", **started}, "400": {"description": ""}, "415": {"description": ""}}
    body = {"required": True, "content": {"application/json": {"schema": _BODY}}}
    start = {"operationId": "start", "requestBody": body, "responses": responses}
    read = {"operationId": "job", "responses": {"200": _SHOWN, "404": {"description": ""}}}
    return {"paths": {"/exports": {"post": start}, "/jobs/{id}": {"parameters": [_ID], "get": read}}}


class Exports:
    """A job is waiting, then running, and done when it was read twice."""

    def __init__(self, *, states: list[str] = _STATES, header: str = "Location", to: str = "", told: bool = False):
        self._states, self._header, self._to, self._told = states, header, to, told
        self._read: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        if call.method != ("POST" if call.path == "/exports" else "GET"):
            return not_offered("POST" if call.path == "/exports" else "GET")
        if call.path == "/exports":
            if call.headers.get("content-type") != "application/json":
                return 415, {}
            rows = call.body.get("rows") if isinstance(call.body, dict) else None
            if not isinstance(rows, int) or isinstance(rows, bool) or rows < 1:
                return 400, {}
            key = f"j{next(self._numbers)}"
            self._read[key] = 0
            fields = {self._header.lower(): self._to or f"/jobs/{key}"} if self._header else {}
            return 202, {"id": key, "status": self._states[0]} if self._told else None, fields
        key = call.path.removeprefix("/jobs/")
        if key not in self._read:
            return 404, {}
        self._read[key] += 1
        return 200, {"id": key, "status": self._states[min(self._read[key], len(self._states)) - 1]}


def found(compiled: Compile, server: Exports, started: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    contract = compiled(document(started or {}))
    run = drive(contract, server, phases=("baseline", "clauses")).run
    return [(finding.rule, finding.severity, finding.message) for finding in run.findings]


_LINK = {"links": {"job": {"operationId": "job", "parameters": {"id": "$response.body#/id"}}}}


@pytest.mark.parametrize(
    ("server", "started"),
    [
        ({"header": "Location"}, {}),
        ({"header": "Operation-Location"}, {}),
        ({"header": "", "told": True}, {**_SHOWN, **_LINK}),
    ],
    ids=["Location", "Operation-Location", "link"],
)
def test_the_last_state_is_judged(compiled: Compile, server: dict[str, Any], started: dict[str, Any]) -> None:
    assert found(compiled, Exports(**server), started) == []
    ((rule, severity, message),) = found(compiled, Exports(states=["waiting", "running", "ready"], **server), started)
    assert (rule, severity) == ("response-schema", "error")
    assert "ready" in message


def test_an_address_that_leads_to_nothing_is_a_warning(compiled: Compile) -> None:
    ((rule, severity, message),) = found(compiled, Exports(to="/jobs/latest"))
    assert (rule, severity) == ("wrong-location", "warning")
    assert message == "start answered 202 with `Location: /jobs/latest`, where job answered 404"


def test_an_address_elsewhere_is_not_followed(compiled: Compile) -> None:
    assert found(compiled, Exports(to="https://elsewhere.example/jobs/1")) == []
