"""aiohttp: client sessions and their responses."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Request, Response
from clausewise.plugin.clients.base import (
    BODY,
    ENDLESS,
    NO_PART,
    ClientExchange,
    Observe,
    Undo,
    headers_of,
    no_base_url,
    not_read,
    url_of,
)


def read(response: Any, _method: str | None = None, /) -> ClientExchange:
    """The exchange of a response. The body of its request is unknown: only tracing gives it."""
    # `read` returns at once if the body is there; it is the only public way to get it without an event loop.
    reading = response.read()
    try:
        reading.send(None)
    except StopIteration as done:
        content = done.value
    except Exception as error:
        raise UsageError(
            f"the body of the response can no longer be read: {error}", remedy="check it inside its `async with`"
        ) from None
    else:
        reading.close()
        raise not_read("await response.read()")
    sent = response.request_info
    return ClientExchange(
        Request(sent.method, sent.url.raw_path_qs, headers_of(sent.headers)),
        Response(response.status, headers_of(response.headers), content),
        str(sent.url.origin()),
        BODY,
    )


def watch(client: Any, observe: Observe, /) -> Undo:
    """Observe by a tracing configuration, which also gets the chunks of the request body."""
    from aiohttp import TraceConfig

    async def begun(_: Any, context: Any, __: Any) -> None:
        context.sent = []

    async def redirected(_: Any, context: Any, __: Any) -> None:
        context.sent.clear()

    async def sent(_: Any, context: Any, event: Any) -> None:
        context.sent.append(event.chunk)

    async def done(_: Any, context: Any, event: Any) -> None:
        __tracebackhide__ = True
        if event.response.content_type != ENDLESS:
            await event.response.read()
            exchange = read(event.response)
            request = msgspec.structs.replace(exchange.request, body=b"".join(context.sent) or None)
            observe(msgspec.structs.replace(exchange, request=request, unknown=NO_PART))

    tracing = TraceConfig()
    tracing.on_request_start.append(begun)
    tracing.on_request_redirect.append(redirected)
    tracing.on_request_chunk_sent.append(sent)
    tracing.on_request_end.append(done)
    tracing.freeze()
    client.trace_configs.append(tracing)
    return lambda: client.trace_configs.remove(tracing)


async def send(client: Any, request: Request, base_url: str | None, base_path: str, /) -> Any:
    """Send with `request`; the session puts its own base URL before a path. The whole response is read."""
    from aiohttp import InvalidURL
    from yarl import URL

    url = URL(url_of(request, base_path if base_url is None else base_url), encoded=True)
    try:
        response = await client.request(request.method, url, data=request.body, headers=list(request.headers))
    except InvalidURL as error:
        if error.url != url:
            raise
        raise no_base_url("aiohttp") from None
    # Not with `async with`: its end would take the body away from `contract.check`.
    await response.read()
    return response
