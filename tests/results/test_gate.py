"""The gate: which findings count, what coverage is enough, and what a baseline remembers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clausewise.errors import ConfigError, Location, UsageError
from clausewise.options import GatePolicy, MaxFindings, Waiver
from clausewise.results.gate import apply_policy, check_waivers, gone, read_baseline, write_baseline
from clausewise.results.record import (
    ClauseCounts,
    ClauseVerdict,
    Coverage,
    Finding,
    Gate,
    OperationCounts,
    Place,
    ResponseCounts,
    Run,
    Scan,
    Spec,
    TargetInfo,
    Tool,
    Trouble,
    Unaccepted,
)

TODAY = date(2030, 1, 31)
LATER = date(2030, 2, 1)
CLAUSE = "#/components/schemas/Cluster/properties/name/maxLength"


def finding(id: str = "f1", **fields: Any) -> Finding:
    ordinary: dict[str, Any] = {
        "rule": "response-schema",
        "severity": "error",
        "operations": ("createCluster",),
        "clause": CLAUSE,
        "where": "response.200.body.name",
        "location": None,
        "message": "`name` has 65 characters",
        "count": 1,
        "exchange": None,
        "curl": None,
    }
    return Finding(id=id, **(ordinary | fields))


def run(*findings: Finding, upheld: int = 10, total: int = 10) -> Run:
    counts = Coverage(ClauseCounts(upheld, 0, total - upheld, total), OperationCounts(1, 1), ResponseCounts(1, 1))
    return Run(
        version=1,
        tool=Tool("clausewise", "1.0"),
        started="2030-01-31T12:00:00Z",
        seconds=1.0,
        seed=1,
        spec=Spec("api.yaml", "API", "3.1.0", "0"),
        target=TargetInfo("mock", "mock"),
        requests=1,
        findings=findings,
        clauses=(),
        coverage=counts,
        exchanges="exchanges.ndjson",
    )


def judged(run: Run, baseline: frozenset[str] = frozenset(), **policy: Any) -> tuple[list[str], tuple[str, ...]]:
    """The states of the findings, and the gate's reasons."""
    result = apply_policy(run, GatePolicy(**policy), baseline=baseline, today=TODAY)
    assert result.gate is not None
    assert result.gate.passed is not bool(result.gate.reasons)
    return [finding.state for finding in result.findings], result.gate.reasons


def upheld(operation: str) -> ClauseVerdict:
    return ClauseVerdict("#/c", operation, "request", "request.body", "type", "a", Location("a", 1, 1), "upheld", "", 1)


def test_a_run_without_findings_passes() -> None:
    assert judged(run()) == ([], ())


@pytest.mark.parametrize(
    ("severity", "count", "allowed", "passes"),
    [
        ("error", 1, MaxFindings(), False),
        ("error", 2, MaxFindings(error=2), True),
        ("error", 3, MaxFindings(error=2), False),
        ("warning", 9, MaxFindings(), True),
        ("warning", 1, MaxFindings(warning=0), False),
        ("note", 9, MaxFindings(), True),
    ],
)
def test_new_findings_are_counted_by_severity(severity: str, count: int, allowed: MaxFindings, passes: bool) -> None:
    found = [finding(f"f{n}", severity=severity) for n in range(count)]
    assert (judged(run(*found), max_findings=allowed)[1] == ()) is passes


def test_a_reason_says_how_many_and_what_to_do() -> None:
    (reason,) = judged(run(finding("a"), finding("b")))[1]
    assert reason == "2 new errors, and the gate allows 0: fix them, or waive them with a reason and an expiry date"


@pytest.mark.parametrize(
    ("severities", "allowed", "expected"),
    [
        (["error"], MaxFindings(), "1 new error, and the gate allows 0: fix it, or waive it "),
        (
            ["error", "note"],
            MaxFindings(note=0),
            "1 new error and 1 new note, and the gate allows 0 errors and 0 notes: fix them, or waive them ",
        ),
        (
            ["error", "error", "warning", "warning", "note"],
            MaxFindings(error=1, warning=0),
            "2 new errors and 2 new warnings, and the gate allows 1 error and 0 warnings: fix them, ",
        ),
    ],
)
def test_one_reason_names_every_severity_of_which_there_are_too_many(
    severities: list[str], allowed: MaxFindings, expected: str
) -> None:
    found = [finding(f"f{n}", severity=severity) for n, severity in enumerate(severities)]
    (reason,) = judged(run(*found), max_findings=allowed)[1]
    assert reason.startswith(expected)


