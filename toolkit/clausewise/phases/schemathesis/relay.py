"""A server on the loopback that sends on what it is sent: how another program's requests become ours.

Such a program may use any HTTP client and knows nothing of our transports. Through the relay it reaches an app in this
process as well as a server, each of its requests can be counted, checked and refused, and nothing of it has to be
changed for that.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from types import TracebackType

from aiohttp import web

from clausewise.exchange import Request, Response

#: headers of one connection (RFC 9110 section 7.6.1), and those that say how a body travels: the next hop has its own
_OF_THE_HOP = frozenset(
    (
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"),
        *("content-length", "expect", "accept-encoding"),
    )
)

#: the body that we hand on is decompressed
_OF_THE_ANSWER = _OF_THE_HOP | {"content-encoding", "date", "server"}

# What is no HTTP is the client's affair, and nobody is to read of it on the screen.
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

Answer = Callable[[Request], Awaitable[Response]]


class Relay:
    """Answers each request with what `answer` makes of it; an async context manager that owns the listening socket."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._runner = web.ServerRunner(web.Server(self._serve, logger=_SILENT), shutdown_timeout=1)
        #: "http://127.0.0.1:PORT", once entered
        self.url = ""

    async def __aenter__(self) -> Relay:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _serve(self, received: web.BaseRequest) -> web.Response:
        body = await received.content.read()
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in received.raw_headers
            if name.decode("latin-1").lower() not in _OF_THE_HOP
        )
        has_body = bool(body) or received.headers.get("Content-Length") not in (None, "0")
        answer = await self._answer(Request(received.method, received.raw_path, headers, body if has_body else None))
        response = web.Response(status=answer.status, body=answer.body or None)
        for name, value in answer.headers:
            if name.lower() not in _OF_THE_ANSWER:
                response.headers.add(name, value)
        return response
