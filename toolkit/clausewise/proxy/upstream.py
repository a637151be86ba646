"""The server behind a proxy: where it is, and connections to it."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

import msgspec

from clausewise.errors import UsageError
from clausewise.proxy.framing import MAX_HEAD
from clausewise.transport.tls import tls_problem


class Upstream(msgspec.Struct, frozen=True):
    """A server behind a URL."""

    url: str
    host: str
    port: int
    #: what the `Host` header calls it
    authority: str
    #: path before each target, without a slash at its end
    path: str
    #: None for plain HTTP
    tls: ssl.SSLContext | None
    #: seconds to wait for a connection
    connect: float

    @classmethod
    def at(cls, url: str, tls: ssl.SSLContext, connect: float) -> Upstream:
        """The server at a base URL. Raises UsageError where that is no HTTP URL."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageError(f'"{url}" is not an HTTP URL', remedy="write it as http://host:port/path")
        authority = parts.netloc.rpartition("@")[2]
        context = tls if parts.scheme == "https" else None
        shown = f"{parts.scheme}://{authority}{parts.path}".rstrip("/")
        return cls(shown, parts.hostname, port, authority, parts.path.rstrip("/"), context, connect)

    async def open(self) -> Pipe:
        """A new connection. Raises UnreachableError."""
        try:
            async with asyncio.timeout(self.connect):
                reader, writer = await asyncio.open_connection(self.host, self.port, ssl=self.tls, limit=MAX_HEAD)
        except TimeoutError:
            raise UnreachableError(f"{self.url} does not answer within {self.connect:g} s") from None
        except ssl.SSLError as error:
            raise UnreachableError(tls_problem(error, self.url)) from None
        except OSError as error:
            raise UnreachableError(f"{self.url} cannot be reached: {error.strerror or error}") from None
        return Pipe(reader, writer)


class UnreachableError(Exception):
    """There is no connection to the server; the message says why."""


class Pipe:
    """A connection, to a client or to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        #: whether a message went over it before
        self.used = False

    async def send(self, written: bytes) -> None:
        """Send bytes, no faster than the other side takes them. Raises OSError where that is gone."""
        self.writer.write(written)
        await self.writer.drain()

    @property
    def is_over(self) -> bool:
        """Whether the other side has closed it."""
        return self.reader.at_eof() or self.writer.is_closing()

    def close(self) -> None:
        """Close it at once."""
        self.writer.close()


async def join(one: Pipe, other: Pipe) -> None:
    """Carry bytes both ways until a side ends, as after an upgrade to another protocol."""

    async def carry(source: Pipe, sink: Pipe) -> None:
        while piece := await source.reader.read(MAX_HEAD):
            await sink.send(piece)

    ways = {asyncio.create_task(carry(one, other)), asyncio.create_task(carry(other, one))}
    _, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in pending:
        way.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
