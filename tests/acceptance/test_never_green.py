"""No run is green that tested nothing: operations that accept no request fail it, in every command and report."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import RunClausewise

_APP = ("--app", "tests.servers.closed:app")
_TOKEN = "of-today"
_RESPONSES = "{'200': {description: ok}, default: {description: other}}"
_CONTRACT = f"""\
openapi: 3.1.0
info: {{title: Doors, version: "1"}}
paths:
  /open:
    get: {{operationId: open, responses: {_RESPONSES}}}
  /closed:
    get: {{operationId: closed, responses: {_RESPONSES}}}
"""


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """A contract that says nothing of security."""
    file = tmp_path / "doors.yaml"
    file.write_text(_CONTRACT)
    return file


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("401", 'closed answered 401 to everything, `{"error": "go away"}`: give credentials with -H or in'),
        ("400", "closed answered 400 to every valid request"),
        ("302", "closed answered 302 to everything"),
        ("404", "closed answered 404 to everything"),
    ],
)
def test_a_run_fails_and_says_what_was_answered(
    status: str, told: str, contract: Path, tmp_path: Path, run_clausewise: RunClausewise
) -> None:
    done = run_clausewise("test", contract, *_APP, "-q", "--output-dir", tmp_path / "out", env={"STATUS": status})
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAILED: {told}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--unaccepted", "warn"), "warning: closed answered 401 to everything"),
        (("--known-unaccepted", "closed"), "PASSED"),
        (("--known-unaccepted", "closed", "--known-unaccepted", "open"), "warning: open accepts requests now"),
        (("--known-unaccepted", "closed", "--known-unaccepted", "clsed"), 'known-unaccepted names "clsed"'),
        (("--operation", "open"), "PASSED"),
        (("-H", f"Authorization: Bearer {_TOKEN}"), "PASSED"),
    ],
    ids=["warn", "known", "known in vain", "misspelt", "not selected", "with the token"],
)
def test_what_passes(
    arguments: tuple[str, ...], told: str, contract: Path, tmp_path: Path, run_clausewise: RunClausewise
) -> None:
    done = run_clausewise(
        "test", contract, *_APP, "-q", *arguments, "--output-dir", tmp_path / "out", env={"TOKEN": _TOKEN}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert told in done.stdout and done.stdout.rstrip().endswith("PASSED")


def test_every_report_says_it(contract: Path, tmp_path: Path, run_clausewise: RunClausewise) -> None:
    done = run_clausewise("test", contract, *_APP, "--output-dir", tmp_path, env={"GITHUB_ACTIONS": "true"})
    sentence = "closed answered 401 to everything"
    assert done.returncode == 1
    assert f"::error title=clausewise::{sentence}" in done.stdout
    assert json.loads((tmp_path / "run.json").read_text())["unaccepted"][0]["operation"] == "closed"
    assert sentence in (tmp_path / "summary.md").read_text()
    assert sentence in (tmp_path / "report.html").read_text()
    assert sentence in (tmp_path / "clausewise.sarif").read_text()
    failures = ElementTree.parse(tmp_path / "junit.xml").iter("failure")
    assert [failure.get("type") for failure in failures] == ["unaccepted"]


@pytest.mark.parametrize(
    ("tokens", "status"), [(("of-yesterday", _TOKEN), 0), (("of-yesterday", "of-yesterday"), 1)], ids=["one", "none"]
)
def test_merged_shards_pass_where_one_of_them_had_a_request_accepted(
    tokens: tuple[str, ...], status: int, contract: Path, tmp_path: Path, run_clausewise: RunClausewise
) -> None:
    folders = []
    for number, token in enumerate(tokens):
        folders.append(tmp_path / str(number))
        header = ("-H", f"Authorization: Bearer {token}")
        run_clausewise("test", contract, *_APP, *header, "--output-dir", folders[-1], env={"TOKEN": _TOKEN})
    done = run_clausewise("report", "--merge", *folders, "--output-dir", tmp_path / "all", "-q", cwd=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("the credentials that were given may have expired" in done.stdout) is bool(status)


@pytest.mark.parametrize("name", ["openapi.json", "only-body.json"])
def test_a_server_that_refuses_everything_fails(
    name: str, shared: Path, tmp_path: Path, run_clausewise: RunClausewise
) -> None:
    folder = shared / "cases" / "verdict" / "all-refused"
    done = run_clausewise("test", folder / name, "--app", "srv:app", "-q", "--output-dir", tmp_path, cwd=folder)
    assert done.returncode == 1
    assert "answered 400 to every valid request" in done.stdout
