"""The HTTP server of the mock, with bounds: nobody who connects fills its memory, or keeps a connection by silence."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

import httptools
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clausewise.errors import UsageError

#: bytes of a request's line and headers together
MAX_HEAD = 64 * 1024

#: seconds within which a connection must have sent the headers of a request, its first or the next one
HEAD_WITHIN = 10.0

#: seconds within which a server in a thread is up, or ends, and between looks whether it is up
_UP_WITHIN = 10.0
_LOOK = 0.005


def settings(app: Any, methods: Iterable[str] = (), **further: Any) -> uvicorn.Config:
    """How `app`, whose operations have these `methods`, is served; `further` settings are uvicorn's own."""
    protocol = _Bounded if all(map(_is_usual, methods)) else _AnyMethod
    return uvicorn.Config(app, http=protocol, h11_max_incomplete_event_size=MAX_HEAD, lifespan="off", **further)


def _is_usual(method: str) -> bool:
    """Whether the fast parser takes a method: it has a list of them."""
    try:
        httptools.HttpRequestParser(None).feed_data(f"{method} / HTTP/1.1\r\n\r\n".encode())
    except httptools.HttpParserError:
        return False
    return True


class ServerThread:
    """A server of this process in a thread of its own, so that it answers whatever the program waits for."""

    def __init__(self, app: Any, listener: socket.socket, name: str, methods: Iterable[str] = ()) -> None:
        """Serve `app`, an ASGI app whose operations have these `methods`, at the socket `listener`; the thread, and the
        server in errors, are called `name`. Raises UsageError where it does not start."""
        self._socket = listener
        # No logging configuration: it would change that of the whole process.
        self.server = uvicorn.Server(settings(app, methods, interface="asgi3", log_config=None))
        self._thread = threading.Thread(target=self.server.run, args=([listener],), name=name, daemon=True)
        self._thread.start()
        until = time.monotonic() + _UP_WITHIN
        while not self.server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise UsageError(f"the {name} did not start within {_UP_WITHIN:.0f} s")
            time.sleep(_LOOK)

    @property
    def port(self) -> int:
        """The port that it listens at."""
        port: int = self._socket.getsockname()[1]
        return port

    def close(self) -> None:
        """Stop the server and close its connections."""
        self.server.should_exit = self.server.force_exit = True
        self._thread.join(_UP_WITHIN)
        self._socket.close()


class _Bounded(HttpToolsProtocol):
    """A connection with limits on the headers of its requests, and on the time that they take."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        #: bytes of the headers so far; None while none are awaited
        self._head: int | None = 0
        self._limit = self.loop.call_later(HEAD_WITHIN, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._refuse()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head is None:
            self._head = 0
            self._limit = self.loop.call_later(HEAD_WITHIN, self.transport.close)

    def on_headers_complete(self) -> None:
        self._limit.cancel()
        self._head = None
        if len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers) > MAX_HEAD:
            self._refuse()
        else:
            super().on_headers_complete()

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            lines = ("HTTP/1.1 431 Request Header Fields Too Large", "Content-Length: 0", "Connection: close", "", "")
            self.transport.write("\r\n".join(lines).encode())
            self.transport.close()


class _AnyMethod(H11Protocol):
    """The same limits for requests of any method (OpenAPI 3.2), by a slower parser that has one on headers itself."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Read what has come; as soon as a request has begun, its headers are there."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._limit.cancel()

    def on_response_complete(self) -> None:
        """Await the next request."""
        self._limit.cancel()
        self._await_head()
        super().on_response_complete()

    def _await_head(self) -> None:
        self._limit = self.loop.call_later(HEAD_WITHIN, self.transport.close)
