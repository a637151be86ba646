"""ASGI and WSGI middleware that observes each exchange on the server side.

Requests and responses pass through unchanged. An exchange is observed when its response is complete. An exception of
the observer goes to the server, and a test client raises it in the test.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from clausewise.exchange import Request, Response
from clausewise.plugin.clients.base import ClientExchange, Observe


class AsgiMiddleware:
    """An ASGI 3 app around another one."""

    def __init__(self, app: Any, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection; those that are not HTTP are not observed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked: list[bytes] = []
        answered: list[bytes] = []
        start: dict[str, Any] = {}

        async def received() -> Any:
            event = await receive()
            if event["type"] == "http.request":
                asked.append(event.get("body", b""))
            return event

        async def sent(event: Any) -> None:
            await send(event)
            if event["type"] == "http.response.start":
                start.update(event)
            elif event["type"] == "http.response.body":
                answered.append(event.get("body", b""))

        await self._app(scope, received, sent)
        if start:
            response = Response(start["status"], _decoded(start.get("headers", ())), b"".join(answered))
            headers = _decoded(scope["headers"])
            host = next((value for name, value in headers if name.lower() == "host"), "")
            base = f"{scope.get('scheme', 'http')}://{host}" if host else ""
            self._observe(ClientExchange(_request_of(scope, headers, b"".join(asked)), response, base))


def _request_of(scope: Any, headers: tuple[tuple[str, str], ...], body: bytes) -> Request:
    raw = scope.get("raw_path")
    target = raw.decode("latin-1").partition("?")[0] if raw else quote(scope["path"], safe="/:@!$&'()*+,;=~")
    if scope.get("query_string"):
        target += f"?{scope['query_string'].decode('latin-1')}"
    return Request(scope["method"], target, headers, body or None)


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in headers)


class WsgiMiddleware:
    """A WSGI app (PEP 3333) around another one."""

    def __init__(self, app: Any, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        """Serve one request."""
        length = environ.get("CONTENT_LENGTH") or ""
        body = environ["wsgi.input"].read(int(length)) if length.isdecimal() else b""
        if length.isdecimal():
            environ = {**environ, "wsgi.input": io.BytesIO(body)}
        request, base = _request_in(environ, body)
        started: list[tuple[str, Any]] = []

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            started[:] = [(status, headers)]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        result = self._app(environ, start)
        return self._passed_on(result, request, base, started)

    def _passed_on(self, result: Any, request: Request, base: str, started: list[tuple[str, Any]]) -> Iterator[bytes]:
        chunks: list[bytes] = []
        observed = False
        try:
            for chunk in result:
                chunks.append(chunk)
                # Test clients often stop reading when they have the whole body.
                if not observed and _is_complete(started, chunks):
                    observed = True
                    self._observe_exchange(request, base, started, chunks)
                yield chunk
        finally:
            if hasattr(result, "close"):
                result.close()
        if not observed:
            self._observe_exchange(request, base, started, chunks)

    def _observe_exchange(
        self, request: Request, base: str, started: list[tuple[str, Any]], chunks: list[bytes]
    ) -> None:
        if started:
            status, headers = started[0]
            response = Response(int(status.split()[0]), tuple(map(tuple, headers)), b"".join(chunks))
            self._observe(ClientExchange(request, response, base))


def _is_complete(started: list[tuple[str, Any]], chunks: list[bytes]) -> bool:
    """Whether the chunks have the length in Content-Length."""
    lengths = [value for name, value in started[0][1] if name.lower() == "content-length"] if started else []
    return bool(lengths) and lengths[0] == str(sum(map(len, chunks)))


def _request_in(environ: dict[str, Any], body: bytes) -> tuple[Request, str]:
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if not target:
        path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
        target = quote(path, safe="/:@!$&'()*+,;=~") or "/"
        target += f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").title(), value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    headers += [
        (title, environ[name])
        for name, title in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length"))
        if environ.get(name)
    ]
    host = environ.get("HTTP_HOST", "")
    base = f"{environ.get('wsgi.url_scheme', 'http')}://{host}" if host else ""
    return Request(environ["REQUEST_METHOD"], target, tuple(headers), body or None), base
