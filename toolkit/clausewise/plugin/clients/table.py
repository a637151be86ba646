"""The table of client libraries, and `read`, `watch` and `send` for any of them."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Request
from clausewise.plugin.clients import aiohttp, django, httpx, requests, urllib3, werkzeug
from clausewise.plugin.clients.base import ClientExchange, ClientLibrary, Observe, Undo


class _Row(msgspec.Struct, frozen=True):
    """A library."""

    library: ClientLibrary
    #: top-level packages of the types (or base types) of its clients and responses
    packages: tuple[str, ...]
    #: its name in messages; "" where only its test clients are named
    client: str = ""
    #: frameworks whose test clients are of this library
    frameworks: tuple[str, ...] = ()


_ROWS = (
    _Row(requests, ("requests",), "requests"),
    _Row(httpx, ("httpx", "httpx2"), "httpx", ("Starlette", "FastAPI")),
    _Row(aiohttp, ("aiohttp",), "aiohttp"),
    _Row(urllib3, ("urllib3",), "urllib3"),
    _Row(werkzeug, ("werkzeug",), frameworks=("Flask", "Werkzeug")),
    _Row(django, ("django",), frameworks=("Django",)),
)

#: top-level package -> its library
LIBRARIES: dict[str, ClientLibrary] = {package: row.library for row in _ROWS for package in row.packages}

_FRAMEWORKS = [name for row in _ROWS for name in row.frameworks]

#: the supported clients, for messages
SUPPORTED = (
    f"{', '.join(row.client for row in _ROWS if row.client)} and the test clients of "
    f"{', '.join(_FRAMEWORKS[:-1])} and {_FRAMEWORKS[-1]}"
)


def read(response: Any, method: str | None = None) -> ClientExchange:
    """The exchange of `response`; `method` is for responses that do not have their own.

    Raises UsageError for an unsupported response, and for one whose body has not been read.
    """
    return _library_of(response, "response of a supported client").read(response, method)


def watch(client: Any, observe: Observe) -> Undo:
    """Call `observe` with each exchange of `client`, until the returned function is called.

    Raises UsageError for an unsupported client.
    """
    return _library_of(client, "supported client").watch(client, observe)


def send(client: Any, request: Request, base_url: str | None, base_path: str) -> Any:
    """The response of `client` to `request`; await it if `client` is async.

    The target of `request` goes after `base_url`, else after `base_path` at the base URL of the client. Raises
    UsageError for an unsupported client, and where there is no base URL.
    """
    return _library_of(client, "supported client").send(client, request, base_url, base_path)


def _library_of(value: Any, wanted: str) -> ClientLibrary:
    """The library that the type of `value`, or one of its bases, comes from."""
    for base in type(value).__mro__:
        library = LIBRARIES.get(base.__module__.partition(".")[0])
        if library is not None:
            return library
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise UsageError(f"a {kind} is not a {wanted}", remedy=f"supported are {SUPPORTED}")
