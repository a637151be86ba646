"""A command from `to_curl`, run by a shell, sends the request it was made from."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from clausewise.exchange import Headers, Request
from clausewise.recordings.curl import to_curl

needs_curl = pytest.mark.skipif(
    not all(map(shutil.which, ("curl", "sh", "base64"))), reason="curl, sh or base64 is not installed"
)

#: what curl adds of its own
OWN = {"host", "user-agent", "content-length"}


class Echo(BaseHTTPRequestHandler):
    """Keeps the requests that come in the server's `received`."""

    protocol_version = "HTTP/1.1"

    def _keep(self) -> None:
        length = self.headers.get("Content-Length")
        body = None if length is None else self.rfile.read(int(length))
        raw = self.requestline.split(" ", 1)[1].rpartition(" ")[0]
        headers = tuple((name, value) for name, value in self.headers.items() if name.lower() not in OWN)
        self.server.received.append(Request(self.command, raw, headers, body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PURGE = _keep

    def log_message(self, *_: object) -> None:
        """Nothing: the test run's output is for tests."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


def sent(server: ThreadingHTTPServer, request: Request, path: str = "", **variables: str) -> Request:
    """The request as it arrives when the command is run."""
    server.received = []  # type: ignore[attr-defined]
    command = to_curl(request, f"http://127.0.0.1:{server.server_port}{path}")
    assert "\n" not in command
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", **variables}
    # from standard input, as one argument has a length limit of its own
    done = subprocess.run(["sh"], input=command.encode(), env=environment, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    (received,) = server.received  # type: ignore[attr-defined]
    assert isinstance(received, Request)
    return received


JSON: Headers = (("Content-Type", "application/json"),)
ANY: Headers = (("Accept", "*/*"),)


@pytest.mark.process
@needs_curl
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(Request("GET", "/"), id="plain"),
        pytest.param(Request("DELETE", "/a/b?c=d&e"), id="query"),
        pytest.param(Request("HEAD", "/a"), id="HEAD"),
        pytest.param(Request("PURGE", "/a"), id="unusual method"),
        pytest.param(Request("POST", "/a", JSON, b'{"a": "it\'s $HOME `x` \\"!\\" \\\\"}'), id="quotes"),
        pytest.param(Request("POST", "/a", JSON, "caf\u00e9 \U0001f600".encode()), id="unicode"),
        pytest.param(Request("PUT", "/a", JSON, b""), id="empty body"),
        pytest.param(Request("GET", "/a", JSON, b"{}"), id="GET with a body"),
        pytest.param(Request("POST", "/a", (), b"a=b"), id="no content type"),
        pytest.param(Request("POST", "/a", JSON, b"@/etc/hostname"), id="at sign"),
        pytest.param(Request("POST", "/a", JSON, b"-d x"), id="dash"),
        pytest.param(Request("POST", "/a", JSON, b"a\nb\tc\r\n"), id="control characters"),
        pytest.param(Request("POST", "/a", JSON, b"a\0b"), id="NUL"),
        pytest.param(Request("POST", "/a", JSON, bytes(range(256))), id="binary"),
        pytest.param(Request("POST", "/a", JSON, b"x" * 5_000), id="over 4 KiB"),
        pytest.param(Request("POST", "/a", JSON, b"x" * 200_000), id="longer than an argument"),
        pytest.param(Request("POST", "/a", JSON, b"x" * 1_100_000), id="so long that curl would ask first"),
        pytest.param(Request("GET", "/a/../b/./c"), id="dot segments"),
        pytest.param(Request("GET", "/a/%2e%2E/b"), id="encoded dot segments"),
        pytest.param(Request("GET", "/a/.."), id="dots at the end"),
        pytest.param(Request("GET", "/a[1-3]{x,y}?z=[]"), id="globs"),
        pytest.param(Request("GET", "/a%2fb%C3%A9"), id="percent-encoded"),
        pytest.param(Request("GET", "/100%"), id="bare percent"),
        pytest.param(Request("GET", "/a#b?c"), id="number sign"),
        pytest.param(Request("GET", "/a?b='c'&d=$(e);f"), id="shell characters"),
        pytest.param(Request("GET", "/a\\b|c^d`e\"f<g>"), id="characters that no URL has"),
        pytest.param(Request("GET", "//a//"), id="slashes"),
        pytest.param(Request("GET", "/", (("X-A", "1"), ("X-A", "it's \"2\""), ("X-Empty", ""))), id="headers"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["", "/v1/"])
def test_what_arrives_is_what_was_to_be_sent(server: ThreadingHTTPServer, request_: Request, path: str) -> None:
    received = sent(server, request_, path)
    assert received.method == request_.method
    assert received.target == path.rstrip("/") + request_.target
    assert received.headers == request_.headers
    assert (received.body or None) == (request_.body or None)


@pytest.mark.process
@needs_curl
def test_secret_headers_come_from_the_environment(server: ThreadingHTTPServer) -> None:
    request = Request("GET", "/", (("Authorization", "Bearer s3cret"), ("X-API-Key", "k"), ("X-A", "1")))
    command = to_curl(request, "http://localhost")
    assert '-H "Authorization: $AUTHORIZATION" -H "X-API-Key: $X_API_KEY"' in command
    assert "s3cret" not in command
    received = sent(server, request, AUTHORIZATION="Bearer s3cret", X_API_KEY="k")
    assert received.headers == request.headers


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (Request("GET", "/a", ANY), "curl -X GET http://h:80/v1/a -H 'Accept: */*'"),
        (Request("GET", "/a"), "curl -X GET http://h:80/v1/a -H Accept:"),
        (
            Request("POST", "/a?b=c&d", (*JSON, *ANY), b'{"e":1}'),
            "curl -X POST 'http://h:80/v1/a?b=c&d' -H 'Content-Type: application/json' -H 'Accept: */*' "
            "--data-raw '{\"e\":1}'",
        ),
        (
            Request("POST", "/a/..", ANY, b"\0"),
            "printf '%s' AA== | base64 -d | "
            "curl -X POST --path-as-is http://h:80/v1/a/.. -H 'Accept: */*' -H Content-Type: --data-binary @-",
        ),
        (Request("GET", "/[a]", ANY), "curl -X GET --globoff 'http://h:80/v1/[a]' -H 'Accept: */*'"),
    ],
    ids=["GET", "no Accept", "JSON", "NUL", "glob"],
)
def test_the_line_is_no_longer_than_it_must_be(request_: Request, command: str) -> None:
    assert to_curl(request_, "http://h:80/v1") == command
