"""No answer is late because we were busy; one that does not come is."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from clausewise.exchange import Failure, Request, Response
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
