"""An OpenAPI document, collected as tests."""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clausewise.plugin.contracts import Contracts
from clausewise.plugin.options import read_options
from clausewise.transport.budget import SAFE_METHODS
from tests.plugin.conftest import Project

_TARGET = "--clausewise-target=app:app"
_MAX = "contract.yaml::addName::request.body.name.maxLength"
_MOOD = "contract.yaml::greet::response.200.body.mood.enum"


def outcome(output: str, name: str) -> str:
    """What the short summary calls an item."""
    found = re.search(rf"^(\w+) {re.escape(name)}(?: |$)", output, re.MULTILINE)
    return found[1] if found else ""


def test_each_clause_is_an_item(project: Project) -> None:
    done = project.pytest("contract.yaml", _TARGET, "--collect-only", "-q")
    assert {_MAX, _MOOD, "contract.yaml::addName::beyond-the-clauses"} <= set(done.stdout.splitlines())
    assert "contract coverage" not in done.stdout


def test_what_holds_passes_and_what_cannot_be_tested_is_skipped_with_its_reason(project: Project) -> None:
    done = project.pytest("contract.yaml", _TARGET)
    assert done.returncode == 0, done.stdout
    assert outcome(done.stdout, _MAX) == outcome(done.stdout, _MOOD) == "PASSED"
    assert re.search(r"SKIPPED \[1\] contract\.yaml:\d+: no 503 response was seen", done.stdout)


@pytest.mark.parametrize(
    ("env", "item", "told", "line"),
    [
        pytest.param(
            {"LONGEST": "9"}, _MAX, "addName accepted (201) a request where `name`", "minLength", id="request"
        ),
        pytest.param({"MOOD": "cross"}, _MOOD, 'the 200 response has `mood` = "cross"', "mood:", id="response"),
    ],
)
def test_a_fault_fails_its_clause_at_the_line_of_the_contract(
    project: Project, env: dict[str, str], item: str, told: str, line: str
) -> None:
    done = project.pytest("contract.yaml", _TARGET, "--junitxml=junit.xml", env=env)
    assert done.returncode == 1
    lines = (project.folder / "contract.yaml").read_text().splitlines()
    number = next(n for n, text in enumerate(lines, 1) if line in text)
    assert f"FAILED {item} - {told}" in done.stdout
    assert f"  contract.yaml:{number}:" in done.stdout
    assert "documents.py" not in done.stdout
    cases = ET.parse(project.folder / "junit.xml").iter("testcase")
    failures = {f"{case.get('classname')} {case.get('name')}" for case in cases if case.find("failure") is not None}
    assert item.replace("contract.yaml::", "contract.yaml.").replace("::", " ") in failures


def requests(project: Project) -> list[str]:
    log = project.folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def test_requests_are_made_once_a_session_and_none_to_collect(project: Project) -> None:
    project.pytest("contract.yaml", _TARGET, "--collect-only", env={"LOG": "log"})
    assert requests(project) == []
    done = project.pytest("contract.yaml", _TARGET, "--clausewise-phase=baseline,clauses", env={"LOG": "log"})
    count = re.search(r"(\d+) passed", done.stdout)
    assert count is not None and 0 < len(requests(project)) < 4 * int(count[1])


def test_selected_clauses_make_their_own_requests_only(project: Project) -> None:
    project.pytest("contract.yaml", _TARGET, env={"LOG": "log"})
    everything = len(requests(project))
    (project.folder / "log").unlink()
    done = project.pytest(_MAX, _TARGET, env={"LOG": "log", "LONGEST": "9"})
    assert outcome(done.stdout, _MAX) == "FAILED"
    assert len(requests(project)) * 3 < everything
    assert not [line for line in requests(project) if "/greetings" in line]


def test_a_selected_clause_of_a_response_sees_every_response(project: Project) -> None:
    done = project.pytest(_MOOD, _TARGET, env={"MOOD": "cross"})
    assert outcome(done.stdout, _MOOD) == "FAILED"


