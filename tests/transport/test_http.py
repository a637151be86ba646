"""HttpTransport against servers on loopback that say, byte for byte, what a test makes them say."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from clausewise import __version__
from clausewise.errors import TargetError
from clausewise.exchange import Failure, Request, Response
from clausewise.media.codings import acceptable
from clausewise.transport.base import MAX_BODY
from clausewise.transport.http import HttpTransport
from clausewise.transport.reach import reach

T = TypeVar("T")

CUT = "the connection was closed in the middle of the answer"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers the n-th request of all with `answer(n)`; None closes the connection instead.

    A TLS client's hello is no request: it is answered with plain text.
    """

    def __init__(self, answer: Callable[[int], bytes | None]) -> None:
        self._answer = answer
        self.requests: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.read(1)
                if head == b"\x16":
                    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    break
                head += await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                self.requests.append(head + await reader.readexactly(length))
                answer = self._answer(len(self.requests))
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def drive(self, talk: Callable[[str], Coroutine[None, None, T]]) -> T:
        async def run() -> T:
            server = await asyncio.start_server(self, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            try:
                return await talk(f"http://127.0.0.1:{port}")
            finally:
                server.close()

        return asyncio.run(run())


def send(server: Server, *requests: Request, base: str = "", timeout: float = 5.0) -> list[Response | Failure]:
    async def talk(url: str) -> list[Response | Failure]:
        async with HttpTransport(url + base, timeout=timeout) as transport:
            return [await transport.send(request) for request in requests]

    return server.drive(talk)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_response_has_status_headers_body_and_time() -> None:
    server = Server(
        lambda _: b"HTTP/1.1 201 Made\r\nX-Two: a\r\nx-two: b\r\nX-Raw: caf\xe9\r\nContent-Length: 2\r\n\r\n{}"
    )
    before = datetime.now(UTC)
    (response,) = send(server, Request("POST", "/things", (("Content-Type", "application/json"),), b'{"a":1}'))
    assert isinstance(response, Response)
    assert (response.status, response.body) == (201, b"{}")
    assert response.headers == (("X-Two", "a"), ("x-two", "b"), ("X-Raw", "café"), ("Content-Length", "2"))
    assert 0 < response.seconds < 5
    assert response.started is not None and before <= response.started < datetime.now(UTC)


@pytest.mark.parametrize(
    "target",
    [
        "/a/b?x=1",
        "/a%2Fb/%7e%7E/%c3%a9",
        "/a/../b/./c",
        "/a//b/",
        "/a?",
        "/a?x=[1]&&y={}|;+",
        "/100%",
        "/a#b",
        "/é",
    ],
)
def test_the_target_goes_out_exactly_as_it_is(target: str) -> None:
    server = Server(lambda _: OK)
    send(server, Request("GET", target), base="/api/v1/")
    assert server.requests[0].split(b"\r\n")[0] == f"GET /api/v1{target} HTTP/1.1".encode()


def test_only_what_was_given_is_sent_besides_the_few_headers_of_a_client() -> None:
    server = Server(lambda _: OK)
    send(
        server,
        Request("POST", "/", (("X-A", "1"), ("X-A", "2")), b"body"),
        Request("GET", "/", (("User-Agent", "me"),)),
    )
    first, second = (request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:] for request in server.requests)
    assert {line.partition(":")[0].lower() for line in first} == {
        "host", "user-agent", "accept-encoding", "content-length", "x-a"
    }  # fmt: skip
    assert [line for line in first if line.startswith("X-A")] == ["X-A: 1", "X-A: 2"]
    assert f"User-Agent: clausewise/{__version__}" in first
    assert "User-Agent: me" in second


def test_redirects_are_answers_and_cookies_are_forgotten() -> None:
    found = b"HTTP/1.1 302 Found\r\nLocation: /other\r\nSet-Cookie: sid=1\r\nContent-Length: 0\r\n\r\n"
    server = Server(lambda _: found)
    responses = send(server, Request("GET", "/"), Request("GET", "/"))
    assert [response.status for response in responses if isinstance(response, Response)] == [302, 302]
    assert len(server.requests) == 2
    assert b"sid" not in server.requests[1]


