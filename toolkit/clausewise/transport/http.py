"""Sends requests over HTTP/1.1 on kept-alive connections (aiohttp)."""

from __future__ import annotations

import ssl
from time import perf_counter
from types import TracebackType
from typing import Any

import aiohttp
from yarl import URL

from clausewise.exchange import Failure, Headers, Request, Response
from clausewise.media.codings import acceptable
from clausewise.transport.address import Address
from clausewise.transport.base import (
    TIMEOUT,
    TOO_LARGE,
    USER_AGENT,
    Body,
    Pieces,
    answered,
    header_text,
)
from clausewise.transport.budget import SAFE_METHODS
from clausewise.transport.connections import FollowedConnector, followed_by
from clausewise.transport.failures import Disconnected, failure_of
from clausewise.transport.framing import MAX_HEAD, Framing
from clausewise.transport.limit import FreeTime, free_time
from clausewise.transport.proxy import Proxy


class HttpTransport:
    """Sends requests to the server at `base_url`; an async context manager that owns the connections.

    A request's target is appended to the base URL's path exactly as it is: nothing is encoded, decoded or normalised.
    Redirects are not followed, cookies not kept. `connect_timeout` is in seconds, for a new connection, and `timeout`
    for one exchange on it. Have no more requests under way than `connections`: the wait for a free one counts too. TLS
    connections are made with `tls`; None is the system's defaults. Requests go through `proxy`, where there is one; the
    environment is not asked.

    A request with an unsafe method goes out at most once. One with a safe method is sent again where the kept
    connection that it went over breaks (RFC 9110 section 9.2.2).
    """

    def __init__(
        self,
        base_url: str,
        *,
        connections: int = 8,
        timeout: float = TIMEOUT,
        connect_timeout: float = TIMEOUT,
        tls: ssl.SSLContext | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self._base = Address.of(base_url)
        self._tls: ssl.SSLContext | bool = tls if tls is not None else True
        self._connections = connections
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._proxy = proxy
        self._pooled: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None
        #: whether a kept connection broke under a request: from then on, unsafe ones get connections of their own
        self._breaks = False

    async def __aenter__(self) -> HttpTransport:
        self._pooled = self._keeping_session()
        # its connections are never used twice
        self._fresh = self._session(FollowedConnector(limit=self._connections, keepalive_timeout=0, ssl=self._tls))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for session in (self._pooled, self._fresh):
            if session is not None:
                await session.close()

    async def send(self, request: Request) -> Response | Failure:
        """The server's response, or why there is none."""
        if self._pooled is None or self._fresh is None:
            raise RuntimeError("HttpTransport is used outside its `async with` block")
        framing = Framing()
        followed_by.set(framing)
        is_safe = request.method in SAFE_METHODS
        attempt = _Attempt(self._connect_timeout, self._timeout)
        try:
            async with free_time(self._timeout) as time:
                attempt.time = time
                try:
                    session = self._fresh if self._breaks and not is_safe else self._pooled
                    return await self._exchange(session, request, attempt, framing)
                except Disconnected:
                    # The server may have closed the connection between two requests, which is its right and no fault
                    # (RFC 9112 section 9.3.1). A connection of its own shows whether this request breaks it.
                    self._breaks = self._breaks or attempt.reused
                    if not attempt.reused:
                        raise
                    if not is_safe:
                        return _BROKE
                    return await self._exchange(self._fresh, request, attempt, framing)
        except TimeoutError:
            if attempt.connecting:
                return Failure("connect", f"no connection to {self._place} within {self._connect_timeout:g} s")
            return attempt.pieces.late(self._timeout, attempt.status, attempt.headers, framing.so_far)
        except (aiohttp.ClientError, OSError, ValueError, TypeError, Disconnected) as error:
            return failure_of(error, framing, self._place)

    async def reconnect(self) -> None:
        """Close the connections that are kept open. Nothing may be under way."""
        pooled, self._pooled = self._pooled, self._keeping_session()
        if pooled is not None:
            await pooled.close()

    @property
    def _place(self) -> str:
        """The server, and the way to it, for people."""
        return self._base.authority + (f" through the proxy {self._proxy.name}" if self._proxy is not None else "")

    def _keeping_session(self) -> aiohttp.ClientSession:
        """One whose connections are kept open for further requests."""
        return self._session(FollowedConnector(limit=self._connections, ssl=self._tls))

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_reuse)
        trace.on_connection_create_start.append(_note_connecting)
        trace.on_connection_create_end.append(_note_connected)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": acceptable()},
            middlewares=(_never_repeat,),
            skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding"),
            # aiohttp takes an unknown coding for none, and knows no lists.
            auto_decompress=False,
            # `framing` limits the headers, all of them together.
            max_line_size=MAX_HEAD,
            max_field_size=MAX_HEAD,
            max_headers=MAX_HEAD,
            # `send` limits the time: that of aiohttp runs on while the event loop is busy.
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[trace],
        )

    async def _exchange(
        self, session: aiohttp.ClientSession, request: Request, attempt: _Attempt, framing: Framing
    ) -> Response | Failure:
        base = self._base
        for text in (request.target, *[value for _, value in request.headers]):
            if not text.isascii():
                text.encode()  # aiohttp would put something else in the place of lone surrogates
        # URL.build leaves a path alone, "?", "#" and dot segments included; parsing a whole URL would not
        url = URL.build(scheme=base.scheme, authority=base.authority, path=base.path + request.target, encoded=True)
        started = perf_counter()
        answer = await session.request(
            request.method,
            url,
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            proxy=self._proxy.url if self._proxy is not None else None,
            trace_request_ctx=attempt,
        )
        headers = tuple([(name.decode("latin-1"), header_text(value)) for name, value in answer.raw_headers])
        attempt.status, attempt.headers = answer.status, headers
        try:
            body = Body()
            while chunk := await answer.content.readany():
                attempt.pieces.note()
                body.add(chunk)
                if body.is_too_large:
                    return TOO_LARGE
            seconds = perf_counter() - started
        finally:
            # gives the connection back when the body was read to its end, and closes it otherwise
            if answer.content.at_eof():
                answer.release()
            else:
                answer.close()
        return answered(answer.status, headers, body, started, seconds, framing.flaw)


