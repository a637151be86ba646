"""What HTTP clients give back, turned into Exchanges: one function a library, found by the response's type.

No client library is imported: a response brings its own. What a library does not tell of the request it made is named
as unknown, so that nothing is concluded from its absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Headers, Request, Response

_NOTHING: frozenset[str] = frozenset()

#: parts of a request as the judge of requests names them
_BODY = frozenset({"body"})
_HEADERS = frozenset({"header", "cookie", "security"})


class Seen(msgspec.Struct, frozen=True):
    """A request and its response, as a client tells them."""

    request: Request
    response: Response
    #: scheme and host; "" where the client names none
    base_url: str = ""
    #: parts of the request that the client does not tell: "body", "header", "cookie", "security"
    unknown: frozenset[str] = _NOTHING


def seen(response: Any, method: str | None = None) -> Seen:
    """The exchange that a client's `response` tells of; `method` is asked for where that does not name its own.

    Raises UsageError for what is no response, and for one whose body was not read yet.
    """
    library = library_of(response, _ADAPTERS)
    if library is None:
        kind = f"{type(response).__module__}.{type(response).__qualname__}"
        raise UsageError(f"a {kind} is no response of a client that is known", remedy=f"known are {KNOWN}")
    return _ADAPTERS[library](response, method)


def library_of(value: Any, known: Iterable[str]) -> str | None:
    """The top-level package, of those `known`, that the type of `value` or one of its bases comes from."""
    for base in type(value).__mro__:
        package = base.__module__.partition(".")[0]
        if package in known:
            return package
    return None


def target_of(url: str) -> str:
    """Path and query of a URL, as they go over the wire."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def base_of(url: str) -> str:
    """Scheme and host of a URL; "" where it has none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def as_bytes(body: Any) -> tuple[bytes | None, bool]:
    """A request's body as bytes, and whether that could be told: of a stream that was sent nobody knows."""
    if body is None:
        return None, True
    if isinstance(body, str):
        return body.encode() or None, True
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body) or None, True
    return None, False


def _requests(response: Any, _method: str | None) -> Seen:
    sent = response.request
    body, known = as_bytes(sent.body)
    return Seen(
        Request(sent.method, sent.path_url, tuple(map(_pair, sent.headers.items())), body),
        Response(
            response.status_code, tuple(response.headers.items()), response.content, response.elapsed.total_seconds()
        ),
        base_of(sent.url),
        _NOTHING if known else _BODY,
    )


def _pair(pair: tuple[Any, Any]) -> tuple[str, str]:
    """A header whose name and value are text: requests takes bytes as well."""
    name, value = pair
    return (
        name.decode("latin-1") if isinstance(name, bytes) else name,
        value.decode("latin-1") if isinstance(value, bytes) else value,
    )


def _httpx(response: Any, _method: str | None) -> Seen:
    sent = response.request
    try:
        body, known = as_bytes(sent.content)
    except Exception:  # RequestNotRead, of httpx or httpx2: the body was a stream
        body, known = None, False
    try:
        content = response.content
    except Exception:
        raise _unread("response.read()") from None
    url = sent.url
    return Seen(
        Request(sent.method, url.raw_path.decode("ascii"), tuple(sent.headers.multi_items()), body),
        Response(response.status_code, tuple(response.headers.multi_items()), content),
        f"{url.scheme}://{url.netloc.decode('ascii')}",
        _NOTHING if known else _BODY,
    )


def _aiohttp(response: Any, _method: str | None) -> Seen:
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
        raise _unread("await response.read()")
    sent = response.request_info
    return Seen(
        Request(sent.method, sent.url.raw_path_qs, headers_of(sent.headers)),
        Response(response.status, headers_of(response.headers), content),
        str(sent.url.origin()),
        _BODY,
    )


def _werkzeug(response: Any, _method: str | None) -> Seen:
    sent = response.request
    environ = sent.environ
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if not target:
        target = quote(sent.root_path + sent.path, safe="/:@!$&'()*+,;=~")
        target += f"?{sent.query_string.decode('latin-1')}" if sent.query_string else ""
    try:
        body, known = as_bytes(environ["wsgi.input"].getvalue())
    except (AttributeError, ValueError):  # a stream of another kind, or one that was closed
        body, known = None, False
    return Seen(
        Request(sent.method, target_of(target), tuple(sent.headers.items()), body),
        Response(response.status_code, tuple(response.headers.items()), response.get_data()),
        sent.host_url.rstrip("/"),
        _NOTHING if known else _BODY,
    )


def _django(response: Any, _method: str | None) -> Seen:
    sent = getattr(response, "wsgi_request", None) or getattr(response, "asgi_request", None)
    if sent is None:
        raise UsageError("the response comes from no test client: it has no request")
    try:
        body, known = as_bytes(sent.body)
    except Exception:  # RawPostDataException, or what the test client's stream raises: somebody has read it already
        body, known = None, False
    content = response.getvalue() if response.streaming else response.content
    headers = tuple(response.headers.items())
    headers += tuple(("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values())
    return Seen(
        Request(sent.method, sent.get_full_path(), tuple(sent.headers.items()), body),
        Response(response.status_code, headers, content),
        f"{sent.scheme}://{sent.get_host()}",
        _NOTHING if known else _BODY,
    )


def _urllib3(response: Any, method: str | None) -> Seen:
    # The method is known to the standard library's response alone, which is nobody's to see: who does without
    # names it, or watches the pool.
    made = method or getattr(getattr(response, "_original_response", None), "_method", None)
    url = response.geturl()
    if not made or not url:
        raise UsageError("a urllib3 response does not name its request", remedy='say check(response, method="GET")')
    return Seen(
        Request(made.upper(), target_of(url)),
        Response(response.status, tuple(response.headers.items()), response.data),
        base_of(url),
        _HEADERS | _BODY,
    )


def _unread(remedy: str) -> UsageError:
    return UsageError("the body of the response was not read yet", remedy=f"say `{remedy}` before")


#: top-level package of the response's type -> its adapter
_ADAPTERS: dict[str, Callable[[Any, str | None], Seen]] = {
    "requests": _requests,
    "httpx": _httpx,
    "httpx2": _httpx,
    "aiohttp": _aiohttp,
    "werkzeug": _werkzeug,
    "django": _django,
    "urllib3": _urllib3,
}

#: the clients, for people
KNOWN = "requests, httpx, aiohttp, urllib3 and the test clients of Starlette, FastAPI, Flask, Werkzeug and Django"


def headers_of(pairs: Any) -> Headers:
    """Headers given as a mapping or as pairs, as plain strings: aiohttp has a kind of its own."""
    items = pairs.items() if hasattr(pairs, "items") else pairs or ()
    return tuple((str(name), str(value)) for name, value in items)
