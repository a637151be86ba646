"""Messages of HTTP/1.1 on the wire: their heads, and where their bodies end (RFC 9112).

The bytes are kept as they came. aiohttp and h11 give headers in another case or order, write targets and chunks anew
and undo content codings, and httptools does not say where in the bytes a message ends; so the few rules of section 6
are written out here, on asyncio's streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Literal

import msgspec

from clausewise.exchange import Headers

#: bytes of a head, and of a piece of a body that is read at once
MAX_HEAD = 64 * 1024
_PIECE = 64 * 1024

#: digits of the size of a chunk
_SIZE = 16

#: fields that are about one connection alone (RFC 9110 section 7.6.1). `Transfer-Encoding` stays: chunks are forwarded
#: as they came
_OF_THE_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"})

#: where a body ends: after so many bytes, by its chunks, or with the connection
Framing = int | Literal["chunked", "close"]


class FramingError(Exception):
    """What came is no message of HTTP/1.1; the message says why, as a predicate."""


class Head(msgspec.Struct, frozen=True):
    """The first line of a message and its fields."""

    #: without the line break
    first: bytes
    #: each line as it came, without the line break
    lines: tuple[bytes, ...]

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """Names in lower case, and values without the space around them."""
        pairs = (line.partition(b":") for line in self.lines)
        return [(name.lower(), value.strip(b" \t")) for name, _, value in pairs]

    @property
    def headers(self) -> Headers:
        """Names and values as texts, the case of the names kept."""
        pairs = (line.decode("latin-1").partition(":") for line in self.lines)
        return tuple((name, value.strip(" \t")) for name, _, value in pairs)

    def values(self, name: bytes) -> list[bytes]:
        """The values of a field, those of a list one by one, in lower case."""
        return [part.strip().lower() for key, value in self.fields if key == name for part in value.split(b",")]

    def forwarded(self, further: Iterable[bytes] = (), *, upgrades: bool = False) -> bytes:
        """The head for the next connection: without the fields that are about the last one alone, unless both agree to
        `upgrade`; with `further` lines."""
        gone = set() if upgrades else {*_OF_THE_CONNECTION, *self.values(b"connection")}
        kept = [line for line in self.lines if line.partition(b":")[0].lower() not in gone]
        return b"\r\n".join([self.first, *kept, *further, b"", b""])


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The head of the next message; None where the connection ends before it begins. Raises FramingError."""
    try:
        written = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise FramingError("ends in the middle of its headers") from None
        return None
    except asyncio.LimitOverrunError:
        raise FramingError(f"has more than {MAX_HEAD // 1024} KiB of headers") from None
    # An empty line before a message is no part of it (RFC 9112 section 2.2).
    first, *lines = written.lstrip(b"\r\n").removesuffix(b"\r\n\r\n").split(b"\r\n")
    for line in lines:
        name = line.partition(b":")[0]
        if line[:1] in (b" ", b"\t") or b":" not in line or not name or name != name.strip():
            raise FramingError(f"has a line that is no header: {line[:80]!r}")
    return Head(first, tuple(lines))


def framing_of_request(head: Head) -> Framing:
    """Where the body of a request ends. Raises FramingError where that is ambiguous (RFC 9112 section 6.3)."""
    coded, lengths = head.values(b"transfer-encoding"), set(head.values(b"content-length"))
    if coded:
        if coded[-1] != b"chunked" or lengths:
            raise FramingError("does not say where its body ends: it has both `Transfer-Encoding` and `Content-Length`")
        return "chunked"
    return _length(lengths) if lengths else 0


def framing_of_response(head: Head, status: int, method: str) -> Framing:
    """Where the body of the response to a request with `method` ends. Raises FramingError."""
    if method == "HEAD" or status < 200 or status in (204, 304):
        return 0
    coded, lengths = head.values(b"transfer-encoding"), set(head.values(b"content-length"))
    if coded:
        return "chunked" if coded[-1] == b"chunked" else "close"
    return _length(lengths) if lengths else "close"


def _length(values: set[bytes]) -> int:
    value = next(iter(values))
    if len(values) > 1 or not value.isdigit():
        raise FramingError("has a `Content-Length` that is no number")
    return int(value)


async def pieces(reader: asyncio.StreamReader, framing: Framing) -> AsyncIterator[tuple[bytes, bytes]]:
    """The body, piece by piece as it comes: its bytes on the wire, and what they hold. Raises FramingError where it
    ends too soon."""
    if framing == "close":
        while piece := await reader.read(_PIECE):
            yield piece, piece
    elif framing == "chunked":
        async for wire, content in _chunks(reader):
            yield wire, content
    else:
        left = framing
        while left:
            piece = await reader.read(min(left, _PIECE))
            if not piece:
                raise FramingError(f"ends {left} bytes before the end of its body")
            left -= len(piece)
            yield piece, piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, bytes]]:
    while True:
        line = await _line(reader)
        digits = line.partition(b";")[0].strip()
        if not digits or len(digits) > _SIZE or digits.strip(b"0123456789abcdefABCDEF"):
            raise FramingError(f"has a chunk whose size is no number: {line[:40]!r}")
        left = int(digits, 16)
        if left == 0:
            break
        yield line, b""
        while left:
            piece = await reader.read(min(left, _PIECE))
            if not piece:
                raise FramingError("ends in the middle of a chunk")
            left -= len(piece)
            yield piece, piece
        end = await _line(reader)
        if end.strip(b"\r\n"):
            raise FramingError("has a chunk that is longer than it says")
        yield end, b""
    # The trailers, and the empty line at the end.
    last = line
    while True:
        line = await _line(reader)
        last += line
        if not line.strip(b"\r\n"):
            yield last, b""
            return
        if len(last) > MAX_HEAD:
            raise FramingError("has too many trailers")


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        raise FramingError("ends in the middle of its chunks") from None
    except asyncio.LimitOverrunError:
        raise FramingError("has a line of a chunk that does not end") from None