def test_the_first_failure_ends_it_and_the_last_failures_run_again(project: Project) -> None:
    env = {"LONGEST": "9", "MOOD": "cross"}
    stopped = project.pytest("contract.yaml", _TARGET, "-x", env=env)
    assert "1 failed" in stopped.stdout and "stopping after 1 failures" in stopped.stdout
    every = project.pytest("contract.yaml", _TARGET, env=env)
    again = project.pytest("contract.yaml", _TARGET, "--lf", env=env)
    failed = re.findall(r"^FAILED (\S+)", every.stdout, re.MULTILINE)
    assert re.findall(r"^FAILED (\S+)", again.stdout, re.MULTILINE) == failed
    assert "passed" not in again.stdout.splitlines()[-1]


def workers_at(project: Project, path: str) -> set[str]:
    """The workers whose requests went to a path."""
    return {line.split()[0] for line in requests(project) if path in line}


def test_each_worker_makes_the_requests_of_its_own_operations(project: Project) -> None:
    done = project.pytest("contract.yaml", _TARGET, "-n", "2", env={"LOG": "log", "LONGEST": "9"})
    assert outcome(done.stdout, _MAX) == "FAILED"
    makers, others = workers_at(project, "/names"), workers_at(project, "/greetings")
    assert len(makers) == len(others) == 1 and makers != others
    alone = project.pytest("contract.yaml", _TARGET, env={"LONGEST": "9"})
    total = r"^TOTAL .*$"
    assert re.findall(total, done.stdout, re.MULTILINE) == re.findall(total, alone.stdout, re.MULTILINE)


@pytest.mark.parametrize(("spec", "collected"), [("contract.yaml", True), ("other.yaml", False)])
def test_the_configured_document_is_collected_without_being_named(project: Project, spec: str, collected: bool) -> None:
    (project.folder / "pytest.ini").write_text(f"[pytest]\npythonpath = .\nclausewise_spec = ./{spec}\n")
    done = project.pytest(_TARGET, "--collect-only", "-q", "-p", "no:xdist")
    assert (_MAX in done.stdout.splitlines()) is collected


def test_what_no_clause_speaks_of_fails_the_last_item(project: Project) -> None:
    text = (project.folder / "contract.yaml").read_text()
    (project.folder / "contract.yaml").write_text(text.replace('        "400": { description: Refused. }\n', ""))
    done = project.pytest("contract.yaml", _TARGET)
    assert outcome(done.stdout, "contract.yaml::addName::beyond-the-clauses") == "FAILED"
    assert "addName answered 400; the contract documents 201" in done.stdout


