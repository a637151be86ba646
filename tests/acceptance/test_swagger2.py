"""A server with a document of Swagger 2.0: what it keeps is upheld, and each of its faults is one finding."""

from __future__ import annotations

import base64

import pytest

from clausewise.contract.contract import Contract
from tests.conftest import Compile
from tests.servers.kennel import DOCUMENT, FAULTS, kennel
from tests.servers.small import drive

_LOGIN = (("Authorization", "Basic " + base64.b64encode(b"user:secret").decode()),)


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(DOCUMENT)


def found(contract: Contract, *faults: str) -> list[tuple[str, str | None]]:
    result = drive(contract, kennel(faults), headers=_LOGIN)
    return sorted((each.rule, each.clause) for each in result.run.findings)


def test_a_server_that_enforces_everything_has_no_finding(contract: Contract) -> None:
    result = drive(contract, kennel(), headers=_LOGIN)
    assert [(each.rule, each.clause, each.message) for each in result.run.findings] == []
    # An answer may be of the base itself, which this server does not have.
    untested = {clause.where for clause in result.run.clauses if clause.verdict == "untested"}
    assert {where for where in untested if "[Animal]" not in where} == set()


def test_every_fault_of_requests_at_once(contract: Contract) -> None:
    faults = {fault: place for fault, place in FAULTS.items() if not place[0].startswith("response")}
    assert found(contract, *faults) == sorted(faults.values())


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_clause_that_is_not_kept_is_one_finding(contract: Contract, fault: str) -> None:
    assert found(contract, fault) == [FAULTS[fault]]
