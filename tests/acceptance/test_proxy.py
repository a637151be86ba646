"""`clausewise proxy` as a process, between a client and a small server that is wrong once."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "count", "version": "1"},
    "paths": {
        "/count": {
            "get": {
                "operationId": "count",
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}}
                },
            }
        }
    },
}


class _Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'"seven"' if self.path == "/count?wrong" else b"7"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    served = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    thread.join(10)
    served.server_close()


def _get(connection: http.client.HTTPConnection, target: str) -> bytes:
    connection.request("GET", target)
    return connection.getresponse().read()


def test_faults_are_printed_and_recorded(server: str, tmp_path: Path) -> None:
    (tmp_path / "count.json").write_text(json.dumps(_DOCUMENT))
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "clausewise", "proxy", "count.json", "--url", server, "--port", "0"),
            *("--output-dir", "out", "--report", "json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    url = first.partition(" ")[0]
    assert first.rstrip() == f"{url} forwards to {server} (Ctrl-C ends it)"
    # It is kept open to the end.
    client = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    assert [_get(client, target) for target in ("/count", "/count?wrong", "/count?wrong")] == [
        b"7",
        b'"seven"',
        b'"seven"',
    ]
    said = process.stdout.readline()
    process.terminate()
    rest, errors = process.communicate(timeout=60)
    client.close()
    assert process.returncode == 1, errors
    assert errors == f"reports: {Path('out')}\n"
    assert said.startswith("error: the 200 response has the body = ")
    assert said.rstrip().endswith("exchanges.ndjson:2) [response-schema]")
    assert "FAILED: 1 new error" in rest
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [(finding["rule"], finding["count"]) for finding in record["findings"]] == [("response-schema", 2)]
    lines = (tmp_path / "out" / "exchanges.ndjson").read_text().splitlines()
    assert [json.loads(line)["request"]["target"] for line in lines] == ["/count", "/count?wrong", "/count?wrong"]


def test_without_a_server_it_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "count.json").write_text(json.dumps(_DOCUMENT))
    done = subprocess.run(
        [sys.executable, "-m", "clausewise", "proxy", "count.json"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (2, "clausewise: error: no server is named (give --url URL)\n")
