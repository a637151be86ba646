"""Names of sources become files, files become bytes, and their first bytes show what they hold."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

from clausewise.errors import UsageError
from clausewise.recordings.remote import expand_url, open_url

Kind = Literal["payload", "document", "har", "ndjson", "vcr"]

#: what stands for the standard input
STDIN = "-"

_PACKED = (".gz", ".gzip", ".zst", ".zstd")
_DOCUMENTS = (".md", ".markdown", ".mdx", ".txt", ".text", ".html", ".htm", ".rst", ".adoc")
_LINES = (".ndjson", ".jsonl")
#: the names of what is read in a folder end so
_SOURCES = (*_DOCUMENTS, *_LINES, ".har", ".json", ".yaml", ".yml")

#: bytes by which the format of a file is recognised
HEAD = 64 * 1024
#: bytes read at once
_PIECE = 1024 * 1024

_HAR = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_VCR_JSON = re.compile(
    rb'\s*\{\s*(?:"[\w-]+"\s*:\s*(?:"[^"]*"|[\d.]+|null|true|false)\s*,\s*)*"(?:http_)?interactions"\s*:\s*\['
)
_VCR_YAML = re.compile(rb"^(?:http_)?interactions:", re.MULTILINE)
_LINE = re.compile(rb'\s*\{[^\n]*"version"\s*:\s*1[^\n]*"request"\s*:')
_OPENAPI = re.compile(rb"""(?:^|[{,])\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?\d""", re.MULTILINE)


def expand(names: Iterable[str]) -> list[str]:
    """The files that are meant: folders become what is in them at any depth, globs what they match, sorted.

    Raises UsageError for what does not exist, and for folders and globs in which there is nothing to read.
    """
    return list(dict.fromkeys(file for name in names for file in _expanded(name)))


def _expanded(name: str) -> list[str]:
    path = Path(name)
    if "://" in name:
        return expand_url(name, _is_source)
    if name == STDIN or path.is_file():
        return [name]
    if path.is_dir():
        found = sorted(str(each) for each in path.rglob("*") if each.is_file() and _is_source(each.name))
        if not found:
            raise UsageError(
                f"the folder {name} holds nothing to check", remedy=f"it would end in {', '.join(_SOURCES)}"
            )
        return found
    if path.exists():  # a pipe, a device
        return [name]
    if any(character in name for character in "*?["):
        import glob

        # pathlib's own takes no absolute patterns
        found = sorted(each for each in glob.glob(name, recursive=True) if Path(each).is_file())  # noqa: PTH207
        if found:
            return found
        raise UsageError(f"nothing matches {name}")
    raise UsageError(f"{name}: no such file")


def _is_source(name: str) -> bool:
    return _plain(name).endswith(_SOURCES)


def _plain(name: str) -> str:
    """A file's name in lower case, without the suffix of its packing."""
    lower = name.lower()
    return next((lower.removesuffix(suffix) for suffix in _PACKED if lower.endswith(suffix)), lower)


def is_openapi(head: bytes) -> bool:
    """Whether a file that begins so is an OpenAPI document."""
    return _OPENAPI.search(head) is not None


def kind_of(name: str, head: bytes, *, among_payloads: bool) -> Kind:
    """What a file with that name and beginning holds; `among_payloads` says that nothing else is expected."""
    if among_payloads:
        return "payload"
    plain = _plain(name)
    if plain.endswith(_DOCUMENTS):
        return "document"
    if plain.endswith(_LINES):
        return "ndjson"
    if plain.endswith(".har") or _HAR.match(head):
        return "har"
    is_yaml = plain.endswith((".yaml", ".yml"))
    if _VCR_JSON.match(head) or (_VCR_YAML.search(head) and (is_yaml or name == STDIN)):
        return "vcr"
    if _LINE.match(head):
        return "ndjson"
    return "payload" if is_yaml or plain.endswith(".json") or head.lstrip()[:1] in (b"{", b"[") else "document"


class BrokenStreamError(Exception):
    """A stream ends before its end, or is not what it says; `args[0]` says so."""


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


def unpacked(stream: BinaryIO) -> tuple[Iterator[bytes], bool]:
    """A stream's bytes in pieces, unpacked where it is gzip or zstd; and whether it was.

    The pieces raise BrokenStreamError behind the last good one where the packing is damaged or cut off.
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
            yield unpacker.decompress(piece)
        except errors as error:
            raise BrokenStreamError(f"is damaged: {error}") from None
        if unpacker.eof:
            # Files of several members, one behind the other, are allowed (RFC 1952 section 2.2, RFC 8878 section 3.1).
            piece = unpacker.unused_data or read(_PIECE)
            if not piece.strip(b"\0"):
                return
            unpacker = new()
            continue
        piece = read(_PIECE)
        if not piece:
            raise BrokenStreamError("is cut off: its packing ends too early")


def _unpacker(head: bytes) -> tuple[Callable[[], Any], tuple[type[Exception], ...]]:
    if head[:2] == b"\x1f\x8b":
        return lambda: zlib.decompressobj(wbits=31), (zlib.error,)
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj, (zstandard.ZstdError,)
