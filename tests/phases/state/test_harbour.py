"""Servers of other manners: JSON:API, names that a PUT makes, `If-Match`, unique numbers that a pattern describes."""

from __future__ import annotations

import pytest

from clausewise.contract.contract import Contract
from tests.conftest import Compile
from tests.servers.harbour import DOCUMENT, FAULTS, Harbour
from tests.servers.small import drive

_PHASES = ("baseline", "queries", "lifecycle")

#: fault, rules of what is found, words of a finding
_CASES = [
    ("keeps-name", "update-not-visible", "patchShip was sent `data.attributes.name`"),
    ("keeps-depth", "update-not-visible", "putBerth was sent `depth`"),
    # One operation makes and changes a berth.
    ("loses-labels", "echo-mismatch update-not-visible", "putBerth was sent `labels"),
    ("counts-ropes-late", "views-differ", "getBerth shows `rope_count` as 0"),
    ("keeps-deleted", "use-after-delete", "after removeShip had removed it"),
    ("counts-page", "page-mismatch", "listShips shows `total` as 2 where `limit` is 2"),
    ("loses-scripts", "echo-mismatch", "addShip was sent `data.attributes.name`"),
    ("lowers-later", "echo-mismatch", "addShip was sent `data.attributes.name`"),
    ("adds-crew", "update-not-visible", "putPilot was sent `crew`"),
    ("forgets-notice", "update-not-visible", "putNotice was sent `text`"),
    ("ignores-tag", "condition-ignored", "putPilot answered 200 to `If-Match`"),
]


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(DOCUMENT)


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_sound_harbour_has_no_fault_and_accepts_every_operation(contract: Contract, seed: int) -> None:
    result = drive(contract, Harbour(), phases=_PHASES, seed=seed)
    assert [finding.message for finding in result.run.findings] == []
    assert result.run.coverage.operations.accepted == len(contract.operations)


@pytest.mark.parametrize(("fault", "rules", "words"), _CASES)
def test_each_fault_is_found(contract: Contract, fault: str, rules: str, words: str) -> None:
    result = drive(contract, Harbour([fault]), phases=_PHASES)
    found = [(finding.rule, finding.message) for finding in result.run.findings]
    assert found and {rule for rule, _ in found} == set(rules.split()), found
    assert any(words in message for _, message in found), found


def test_each_fault_has_a_test() -> None:
    assert {fault for fault, _, _ in _CASES} == FAULTS.keys()
