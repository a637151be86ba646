"""requests: sessions and their responses."""

from __future__ import annotations

from typing import Any

from clausewise.exchange import Request, Response
from clausewise.plugin.clients.base import ClientExchange, Observe, Undo, as_bytes, base_of, no_base_url, url_of


def read(response: Any, _method: str | None = None, /) -> ClientExchange:
    """The exchange of a response, with its time."""
    sent = response.request
    body, unknown = as_bytes(sent.body)
    return ClientExchange(
        Request(sent.method, sent.path_url, tuple(map(_pair, sent.headers.items())), body),
        Response(
            response.status_code, tuple(response.headers.items()), response.content, response.elapsed.total_seconds()
        ),
        base_of(sent.url),
        unknown,
    )


def watch(client: Any, observe: Observe, /) -> Undo:
    """Observe by a response hook, each step of a redirect."""

    def hook(response: Any, *_: Any, stream: bool = False, **__: Any) -> None:
        __tracebackhide__ = True
        if not stream:
            observe(read(response))

    client.hooks["response"].append(hook)
    return lambda: client.hooks["response"].remove(hook)


def send(client: Any, request: Request, base_url: str | None, _base_path: str, /) -> Any:
    """Send with `request`; a session has no base URL."""
    if base_url is None:
        raise no_base_url("requests")
    url = url_of(request, base_url)
    return client.request(request.method, url, data=request.body, headers=dict(request.headers))


def _pair(pair: tuple[Any, Any]) -> tuple[str, str]:
    """A header with name and value as text: requests accepts bytes too."""
    name, value = pair
    return (
        name.decode("latin-1") if isinstance(name, bytes) else name,
        value.decode("latin-1") if isinstance(value, bytes) else value,
    )
