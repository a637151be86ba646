"""The ways in which a text can be written: escapes undone, and the forms that no escape explains."""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

import msgspec

#: begin and end of a part of some bytes
Span = tuple[int, int]

#: Case, and what tells the two alphabets of Base64 apart (RFC 4648 section 5), make no difference to a search.
_FOLDS = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")

#: Layers of escapes that are undone: JSON in a JSON text in a query is three.
_LAYERS = 5

#: Percent-encoding (RFC 3986 section 2.1), escapes of JSON, JavaScript and Python, character references of HTML
_ESCAPE = re.compile(
    rb"(%(?:[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})"
    rb"|\\(?:u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}"
    rb"|x[0-9A-Fa-f]{2}|[0-3][0-7]{2}|[\"'\\/bfnrt])"
    rb"|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)"
)
#: one of these begins every escape
_BEGINNINGS = (b"\\", b"%", b"&")
_SHORT = {b"\\b": b"\b", b"\\f": b"\f", b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t"}
_NAMED = {b"&amp;": b"&", b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"', b"&apos;": b"'"}


class Form(msgspec.Struct, frozen=True, eq=False):
    """One way to write a secret, to be found in folded bytes."""

    folded: bytes
    #: how many bytes of its beginning give the secret away; all of them where it is not known to be random
    enough: int
    #: whether the character of Base64 that follows holds bits of it
    shares_last: bool = False


def fold(data: bytes) -> bytes:
    """`data` as it is compared; every byte stays in its place."""
    return data.translate(_FOLDS)


def forms(secret: str, enough: int) -> Iterator[Form]:
    """The forms of a secret whose first `enough` characters give it away: as it stands (in any case, also backwards),
    in hexadecimal, in Base64 and Base32 inside a longer text."""
    written = secret.encode("utf-8", "surrogatepass")
    first = len(secret[:enough].encode("utf-8", "surrogatepass"))
    #: folded form -> how many bytes of it are enough
    spelled = {fold(written): first, fold(written.replace(b" ", b"+")): first}
    for other in (secret.upper(), secret.lower(), secret[::-1]):
        spelled.setdefault(fold(other.encode("utf-8", "surrogatepass")), len(other.encode("utf-8", "surrogatepass")))
    for between in ("", ":", " "):
        shown = written.hex(between).encode() if between else written.hex().encode()
        spelled[shown] = (2 + len(between)) * first - len(between)
    for form, length in spelled.items():
        yield Form(form, length)
    yield from _in_groups(written, first, base64.b64encode, 3, 4)
    yield from _in_groups(written, first, base64.b32encode, 5, 8)


def _in_groups(written: bytes, first: int, encode: Callable[[bytes], bytes], bytes_in: int, out: int) -> Iterator[Form]:
    """The forms in Base64 or Base32 (RFC 4648), where `bytes_in` bytes become `out` characters: one for each place in a
    group that the secret can begin at.

    Characters that it shares with what precedes are left out. They stay, and tell half a character at most.
    """
    bits = 8 * bytes_in // out
    for before in range(bytes_in):
        begin = -(-8 * before // bits)

        def shown(content: bytes, before: int = before, begin: int = begin) -> bytes:
            padded = b"\0" * before + content + b"\0" * (-(before + len(content)) % bytes_in)
            return encode(padded)[begin : 8 * (before + len(content)) // bits]

        whole, start = shown(written), shown(written[:first])
        yield Form(fold(whole), len(start), shares_last=8 * (before + len(written)) % bits != 0)


def in_layers(data: bytes, find: Callable[[bytes], list[Span]], layers: int = _LAYERS) -> list[Span]:
    """What is found in `data` and in what it is after its escapes are undone, layer by layer, as parts of `data`."""
    found = find(data)
    if not layers or not any(beginning in data for beginning in _BEGINNINGS):
        return found
    pieces = _ESCAPE.split(data)
    pieces[1::2] = map(_undo, pieces[1::2])
    undone = b"".join(pieces)
    if undone != data:
        inner = in_layers(undone, find, layers - 1)
        if inner:
            found = [*found, *_mapped(data, inner)]
    return found


def _undo(escape: bytes) -> bytes:
    known = _UNDONE.get(escape)
    if known is None:
        known = _undone(escape)
        if len(_UNDONE) < _REMEMBERED:
            _UNDONE[escape] = known
    return known


#: escape -> what it stands for; there are few that occur
_UNDONE: dict[bytes, bytes] = {}
_REMEMBERED = 4096


def _undone(escape: bytes) -> bytes:
    if escape[:1] == b"%":
        return bytes.fromhex(escape[1:].decode()) if escape[1:2] != b"u" else _character(int(escape[2:], 16), escape)
    if escape[:1] == b"&":
        if escape[1:2] != b"#":
            return _NAMED[escape]
        digits = escape[2:-1]
        return _character(int(digits[1:], 16) if digits[:1] in b"xX" else int(digits), escape)
    kind = escape[1:2]
    if kind == b"u":
        if len(escape) == 12:
            return bytes.fromhex((escape[2:6] + escape[8:12]).decode()).decode("utf-16-be").encode()
        return _character(int(escape[2:].strip(b"{}"), 16), escape)
    if kind == b"x":
        return bytes.fromhex(escape[2:].decode())
    if kind.isdigit():
        return bytes([int(escape[1:], 8)])
    return _SHORT.get(escape, kind)


def _character(number: int, otherwise: bytes) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass") if number < 0x110000 else otherwise


def _mapped(data: bytes, spans: list[Span]) -> list[Span]:
    """Parts of what `data` is without its escapes, as parts of `data`."""
    #: where each escape begins and ends, in `data`, and where what it stands for does
    begins: list[int] = []
    ends: list[int] = []
    raw: list[Span] = []
    shorter = 0
    for found in _ESCAPE.finditer(data):
        length = len(_undo(found[0]))
        begins.append(found.start() - shorter)
        ends.append(found.start() - shorter + length)
        raw.append(found.span())
        shorter += len(found[0]) - length

    def outside(at: int, *, last: bool) -> int:
        """The place in `data` of the byte `at`: where it begins, or with `last` where it ends."""
        index = bisect_right(begins, at) - 1
        if index >= 0 and at < ends[index]:
            return raw[index][last]
        return at + last + (raw[index][1] - ends[index] if index >= 0 else 0)

    return [(outside(begin, last=False), outside(end - 1, last=True)) for begin, end in spans if end > begin]
