"""Observations become findings: one for each fault, the worst first, shown by the smallest exchange."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from clausewise.errors import Location
from clausewise.exchange import Exchange, Probe, Request, Response
from clausewise.results.causes import Causes
from clausewise.results.collector import Collector
from clausewise.results.evidence import ACCEPTED_BEFORE, BESIDE, COMMON, ODD_CREDENTIALS, OTHER_VALUES, Observation
from clausewise.results.faults import Fault, faults_of
from clausewise.results.findings import Folded, fold, to_finding
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


def _sent(name: str, request: bytes = b"x" * 9, answer: bytes = b"", *, cut: int = 0, aspect: str = "") -> Exchange:
    probe = Probe("make", "clauses", "", "any", aspect=aspect)
    return Exchange(name, Request("POST", "/", body=request), Response(200, (), answer, cut=cut), probe=probe)


@pytest.mark.parametrize(
    ("shown", "other"),
    [
        pytest.param(_sent("a"), _sent("b"), id="the first of two that are alike"),
        pytest.param(_sent("z", b"x"), _sent("b"), id="the smaller request"),
        pytest.param(_sent("z", answer=b"x"), _sent("b", answer=b"xx"), id="the smaller answer"),
        pytest.param(_sent("z", answer=b"xx"), _sent("b", cut=9), id="the answer that is not cut off"),
        pytest.param(_sent("z"), _sent("b", b"", aspect=ODD_CREDENTIALS), id="credentials that can be sent again"),
    ],
)
def test_which_of_two_exchanges_shows_a_fault(shown: Exchange, other: Exchange) -> None:
    for first, second in ((shown, other), (other, shown)):
        seen = [(each.id, [broken(_NAME, each.id)]) for each in (first, second)]
        (finding,) = fold(faults_of(seen, {each.id: each for each in (first, second)}, {}), render).findings
        assert (finding.exchange, finding.count) == (shown.id, 2)


@pytest.mark.parametrize("rule", ["auth-not-enforced", "undocumented-method-accepted"])
def test_nothing_but_an_accepted_breach_explains_another(rule: str) -> None:
    other = broken(_NAME, rule=rule)
    size = broken(_SIZE, rule="invalid-request-accepted", explained_by=(other.clause,))
    result = folded(other, size)
    assert {finding.clause for finding in result.findings} == {_NAME, _SIZE} and result.explained == {}


@pytest.mark.parametrize("severities", [("warning", "error"), ("error", "warning"), ("note", "error")])
def test_a_fault_is_as_bad_as_the_worst_sight_of_it(severities: tuple[str, str]) -> None:
    seen = [broken(_NAME, f"e{number}", severity=severity) for number, severity in enumerate(severities)]
    assert [finding.severity for finding in folded(*seen).findings] == ["error"]


@pytest.mark.parametrize(
    ("phase", "aspect", "findings"),
    [
        pytest.param("lifecycle", OTHER_VALUES, 1, id="any of many values"),
        pytest.param("lifecycle", "", 2, id="a request that changes one thing"),
        pytest.param("baseline", "", 1, id="a request as a whole"),
        pytest.param("baseline", ACCEPTED_BEFORE, 2, id="values that were accepted before"),
    ],
)
def test_a_located_crash_is_that_of_a_request_with_many_values(phase: str, aspect: str, findings: int) -> None:
    probes = (Probe("make", "clauses", "", "accept"), Probe("make", phase, "", "any", aspect=aspect))
    exchanges = {
        name: Exchange(name, Request("POST", "/"), Response(500), probe=probe)
        for name, probe in zip(("e1", "e2"), probes, strict=True)
    }
    located, other = broken(_NAME, "e1", rule="server-error"), observed("e2", rule="server-error", seen="status 500")
    assert len(fold(faults_of([("e1", [located]), ("e2", [other])], exchanges, {}), render).findings) == findings


def _crash(name: str, phase: str, expect: Any, aspect: str = "", status: int = 500) -> Exchange:
    return Exchange(name, Request("POST", "/"), Response(status), probe=Probe("make", phase, "", expect, aspect=aspect))


def _counts(*seen: tuple[Exchange, Observation]) -> list[int]:
    """How often each finding of what these exchanges show was seen."""
    exchanges = {exchange.id: exchange for exchange, _ in seen}
    faults = faults_of([(exchange.id, [observation]) for exchange, observation in seen], exchanges, {})
    return [finding.count for finding in fold(faults, render).findings]


def test_crashes_that_look_different_are_two_although_one_value_is_of_the_kind_of_the_other() -> None:
    emoji = broken(_NAME, "e1", rule="server-error", seen="emoji")
    plain = broken(_NAME, "e2", rule="server-error", seen="non-ascii")
    for status, counts in ((500, [2]), (503, [1, 1])):
        first, second = _crash("e1", "clauses", "any"), _crash("e2", "clauses", "any", status=status)
        assert _counts((first, emoji), (second, plain)) == counts


def test_a_crash_is_located_where_one_sight_of_it_is() -> None:
    one, other = (observed(name, rule="server-error", seen="status 500") for name in ("e1", "e2"))
    guess = observed("e3", rule="server-error", seen="status 500")
    located, unlocated = _crash("e1", "clauses", "refuse"), _crash("e2", "lifecycle", "any", OTHER_VALUES)
    assert _counts((located, one), (unlocated, other), (_crash("e3", "engine", "any"), guess)) == [3]


def test_a_crash_is_one_of_valid_requests_where_one_sight_of_it_is() -> None:
    invalid, valid = (broken(_NAME, name, rule="server-error") for name in ("e1", "e2"))
    whole = observed("e3", rule="server-error", seen="status 500")
    refused, accepted = _crash("e1", "clauses", "refuse"), _crash("e2", "clauses", "accept")
    assert _counts((refused, invalid), (accepted, valid), (_crash("e3", "baseline", "any"), whole)) == [3]


def test_what_fails_only_beside_others_is_a_note() -> None:
    refused = broken(_NAME, rule="valid-request-rejected")
    for aspect, severity in ((f"{BESIDE}#/a", "note"), ("status 400", RULES["valid-request-rejected"].severity)):
        (finding,) = folded(refused, causes={"e1": ("#/b", aspect)}).findings
        assert finding.severity == severity


def test_half_of_a_surrogate_pair_in_an_operation_is_no_obstacle() -> None:
    assert len(folded(observed(operation="\ud800"), observed(operation="\ud801")).findings) == 2


def accepted(clause: str, value: str) -> Observation:
    return broken(clause, f"accepted {value}", rule="invalid-request-accepted", value=value)


def shown(value: str) -> Observation:
    """An answer with a value that its schema does not allow."""
    return broken(_KIND, f"shown {value}", value=value, causes=Causes(frozenset({("member", "kind")})))


@pytest.mark.parametrize(
    ("observations", "rules"),
    [
        pytest.param([accepted(_NAME, "v"), shown("v")], ["invalid-request-accepted"], id="an accepted value"),
        pytest.param(
            [accepted(_NAME, "v"), shown("v"), shown("w")],
            ["invalid-request-accepted", "response-schema"],
            id="an accepted value and one that was not sent",
        ),
        pytest.param(
            [accepted(_NAME, f"{COMMON}null"), shown(f"{COMMON}null")],
            ["invalid-request-accepted", "response-schema"],
            id="a value that may be anybody's",
        ),
        pytest.param(
            [accepted(_NAME, "v"), accepted(_SIZE, "v")],
            ["invalid-request-accepted", "invalid-request-accepted"],
            id="one value accepted against two clauses",
        ),
    ],
)
def test_only_an_answer_is_the_fault_of_accepting_its_value(observations: list[Observation], rules: list[str]) -> None:
    findings = folded(*observations).findings
    assert sorted(finding.rule for finding in findings) == rules
    assert sum(finding.count for finding in findings) == len(observations)


@pytest.mark.parametrize("with_places", [True, False], ids=["with its places", "of an older record"])
def test_a_finding_is_at_each_of_its_places(with_places: bool) -> None:
    (finding,) = folded(broken(_NAME), broken(_NAME, "e2", operation="show")).findings
    assert len(finding.places) == 2
    if not with_places:
        finding = msgspec.structs.replace(finding, places=())
    asked = [(operation, clause) for operation in ("make", "show", "list") for clause in (_NAME, _SIZE)]
    assert [each for each in asked if finding.is_at(*each)] == [("make", _NAME), ("show", _NAME)]