def test_a_waived_finding_is_an_expected_failure(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(
        '[[tool.clausewise.waivers]]\nrule = "invalid-request-accepted"\nreason = "later"\nexpires = 2099-01-01\n'
    )
    done = project.pytest("contract.yaml", _TARGET, env={"LONGEST": "9"})
    assert outcome(done.stdout, _MAX) == "XFAIL"
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        pytest.param(["contract.yaml"], 4, "there is no target to test (add --clausewise-target", id="no target"),
        pytest.param(["contract.yaml", "--clausewise-target=nope:app"], 1, 'the app "nope:app" cannot be', id="no app"),
        pytest.param(
            ["contract.yaml", "--clausewise-target=http://127.0.0.1:1"],
            1,
            "127.0.0.1:1 cannot be reached",
            id="no server",
        ),
        pytest.param(
            ["contract.yaml", "--clausewise-target=http://example.test"],
            1,
            "example.test cannot be reached",
            id="far away",
        ),
        pytest.param(
            ["contract.yaml", _TARGET, "--clausewise-phase=nope"], 4, 'or all, got "nope"', id="no such phase"
        ),
        pytest.param(
            ["contract.yaml", _TARGET, "--clausewise-report=nope"], 4, 'or wfc, got "nope"', id="no such report"
        ),
        pytest.param(["broken.yaml", _TARGET], 2, "broken.yaml", id="not to be understood"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    project: Project, arguments: list[str], status: int, told: str
) -> None:
    (project.folder / "broken.yaml").write_text("openapi: 9.9.9\npaths: 3\n")
    done = project.pytest(*arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    # A run that could not be made fails one item, and not hundreds.
    assert done.stdout.count("\nFAILED ") <= 1


_CLOSED = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"""


@pytest.mark.parametrize(
    ("policy", "result", "told"),
    [
        ("", "FAILED", True),
        ('unaccepted = "warn"', "PASSED", True),
        ('known-unaccepted = ["greet"]', "PASSED", False),
    ],
    ids=["by default", "warn", "known"],
)
def test_an_operation_that_accepts_no_request_fails_the_item_of_its_own(
    project: Project, policy: str, result: str, told: bool
) -> None:
    project.write(app=_CLOSED)
    (project.folder / "pyproject.toml").write_text(f"[tool.clausewise]\n{policy}\n")
    item = "contract.yaml::greet::beyond-the-clauses"
    done = project.pytest(item, _TARGET)
    assert ("greet answered 400 to every valid request: give values" in done.stdout) is told
    assert outcome(done.stdout, item) == result


@contextmanager
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A proxy that answers for every host, as an address; and the methods that reach it."""
    methods: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            methods.append(self.command)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = b'{"text": "Hello"}' if self.command == "GET" else b""
            self.send_response(200 if content else 201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_OPTIONS = do_TRACE = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", methods
        finally:
            server.shutdown()
            thread.join(10)


@pytest.mark.parametrize(("allowed", "most"), [(None, 0), ("0", 0), ("3", 3)], ids=["unasked", "none", "three"])
def test_the_limit_on_writes_holds_for_all_items(project: Project, allowed: str | None, most: int) -> None:
    setting = f"allow-writes = {allowed}\n" if allowed is not None else ""
    (project.folder / "pyproject.toml").write_text(f"[tool.clausewise]\n{setting}")
    with elsewhere() as (proxy, methods):
        env = {"HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
        done = project.pytest("contract.yaml", "--clausewise-target=http://api.example", env=env)
    writes = [method for method in methods if method not in SAFE_METHODS]
    assert methods.count("GET") > 3, done.stdout
    # A part of the limit may be held back for the removal of what was made.
    assert len(writes) <= most and bool(writes) == bool(most), writes


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("-n", "2"), ("-n", "4", "--dist=each")], ids=["one", "two", "each"])
def test_the_limit_on_writes_is_that_of_the_session(project: Project, arguments: tuple[str, ...]) -> None:
    """Several documents have several runs, and a worker of pytest-xdist has a run for each operation."""
    pytest.importorskip("xdist")
    (project.folder / "pyproject.toml").write_text("[tool.clausewise]\nallow-writes = 3\n")
    (project.folder / "second.yaml").write_text((project.folder / "contract.yaml").read_text())
    files = ("contract.yaml", "second.yaml", "--clausewise-target=http://api.example")
    with elsewhere() as (proxy, methods):
        env = {"HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
        done = project.pytest(*files, *arguments, env=env)
    writes = [method for method in methods if method not in SAFE_METHODS]
    assert methods.count("GET") > 3 and 0 < len(writes) <= 3, (writes, done.stdout)
    assert "the limit of 3 writing requests is reached" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("-n", "2"), ("-n", "4", "--dist=each")], ids=["one", "two", "each"])
def test_the_limit_on_requests_is_that_of_the_session(project: Project, arguments: tuple[str, ...]) -> None:
    pytest.importorskip("xdist")
    (project.folder / "pyproject.toml").write_text("[tool.clausewise]\nmax-requests = 9\n")
    (project.folder / "second.yaml").write_text((project.folder / "contract.yaml").read_text())
    files = ("contract.yaml", "second.yaml", "--clausewise-target=http://api.example")
    with elsewhere() as (proxy, methods):
        env = {"HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
        done = project.pytest(*files, *arguments, env=env)
    assert 0 < len(methods) <= 9, done.stdout


@pytest.mark.parametrize(
    ("part", "workers", "share"), [("main", "", (3, 9, 6.0)), ("gw0", "2", (2, 5, 3.0)), ("gw1", "2", (1, 4, 3.0))]
)
def test_a_worker_has_its_share_of_each_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, workers: str, share: tuple[int, int, float]
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)
    if workers:
        monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", workers)
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\nallow-writes = 3\nmax-requests = 9\nrate = 6\n")
    contracts = Contracts(read_options({}, {}, tmp_path), part)
    assert (3 - contracts.writes_spent, contracts.requests_left, contracts.rate) == share