#: what may have closed the connection of a request that is not sent again by itself
_BROKE = Failure("disconnect", "the kept connection was closed without an answer", reused=True)


class _Attempt:
    """One request on its way, and what has come of the answer; aiohttp passes it to the functions below."""

    __slots__ = ("_answer", "_connect", "connecting", "headers", "pieces", "reused", "status", "time")

    def __init__(self, connect: float, answer: float) -> None:
        self._connect = connect
        self._answer = answer
        #: the time that it has
        self.time: FreeTime | None = None
        #: whether a connection is being made for it
        self.connecting = False
        #: whether it was sent on a connection that others had used
        self.reused = False
        self.status: int | None = None
        self.headers: Headers = ()
        self.pieces = Pieces()

    def connect(self) -> None:
        """A connection is being made."""
        self.connecting = True
        self._allow(self._connect)

    def connected(self) -> None:
        """It is there."""
        self.connecting = False
        self._allow(self._answer)

    def _allow(self, seconds: float) -> None:
        if self.time is not None:
            self.time.allow(seconds)


async def _note_reuse(session: aiohttp.ClientSession, context: Any, parameters: Any) -> None:
    context.trace_request_ctx.reused = True


async def _note_connecting(session: aiohttp.ClientSession, context: Any, parameters: Any) -> None:
    context.trace_request_ctx.connect()


async def _note_connected(session: aiohttp.ClientSession, context: Any, parameters: Any) -> None:
    context.trace_request_ctx.connected()


async def _never_repeat(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating idempotent requests whenever a connection breaks; `send` decides that.

    aiohttp repeats them whether the connection was reused or not, and possibly on another reused one.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise Disconnected from error
