"""How the page arranges findings."""

from __future__ import annotations

from clausewise.report.html.findings import grouped
from tests.report.conftest import MakeFinding, MakeRun


def test_the_worst_come_first_and_those_of_one_rule_have_one_heading(
    make_run: MakeRun, make_finding: MakeFinding
) -> None:
    findings = (
        make_finding(id="1", severity="note", rule="server-error"),
        make_finding(id="2", rule="response-schema", operations=("b",)),
        make_finding(id="3", rule="server-error", state="known"),
        make_finding(id="4", severity="warning", rule="echo-mismatch"),
        make_finding(id="5", rule="server-error", operations=("a", "b")),
        make_finding(id="6", rule="response-schema", operations=("a",)),
    )
    groups = grouped(make_run(findings=findings))
    assert [(group.rule, [one.id for one in group.findings]) for group in groups] == [
        ("server-error", ["5"]),
        ("response-schema", ["2", "6"]),
        ("echo-mismatch", ["4"]),
        ("server-error", ["1"]),
        ("server-error", ["3"]),
    ]
