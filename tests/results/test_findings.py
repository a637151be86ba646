"""Observations become findings: one for each fault, the worst first, shown by the smallest exchange."""

from __future__ import annotations

import random
from typing import Any

import pytest

from clausewise.errors import Location
from clausewise.exchange import Exchange, Probe, Request, Response
from clausewise.results.collector import Collector
from clausewise.results.evidence import Observation
from clausewise.results.findings import Fault, Folded, faults_of, fold, to_finding
from clausewise.results.record import Finding
from clausewise.results.rules import RULES

_NAME, _SIZE = "#/components/schemas/Name/maxLength", "#/components/schemas/Size/minimum"
_KIND = "#/components/schemas/Kind/enum"


def observed(exchange: str = "e1", **fields: Any) -> Observation:
    """A `response-schema` observation where a test does not say otherwise."""
    given = {"rule": "response-schema", "operation": "make", "message": f"seen in {exchange}", **fields}
    return Observation(**{"severity": RULES[given["rule"]].severity, "exchange": exchange, **given})


def broken(clause: str, exchange: str = "e1", operation: str = "make", **fields: Any) -> Observation:
    """An observation of a clause, named by its assertion."""
    place = f"response.200.body{clause}"
    key = f"{operation} {place} {clause}"
    return observed(exchange, operation=operation, clause=key, assertion=clause, where=place, **fields)


def folded(
    *observations: Observation,
    sizes: dict[str, int] | None = None,
    causes: dict[str, tuple[str, str]] | None = None,
) -> Folded:
    exchanges = {
        name: Exchange(name, Request("POST", "/", body=b"x" * (sizes or {}).get(name, 10)), Response(200))
        for name in {observation.exchange for observation in observations}
    }
    return fold(faults_of(Collector(observations=[*observations]).by_exchange(), exchanges, causes or {}), render)


def render(fault: Fault[Observation]) -> Finding:
    """A finding that stands on a line which its assertion alone decides."""
    place = Location("api.yaml", len(fault.shown.assertion or ""), 1)
    return to_finding(fault, place, f"curl {fault.shown.exchange}")


def test_one_clause_broken_often_is_one_finding_shown_by_the_smallest_exchange() -> None:
    (finding,) = folded(
        *(broken(_NAME, name) for name in ("e1", "e2", "e2", "e3")), sizes={"e1": 9, "e2": 3, "e3": 7}
    ).findings
    assert (finding.count, finding.exchange, finding.curl) == (3, "e2", "curl e2")
    assert (finding.message, finding.clause, finding.where) == ("seen in e2", _NAME, f"response.200.body{_NAME}")
    assert finding.location == Location("api.yaml", len(_NAME), 1)


def test_a_shared_component_broken_in_many_operations_is_one_finding() -> None:
    (finding,) = folded(*(broken(_NAME, f"e{n}", operation=f"op{n:02}") for n in range(40))).findings
    assert len(finding.operations) == 40
    assert finding.operations == tuple(sorted(finding.operations))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        pytest.param(broken(_NAME), broken(_SIZE), False, id="two clauses"),
        pytest.param(broken(_NAME), broken(_NAME, rule="invalid-request-accepted"), False, id="two rules"),
        pytest.param(broken(_NAME, seen="status 500"), broken(_NAME, seen="another"), False, id="two sights"),
        pytest.param(
            observed(rule="undocumented-status", seen="status 422"),
            observed(rule="undocumented-status", seen="status 422", operation="list"),
            True,
            id="one undocumented status everywhere",
        ),
        pytest.param(
            observed(rule="undocumented-status", seen="status 422"),
            observed(rule="undocumented-status", seen="status 409"),
            False,
            id="two undocumented statuses",
        ),
        pytest.param(
            observed(rule="malformed-body", seen="malformed 200 body"),
            observed(rule="malformed-body", seen="malformed 200 body", operation="list"),
            False,
            id="two operations that crash alike",
        ),
    ],
)
def test_what_is_the_same_fault(one: Observation, other: Observation, together: bool) -> None:
    findings = folded(one, other).findings
    assert len(findings) == (1 if together else 2)
    assert len({finding.id for finding in findings}) == len(findings)


def test_findings_stand_worst_first_whatever_was_seen_first() -> None:
    wanted = ["server-error", "response-schema", "invalid-request-accepted", "undocumented-status", "echo-mismatch"]
    observations = [observed(rule=rule, seen=rule) for rule in wanted]
    random.Random(4).shuffle(observations)
    assert [finding.rule for finding in folded(*observations).findings] == wanted


def test_advice_stands_behind_errors() -> None:
    advice = broken(_NAME, rule="server-error", severity="note")
    assert [finding.severity for finding in folded(advice, broken(_SIZE)).findings] == ["error", "note"]


def test_an_id_depends_on_the_fault_alone() -> None:
    first = folded(broken(_NAME, "e1")).findings[0].id
    others = folded(broken(_NAME, "e7", message="told otherwise"), broken(_SIZE)).findings
    assert [finding.clause for finding in others if finding.id == first] == [_NAME]


