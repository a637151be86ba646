"""Sends requests over HTTP/1.1 on kept-alive connections (aiohttp)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from time import perf_counter
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.http_exceptions import ContentLengthError, HttpProcessingError, TransferEncodingError
from yarl import URL

from clausewise.errors import TargetError
from clausewise.exchange import Failure, Headers, Request, Response
from clausewise.media.codings import acceptable
from clausewise.transport.base import (
    CUT_OFF,
    MAX_BODY,
    TIMEOUT,
    TOO_LARGE,
    USER_AGENT,
    Pieces,
    answered,
    header_text,
    in_thread,
)
from clausewise.transport.budget import SAFE_METHODS
from clausewise.transport.limit import free_time


class HttpTransport:
    """Sends requests to the server at `base_url`; an async context manager that owns the connections.

    A request's target is appended to the base URL's path exactly as it is: nothing is encoded, decoded or normalised.
    Redirects are not followed, cookies not kept. `timeout` is in seconds and holds for one whole exchange, the wait
    for a free connection included, so have no more requests under way than `connections`. A server that asks for a
    client's certificate gets it from `tls`; None is the system's defaults.

    A request with an unsafe method goes out at most once. One with a safe method is sent again where the kept
    connection that it went over breaks (RFC 9110 section 9.2.2).
    """

    def __init__(
        self, base_url: str, *, connections: int = 8, timeout: float = TIMEOUT, tls: ssl.SSLContext | None = None
    ) -> None:
        self._base = _Base.of(base_url)
        self._tls: ssl.SSLContext | bool = tls if tls is not None else True
        self._connections = connections
        self._timeout = timeout
        self._pooled: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None
        #: whether a kept connection broke under a request: from then on, unsafe ones get connections of their own
        self._breaks = False

    async def __aenter__(self) -> HttpTransport:
        self._pooled = self._keeping_session()
        # its connections are never used twice
        self._fresh = self._session(aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=0, ssl=self._tls))
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
        attempt = _Attempt()
        is_safe = request.method in SAFE_METHODS
        try:
            async with free_time(self._timeout):
                try:
                    session = self._fresh if self._breaks and not is_safe else self._pooled
                    return await self._exchange(session, request, attempt)
                except _Disconnected:
                    # The server may have closed the connection between two requests, which is its right and no fault
                    # (RFC 9112 section 9.3.1). A connection of its own shows whether this request breaks it.
                    self._breaks = self._breaks or attempt.reused
                    if not attempt.reused:
                        raise
                    if not is_safe:
                        return _BROKE
                    return await self._exchange(self._fresh, request, attempt)
        except TimeoutError:
            return attempt.pieces.late(self._timeout, attempt.status, attempt.headers)
        except aiohttp.ClientConnectorError as error:
            return Failure("connect", f"cannot connect to {self._base.authority}: {error.os_error.strerror or error}")
        except (_Disconnected, aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, OSError) as error:
            return _broken(error)
        except aiohttp.ClientResponseError as error:
            return Failure("protocol", f"the answer is not valid HTTP: {_one_line(error.message)}")
        except (aiohttp.ClientError, ValueError, TypeError) as error:
            return Failure("protocol", f"the request cannot be sent: {_one_line(str(error))}", unsendable=True)

    async def reconnect(self) -> None:
        """Close the connections that are kept open. Nothing may be under way."""
        pooled, self._pooled = self._pooled, self._keeping_session()
        if pooled is not None:
            await pooled.close()

    def _keeping_session(self) -> aiohttp.ClientSession:
        """One whose connections are kept open for further requests."""
        return self._session(aiohttp.TCPConnector(limit=self._connections, ssl=self._tls))

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_reuse)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": acceptable()},
            middlewares=(_never_repeat,),
            skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding"),
            # aiohttp takes an unknown coding for none, and knows no lists.
            auto_decompress=False,
            # `send` limits the time: that of aiohttp runs on while the event loop is busy.
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[trace],
        )

    async def _exchange(
        self, session: aiohttp.ClientSession, request: Request, attempt: _Attempt
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
            trace_request_ctx=attempt,
        )
        headers = tuple([(name.decode("latin-1"), header_text(value)) for name, value in answer.raw_headers])
        attempt.status, attempt.headers = answer.status, headers
        try:
            chunks = []
            length = 0
            while chunk := await answer.content.readany():
                attempt.pieces.note()
                chunks.append(chunk)
                length += len(chunk)
                if length > MAX_BODY:
                    return TOO_LARGE
            seconds = perf_counter() - started
        finally:
            # gives the connection back when the body was read to its end, and closes it otherwise
            if answer.content.at_eof():
                answer.release()
            else:
                answer.close()
        return answered(answer.status, headers, b"".join(chunks), seconds)


async def reach(base_url: str, timeout: float = 1.0, tls: ssl.SSLContext | None = None) -> Failure | None:
    """Why no connection to the server can be opened within `timeout` seconds; None when one can."""
    base = _Base.of(base_url)
    place = f"{base.host}:{base.port}"

    def connect() -> None:
        with socket.create_connection((base.host, base.port), timeout) as connection:
            if base.scheme == "https":
                (tls or ssl.create_default_context()).wrap_socket(connection, server_hostname=base.host).close()

    try:
        await asyncio.wait_for(in_thread(connect), timeout)
    except TimeoutError:
        return Failure("timeout", f"{place} does not answer within {timeout:g} s")
    except ConnectionRefusedError:
        return Failure("connect", f"nothing listens at {place}")
    except socket.gaierror as error:
        return Failure("connect", f"the host {base.host} cannot be found: {error.strerror}")
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", None) or error.reason or str(error)
        return Failure("connect", f"{place} does not speak TLS that is trusted: {reason}")
    except (OSError, ValueError) as error:
        return Failure("connect", f"cannot connect to {place}: {getattr(error, 'strerror', None) or error}")
    return None


#: what may have closed the connection of a request that is not sent again by itself
_BROKE = Failure("disconnect", "the kept connection was closed without an answer", reused=True)


class _Base(msgspec.Struct, frozen=True):
    """The parts of a base URL, split once for all requests."""

    scheme: str
    #: host and port as a URL writes them
    authority: str
    #: without a closing "/"
    path: str
    host: str
    port: int

    @classmethod
    def of(cls, base_url: str) -> _Base:
        try:
            url = URL(base_url, encoded=True)
            host, port = url.raw_host, url.port
            query = urlsplit(base_url).query
        except ValueError as error:
            raise TargetError(f"{base_url!r} is not a URL: {error}") from None
        if url.scheme not in ("http", "https") or not host or port is None:
            raise TargetError(
                f"{base_url!r} is not an http or https URL with a host", remedy="as in http://localhost:8080"
            )
        if url.raw_user is not None or url.raw_password is not None:
            raise TargetError("the target's URL holds credentials", remedy="give them as an Authorization header")
        if query or url.raw_fragment:
            raise TargetError(f"{base_url!r} has a query or a fragment", remedy="give scheme, host, port and path")
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return cls(url.scheme, authority, url.raw_path.rstrip("/"), host, port)


class _Attempt:
    """What is known of one request on its way: whether its connection was used before, which aiohttp tells
    `_note_reuse`, and what has come of the answer."""

    __slots__ = ("headers", "pieces", "reused", "status")

    def __init__(self) -> None:
        self.reused = False
        self.status: int | None = None
        self.headers: Headers = ()
        self.pieces = Pieces()


class _Disconnected(Exception):
    """The connection broke before an answer came."""


async def _note_reuse(session: aiohttp.ClientSession, context: Any, parameters: Any) -> None:
    context.trace_request_ctx.reused = True


async def _never_repeat(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating idempotent requests whenever a connection breaks; `send` decides that.

    aiohttp repeats them whether the connection was reused or not, and possibly on another reused one.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise _Disconnected from error


def _broken(error: Exception) -> Failure:
    """The failure for an answer that is missing or incomplete."""
    if isinstance(error, aiohttp.ClientPayloadError):
        cause = error.__cause__
        # these two say that the connection ended before the length or the last chunk did
        if isinstance(cause, HttpProcessingError) and not isinstance(
            cause, (ContentLengthError, TransferEncodingError)
        ):
            return Failure("protocol", f"the answer is not valid HTTP: {_one_line(cause.message)}")
        return CUT_OFF
    return Failure("disconnect", "the connection was closed without an answer")


def _one_line(text: str) -> str:
    return " ".join(text.split())
