"""The shipped contract against its own mock, by the commands a user types."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from clausewise.report_table import REPORT_FILES
from tests.conftest import RunClausewise


@pytest.fixture(scope="module")
def mock_url(repo: Path, contract_file: Path) -> Iterator[str]:
    """`clausewise mock` as a process of its own, on a free port."""
    command = [sys.executable, "-u", "-m", "clausewise", "mock", str(contract_file), "--port", "0"]
    with subprocess.Popen(command, cwd=repo, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.send_signal(signal.SIGINT)
        process.wait(10)


def without_times(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "run.json").read_text())
    del record["started"], record["seconds"]
    return record


def test_the_gate_passes_and_writes_its_reports(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    done = run_clausewise("gate", "--output-dir", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("PASSED")
    record = json.loads((tmp_path / "run.json").read_text())
    counts = record["coverage"]["clauses"]
    assert record["findings"] == [] and record["gate"] == {"passed": True, "reasons": [], "warnings": []}
    assert counts["violated"] == 0 and counts["upheld"] / counts["total"] >= 0.95
    assert all(clause["reason"] for clause in record["clauses"] if clause["verdict"] == "untested")
    assert (tmp_path / "exchanges.ndjson").read_bytes().count(b"\n") == record["requests"]
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert suites.get("tests") == str(counts["total"] + counts["unbreakable"])
    assert (tmp_path / "summary.md").read_text().startswith("# Passed")


def test_no_secret_reaches_any_file(run_clausewise: RunClausewise, mock_url: str, tmp_path: Path) -> None:
    secret = "Bearer s3cr3t-t0ken-of-the-user"
    done = run_clausewise(
        "test", "--url", mock_url, "-H", "Authorization: env:TOKEN", "--output-dir", tmp_path, env={"TOKEN": secret}
    )
    assert done.returncode == 0, done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
    assert all(b"s3cr3t" not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_the_same_seed_gives_the_same_record(run_clausewise: RunClausewise, mock_url: str, tmp_path: Path) -> None:
    """Only how often an accepted request is repeated, to see whether it still is, depends on the order of answers."""
    records, requests = [], []
    for name in ("a", "b"):
        done = run_clausewise("test", "--url", mock_url, "--seed", "7", "--output-dir", tmp_path / name)
        assert done.returncode == 0, done.stderr
        record = without_times(tmp_path / name)
        del record["requests"]
        for clause in record["clauses"]:
            del clause["tried"]
        records.append(record)
        lines = (tmp_path / name / "exchanges.ndjson").read_bytes().splitlines()
        requests.append({json.dumps(json.loads(line)["request"]) for line in lines})
    assert records[0] == records[1]
    assert requests[0] == requests[1] and len(requests[0]) > 1000


def test_socket_and_process_agree(run_clausewise: RunClausewise, mock_url: str, tmp_path: Path) -> None:
    run_clausewise("test", "--url", mock_url, "--output-dir", tmp_path / "socket")
    run_clausewise("test", "--mock", "--output-dir", tmp_path / "process")
    over_socket, in_process = _verdicts(tmp_path / "socket"), _verdicts(tmp_path / "process")
    assert over_socket == in_process


def _verdicts(folder: Path) -> list[dict[str, object]]:
    """The clauses of a record, without how often each was tried: in a run of its own the mock shows what its examples
    leave out as well. Nor with what was left out: only the mock in this process can lose nothing by a DELETE."""
    clauses = json.loads((folder / "run.json").read_text())["clauses"]
    return [{name: value for name, value in clause.items() if name not in ("tried", "reason")} for clause in clauses]


@pytest.mark.parametrize("report", ["json", "junit,markdown"])
def test_only_the_reports_asked_for_are_written(run_clausewise: RunClausewise, tmp_path: Path, report: str) -> None:
    run_clausewise("test", "--mock", "--phase", "baseline", "--report", report, "--output-dir", tmp_path)
    wanted = {REPORT_FILES[name] for name in report.split(",")} | {"exchanges.ndjson"}
    assert {file.name for file in tmp_path.iterdir()} == wanted


def test_schemas_are_up_to_date_and_checked(run_clausewise: RunClausewise, tmp_path: Path, repo: Path) -> None:
    assert run_clausewise("schemas", "--check").returncode == 0
    folder = tmp_path / "schemas"
    assert run_clausewise("schemas", "--output-dir", folder).returncode == 0
    written = {file.name: file.read_text() for file in folder.iterdir()}
    assert written == {file.name: file.read_text() for file in (repo / "openapi" / "schemas").iterdir()}
    (folder / "createCluster.request.schema.json").write_text("{}")
    (folder / "createCluster.response.400.schema.json").rename(folder / "gone.schema.json")
    done = run_clausewise("schemas", "--check", "--output-dir", folder)
    assert done.returncode == 1
    assert [line.rsplit(" is ", 1)[1] for line in done.stderr.splitlines()[:3]] == ["missing", "stale", "left over"]


def test_clauses_are_listed_with_their_lines(run_clausewise: RunClausewise, contract_file: Path) -> None:
    done = run_clausewise("clauses", "--format", "json")
    clauses = [json.loads(line) for line in done.stdout.splitlines()]
    lines = contract_file.read_text().splitlines()
    longest = next(
        clause for clause in clauses if (clause["where"], clause["keyword"]) == ("request.body[GCP].name", "maxLength")
    )
    assert "maxLength: 64" in lines[longest["location"]["line"] - 1]
    assert longest["text"] == "`name` has at most 64 characters"