def test_the_places_of_a_finding_are_not_gone() -> None:
    places = tuple(Place("createCluster", "request.body", CLAUSE, None, fault) for fault in ("a", "b"))
    seen = msgspec.structs.replace(run(finding("a", places=places)), faults=(finding("c"),))
    assert gone(seen, frozenset({"a", "b", "c"})) == frozenset()
    assert gone(seen, frozenset({"a", "d"})) == {"d"}


def test_what_the_baseline_knows_does_not_count() -> None:
    assert judged(run(finding("a"), finding("b")), frozenset({"a", "b"})) == (["known", "known"], ())
    assert judged(run(finding("a"), finding("b")), frozenset({"a"}))[0] == ["new", "known"]


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        pytest.param({"rule": "response-schema"}, "waived", id="rule"),
        pytest.param({"rule": "server-error"}, "new", id="another rule"),
        pytest.param({"clause": CLAUSE}, "waived", id="clause"),
        pytest.param({"clause": "#/components/schemas/Cluster/*"}, "waived", id="clause by glob"),
        pytest.param({"clause": "#/components/schemas/Node/*"}, "new", id="another glob"),
        pytest.param({"clause": "#/components/schemas/cluster/*"}, "new", id="globs tell case"),
        pytest.param({"finding": "f1"}, "waived", id="finding"),
        pytest.param({"finding": "f2"}, "new", id="another finding"),
        pytest.param({"rule": "response-schema", "clause": "#/nowhere"}, "new", id="all that is given must match"),
    ],
)
def test_a_waiver_covers_what_matches_it(fields: dict[str, Any], state: str) -> None:
    waiver = Waiver(reason="agreed", expires=LATER, **fields)
    assert judged(run(finding()), waivers=(waiver,))[0] == [state]


def test_a_clause_waiver_does_not_cover_a_finding_without_a_clause() -> None:
    waiver = Waiver(reason="agreed", expires=LATER, clause="*")
    assert judged(run(finding(clause=None)), waivers=(waiver,))[0] == ["new"]


def test_a_pointer_with_brackets_matches_itself() -> None:
    pointer = "#/paths/~1a[b]/get"
    waiver = Waiver(reason="agreed", expires=LATER, clause=pointer)
    assert judged(run(finding(clause=pointer)), waivers=(waiver,))[0] == ["waived"]


@pytest.mark.parametrize("expires", [date(2030, 1, 1), TODAY])
def test_an_expired_waiver_lets_the_finding_back_in_and_is_named(expires: date) -> None:
    states, reasons = judged(
        run(finding()), waivers=(Waiver(reason="agreed", expires=expires, rule="response-schema"),)
    )
    assert states == ["new"]
    assert reasons[1] == f"the waiver for response-schema expired on {expires}: fix what it covered, or renew it"


def test_an_expired_waiver_that_lets_nothing_back_in_is_not_named() -> None:
    waiver = Waiver(reason="agreed", expires=TODAY, rule="server-error")
    assert len(judged(run(finding()), waivers=(waiver,))[1]) == 1
    assert judged(run(), waivers=(waiver,))[1] == ()


@pytest.mark.parametrize(
    ("upheld", "total", "wanted", "passes"),
    [
        (95, 100, 95.0, True),
        (94, 100, 95.0, False),
        pytest.param(9999, 10000, 100.0, False, id="nearly all is not all"),
        pytest.param(999, 1000, 99.9, True, id="a decimal is meant exactly"),
        pytest.param(161, 1000, 16.1, True, id="also one that is more as a float"),
        pytest.param(998, 1000, 99.9, False, id="one too few"),
        pytest.param(0, 0, 100.0, True, id="no clauses"),
        pytest.param(0, 10, None, True, id="nothing wanted"),
    ],
)
def test_coverage_compares_counts_and_not_percents(upheld: int, total: int, wanted: float | None, passes: bool) -> None:
    assert (judged(run(upheld=upheld, total=total), min_coverage=wanted)[1] == ()) is passes


def test_a_run_that_did_not_reach_its_end_fails() -> None:
    incomplete = msgspec.structs.replace(run(finding()), incomplete=("the run had to stop: the server is gone",))
    _, reasons = judged(incomplete, frozenset({"f1"}))
    assert reasons == ("the run had to stop: the server is gone",)


_RECORDED = TargetInfo("recording", "traffic.ndjson")


