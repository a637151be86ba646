"""Files as bytes: opened from a path, a URL or the standard input, and decompressed (gzip, zstd)."""

from __future__ import annotations

import re
import select
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from clausewise.errors import UsageError
from clausewise.recordings.remote import open_url

#: the name of the standard input
STDIN = "-"

_PACKED = (".gz", ".gzip", ".zst", ".zstd")

#: bytes by which the format of a file is recognised
HEAD = 64 * 1024
#: bytes read at once
_PIECE = 1024 * 1024

#: seconds for which nothing comes from a pipe that makes a pause
_PAUSE = 0.2

_OPENAPI = re.compile(rb"""(?:^|[{,])\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?\d""", re.MULTILINE)


def plain_name(name: str) -> str:
    """A file's name in lower case, without the suffix of its compression."""
    lower = name.lower()
    return next((lower.removesuffix(suffix) for suffix in _PACKED if lower.endswith(suffix)), lower)


def is_openapi(head: bytes) -> bool:
    """Whether a file that begins with these bytes is an OpenAPI document."""
    return _OPENAPI.search(head) is not None


class BrokenStreamError(Exception):
    """Compressed data is damaged or cut off; `args[0]` says which, as a predicate."""


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file's bytes as they are stored. Raises UsageError when it cannot be opened."""
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream: Any = open_url(name) if "://" in name else Path(name).open("rb")  # noqa: SIM115
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror or error}") from None
    with stream:
        yield stream


def pauses(stream: BinaryIO) -> bool:
    """Whether nothing comes from a stream at the moment; it waits a little to see. False where that cannot be seen."""
    try:
        return not select.select([stream], (), (), _PAUSE)[0]
    except (OSError, ValueError, TypeError):
        # A stream without a file descriptor; on Windows, anything but a socket.
        return False


def unpacked(stream: BinaryIO) -> tuple[Iterator[bytes], bool]:
    """A stream's bytes in pieces, decompressed where it is gzip or zstd; and whether it was.

    The pieces raise BrokenStreamError after the last good one where the compressed data is damaged or cut off.
    """
    read = getattr(stream, "read1", stream.read)
    first = read(_PIECE)
    while first and len(first) < 4 and (more := read(_PIECE)):
        first += more
    if first[:2] == b"\x1f\x8b" or first[:4] == b"\x28\xb5\x2f\xfd":
        return _unpacked(first, read), True
    return _pieces(first, read), False


def _pieces(piece: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece:
        yield piece
        piece = read(_PIECE)


def _unpacked(piece: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    new, errors = _unpacker(piece)
    unpacker = new()
    while True:
        try:
            yield from _content(unpacker, piece)
        except errors as error:
            why = str(error).rpartition("while decompressing data: ")[2]
            raise BrokenStreamError(f"is damaged: {why}") from None
        if unpacker.eof:
            # Files of several members, one behind the other, are allowed (RFC 1952 section 2.2, RFC 8878 section 3.1).
            piece = unpacker.unused_data or read(_PIECE)
            if not piece.strip(b"\0"):
                return
            unpacker = new()
            continue
        piece = read(_PIECE)
        if not piece:
            raise BrokenStreamError("is cut off: the compressed data ends too early")


def _content(unpacker: Any, piece: bytes, most: int = _PIECE) -> Iterator[bytes]:
    """What a compressed piece holds, `most` bytes at once: a small piece can hold very much. Of what stands before a
    damage only the very last byte is missing."""
    if not hasattr(unpacker, "copy"):
        yield unpacker.decompress(piece)
        return
    while True:
        before = unpacker.copy()
        try:
            content = unpacker.decompress(piece, most)
        except zlib.error:
            if most > 1:
                yield from _content(before, piece, max(most // 1024, 1))
            raise
        yield content
        piece = unpacker.unconsumed_tail
        if not piece:
            return


def _unpacker(head: bytes) -> tuple[Callable[[], Any], tuple[type[Exception], ...]]:
    if head[:2] == b"\x1f\x8b":
        return lambda: zlib.decompressobj(wbits=31), (zlib.error,)
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj, (zstandard.ZstdError,)
