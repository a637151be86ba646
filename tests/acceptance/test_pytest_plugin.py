"""The sample project uses the plugin as its users do; each seeded fault fails the tests that it should, no other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_PROJECT = Path(__file__).parent / "pytest_project"

#: tests that check a book from a server
_BOOKS = {
    *("test_requests", "test_httpx", "test_urllib3", "test_aiohttp", "test_fastapi", "test_flask", "test_django"),
    *("test_a_watched_client_is_strict", "test_a_good_book_is_taken", "test_every_book_can_be_had_again"),
    *("addBook::response.201.body.state.enum", "getBook::response.200.body.state.enum"),
}
_LONG_TITLES = {
    *("test_a_long_title_is_refused", "test_a_bad_book_is_refused", "addBook::request.body.title.maxLength"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the sample project: what tests leave behind does not get into ours."""
    return Path(shutil.copytree(_PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__", ".*")))


def run_pytest(project: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """pytest as a process of its own, in the sample project."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", *arguments],
        cwd=project,
        env={**os.environ, "SHOP_FAULTS": "", "COLUMNS": "200", "CI": "true", **env},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


def outcomes(output: str, *words: str) -> set[str]:
    """Names of the tests that the short summary calls by one of `words`."""
    lines = [line.split(" - ")[0] for line in output.splitlines() if line.startswith(tuple(f"{w} " for w in words))]
    return {line.split("::", 1)[1] for line in lines if "::" in line}


@pytest.mark.parametrize(
    ("env", "failing"),
    [
        pytest.param({}, set(), id="none"),
        pytest.param({"SHOP_FAULTS": "state"}, _BOOKS, id="a state that is not documented"),
        pytest.param({"SHOP_FAULTS": "long-title"}, _LONG_TITLES, id="a title that is too long"),
        pytest.param({"CLIENT_PAGES": "9000"}, {"test_a_book_is_added"}, id="a client that asks for too many pages"),
    ],
)
def test_each_fault_fails_the_right_tests_in_all_four_ways(
    project: Path, env: dict[str, str], failing: set[str]
) -> None:
    # To import Schemathesis' plugin takes two seconds; where nothing is wrong it has to be got on with.
    others = ["-p", "no:schemathesis"] if failing else []
    done = run_pytest(project, "tests", "openapi.yaml", "--clausewise-target=apps.fastapi_app:app", *others, **env)
    assert outcomes(done.stdout, "FAILED", "ERROR") == failing, done.stdout
    assert done.returncode == (1 if failing else 0)
    assert len(outcomes(done.stdout, "PASSED")) > 60


def test_a_crash_on_a_boundary_fails_the_clause_of_that_boundary(project: Path) -> None:
    target = "--clausewise-target=apps.flask_app:app"
    done = run_pytest(project, "openapi.yaml", target, "-n", "2", SHOP_FAULTS="crash")
    assert outcomes(done.stdout, "FAILED") == {"addBook::request.body.pages.maximum"}
    assert "addBook answered 500 where `pages` is 5000" in done.stdout


def test_a_failure_names_the_value_the_clause_and_its_line(project: Path) -> None:
    done = run_pytest(
        project, "tests/test_clients.py", "-k", "fastapi or reports", "-p", "no:schemathesis", SHOP_FAULTS="state"
    )
    told = 'the 201 response has `state` = "gone"; the contract says `state` is one of "available", "lent"'
    assert f"AssertionError: {told}" in done.stdout
    line = (project / "openapi.yaml").read_text().splitlines().index("        state: { enum: [available, lent] }") + 1
    assert f"openapi.yaml:{line}:18 (response.201.body.state) [response-schema]" in done.stdout
    assert "curl -X POST http://testserver/api/books" in done.stdout
    # What a watched client meets stands in the report of a test that passes.
    assert outcomes(done.stdout, "PASSED") == {"test_a_watched_client_reports"}
    assert f"Captured contract call {'-' * 10}" in done.stdout
