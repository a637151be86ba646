"""Output that cannot be written: it is said, and nothing that was found is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clausewise.exchange import Exchange, Request, Response
from clausewise.recordings import ndjson
from clausewise.report.folder import claimed
from tests.conftest import RunClausewise
from tests.servers.faulty_cluster import serve
from tests.servers.small import Shelves, app_of, paths

_RUN = ("test", "--mock", "--phase", "baseline")


def test_a_folder_that_cannot_be_written_to_is_said_before_the_run(
    run_clausewise: RunClausewise, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("")
    done = run_clausewise(*_RUN, "--output-dir", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"clausewise: error: cannot write to {tmp_path / 'out'}: ")


def test_nothing_is_written_outside_the_folder_of_the_reports(
    run_clausewise: RunClausewise, repo: Path, tmp_path: Path
) -> None:
    """Hypothesis, which draws the values of this phase, keeps examples in the working directory if nobody stops it."""
    work, home, temporary = tmp_path / "work", tmp_path / "home", tmp_path / "temporary"
    for folder in (work, home, temporary):
        folder.mkdir()
    contract = repo / "openapi" / "astro-create-cluster.yaml"
    run = ("test", contract, "--mock", "--phase", "properties", "--max-examples", "2", "--output-dir", tmp_path / "out")
    done = run_clausewise(*run, cwd=work, env={"TMPDIR": str(temporary), "HOME": str(home)})
    assert "operations accepted 1 of 1" in done.stdout
    assert [path for folder in (work, home, temporary) for path in folder.rglob("*")] == []


@pytest.mark.parametrize("report", ["run.json", "report.html", "junit.xml"])
def test_a_report_that_cannot_be_written_hides_no_result(
    run_clausewise: RunClausewise, tmp_path: Path, report: str
) -> None:
    (tmp_path / report / "full").mkdir(parents=True)
    done = run_clausewise(*_RUN, "--output-dir", tmp_path)
    assert done.returncode == 2
    assert "operations accepted 1 of 1" in done.stdout
    assert f"clausewise: error: cannot write reports to {tmp_path}: " in done.stderr


def _with_output(stdout: Any, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clausewise", *arguments, "--output-dir", str(tmp_path)],
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def test_a_reader_that_has_ended_changes_no_status(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = _with_output(writes, tmp_path, *_RUN)
    finally:
        os.close(writes)
    assert (done.returncode, "error" in done.stderr) == (0, False)
    assert (tmp_path / "run.json").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_is_full_is_said(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    with Path("/dev/full").open("wb") as full:
        done = _with_output(full, tmp_path, *_RUN)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "clausewise: error: cannot write to the standard output: No space left on device"
    )
    assert (tmp_path / "run.json").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["init", "--help"], ["schemas", "--output-dir", "out"], ["test", "--mock", "--dry-run"]],
    ids=" ".join,
)
def test_every_command_says_it(arguments: list[str], contract_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "clausewise", *arguments]
    command += [str(contract_file)] if arguments[0] in ("schemas", "test") else []
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False, timeout=120
        )
    said = "clausewise: error: cannot write to the standard output: No space left on device"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, said)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_leads_nowhere(
    closed: str, contract_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = f'exec "$0" -m clausewise test "$1" --mock --phase baseline {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, str(contract_file)], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
    record = tmp_path / "reports" / "latest"
    assert json.loads((record / "run.json").read_text())["requests"] > 0
    # No line that was meant for the stream is in a file that got its number.
    assert all(line.startswith("{") for line in (record / "exchanges.ndjson").read_text().splitlines())


def test_what_a_run_writes_is_for_its_owner(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert run_clausewise(*_RUN, "--output-dir", folder).returncode == 0
    assert folder.stat().st_mode & 0o077 == 0
    assert {file.name for file in folder.rglob("*") if file.is_file() and file.stat().st_mode & 0o077} == set()


@pytest.mark.skipif(os.name == "nt", reason="two commands are not kept apart there")
def test_another_command_that_writes_to_the_folder_ends_this_one(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    with claimed(tmp_path):
        done = run_clausewise(*_RUN, "--output-dir", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"another command writes to {tmp_path} now" in done.stderr and not (tmp_path / "run.json").exists()


def test_a_body_of_which_a_part_was_kept_is_not_judged_later(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    content = {"content": {"application/json": {"schema": {"type": "object"}}}}
    operation = {"requestBody": content, "responses": {"200": {"description": "", **content}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": operation}}}
    (tmp_path / "api.json").write_text(json.dumps(document))
    kind, body = (("Content-Type", "application/json"),), b'{"a": [1'
    for cut, status in ((9, 0), (0, 1)):
        exchange = Exchange("a", Request("POST", "/a", kind, body, cut), Response(200, kind, body, cut=cut))
        (tmp_path / "a.ndjson").write_bytes(ndjson.encode(exchange).rstrip() + b"\n")
        done = run_clausewise("validate", "api.json", "a.ndjson", cwd=tmp_path)
        assert done.returncode == status, done.stdout + done.stderr


#: files that a run begins anew, and those that it opens with what they hold
_ANEW = ("exchanges.ndjson", "logbook.ndjson", "run.json", "report.html")
_GOES_ON = (".lock", "created.ndjson", "created.open.ndjson")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.parametrize("kind", ["link", "pipe"])
@pytest.mark.parametrize("names", [_ANEW, *[(name,) for name in _GOES_ON]], ids=["anew", *_GOES_ON])
def test_nothing_in_the_folder_leads_a_run_to_another_file(
    run_clausewise: RunClausewise, tmp_path: Path, names: tuple[str, ...], kind: str
) -> None:
    folder, other = tmp_path / "out", tmp_path / "precious"
    folder.mkdir()
    other.write_text("")
    for name in names:
        (folder / name).symlink_to(other) if kind == "link" else os.mkfifo(folder / name)
    operations = paths("POST /boxes", "GET /boxes/{id}", "DELETE /boxes/{id}")
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": operations}
    (tmp_path / "api.json").write_text(json.dumps(document))
    with serve(app_of(Shelves())) as url:
        run = ("test", "api.json", "--url", url, "--phase", "baseline", "--output-dir", folder)
        done = run_clausewise(*run, cwd=tmp_path)
    assert other.read_text() == ""
    if names == _ANEW:
        assert done.returncode == 0, done.stderr
        assert all(
            (folder / name).is_file() and not (folder / name).is_symlink() for name in _ANEW if "log" not in name
        )
    else:
        assert done.returncode == 2 and "clausewise: error: cannot write " in done.stderr, done.stderr
