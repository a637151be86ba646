"""The options of `clausewise mock` reach the mock that it serves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import RunClausewise

_NOTE = {"type": "object", "required": ["text"], "properties": {"id": {"type": "integer"}, "text": {"type": "string"}}}
_JSON = {"description": "", "content": {"application/json": {"schema": _NOTE}}}
_NUMBER = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
_DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "paths": {
        "/notes": {"post": {"requestBody": {"required": True, **_JSON}, "responses": {"201": _JSON}}},
        "/notes/{id}": {
            "parameters": [_NUMBER],
            "get": {"responses": {"200": _JSON, "404": {"description": "none"}}},
        },
    },
}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps(_DOCUMENT))
    return path


def _ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], Any, float]:
    """The status, headers and body of an answer, and the seconds until it came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Origin": "http://page.example", "Content-Type": "application/json"}
    before = time.perf_counter()
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - before
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(content), seconds


@pytest.mark.slow
def test_each_option_changes_how_it_answers(document: Path) -> None:
    options = ["--stateless", "--no-validate-requests", "--no-cors", "--latency", "40", "--latency-jitter", "5"]
    command = [sys.executable, "-m", "clausewise", "mock", str(document), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        port = urlsplit(process.stdout.readline().partition(" at ")[2].split(" ")[0]).port
        assert port is not None
        status, headers, made, seconds = _ask(port, "POST", "/notes", {"text": 7})
        assert (status, seconds >= 0.04) == (201, True)
        assert "access-control-allow-origin" not in headers
        # Nothing was kept: whatever is asked for is there.
        assert _ask(port, "GET", f"/notes/{made['id'] + 1}")[0] == 200
    finally:
        process.terminate()
        rest = process.communicate(timeout=60)[0]
    assert "`text` is a string" in rest


def test_a_mock_that_keeps_nothing_begins_with_nothing(document: Path, run_clausewise: RunClausewise) -> None:
    done = run_clausewise("mock", str(document), "--stateless", "--state", str(document))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--stateless and --state exclude each other (give one of them)" in done.stderr
