"""A fault that shows in many places is one finding with these places, and two faults stay two."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.results.record import Finding
from tests.conftest import Compile
from tests.servers.library import CONTRACT, FAULTS, library
from tests.servers.small import drive

_LISTS = {"list-books", "list-loans", "list-members"}
_MAKES = {"make-books", "make-loans", "make-members"}

#: fault -> rule and operations of its one finding, and words of its message
EXPECTED: dict[str, tuple[str, set[str], str]] = {
    "query-handler": ("server-error", _LISTS, "the server fails in the same way in 6 places"),
    "query-handler-in-text": ("server-error", _LISTS, "the server fails in the same way in 6 places"),
    "body-handler": ("server-error", _MAKES, "the server fails in the same way in 12 places"),
    "unguarded": ("auth-not-enforced", _LISTS | _MAKES, "without valid credentials in 6 places"),
    "coerces": ("invalid-request-accepted", _LISTS | _MAKES, "strings for numbers and booleans in 9 places"),
    "nulls": ("invalid-request-accepted", _MAKES, "null for other types in 12 places"),
    "nul": ("server-error", _MAKES, "the server fails in the same way in 3 places"),
    "null-note": ("response-schema", _LISTS | _MAKES, "in 6 places"),
    "any-media-type": ("invalid-request-accepted", _MAKES, "other media types in 3 places"),
    "any-isbn": ("invalid-request-accepted", _MAKES, "the same fault occurs in 3 places"),
}

#: faults that hide one another: the first one answers before the second can
_HIDING = {
    frozenset({"query-handler", "query-handler-in-text"}),
}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(CONTRACT)


def findings(contract: Contract, *faults: str) -> tuple[Finding, ...]:
    headers = (("Authorization", "Bearer of-a-reader"),)
    return drive(contract, library(faults), headers=headers).run.findings


def told(finding: Finding) -> tuple[str, set[str]]:
    return finding.rule, set(finding.operations)


def test_every_fault_is_expected_here() -> None:
    assert EXPECTED.keys() == FAULTS.keys()


def test_the_correct_server_gives_no_finding(contract: Contract) -> None:
    assert findings(contract) == ()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_many_places_is_one_finding(contract: Contract, fault: str) -> None:
    (finding,) = findings(contract, fault)
    rule, operations, words = EXPECTED[fault]
    assert told(finding) == (rule, operations)
    assert words in finding.message
    assert {place.operation for place in finding.places} == operations


@pytest.mark.slow
@pytest.mark.parametrize("pair", [pair for pair in combinations(FAULTS, 2) if frozenset(pair) not in _HIDING])
def test_two_faults_are_two_findings(contract: Contract, pair: tuple[str, str]) -> None:
    found: list[Any] = sorted(told(finding) for finding in findings(contract, *pair))
    assert found == sorted(EXPECTED[fault][:2] for fault in pair)
