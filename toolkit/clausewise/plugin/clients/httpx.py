"""httpx, sync and async; the test clients of Starlette and FastAPI are httpx clients."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import Any

from clausewise.exchange import Request, Response
from clausewise.plugin.clients.base import (
    BODY,
    ClientExchange,
    Observe,
    Undo,
    as_bytes,
    no_base_url,
    not_read,
    replace_method,
    url_of,
)


def read(response: Any, _method: str | None = None, /) -> ClientExchange:
    """The exchange of a response. A streamed request body is unknown."""
    sent = response.request
    try:
        body, unknown = as_bytes(sent.content)
    except Exception:  # RequestNotRead, of httpx or httpx2: the body was a stream
        body, unknown = None, BODY
    try:
        content = response.content
    except Exception:
        raise not_read("response.read()") from None
    url = sent.url
    return ClientExchange(
        Request(sent.method, url.raw_path.decode("ascii"), tuple(sent.headers.multi_items()), body),
        Response(response.status_code, tuple(response.headers.multi_items()), content),
        f"{url.scheme}://{url.netloc.decode('ascii')}",
        unknown,
    )


def watch(client: Any, observe: Observe, /) -> Undo:
    """Observe around `send`, each step of a redirect."""
    send = client.send

    def observed(response: Any, streamed: bool) -> Any:
        __tracebackhide__ = True
        for one in () if streamed else (*response.history, response):
            observe(read(one))
        return response

    if inspect.iscoroutinefunction(send):

        @wraps(send)
        async def later(request: Any, *, stream: bool = False, **options: Any) -> Any:
            __tracebackhide__ = True
            return observed(await send(request, stream=stream, **options), stream)

        return replace_method(client, "send", later)

    @wraps(send)
    def now(request: Any, *, stream: bool = False, **options: Any) -> Any:
        __tracebackhide__ = True
        return observed(send(request, stream=stream, **options), stream)

    return replace_method(client, "send", now)


def send(client: Any, request: Request, base_url: str | None, base_path: str, /) -> Any:
    """Send with `request`; the client puts its own base URL before a path."""
    if base_url is None and client.base_url.is_relative_url:
        raise no_base_url("httpx")
    if base_url is None and client.base_url.path.strip("/"):
        base_path = ""
    url = url_of(request, base_path if base_url is None else base_url)
    return client.request(request.method, url, content=request.body, headers=list(request.headers))
