"""The lines of a run: findings in the form of compilers, commands that can be copied, the verdict last."""

from __future__ import annotations

import pytest

from clausewise.report import run_text, terminal
from clausewise.results.record import Gate, Run
from tests.report.conftest import MakeClause, MakeFinding, MakeRun


def printed(run: Run, verbose: int = 0, *, color: bool = False, left: dict[str, int] | None = None) -> str:
    return terminal.text(run_text.lines(run, verbose, left or {}), color=color)


def test_a_finding_names_severity_rule_and_place(make_run: MakeRun, make_finding: MakeFinding) -> None:
    lines = printed(make_run(findings=(make_finding(),))).splitlines()
    assert lines[0] == "error openapi/API.yaml:120:9 [response-schema]"
    assert lines[1] == "  `name` has 65 characters"
    assert "createCluster" in lines[2]
    assert "12 times" in lines[2]


def test_a_finding_names_the_trace_that_its_request_was_sent_in(make_run: MakeRun, make_finding: MakeFinding) -> None:
    assert "  trace 4bf92f3577b34da6\n" in printed(make_run(findings=(make_finding(trace="4bf92f3577b34da6"),)))
    assert "trace" not in printed(make_run(findings=(make_finding(),)))


def test_a_command_is_whole_where_no_width_is_given(make_run: MakeRun, make_finding: MakeFinding) -> None:
    curl = "curl -d '" + "x  y " * 100 + "\n'"
    assert f"    {curl}\n" in printed(make_run(findings=(make_finding(curl=curl),)))


@pytest.mark.parametrize(
    ("curl", "shown"),
    [
        pytest.param("curl -d 1234567", "    curl -d 1234567", id="one that fits"),
        pytest.param("curl -d 12345678", "    curl -d 1234...", id="one that is too long"),
        pytest.param("curl -d '\n'", "    curl -d ' '...", id="one of several lines"),
    ],
)
def test_a_command_is_cut_to_one_line(curl: str, shown: str, make_run: MakeRun, make_finding: MakeFinding) -> None:
    run = make_run(findings=(make_finding(curl=curl),))
    assert shown in terminal.text(run_text.lines(run, 0, width=19), color=False).splitlines()


def test_what_does_not_count_is_a_line_each_below_what_does(make_run: MakeRun, make_finding: MakeFinding) -> None:
    findings = (
        make_finding(id="w", state="waived", waiver="see ticket 4711 (until 2030-06-30)"),
        make_finding(id="k", state="known"),
        make_finding(),
    )
    lines = printed(make_run(findings=findings)).splitlines()
    where = "openapi/API.yaml:120:9 `name` has 65 characters"
    start = lines.index(f"known: {where} [response-schema]")
    assert lines[0] == "error openapi/API.yaml:120:9 [response-schema]"
    assert lines[start + 1] == f"waived: {where} (see ticket 4711 (until 2030-06-30)) [response-schema]"
    assert lines[start + 3] == "what a rule means, how to fix and to waive it: clausewise explain response-schema"


def test_many_findings_are_counted_by_rule_before_they_are_listed(make_run: MakeRun, make_finding: MakeFinding) -> None:
    few = tuple(make_finding(id=str(n)) for n in range(10))
    assert "new findings:" not in printed(make_run(findings=few))
    many = (
        *few,
        make_finding(id="c", rule="server-error"),
        make_finding(id="n", severity="note", rule="server-error"),
        make_finding(id="k", state="known"),
    )
    assert printed(make_run(findings=many)).splitlines()[:6] == [
        "12 new findings:",
        "  1 error: the server answered with a 5xx status [server-error]",
        "  10 errors: a response body breaks a clause of its schema [response-schema]",
        "  1 note: the server answered with a 5xx status [server-error]",
        "",
        "error openapi/API.yaml:120:9 [server-error]",
    ]


def test_with_v_a_finding_has_its_id_and_a_reason_its_operations(
    make_run: MakeRun, make_finding: MakeFinding, make_clause: MakeClause
) -> None:
    clauses = tuple(
        make_clause(id=f"#/{n}", operation=name, verdict="untested", reason="no 409 came")
        for n, name in enumerate(("b", "a", "b"))
    )
    run = make_run(findings=(make_finding(id="0a1b2c"),), clauses=clauses)
    assert "  3 clauses: no 409 came\n" in printed(run)
    assert "  3 clauses: no 409 came (of b, a)\n" in printed(run, 1)
    assert "  finding 0a1b2c\n" in printed(run, 1)


