"""Actions in any order, on a thing and on what it names."""

from __future__ import annotations

import pytest

from tests.conftest import Compile
from tests.servers.depot import CONTRACT, depot
from tests.servers.small import drive

_PHASES = ("baseline", "lifecycle")


@pytest.mark.parametrize(
    ("fault", "rule", "words"),
    [
        ("seal-hides", "gone-without-delete", "getCrate answers 404 for a crate that nobody deleted, after sealCrate"),
        ("seal-twice-crashes", "server-error", "sealCrate answered 500 where sealCrate and then openCrate had been"),
        ("shipped-crashes", "server-error", "listLabels answered 500 where sealCrate and then shipCrate had been"),
    ],
)
def test_a_fault_is_one_finding(compiled: Compile, fault: str, rule: str, words: str) -> None:
    findings = drive(compiled(CONTRACT), depot([fault]), phases=_PHASES).run.findings
    assert [(finding.rule, finding.severity) for finding in findings] == [(rule, "error")]
    assert words in findings[0].message
