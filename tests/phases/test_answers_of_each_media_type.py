"""Where several media types of an answer are documented, each is asked for, and judged by its own schema."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_DOCUMENT = {"paths": {"/pet": {"get": {"operationId": "get", "responses": {
    "200": {"description": "", "content": {
        "application/json": {"schema": {"type": "object", "required": ["id"]}},
        "application/xml": {"schema": {
            "type": "object", "xml": {"name": "pet"}, "required": ["id"], "properties": {"id": {"type": "integer"}},
        }},
        "text/plain": {"schema": {"type": "string", "maxLength": 3}},
    }},
    "405": {"description": ""},
}}}}}  # fmt: skip
_RIGHT = {"application/json": b'{"id": 1}', "application/xml": b"<pet><id>1</id></pet>", "text/plain": b"one"}


def _server(bodies: dict[str, bytes]) -> Any:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        kind = next((kind for kind in bodies if kind in call.headers.get("accept", "")), "application/json")
        return 200, bodies[kind], {"content-type": kind}

    return answer


def test_an_innocent_server_keeps_every_clause_of_its_answers(compiled: Compile) -> None:
    result = drive(compiled(_DOCUMENT), _server(_RIGHT))
    assert not result.run.findings
    answers = [clause for clause in result.run.clauses if clause.direction == "response" and ".200" in clause.where]
    assert {clause.verdict for clause in answers} == {"upheld"}


@pytest.mark.parametrize(
    ("media_type", "body", "fault"),
    [
        ("application/xml", b"<pet><id>one</id></pet>", "`id` is an integer"),
        ("application/xml", b"<dog><id>1</id></dog>", "its root element is `dog`"),
        ("application/xml", b"<pet>", "is not XML"),
        ("text/plain", b"three", "at most 3 characters"),
    ],
)
def test_what_is_wrong_in_one_of_them_is_found(compiled: Compile, media_type: str, body: bytes, fault: str) -> None:
    result = drive(compiled(_DOCUMENT), _server({**_RIGHT, media_type: body}))
    (finding,) = result.run.findings
    assert fault in finding.message


def test_a_server_that_ignores_what_is_asked_for_is_one_finding(compiled: Compile) -> None:
    always_json = dict.fromkeys(("application/json",), _RIGHT["application/json"])
    (finding,) = drive(compiled(_DOCUMENT), _server(always_json)).run.findings
    assert (finding.rule, finding.severity) == ("accept-ignored", "warning")
    assert "get answered 200 with application/json, although `Accept` was " in finding.message
