"""What the served mock does with requests that are too large, too slow, or never come."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from clausewise.contract.contract import Contract
from clausewise.mockserver import app, serving
from clausewise.mockserver.app import MockApp
from clausewise.transport.listen import listen
from tests.conftest import Compile

_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    operations = {
        "get": {"operationId": "list", "responses": {"204": {"description": "nothing"}}},
        "post": {"operationId": "make", "requestBody": _BODY, "responses": {"201": {"description": "made"}}},
    }
    return compiled({"paths": {"/things": operations}})


@pytest.fixture(params=[()])
def port(request: pytest.FixtureRequest, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of the mock, which is served for further methods, with limits that are soon reached."""
    monkeypatch.setattr(serving, "HEAD_WITHIN", 0.5)
    monkeypatch.setattr(app, "_BODY_WITHIN", 0.5)
    monkeypatch.setattr(app, "MAX_BODY", 2**20)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(serving.settings(MockApp(contract), request.param, log_config=None))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = server.force_exit = True
    thread.join(10)
    listener.close()


def _answer(port: int, *parts: bytes) -> bytes:
    """What comes until the mock closes the connection."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        came = b""
        try:
            for part in parts:
                connection.sendall(part)
            while block := connection.recv(65536):
                came += block
        except (ConnectionResetError, BrokenPipeError):
            pass
    return came


def _post(length: int) -> bytes:
    head = f"POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode()


_GET = b"GET /things HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        pytest.param([_GET + b"Connection: close\r\n\r\n"], b"204", id="an ordinary request"),
        pytest.param([_GET + b"X: " + b"a" * 40_000 + b"\r\nConnection: close\r\n\r\n"], b"204", id="a long header"),
        pytest.param([_GET + b"X: " + b"a" * 70_000 + b"\r\n\r\n"], b"431", id="a header that is too long"),
        pytest.param([_GET + b"X: ", *[b"a" * 9_000] * 9], b"431", id="one that does not end"),
        pytest.param([_GET + b"X: a\r\n" * 20_000 + b"\r\n"], b"431", id="too many headers"),
        pytest.param([_post(4), b'{"a"'], b"400", id="a body that is no JSON"),
        pytest.param([_post(2**20 - 1), b" " * (2**20 - 3) + b"{}"], b"201", id="a large body"),
        pytest.param([_post(2**30), *[b" " * 2**16] * 17], b"413", id="a body that is too large"),
        pytest.param([_post(9), b"{"], b"408", id="a body that does not come"),
        pytest.param([], b"", id="silence"),
        pytest.param([_GET + b"X-A: "], b"", id="silence in the headers"),
    ],
)
def test_what_the_mock_answers(port: int, parts: list[bytes], status: bytes) -> None:
    assert _answer(port, *parts)[9:12] == status


def test_a_connection_is_closed_on_which_no_further_request_comes_to_an_end(port: int) -> None:
    begun = time.monotonic()
    assert _answer(port, _GET + b"\r\n" + _GET).count(b"HTTP/1.1 204") == 1
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("port", [("GET", "FOO-BAR")], indirect=True)
@pytest.mark.parametrize(
    ("parts", "status"),
    [
        pytest.param([b"FOO-BAR" + _GET[3:] + b"Connection: close\r\n\r\n"], b"405", id="any method"),
        pytest.param([_GET + b"Connection: close\r\n\r\n"], b"204", id="a usual method"),
        pytest.param([_post(2**20 - 1), b" " * (2**20 - 3) + b"{}"], b"201", id="a large body"),
        pytest.param([_GET + b"X: ", *[b"a" * 9_000] * 9], b"400", id="a header that does not end"),
        pytest.param([], b"", id="silence"),
        pytest.param([_GET + b"X-A: "], b"", id="silence in the headers"),
    ],
)
def test_a_mock_of_any_method_has_the_same_limits(port: int, parts: list[bytes], status: bytes) -> None:
    assert _answer(port, *parts)[9:12] == status