def test_connections_are_kept() -> None:
    server = Server(lambda _: OK)
    send(server, *[Request("GET", "/")] * 5)
    assert server.connections == 1


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "answer", "body"),
    [
        pytest.param("GET", CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc", id="chunked"),
        pytest.param("GET", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it", b"all of it", id="until the end"),
        pytest.param("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"", id="HEAD"),
        pytest.param("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="no content"),
        pytest.param(
            "GET",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
            % (len(gzip.compress(b"abc")), gzip.compress(b"abc")),
            b"abc",
            id="compressed",
        ),
    ],
)  # fmt: skip
def test_bodies_are_read_whole(method: str, answer: bytes, body: bytes) -> None:
    (response,) = send(Server(lambda _: answer), Request(method, "/"))
    assert isinstance(response, Response)
    assert response.body == body


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        pytest.param(None, Failure("disconnect", "the connection was closed without an answer"), id="closed"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhalf",
            Failure("disconnect", f"{CUT}: 4 of the 9 bytes that its Content-Length names came"),
            id="closed in the body",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nhalf",
            Failure("disconnect", f"{CUT}: its last chunk did not come"),
            id="closed in a chunk",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_broken_connection_is_a_failure_and_the_request_goes_out_once(
    method: str, answer: bytes | None, failure: Failure
) -> None:
    server = Server(lambda _: answer)
    assert send(server, Request(method, "/", (), None if method == "GET" else b"x")) == [failure]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"not HTTP at all\r\n\r\n", id="no status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", id="bad length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", id="bad chunk"),
    ],
)
def test_what_is_not_http_is_a_protocol_failure_in_one_line(answer: bytes) -> None:
    (failure,) = send(Server(lambda _: answer), Request("GET", "/"))
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert failure.message.startswith("the answer is not valid HTTP: ")
    assert "\n" not in failure.message and "b'" not in failure.message


@pytest.mark.parametrize(
    ("coding", "problem"),
    [("gzip", "it is not gzip, which its Content-Encoding names"), ("lzw", 'its Content-Encoding names "lzw"')],
)
def test_a_body_that_cannot_be_decoded_is_an_answer_that_says_why(coding: str, problem: str) -> None:
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Encoding: %b\r\nContent-Length: 4\r\n\r\nnope" % coding.encode()
    (response,) = send(Server(lambda _: answer), Request("GET", "/"))
    assert isinstance(response, Response)
    assert (response.status, response.body) == (404, b"nope")
    assert response.undecoded.startswith(problem)


@pytest.mark.parametrize("own", ["identity", "gzip;q=0"])
def test_the_codings_that_are_accepted_are_those_of_the_request(own: str) -> None:
    server = Server(lambda _: OK)
    send(server, Request("GET", "/"), Request("GET", "/", (("accept-encoding", own),)))
    first, second = (request.decode().lower() for request in server.requests)
    assert f"accept-encoding: {acceptable()}\r\n" in first
    assert second.count("accept-encoding") == 1 and f"accept-encoding: {own}\r\n" in second


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(Request("GET", "/", (("X-A", "a\r\nX-B: b"),)), id="line break in a header"),
        pytest.param(Request("GET", "/", (("X-A", "\0"),)), id="NUL in a header"),
        pytest.param(Request("GET", "/", (("X-A", "\ud800"),)), id="lone surrogate in a header"),
        pytest.param(Request("GET", "/\ud800"), id="lone surrogate in the target"),
        pytest.param(Request("GET", "/\r\nX: y"), id="line break in the target"),
        pytest.param(Request("GE T\n", "/"), id="line break in the method"),
    ],
)
def test_what_cannot_be_sent_is_a_protocol_failure(request_: Request) -> None:
    server = Server(lambda _: OK)
    failure, after = send(server, request_, Request("GET", "/"))
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert failure.unsendable and failure.message.startswith("the request cannot be sent: ")
    assert isinstance(after, Response)


