"""What a document says without an effect is noted by the mock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_INERT = "`maxLength` has no effect on a value of type integer"


def _document() -> str:
    schema = {"type": "integer", "maxLength": 3}
    body = {"content": {"application/json": {"schema": schema}}}
    make = {"operationId": "make", "requestBody": body, "responses": {"200": {"description": ""}}}
    return json.dumps({"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"post": make}}})


def test_the_mock_prints_the_notes(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(_document())
    command = [sys.executable, "-m", "clausewise", "mock", "api.json", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.terminate()
        assert _INERT in process.stderr.readline()
        process.wait(30)
