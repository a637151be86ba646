"""`Allow` in a 405 answer: what is missing or wrong is one note for the whole server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_OFFERED = {"/things": ("POST", "GET"), "/things/1": ("GET", "PUT", "DELETE")}
_DOCUMENT = paths("POST /things", "GET /things", "GET /things/{id}", "PUT /things/{id}", "DELETE /things/{id}")


def _notes(compiled: Compile, fields: Any, document: Any = _DOCUMENT) -> list[tuple[str, int]]:
    """The notes on `Allow` of a server that gives its 405 answers the headers of `fields(method, is a collection)`."""
    shelves = Shelves()

    def answer(call: Call) -> Answer:
        collection = call.path == "/things"
        if call.method in _OFFERED["/things" if collection else "/things/1"]:
            return shelves(call)
        return 405, {"message": "not offered"}, fields(call.method, collection)

    result = drive(compiled({"paths": document}), answer, phases=("baseline", "clauses"))
    found = [finding for finding in result.run.findings if finding.rule == "allow-header"]
    return [(finding.message, len(finding.operations)) for finding in found]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(lambda *_: {}, "PUT /things was answered 405 without `Allow`", id="missing"),
        pytest.param(lambda *_: {"allow": ""}, "PUT /things was answered 405 and allows nothing; "
            "the contract documents GET, POST as well", id="empty"),
        pytest.param(lambda *_: {"allow": "GET"}, "PUT /things was answered 405 and allows GET; "
            "the contract documents POST as well", id="one route of the path alone"),
        pytest.param(lambda *_: {"allow": "GET, PUT, POST, DELETE, PATCH"}, "PUT /things was answered 405 with "
            "`Allow: GET, PUT, POST, DELETE, PATCH`, which names PUT", id="every method there is"),
    ],
)  # fmt: skip
def test_it_is_one_note_for_the_whole_server(compiled: Compile, fields: Any, message: str) -> None:
    assert _notes(compiled, fields) == [(message, 2)]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(", ", id="a list"),
        pytest.param(",", id="without blanks"),
        pytest.param(" , ,", id="with empty elements"),
    ],
)
def test_a_correct_one_is_no_finding(compiled: Compile, written: str) -> None:
    def fields(_: str, collection: bool) -> dict[str, str]:
        return {"allow": written.join((*_OFFERED["/things" if collection else "/things/1"], "HEAD", "OPTIONS"))}

    assert not _notes(compiled, fields)


def test_whoever_names_get_has_named_head(compiled: Compile) -> None:
    document = paths("GET /things", "POST /things", "HEAD /things")
    assert not _notes(compiled, lambda *_: {"allow": "GET, POST"}, document)


@pytest.mark.parametrize("allowed", ["GET, DELETE", "GET"], ids=["those of both", "its own"])
def test_a_path_may_be_two(compiled: Compile, allowed: str) -> None:
    """`/things/mine` is a path of its own, and also one of `/things/{id}`: a server may give it the methods of both."""
    document = paths("GET /things/mine", "GET /things/{id}", "DELETE /things/{id}")

    def answer(call: Call) -> Answer:
        if call.method == "GET":
            return 200, {"id": "mine"}
        mine = call.path == "/things/mine"
        if call.method == "DELETE" and not (mine and allowed == "GET"):
            return 204, None
        return 405, None, {"allow": allowed if mine else "GET, DELETE"}

    assert not drive(compiled({"paths": document}), answer, phases=("baseline", "clauses")).run.findings
