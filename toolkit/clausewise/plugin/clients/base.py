"""The protocol of client libraries, and functions that their modules share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Headers, Request, Response

#: the parts of a request that a client may not expose, with the names that `judge_request` uses
NO_PART: frozenset[str] = frozenset()
BODY = frozenset({"body"})
HEADERS = frozenset({"header", "cookie", "security"})

#: media type of responses that may not end
ENDLESS = "text/event-stream"


class ClientExchange(msgspec.Struct, frozen=True):
    """A request and its response, as a client exposes them."""

    request: Request
    response: Response
    #: scheme and host; "" where the client has none
    base_url: str = ""
    #: parts of the request that the client does not expose: "body", "header", "cookie", "security"; clauses about
    #: them are not judged
    unknown: frozenset[str] = NO_PART


#: takes each exchange
Observe = Callable[[ClientExchange], None]

#: ends an observation
Undo = Callable[[], None]


class ClientLibrary(Protocol):
    """A library of HTTP clients: a module with these functions."""

    def read(self, response: Any, method: str | None = None, /) -> ClientExchange:
        """The exchange of `response`; `method` is for responses that do not have their own.

        Raises UsageError for a response whose body has not been read.
        """

    def watch(self, client: Any, observe: Observe, /) -> Undo:
        """Call `observe` with each exchange of `client`, until the returned function is called.

        Streamed responses are not observed.
        """

    def send(self, client: Any, request: Request, base_url: str | None, base_path: str, /) -> Any:
        """The response of `client` to `request`; await it if `client` is async.

        The target of `request` goes after `base_url`, else after `base_path` at the base URL of the client. Raises
        UsageError where there is no base URL.
        """


def target_of(url: str) -> str:
    """Path and query of a URL, as they are sent."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def base_of(url: str) -> str:
    """Scheme and host of a URL; "" where it has none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def url_of(request: Request, base: str) -> str:
    """The URL of `request` after `base`."""
    return base.rstrip("/") + request.target


def headers_of(pairs: Any) -> Headers:
    """Headers, given as a mapping or as pairs, as plain strings."""
    items = pairs.items() if hasattr(pairs, "items") else pairs or ()
    return tuple((str(name), str(value)) for name, value in items)


def as_bytes(body: Any) -> tuple[bytes | None, frozenset[str]]:
    """The body of a request as bytes, and `BODY` where it is unknown, such as a stream."""
    if body is None:
        return None, NO_PART
    if isinstance(body, str):
        return body.encode() or None, NO_PART
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body) or None, NO_PART
    return None, BODY


def not_read(remedy: str) -> UsageError:
    """The error for a response whose body has not been read; `remedy` is the code that reads it."""
    return UsageError("the body of the response has not been read", remedy=f"call `{remedy}` before")


def no_base_url(library: str) -> UsageError:
    """The error for a client of `library` that needs a base URL to send a case."""
    return UsageError(f"the {library} client has no base URL", remedy='write case.send(client, base_url="http://...")')


def replace_method(client: Any, name: str, method: Callable[..., Any]) -> Undo:
    """Replace the method `name` of this client, and not of its class, until the returned function is called."""
    before = vars(client).get(name)
    setattr(client, name, method)

    def undo() -> None:
        if before is None:
            delattr(client, name)
        else:
            setattr(client, name, before)

    return undo