@pytest.mark.parametrize(
    ("scan", "target", "reasons"),
    [
        pytest.param(Scan((), 5, "all"), _RECORDED, (), id="what traffic covers decides nothing"),
        pytest.param(Scan((), 0, "all"), _RECORDED, ("nothing was checked",), id="nothing"),
        pytest.param(
            Scan((), 0, "all", unreadable_entries=2, failed=(Trouble("a", "b"),)),
            _RECORDED,
            ("2 entries could not be read", "1 part of the recordings could not be checked"),
            id="unreadable",
        ),
        pytest.param(
            Scan((), 5, "all", unreadable_entries=1),
            TargetInfo("url", "http://a"),
            (
                "1 of 10 clauses is upheld, and min-coverage 90 needs 9: fix the violated ones; the report says why "
                "others are untested",
                "1 entry could not be read",
            ),
            id="merged with a run that sent requests",
        ),
    ],
)
def test_a_recording_fails_where_a_part_of_it_was_not_checked(
    scan: Scan, target: TargetInfo, reasons: tuple[str, ...]
) -> None:
    recorded = msgspec.structs.replace(run(upheld=1), scan=scan, target=target)
    assert judged(recorded, min_coverage=90.0)[1] == reasons


GIVE = "give credentials with -H or in [tool.clausewise.credentials]"
VALUES = "give values that the server accepts in [tool.clausewise.values], or examples in the contract"


def refusing(*names: str, answers: tuple[str, ...] = ("401",), text: str = "", remedy: str = GIVE) -> list[Unaccepted]:
    return [Unaccepted(name, answers, text, remedy) for name in names]


def run_with(unaccepted: list[Unaccepted], accepting: tuple[str, ...] = (), **fields: Any) -> Run:
    """A run of the operations `accepting` and those that accepted no request."""
    names = (*accepting, *(one.operation for one in unaccepted))
    clauses = tuple(
        ClauseVerdict("#/c", name, "request", "request.body", "type", "a", Location("a", 1, 1), "upheld", "", 1)
        for name in names
    )
    return msgspec.structs.replace(run(), clauses=clauses, unaccepted=tuple(unaccepted), **fields)


@pytest.mark.parametrize(
    ("unaccepted", "reasons"),
    [
        pytest.param(
            refusing("a"), [f"a answered 401 to everything: {GIVE}; or list it in known-unaccepted"], id="one"
        ),
        pytest.param(
            refusing(*"abcdefg"),
            [
                f"7 operations (a, b, c, d, e and 2 more) answered 401 to everything: {GIVE}; or list them in "
                "known-unaccepted"
            ],
            id="names are bounded",
        ),
        pytest.param(
            [
                *refusing("a"),
                *refusing("b", "c", answers=("400", "timeout"), text="no tenant", remedy=VALUES),
                *refusing("d", answers=("400", "timeout"), text="no name", remedy=VALUES),
            ],
            [
                "3 operations (b, c, d) answered 400 to every valid request or gave no answer in time, such as "
                f"`no tenant`: {VALUES}; or list them in known-unaccepted",
                f"a answered 401 to everything: {GIVE}; or list it in known-unaccepted",
            ],
            id="what was answered groups them, the largest group first",
        ),
        pytest.param(
            refusing("a", answers=("422",), text="no `tenant`", remedy=VALUES),
            [f"a answered 422 to every valid request, `no 'tenant'`: {VALUES}; or list it in known-unaccepted"],
            id="what it said",
        ),
        pytest.param(
            refusing("a", answers=(), text="no valid request could be generated", remedy=VALUES),
            [
                "a was sent no valid request: no valid request could be generated: "
                f"{VALUES}; or list it in known-unaccepted"
            ],
            id="nothing was sent",
        ),
    ],
)
def test_an_operation_that_accepts_no_request_fails_the_run(unaccepted: list[Unaccepted], reasons: list[str]) -> None:
    assert list(judged(run_with(unaccepted))[1]) == reasons


def test_the_sentences_about_unaccepted_operations_are_bounded() -> None:
    every = [one for n in range(20) for one in refusing(f"op{n}", answers=(f"4{n:02}",))]
    reasons = judged(run_with(every))[1]
    assert len(reasons) == 9
    assert reasons[-1] == (
        "12 further operations (op8, op9, op10, op11, op12 and 7 more) accepted no request; run.json has the answers"
    )


