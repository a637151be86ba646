"""AsgiTransport calls apps as a server would."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from clausewise.errors import TargetError
from clausewise.exchange import Failure, Request, Response
from clausewise.media.codings import acceptable
from clausewise.transport.asgi import App, AsgiTransport

CRASHED = (500, b"Internal Server Error")
LENGTH = "its Content-Length of 2"
CUT_OFF = Failure("disconnect", "the connection was closed in the middle of the answer")


def exchange(
    app: App, *requests: Request, base_path: str = "", timeout: float = 5.0, startup: float = 5.0
) -> list[Response | Failure]:
    async def run() -> list[Response | Failure]:
        async with AsgiTransport(app, base_path=base_path, timeout=timeout, startup=startup) as transport:
            return [await transport.send(request) for request in requests]

    return asyncio.run(run())


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


class Recorder:
    """An app without lifespan that keeps the scope and the body, and answers 200."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}
        self.body = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        self.scope = scope
        self.body = (await receive())["body"]
        await send(start())
        await send(body(b"ok"))


def test_the_app_sees_the_request_as_a_server_passes_it() -> None:
    app = Recorder()
    request = Request(
        "POST", "/a%2Fb/caf%C3%A9?x=%20&y", (("Content-Type", "text/plain"), ("X-A", " caf\u00e9 ")), b"hello"
    )
    exchange(app, request, base_path="/v1/")
    scope = app.scope
    assert (scope["method"], scope["http_version"], scope["scheme"]) == ("POST", "1.1", "http")
    assert (scope["path"], scope["raw_path"]) == ("/v1/a/b/café", b"/v1/a%2Fb/caf%C3%A9")
    assert (scope["query_string"], scope["root_path"]) == (b"x=%20&y", "")
    headers = dict(scope["headers"])
    assert (headers[b"host"], headers[b"content-length"]) == (b"localhost", b"5")
    assert (headers[b"content-type"], headers[b"x-a"]) == (b"text/plain", "café".encode())
    assert len(scope["client"]) == len(scope["server"]) == 2
    assert app.body == b"hello"


@pytest.mark.parametrize(
    ("request_", "lengths"),
    [
        pytest.param(Request("GET", "/"), [], id="GET"),
        pytest.param(Request("POST", "/"), [b"0"], id="POST without a body"),
        pytest.param(Request("POST", "/", (("content-length", "7"),), b"x"), [b"7"], id="its own"),
    ],
)
def test_content_length(request_: Request, lengths: list[bytes]) -> None:
    app = Recorder()
    exchange(app, request_)
    assert [value for name, value in app.scope["headers"] if name == b"content-length"] == lengths


def test_a_streamed_answer_is_put_together() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(201, (b"x-a", b"caf\xe9"), (b"x-a", b"2")))
        await send(body(b"one ", more=True))
        await send(body(b"two"))
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        assert (await receive())["type"] == "http.disconnect"

    (response,) = exchange(app, Request("GET", "/"))
    assert isinstance(response, Response)
    assert (response.status, response.body) == (201, b"one two")
    assert response.headers == (("x-a", "café"), ("x-a", "2"))
    assert response.seconds > 0


@pytest.mark.parametrize(
    ("messages", "fails", "outcome"),
    [
        pytest.param([], True, CRASHED, id="raises at once"),
        pytest.param([], False, CRASHED, id="returns without an answer"),
        pytest.param([start()], True, CUT_OFF, id="raises before the body"),
        pytest.param([start(), body(b"a", more=True)], True, CUT_OFF, id="raises in the body"),
        pytest.param([start(), body(b"a", more=True)], False, CUT_OFF, id="returns in the body"),
        pytest.param([start(503), body(b"a")], True, (503, b"a"), id="raises after its answer"),
        pytest.param([body(b"a")], False, CRASHED, id="body first"),
    ],
)
def test_an_app_that_fails(messages: list[dict[str, Any]], fails: bool, outcome: object) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        if fails:
            raise LookupError("a bug")

    (got,) = exchange(app, Request("GET", "/"))
    assert (got if isinstance(got, Failure) else (got.status, got.body)) == outcome


