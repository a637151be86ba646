"""Django's test clients, synchronous and asynchronous."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import Any

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Request, Response, header
from clausewise.plugin.clients.base import (
    BODY,
    NO_PART,
    ClientExchange,
    Observe,
    Undo,
    as_bytes,
    replace_method,
    url_of,
)


def read(response: Any, _method: str | None = None, /) -> ClientExchange:
    """The exchange of a response of a test client. Raises UsageError for any other response."""
    sent = getattr(response, "wsgi_request", None) or getattr(response, "asgi_request", None)
    if sent is None:
        raise UsageError("the response has no request", remedy="check responses of Django's test client")
    try:
        body, unknown = as_bytes(sent.body)
    except Exception:  # RawPostDataException, or an error of the test client's stream: the body was read before
        body, unknown = None, BODY
    content = response.getvalue() if response.streaming else response.content
    headers = tuple(response.headers.items())
    headers += tuple(("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values())
    return ClientExchange(
        Request(sent.method, sent.get_full_path(), tuple(sent.headers.items()), body),
        Response(response.status_code, headers, content),
        f"{sent.scheme}://{sent.get_host()}",
        unknown,
    )


def watch(client: Any, observe: Observe, /) -> Undo:
    """Observe around `request`; the body is read before the app reads it."""
    plain = client.request

    def observed(response: Any, body: bytes | None) -> Any:
        __tracebackhide__ = True
        if not response.streaming:
            exchange = read(response)
            request = msgspec.structs.replace(exchange.request, body=body)
            observe(msgspec.structs.replace(exchange, request=request, unknown=NO_PART))
        return response

    if inspect.iscoroutinefunction(plain):

        @wraps(plain)
        async def later(**request: Any) -> Any:
            __tracebackhide__ = True
            body = _replayed(request, "_body_file")
            return observed(await plain(**request), body)

        return replace_method(client, "request", later)

    @wraps(plain)
    def now(**request: Any) -> Any:
        __tracebackhide__ = True
        body = _replayed(request, "wsgi.input")
        return observed(plain(**request), body)

    return replace_method(client, "request", now)


def send(client: Any, request: Request, base_url: str | None, base_path: str, /) -> Any:
    """Send with `generic` to the app of the client."""
    url = url_of(request, base_path if base_url is None else base_url)
    content_type = header(request.headers, "Content-Type") or ""
    headers = {name: value for name, value in request.headers if name.lower() != "content-type"}
    return client.generic(request.method, url, request.body or b"", content_type=content_type, headers=headers)


def _replayed(request: dict[str, Any], name: str) -> bytes | None:
    """The body of a Django request before it is sent; its stream can be read once, so it is replaced."""
    payload = request.get(name)
    if payload is None:
        return None
    content: bytes = payload.read()
    request[name] = type(payload)(content)
    return content or None
