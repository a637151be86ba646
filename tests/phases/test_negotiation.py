"""Requests that leave the media type to the server get a documented one, as those that name it do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, paths

_MESSAGE = {"application/json": {"schema": {"type": "object", "required": ["message"]}}}
_TEXT = {"content-type": "text/plain"}


@pytest.fixture
def contract(compiled: Compile) -> Contract:
    return _contract(compiled, _MESSAGE)


def _contract(compiled: Compile, content: Any) -> Contract:
    found = paths("GET /things/{id}", "GET /boxes/{id}", "POST /things")
    for path in found.values():
        for operation in path.values():
            answers = {status: {"description": "", "content": content} for status in ("200", "400", "404")}
            operation["responses"] = answers
    return compiled({"paths": found})


def _server(choose: Callable[[Call, int], bool]) -> Callable[[Call], Answer]:
    """A correct server, but for answers that are text where `choose` says so of a call and a status."""

    def answer(call: Call) -> Answer:
        if call.method != ("POST" if call.path == "/things" else "GET"):
            return 405, None, {"allow": "POST" if call.path == "/things" else "GET"}
        if call.method == "POST":
            name = call.body.get("name") if isinstance(call.body, dict) else None
            json = call.headers.get("content-type") == "application/json"
            status = 200 if json and isinstance(name, str) and len(name) <= 40 else 400
        else:
            status = 200 if call.path.rpartition("/")[2].isalnum() else 404
        if choose(call, status):
            return status, b"it is so", _TEXT
        return status, {"message": "it is so"}

    return answer


def _names_json(call: Call) -> bool:
    return "json" in call.headers.get("accept", "")


@pytest.mark.parametrize(
    ("choose", "where"),
    [
        (lambda call, status: status == 404 and not _names_json(call), "`Accept` is `*/*`"),
        (lambda call, status: not _names_json(call), "`Accept` is `*/*`"),
        (lambda call, _: "accept" not in call.headers, "no `Accept` is sent"),
        (lambda call, status: status == 400 and call.headers.get("accept") == "*/*", "`Accept` is `*/*`"),
    ],
    ids=["errors", "every answer", "without Accept alone", "with any type alone"],
)
def test_a_server_that_sends_another_type_is_one_finding(contract: Contract, choose: Any, where: str) -> None:
    (finding,) = drive(contract, _server(choose), phases=("baseline", "clauses")).run.findings
    assert finding.rule == "undocumented-content-type"
    assert "has the media type text/plain" in finding.message
    assert f"where {where}; the contract documents application/json" in finding.message
    assert finding.curl is not None and ("-H Accept:" if where.startswith("no") else "'Accept: */*'") in finding.curl


def test_one_that_always_sends_json_gives_none(contract: Contract) -> None:
    assert not drive(contract, _server(lambda *_: False)).run.findings


def test_nor_one_whose_contract_documents_both_types(compiled: Compile) -> None:
    contract = _contract(compiled, {**_MESSAGE, "text/plain": {}})
    assert not drive(contract, _server(lambda call, _: not _names_json(call))).run.findings


def test_a_type_that_is_always_wrong_is_told_once(contract: Contract) -> None:
    """It has nothing to do with `Accept`."""
    (finding,) = drive(contract, _server(lambda _, status: status == 404)).run.findings
    assert finding.rule == "undocumented-content-type" and "Accept" not in finding.message


def test_a_type_that_is_always_wrong_is_told_once_whichever_of_two_types_is_asked_for(compiled: Compile) -> None:
    contract = _contract(compiled, {**_MESSAGE, "application/xml": {}})
    findings = drive(contract, _server(lambda _, status: status == 200)).run.findings
    assert [finding.rule for finding in findings].count("undocumented-content-type") == 1


def test_who_decides_what_every_request_accepts_is_obeyed(contract: Contract) -> None:
    seen: list[str] = []

    def answer(call: Call) -> Answer:
        seen.append(call.headers.get("accept", ""))
        return _server(lambda *_: False)(call)

    drive(contract, answer, headers=(("Accept", "application/vnd.things+json"),), phases=("baseline", "clauses"))
    assert all("application/vnd.things+json" in accept for accept in seen)


def test_an_operation_that_accepts_nothing_is_asked_as_well(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return 405, None, {"allow": "GET"}
        return (404, {"message": "not here"}) if _names_json(call) else (404, b"not here", _TEXT)

    found = paths("GET /things/{id}")
    found["/things/{id}"]["get"]["responses"] = {
        "200": {"description": ""},
        "404": {"description": "", "content": _MESSAGE},
    }
    (finding,) = drive(compiled({"paths": found}), answer, phases=("baseline", "clauses")).run.findings
    assert finding.rule == "undocumented-content-type" and "where `Accept` is `*/*`" in finding.message


def _graph(compiled: Compile) -> Contract:
    found = paths("GET /graph")
    found["/graph"]["get"]["responses"] = {
        "200": {"description": "", "content": _MESSAGE},
        "400": {"description": "", "content": _MESSAGE},
        "401": {"description": ""},
    }
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    return compiled({"paths": found, "components": {"securitySchemes": schemes}, "security": [{"key": []}]})


def _page(call: Call, *, guarded: bool, reads: bool) -> Answer:
    """A page for browsers beside the API, which `reads` what it is asked or refuses it."""
    if call.method != "GET":
        return 405, None, {"allow": "GET"}
    if call.headers.get("x-key") != "open-sesame" and (guarded or _names_json(call)):
        return 401, None
    if not _names_json(call):
        return 200, b"<h1>Ask</h1>", {"content-type": "text/html"}
    return (200, {"message": "it is so"}) if reads else (400, {"message": "no query"})


@pytest.mark.parametrize("reads", [True, False], ids=["accepted", "refused"])
@pytest.mark.parametrize("guarded", [False, True], ids=["open", "guarded"])
def test_what_answers_to_another_accept_lets_nobody_in(compiled: Compile, reads: bool, guarded: bool) -> None:
    result = drive(
        _graph(compiled),
        lambda call: _page(call, guarded=guarded, reads=reads),
        headers=(("X-Key", "open-sesame"),),
        phases=("baseline", "clauses"),
    )
    found = {finding.rule: finding for finding in result.run.findings}
    refused = () if reads else ("valid-request-rejected",)
    assert found.keys() == {"undocumented-content-type", *refused, *(() if guarded else ("auth-not-enforced",))}
    if not guarded:
        assert "no credentials are sent, and `Accept` is `*/*`" in found["auth-not-enforced"].message