@pytest.mark.parametrize("stubborn", [False, True], ids=["cancelled", "swallows the cancellation"])
def test_an_app_that_never_answers_is_bounded(stubborn: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if not stubborn:
                raise

    assert exchange(app, Request("GET", "/"), timeout=0.05) == [Failure("timeout", "no complete answer within 0.05 s")]


def test_an_endless_answer_is_given_up() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        while True:
            await send(body(bytes(1024 * 1024), more=True))

    assert exchange(app, Request("GET", "/")) == [Failure("protocol", "answered more than 128 MiB")]


def test_an_answer_that_grows_by_nothing_is_bounded() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        while True:
            await send(body(b"", more=True))

    assert exchange(app, Request("GET", "/"), timeout=0.05) == [Failure("timeout", "no complete answer within 0.05 s")]


def test_head_has_no_body() -> None:
    (response,) = exchange(Recorder(), Request("HEAD", "/"))
    assert isinstance(response, Response)
    assert response.body == b""


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(Request("GET", "/", (("X-A", "a\nb"),)), id="line break"),
        pytest.param(Request("GET", "/", (("X A", "a"),)), id="space in a name"),
        pytest.param(Request("GET", "/\ud800"), id="lone surrogate"),
    ],
)
def test_what_no_client_could_send_is_not_passed_on(request_: Request) -> None:
    app = Recorder()
    (failure,) = exchange(app, request_)
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert app.scope == {}


def test_startup_state_and_shutdown() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            scope["state"]["name"] = "kept"
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            await send({"type": "lifespan.shutdown.complete"})
            seen.append("shut down")
        else:
            seen.append(scope["state"]["name"])
            scope["state"]["name"] = "changed"
            await send(start())
            await send(body(b""))

    exchange(app, Request("GET", "/"), Request("GET", "/"))
    assert seen == ["kept", "kept", "shut down"]


@pytest.mark.parametrize("silent", [False, True], ids=["says so", "hangs"])
def test_an_app_that_cannot_start(silent: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if silent:
            await asyncio.sleep(60)
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(TargetError, match="did not start within" if silent else "no database"):
        exchange(app, startup=0.05)


def test_codings_are_accepted_and_undone() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["headers"])[b"accept-encoding"])
        await send(start(200, (b"content-encoding", b"gzip")))
        await send(body(gzip.compress(b"[1]")))

    (response,) = exchange(app, Request("GET", "/"))
    assert isinstance(response, Response)
    assert (response.body, response.undecoded, seen) == (b"[1]", "", [acceptable().encode()])


@pytest.mark.parametrize(
    ("method", "status", "length", "sent", "outcome"),
    [
        pytest.param("GET", 200, b"2", b"ok", (b"ok", ""), id="as it should be"),
        pytest.param("GET", 204, None, b"null", (b"", "with a body, which no 204 answer has"), id="204"),
        pytest.param(
            "GET", 200, b"2", b"okay", (b"ok", "with more bytes than its Content-Length of 2 names"), id="longer"
        ),
        pytest.param("HEAD", 200, b"2", b"ok", (b"", ""), id="HEAD, whose body a server leaves out"),
        pytest.param(
            "GET",
            200,
            b"9",
            b"ok",
            Failure("disconnect", f"{CUT_OFF.message}: 2 of the 9 bytes that its Content-Length names came"),
            id="shorter",
        ),
    ],
)
def test_the_end_of_an_answer_is_where_it_says(
    method: str, status: int, length: bytes | None, sent: bytes, outcome: object
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(status, *([(b"content-length", length)] if length else [])))
        await send(body(sent))

    (answer,) = exchange(app, Request(method, "/"))
    assert ((answer.body, answer.framing) if isinstance(answer, Response) else answer) == outcome
