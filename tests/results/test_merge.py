"""Shards of a run joined: as if one run had made it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from clausewise.errors import Location, UsageError
from clausewise.exchange import Exchange, Probe, Request, Response
from clausewise.results.merge import Part, merge
from clausewise.results.record import (
    ClauseCounts,
    ClauseVerdict,
    Coverage,
    Finding,
    OperationCounts,
    ResponseCounts,
    Run,
    Scan,
    SlowAnswer,
    Spec,
    TargetInfo,
    Tool,
    Trouble,
    Unaccepted,
    Unmatched,
)


def clause(verdict: Any, id: str = "#/a", operation: str = "op", tried: int = 1, **fields: Any) -> ClauseVerdict:
    ordinary: dict[str, Any] = {
        "direction": "response",
        "where": "response.200.body",
        "keyword": "type",
        "text": "t",
        "location": Location("api.yaml", 1, 1),
        "reason": "",
    }
    return ClauseVerdict(id=id, operation=operation, verdict=verdict, tried=tried, **(ordinary | fields))


def finding(id: str = "f", **fields: Any) -> Finding:
    ordinary: dict[str, Any] = {
        "rule": "response-schema",
        "severity": "error",
        "operations": ("op",),
        "clause": "#/a",
        "where": "",
        "location": None,
        "message": "m",
        "count": 1,
        "exchange": "op-1",
        "curl": "curl",
    }
    return Finding(id=id, **(ordinary | fields))


def exchange(id: str = "op-1", operation: str = "op", status: int = 200) -> Exchange:
    return Exchange(id, Request("GET", "/"), Response(status), None, Probe(operation, "clauses", "", "accept"))


def part(
    *clauses: ClauseVerdict, findings: tuple[Finding, ...] = (), exchanges: tuple[Exchange, ...] = (), **fields: Any
) -> Part:
    run = Run(
        version=1,
        tool=Tool("clausewise", "1.0"),
        started="2030-01-31T12:00:00Z",
        seconds=2.0,
        seed=1,
        spec=Spec("api.yaml", "API", "3.1.0", "0"),
        target=TargetInfo("url", "http://a"),
        requests=5,
        findings=findings,
        clauses=clauses,
        coverage=Coverage(ClauseCounts(0, 0, 0, 0), OperationCounts(0, 1), ResponseCounts(0, 0)),
        exchanges="exchanges.ndjson",
    )
    return Part("a/run.json", msgspec.structs.replace(run, **fields), exchanges)


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        (("violated", "upheld", "untested"), "violated"),
        (("upheld", "untested"), "upheld"),
        (("untested", "untested"), "untested"),
    ],
)
def test_a_clause_has_the_most_telling_verdict_in_any_order(verdicts: tuple[str, ...], whole: str) -> None:
    for order in permutations(verdicts):
        run, _ = merge([part(clause(verdict, tried=2)) for verdict in order])
        assert [(one.verdict, one.tried) for one in run.clauses] == [(whole, 2 * len(verdicts))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"never_accepted": True, "tried": 3}, {"tried": 0}, id="another part had one accepted"),
        pytest.param({"tried": 0}, {"tried": 2}, id="another part has evidence on it"),
    ],
)
def test_the_part_that_came_closest_says_why_a_clause_is_untested(one: Any, other: Any) -> None:
    verdicts = [clause("untested", reason="far", **one), clause("untested", reason="close", **other)]
    for order in permutations(verdicts):
        (merged,) = merge([part(each) for each in order])[0].clauses
        assert (merged.reason, merged.never_accepted, merged.tried) == (
            "close",
            msgspec.UNSET,
            one["tried"] + other["tried"],
        )


@pytest.mark.parametrize(
    ("seen", "reason"),
    [("response.200", "no 200 had such a value"), ("response.404", "no 200 was seen")],
)
def test_a_part_that_saw_the_response_says_why_a_clause_of_it_is_untested(seen: str, reason: str) -> None:
    missed = [clause("untested", tried=0, reason="no 200 was seen"), clause("upheld", "#/s", where="response.500")]
    saw = [clause("untested", tried=0, reason="no 200 had such a value"), clause("upheld", "#/s", where=seen, tried=4)]
    for order in permutations((part(*missed), part(*saw, started="2030-01-31T12:00:09Z"))):
        assert {each.reason for each in merge(order)[0].clauses if each.id == "#/a"} == {reason}


def test_a_disagreement_about_an_exchange_that_shows_nothing_anymore_goes() -> None:
    def found(size: int, *, disagreed: bool) -> Part:
        request = msgspec.structs.replace(exchange(), request=Request("POST", "/", body=b"x" * size))
        opinion = finding("d", rule="engine-disagreement", severity="warning")
        return part(findings=(finding("f"), *([opinion] if disagreed else [])), exchanges=(request,))

    for order in permutations((found(9, disagreed=True), found(5, disagreed=False))):
        assert [each.id for each in merge(order)[0].findings] == ["f"]
    for order in permutations((found(9, disagreed=True), found(5, disagreed=True), found(7, disagreed=False))):
        run, exchanges = merge(order)
        assert [(each.id, each.count) for each in run.findings] == [("f", 3), ("d", 1)]
        (shown,) = (each for each in exchanges if each.id == run.findings[1].exchange)
        assert shown.request.body == b"xxxxx" and run.findings[0].exchange == shown.id


def test_clauses_of_different_operations_stand_beside_each_other() -> None:
    run, _ = merge([part(clause("upheld", operation="one")), part(clause("violated", operation="two"))])
    assert [(one.operation, one.verdict) for one in run.clauses] == [("one", "upheld"), ("two", "violated")]
    assert run.coverage.clauses == ClauseCounts(1, 1, 0, 2)


def test_findings_of_one_id_are_one_with_counts_added() -> None:
    one = finding(count=2, operations=("b",), curl="curl of some length", severity="warning")
    other = finding(count=3, operations=("a",), curl="curl", message="the shorter")
    run, _ = merge([part(findings=(one, finding("g"))), part(findings=(other,))])
    (first, second) = run.findings
    assert (first.count, first.operations, first.severity, first.message) == (5, ("a", "b"), "error", "the shorter")
    assert second.id == "g"


def test_exchanges_of_one_name_are_told_apart_and_found_again() -> None:
    one = part(findings=(finding("f"),), exchanges=(exchange(status=200),))
    other = part(findings=(finding("g"),), exchanges=(exchange(status=500),))
    run, exchanges = merge([one, other])
    by_id = {each.id: each for each in exchanges}
    shown = {each.id: by_id[each.exchange or ""] for each in run.findings}
    assert {name: each.response and each.response.status for name, each in shown.items()} == {"f": 200, "g": 500}


def test_operations_are_accepted_where_any_part_had_one_accepted() -> None:
    clauses = tuple(clause("upheld", operation=name) for name in ("a", "b", "c"))
    parts = [
        part(*clauses, exchanges=(exchange(f"{name}-1", name, status),))
        for name, status in (("a", 200), ("b", 200), ("c", 400))
    ]
    assert merge(parts)[0].coverage.operations == OperationCounts(2, 3)


def refusing(*answers: str, operation: str = "op", state: Any = "new") -> tuple[Unaccepted, ...]:
    return (Unaccepted(operation, answers, "", "give others", state),)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        pytest.param([refusing("401"), ()], (), id="accepted by one"),
        pytest.param([refusing("401"), refusing("400", "401", state="known")], refusing("400", "401"), id="by none"),
        pytest.param([refusing(), refusing("401")], refusing("401"), id="reached by one"),
        pytest.param([refusing(state="excluded"), refusing("401")], refusing("401"), id="excluded by one"),
        pytest.param([refusing(state="excluded")] * 2, refusing(state="excluded"), id="excluded by all"),
        pytest.param([refusing("401"), msgspec.UNSET], refusing("401"), id="one is a recording"),
        pytest.param([msgspec.UNSET] * 2, msgspec.UNSET, id="recordings"),
    ],
)
def test_an_operation_is_unaccepted_where_no_part_that_tested_it_had_a_request_accepted(parts: Any, whole: Any) -> None:
    for order in permutations(parts):
        run, _ = merge([part(clause("upheld"), unaccepted=each) for each in order])
        assert run.unaccepted == whole
        if msgspec.UNSET not in parts:
            assert run.coverage.operations == OperationCounts(1 - len(whole), 1)


def test_an_operation_that_only_one_part_tested_is_judged_by_it() -> None:
    run, _ = merge([part(clause("upheld"), unaccepted=()), part(unaccepted=refusing("401", operation="other"))])
    assert run.unaccepted == refusing("401", operation="other")


def test_documented_statuses_are_seen_where_any_part_saw_them() -> None:
    def statuses(seen: str) -> list[ClauseVerdict]:
        return [
            clause("upheld", id=f"#/{name}", where=f"response.{name}", keyword="status", tried=int(name == seen))
            for name in ("200", "400", "404")
        ]

    run, _ = merge([part(*statuses("200")), part(*statuses("404"))])
    assert run.coverage.responses == ResponseCounts(2, 3)


def test_time_runs_from_the_first_start_to_the_last_end() -> None:
    run, _ = merge([part(started="2030-01-31T12:00:03Z"), part(started="2030-01-31T12:00:00Z", seconds=1.5)])
    assert (run.started, run.seconds, run.requests) == ("2030-01-31T12:00:00Z", 5.0, 10)


def test_the_slowest_answers_of_all_parts_are_kept_the_slowest_first() -> None:
    def slow(*seconds: float) -> tuple[SlowAnswer, ...]:
        return tuple(SlowAnswer("op", f"op-{each}", each) for each in seconds)

    run, _ = merge([part(slowest=slow(3.5, 0.25)), part(slowest=slow(2.5)), part()])
    assert run.slowest == slow(3.5, 2.5)
    assert merge([part(), part()])[0].slowest is msgspec.UNSET


def test_no_gate_has_judged_the_whole_and_every_target_is_named() -> None:
    run, _ = merge([part(), part(target=TargetInfo("url", "http://b"))])
    assert run.gate is None and run.target.name == "http://a, http://b"


def test_the_whole_is_incomplete_where_a_part_is() -> None:
    parts = [part(), msgspec.structs.replace(part(incomplete=("the run had to stop",)), name="b/run.json")]
    assert merge(parts)[0].incomplete == ("b/run.json: the run had to stop",)
    assert merge([part(), part()])[0].incomplete is msgspec.UNSET


def test_recordings_keep_what_was_not_checked() -> None:
    def scan(name: str, count: int, **fields: Any) -> Scan:
        return Scan((name,), count, "all", (Unmatched("GET", "/x", count, f"{name}:1"),), count, **fields)

    one, other = scan("a", 1, failed=(Trouble("a", "lost"),)), scan("b", 2, skipped=(Trouble("b", "left out"),))
    last = scan("c", 4, unreadable=(Trouble("c:1", "is not JSON"),), unreadable_entries=300, interrupted=True)
    recorded = TargetInfo("recording", "traffic")
    run, _ = merge([part(scan=each, target=recorded) for each in (one, other, last)])
    assert run.scan == Scan(
        sources=("a", "b", "c"),
        checked=7,
        evidence="all",
        unmatched=(Unmatched("GET", "/x", 7, "a:1"),),
        unmatched_exchanges=7,
        unreadable=last.unreadable,
        unreadable_entries=300,
        skipped=other.skipped,
        failed=one.failed,
        interrupted=True,
    )
    assert run.target == recorded


def test_a_recording_and_a_run_together_are_a_run() -> None:
    recorded = part(scan=Scan(("a",), 1, "all"), target=TargetInfo("recording", "a"))
    run, _ = merge([recorded, part(started="2030-01-31T12:00:01Z")])
    assert run.target == TargetInfo("url", "a, http://a") and run.scan is not None


def test_runs_of_different_contracts_are_not_joined() -> None:
    with pytest.raises(UsageError, match="different contracts"):
        merge([part(), part(spec=Spec("api.yaml", "API", "3.1.0", "1"))])
