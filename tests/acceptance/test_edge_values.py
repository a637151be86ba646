"""Faults that only a telling value shows, in a server that random requests pass by."""

from __future__ import annotations

import pytest

from clausewise.options import RunOptions
from clausewise.runner.run import run
from clausewise.runner.targets import Target
from tests.conftest import Compile
from tests.servers.greeter import DOCUMENT, FAULTS, create_app

_CRASH = ("server-error", "greet answered 500 where the path parameter `name` holds a quote")
_CHANGED = ("echo-mismatch", 'greet was sent `name` = "bgypwcnk" and returned "bgypw"')


@pytest.mark.parametrize(
    ("faults", "expected"),
    [([], []), (["crash-on-quote"], [_CRASH]), (["another-name"], [_CHANGED]), (FAULTS, [_CRASH, _CHANGED])],
    ids=["correct", "crash", "another name", "both"],
)
def test_each_is_one_finding(compiled: Compile, faults: list[str], expected: list[tuple[str, str]]) -> None:
    contract = compiled(DOCUMENT)
    result = run(contract, Target("app", "greeter", 8, create_app(faults)), RunOptions())
    assert [(finding.rule, finding.message) for finding in result.run.findings] == expected
