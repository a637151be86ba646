"""Parameters and headers in every style, in a server of their own: each clause that is not kept is one finding."""

from __future__ import annotations

import pytest

from clausewise.contract.contract import Contract
from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.shelf import DOCUMENT, FAULTS, shelf
from tests.servers.small import drive


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(DOCUMENT)


def found(result: Result) -> list[tuple[str, str | None]]:
    return sorted((each.rule, each.clause) for each in result.run.findings)


def untested(result: Result) -> dict[str, str]:
    return {clause.id: clause.reason for clause in result.run.clauses if clause.verdict == "untested"}


def test_a_server_that_enforces_everything_has_no_finding(contract: Contract) -> None:
    result = drive(contract, shelf())
    assert found(result) == []
    # A value of a wrong alternative breaks the union.
    assert [pointer.rpartition("/parameters/")[2] for pointer in untested(result)] == ["5/schema/anyOf/1/enum"]


def test_every_fault_at_once(contract: Contract) -> None:
    assert found(drive(contract, shelf(FAULTS))) == sorted(FAULTS.values())


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_clause_that_is_not_kept_is_one_finding(contract: Contract, fault: str) -> None:
    assert found(drive(contract, shelf([fault]))) == [FAULTS[fault]]
