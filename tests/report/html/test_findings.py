"""The order in which the page shows findings."""

from __future__ import annotations

from clausewise.report.html.findings import SEVERAL, grouped
from tests.report.conftest import MakeFinding, MakeRun


def test_the_worst_come_first_and_of_equals_those_of_several_operations(
    make_finding: MakeFinding, make_run: MakeRun
) -> None:
    findings = (
        make_finding(id="1", severity="note", operations=("a", "b")),
        make_finding(id="2", operations=("c",)),
        make_finding(id="3", severity="warning", operations=("d",)),
        make_finding(id="4", severity="warning", operations=("d",), rule="echo-mismatch"),
    )
    assert [group.operation for group in grouped(make_run(findings=findings))] == ["c", "d", SEVERAL]
    several = make_finding(id="5", operations=("a", "b"))
    assert [group.operation for group in grouped(make_run(findings=(*findings, several)))] == [SEVERAL, "c", "d"]
