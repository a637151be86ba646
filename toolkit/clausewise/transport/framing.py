"""Where answers end on a connection (RFC 9112 section 6): the bytes as they come in, what is wrong with them out.

A parser of HTTP says of an answer that it is no HTTP, or that it was cut off. This follows the same bytes, and says
what the answer promised and what came. It also keeps bytes after the end of an answer away from the parser, which
would take them for the next one, and lose the one that came.
"""

from __future__ import annotations

import re

from clausewise.exchange import Headers, header

#: bytes of the status line and the headers of an answer
MAX_HEAD = 64 * 1024

#: bytes of the interim answers before it
_MOST_INTERIM = 1024 * 1024

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})\b")
_LENGTH = re.compile(rb"\nContent-Length:[ \t]*([^\r\n]*?)[ \t]*\r?(?=\n)", re.IGNORECASE)
_TRANSFER = re.compile(rb"\nTransfer-Encoding:[ \t]*([^\r\n]*?)[ \t]*\r?(?=\n)", re.IGNORECASE)

#: statuses whose answers end with their headers (RFC 9110 sections 15.3.5 and 15.4.5)
_BODILESS = frozenset({204, 304})

#: characters of a field or a line that a sentence shows
_SHOWN = 40


def framed(status: int, headers: Headers, body: bytes, *, to_head: bool) -> tuple[bytes, str] | None:
    """What a client gets of the `body` of an app in this process, and the flaw as `Framing` has it.

    None where it is shorter than its `Content-Length`: a server would cut the answer off. A body in answer to HEAD it
    would leave out.
    """
    if to_head:
        return b"", ""
    if status in _BODILESS:
        return b"", _bodiless(status) if body else ""
    length = header(headers, "Content-Length")
    if length is None or not length.isdecimal() or len(length) > len(str(2**63)) or int(length) == len(body):
        return body, ""
    return (body[: int(length)], _longer(int(length))) if int(length) < len(body) else None


def _bodiless(status: int) -> str:
    return f"with a body, which no {status} answer has"


def _longer(length: int) -> str:
    return f"with more bytes than its Content-Length of {length} names"


class Framing:
    """Follows the bytes of one answer."""

    def __init__(self) -> None:
        self.begin(to_head=False)

    def begin(self, *, to_head: bool) -> None:
        """An answer is waited for; `to_head` says that it is one to HEAD."""
        #: what makes it no HTTP, as a sentence about "it"; "" where nothing does so far
        self.wrong = ""
        #: whether that is only more than is read
        self.is_too_long = False
        self._to_head = to_head
        #: headers that have not ended, from the last interim answer on
        self._head = b""
        #: bytes of interim answers
        self._interim = 0
        #: 0 before the headers have come
        self._status = 0
        #: length of the body; None where only its end shows it
        self._length: int | None = None
        self._chunked = False
        #: bytes of the body so far
        self._came = 0
        #: the first bytes after its end
        self._after = b""

    @property
    def has_more(self) -> bool:
        """Whether more bytes came than belong to the answer."""
        return bool(self._after)

    @property
    def flaw(self) -> str:
        """What is wrong with the end of an answer that came, to follow "answered 200"; "" where nothing is."""
        if not self._after:
            return ""
        if self._after.startswith(b"HTTP/1."):
            return "and then sent a second answer, for which it was not asked"
        if self._to_head:
            return "to HEAD with a body, which no answer to HEAD has"
        if self._status in _BODILESS:
            return _bodiless(self._status)
        return _longer(self._length or 0)

    @property
    def so_far(self) -> str:
        """How much has come of an answer that is not complete, as a sentence; "" where that is nothing."""
        if not self._status:
            return "only a part of its headers came" if self._head else ""
        if self._length is not None:
            return f"{self._came} of the {self._length} bytes that its Content-Length names came"
        return "its last chunk did not come" if self._chunked else "its end did not come"

    def take(self, received: bytes) -> bytes:
        """Those of the `received` bytes that belong to the answer."""
        begins = 0
        if not self._status:
            before = len(self._head)
            self._head += received
            body = self._read_heads(max(0, before - 3))
            if self.wrong or not body:
                return b"" if self.wrong else received
            begins = body - before
        came = len(received) - begins
        if self._length is not None and self._came + came > self._length:
            ends = begins + self._length - self._came
            self._after = (self._after + received[ends:])[: len(b"HTTP/1.")]
            self._came = self._length
            return received[:ends]
        self._came += came
        return received

    def _read_heads(self, searched: int) -> int:
        """Read what has come of the headers, those of interim answers included; where in it the body begins, else 0.

        Nothing ends before `searched`.
        """
        begins = 0
        while not self.wrong:
            end = _END_OF_HEAD.search(self._head, searched)
            if (end.end() if end else len(self._head)) - begins > MAX_HEAD:
                self.is_too_long, self.wrong = True, f"its headers have more than {MAX_HEAD // 1024} KiB"
            elif end is None:
                self._look_at_beginning(begins)
                self._interim += begins
                self._head = self._head[begins:]
                if self._interim > _MOST_INTERIM:
                    size = _MOST_INTERIM // 1024
                    self.is_too_long, self.wrong = True, f"more than {size} KiB of interim answers (1xx) came before it"
                return 0
            else:
                self._read(self._head[begins : end.end()])
                begins = searched = end.end()
                if self._status:
                    return begins
        return 0

    def _look_at_beginning(self, begins: int) -> None:
        """Notice soon what has no headers, and so may never end them."""
        line = self._head[begins : begins + len(b"HTTP/1.")]
        if not b"HTTP/1.".startswith(line) and not line.startswith((b"HTTP/1.", b"\r", b"\n")):
            self.wrong = f"it begins with {_shown(self._head[begins:])}, which is no status line"

    def _read(self, head: bytes) -> None:
        """Read the status and the headers; those of an interim answer do not count (RFC 9110 section 15.2)."""
        found = _STATUS.match(head.lstrip(b"\r\n"))
        if found is None:
            self.wrong = f"it begins with {_shown(head)}, which is no status line"
            return
        status = int(found[1])
        if status < 100:
            self.wrong = f"its status is {found[1].decode()}"
            return
        if 100 <= status < 200 and status != 101:
            return
        self._status = status
        lengths, transfers = _LENGTH.findall(head), _TRANSFER.findall(head)
        if self._to_head or status in _BODILESS:
            self._length = 0
        elif transfers:
            self._chunked = transfers[-1].lower().endswith(b"chunked")
            if lengths:
                self.wrong = "it has both a Content-Length and a Transfer-Encoding"
        elif lengths:
            self._length = self._one_of(lengths)

    def _one_of(self, lengths: list[bytes]) -> int | None:
        """The length that all of the `Content-Length` headers name (RFC 9112 section 6.3)."""
        different = list(dict.fromkeys(part.strip() for each in lengths for part in each.split(b",")))
        if len(different) > 1:
            named = " and ".join(map(_shown, different[:3]))
            self.wrong = f"it has the Content-Lengths {named}"
        elif not different[0].isdigit():
            self.wrong = f"its Content-Length is {_shown(different[0])}"
        elif len(different[0]) > len(str(2**63)):
            self.wrong = f"its Content-Length is {_shown(different[0])}, more than there can be"
        else:
            return int(different[0])
        return None


def _shown(text: bytes) -> str:
    """The first line of bytes from a server, in quotation marks."""
    line = text.lstrip(b"\r\n").splitlines()[0] if text.strip() else text
    shown = line[:_SHOWN].decode("utf-8", "backslashreplace")
    printable = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in shown)
    return f'"{printable}{"..." if len(line) > _SHOWN else ""}"'