def test_of_a_long_answer_the_beginning_is_kept_and_the_rest_counted() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 7) + bytes(MAX_BODY + 7)
    (response,) = send(Server(lambda _: answer), Request("GET", "/"))
    assert isinstance(response, Response)
    assert (response.status, response.body, response.cut) == (200, bytes(MAX_BODY), 7)


def test_an_endless_answer_is_given_up() -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + 9 * (b"1000000\r\n%b\r\n" % bytes(MAX_BODY))
    assert send(Server(lambda _: answer), Request("GET", "/")) == [Failure("protocol", "answered more than 128 MiB")]


def test_what_a_small_answer_holds_in_its_coding_is_limited() -> None:
    bomb = gzip.compress(bytes(4 * MAX_BODY))
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(bomb), bomb)
    failure = Failure("protocol", "answered more than 16 MiB without its content coding")
    assert send(Server(lambda _: answer), Request("GET", "/")) == [failure]


def test_silence_is_a_timeout() -> None:
    assert send(Server(lambda _: b""), Request("GET", "/"), timeout=0.1) == [
        Failure("timeout", "no complete answer within 0.1 s")
    ]


def test_a_part_of_an_answer_is_told_with_the_timeout() -> None:
    part = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    (failure,) = send(Server(lambda _: part), Request("GET", "/"), timeout=0.1)
    told = "no complete answer within 0.1 s: 4 of the 9 bytes that its Content-Length names came"
    assert failure == Failure("timeout", told)


def test_a_connection_has_a_limit_of_its_own() -> None:
    async def talk() -> Response | Failure:
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            place = deaf.getsockname()
            waiting = [socket.socket() for _ in range(8)]
            for client in waiting:
                client.setblocking(False)
                client.connect_ex(place)
            async with HttpTransport(f"http://127.0.0.1:{place[1]}", timeout=60, connect_timeout=0.2) as transport:
                answer = await transport.send(Request("GET", "/"))
            for client in waiting:
                client.close()
            return answer

    failure = asyncio.run(talk())
    assert isinstance(failure, Failure) and failure.kind == "connect"
    assert failure.message.startswith("no connection to 127.0.0.1:") and failure.message.endswith(" within 0.2 s")


@pytest.mark.parametrize(
    ("answer", "framing"),
    [
        pytest.param(OK + b"more", "with more bytes than its Content-Length of 2 names", id="longer"),
        pytest.param(
            b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nnull",
            "with a body, which no 204 answer has",
            id="204",
        ),
        pytest.param(OK + OK, "and then sent a second answer, for which it was not asked", id="two answers"),
        pytest.param(OK, "", id="as it should be"),
    ],
)
def test_an_answer_that_does_not_end_where_it_says_is_one_all_the_same(answer: bytes, framing: str) -> None:
    server = Server(lambda number: answer if number == 1 else OK)
    first, second = send(server, Request("GET", "/"), Request("GET", "/"))
    assert isinstance(first, Response) and isinstance(second, Response)
    assert (first.framing, first.body) == (framing, b"" if first.status == 204 else b"ok")
    assert (second.body, second.framing) == (b"ok", "")
    assert server.connections == (2 if framing else 1)


def test_headers_of_many_kib_are_taken() -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 500) for number in range(100))
    (response,) = send(Server(lambda _: OK[:-4] + fields + b"\r\nok"), Request("GET", "/"))
    assert isinstance(response, Response) and len(response.headers) == 101
    (response,) = send(Server(lambda _: OK[:-4] + b"X: " + b"a" * 60_000 + b"\r\n\r\nok"), Request("GET", "/"))
    assert isinstance(response, Response) and response.body == b"ok"
    (failure,) = send(Server(lambda _: OK[:-4] + b"X: " + b"a" * 70_000 + b"\r\n\r\nok"), Request("GET", "/"))
    assert failure == Failure("protocol", "the answer is too long: its headers have more than 64 KiB")


