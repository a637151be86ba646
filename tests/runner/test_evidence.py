"""A request clause is upheld by a refusal that can be its own, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clausewise.transport import base
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive

_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "maximum": 10}}
_BODY = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 5}}, "required": ["text"]}
_ANSWERS = {"200": {"description": "ok"}, "default": {"description": "other"}}


def document() -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": _BODY}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/notes": {
                "get": {"operationId": "list", "parameters": [_LIMIT], "responses": _ANSWERS},
                "post": {"operationId": "add", "requestBody": body, "responses": _ANSWERS},
            },
            "/notes/{id}": {"get": {"operationId": "read", "parameters": [_ID], "responses": _ANSWERS}},
        },
    }


def is_valid(call: Call) -> bool:
    if call.method == "POST":
        text = call.body.get("text") if isinstance(call.body, dict) else None
        return call.headers.get("content-type") == "application/json" and isinstance(text, str) and len(text) <= 5
    number = call.path.removeprefix("/notes/") if call.path != "/notes" else call.query.removeprefix("limit=") or "1"
    return number.lstrip("-").isdecimal() and int(number) <= 10


def refusing_with(status: int) -> Callable[[Call], Answer]:
    """A server that keeps every clause, and refuses with `status`."""

    def answer(call: Call) -> Answer:
        if call.method not in (("GET",) if call.path != "/notes" else ("GET", "POST")):
            return 405, None
        return (200, {}) if is_valid(call) else (status, None)

    return answer


BODY = ("request.body.text maxLength", "request.body.text required", "request.body content")
QUERY = ("request.query.limit maximum",)
PATH = ("request.path.id maximum",)


@pytest.mark.parametrize(
    ("status", "upheld"),
    [
        (400, {*BODY, *QUERY, *PATH}),
        (422, {*BODY, *QUERY, *PATH}),
        (404, {*PATH}),
        (401, set()),
        (403, set()),
        (409, set()),
        (410, set()),
        (302, set()),
    ],
)
def test_the_status_of_a_refusal_decides_what_it_shows(compiled: Compile, status: int, upheld: set[str]) -> None:
    result = drive(compiled(document()), refusing_with(status))
    verdicts = {f"{one.where} {one.keyword}": one for one in result.run.clauses}
    looked_at = {name: verdicts[name] for name in (*BODY, *QUERY, *PATH)}
    assert {name for name, one in looked_at.items() if one.verdict == "upheld"} == upheld
    reasons = [one.reason for one in looked_at.values() if one.verdict == "untested"]
    assert all(reason.endswith("that is no refusal of the breach") for reason in reasons)
    assert verdicts["request.method methods"].verdict == "upheld"


def test_a_breach_that_is_accepted_is_found_among_refusals_that_show_nothing(compiled: Compile) -> None:
    def careless(call: Call) -> Answer:
        if call.method == "POST" and isinstance(call.body, dict) and isinstance(call.body.get("text"), str):
            return 200, {}
        return refusing_with(401)(call)

    found = {(one.rule, one.where) for one in drive(compiled(document()), careless).run.findings}
    assert ("invalid-request-accepted", "request.body.text") in found


def test_an_answer_that_is_too_large_to_be_read_is_not_judged(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MAX_BODY", 1_000)
    schema = {"type": "array", "items": {"type": "integer"}}
    answers = {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}
    contract = compiled({"paths": {"/numbers": {"get": {"operationId": "list", "responses": answers}}}})
    result = drive(contract, lambda call: (200, [7] * 1_000), phases=("baseline",))
    assert result.run.findings == ()
    of_body = {one.keyword: one for one in result.run.clauses if one.where.startswith("response.200.body")}
    assert {one.verdict for name, one in of_body.items() if name != "content"} == {"untested"}
    assert of_body["type"].reason == "a 200 response has 3,000 bytes, of which 1,000 are read"
    (exchange,) = [one for one in result.exchanges if one.response is not None]
    assert exchange.response is not None and (len(exchange.response.body), exchange.response.cut) == (1_000, 2_000)