def test_the_sentences_about_unaccepted_operations_may_only_warn() -> None:
    result = apply_policy(run_with(refusing("a")), GatePolicy(unaccepted="warn"), baseline=frozenset(), today=TODAY)
    sentence = f"a answered 401 to everything: {GIVE}; or list it in known-unaccepted"
    assert result.gate == Gate(passed=True, reasons=(), warnings=(sentence,))


@pytest.mark.parametrize(
    ("known", "passes", "warnings"),
    [
        (("a",), True, ()),
        (("a", "b"), True, ("b accepts requests now: take it out of known-unaccepted",)),
        (("b",), False, ("b accepts requests now: take it out of known-unaccepted",)),
        (("a", "elsewhere"), True, ()),
        (("a", "x"), True, ('known-unaccepted names "x", and the contract has no such operation: take it out',)),
    ],
    ids=["known", "one accepts", "another one", "not tested in this run", "misspelt"],
)
def test_known_unaccepted_operations_pass_and_stale_ones_are_said(
    known: tuple[str, ...], passes: bool, warnings: tuple[str, ...]
) -> None:
    policy = GatePolicy(known_unaccepted=known)
    tested = run_with(refusing("a"), accepting=("b",))
    result = apply_policy(tested, policy, baseline=frozenset(), today=TODAY, operations={"a", "b", "elsewhere"})
    assert result.gate is not None
    assert (result.gate.passed, result.gate.warnings) == (passes, warnings)


def test_an_incomplete_run_does_not_blame_operations_that_it_did_not_reach() -> None:
    unaccepted = [*refusing("a", answers=()), *refusing("b")]
    reasons = judged(run_with(unaccepted, incomplete=("the server is gone",)))[1]
    assert reasons[0] == "the server is gone"
    assert [reason.partition(" ")[0] for reason in reasons[1:]] == ["b"]


def test_operations_that_a_run_without_writes_excludes_do_not_fail_it() -> None:
    excluded = [Unaccepted("a", (), "the run must not write", "raise --allow-writes", "excluded")]
    assert judged(run_with(excluded))[1] == ()


@pytest.mark.parametrize(
    ("fields", "idle"),
    [
        pytest.param({"rule": "response-schema"}, False, id="one that covers a finding"),
        pytest.param({"rule": "server-error"}, True, id="one that covers none"),
        pytest.param({"rule": "server-error", "expires": TODAY}, True, id="one that has expired, too"),
    ],
)
def test_a_waiver_that_matches_nothing_is_a_warning(fields: dict[str, Any], idle: bool) -> None:
    waiver = Waiver(**{"reason": "agreed", "expires": LATER, "location": Location("pyproject.toml", 9, 1), **fields})
    whole = msgspec.structs.replace(run(finding()), clauses=(upheld("createCluster"),))
    judged = apply_policy(whole, GatePolicy(waivers=(waiver,)), baseline=frozenset(), today=TODAY)
    assert judged.gate is not None
    warning = "the waiver for server-error (pyproject.toml:9) matches no finding: take it out"
    assert judged.gate.warnings == ((warning,) if idle else ())


def test_a_run_of_some_operations_says_nothing_of_waivers_that_match_nothing() -> None:
    waiver = Waiver(rule="server-error", reason="agreed", expires=LATER)
    part = msgspec.structs.replace(run(), clauses=(upheld("createCluster"),))
    policy = GatePolicy(waivers=(waiver,))
    operations = ["createCluster", "deleteCluster"]
    judged = apply_policy(part, policy, baseline=frozenset(), today=TODAY, operations=operations)
    assert judged.gate is not None and judged.gate.warnings == ()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"incomplete": ("the server is gone",)}, id="a run that did not reach its end"),
        pytest.param({"target": _RECORDED}, id="a recording"),
    ],
)
def test_what_may_not_show_a_fault_says_nothing_of_its_waiver(fields: dict[str, Any]) -> None:
    waiver = Waiver(rule="server-error", reason="agreed", expires=LATER)
    part = msgspec.structs.replace(run(), clauses=(upheld("createCluster"),), **fields)
    judged = apply_policy(part, GatePolicy(waivers=(waiver,)), baseline=frozenset(), today=TODAY)
    assert judged.gate is not None and judged.gate.warnings == ()


