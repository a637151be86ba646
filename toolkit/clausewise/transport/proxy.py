"""The proxy that the environment names for a server: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import msgspec

from clausewise.errors import TargetError


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy."""

    #: with the credentials that it may have
    url: str
    #: scheme, host and port, for people
    name: str
    #: the environment variable that names it
    variable: str


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for requests to the server at `url`; None where they go there directly.

    This machine itself is never asked through a proxy. Raises TargetError for a proxy that does not speak HTTP.
    """
    server = urlsplit(url)
    host = server.hostname or ""
    if is_loopback(host):
        return None
    # Lower case goes first, as in curl.
    tried = [name for each in (f"{server.scheme}_proxy", "all_proxy") for name in (each, each.upper())]
    variable = next((name for name in tried if environ.get(name, "").strip()), None)
    excluded = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if variable is None or _is_excepted(host, server.port, excluded):
        return None
    written = environ[variable].strip()
    written = written if "://" in written else f"http://{written}"
    try:
        parts = urlsplit(written)
        place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    except ValueError:
        parts, place = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        # It may hold a password, and is not shown.
        raise TargetError(
            f"the proxy that {variable} names is none that speaks HTTP",
            remedy=f"unset {variable}, or except {host} with NO_PROXY",
        )
    return Proxy(written, f"{parts.scheme}://{place}", variable)


def _is_excepted(host: str, port: int | None, written: str) -> bool:
    """Whether NO_PROXY names a host: by its name, that of a domain around it, a range of addresses, or as `*`."""
    for entry in filter(None, (part.strip().lower() for part in written.replace(" ", ",").split(","))):
        name, colon, number = entry.rpartition(":")
        if colon and number.isdigit() and "]" not in number and name.count(":") == 0:
            if int(number) != port:
                continue
            entry = name
        if entry == "*" or host == entry.lstrip(".") or host.endswith(f".{entry.lstrip('.')}"):
            return True
        with suppress(ValueError):
            if ip_address(host) in ip_network(entry, strict=False):
                return True
    return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
