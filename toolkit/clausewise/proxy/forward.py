"""Forwards what a client and a server say to each other, byte for byte, and shows each exchange to a witness.

Each connection of a client has one of its own to the server, so that what is bound to a connection stays so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter
from typing import Protocol

import msgspec

from clausewise.exchange import Exchange, Request, Response
from clausewise.mockserver.refusal import PROBLEM, Reason, phrase, problem
from clausewise.proxy.body import Kept
from clausewise.proxy.framing import (
    Framing,
    FramingError,
    Head,
    framing_of_request,
    framing_of_response,
    pieces,
    read_head,
)
from clausewise.proxy.upstream import Pipe, UnreachableError, Upstream, join

#: a body on its way: its bytes on the wire, and what they hold
_Body = AsyncIterator[tuple[bytes, bytes]]


class Witness(Protocol):
    """What is shown each exchange. It must not wait."""

    #: bytes of a body that are kept to be judged
    limit: int
    #: whether messages that break the contract are stopped
    enforces: bool

    def saw(self, exchange: Exchange) -> None:
        """An exchange was forwarded."""

    def lost(self, request: str, why: str) -> None:
        """A request has no exchange that can be checked."""

    def breach_of_request(self, request: Request) -> str:
        """What a request breaks, as sentences; "" where it keeps the contract."""

    def breach_of_response(self, request: Request, response: Response) -> str:
        """What a response breaks, as sentences; "" where it keeps the contract."""

    def is_stream(self, response: Response) -> bool:
        """Whether the body of a response is not to be waited for."""


class Forwarder:
    """Serves the connections of clients."""

    def __init__(self, upstream: Upstream, witness: Witness) -> None:
        self._upstream = upstream
        self._witness = witness

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        connection = _Connection(self._upstream, self._witness, Pipe(reader, writer))
        try:
            while await connection.exchange():
                pass
        except (OSError, EOFError, asyncio.CancelledError):
            # The client is gone, or the proxy ends: this task is the connection's own, and nobody waits for it.
            pass
        finally:
            connection.close()


class _StaleError(Exception):
    """A connection that was used before is closed, and nothing was answered."""


class _Passing(msgspec.Struct):
    """A request on its way, and what is known of it so far."""

    head: Head
    method: str
    framing: Framing
    body: Kept
    started: datetime
    clock: float

    @property
    def request(self) -> Request:
        target = self.head.first.decode("latin-1").split(" ")[1]
        content = self.body.content
        sent = content if content or self.framing != 0 else None
        return Request(self.method, target, self.head.headers, sent, self.body.cut)

    @property
    def name(self) -> str:
        """The request in messages."""
        return " ".join(self.head.first.decode("latin-1").split(" ")[:2])


class _Connection:
    def __init__(self, upstream: Upstream, witness: Witness, client: Pipe) -> None:
        self._upstream = upstream
        self._witness = witness
        self._client = client
        self._server: Pipe | None = None

    def close(self) -> None:
        """Close it on both sides."""
        self._client.close()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def exchange(self) -> bool:
        """Forward one request and its response; whether another one may follow."""
        try:
            head = await read_head(self._client.reader)
            if head is None:
                return False
            passing = self._passing(head)
        except FramingError as error:
            return await self._refuse(400, f"the request {error}")
        try:
            try:
                return await self._forward(passing)
            except _StaleError:
                # The server had closed the connection between two requests, as it may (RFC 9112 section 9.3.1).
                self._hang_up()
                return await self._forward(passing)
        except UnreachableError as error:
            return await self._failed(passing, str(error))
        except FramingError as error:
            return await self._failed(passing, f"what {self._upstream.url} answered {error}")

    def _passing(self, head: Head) -> _Passing:
        words = head.first.split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1.") or not words[1]:
            raise FramingError(f"is none of HTTP/1.1: {head.first[:80]!r}")
        if not words[1].startswith(b"/") and words[1] != b"*":
            raise FramingError("has no path: this is a reverse proxy, to be used as the base URL of the API")
        kept = Kept(self._witness.limit)
        return _Passing(
            head, words[0].decode("latin-1"), framing_of_request(head), kept, datetime.now(UTC), perf_counter()
        )

    async def _forward(self, passing: _Passing) -> bool:
        read: list[bytes] = []
        rest: _Body | None = pieces(self._client.reader, passing.framing)
        if self._witness.enforces:
            if b"100-continue" in passing.head.values(b"expect"):
                await self._client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            read, rest = await self._read_to_judge(passing)
            breach = self._witness.breach_of_request(passing.request)
            if breach:
                self._witness.lost(passing.name, f"the proxy refused it (400): {breach}")
                return await self._refuse(400, breach, whole=not passing.body.cut)
        if self._server is None or self._server.is_over:
            self._hang_up()
            self._server = await self._upstream.open()
        server = self._server
        upload = asyncio.create_task(self._upload(passing, server, read, rest))
        try:
            return await self._answer(passing, server, upload)
        finally:
            if not upload.done():
                upload.cancel()
            with suppress(asyncio.CancelledError, OSError, FramingError):
                await upload

    async def _read_to_judge(self, passing: _Passing) -> tuple[list[bytes], _Body | None]:
        """The body of a request as it came, and what is still to come of one that is larger than the limit."""
        read = []
        coming = pieces(self._client.reader, passing.framing)
        async for wire, content in coming:
            read.append(wire)
            passing.body.add(content)
            if passing.body.cut:
                return read, coming
        return read, None

    async def _upload(self, passing: _Passing, server: Pipe, read: list[bytes], rest: _Body | None) -> None:
        """Send the request: what was `read` of its body, and the `rest` as it comes from the client."""
        await server.send(self._request_head(passing.head))
        for wire in read:
            await server.send(wire)
        try:
            if rest is not None:
                async for wire, content in rest:
                    passing.body.add(content)
                    await server.send(wire)
        except FramingError:
            # The client is gone, or sends nothing that can be understood: no answer will come.
            server.close()
            raise

    def _request_head(self, head: Head) -> bytes:
        """The head for the server: its path may begin with another one, and it has a name of its own."""
        upgrades = b"upgrade" in head.values(b"connection")
        method, target, version = head.first.split(b" ")
        first = b" ".join([method, self._upstream.path.encode() + target, version])
        host = f"Host: {self._upstream.authority}".encode()
        lines = tuple(host if line[:5].lower() == b"host:" else line for line in head.lines)
        gone = (b"expect",) if self._witness.enforces else ()
        lines = tuple(line for line in lines if line.partition(b":")[0].lower() not in gone)
        return Head(first, lines).forwarded(upgrades=upgrades)

    async def _answer(self, passing: _Passing, server: Pipe, upload: asyncio.Task[None]) -> bool:
        """Pass on what the server answers, and show the exchange to the witness."""
        head = await self._final_head(passing, server)
        if head is None:
            return False
        status = _status(head)
        framing = framing_of_response(head, status, passing.method)
        keeps = self._keeps(passing.head) and framing != "close"
        body = Kept(self._witness.limit)
        coming = pieces(server.reader, framing)
        held: list[bytes] = []
        if self._witness.enforces and not self._witness.is_stream(_response(head, body, passing)):
            async for wire, content in coming:
                held.append(wire)
                body.add(content)
                if body.cut:
                    break
            breach = "" if body.cut else self._broken(passing, head, body)
            if breach:
                self._witness.lost(passing.name, f"the proxy withheld the answer (502): {breach}")
                return await self._refuse(502, breach, whole=upload.done())
        await self._client.send(head.forwarded(() if keeps else (b"Connection: close",)))
        cut_off = ""
        try:
            for wire in held:
                await self._client.send(wire)
            async for wire, content in coming:
                await self._client.send(wire)
                body.add(content)
        except FramingError as error:
            cut_off = f"the answer {error}"
        server.used = True
        if b"close" in head.values(b"connection") or framing == "close" or head.first.startswith(b"HTTP/1.0"):
            self._hang_up()
        if not upload.done():
            # The answer came before the whole request; what is left of that cannot be told from the next one.
            keeps = False
        response = msgspec.structs.replace(_response(head, body, passing), framing=cut_off)
        self._witness.saw(Exchange("", passing.request, response, started=passing.started))
        return keeps and not cut_off

    def _broken(self, passing: _Passing, head: Head, body: Kept) -> str:
        return self._witness.breach_of_response(passing.request, _response(head, body, passing))

    async def _final_head(self, passing: _Passing, server: Pipe) -> Head | None:
        """The head of the response, after what comes before it (1xx) was passed on; None where the connection has
        changed its protocol."""
        while True:
            head = await self._next_head(passing, server)
            status = _status(head)
            if status == 101:
                await self._client.send(head.forwarded(upgrades=True))
                self._witness.lost(passing.name, "it went on in another protocol, which is not checked")
                await join(self._client, server)
                return None
            if status >= 200:
                return head
            await self._client.send(head.forwarded())

    async def _next_head(self, passing: _Passing, server: Pipe) -> Head:
        try:
            head = await read_head(server.reader)
        except OSError as error:
            if server.used and passing.framing == 0:
                raise _StaleError from None
            raise UnreachableError(f"{self._upstream.url} broke the connection: {error.strerror or error}") from None
        if head is not None:
            return head
        if server.used and passing.framing == 0:
            raise _StaleError
        raise UnreachableError(f"{self._upstream.url} closed the connection without an answer")

    def _keeps(self, head: Head) -> bool:
        """Whether the client keeps its connection (RFC 9112 section 9.3)."""
        options = head.values(b"connection")
        return b"close" not in options and (head.first.endswith(b"1.1") or b"keep-alive" in options)

    async def _failed(self, passing: _Passing, why: str) -> bool:
        self._hang_up()
        self._witness.lost(passing.name, why)
        return await self._refuse(502, why)

    async def _refuse(self, status: int, why: str, *, whole: bool = False) -> bool:
        """Answer in the place of the server, with a problem (RFC 9457); whether another request may follow, where the
        `whole` request was read."""
        if not whole:
            self._hang_up()
        body = problem(status, [Reason(why)])
        lines = [
            f"HTTP/1.1 {status} {phrase(status)}",
            f"Content-Type: {PROBLEM}",
            f"Content-Length: {len(body)}",
            *(() if whole else ("Connection: close",)),
            "",
            "",
        ]
        await self._client.send("\r\n".join(lines).encode() + body)
        return whole


def _status(head: Head) -> int:
    words = head.first.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit() or len(words[1]) != 3:
        raise FramingError(f"is no response of HTTP/1.1: {head.first[:80]!r}")
    return int(words[1])


def _response(head: Head, body: Kept, passing: _Passing) -> Response:
    """The response as it came, in its content coding."""
    return Response(_status(head), head.headers, body.content, perf_counter() - passing.clock, cut=body.cut)