def test_where_only_the_verdict_is_asked_for_new_findings_are_named(
    make_run: MakeRun, make_finding: MakeFinding
) -> None:
    findings = (*(make_finding(id=str(n)) for n in range(12)), make_finding(id="k", state="known"))
    lines = terminal.text(run_text.new_findings(make_run(findings=findings)), color=False).splitlines()
    assert lines[0] == "new: error openapi/API.yaml:120:9 `name` has 65 characters [response-schema]"
    assert (len(lines), lines[-1]) == (11, "new: 2 further findings")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param("[bold]x[/bold] [/]", "[bold]x[/bold] [/]", id="rich markup"),
        pytest.param("a\x1b[31mred\x1b[0m", "ared", id="colours"),
        pytest.param("a\x1b]0;title\x07b", "ab", id="window title"),
        pytest.param("a\x1b]0;title without end", "a0;title without end", id="window title without end"),
        pytest.param("a\x9b2Jb", "ab", id="eight-bit commands"),
        pytest.param("a\u202eb\u2066c", "abc", id="direction marks"),
        pytest.param("a\r\nb\x00\x08c", "a bc", id="control characters"),
        pytest.param(":warning:", ":warning:", id="emoji codes"),
    ],
)
def test_what_a_server_wrote_is_only_text(
    hostile: str, shown: str, make_run: MakeRun, make_finding: MakeFinding
) -> None:
    lines = printed(make_run(findings=(make_finding(message=hostile),))).splitlines()
    assert lines[1] == f"  {shown}"


def test_one_line_of_coverage_and_the_verdict_end_it(make_run: MakeRun) -> None:
    assert printed(make_run(gate=Gate(True, ()))).splitlines() == [
        "clauses: 312 upheld, 3 violated, 9 untested of 324 (96%); operations accepted 1 of 1; 410 requests in 1.2 s",
        "PASSED",
    ]


def test_a_run_that_no_gate_judged_fails_by_its_findings(make_run: MakeRun, make_finding: MakeFinding) -> None:
    assert printed(make_run(gate=None)).splitlines()[-1] == "PASSED"
    assert printed(make_run(gate=None, findings=(make_finding(),))).splitlines()[-1] == "FAILED: 1 finding"


def test_each_reason_to_fail_is_a_line_at_the_end(make_run: MakeRun) -> None:
    lines = printed(make_run(gate=Gate(False, ("one", "two")))).splitlines()
    assert lines[-2:] == ["FAILED: one", "FAILED: two"]


def test_colours_are_there_only_when_wanted(make_run: MakeRun, make_finding: MakeFinding) -> None:
    run = make_run(findings=(make_finding(),), gate=Gate(False, ("one",)))
    assert printed(run, color=True).startswith("\x1b[1;31merror\x1b[0m")
    assert "\x1b" not in printed(run)


@pytest.mark.parametrize(("verbose", "reasons", "rest"), [(0, 10, True), (1, 13, False)])
def test_without_v_ten_reasons_are_shown_and_the_rest_counted(
    verbose: int, reasons: int, rest: bool, make_run: MakeRun, make_clause: MakeClause
) -> None:
    clauses = tuple(make_clause(id=f"#/{n}", verdict="untested", reason=f"reason {n:02}") for n in range(13))
    text = printed(make_run(clauses=clauses), verbose)
    assert text.count("1 clause: reason") == reasons
    assert ("3 further reasons with -v" in text) is rest


def test_operations_that_never_accepted_a_request_come_first(make_run: MakeRun, make_clause: MakeClause) -> None:
    refused = 'no request was accepted; the last answer was 400: "no \x1b[2Jway"'
    clauses = (
        *(make_clause(id=f"#/{n}", verdict="untested", reason="no 409 came") for n in range(3)),
        make_clause(operation="listClusters", verdict="untested", reason=refused, never_accepted=True),
    )
    lines = printed(make_run(clauses=clauses)).splitlines()
    assert lines[:3] == [
        "not tested:",
        '  listClusters: 1 clause: no request was accepted; the last answer was 400: "no way"',
        "  3 clauses: no 409 came",
    ]


@pytest.mark.parametrize(
    ("left", "line"),
    [
        ({"/boxes": 1}, "1 resource that this run created could not be deleted: 1 in /boxes; delete it by hand"),
        (
            {"/boxes/{}/toys": 4, "/boxes": 2},
            "6 resources that this run created could not be deleted: 2 in /boxes, 4 in /boxes/{}/toys; "
            "delete them by hand",
        ),
    ],
)
def test_what_is_left_on_the_server_is_one_line(make_run: MakeRun, left: dict[str, int], line: str) -> None:
    assert printed(make_run(), left=left).splitlines()[0] == line


def test_what_is_no_reason_to_fail_is_said_before_the_verdict(make_run: MakeRun) -> None:
    run = make_run(gate=Gate(True, (), warnings=("one",)))
    assert printed(run).splitlines()[-2:] == ["warning: one", "PASSED"]
