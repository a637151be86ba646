"""A project of somebody else's, made for one test: a contract, an app, and pytest as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Protocol

import pytest

_CONTRACT = """\
openapi: 3.1.0
info: { title: Greetings, version: "1" }
paths:
  /greetings/{name}:
    parameters:
      - { name: name, in: path, required: true, schema: { type: string, maxLength: 8 } }
    get:
      operationId: greet
      responses:
        "200":
          description: A greeting.
          content:
            application/json:
              schema:
                type: object
                required: [text]
                properties:
                  text: { type: string, maxLength: 20 }
                  mood: { enum: [glad, sad] }
        "400": { description: Too long. }
        "503": { description: Busy. }
  /names:
    post:
      operationId: addName
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: { type: string, minLength: 1, maxLength: 8 }
      responses:
        "201": { description: Added. }
        "400": { description: Refused. }
"""

#: serves the contract; MOOD, LONGEST and LOG in the environment change it
_APP = """
import json, os

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    if "LOG" in os.environ:
        with open(os.environ["LOG"], "a") as log:
            print(os.environ.get("PYTEST_XDIST_WORKER", "main"), scope["method"], ascii(scope["path"]), file=log)
    longest = int(os.environ.get("LONGEST", "8"))
    status, answer = 404, None
    if scope["path"].startswith("/greetings/"):
        name = scope["path"].removeprefix("/greetings/")
        status = 405 if scope["method"] != "GET" else 200 if len(name) <= longest else 400
        answer = {"text": "Hello", "mood": os.environ.get("MOOD", "glad")} if status == 200 else None
    elif scope["path"] == "/names":
        status = 405 if scope["method"] != "POST" else 201 if sane(dict(scope["headers"]), body, longest) else 400
    content = json.dumps(answer).encode() if answer else b""
    headers = [(b"content-type", b"application/json")] if answer else []
    if status == 405:
        headers.append((b"allow", b"POST" if scope["path"] == "/names" else b"GET"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})

def sane(headers, body, longest):
    try:
        name = json.loads(body)["name"]
        return headers.get(b"content-type") == b"application/json" and 1 <= len(name) <= longest and name == str(name)
    except (ValueError, KeyError, TypeError):
        return False
"""


class Project(Protocol):
    """Writes files and runs pytest among them."""

    folder: Path

    def write(self, **files: str) -> None: ...

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with contract.yaml and app.py."""
    return _Project(tmp_path)


class _Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "contract.yaml").write_text(_CONTRACT)
        (folder / "app.py").write_text(_APP)
        (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\nclausewise_spec = contract.yaml\n")

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(dedent(text))

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            # To import the plugins of Schemathesis and Hypothesis takes longer than these tests do.
            [sys.executable, "-m", "pytest", "-p", "no:schemathesis", "-p", "no:hypothesispytest", "-rA", *arguments],
            cwd=self.folder,
            # With CI, Hypothesis fails no test for taking long on a busy machine.
            env={**os.environ, "COLUMNS": "160", "CI": "true", **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
