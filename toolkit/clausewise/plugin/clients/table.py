"""The table of client libraries, and the three things done with a client, whichever library it is of."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Request
from clausewise.plugin.clients import aiohttp, django, httpx, requests, urllib3, werkzeug
from clausewise.plugin.clients.base import ClientExchange, ClientLibrary, Observe, Undo


class _Row(msgspec.Struct, frozen=True):
    """One library."""

    library: ClientLibrary
    #: top-level packages that the types of its clients and responses, or their bases, come from
    packages: tuple[str, ...]
    #: the clients, for people; "" where it is known for test clients only
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

#: the clients, for people
SUPPORTED = (
    f"{', '.join(row.client for row in _ROWS if row.client)} and the test clients of "
    f"{', '.join(_FRAMEWORKS[:-1])} and {_FRAMEWORKS[-1]}"
)


def read(response: Any, method: str | None = None) -> ClientExchange:
    """The exchange that a client's `response` belongs to; `method` is for responses that do not name their own.

    Raises UsageError for what is no response, and for one whose body was not read yet.
    """
    return _library_of(response, "response of a client that is known").read(response, method)


def watch(client: Any, observe: Observe) -> Undo:
    """Have `observe` called with each exchange of `client`, until the function that this returns is called.

    Raises UsageError for a client that is not known.
    """
    return _library_of(client, "client that can be watched").watch(client, observe)


def send(client: Any, request: Request, base_url: str | None, base_path: str) -> Any:
    """The response of `client` to `request`, whose target goes below `base_url`, else below `base_path` of the base URL
    that the client has; of an asynchronous client, to be awaited.

    Raises UsageError for a client that is not known, and where there is no base URL.
    """
    return _library_of(client, "client that is known").send(client, request, base_url, base_path)


def _library_of(value: Any, wanted: str) -> ClientLibrary:
    """The library that the type of `value`, or one of its bases, comes from."""
    for base in type(value).__mro__:
        library = LIBRARIES.get(base.__module__.partition(".")[0])
        if library is not None:
            return library
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise UsageError(f"a {kind} is no {wanted}", remedy=f"known are {SUPPORTED}")
