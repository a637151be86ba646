"""A server of documents, written down in each test: path -> what it answers."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

#: a body, or status, headers and body, or a function of the request's headers that gives these
Answer = Any


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Be silent: clients leave in the middle of endless answers."""


class DocumentServer:
    """A running server, and what it was asked."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        #: path and headers of each request
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet an answer: in two, the second may wait for the acknowledgement of the first.
            wbufsize = 1 << 16

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.path, headers))
                answer = outer.answers.get(self.path, (404, {}, "no"))
                if callable(answer):
                    answer = answer(headers)
                status, further, body = answer if isinstance(answer, tuple) else (200, {}, answer)
                if callable(body):
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.flush()
                    body(self.wfile)
                    self.close_connection = True
                    return
                content = body if isinstance(body, bytes) else body.encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **further}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def headers_of(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for `path`."""
        return [headers for asked, headers in self.asked if asked == path]

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()


Serve = Callable[[Mapping[str, Answer]], DocumentServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers, and stops them after the test."""
    running: list[DocumentServer] = []

    def start(answers: Mapping[str, Answer]) -> DocumentServer:
        running.append(DocumentServer(answers))
        return running[-1]

    yield start
    for one in running:
        one.close()


def bomb(size: int) -> bytes:
    """So many MiB of blanks, compressed."""
    return gzip.compress(b" " * size * 2**20, 9)
