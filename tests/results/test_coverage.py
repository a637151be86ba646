"""What is reported of a clause: the ledger's verdict, and what is known beside it."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.results.coverage import reach_verdicts
from clausewise.results.evidence import Evidence, Outcome, UntestedKind, UntestedReason
from clausewise.results.ledger import Ledger
from clausewise.results.record import Coverage
from tests.conftest import Compile

_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}
_ANSWER = {"schema": {"type": "array", "maxItems": 3, "maxLength": 9}}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/things": {
            "get": {
                "operationId": "list",
                "parameters": [_LIMIT],
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": _ANSWER}},
                    "400": {"description": "refused"},
                },
            }
        }
    },
}
_REQUEST, _RESPONSE, _WITHOUT_EFFECT = "maximum", "maxItems", "maxLength"


@pytest.mark.parametrize(
    ("keyword", "outcomes", "given", "verdict", "reason"),
    [
        pytest.param(_REQUEST, ["refused"], None, "upheld", "", id="a breach is refused"),
        pytest.param(_REQUEST, ["refused"], "never-accepted", "untested", "why", id="and so is everything else"),
        pytest.param(_REQUEST, ["refused"], "unfinished", "upheld", "", id="and more was to come"),
        pytest.param(_REQUEST, ["refused"], "partly", "upheld", "why", id="and a part was not tried"),
        pytest.param(_REQUEST, ["accepted"], "never-accepted", "violated", "", id="a breach is accepted"),
        pytest.param(_REQUEST, [], "unfinished", "untested", "why", id="nothing was tried"),
        pytest.param(_REQUEST, [], None, "untested", "no request tested it", id="nobody knows why"),
        pytest.param(_RESPONSE, ["held"], None, "upheld", "", id="an answer keeps it"),
        pytest.param(_RESPONSE, ["held"], "never-accepted", "upheld", "", id="an answer of a refusal keeps it"),
        pytest.param(_RESPONSE, ["broken"], None, "violated", "", id="an answer breaks it"),
        pytest.param(_RESPONSE, [], None, "untested", "no 200 response was seen", id="no answer"),
        pytest.param(
            _WITHOUT_EFFECT,
            [],
            None,
            "unbreakable",
            "`maxLength` has no effect on a value of type array",
            id="nothing breaks it",
        ),
        pytest.param(_WITHOUT_EFFECT, ["broken"], None, "violated", "", id="something broke it"),
    ],
)
def test_the_verdict_on_a_clause(
    keyword: str,
    outcomes: list[Outcome],
    given: UntestedKind | None,
    verdict: str,
    reason: str,
    compiled: Compile,
) -> None:
    contract = compiled(_DOCUMENT)
    operation = contract.operation("list")
    (clause,) = [each for each in operation.clauses if each.keyword == keyword]
    ledger = Ledger("run")
    ledger.add(Evidence(clause.key, outcome) for outcome in outcomes)
    untested = {clause.key: UntestedReason(given, "why")} if given is not None else {}
    found = reach_verdicts(
        contract, (operation,), ledger, untested=lambda key, _: untested.get(key), explained={}, accepted={"list"}
    )
    (one,) = [each for each in found.clauses if each.keyword == keyword]
    assert (one.verdict, one.reason, one.tried) == (verdict, reason, len(outcomes))
    assert bool(one.never_accepted) is (verdict == "untested" and given == "never-accepted")


def test_what_another_fault_explains_is_untested(compiled: Compile) -> None:
    contract = compiled(_DOCUMENT)
    operation = contract.operation("list")
    (clause,) = [each for each in operation.clauses if each.keyword == _REQUEST]
    ledger = Ledger("run")
    ledger.add([Evidence(clause.key, "refused")])
    found = reach_verdicts(
        contract, (operation,), ledger, untested=lambda *_: None, explained={clause.key: "see f1"}, accepted=set()
    )
    (one,) = [each for each in found.clauses if each.keyword == _REQUEST]
    assert (one.verdict, one.reason) == ("untested", "see f1")


def test_operations_and_answers_are_counted(compiled: Compile) -> None:
    contract = compiled(_DOCUMENT)
    operation = contract.operation("list")
    ledger = Ledger("run")
    ledger.add([Evidence(operation.responses["200"].status.key, "held")])

    def counted(*accepted: str) -> Coverage:
        given: dict[str, Any] = {"untested": lambda *_: None, "explained": {}, "accepted": set(accepted)}
        return reach_verdicts(contract, (operation,), ledger, **given).coverage

    assert (counted().operations.accepted, counted().operations.total) == (0, 1)
    assert (counted("list").operations.accepted, counted("list").operations.total) == (1, 1)
    assert (counted().responses.seen, counted().responses.total) == (1, 2)
    clauses = counted().clauses
    assert (clauses.upheld, clauses.total + clauses.unbreakable) == (1, len(operation.clauses))
