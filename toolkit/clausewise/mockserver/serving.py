"""The HTTP server of the mock, with bounds: nobody who connects fills its memory, or keeps a connection by silence."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: bytes of a request's line and headers together
MAX_HEAD = 64 * 1024

#: seconds within which a connection must have sent the headers of a request, its first or the next one
HEAD_WITHIN = 10.0


def settings(app: Any, **further: Any) -> uvicorn.Config:
    """How `app` is served; `further` settings are uvicorn's own."""
    return uvicorn.Config(app, http=_Bounded, lifespan="off", **further)


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
