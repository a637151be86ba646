"""Forms, in a server of their own: each field has its clauses, and each that is not enforced is one finding."""

from __future__ import annotations

import pytest

from clausewise.contract.contract import Contract
from clausewise.results.record import Finding
from tests.conftest import Compile
from tests.servers.desk import DOCUMENT, FAULTS, LOGIN, UPLOAD, desk
from tests.servers.small import drive

_MEDIA = {"login": LOGIN, "upload": UPLOAD}
_PATHS = {"login": "~1login", "upload": "~1uploads"}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(DOCUMENT)


def pointer(fault: str) -> str:
    """The clause that a fault breaks."""
    operation, below = FAULTS[fault]
    media = _MEDIA[operation].replace("/", "~1")
    kind = "" if below.startswith("encoding/") else "schema/"
    return f"#/paths/{_PATHS[operation]}/post/requestBody/content/{media}/{kind}{below}"


def findings(contract: Contract, *faults: str) -> tuple[Finding, ...]:
    return drive(contract, desk(faults)).run.findings


def test_a_server_that_enforces_everything_has_no_finding(contract: Contract) -> None:
    result = drive(contract, desk())
    assert result.run.findings == ()
    untested = {clause.where: clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    assert untested == {}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_clause_of_a_form_that_is_not_enforced_is_one_finding(contract: Contract, fault: str) -> None:
    found = [(each.rule, each.clause) for each in findings(contract, fault)]
    assert found == [("invalid-request-accepted", pointer(fault))]


def test_every_fault_of_the_forms_at_once(contract: Contract) -> None:
    found = [each.clause for each in findings(contract, *FAULTS)]
    assert sorted(map(str, found)) == sorted(map(pointer, FAULTS))
