"""No answer is late because we were busy; one that does not come is."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from clausewise.exchange import Failure, Request, Response
from clausewise.options import RunOptions
from clausewise.transport.asgi import AsgiTransport
from clausewise.transport.http import HttpTransport
from clausewise.transport.wsgi import WsgiTransport
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, app_of

#: seconds: the limit, the time in which nothing else runs, and an answer that is too late
_LIMIT, _BUSY, _TOO_LATE = 1.0, 2.0, 2.5


def _answer(call: Call) -> Answer:
    return 200, {}


def _wsgi(seconds: float) -> Any:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        time.sleep(seconds)
        start_response("200 OK", [])
        return [b""]

    return app


def _asked(transport: AbstractAsyncContextManager[Any], busy: float) -> Response | Failure:
    """The answer of a server, while this program computes for so many seconds."""

    async def ask() -> Any:
        async with transport as opened:
            asked = asyncio.ensure_future(opened.send(Request("GET", "/")))
            await asyncio.sleep(0.05)
            time.sleep(busy)
            return await asked

    return asyncio.run(ask())


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "busy"), [(0.2, _BUSY), (_TOO_LATE, 0.0)], ids=["we are busy", "it is late"])
@pytest.mark.parametrize("kind", ["asgi", "wsgi", "http"])
def test_only_time_in_which_we_listen_counts(kind: str, seconds: float, busy: float) -> None:
    if kind == "http":
        with serve(app_of(_answer, seconds=seconds)) as url:
            answer = _asked(HttpTransport(url, timeout=_LIMIT), busy)
    elif kind == "asgi":
        answer = _asked(AsgiTransport(app_of(_answer, seconds=seconds), timeout=_LIMIT), busy)
    else:
        answer = _asked(WsgiTransport(_wsgi(seconds), timeout=_LIMIT), busy)
    if busy:
        assert isinstance(answer, Response) and answer.status == 200
    else:
        assert answer == Failure("timeout", "no complete answer within 1 s")


@pytest.mark.parametrize("kind", ["wsgi", "http"])
def test_the_time_in_which_the_machine_was_suspended_does_not_count(kind: str) -> None:
    """Where the clock runs on meanwhile, it seems to jump."""

    async def ask(transport: AbstractAsyncContextManager[Any]) -> Any:
        loop = asyncio.get_running_loop()
        clock, away = loop.time, 0.0
        loop.time = lambda: clock() + away  # type: ignore[method-assign]
        async with transport as opened:
            asked = asyncio.ensure_future(opened.send(Request("GET", "/")))
            await asyncio.sleep(0.1)
            away = 3600.0
            return await asked

    with serve(app_of(_answer, seconds=0.5)) as url:
        transport = HttpTransport(url, timeout=5) if kind == "http" else WsgiTransport(_wsgi(0.5), timeout=5)
        answer = asyncio.run(ask(transport))
    assert isinstance(answer, Response) and answer.status == 200


def test_the_limits_are_ten_seconds_each() -> None:
    assert (RunOptions().connect_timeout, RunOptions().timeout) == (10, 10)


_CHILD = """
import asyncio, sys
from clausewise.exchange import Request
from clausewise.transport.http import HttpTransport

async def ask():
    async with HttpTransport(sys.argv[1], timeout=1.0) as transport:
        print(await transport.send(Request("GET", "/")))

asyncio.run(ask())
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_the_time_in_which_the_process_was_stopped_does_not_count() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        child = subprocess.Popen([sys.executable, "-c", _CHILD, url], stdout=subprocess.PIPE, text=True)
        connection, _ = listening.accept()
        with connection:
            while b"\r\n\r\n" not in connection.recv(4096):
                pass
            child.send_signal(signal.SIGSTOP)
            time.sleep(_BUSY)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            child.send_signal(signal.SIGCONT)
            printed, _ = child.communicate(timeout=60)
    assert printed.startswith("Response(status=204")
