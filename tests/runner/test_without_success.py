"""Operations whose success is no 2xx: a redirect is what they are for; and contracts that document no success."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.options import RunOptions
from clausewise.runner.run import Result, run
from clausewise.runner.targets import mock_target
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_LIMIT = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 9}}


def _document(*statuses: str, **fields: Any) -> dict[str, Any]:
    responses = {status: {"description": ""} for status in statuses}
    return {"paths": {"/go": {"get": {"operationId": "go", **fields, "responses": responses}}}}


def _untested(result: Result) -> list[tuple[str, str]]:
    return [(clause.text, clause.reason) for clause in result.run.clauses if clause.verdict == "untested"]


def _reads_the_limit(call: Call) -> bool:
    written = call.query.removeprefix("limit=")
    return call.query.startswith("limit=") and written.isdigit() and 1 <= int(written) <= 9


def test_a_redirect_that_is_documented_alone_is_the_acceptance(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        return (302, None, {"location": "/elsewhere"}) if _reads_the_limit(call) else (400, None)

    result = drive(compiled(_document("302", "400", parameters=[_LIMIT])), answer)
    assert [finding.message for finding in result.run.findings] == []
    assert _untested(result) == []


def test_a_redirect_for_what_breaks_the_contract_is_no_acceptance_of_it(compiled: Compile) -> None:
    """It may lead back to a form, with a message."""

    def answer(call: Call) -> Answer:
        return (302, None, {"location": "/elsewhere"}) if call.method == "GET" else not_offered("GET")

    result = drive(compiled(_document("302", parameters=[_LIMIT])), answer)
    assert [finding.message for finding in result.run.findings] == []
    reasons = dict(_untested(result))
    assert "redirected (3xx)" in reasons["the query parameter `limit` is required"]


@pytest.mark.parametrize("statuses", [(), ("404",), ("4XX",)], ids=["none", "404", "4XX"])
def test_the_mock_is_not_blamed_for_a_success_that_nobody_documents(
    compiled: Compile, statuses: tuple[str, ...]
) -> None:
    contract = compiled(_document(*statuses))
    result = run(contract, mock_target(contract, 1, 8), RunOptions(seed=1))
    assert [finding.message for finding in result.run.findings] == []
    assert _untested(result) == []

    def answer(call: Call) -> Answer:
        return (200, {}) if call.method == "GET" else not_offered("GET")

    # A server is.
    (finding,) = drive(contract, answer).run.findings
    assert finding.rule == "undocumented-status"


def test_the_mock_answers_with_a_range_that_is_asked_for(compiled: Compile) -> None:
    contract = compiled(_document("2XX", "4XX", "503"))
    result = run(contract, mock_target(contract, 1, 8), RunOptions(seed=1))
    assert [finding.message for finding in result.run.findings] == [] and _untested(result) == []


def test_the_mock_is_not_blamed_for_a_schema_without_values(compiled: Compile) -> None:
    schema = {"type": "string", "minLength": 3, "maxLength": 2}
    document = _document("200")
    document["paths"]["/go"]["get"]["responses"]["200"]["content"] = {"application/json": {"schema": schema}}
    contract = compiled(document)
    result = run(contract, mock_target(contract, 1, 8), RunOptions(seed=1))
    # The document is, once.
    assert [finding.rule for finding in result.run.findings] == ["spec-invalid"]
    assert all("no string was found" in reason for _, reason in _untested(result)) and _untested(result)
