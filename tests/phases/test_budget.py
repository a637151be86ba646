"""What is not tried, because there is too much of it, is said: values of an enumeration, limits, clauses."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.generation import references
from clausewise.phases import base, clauses
from clausewise.runner.run import Result
from clausewise.values import words
from clausewise.values.sizes import VALUES
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, paths

_PHASES = ("baseline", "clauses")


def run(contract: Contract, properties: dict[str, Any]) -> Result:
    """A run against a server that takes what the properties allow."""
    operation = contract.operation("POST /things")
    assert operation.body_message is not None
    is_valid = operation.body_message.is_valid

    def answer(call: Call) -> Answer:
        return (200, {}) if call.method == "POST" and is_valid(call.body) else (400, {"message": "no"})

    return drive(contract, answer, phases=_PHASES)


def contract_of(compiled: Compile, properties: dict[str, Any]) -> Contract:
    return compiled({"paths": paths("POST /things", body={"type": "object", "properties": properties})})


def reasons(result: Result, keyword: str) -> set[tuple[str, str]]:
    return {(clause.verdict, clause.reason) for clause in result.run.clauses if clause.keyword == keyword}


@pytest.mark.parametrize(
    ("count", "reason"),
    [(VALUES, ""), (20 * VALUES, f"of its 5,000 values, {VALUES} were tried")],
    ids=["each is tried", "some are tried"],
)
def test_not_each_value_of_a_long_enumeration_is_tried_and_said(compiled: Compile, count: int, reason: str) -> None:
    values = [f"v{number}" for number in range(count)]
    properties = {"code": {"enum": values}}
    result = run(contract_of(compiled, properties), properties)
    assert reasons(result, "enum") == {("upheld", reason)}
    assert [note for note in result.notes if "values" in note] == (
        [f"POST /things: `code`: {reason}"] if reason else []
    )
    sent = {str(exchange.request.body) for exchange in result.exchanges}
    tried = [value for value in values if any(f'"{value}"' in body for body in sent)]
    assert len(tried) >= VALUES and len(tried) <= VALUES + 3 and tried[-1] == values[-1]


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": "string", "maxLength": 10**9}, "maxLength"),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 10**9}, "maxItems"),
        ({"type": "object", "maxProperties": 10**9}, "maxProperties"),
    ],
)
def test_a_limit_that_no_request_reaches_is_untested_with_that_reason(
    compiled: Compile, schema: dict[str, Any], keyword: str
) -> None:
    properties = {"part": schema}
    ((verdict, reason),) = reasons(run(contract_of(compiled, properties), properties), keyword)
    assert verdict == "untested" and reason.startswith("its limit of 1,000,000,000 ") and "out of reach" in reason


def test_clauses_beyond_the_budget_are_untested_with_that_reason(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "CLAUSES", 20)
    monkeypatch.setattr(clauses, "CLAUSES", 20)
    properties = {f"p{number}": {"type": "string", "maxLength": 5} for number in range(30)}
    contract = contract_of(compiled, properties)
    result = run(contract, properties)
    untested = {clause.where for clause in result.run.clauses if "clauses of requests are tried" in clause.reason}
    schemas = [clause for clause in result.run.clauses if clause.where.startswith("request.body") and clause.keyword]
    upheld = [clause for clause in schemas if clause.verdict == "upheld" and clause.keyword in ("type", "maxLength")]
    assert len(upheld) == 20 and untested and any("clauses are not tried" in note for note in result.notes)


def test_each_branch_of_a_body_has_the_budget_of_clauses(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "CLAUSES", 20)
    monkeypatch.setattr(clauses, "CLAUSES", 20)
    branches = []
    for kind in ("cat", "dog"):
        fields: dict[str, Any] = {f"{kind}{number}": {"type": "string", "maxLength": 5} for number in range(30)}
        fields["kind"] = {"const": kind}
        branches.append({"type": "object", "required": ["kind"], "properties": fields, "additionalProperties": False})
    contract = compiled({"paths": paths("POST /things", body={"oneOf": branches})})
    message = contract.operation("POST /things").body_message
    assert message is not None

    def answer(call: Call) -> Answer:
        return (200, {}) if call.method == "POST" and message.is_valid(call.body) else (400, {"message": "no"})

    result = drive(contract, answer, phases=_PHASES)
    for kind in ("cat", "dog"):
        own = [clause for clause in result.run.clauses if f".{kind}" in clause.where]
        assert len([clause for clause in own if clause.verdict == "upheld"]) >= 15
        assert any("clauses of requests are tried" in clause.reason for clause in own)


def test_the_work_before_the_first_request_is_no_square_of_the_members(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the clock: comparing each name with each other one took 45 s for a thousand of them."""
    compared: list[str] = []

    def plain(name: str) -> str:
        compared.append(name)
        return words.plain(name)

    monkeypatch.setattr(references, "plain", plain)
    properties = {f"p{number}": {"type": "string", "maxLength": 5} for number in range(1000)}
    result = drive(contract_of(compiled, properties), lambda call: (200, {}), phases=("baseline",), max_requests=1)
    assert result.run.requests == 1
    assert 1000 <= len(compared) < 100 * len(properties)


def test_an_operation_whose_schema_demands_too_much_is_sent_nothing_valid_with_that_reason(compiled: Compile) -> None:
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        return 400, {}

    schema = {"type": "array", "items": {"type": "integer"}, "minItems": 10**9}
    result = drive(compiled({"paths": paths("POST /things", body=schema)}), answer, phases=_PHASES)
    assert max(len(call.content) for call in calls) < 100
    (found,) = result.run.unaccepted or ()
    assert "minItems 1,000,000,000" in found.text
