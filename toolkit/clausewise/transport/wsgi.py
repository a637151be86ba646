"""Calls a WSGI app in this process, as a server would (PEP 3333)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from time import perf_counter
from types import TracebackType
from typing import Any
from urllib.parse import unquote_to_bytes

from clausewise.exchange import CUT_OFF, Failure, Headers, Request, Response
from clausewise.transport.base import (
    HOST,
    TIMEOUT,
    TOO_LARGE,
    Body,
    answered_by_app,
    crashed,
    header_text,
    in_thread,
    received_headers,
    timed_out,
)
from clausewise.transport.limit import free_time

App = Callable[[dict[str, Any], Callable[..., Callable[[bytes], object]]], Iterable[bytes]]


class WsgiTransport:
    """Sends requests to `app`, each in a thread of its own.

    `base_path` is put before each target. `timeout` is in seconds; an app that takes longer is left behind in its
    thread. WSGI knows no startup: the async context manager is there so that all transports are used alike.
    """

    def __init__(self, app: App, *, base_path: str = "", timeout: float = TIMEOUT) -> None:
        self._app = app
        self._base_path = base_path.rstrip("/")
        self._timeout = timeout

    async def __aenter__(self) -> WsgiTransport:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    async def send(self, request: Request) -> Response | Failure:
        """What a client would get from a server that runs the app."""
        try:
            environ = _environ(request, self._base_path)
        except ValueError as error:
            return Failure("protocol", f"the request cannot be sent: {error}", unsendable=True)
        call = _Call(self._app, environ)
        try:
            async with free_time(self._timeout):
                return await in_thread(call.run)
        except TimeoutError:
            return timed_out(self._timeout)


def _environ(request: Request, base_path: str) -> dict[str, Any]:
    """The request as PEP 3333 describes it: text that holds one byte a character."""
    raw_path, _, query = (base_path + request.target).encode().partition(b"?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        # not of the standard; frameworks read the undecoded target from one of these
        "REQUEST_URI": (base_path + request.target).encode().decode("latin-1"),
        "RAW_URI": (base_path + request.target).encode().decode("latin-1"),
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body or b""),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in received_headers(request):
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        # a header that comes twice is one list (RFC 9110 section 5.3), except for cookies
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{text}" if key in environ else text
    return environ


class _Call:
    """One request on its way through the app, and the pieces of the answer."""

    def __init__(self, app: App, environ: dict[str, Any]) -> None:
        self._app = app
        self._environ = environ
        self._status = 0
        self._headers: Headers = ()
        self._body = Body()

    def run(self) -> Response | Failure:
        started = perf_counter()
        try:
            result = self._app(self._environ, self._start_response)
            try:
                for chunk in result:
                    self._write(chunk)
            finally:
                close = getattr(result, "close", None)
                if close is not None:
                    close()
            if not self._status:
                raise RuntimeError("the app did not call start_response")
        except (Exception, SystemExit):
            # a server would log the traceback of the app, and answer
            if self._body.is_too_large:
                return TOO_LARGE
            return CUT_OFF if self._body.length else crashed(started)
        method = self._environ["REQUEST_METHOD"]
        return answered_by_app(method, self._status, self._headers, self._body, started, perf_counter() - started)

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if exc_info is not None and self._body.length:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self._status:
            raise RuntimeError("the app called start_response twice")
        self._status = int(status[:3])
        self._headers = tuple([(name, header_text(value.encode("latin-1"))) for name, value in headers])
        return self._write

    def _write(self, chunk: bytes) -> None:
        if not self._status:
            raise RuntimeError("the app wrote before it called start_response")
        self._body.add(chunk)
        if self._body.is_too_large:
            raise OSError(TOO_LARGE.message)
