"""A page of another origin, in a real browser, creates, reads, changes and removes through the mock."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

#: no sandbox, because CI runs as root; nothing that speaks to anybody
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]

_NOTE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string", "maxLength": 20}},
}
_JSON = {"content": {"application/json": {"schema": _NOTE}}}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "security": [{"login": []}],
    "components": {"securitySchemes": {"login": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/notes": {
            "get": {
                "operationId": "list",
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"type": "array", "items": _NOTE}}},
                        "headers": {"X-Total": {"schema": {"type": "integer"}}},
                    }
                },
            },
            "post": {
                "operationId": "add",
                "requestBody": {"required": True, **_JSON},
                "responses": {"201": {"description": "", **_JSON}},
            },
        },
        "/notes/{noteId}": {
            "parameters": [{"name": "noteId", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "read",
                "responses": {"200": {"description": "", **_JSON}, "404": {"description": ""}},
            },
            "put": {
                "operationId": "change",
                "requestBody": {"required": True, **_JSON},
                "responses": {"200": {"description": "", **_JSON}, "404": {"description": ""}},
            },
            "delete": {"operationId": "drop", "responses": {"204": {"description": ""}, "404": {"description": ""}}},
        },
    },
}

_PAGE = """<!doctype html><title>notes</title><script>
async function ask(method, path, body) {
  const answer = await fetch(API + path, {
    method, credentials: "include", body: body && JSON.stringify(body),
    headers: {"Authorization": "Bearer x", ...(body ? {"Content-Type": "application/json"} : {})}})
  const text = await answer.text()
  return {status: answer.status, body: text ? JSON.parse(text) : null, total: answer.headers.get("X-Total")}
}
async function act() {
  const made = await ask("POST", "/notes", {text: "from a page"})
  const one = "/notes/" + made.body.id
  const read = await ask("GET", one)
  const changed = await ask("PUT", one, {text: "changed"})
  const listed = await ask("GET", "/notes")
  const refused = await ask("POST", "/notes", {text: "much longer than twenty characters"})
  const removed = await ask("DELETE", one)
  const gone = await ask("GET", one)
  return {made, read, changed, listed, refused, removed, gone}
}
</script>"""


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[str]:
    """The mock as a process of its own, on a free port."""
    document = tmp_path / "notes.json"
    document.write_text(json.dumps(_DOCUMENT))
    process = subprocess.Popen(
        [sys.executable, "-m", "clausewise", "mock", str(document), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield line.partition(" at ")[2].partition(" ")[0]
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def origin(mock: str, tmp_path: Path) -> Iterator[str]:
    """The page, on an origin of its own."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text(_PAGE.replace("API +", json.dumps(mock) + " +"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join(10)
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.browser
@pytest.mark.slow
def test_a_page_creates_reads_changes_and_removes_across_origins(origin: str) -> None:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        try:
            page = browser.new_page()
            page.set_default_timeout(30_000)
            page.goto(origin)
            done = page.evaluate("act()")
        finally:
            browser.close()
    assert {name: one["status"] for name, one in done.items()} == {
        **{"made": 201, "read": 200, "changed": 200, "listed": 200},
        **{"refused": 400, "removed": 204, "gone": 404},
    }
    assert done["read"]["body"] == done["made"]["body"]
    assert done["changed"]["body"] == {"id": done["made"]["body"]["id"], "text": "changed"}
    assert done["changed"]["body"] in done["listed"]["body"]
    assert done["listed"]["total"] is not None
    assert done["refused"]["body"]["detail"] == "body.text: `text` has at most 20 characters"
