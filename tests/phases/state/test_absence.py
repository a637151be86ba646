"""What is not there is answered with 404, and a documented operation is there."""

from __future__ import annotations

import pytest

from tests.conftest import Compile
from tests.servers.depot import CONTRACT, depot
from tests.servers.small import drive

_PHASES = ("baseline", "lifecycle")


@pytest.mark.parametrize(
    ("fault", "rule", "severity", "words"),
    [
        ("reads-unknown", "unknown-id-accepted", "error", "getCrate answered 200 for the crate "),
        ("patches-unknown", "unknown-id-accepted", "error", "patchCrate answered 200 for the crate "),
        ("removes-unknown", "unknown-id-accepted", "warning", "deleteCrate answered 204 for the crate "),
        ("labels-of-unknown", "unknown-id-accepted", "error", "listLabels answered 200 for the crate "),
        ("no-seal", "not-implemented", "error", "sealCrate answered 404 to every request"),
    ],
)
def test_a_fault_is_one_finding(compiled: Compile, fault: str, rule: str, severity: str, words: str) -> None:
    findings = drive(compiled(CONTRACT), depot([fault]), phases=_PHASES).run.findings
    assert [(finding.rule, finding.severity) for finding in findings] == [(rule, severity)]
    assert words in findings[0].message


def test_a_server_that_keeps_nothing_is_said(compiled: Compile) -> None:
    result = drive(compiled(CONTRACT), depot(["stores-nothing"]), phases=_PHASES)
    assert "unknown-id-accepted" not in {finding.rule for finding in result.run.findings}
    assert [note for note in result.notes if "seems to keep nothing" in note] == [
        "getCrate: shows every id alike, also one that was never made, and not what was sent to make one: the server "
        "seems to keep nothing, so nothing was tested of the state of /crates/{}"
    ]
