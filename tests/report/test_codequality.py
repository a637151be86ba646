"""gl-code-quality-report.json: what GitLab shows in a merge request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.report import codequality
from clausewise.results.record import Run
from tests.report.conftest import MakeFinding, MakeRun


def issues(run: Run) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(codequality.render(run))
    return told


def test_a_finding_is_an_issue_at_its_line(make_run: MakeRun, make_finding: MakeFinding) -> None:
    assert issues(make_run(findings=(make_finding(),))) == [
        {
            "description": "`name` has 65 characters (12 times)",
            "check_name": "response-schema",
            "fingerprint": "f1",
            "severity": "major",
            "location": {"path": "openapi/API.yaml", "lines": {"begin": 120}},
        }
    ]


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"rule": "server-error"}, "critical"),
        ({"severity": "error"}, "major"),
        ({"severity": "warning"}, "minor"),
        ({"severity": "note"}, "info"),
    ],
)
def test_severities_are_gitlabs(
    fields: dict[str, str], severity: str, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    (issue,) = issues(make_run(findings=(make_finding(**fields),)))
    assert issue["severity"] == severity


def test_what_is_waived_is_left_out_and_what_is_known_is_compared(make_run: MakeRun, make_finding: MakeFinding) -> None:
    findings = (make_finding(id="w", state="waived"), make_finding(id="k", state="known"))
    assert [issue["fingerprint"] for issue in issues(make_run(findings=findings))] == ["k"]


def test_a_finding_without_a_place_stands_at_the_start_of_the_document(
    make_run: MakeRun, make_finding: MakeFinding
) -> None:
    (issue,) = issues(make_run(findings=(make_finding(location=None),)))
    assert issue["location"] == {"path": "openapi/API.yaml", "lines": {"begin": 1}}
