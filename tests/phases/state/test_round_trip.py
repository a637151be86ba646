"""What was sent is what is read: creates, updates of all members, of one, and of one inside of an object."""

from __future__ import annotations

import pytest

from tests.conftest import Compile
from tests.servers.depot import CONTRACT, MANNERS, depot
from tests.servers.small import drive

_PHASES = ("baseline", "lifecycle")


@pytest.mark.parametrize(
    ("fault", "rule", "severity", "words"),
    [
        ("drops-member", "echo-mismatch", "warning", "makeCrate was sent `straps` = "),
        ("own-date", "echo-mismatch", "warning", "makeCrate was sent `due` = "),
        ("nulls-nested", "echo-mismatch", "warning", "makeCrate was sent `measures.depth` = "),
        (
            "no-default",
            "default-not-applied",
            "warning",
            "makeCrate was sent no `weight`, whose default is 1",
        ),
        ("loses-options", "update-not-visible", "error", "putOptions was sent `colour` = "),
        ("loses-update", "update-not-visible", "error", "was sent `note` = "),
        ("loses-nested-update", "update-not-visible", "error", "was sent `measures.width` = "),
        ("update-breaks", "update-not-visible", "error", "was sent `fragile` = false, and getCrate then shows true"),
        ("update-mends", "update-not-visible", "error", "was sent `fragile` = true, and getCrate then shows false"),
        ("keeps-null", "update-not-visible", "error", "was sent `note` = null, and getCrate then shows "),
        ("patch-clears-others", "update-loses-others", "error", "patchCrate was sent nothing but `name`"),
        ("patch-clears-pin", "update-loses-others", "error", "then shows that `pin` is gone"),
        ("patch-clears-nested", "update-loses-others", "error", "patchCrate was sent nothing but `measures.width`"),
    ],
)
def test_what_is_lost_is_one_finding(compiled: Compile, fault: str, rule: str, severity: str, words: str) -> None:
    findings = drive(compiled(CONTRACT), depot([fault]), phases=_PHASES).run.findings
    assert {(finding.rule, finding.severity) for finding in findings} == {(rule, severity)}, findings
    # PUT and PATCH are two operations, each of which may lose the same.
    assert len(findings) <= 2
    assert words in findings[0].message


@pytest.mark.parametrize("manner", ["", *MANNERS])
def test_a_way_of_writing_is_no_fault(compiled: Compile, manner: str) -> None:
    findings = drive(compiled(CONTRACT), depot([], [manner] if manner else []), phases=_PHASES).run.findings
    assert [finding.message for finding in findings] == []


@pytest.mark.parametrize("manner", ["bare-id", "location"])
def test_what_is_named_but_not_shown_is_read(compiled: Compile, manner: str) -> None:
    findings = drive(compiled(CONTRACT), depot(["own-date"], [manner]), phases=_PHASES).run.findings
    assert [finding.rule for finding in findings] == ["echo-mismatch"]
