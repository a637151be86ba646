"""What every client library here provides, and what their files share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Headers, Request, Response

#: the parts of a request that a client may not expose, as the judge of requests names them
NO_PART: frozenset[str] = frozenset()
BODY = frozenset({"body"})
HEADERS = frozenset({"header", "cookie", "security"})

#: media type of responses that may never end
ENDLESS = "text/event-stream"


class ClientExchange(msgspec.Struct, frozen=True):
    """A request and its response, as a client exposes them."""

    request: Request
    response: Response
    #: scheme and host; "" where the client names none
    base_url: str = ""
    #: parts of the request that the client does not expose: "body", "header", "cookie", "security". Nothing is
    #: concluded from their absence.
    unknown: frozenset[str] = NO_PART


#: takes each exchange
Observe = Callable[[ClientExchange], None]

#: ends an observation
Undo = Callable[[], None]


class ClientLibrary(Protocol):
    """One library of HTTP clients: a module with these functions."""

    def read(self, response: Any, method: str | None = None, /) -> ClientExchange:
        """The exchange that `response` belongs to; `method` is for responses that do not name their own.

        Raises UsageError for a response whose body was not read yet.
        """

    def watch(self, client: Any, observe: Observe, /) -> Undo:
        """Have `observe` called with each exchange of `client`, until the function that this returns is called.

        Responses that are read as a stream are left alone.
        """

    def send(self, client: Any, request: Request, base_url: str | None, base_path: str, /) -> Any:
        """The response of `client` to `request`, whose target goes below `base_url`, else below `base_path` of the base
        URL that the client has; of an asynchronous client, to be awaited.

        Raises UsageError where there is no base URL.
        """


def target_of(url: str) -> str:
    """Path and query of a URL, as they go over the wire."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def base_of(url: str) -> str:
    """Scheme and host of a URL; "" where it has none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def url_of(request: Request, base: str | None, library: str) -> str:
    """The URL of `request` below `base`. Raises UsageError, which names the `library`, where that is None."""
    if base is None:
        raise UsageError(f"a {library} client has no base URL", remedy='say case.send(client, base_url="http://...")')
    return base.rstrip("/") + request.target


def headers_of(pairs: Any) -> Headers:
    """Headers given as a mapping or as pairs, as plain strings: aiohttp has a kind of its own."""
    items = pairs.items() if hasattr(pairs, "items") else pairs or ()
    return tuple((str(name), str(value)) for name, value in items)


def as_bytes(body: Any) -> tuple[bytes | None, frozenset[str]]:
    """A request's body as bytes, and `BODY` where it is unknown, as that of a stream that was sent is."""
    if body is None:
        return None, NO_PART
    if isinstance(body, str):
        return body.encode() or None, NO_PART
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body) or None, NO_PART
    return None, BODY


def not_read(remedy: str) -> UsageError:
    """The error for a response whose body was not read yet; `remedy` is the code that reads it."""
    return UsageError("the body of the response was not read yet", remedy=f"say `{remedy}` before")


def replace_method(client: Any, name: str, method: Callable[..., Any]) -> Undo:
    """Put `method` in the place of the one that this very client has by that name."""
    before = vars(client).get(name)
    setattr(client, name, method)

    def undo() -> None:
        if before is None:
            delattr(client, name)
        else:
            setattr(client, name, before)

    return undo
