"""Calls an ASGI app in this process, as a server would (ASGI 3.0, its HTTP and lifespan protocols)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from clausewise.errors import TargetError
from clausewise.exchange import CUT_OFF, Failure, Headers, Request, Response
from clausewise.transport.base import (
    HOST,
    STARTUP,
    TIMEOUT,
    TOO_LARGE,
    Body,
    Pieces,
    answered_by_app,
    crashed,
    header_text,
    received_headers,
)
from clausewise.transport.limit import free_time

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_VERSIONS = {"version": "3.0", "spec_version": "2.4"}


class AsgiTransport:
    """Sends requests to `app`; as an async context manager it also runs the app's startup and shutdown.

    `base_path` is put before each target. `timeout` is in seconds, for one exchange, and `startup` for the startup and
    for the shutdown.
    """

    def __init__(self, app: App, *, base_path: str = "", timeout: float = TIMEOUT, startup: float = STARTUP) -> None:
        self._app = app
        self._base_path = base_path.rstrip("/")
        self._timeout = timeout
        self._lifespan = _Lifespan(app, startup)

    async def __aenter__(self) -> AsgiTransport:
        """Starts the app. Raises TargetError when it says that it cannot start, or does not start in time."""
        await self._lifespan.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._lifespan.stop()

    async def send(self, request: Request) -> Response | Failure:
        """What a client would get from a server that runs the app."""
        try:
            headers = [(name.lower().encode(), value) for name, value in received_headers(request)]
            raw_path, _, query = (self._base_path + request.target).encode().partition(b"?")
        except ValueError as error:
            return Failure("protocol", f"the request cannot be sent: {error}", unsendable=True)
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "asgi": _VERSIONS,
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(raw_path.decode()),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": (HOST, 80),
            "state": self._lifespan.state.copy(),
        }
        # An app that never waits would keep the loop from its timers and from signals.
        await asyncio.sleep(0)
        call = _Call(request)
        # a server would log the app's exception, and answer as `outcome` does
        with suppress(Exception):
            async with free_time(self._timeout) as limit:
                await self._app(scope, call.receive, call.send)
        if limit.expired and not call.complete:
            return call.late(self._timeout)
        return call.outcome()


class _Call:
    """One request on its way through the app, and the pieces of the answer."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._received = False
        self._started = perf_counter()
        self._seconds = 0.0
        self._status: int | None = None
        self._headers: Headers = ()
        self._body = Body()
        self._pieces = Pieces()
        self._completed = asyncio.Event()

    @property
    def complete(self) -> bool:
        return self._completed.is_set()

    async def receive(self) -> Message:
        if not self._received:
            self._received = True
            return {"type": "http.request", "body": self._request.body or b"", "more_body": False}
        # the client stays until it has its answer
        await self._completed.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._status is None:
            self._headers = tuple(
                [
                    (bytes(name).decode("latin-1"), header_text(bytes(value)))
                    for name, value in message.get("headers", ())
                ]
            )
            self._status = int(message["status"])
        elif kind == "http.response.body" and self._status is not None and not self.complete:
            chunk = bytes(message.get("body", b""))
            self._body.add(chunk)
            if self._body.is_too_large:
                raise OSError(TOO_LARGE.message)
            if chunk:
                self._pieces.note()
            if message.get("more_body", False):
                # an app that streams without a pause must still meet its timeout
                await asyncio.sleep(0)
            else:
                self._seconds = perf_counter() - self._started
                self._completed.set()
        else:
            raise RuntimeError(f"unexpected ASGI message {kind!r}")

    def late(self, seconds: float) -> Failure:
        """The client's result where the answer was not complete after `seconds`."""
        return self._pieces.late(seconds, self._status, self._headers)

    def outcome(self) -> Response | Failure:
        """The client's result after the app has returned or raised."""
        if self._body.is_too_large:
            return TOO_LARGE
        if self._status is None:
            return crashed(self._started)
        if not self.complete:
            return CUT_OFF
        return answered_by_app(
            self._request.method, self._status, self._headers, self._body, self._started, self._seconds
        )


class _Lifespan:
    """The app's startup and shutdown, which run in one task of their own."""

    def __init__(self, app: App, timeout: float) -> None:
        self._app = app
        self._timeout = timeout
        self._task: asyncio.Task[None] | None = None
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._started = asyncio.Event()
        self._refusal: str | None = None
        #: what the app left for its requests; each gets a shallow copy
        self.state: dict[str, Any] = {}

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())
        self._events.put_nowait({"type": "lifespan.startup"})
        try:
            await asyncio.wait_for(self._started.wait(), self._timeout)
        except TimeoutError:
            self._task.cancel()
            raise TargetError(f"the app did not start within {self._timeout:g} s") from None
        if self._refusal is not None:
            raise TargetError(f"the app failed to start: {self._refusal}")

    async def stop(self) -> None:
        if self._task is None:
            return
        self._events.put_nowait({"type": "lifespan.shutdown"})
        # a shutdown that fails or hangs takes nothing from what was found out before
        await asyncio.wait({self._task}, timeout=self._timeout)
        self._task.cancel()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": _VERSIONS, "state": self.state}
        # an app that raises here does not support the protocol, and the server goes on (ASGI lifespan, "Scope")
        with suppress(Exception):
            await self._app(scope, self._events.get, self._send)
        self._started.set()

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if not kind.startswith("lifespan."):
            # from an app that takes every scope for a request
            raise RuntimeError(f"unexpected ASGI message {kind!r}")
        if kind == "lifespan.startup.failed":
            self._refusal = str(message.get("message") or "it gives no reason")
        if kind.startswith("lifespan.startup."):
            self._started.set()
