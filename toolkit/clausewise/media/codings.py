"""Content codings (RFC 9110 section 8.4): gzip, deflate, br and zstd, and lists of them, undone."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

from clausewise.exchange import Headers

#: codings that a body may have at most: each costs a pass over it
_MOST = 5

#: bytes of a recorded body without its codings
_MOST_RECORDED = 64 * 1024**2

#: members of a body in gzip, or frames of one in zstd, that are read at most
_MOST_MEMBERS = 1000

#: bytes that are decoded at a time: of zstd, so many give 16 MiB at most, of gzip half a MiB
_PIECE = 512

#: bytes with which what is coded begins, and no text in UTF-8 does
_BEGINNINGS = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}


class _Decompressor(Protocol):
    """One member of gzip, or one frame of zstd."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


@cache
def acceptable() -> str:
    """The `Accept-Encoding` that is sent: every coding that can be undone."""
    return ", ".join(name for name in _DECODERS if not name.startswith("x-") and (name != "br" or _has_brotli()))


def codings(headers: Headers) -> list[str]:
    """The codings of a body in the order in which they were applied, in lower case, without `identity`."""
    named = [
        part.strip().lower()
        for name, value in headers
        if name.lower() == "content-encoding"
        for part in value.split(",")
    ]
    return [name for name in named if name and name != "identity"]


def decoded(body: bytes, headers: Headers, limit: int) -> tuple[bytes, str]:
    """A body as it came without the codings that `headers` name, and "".

    Where they cannot be undone, the body as it came, and what is wrong, as a sentence about "it". Of a body that has
    more than `limit` bytes without them, `limit` + 1 are returned.
    """
    content = body
    try:
        for name in reversed(_known(codings(headers)) if body else ()):
            content = _DECODERS[name](content, limit)
            if len(content) > limit:
                return content[: limit + 1], ""
    except ValueError as error:
        return body, str(error)
    return content, ""


def decoded_record(body: bytes, headers: Headers) -> bytes:
    """A body from a recording without the codings that `headers` name.

    Many programs decode a body before they record it, and record its headers as they came: one that is not coded as
    these say is taken for decoded. Raises ValueError, with a sentence about "it", for one whose codings cannot be
    undone.
    """
    content, problem = decoded(body, headers, _MOST_RECORDED)
    if len(content) > _MOST_RECORDED > len(body):
        raise ValueError(f"it has more than {_MOST_RECORDED // 1024**2} MiB without its Content-Encoding")
    if problem and _is_coded(body, codings(headers)[-1]):
        raise ValueError(problem)
    return content


def _is_coded(body: bytes, name: str) -> bool:
    """Whether a body is in the coding `name`, which could not be undone, as far as it shows that."""
    if name in _BEGINNINGS:
        return body.startswith(_BEGINNINGS[name])
    if name in _DECODERS and (name != "br" or _has_brotli()):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False


def _known(named: list[str]) -> list[str]:
    """`named`, if all of them can be undone. Raises ValueError."""
    if len(named) > _MOST:
        raise ValueError(f"its Content-Encoding names {len(named)} codings; {_MOST} are undone at most")
    for name in named:
        if name not in _DECODERS:
            raise ValueError(f'its Content-Encoding names "{name}", which is none of {acceptable()}')
        if name == "br" and not _has_brotli():
            raise ValueError("its Content-Encoding names br, for which the Python package brotli has to be installed")
    return named


def _has_brotli() -> bool:
    """Whether br can be undone: the package has no build for every Python."""
    return find_spec("brotli") is not None


def _gzip(body: bytes, limit: int) -> bytes:
    return _of_members(body, limit, "gzip", lambda: zlib.decompressobj(wbits=31), zlib.error)


def _deflate(body: bytes, limit: int) -> bytes:
    """In the format of zlib, as RFC 9110 section 8.4.1.2 has it, or without its header, as many servers write it."""
    try:
        return _of_members(body, limit, "deflate", lambda: zlib.decompressobj(wbits=15), zlib.error)
    except ValueError as error:
        try:
            return _of_members(body, limit, "deflate", lambda: zlib.decompressobj(wbits=-15), zlib.error)
        except ValueError:
            raise error from None


def _zstd(body: bytes, limit: int) -> bytes:
    import zstandard

    # No more memory than for the body itself, whatever window a frame asks for.
    new = zstandard.ZstdDecompressor(max_window_size=max(limit, 8 * 1024**2)).decompressobj
    return _of_members(body, limit, "zstd", new, zstandard.ZstdError)


def _br(body: bytes, limit: int) -> bytes:
    import brotli

    decompressor = brotli.Decompressor()
    parts: list[bytes] = []
    length, data = 0, body
    try:
        while length <= limit and not decompressor.is_finished():
            if not data and decompressor.can_accept_more_data():
                raise ValueError("its br data ends too early")
            parts.append(decompressor.process(data, output_buffer_limit=limit + 1 - length))
            length, data = length + len(parts[-1]), b""
    except brotli.error as error:
        raise ValueError(f"it is not br, which its Content-Encoding names: {error}") from None
    return b"".join(parts)


def _of_members(
    body: bytes, limit: int, name: str, new: Callable[[], _Decompressor], error_type: type[Exception]
) -> bytes:
    """The content of all members, one behind the other (RFC 1952 section 2.2, RFC 8878 section 3.1)."""
    parts: list[bytes] = []
    length, members = 0, 0
    member: _Decompressor | None = None
    try:
        for piece in _pieces(body):
            while piece:
                if member is None:
                    if members and not piece.strip(b"\0"):
                        break
                    members += 1
                    if members > _MOST_MEMBERS:
                        raise ValueError(f"it has more than {_MOST_MEMBERS:,} parts in {name}")
                    member = new()
                parts.append(member.decompress(piece))
                length += len(parts[-1])
                if length > limit:
                    return b"".join(parts)
                piece = b""
                if member.eof:
                    piece, member = member.unused_data, None
    except error_type as error:
        raise ValueError(f"it is not {name}, which its Content-Encoding names: {_reason(error)}") from None
    if member is not None:
        raise ValueError(f"its {name} data ends too early")
    return b"".join(parts)


def _pieces(body: bytes) -> Iterable[bytes]:
    return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))


def _reason(error: Exception) -> str:
    """What a decompressor says, without its numbers and prefixes: "incorrect header check"."""
    return str(error).rpartition(": ")[2]


#: coding -> how it is undone: body, limit on the content in bytes -> content, or more than the limit. Each raises
#: ValueError. In the order in which they are offered to servers
_DECODERS: dict[str, Callable[[bytes, int], Any]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _br,
    "zstd": _zstd,
}
