"""The base URL of a server, taken apart."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from yarl import URL

from clausewise.errors import TargetError


class Address(msgspec.Struct, frozen=True):
    """The parts of a base URL, split once for all requests."""

    scheme: str
    #: host and port as a URL writes them
    authority: str
    #: without a closing "/"
    path: str
    host: str
    port: int

    @classmethod
    def of(cls, base_url: str) -> Address:
        """The parts of `base_url`. Raises TargetError for what cannot be one."""
        try:
            url = URL(base_url, encoded=True)
            host, port = url.raw_host, url.port
            query = urlsplit(base_url).query
        except ValueError as error:
            raise TargetError(f"{base_url!r} is not a URL: {error}") from None
        if url.scheme not in ("http", "https") or not host or port is None:
            raise TargetError(
                f"{base_url!r} is not an http or https URL with a host", remedy="as in http://localhost:8080"
            )
        if url.raw_user is not None or url.raw_password is not None:
            raise TargetError("the target's URL holds credentials", remedy="give them as an Authorization header")
        if query or url.raw_fragment:
            raise TargetError(f"{base_url!r} has a query or a fragment", remedy="give scheme, host, port and path")
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return cls(url.scheme, authority, url.raw_path.rstrip("/"), host, port)
