"""wfc.json: the report of Web Fuzzing Commons."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import jsonschema
import pytest
import yaml

from clausewise.exchange import Exchange, Failure, Probe, Request, Response
from clausewise.report import wfc
from clausewise.results.record import Run
from clausewise.results.rules import RULES
from tests.report.conftest import MakeClause, MakeFinding, MakeRun

_PLACED = "#/paths/~1clusters/post/responses/200"


def commons(file: str) -> str:
    """A file of Web Fuzzing Commons, from its package."""
    return (importlib.resources.files("webfuzzing_commons") / "data" / file).read_text(encoding="utf-8")


def exchange(number: int, status: int | None, operation: str = "createCluster") -> Exchange:
    answer = None if status is None else Response(status, (), b"{}")
    failure = Failure("timeout", "") if status is None else None
    probe = Probe(operation, "clauses", "", "any")
    return Exchange(f"{operation}-{number:04}", Request("POST", "/clusters", (), None), answer, failure, probe)


def written(run: Run, *exchanges: Exchange) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(wfc.render(run, exchanges))
    return report


def test_it_keeps_the_schema_of_web_fuzzing_commons(
    make_run: MakeRun, make_finding: MakeFinding, make_clause: MakeClause
) -> None:
    findings = tuple(make_finding(id=rule, rule=rule) for rule in RULES)
    run = make_run(findings=findings, clauses=(make_clause(id=_PLACED), make_clause(operation="GET /x")))
    report = written(run, exchange(1, 200), exchange(2, None), exchange(3, 599))
    jsonschema.validate(report, yaml.safe_load(commons("report.yaml")))


def test_a_finding_is_a_fault_of_its_category_in_its_operation(
    make_run: MakeRun, make_finding: MakeFinding, make_clause: MakeClause
) -> None:
    run = make_run(findings=(make_finding(),), clauses=(make_clause(id=_PLACED),))
    faults = written(run)["faults"]
    assert faults["totalNumber"] == 1
    (fault,) = faults["foundFaults"]
    assert fault["operationId"] == "POST:/clusters"
    assert fault["testCaseId"] == "createCluster-0001"
    context = "response-schema: `name` has 65 characters (response.200.body.name)"
    assert fault["faultCategories"] == [{"id": "SCHEMA_INVALID_RESPONSE", "code": 200, "context": context}]


@pytest.mark.parametrize(
    ("rule", "code"),
    [("server-error", 100), ("invalid-request-accepted", 206), ("auth-not-enforced", 311), ("slow-response", 900)],
)
def test_categories(rule: str, code: int, make_run: MakeRun, make_finding: MakeFinding) -> None:
    (fault,) = written(make_run(findings=(make_finding(rule=rule),)))["faults"]["foundFaults"]
    assert fault["faultCategories"][0]["code"] == code


def test_each_category_belongs_to_a_rule_and_is_one_of_the_commons() -> None:
    assert wfc.CATEGORIES.keys() <= RULES.keys()
    known = {(each["id"], each["code"]) for each in json.loads(commons("fault_categories.json"))}
    assert set(wfc.CATEGORIES.values()) <= known


def test_one_fault_in_two_operations_is_one_of_the_total(make_run: MakeRun, make_finding: MakeFinding) -> None:
    faults = written(make_run(findings=(make_finding(operations=("a", "b")),)))["faults"]
    assert faults["totalNumber"] == 1
    assert [fault["operationId"] for fault in faults["foundFaults"]] == ["a", "b"]


@pytest.mark.parametrize("fields", [{"state": "waived"}, {"severity": "note"}], ids=["waived", "a note"])
def test_what_is_waived_or_a_note_is_no_fault(
    fields: dict[str, str], make_run: MakeRun, make_finding: MakeFinding
) -> None:
    assert written(make_run(findings=(make_finding(**fields),)))["faults"] == {"totalNumber": 0, "foundFaults": []}


def test_each_status_of_an_operation_is_covered_once(make_run: MakeRun, make_clause: MakeClause) -> None:
    run = make_run(clauses=(make_clause(id=_PLACED),))
    sent = (exchange(1, 200), exchange(2, 200), exchange(3, 404), exchange(4, None), exchange(5, 200, "unknown"))
    report = written(run, *sent)
    covered = report["problemDetails"]["rest"]["coveredHttpStatus"]
    assert [(each["endpointId"], each["testCaseId"], each["httpStatus"]) for each in covered] == [
        ("POST:/clusters", "createCluster-0001", [200]),
        ("POST:/clusters", "createCluster-0003", [404]),
        ("POST:/clusters", "createCluster-0004", []),
    ]
    assert report["problemDetails"]["rest"]["endpointIds"] == ["POST:/clusters"]
    assert [case["id"] for case in report["testCases"]] == [f"createCluster-{n:04}" for n in (1, 3, 4)]
    assert report["creationTime"] == "2030-01-31T12:00:01Z"
