"""urllib3: pools, pool managers and their responses."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import Any
from weakref import WeakSet

from clausewise.errors import UsageError
from clausewise.exchange import Request, Response
from clausewise.plugin.clients.base import (
    BODY,
    HEADERS,
    ClientExchange,
    Observe,
    Undo,
    as_bytes,
    base_of,
    headers_of,
    no_base_url,
    replace_method,
    target_of,
    url_of,
)


def read(response: Any, method: str | None = None, /) -> ClientExchange:
    """The exchange of a response. Headers and body of its request are unknown.

    Raises UsageError where the method is unknown too.
    """
    # Only the underlying response of the standard library has the method, in a private attribute: where it is missing,
    # the caller passes the method or watches the pool.
    sent = method or getattr(getattr(response, "_original_response", None), "_method", None)
    url = response.geturl()
    if not sent or not url:
        raise UsageError("a urllib3 response does not have its request", remedy='write check(response, method="GET")')
    return ClientExchange(
        Request(sent.upper(), target_of(url)),
        Response(response.status, tuple(response.headers.items()), response.data),
        base_of(url),
        HEADERS | BODY,
    )


def watch(client: Any, observe: Observe, /) -> Undo:
    """Observe around `urlopen`, which gets method, headers and body."""
    plain = client.urlopen
    names = list(inspect.signature(plain).parameters)[2:]
    # A redirect or a retry calls `urlopen` again, and both calls return the same response.
    seen: WeakSet[Any] = WeakSet()

    @wraps(plain)
    def opened(method: str, url: str, *arguments: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        response = plain(method, url, *arguments, **options)
        given = {**dict(zip(names, arguments, strict=False)), **options}
        if given.get("preload_content", True) and response not in seen:
            seen.add(response)
            body, unknown = as_bytes(given.get("body"))
            headers = given["headers"] if given.get("headers") is not None else client.headers
            observe(
                ClientExchange(
                    Request(method.upper(), target_of(url), headers_of(headers), body),
                    Response(response.status, tuple(response.headers.items()), response.data),
                    base_of(url),
                    unknown,
                )
            )
        return response

    return replace_method(client, "urlopen", opened)


def send(client: Any, request: Request, base_url: str | None, _base_path: str, /) -> Any:
    """Send with `request`; a pool has no base URL."""
    if base_url is None:
        raise no_base_url("urllib3")
    url = url_of(request, base_url)
    return client.request(request.method, url, body=request.body, headers=dict(request.headers))
