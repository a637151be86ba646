"""Parameters and headers in every style, in a server of their own: each clause that is not kept is one finding."""

from __future__ import annotations

import pytest

from clausewise.contract.contract import Contract
from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.shelf import DOCUMENT, FAULTS, shelf
from tests.servers.small import Answer, Call, drive, not_offered


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(DOCUMENT)


def found(result: Result) -> list[tuple[str, str | None]]:
    return sorted((each.rule, each.clause) for each in result.run.findings)


def untested(result: Result) -> dict[str, str]:
    return {clause.id: clause.reason for clause in result.run.clauses if clause.verdict == "untested"}


def test_a_server_that_enforces_everything_has_no_finding(contract: Contract) -> None:
    result = drive(contract, shelf())
    assert found(result) == []
    assert untested(result) == {}


def test_every_fault_at_once(contract: Contract) -> None:
    assert found(drive(contract, shelf(FAULTS))) == sorted(FAULTS.values())


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_clause_that_is_not_kept_is_one_finding(contract: Contract, fault: str) -> None:
    assert found(drive(contract, shelf([fault]))) == [FAULTS[fault]]


def test_a_form_that_openapi_leaves_open_may_be_refused(contract: Contract) -> None:
    answer = shelf()
    result = drive(contract, lambda call: (400, None) if "filter" in call.query else answer(call))
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity) == ("valid-request-rejected", "note")
    assert "OpenAPI leaves open how an array or an object is written inside another one" in finding.message


def test_an_accepted_breach_that_is_returned_is_one_finding(compiled: Compile) -> None:
    number = {"type": "integer", "maximum": 9}
    thing = {"type": "object", "properties": {"id": number}}
    operation = {
        "operationId": "get",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": number}],
        "responses": {
            "200": {"description": "it", "content": {"application/json": {"schema": thing}}},
            "400": {"description": "refused"},
        },
    }

    def answer(call: Call) -> Answer:
        written = call.path.rpartition("/")[2]
        if call.method != "GET":
            return not_offered("GET")
        return (200, {"id": int(written)}) if written.lstrip("-").isdecimal() else (400, None)

    result = drive(compiled({"paths": {"/things/{id}": {"get": operation}}}), answer)
    assert [each.rule for each in result.run.findings] == ["invalid-request-accepted"]
