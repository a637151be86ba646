"""The proxy between a client and a server: what goes in comes out, and each exchange is seen."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from clausewise.exchange import Exchange, Request, Response
from clausewise.proxy.forward import Forwarder
from clausewise.proxy.framing import MAX_HEAD
from clausewise.proxy.upstream import Upstream

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Serve = Callable[[Reader, Writer], Awaitable[None]]

#: seconds within which each scene must be over
_WITHIN = 10.0


class Saw:
    """A witness that only remembers."""

    def __init__(self, limit: int = 1 << 20, enforces: bool = False) -> None:
        self.limit = limit
        self.enforces = enforces
        self.exchanges: list[Exchange] = []
        self.without: list[tuple[str, str]] = []

    def saw(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    def lost(self, request: str, why: str) -> None:
        self.without.append((request, why))

    def breach_of_request(self, request: Request) -> str:
        return "the request is bad" if b"bad" in (request.body or b"") else ""

    def breach_of_response(self, request: Request, response: Response) -> str:
        return "the answer is bad" if b"bad" in response.body else ""

    def is_stream(self, response: Response) -> bool:
        return any(value == "text/event-stream" for _, value in response.headers)


def run(scene: Callable[[Reader, Writer], Awaitable[Any]], serve: Serve | None, saw: Saw, path: str = "") -> Any:
    """What `scene` gives, a client of a proxy to a server that does `serve`; without that there is no server."""

    async def act() -> Any:
        upstream = await asyncio.start_server(_closing(serve or _never), "127.0.0.1", 0, limit=MAX_HEAD)
        port = upstream.sockets[0].getsockname()[1]
        if serve is None:
            upstream.close()
            await upstream.wait_closed()
        server = Upstream(
            f"http://127.0.0.1:{port}{path}", "127.0.0.1", port, f"127.0.0.1:{port}", path, None, connect=5.0
        )
        proxy = await asyncio.start_server(Forwarder(server, saw).serve, "127.0.0.1", 0, limit=MAX_HEAD)
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.sockets[0].getsockname()[1])
        try:
            async with asyncio.timeout(_WITHIN):
                return await scene(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            proxy.close()
            upstream.close()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            # The transports end one turn later.
            await asyncio.sleep(0.01)

    return asyncio.run(act())


def _closing(serve: Serve) -> Serve:
    async def closing(reader: Reader, writer: Writer) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    return closing


async def _never(reader: Reader, writer: Writer) -> None:
    raise AssertionError


def answering(*answers: bytes, received: list[bytes] | None = None) -> Serve:
    """A server that gives one answer after the other, each to a request without a body of its own."""

    async def serve(reader: Reader, writer: Writer) -> None:
        for answer in answers:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            if received is not None:
                received.append(head)
            writer.write(answer)
            await writer.drain()
        writer.close()

    return serve


_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_request_arrives_as_it_was_sent_but_for_what_is_about_the_connection() -> None:
    received: list[bytes] = []

    async def scene(reader: Reader, writer: Writer) -> None:
        writer.write(
            b"GET //a%2Fb/%7Ec?q=%20x+y&& HTTP/1.1\r\nhOST: proxy\r\nX-One:  two \r\nConnection: close, X-Hop\r\n"
            b"X-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nX-One: three\r\nCookie: a=b\r\n\r\n"
        )
        assert (await reader.read()).endswith(b"\r\n\r\nok")

    run(scene, answering(_OK, received=received), saw := Saw(), "/base")
    host = received[0].split(b"\r\n")[1]
    assert host.startswith(b"Host: 127.0.0.1:")
    assert received[0] == (
        b"GET /base//a%2Fb/%7Ec?q=%20x+y&& HTTP/1.1\r\n" + host + b"\r\nX-One:  two \r\nX-One: three\r\n"
        b"Cookie: a=b\r\n\r\n"
    )
    assert saw.exchanges[0].request.target == "//a%2Fb/%7Ec?q=%20x+y&&"


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (b"HTTP/1.1 200 Fine\r\nx-LOWER:a\r\nX-Upper:  b\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            b"2;ext=1\r\nok\r\n3\r\n!!!\r\n0\r\nX-Sum: 5\r\n\r\n",
            b"ok!!!",
        ),
        (b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", b""),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
            % len(gzip.compress(b"x", mtime=0))
            + gzip.compress(b"x", mtime=0),
            gzip.compress(b"x", mtime=0),
        ),
    ],
    ids=["lines as they are", "chunks and trailers", "no content", "not modified", "content coding"],
)
def test_an_answer_arrives_as_it_was_given(answer: bytes, content: bytes) -> None:
    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return await reader.readexactly(len(answer))

    saw = Saw()
    assert run(scene, answering(answer), saw) == answer
    response = saw.exchanges[0].response
    assert response is not None and (response.body, response.cut) == (content, 0)


def test_an_answer_that_ends_with_the_connection_does_so_for_the_client() -> None:
    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return await reader.read()

    answer = run(scene, answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"), Saw())
    assert answer == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"


def test_requests_follow_each_other_on_one_connection_even_at_once() -> None:
    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        return await reader.readexactly(2 * len(_OK))

    saw = Saw()
    assert run(scene, answering(_OK, _OK), saw) == _OK + _OK
    assert [each.request.target for each in saw.exchanges] == ["/1", "/2"]


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew() -> None:
    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
        first = await reader.readexactly(len(_OK))
        await asyncio.sleep(0.05)
        writer.write(b"GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        return first + await reader.readexactly(len(_OK))

    assert run(scene, answering(_OK), Saw()) == _OK + _OK


def test_a_stream_passes_event_by_event() -> None:
    seen = asyncio.Event()

    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await seen.wait()
        writer.write(b"data: 2\n\n")
        writer.close()

    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"data: 1\n\n")
        seen.set()
        return await reader.read()

    assert run(scene, serve, Saw(enforces=True)) == b"data: 2\n\n"


def test_of_a_large_body_the_beginning_is_kept_and_all_of_it_passes() -> None:
    sent = bytes(range(256)) * 4096

    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        received = await reader.readexactly(len(sent))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(received) + received)
        await writer.drain()

    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent)
        await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(len(sent))

    for saw in (Saw(limit=1000), Saw(limit=1000, enforces=True)):
        assert run(scene, serve, saw) == sent
        (exchange,) = saw.exchanges
        assert exchange.response is not None
        assert (exchange.request.body, exchange.request.cut) == (sent[:1000], len(sent) - 1000)
        assert (exchange.response.body, exchange.response.cut) == (sent[:1000], len(sent) - 1000)


def test_a_client_may_wait_for_the_leave_to_send() -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await reader.readexactly(4) == b"body"
        writer.write(_OK)

    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        return await reader.readexactly(len(_OK))

    assert run(scene, serve, Saw()) == _OK


def test_after_an_upgrade_bytes_go_both_ways() -> None:
    upgraded = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

    async def serve(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\nUpgrade: websocket\r\n" in head and b"\r\nConnection: Upgrade\r\n" in head
        writer.write(upgraded + b"\x81\x02hi")
        writer.write(b"\x81" + await reader.readexactly(3))
        writer.close()

    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert await reader.readexactly(len(upgraded) + 4) == upgraded + b"\x81\x02hi"
        writer.write(b"\x01ok")
        return await reader.read()

    saw = Saw()
    assert run(scene, serve, saw) == b"\x81\x01ok"
    assert saw.without == [("GET /ws", "it went on in another protocol, which is not checked")]


@pytest.mark.parametrize(
    ("serve", "why"),
    [
        (None, "cannot be reached"),
        (answering(b""), "closed the connection without an answer"),
        (answering(b"SSH-2.0-x\r\n\r\n"), "is no response of HTTP/1.1"),
    ],
    ids=["nobody is there", "no answer", "no HTTP"],
)
def test_a_server_that_does_not_answer_is_said_in_words(serve: Serve | None, why: str) -> None:
    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        return await reader.read()

    saw = Saw()
    answer = run(scene, serve, saw)
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/problem+json\r\n")
    assert why.encode() in answer
    assert saw.without[0][0] == "GET /a" and why in saw.without[0][1]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"does not say where its body"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"a `Content-Length` that is no number"),
        (b"GET http://example.com/ HTTP/1.1\r\n\r\n", b"this is a reverse proxy"),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", b"has a line that is no header"),
        (b"GET / HTTP/1.1\r\nX : 1\r\n\r\n", b"has a line that is no header"),
        (b"hello\r\n\r\n", b"is none of HTTP/1.1"),
    ],
    ids=["two lengths", "other lengths", "absolute target", "no header", "space in a name", "no HTTP"],
)
def test_what_is_no_request_is_refused_in_words(request_: bytes, why: bytes) -> None:
    async def scene(reader: Reader, writer: Writer) -> bytes:
        writer.write(request_)
        return await reader.read()

    answer = run(scene, _never, Saw())
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n") and why in answer


def test_what_breaks_the_contract_is_stopped_where_it_is_enforced() -> None:
    bad = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"

    async def scene(reader: Reader, writer: Writer) -> list[bytes]:
        answers = []
        for request in (
            b"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nbad",
            b"GET /2 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /3 HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answers.append(head.split(b"\r\n")[0] + b" " + await reader.readexactly(length))
        return answers

    saw = Saw(enforces=True)
    refused, passed, withheld = run(scene, answering(_OK, bad), saw)
    assert refused.startswith(b"HTTP/1.1 400") and b"the request is bad" in refused
    assert passed == b"HTTP/1.1 200 OK ok"
    assert withheld.startswith(b"HTTP/1.1 502") and b"the answer is bad" in withheld
    assert [each.request.target for each in saw.exchanges] == ["/2"]
    assert [request for request, _ in saw.without] == ["POST /1", "GET /3"]
