"""A server of the standard library that keeps what it is sent, at a free port of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec


class Hit(msgspec.Struct, frozen=True):
    """A request as it came."""

    method: str
    target: str
    #: names in lower case
    headers: dict[str, str]
    body: bytes


@contextmanager
def listening(answer: Callable[[Hit], int] = lambda _: 204) -> Iterator[tuple[str, list[Hit]]]:
    """The URL of a server that answers with the status that `answer` gives, and the requests that came so far."""
    hits: list[Hit] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            hit = Hit(self.command, self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            hits.append(hit)
            self.send_response(answer(hit))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", hits
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