def test_nobody_listening_is_a_connect_failure() -> None:
    async def talk() -> Response | Failure:
        async with HttpTransport(f"http://127.0.0.1:{port}") as transport:
            return await transport.send(Request("GET", "/"))

    port = free_port()
    failure = asyncio.run(talk())
    assert isinstance(failure, Failure)
    assert failure == Failure("connect", f"nothing listens at 127.0.0.1:{port}")


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_a_kept_connection_that_the_server_closed_is_no_fault(method: str) -> None:
    # the second request meets a connection that is being closed
    server = Server(lambda number: None if number == 2 else OK)
    responses = send(server, Request(method, "/"), Request(method, "/"))
    assert [response.status for response in responses if isinstance(response, Response)] == [200, 200]
    assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "PURGE"])
def test_what_may_change_something_goes_out_once_and_then_over_connections_of_its_own(method: str) -> None:
    server = Server(lambda number: None if number == 2 else OK)
    write = Request(method, "/", (), b"x")
    first, broken, *later = send(server, Request("GET", "/"), write, write, write, Request("GET", "/"))
    assert isinstance(first, Response)
    assert broken == Failure("disconnect", "the kept connection was closed without an answer", reused=True)
    assert all(isinstance(each, Response) for each in later)
    # one that broke, two of writes, and one for the last GET
    assert (len(server.requests), server.connections) == (5, 4)


def test_a_write_that_breaks_a_connection_of_its_own_is_a_failure() -> None:
    server = Server(lambda number: OK if number == 1 else None)
    write = Request("POST", "/", (), b"x")
    *_, failure = send(server, Request("GET", "/"), write, write)
    assert failure == Failure("disconnect", "the connection was closed without an answer")
    assert len(server.requests) == 3


def test_a_request_that_breaks_every_connection_is_repeated_once_only() -> None:
    server = Server(lambda number: OK if number == 1 else None)
    failure = send(server, Request("GET", "/"), Request("GET", "/"))[1]
    assert failure == Failure("disconnect", "the connection was closed without an answer")
    assert len(server.requests) == 3


def test_a_cancellation_passes_through() -> None:
    async def talk(url: str) -> None:
        async with HttpTransport(url) as transport:
            task = asyncio.create_task(transport.send(Request("GET", "/")))
            await asyncio.sleep(0.05)
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError):
        Server(lambda _: b"").drive(talk)


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8080", "ftp://localhost", "http://", "http://a:b@localhost", "http://localhost?x=1", "http://[::1",
     "http://localhost:99999"],
)  # fmt: skip
def test_a_base_url_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(TargetError):
        HttpTransport(url)


def test_reach_finds_a_listening_server() -> None:
    Server(lambda _: OK).drive(lambda url: reach(url, 1.0))


def _unreachable(url: str, timeout: float = 1.0) -> str:
    with pytest.raises(TargetError) as caught:
        asyncio.run(reach(url, timeout))
    return caught.value.message


def test_reach_says_that_nothing_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    place = url.removeprefix("http://")
    assert _unreachable(f"{url}/v1") == f"{url}/v1 cannot be reached: nothing listens at {place}"


def test_reach_says_that_a_host_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # no question to a name server, whose silence would be a timeout
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    told = _unreachable("https://api.invalid")
    assert told.endswith("the host api.invalid cannot be found: Name or service not known")


def test_reach_waits_no_longer_than_told() -> None:
    # the queue of a socket that never accepts fills up; further connections wait
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        place = deaf.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(place)
        told = _unreachable(f"http://127.0.0.1:{place[1]}", timeout=0.2)
        for client in waiting:
            client.close()
    assert told.endswith(f"127.0.0.1:{place[1]} does not answer within 0.2 s")


def test_reach_of_a_server_without_tls_says_so() -> None:
    async def talk(url: str) -> None:
        await reach(url.replace("http:", "https:"), 1.0)

    with pytest.raises(TargetError, match=r"does not speak TLS: is it an http:// URL\?"):
        Server(lambda _: OK).drive(talk)
