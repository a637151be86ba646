"""The coverage of a session of tests: a table, then what was found, of which a server may have written a part."""

from __future__ import annotations

from clausewise.report import coverage_text, terminal
from clausewise.results.record import Run
from tests.report.conftest import MakeClause, MakeFinding, MakeRun


def printed(run: Run, *, brief: bool = False) -> list[str]:
    return terminal.text(coverage_text.lines(run, brief=brief), color=False).splitlines()


def test_operations_that_no_test_has_met_are_only_counted(make_run: MakeRun, make_clause: MakeClause) -> None:
    clauses = (
        make_clause(operation="createCluster", verdict="upheld", tried=3),
        make_clause(operation="createCluster", verdict="violated", tried=1),
        make_clause(operation="listClusters", verdict="untested", tried=0),
    )
    table = printed(make_run(clauses=clauses))
    assert table == [
        "Operation      Clauses  Upheld  Violated  Untested  Cover",
        "-" * 58,
        "createCluster        2       1         1         0    50%",
        "1 of 2 operations was called by no test",
        "TOTAL              324     312         3         9    96%",
    ]
    assert [line.split()[0] for line in printed(make_run(clauses=clauses), brief=True) if line[0] != "-"] == [
        "Operation",
        "TOTAL",
    ]


def test_a_finding_is_one_line_of_mere_text(make_run: MakeRun, make_finding: MakeFinding) -> None:
    finding = make_finding(message="a\x1b[2J\nb", state="known", count=1)
    assert printed(make_run(findings=(finding,)))[-1] == (
        "openapi/API.yaml:120:9: error: a b (once, known) [response-schema]"
    )