def test_a_breach_accepted_together_with_one_that_is_accepted_alone_is_explained_by_it() -> None:
    name = broken(_NAME, rule="invalid-request-accepted")
    size = broken(_SIZE, rule="invalid-request-accepted", explained_by=(name.clause,))
    result = folded(name, size)
    assert [finding.clause for finding in result.findings] == [_NAME]
    assert result.explained == {
        size.clause: f"it was only broken together with a clause of {name.where} that is not enforced"
    }


def test_a_breach_whose_explanation_was_not_seen_stands_for_itself() -> None:
    size = broken(_SIZE, rule="invalid-request-accepted", explained_by=("make request.body.name elsewhere",))
    result = folded(size)
    assert [finding.clause for finding in result.findings] == [_SIZE]
    assert result.explained == {}


def test_a_breach_accepted_alone_once_is_never_explained_away() -> None:
    name = broken(_NAME, rule="invalid-request-accepted")
    explained = broken(_SIZE, "e2", rule="invalid-request-accepted", explained_by=(name.clause,))
    alone = broken(_SIZE, "e3", rule="invalid-request-accepted")
    assert {finding.clause for finding in folded(name, explained, alone).findings} == {_NAME, _SIZE}


@pytest.mark.parametrize("alone", [0, 1], ids=["the first of two", "the second of two"])
def test_a_breach_is_explained_by_any_of_those_it_was_accepted_together_with(alone: int) -> None:
    others = [broken(clause, "e9", rule="invalid-request-accepted") for clause in (_NAME, _KIND)]
    size = [
        broken(_SIZE, f"e{number}", rule="invalid-request-accepted", explained_by=(other.clause,))
        for number, other in enumerate(others)
    ]
    result = folded(*size, others[alone])
    assert [finding.clause for finding in result.findings] == [others[alone].assertion]
    assert result.explained.keys() == {size[0].clause}


@pytest.mark.parametrize(
    ("rule", "aspects", "findings"),
    [
        ("server-error", ["non-ascii", "emoji", "combining-mark"], 1),
        ("server-error", ["emoji", "quote"], 2),
        ("server-error", ["emoji"], 1),
        ("valid-request-rejected", ["non-ascii", "quote", "backslash"], 1),
        ("valid-request-rejected", ["quote", "empty-string"], 2),
    ],
)
def test_telling_values_that_fail_alike_are_one_fault(rule: str, aspects: list[str], findings: int) -> None:
    found = folded(*(broken(_NAME, f"e{n}", rule=rule, seen=seen) for n, seen in enumerate(aspects))).findings
    assert len(found) == findings
    assert sum(finding.count for finding in found) == len(aspects)


def test_the_plainest_of_telling_values_is_shown() -> None:
    emoji = broken(_NAME, "e1", rule="server-error", seen="emoji")
    plain = broken(_NAME, "e2", rule="server-error", seen="non-ascii")
    (finding,) = folded(emoji, plain, sizes={"e1": 1, "e2": 9}).findings
    assert finding.exchange == "e2"


@pytest.mark.parametrize(("statuses", "findings"), [((500, 500), 1), ((500, 503), 2)])
def test_a_crash_of_the_engine_is_one_that_another_phase_has_met(statuses: tuple[int, int], findings: int) -> None:
    probes = (Probe("make", "clauses", "", "refuse"), Probe("make", "engine", "", "any"))
    exchanges = {
        name: Exchange(name, Request("POST", "/"), Response(status), probe=probe)
        for name, status, probe in zip(("e1", "e2"), statuses, probes, strict=True)
    }
    located = broken(_NAME, "e1", rule="server-error")
    guessed = observed("e2", rule="server-error", seen=f"status {statuses[1]}")
    result = fold(faults_of([("e2", [guessed]), ("e1", [located])], exchanges, {}), render)
    assert [finding.count for finding in result.findings] == [2 // findings] * findings
    assert len(result.parts) == (2 if findings == 1 else 0)


@pytest.mark.parametrize(("phase", "expect", "findings"), [
    ("engine", "refuse", 1), ("engine", "accept", 1), ("baseline", "refuse", 2), ("baseline", "accept", 1),
])  # fmt: skip
def test_no_breach_explains_the_crash_of_a_valid_request(phase: str, expect: Any, findings: int) -> None:
    probes = (Probe("make", "clauses", "", expect), Probe("make", phase, "", "any"))
    exchanges = {
        name: Exchange(name, Request("POST", "/"), Response(500), probe=probe)
        for name, probe in zip(("e1", "e2"), probes, strict=True)
    }
    located = broken(_NAME, "e1", rule="server-error")
    guessed = observed("e2", rule="server-error", seen="status 500")
    assert (
        len(
            fold(
                faults_of([(guessed.exchange, [guessed]), (located.exchange, [located])], exchanges, {}), render
            ).findings
        )
        == findings
    )
