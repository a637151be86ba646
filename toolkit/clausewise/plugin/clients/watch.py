"""Clients made to tell of each exchange as it happens: one function a library, found by the client's type.

Each puts itself before one public method of that very client, or uses the library's own hooks, and gives a function
that undoes it. Responses that are read as a stream are let alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Request, Response
from clausewise.plugin.clients.read import (
    KNOWN,
    Seen,
    as_bytes,
    base_of,
    headers_of,
    library_of,
    seen,
    target_of,
)

#: takes each exchange
Observe = Callable[[Seen], None]

Undo = Callable[[], None]

#: media type of responses that may never end
_ENDLESS = "text/event-stream"


def watch(client: Any, observe: Observe) -> Undo:
    """Have `observe` called with each exchange of `client`, until what this gives is called.

    Raises UsageError for a client that is not known.
    """
    library = library_of(client, _WATCHERS)
    if library is None:
        kind = f"{type(client).__module__}.{type(client).__qualname__}"
        raise UsageError(f"a {kind} is no client that can be watched", remedy=f"known are {KNOWN}")
    return _WATCHERS[library](client, observe)


def _instead(client: Any, name: str, method: Callable[..., Any]) -> Undo:
    """Put `method` in the place of the one that `client` has by that name."""
    before = vars(client).get(name)
    setattr(client, name, method)

    def undo() -> None:
        if before is None:
            delattr(client, name)
        else:
            setattr(client, name, before)

    return undo


def _requests(client: Any, observe: Observe) -> Undo:
    def hook(response: Any, *_: Any, stream: bool = False, **__: Any) -> None:
        __tracebackhide__ = True
        if not stream:
            observe(seen(response))

    client.hooks["response"].append(hook)
    return lambda: client.hooks["response"].remove(hook)


def _httpx(client: Any, observe: Observe) -> Undo:
    send = client.send

    def tell(response: Any, streamed: bool) -> Any:
        __tracebackhide__ = True
        for one in () if streamed else (*response.history, response):
            observe(seen(one))
        return response

    if inspect.iscoroutinefunction(send):

        @wraps(send)
        async def later(request: Any, *, stream: bool = False, **options: Any) -> Any:
            __tracebackhide__ = True
            return tell(await send(request, stream=stream, **options), stream)

        return _instead(client, "send", later)

    @wraps(send)
    def now(request: Any, *, stream: bool = False, **options: Any) -> Any:
        __tracebackhide__ = True
        return tell(send(request, stream=stream, **options), stream)

    return _instead(client, "send", now)


def _aiohttp(client: Any, observe: Observe) -> Undo:
    from aiohttp import TraceConfig

    async def begun(_: Any, context: Any, __: Any) -> None:
        context.sent = []

    async def sent(_: Any, context: Any, told: Any) -> None:
        context.sent.append(told.chunk)

    async def done(_: Any, context: Any, told: Any) -> None:
        __tracebackhide__ = True
        if told.response.content_type != _ENDLESS:
            await told.response.read()
            exchange = seen(told.response)
            request = msgspec.structs.replace(exchange.request, body=b"".join(context.sent) or None)
            observe(msgspec.structs.replace(exchange, request=request, unknown=frozenset()))

    tracing = TraceConfig()
    tracing.on_request_start.append(begun)
    tracing.on_request_chunk_sent.append(sent)
    tracing.on_request_end.append(done)
    tracing.freeze()
    client.trace_configs.append(tracing)
    return lambda: client.trace_configs.remove(tracing)


def _werkzeug(client: Any, observe: Observe) -> Undo:
    plain = client.open
    depth = 0
    told: list[Any] = []

    @wraps(plain)
    def opened(*arguments: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        nonlocal depth
        depth += 1
        try:
            response = plain(*arguments, **options)
        finally:
            depth -= 1
        for one in (*response.history, response):
            # What follows a redirect comes this way twice. That it "is streamed" means little: so is every answer of
            # an app that is not buffered.
            if one.mimetype != _ENDLESS and not any(one is other for other in told):
                told.append(one)
                observe(seen(one))
        if not depth:
            told.clear()
        return response

    return _instead(client, "open", opened)


def _django(client: Any, observe: Observe) -> Undo:
    plain = client.request

    def tell(response: Any, body: bytes | None) -> Any:
        __tracebackhide__ = True
        if not response.streaming:
            exchange = seen(response)
            request = msgspec.structs.replace(exchange.request, body=body)
            observe(msgspec.structs.replace(exchange, request=request, unknown=frozenset()))
        return response

    if inspect.iscoroutinefunction(plain):

        @wraps(plain)
        async def later(**request: Any) -> Any:
            __tracebackhide__ = True
            body = _replayed(request, "_body_file")
            return tell(await plain(**request), body)

        return _instead(client, "request", later)

    @wraps(plain)
    def now(**request: Any) -> Any:
        __tracebackhide__ = True
        body = _replayed(request, "wsgi.input")
        return tell(plain(**request), body)

    return _instead(client, "request", now)


def _replayed(request: dict[str, Any], name: str) -> bytes | None:
    """The body in a Django request that is about to be made; a stream gives it once, so it is put back anew."""
    payload = request.get(name)
    if payload is None:
        return None
    content: bytes = payload.read()
    request[name] = type(payload)(content)
    return content or None


def _urllib3(client: Any, observe: Observe) -> Undo:
    plain = client.urlopen

    @wraps(plain)
    def opened(method: str, url: str, *arguments: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        response = plain(method, url, *arguments, **options)
        redirected = response.geturl() not in (None, url) and target_of(response.geturl()) != target_of(url)
        # A redirected request has come this way by itself.
        if options.get("preload_content", True) and not redirected:
            sent = arguments[0] if arguments else options.get("body")
            body, known = as_bytes(sent)
            headers = options.get("headers") or client.headers
            observe(
                Seen(
                    Request(method.upper(), target_of(url), headers_of(headers), body),
                    Response(response.status, tuple(response.headers.items()), response.data),
                    base_of(url),
                    frozenset() if known else frozenset({"body"}),
                )
            )
        return response

    return _instead(client, "urlopen", opened)


#: top-level package of the client's type -> what watches it
_WATCHERS: dict[str, Callable[[Any, Observe], Undo]] = {
    "requests": _requests,
    "httpx": _httpx,
    "httpx2": _httpx,
    "aiohttp": _aiohttp,
    "werkzeug": _werkzeug,
    "django": _django,
    "urllib3": _urllib3,
}
