"""What a second engine makes of a broken response: a finding of its own where it disagrees, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.conformance.checker import Checker
from clausewise.conformance.second_opinion import disagreement
from clausewise.contract.contract import Contract
from clausewise.contract.second_engine import python_validator
from clausewise.exchange import Exchange, Request, Response
from clausewise.results.faults import faults_of
from tests.conftest import Compile


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    user = {
        "type": "object",
        "properties": {"email": {"type": "string", "format": "email"}, "age": {"type": "integer"}},
    }
    answer = {"description": "a user", "content": {"application/json": {"schema": user}}}
    paths = {"/me": {"get": {"operationId": "me", "responses": {"200": answer}}}}
    return compiled({"openapi": "3.1.0", "info": {"title": "users", "version": "1"}, "paths": paths})


@pytest.mark.parametrize(
    ("body", "found"),
    [
        # To `jsonschema` whatever holds an @ is an address.
        pytest.param({"email": "two words@example.com"}, [("engine-disagreement", "warning")], id="they disagree"),
        pytest.param({"email": "nobody"}, [], id="neither takes it"),
        pytest.param({"age": "ten"}, [], id="neither takes another"),
        pytest.param({"email": "a@example.com"}, [], id="nothing is wrong"),
    ],
)
def test_a_disagreement_is_a_fault_of_the_same_clause(contract: Contract, body: Any, found: list[Any]) -> None:
    response = Response(200, (("Content-Type", "application/json"),), json.dumps(body).encode())
    exchange = Exchange("me-0001", Request("GET", "/me"), response)
    observations = Checker(contract.operations[0]).check(exchange).observations
    faults = list(faults_of([(exchange.id, observations)], {exchange.id: exchange}, {}))
    opinions = [opinion for fault in faults if (opinion := disagreement(contract, fault))]
    assert [(opinion.shown.rule, opinion.severity) for opinion in opinions] == found
    assert all(opinion.shown.where == faults[0].shown.where and opinion.exchange == exchange for opinion in opinions)


def test_a_pattern_costs_the_second_engine_no_more_than_another() -> None:
    text = "a" * 60 + "!"
    assert not python_validator({"pattern": "^(a+)+$"}).is_valid(text)
    assert not python_validator({"patternProperties": {"^(a+)+$": True}, "additionalProperties": False}).is_valid(
        {text: 1}
    )
