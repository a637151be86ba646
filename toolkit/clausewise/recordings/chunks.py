"""A file of lines in parts: each can be read by itself, by any process, and all lines together are read once."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from clausewise.errors import ClausewiseError
from clausewise.recordings.files import BrokenStreamError, opened

#: bytes that are read at once to find the end of a line
_AHEAD = 256 * 1024


class ChunkLimits(msgspec.Struct, frozen=True):
    """The sizes of chunks and of the lines in them, in bytes."""

    #: of a chunk; the memory that a process needs follows from it
    size: int = 4 * 1024 * 1024
    #: of the first chunk; each one after it is twice as large, up to `size`, so that the first findings come soon
    first: int = 64 * 1024
    #: of a line; a longer one is not read, because no exchange is that long
    longest_line: int = 32 * 1024 * 1024

    def size_of(self, index: int) -> int:
        """Bytes of the chunk with this index."""
        return min(self.size, self.first << min(index, 32))


#: the limits where no others are given
LIMITS = ChunkLimits()


class Chunk(msgspec.Struct, frozen=True):
    """The lines of a file that begin in a range of its bytes, or that stand in `content`."""

    file: str
    #: place among the chunks of the file, from 0
    index: int
    start: int
    stop: int
    #: the bytes themselves, where the file cannot be read in ranges (a pipe, a packed file)
    content: bytes | None = None
    #: what is wrong with the file behind these lines
    trouble: str | None = None
    #: whether nothing more has come yet: its result must not wait for that
    is_latest: bool = False
    limits: ChunkLimits = LIMITS

    @property
    def name(self) -> str:
        """The chunk, for people."""
        return f"{self.file}, bytes {self.start} to {self.stop}"


class Lines(msgspec.Struct, frozen=True):
    """The lines of a chunk."""

    lines: list[bytes]
    #: line breaks in them: the line numbers of later chunks go on from there
    breaks: int
    #: numbers, from 1, of lines that are too long to be read; they are empty in `lines`
    too_long: tuple[int, ...] = ()


def ranges(file: str, size: int, limits: ChunkLimits = LIMITS) -> Iterator[Chunk]:
    """A file of `size` bytes in chunks."""
    index = start = 0
    while start < size:
        stop = min(start + limits.size_of(index), size)
        yield Chunk(file, index, start, stop, limits=limits)
        index, start = index + 1, stop


def blocks(
    file: str, source: Iterator[bytes], limits: ChunkLimits = LIMITS, pauses: Callable[[], bool] = lambda: False
) -> Iterator[Chunk]:
    """The pieces of a stream (see `files.unpacked`) in chunks that end with a line; the last one says where the stream
    is broken. What has come is a chunk too where the stream `pauses`."""
    index = start = 0
    kept: list[bytes] = []
    length = 0
    trouble = None
    while True:
        try:
            piece = next(source, None)
        except BrokenStreamError as error:
            piece, trouble = None, str(error)
        if piece is None:
            content = b"".join(kept)
            if content or trouble:
                yield Chunk(file, index, start, start + length, content, trouble, limits=limits)
            return
        end = piece.rfind(b"\n") + 1
        is_latest = bool(end) and pauses()
        if end and (is_latest or length + end >= limits.size_of(index)):
            stop = start + length + end
            content = b"".join((*kept, piece[:end]))
            yield Chunk(file, index, start, stop, content, is_latest=is_latest, limits=limits)
            index, start = index + 1, stop
            kept, length = [piece[end:]], len(piece) - end
        else:
            if length <= limits.longest_line + limits.size:
                # Of a line that is too long the beginning is enough: it is not read, only reported.
                kept.append(piece)
            length += len(piece)


def read_lines(chunk: Chunk) -> Lines:
    """The lines of a chunk. Raises OSError, or UsageError, where its file cannot be read."""
    if chunk.content is not None:
        content = chunk.content
    else:
        with opened(chunk.file) as stream:
            content = _range(stream, chunk)
    if chunk.start == 0:
        # Some programs begin a file of UTF-8 with one; a parser may ignore it (RFC 8259 section 8.1).
        content = content.removeprefix(codecs.BOM_UTF8)
    return _lines(content, chunk.limits.longest_line)


def count_breaks(chunk: Chunk) -> int | None:
    """The number of line breaks in a chunk that could not be checked; None where they cannot be read either."""
    try:
        return read_lines(chunk).breaks
    except (OSError, ClausewiseError):
        return None


def _range(stream: Any, chunk: Chunk) -> bytes:
    """The bytes of all lines that begin in the chunk's range."""
    before = min(chunk.start, 1)
    stream.seek(chunk.start - before)
    content: bytes = stream.read(chunk.stop - chunk.start + before)
    if before:
        # The line that goes on here belongs to the chunk before.
        first = content.find(b"\n") + 1
        if not first:
            return b""
        content = content[first:]
    if not content or content.endswith(b"\n"):
        return content
    parts = [content]
    length = len(content) - (content.rfind(b"\n") + 1)
    while more := stream.read(_AHEAD):
        end = more.find(b"\n") + 1
        parts.append(more[:end] if end else more)
        length += len(parts[-1])
        if end:
            break
        if length > chunk.limits.longest_line:
            parts.append(b"\n")
            break
    return b"".join(parts)


def _lines(content: bytes, longest: int) -> Lines:
    lines = content.split(b"\n")
    breaks = len(lines) - 1
    if len(content) <= longest:
        return Lines(lines, breaks)
    too_long = tuple(number for number, line in enumerate(lines, 1) if len(line) > longest)
    return Lines([b"" if len(line) > longest else line for line in lines], breaks, too_long)
