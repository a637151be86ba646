"""Two answers about the same thing."""

from __future__ import annotations

import pytest

from tests.conftest import Compile
from tests.servers.depot import CONTRACT, depot
from tests.servers.small import drive

_PHASES = ("baseline", "lifecycle")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("list-without-note", "listCrates shows `note` of the crate "),
        ("short-labels", "listLabels lists 2 items of the crate "),
        ("miscounts", "and getCrate shows `label_count` as 1"),
    ],
)
def test_a_fault_is_one_finding(compiled: Compile, fault: str, words: str) -> None:
    findings = drive(compiled(CONTRACT), depot([fault]), phases=_PHASES).run.findings
    assert [(finding.rule, finding.severity) for finding in findings] == [("views-differ", "error")]
    assert words in findings[0].message
