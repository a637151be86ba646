"""An answer that does not end is told as that, after one request, and holds up nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clausewise.options import RunOptions
from clausewise.runner import run, targets
from tests.conftest import Compile
from tests.servers.small import paths

#: seconds that the client waits, and seconds between two pieces
_WAIT, _BEAT = 0.6, 0.05


class _Handler(BaseHTTPRequestHandler):
    """Boxes, and a feed of what happens to them that is written for as long as somebody reads."""

    protocol_version = "HTTP/1.1"
    media_type = "application/json"
    feeds = 0

    def do_GET(self) -> None:
        if self.path != "/feed":
            content = json.dumps([]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return
        type(self).feeds += 1
        self.send_response(200)
        self.send_header("Content-Type", self.media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b'8\r\n{"a": 1}\r\n')
                time.sleep(_BEAT)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextlib.contextmanager
def _listening(handler: type[_Handler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


_PATHS = paths("GET /feed", "GET /boxes")


@pytest.mark.parametrize(
    ("media_type", "told"),
    [
        ("application/json", ["GET /feed gave no complete answer to a request without parameters: the body of the "
                              "answer 200 was still coming after 0.6 s"]),
        ("text/event-stream; charset=utf-8", []),
        ("application/x-ndjson", []),
    ],
)  # fmt: skip
def test_only_an_endless_answer_that_is_no_stream_is_a_fault(
    compiled: Compile, media_type: str, told: list[str]
) -> None:
    class Handler(_Handler):
        pass

    Handler.media_type = media_type
    with _listening(Handler) as url:
        result = run.run(
            compiled({"paths": _PATHS}), targets.url_target(url, 4), RunOptions(phases=("baseline",), timeout=_WAIT)
        )
    assert [finding.message for finding in result.run.findings if finding.rule == "transport-failure"] == told
    assert Handler.feeds == 1
    (unaccepted,) = result.run.unaccepted or ()
    assert (unaccepted.operation, unaccepted.answers) == ("GET /feed", ("endless",))


def test_an_app_that_streams_is_told_the_same(compiled: Compile) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        fields = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        while scope["path"] == "/feed":
            await send({"type": "http.response.body", "body": b"{}", "more_body": True})
            await asyncio.sleep(_BEAT)
        await send({"type": "http.response.body", "body": b"[]"})

    target = targets.Target("app", "streaming", 4, app)
    result = run.run(compiled({"paths": _PATHS}), target, RunOptions(phases=("baseline",), timeout=_WAIT))
    (finding,) = result.run.findings
    assert finding.rule == "transport-failure" and "was still coming" in finding.message


def test_a_stream_in_the_place_of_a_crash_ends_no_run(compiled: Compile) -> None:
    """The repetition that shall confirm a crash gets an answer that does not end."""
    feeds = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal feeds
        fields = [(b"content-type", b"text/event-stream")]
        feeds += scope["path"] == "/feed"
        status = 500 if scope["path"] == "/feed" and feeds == 1 else 200
        await send({"type": "http.response.start", "status": status, "headers": fields})
        while scope["path"] == "/feed" and status == 200:
            await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
            await asyncio.sleep(_BEAT)
        await send({"type": "http.response.body", "body": b""})

    target = targets.Target("app", "streaming", 4, app)
    result = run.run(compiled({"paths": _PATHS}), target, RunOptions(phases=("baseline",), timeout=_WAIT))
    assert result.stopped is None and feeds > 1
    assert [each.operation for each in result.run.unaccepted or ()] == ["GET /feed"]


@pytest.mark.parametrize("begins", [True, False], ids=["in the middle", "at the beginning"])
def test_an_answer_that_stands_still_is_asked_for_again(compiled: Compile, begins: bool) -> None:
    class Still(_Handler):
        def do_GET(self) -> None:
            if self.path != "/feed":
                super().do_GET()
                return
            type(self).feeds += 1
            if begins:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n")
            time.sleep(2 * _WAIT)

    with _listening(Still) as url:
        result = run.run(
            compiled({"paths": _PATHS}), targets.url_target(url, 4), RunOptions(phases=("baseline",), timeout=_WAIT)
        )
    (finding,) = [each for each in result.run.findings if each.rule == "transport-failure"]
    assert "no complete answer within 0.6 s" in finding.message
    assert Still.feeds >= 2
