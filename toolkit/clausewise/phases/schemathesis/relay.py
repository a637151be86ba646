"""A server on the loopback that passes the requests of another program to our transport.

The program may use any HTTP client, and needs no change. Through the relay it reaches apps in this process as well as
servers, and each of its requests can be counted, checked and refused.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from types import TracebackType

from aiohttp import web

from clausewise.exchange import Request, Response

#: headers of one connection (RFC 9110 section 7.6.1) and of the transfer of a body: the next hop sets its own
_OF_THE_HOP = frozenset(
    (
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"),
        *("content-length", "expect", "accept-encoding"),
    )
)

#: not copied from an answer: the body is already decompressed
_OF_THE_ANSWER = _OF_THE_HOP | {"content-encoding", "date", "server"}

# Requests that are not valid HTTP are the client's fault, and must not print anything.
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

Answer = Callable[[Request], Awaitable[Response]]


class Relay:
    """Answers each request with the result of `answer`. An async context manager that owns the listening socket."""

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
