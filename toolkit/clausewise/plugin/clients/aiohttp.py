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
    not_read,
    url_of,
)


def read(response: Any, _method: str | None = None, /) -> ClientExchange:
    """The exchange of a response. What was sent as a body is unknown: only tracing shows it."""
    # `read` gives a body that is there at once; that is its only public way out for somebody who cannot wait.
    reading = response.read()
    try:
        reading.send(None)
    except StopIteration as done:
        content = done.value
    except Exception as error:
        raise UsageError(
            f"the body of the response cannot be had any more ({error})", remedy="check it inside its `async with`"
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
    """By a tracing configuration, which also sees the chunks of the body that is sent."""
    from aiohttp import TraceConfig

    async def begun(_: Any, context: Any, __: Any) -> None:
        context.sent = []

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
    tracing.on_request_chunk_sent.append(sent)
    tracing.on_request_end.append(done)
    tracing.freeze()
    client.trace_configs.append(tracing)
    return lambda: client.trace_configs.remove(tracing)


async def send(client: Any, request: Request, base_url: str | None, base_path: str, /) -> Any:
    """By `request`; the session puts its own base URL before a path. The whole response is read."""
    from yarl import URL

    url = url_of(request, base_path if base_url is None else base_url, "aiohttp")
    async with client.request(
        request.method, URL(url, encoded=True), data=request.body, headers=list(request.headers)
    ) as response:
        await response.read()
        return response
