"""No document keeps a command from ending: by Ctrl-C, by SIGTERM, by `--max-time`, and with little memory."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunClausewise
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, app_of

#: MiB that a command has when it is reading the large document, which has so many
_READING, _LARGE = 90, 40

_OBJECT = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}}


def document(schema: Any, **schemas: Any) -> str:
    """A document whose one operation takes a body."""
    operation = {
        "operationId": "make",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {**_OBJECT, "400": {"description": "refused"}},
    }
    paths = {"/things": {"post": operation}}
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return json.dumps({**whole, "components": {"schemas": schemas}})


def members(count: int) -> Any:
    return {"type": "object", "properties": {f"p{n}": {"type": "string", "maxLength": 5} for n in range(count)}}


def levels(count: int, keyword: str) -> dict[str, Any]:
    """Components, each with two of the next one: as members, or as alternatives."""

    def level(number: int) -> Any:
        below = {"$ref": f"#/components/schemas/S{number + 1}"}
        if keyword == "properties":
            return {"type": "object", "required": ["a", "b"], "properties": {"a": below, "b": below}}
        return {keyword: [below, {"type": "object", "properties": {"x": below}}, below]}

    return {**{f"S{number}": level(number) for number in range(count)}, f"S{count}": {"type": "string", "maxLength": 3}}


_FIRST = {"$ref": "#/components/schemas/S0"}
_DOCUMENTS = {
    "10,000 members": document(members(10_000)),
    "an enumeration of 100,000": document({"type": "object", "properties": {"a": {"enum": list(range(100_000))}}}),
    "doubling members": document(_FIRST, **levels(11, "properties")),
    "more doubling members": document(_FIRST, **levels(25, "properties")),
    "nested alternatives": document(_FIRST, **levels(25, "anyOf")),
    "a slow pattern": document({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(.*a){25}$"}}}),
    "10,000 items": document({"type": "array", "minItems": 10_000, "uniqueItems": True, "items": {"type": "object"}}),
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document that takes long to read."""
    path = tmp_path_factory.mktemp("large") / "large.yaml"
    line = "  k{}: 'some text in the value of a line, to be read'\n"
    further = "".join(line.format(number) for number in range(_LARGE * 2**20 // len(line)))
    head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n"
    path.write_text(f"{head}x-further:\n{further}")
    return path


def is_reading(process: subprocess.Popen[str]) -> bool:
    """Whether the process has the large document in its memory."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    kilobytes = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")), "0")
    return int(kilobytes) > _READING * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
@pytest.mark.parametrize(
    ("arguments", "end"),
    [
        pytest.param(["test", "LARGE", "--mock"], signal.SIGINT, id="test, Ctrl-C"),
        pytest.param(["test", "LARGE", "--mock"], signal.SIGTERM, id="test"),
        pytest.param(["gate", "LARGE", "--mock"], signal.SIGTERM, id="gate"),
        pytest.param(["clauses", "LARGE"], signal.SIGTERM, id="clauses"),
        pytest.param(["schemas", "LARGE"], signal.SIGTERM, id="schemas"),
        pytest.param(["validate", "LARGE", "--examples"], signal.SIGTERM, id="validate"),
        pytest.param(["diff", "LARGE", "LARGE"], signal.SIGTERM, id="diff"),
        pytest.param(["mock", "LARGE", "--port", "0"], signal.SIGTERM, id="mock"),
        pytest.param(["prove", "LARGE"], signal.SIGTERM, id="prove"),
    ],
)
def test_every_command_ends_while_it_reads(
    arguments: list[str], end: signal.Signals, large: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "clausewise", *(str(large) if one == "LARGE" else one for one in arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path) as process:
        until = time.monotonic() + 60
        while process.poll() is None and not is_reading(process) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(end)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_a_limit_ends_a_run_whatever_the_document_is(name: str, tmp_path: Path, run_clausewise: RunClausewise) -> None:
    path = tmp_path / "api.json"
    path.write_text(_DOCUMENTS[name])
    begun = time.monotonic()
    done = run_clausewise("test", path, "--mock", "--max-time", "4", cwd=tmp_path, timeout=120)
    assert done.returncode in (0, 1, 2) and "Traceback" not in done.stderr, done.stderr
    assert "fault of clausewise" not in done.stderr
    # Whether the limit or something else comes first depends on the machine; each says what was not tested.
    has_verdict = "clauses: " in done.stdout and ("PASSED" in done.stdout or "FAILED" in done.stdout)
    assert has_verdict or "clausewise: error: " in done.stderr
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("command", ["test", "gate"])
def test_of_a_document_that_is_too_large_nothing_is_sent(
    command: str, tmp_path: Path, run_clausewise: RunClausewise
) -> None:
    path = tmp_path / "api.json"
    path.write_text(_DOCUMENTS["nested alternatives"])
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        return 200, {}

    with serve(app_of(answer)) as url:
        done = run_clausewise(command, path, "--url", url, cwd=tmp_path, timeout=120)
    assert done.returncode == 2 and done.stdout == ""
    assert re.search(r"api\.json#/paths/\S+: combines its schemas in more than 200,000 ways", done.stderr), done.stderr
    assert calls == []


def test_a_run_says_what_it_left_out(tmp_path: Path, run_clausewise: RunClausewise) -> None:
    path = tmp_path / "api.json"
    path.write_text(document({"type": "object", "properties": {"a": {"enum": [f"v{n}" for n in range(10_000)]}}}))
    phases = ["--phase", "baseline,clauses"]
    done = run_clausewise("test", path, "--mock", *phases, cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "note: make: `a`: of its 10,000 values, 250 were tried" in done.stderr
    record = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text())
    assert record["requests"] < 500
    reasons = [clause["reason"] for clause in record["clauses"] if clause["keyword"] == "enum"]
    assert reasons == ["of its 10,000 values, 250 were tried"]


def test_prove_ends_with_its_workers(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_text(document(_FIRST, **levels(11, "properties")))
    command = [sys.executable, "-m", "clausewise", "prove", str(path), "--jobs", "2"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            process.kill()
            pytest.skip("the children of a process are read from /proc")
        until = time.monotonic() + 60
        while len(children.read_text().split()) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert "Traceback" not in complaint