@pytest.mark.parametrize(
    ("rule", "remedy"),
    [("invalid-request-acepted", 'did you mean "invalid-request-accepted"?'), ("x", "`clausewise explain` lists")],
)
def test_a_waiver_with_an_unknown_rule_is_an_error(rule: str, remedy: str) -> None:
    place = Location("pyproject.toml", 4, 1)
    waiver = Waiver(rule=rule, reason="agreed", expires=LATER, location=place)
    with pytest.raises(ConfigError, match=f'^pyproject.toml:4:1: a waiver names the rule "{rule}"') as raised:
        check_waivers(GatePolicy(waivers=(waiver,)))
    assert remedy in str(raised.value)


def test_a_baseline_reads_back_sorted_and_without_what_is_waived(tmp_path: Path) -> None:
    file = tmp_path / "new" / "baseline.json"
    found = run(finding("b"), finding("a"), finding("w", state="waived"), finding("s", rule="a-rule"))
    assert write_baseline(file, found) == "3 findings"
    content = file.read_text()
    assert content.endswith("}\n")
    assert json.loads(content)["version"] == 1
    assert [known["id"] for known in json.loads(content)["findings"]] == ["s", "a", "b"]
    assert read_baseline(file) == {"a", "b", "s"}


def test_a_missing_baseline_says_how_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json does not exist \(write it with --update-baseline\)"):
        read_baseline(tmp_path / "none.json")
    # A configuration beside it is not what was meant.
    (tmp_path / "clausewise.toml").write_text("")
    with pytest.raises(ConfigError, match=r"does not exist \(write it with --update-baseline\)"):
        read_baseline(tmp_path / "clausewise-baseline.json")
    (tmp_path / "clausewise-baselin.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"does not exist \(did you mean .*clausewise-baselin\.json\?\)"):
        read_baseline(tmp_path / "clausewise-baseline.json")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a baseline"),
        (b"\xff", "is not a baseline"),
        (b'{"version":1,"findings":[{}]}', "is not a baseline"),
        (b'{"version":2,"findings":[]}', "a baseline of version 2"),
    ],
    ids=["empty", "binary", "findings without ids", "newer"],
)
def test_what_is_no_baseline_is_named(content: bytes, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"baseline.json .*{problem.removeprefix('is ')}"):
        read_baseline(file)


def test_a_baseline_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the baseline"):
        write_baseline(tmp_path, run())


def places(*faults: str) -> tuple[Place, ...]:
    return tuple(Place(f"op-{fault}", "request.body.a", f"#/{fault}", None, fault) for fault in faults)


@pytest.mark.parametrize(
    ("baseline", "waived", "state"),
    [
        pytest.param({"p1", "p2"}, (), "known", id="both known"),
        pytest.param({"p1"}, (), "new", id="one new"),
        pytest.param({"f1"}, (), "new", id="only the name of the whole known"),
        pytest.param({"p1"}, ("#/p2",), "known", id="one known, one waived"),
        pytest.param(set(), ("#/p1", "#/p2"), "waived", id="both waived"),
        pytest.param(set(), ("#/p*",), "waived", id="both waived by one"),
        pytest.param(set(), ("#/p1",), "new", id="one waived"),
    ],
)
def test_a_finding_is_known_or_waived_where_each_of_its_places_is(
    baseline: set[str], waived: tuple[str, ...], state: str
) -> None:
    waivers = tuple(Waiver(clause=clause, reason="agreed", expires=LATER) for clause in waived)
    several = finding(places=places("p1", "p2"))
    judged = apply_policy(run(several), GatePolicy(waivers=waivers), baseline=frozenset(baseline), today=TODAY)
    assert judged.findings[0].state == state


@pytest.mark.parametrize(
    ("ids", "state"),
    [
        pytest.param(("f1",), "waived", id="the finding"),
        pytest.param(("p1", "p2"), "waived", id="each of its places"),
        pytest.param(("p1",), "new", id="one of its places"),
        pytest.param(("p3",), "new", id="another"),
    ],
)
def test_a_waiver_names_a_finding_or_one_of_its_places_by_id(ids: tuple[str, ...], state: str) -> None:
    waivers = tuple(Waiver(finding=id, reason="agreed", expires=LATER) for id in ids)
    policy = GatePolicy(waivers=waivers)
    judged = apply_policy(run(finding(places=places("p1", "p2"))), policy, baseline=frozenset(), today=TODAY)
    assert judged.findings[0].state == state


def test_a_baseline_lists_each_place(tmp_path: Path) -> None:
    written = write_baseline(tmp_path / "baseline.json", run(finding(places=places("p1", "p2"))))
    assert written == "1 finding in 2 places"
    assert read_baseline(tmp_path / "baseline.json") == {"p1", "p2"}
