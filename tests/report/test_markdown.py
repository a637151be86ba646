"""summary.md: what people read in a pull request, safe from what a server wrote."""

from __future__ import annotations

import re

import pytest

from clausewise.report import markdown
from clausewise.results.record import ClauseCounts, Coverage, Gate, OperationCounts, ResponseCounts
from tests.report.conftest import MakeClause, MakeFinding, MakeRun


@pytest.mark.parametrize(
    ("gate", "first"),
    [
        pytest.param(Gate(True, ()), "# Passed: Clusters", id="passed"),
        pytest.param(Gate(False, ("too many errors",)), "# Failed: Clusters", id="failed"),
        pytest.param(Gate(True, (), ("nothing was accepted",)), "# Passed: Clusters", id="with a warning"),
    ],
)
def test_the_verdict_comes_first(gate: Gate, first: str, make_run: MakeRun) -> None:
    lines = markdown.render(make_run(gate=gate)).decode().splitlines()
    assert lines[0] == first
    assert {f"- {reason}" for reason in gate.reasons} <= set(lines)
    assert {f"- Warning: {warning}" for warning in gate.warnings} <= set(lines)


def test_the_counts_stand_in_a_table(make_run: MakeRun) -> None:
    assert "| 324 | 312 (96%) | 3 | 9 | 1 of 1 | 410 | 1.2 |" in markdown.render(make_run()).decode()


def test_nearly_all_is_not_all(make_run: MakeRun) -> None:
    counts = Coverage(ClauseCounts(9999, 0, 1, 10000), OperationCounts(1, 1), ResponseCounts(1, 1))
    assert "9999 (99%)" in markdown.render(make_run(coverage=counts)).decode()


def test_findings_stand_under_their_severity(make_run: MakeRun, make_finding: MakeFinding) -> None:
    findings = (make_finding(), make_finding(id="f2", rule="echo-mismatch", severity="warning", state="waived"))
    headings = re.findall(r"^##+ .*$", markdown.render(make_run(findings=findings)).decode(), re.MULTILINE)
    assert headings == ["## Errors", "### response-schema", "## Warnings", "### echo-mismatch (waived)"]


def test_at_most_fifty_findings_are_shown_and_the_rest_counted(make_run: MakeRun, make_finding: MakeFinding) -> None:
    text = markdown.render(make_run(findings=tuple(make_finding(id=str(n)) for n in range(53)))).decode()
    assert text.count("### response-schema") == 50
    assert "3 further findings" in text


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"curl": "x" * 2900}, id="long commands"),
        pytest.param({"curl": "x" * 100_000}, id="commands without end"),
        pytest.param({"message": "<" * 4000}, id="long messages"),
    ],
)
def test_it_fits_a_comment(
    fields: dict[str, str], make_run: MakeRun, make_clause: MakeClause, make_finding: MakeFinding
) -> None:
    findings = tuple(make_finding(id=str(n), **fields) for n in range(60))
    clauses = tuple(
        make_clause(id=f"#/{n}", verdict="untested", reason=f"no request was accepted: {n} {'x' * 900}")
        for n in range(60)
    )
    text = markdown.render(make_run(findings=findings, clauses=clauses)).decode()
    assert len(text) <= 60_100
    shown = text.count("### response-schema")
    assert shown >= 1 and f"{60 - shown} further findings in report.html" in text
    assert "30 further reasons in report.html" in text


def test_what_is_new_comes_before_what_is_known(make_run: MakeRun, make_finding: MakeFinding) -> None:
    known = tuple(make_finding(id=f"k{n}", state="known") for n in range(50))
    text = markdown.render(make_run(findings=(*known, make_finding(id="new", message="a new fault")))).decode()
    assert "a new fault" in text


def test_a_message_cannot_bring_html_or_markup(make_run: MakeRun, make_finding: MakeFinding) -> None:
    hostile = "<img src=x onerror=y> [link](http://x) **b** `c`\n\n# heading\n@everyone ` one backtick"
    text = markdown.render(make_run(findings=(make_finding(message=hostile),))).decode()
    assert "<img" not in text
    assert (
        "&lt;img src=x onerror=y&gt; \\[link\\](http://x) \\*\\*b\\*\\* `c` \\# heading \\@everyone \\` one backtick"
        in text
    )


@pytest.mark.parametrize(("curl", "fence"), [("curl x", "```"), ("curl '```'", "````"), ("curl '`````'", "``````")])
def test_a_fence_is_longer_than_any_run_of_backticks_in_it(
    curl: str, fence: str, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    text = markdown.render(make_run(findings=(make_finding(curl=curl),))).decode()
    assert f"\n{fence}sh\n{curl}\n{fence}\n" in text


def test_operations_that_never_accepted_a_request_come_first(make_run: MakeRun, make_clause: MakeClause) -> None:
    refused = "no request was accepted; the last answer was 400: <b>no</b>"
    clauses = (
        *(make_clause(id=f"#/{n}", verdict="untested", reason="no 409 came") for n in range(3)),
        make_clause(operation="listClusters", verdict="untested", reason=refused, never_accepted=True),
    )
    told = markdown.render(make_run(clauses=clauses)).decode().partition("## Not tested")[2].split("\n")[2:4]
    assert told[0].startswith("- `listClusters`: 1 clause: no request was accepted")
    assert "&lt;b&gt;no" in told[0]
    assert told[1] == "- 3 clauses: no 409 came"


def test_a_place_is_written_as_it_is(make_run: MakeRun, make_finding: MakeFinding) -> None:
    assert "\nAt `openapi/API.yaml:120:9`, " in markdown.render(make_run(findings=(make_finding(),))).decode()
