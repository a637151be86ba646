"""Werkzeug's test client, which is Flask's too."""

from __future__ import annotations

from functools import wraps
from typing import Any
from urllib.parse import quote
from weakref import WeakSet

from clausewise.exchange import Request, Response
from clausewise.plugin.clients.base import (
    BODY,
    ENDLESS,
    ClientExchange,
    Observe,
    Undo,
    as_bytes,
    replace_method,
    target_of,
    url_of,
)


def read(response: Any, _method: str | None = None, /) -> ClientExchange:
    """The exchange of a response, with the request of its test client."""
    sent = response.request
    environ = sent.environ
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if not target:
        target = quote(sent.root_path + sent.path, safe="/:@!$&'()*+,;=~")
    if "?" not in target and sent.query_string:
        # The test client's own environment names the path alone.
        target += f"?{sent.query_string.decode('latin-1')}"
    try:
        body, unknown = as_bytes(environ["wsgi.input"].getvalue())
    except (AttributeError, ValueError):  # a stream of another kind, or one that was closed
        body, unknown = None, BODY
    return ClientExchange(
        Request(sent.method, target_of(target), tuple(sent.headers.items()), body),
        Response(response.status_code, tuple(response.headers.items()), response.get_data()),
        sent.host_url.rstrip("/"),
        unknown,
    )


def watch(client: Any, observe: Observe, /) -> Undo:
    """Observe around `open`, each step of a redirect."""
    plain = client.open
    # A redirect calls `open` again, and both calls return the same response.
    seen: WeakSet[Any] = WeakSet()

    @wraps(plain)
    def opened(*arguments: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        response = plain(*arguments, **options)
        for one in (*response.history, response):
            # Its `is_streamed` does not help: it is True for every response of an app that is not buffered.
            if one.mimetype != ENDLESS and one not in seen:
                seen.add(one)
                observe(read(one))
        return response

    return replace_method(client, "open", opened)


def send(client: Any, request: Request, base_url: str | None, base_path: str, /) -> Any:
    """Send with `open` to the app of the client."""
    url = url_of(request, base_path if base_url is None else base_url)
    return client.open(url, method=request.method, data=request.body, headers=list(request.headers))
