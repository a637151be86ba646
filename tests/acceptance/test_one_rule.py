"""One rule of a server, which all of its operations go through, is one finding; two rules stay two."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, not_offered, paths

#: the members of what each path takes; their names are words of some refusals
_TAKES = {"/notes": ["format", "text"], "/events": ["version", "received"], "/marks": ["size"]}


def _document() -> dict[str, Any]:
    version = {"name": "X-Api-Version", "in": "header", "schema": {"type": "string"}}
    return {
        "paths": {
            path: {
                "post": {
                    "parameters": [version],
                    "requestBody": {
                        "content": {"application/json": {"schema": {"properties": {name: {} for name in members}}}}
                    },
                    "responses": {"200": {"description": ""}},
                }
            }
            for path, members in _TAKES.items()
        }
    }


@pytest.mark.parametrize(
    ("sentence", "findings"),
    [
        pytest.param("Invalid X-API-VERSION header format: x.y.z is expected, received {}", 1, id="of all operations"),
        pytest.param("Invalid X-API-VERSION of {path}, received {}", 3, id="of each operation"),
        pytest.param(None, 0, id="none"),
    ],
)
def test_a_check_of_a_header_is_one_undocumented_status(compiled: Compile, sentence: str | None, findings: int) -> None:
    def answer(call: Call) -> Answer:
        sent = call.headers.get("x-api-version")
        if call.method != "POST":
            return not_offered("POST")
        if sentence is None or sent is None or re.fullmatch(r"\d+\.\d+\.\d+", sent):
            return 200, None
        words = {"/notes": "the notebook", "/events": "a calendar", "/marks": "this ruler"}[call.path]
        return 400, {"detail": sentence.format(sent, path=words)}

    found = drive(compiled(_document()), answer, phases=("baseline", "pairs")).run.findings
    assert len([finding for finding in found if finding.rule == "undocumented-status"]) == findings


@pytest.mark.parametrize(("status", "findings"), [(503, 1), (500, 3)])
def test_a_server_that_is_overloaded_is_one_finding(compiled: Compile, status: int, findings: int) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        return status, {"message": "Service Unavailable" if status == 503 else "Internal Server Error"}

    found = drive(compiled(_document()), answer, phases=("baseline",)).run.findings
    assert len([finding for finding in found if finding.rule == "server-error"]) == findings


@pytest.mark.parametrize("crashes", [True, False])
def test_a_crash_on_ids_that_were_never_made_is_one_finding(compiled: Compile, crashes: bool) -> None:
    """Whether the id is a plain word, or one like those that the server makes."""
    document = {"paths": paths("POST /cats", "GET /cats/{id}", "DELETE /cats/{id}", "POST /cats/{id}/naps")}
    shelves = Shelves()

    def answer(call: Call) -> Answer:
        if re.fullmatch("/cats/[^/]+/naps", call.path):
            if call.method != "POST":
                return not_offered("POST")
            if call.path.removesuffix("/naps") in shelves.kept:
                return 200, {"asleep": True}
            return (500, {"message": "Internal Server Error"}) if crashes else (404, {"message": "no such cat"})
        return shelves.answer(call)

    found = drive(compiled(document), answer).run.findings
    assert [finding.operations for finding in found if finding.rule == "server-error"] == (
        [("POST /cats/{id}/naps",)] if crashes else []
    )
