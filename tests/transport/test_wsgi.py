"""WsgiTransport calls apps as a server would."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

from clausewise.exchange import Failure, Request, Response
from clausewise.media.codings import acceptable
from clausewise.transport.wsgi import App, WsgiTransport

CRASHED = (500, b"Internal Server Error")
CUT_OFF = Failure("disconnect", "the connection was closed in the middle of the answer")


def exchange(app: App, request: Request, *, base_path: str = "", timeout: float = 5.0) -> Response | Failure:
    async def run() -> Response | Failure:
        async with WsgiTransport(app, base_path=base_path, timeout=timeout) as transport:
            return await transport.send(request)

    return asyncio.run(run())


def test_the_app_sees_the_request_as_a_server_passes_it() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read(5))
        start_response("201 Created", [("X-A", "caf\xc3\xa9"), ("Content-Type", "text/plain")])
        return [b"one ", b"two"]

    headers = (("Content-Type", "text/plain"), ("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1"), ("Cookie", "b=2"))
    response = exchange(validator(app), Request("POST", "/a%2Fb/caf%C3%A9?x=%20", headers, b"hello"), base_path="/v1/")
    assert isinstance(response, Response)
    assert (response.status, response.body) == (201, b"one two")
    assert response.headers == (("X-A", "café"), ("Content-Type", "text/plain"))
    assert (seen["REQUEST_METHOD"], seen["SCRIPT_NAME"]) == ("POST", "")
    assert seen["PATH_INFO"].encode("latin-1") == "/v1/a/b/café".encode()
    assert seen["QUERY_STRING"] == "x=%20"
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"], seen["HTTP_HOST"]) == ("text/plain", "5", "localhost")
    assert (seen["HTTP_X_A"], seen["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert seen["body"] == b"hello"


def raises_at_once(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise LookupError("a bug")


def exits(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    sys.exit(3)


def never_starts(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return [b"a"]


def raises_before_the_body(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    raise LookupError("a bug")
    yield b""


def raises_in_the_body(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"a"
    raise LookupError("a bug")


def changes_its_mind(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    try:
        raise LookupError("a bug")
    except LookupError:
        start_response("503 Service Unavailable", [], sys.exc_info())
    return [b"later"]


def writes(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])(b"written ")
    return [b"returned"]


def never_ends(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    while True:
        yield bytes(1024 * 1024)


@pytest.mark.parametrize(
    ("app", "outcome"),
    [
        (raises_at_once, CRASHED),
        (exits, CRASHED),
        (never_starts, CRASHED),
        (raises_before_the_body, CRASHED),
        (raises_in_the_body, CUT_OFF),
        (changes_its_mind, (503, b"later")),
        (writes, (200, b"written returned")),
        (never_ends, Failure("protocol", "answered more than 128 MiB")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_outcome_is_what_a_client_would_see(app: App, outcome: object) -> None:
    got = exchange(app, Request("GET", "/"))
    assert (got if isinstance(got, Failure) else (got.status, got.body)) == outcome


@pytest.mark.parametrize("fails", [False, True])
def test_the_answer_is_closed(fails: bool) -> None:
    closed: list[bool] = []

    class Answer:
        def __iter__(self) -> Iterator[bytes]:
            yield b"a"
            if fails:
                raise LookupError("a bug")

        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Answer()

    exchange(app, Request("GET", "/"))
    assert closed == [True]


def test_an_app_that_never_answers_keeps_neither_the_caller_nor_the_program() -> None:
    free = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        free.wait(30)
        return []

    started = time.monotonic()
    assert exchange(app, Request("GET", "/"), timeout=0.05) == Failure("timeout", "no complete answer within 0.05 s")
    assert time.monotonic() - started < 10
    free.set()


def test_requests_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=5)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        together.wait()
        start_response("200 OK", [])
        return [b"met"]

    async def run() -> list[Response | Failure]:
        transport = WsgiTransport(app)
        return await asyncio.gather(*(transport.send(Request("GET", "/")) for _ in range(3)))

    assert [response.body for response in asyncio.run(run()) if isinstance(response, Response)] == [b"met"] * 3


def test_head_has_no_body() -> None:
    response = exchange(writes, Request("HEAD", "/"))
    assert isinstance(response, Response)
    assert response.body == b""


def test_what_no_client_could_send_is_not_passed_on() -> None:
    failure = exchange(raises_at_once, Request("GET", "/", (("X-A", "a\nb"),)))
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"


@pytest.mark.parametrize(
    ("content", "body", "undecoded"),
    [
        pytest.param(zlib.compress(b"[1]"), b"[1]", "", id="undone"),
        pytest.param(b"[1]", b"[1]", "it is not deflate, which its Content-Encoding names: incorrect header check"),
    ],
)
def test_codings_are_accepted_and_undone(content: bytes, body: bytes, undecoded: str) -> None:
    seen: list[Any] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["HTTP_ACCEPT_ENCODING"])
        start_response("200 OK", [("Content-Encoding", "deflate")])
        return [content]

    response = exchange(app, Request("GET", "/"))
    assert isinstance(response, Response)
    assert (response.body, response.undecoded, seen) == (body, undecoded, [acceptable()])
