"""The sample project uses the plugin as its users do; each seeded fault fails the tests that it should, no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROJECT = Path(__file__).parent / "pytest_project"

#: tests that get a book from a server and check it
_BOOKS = {
    *("test_requests", "test_httpx", "test_urllib3", "test_aiohttp", "test_fastapi", "test_flask", "test_django"),
    "test_a_watched_client_is_strict",
}


def run_pytest(*arguments: str, faults: str = "", cwd: Path = _PROJECT) -> subprocess.CompletedProcess[str]:
    """pytest as a process of its own, in the sample project."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", *arguments],
        cwd=cwd,
        env={**os.environ, "SHOP_FAULTS": faults, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def outcomes(output: str, word: str) -> set[str]:
    """Names of the tests that the short summary calls `word`."""
    lines = [line.split(" - ")[0] for line in output.splitlines() if line.startswith(f"{word} ")]
    return {line.split("::", 1)[1] for line in lines}


@pytest.mark.parametrize(
    ("faults", "failing"),
    [
        pytest.param("", set(), id="none"),
        pytest.param("state", {*_BOOKS}, id="a state that is not documented"),
        pytest.param("long-title", {"test_a_long_title_is_refused"}, id="a title that is too long is accepted"),
    ],
)
def test_each_fault_fails_the_right_client_tests(faults: str, failing: set[str]) -> None:
    done = run_pytest("tests/test_clients.py", faults=faults)
    assert outcomes(done.stdout, "FAILED") == failing, done.stdout
    assert done.returncode == (1 if failing else 0)


def test_a_failure_names_the_value_the_clause_and_its_line() -> None:
    done = run_pytest("tests/test_clients.py", "-k", "test_fastapi", faults="state")
    assert (
        'the 201 response has `state` = "gone"; the contract says `state` is one of "available", "lent"' in done.stdout
    )
    line = (_PROJECT / "openapi.yaml").read_text().splitlines().index("        state: { enum: [available, lent] }") + 1
    assert f"openapi.yaml:{line}:18 (response-schema, response.201.body.state)" in done.stdout
    assert "curl -X POST http://testserver/api/books" in done.stdout


def test_what_a_watched_client_meets_stands_in_the_report_of_a_test_that_passes() -> None:
    done = run_pytest("tests/test_clients.py", "-k", "watched_client_reports", faults="state")
    assert outcomes(done.stdout, "PASSED") == {"test_a_watched_client_reports"}
    assert 'the 201 response has `state` = "gone"' in done.stdout
