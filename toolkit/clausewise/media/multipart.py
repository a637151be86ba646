"""Multipart bodies (RFC 2046 section 5.1), above all `multipart/form-data` (RFC 7578).

The parts of a form go by their names. Those of `multipart/mixed` and its like go by their order where the schema is
that of an array, else by their names, and those without one by the order of the schema's properties.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import quopri
import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from clausewise.exchange import HEADER_NAME, Headers, header
from clausewise.media.codec import Codec, Either, File, Malformed, Written
from clausewise.media.fields import Field, gather, json_or_text
from clausewise.media.json import json_text
from clausewise.media.members import TEXT_MEMBER, Member, Members, by_order, member_at
from clausewise.media.styles import styled, text
from clausewise.media.text import decoded
from clausewise.media.types import concrete, essence, is_json, is_range, parameters

#: separates the parts; a number is added where it occurs in a part (RFC 2046 section 5.1.1)
_BOUNDARY = "clausewise-boundary-7d4a1c"

#: characters that are escaped in a quoted name (HTML, multipart form data), besides the backslash
_ESCAPES = {'"': "%22", "\r": "%0D", "\n": "%0A"}

#: a parameter in the notation of RFC 8187, which RFC 7578 section 4.2 forbids and some programs write
_EXTENDED = re.compile(r"utf-8'[^']*'(.*)", re.IGNORECASE)

#: a part that ends with its header fields, and has no content (RFC 2046 section 5.1.1)
_HEADERS_ALONE = re.compile(rb"(?:\r?\n[^\s:]+:[^\n]*(?:\n[ \t][^\n]*)*)*\r?\n")

#: how a part may be written that is no field of a form, -> reads it (RFC 2045 section 6)
_TRANSFER_ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64decode,
    "quoted-printable": quopri.decodestring,
}

_FORMAT = "a multipart body"

#: names the media type of its first part in a parameter (RFC 2387)
_RELATED = "multipart/related"


class Part(msgspec.Struct, frozen=True):
    """A part of a form as it came (RFC 7578 section 4), or of another multipart body."""

    #: "" for a part without one, which no form has
    name: str
    #: None for one that is no file
    filename: str | None
    headers: Headers
    content: bytes
    #: the offset of the content in the body
    offset: int

    @property
    def media_type(self) -> str:
        """Its `Content-Type`; "" where it has none, which means text (RFC 7578 section 4.4)."""
        return header(self.headers, "Content-Type") or ""


def parts_of(content: bytes, content_type: str) -> list[Part] | Malformed:
    """The parts of a multipart body, in their order."""
    boundary = parameters(content_type).get("boundary")
    if not boundary:
        return Malformed(_FORMAT, "the Content-Type names no boundary")
    # Programs that keep bodies as text may have turned each line break into one character.
    dashed = re.escape(boundary.encode("latin-1", "replace"))
    mark = re.compile(rb"(?:\A|\r?\n)--" + dashed + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    marks = list(mark.finditer(content))
    last = next((index for index, found in enumerate(marks) if found[1]), None)
    if last is None:
        return Malformed(_FORMAT, "the closing boundary is missing", len(content))
    parts, is_form = [], MULTIPART.covers(content_type)
    for here, following in pairwise(marks[: last + 1]):
        part = _part(content[here.end() : following.start()], here.end(), is_form=is_form)
        if isinstance(part, Malformed):
            return part
        parts.append(part)
    return parts


def _part(written: bytes, offset: int, *, is_form: bool) -> Part | Malformed:
    """The part whose text starts with the line break before it."""
    ended = re.search(rb"\r?\n\r?\n", written) or _HEADERS_ALONE.fullmatch(written)
    head, content = (written[: ended.end()], written[ended.end() :]) if ended is not None else (b"", b"")
    lines = re.split(r"\r?\n", re.sub(r"\r?\n[ \t]+", " ", head.decode("utf-8", "replace")))
    fields = tuple(
        (name.strip(), value.strip())
        for name, _, value in (line.partition(":") for line in lines)
        if re.fullmatch(HEADER_NAME, name.strip())
    )
    named = parameters(header(fields, "Content-Disposition") or "")
    name = _named(named, "name")
    if ended is None:
        return Malformed(_FORMAT, "a part has no empty line before its content", offset)
    if name is None and is_form:
        return Malformed(_FORMAT, "a part has no name", offset)
    decode = _TRANSFER_ENCODINGS.get((header(fields, "Content-Transfer-Encoding") or "").lower())
    if decode is not None and not is_form:
        try:
            content = decode(content)
        except binascii.Error as error:
            return Malformed(_FORMAT, f"a part is not in base64: {error}", offset + ended.end())
    return Part(name or "", _named(named, "filename"), fields, content, offset + ended.end())


def _named(named: dict[str, str], parameter: str) -> str | None:
    if (extended := _EXTENDED.fullmatch(named.get(f"{parameter}*", ""))) is not None:
        return unquote_to_bytes(extended[1]).decode("utf-8", "replace")
    name = named.get(parameter)
    for character, escape in _ESCAPES.items() if name is not None else ():
        name = name.replace(escape, character) if name is not None else None
    return name


def _write(value: Any, media_type: str, members: Members) -> Written | None:
    if not isinstance(value, dict):
        return None
    parts: list[bytes] = []
    for name, each in value.items():
        written = _parts(name, each, members.get(name, TEXT_MEMBER))
        if written is None:
            return None
        parts += written
    return _joined(parts, essence(concrete(media_type)))


def _write_mixed(value: Any, media_type: str, members: Members) -> Written | None:
    if isinstance(value, dict) and not is_range(media_type):
        # Who reads no names goes by the order of the properties.
        ranks = {name: rank for rank, name in enumerate(members)}
        value = dict(sorted(value.items(), key=lambda one: ranks.get(one[0], len(ranks))))
    if isinstance(value, dict):
        return _write(value, media_type, members)
    parts: list[bytes] = []
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        member = member_at(members, index)
        if not member.has_form([item] if isinstance(item, list) else item) or _has_no_text(item, member):
            return None
        parts.append(_one_part(None, item, member))
    return _joined(parts, essence(media_type))


def _has_no_text(item: Any, member: Member) -> bool:
    return isinstance(item, list | dict) and not member.is_json


def _joined(parts: list[bytes], media_type: str) -> Written:
    """A body of these parts."""
    boundary, number = _BOUNDARY, 1
    while any(boundary.encode() in part for part in parts):
        boundary, number = f"{_BOUNDARY}-{number}", number + 1
    mark = f"--{boundary}".encode()
    content = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    named = f"; type={_kind_of(parts[0])}" if media_type == _RELATED and parts else ""
    return Written(f"{media_type}; boundary={boundary}{named}", content)


def _kind_of(part: bytes) -> str:
    """The media type of a part as it is sent, to stand as a parameter (RFC 2387 section 3.1)."""
    found = re.search(rb"^Content-Type: ([^;\r]*)", part.partition(b"\r\n\r\n")[0], re.MULTILINE)
    return f'"{found[1].decode() if found is not None else "text/plain"}"'


def _parts(name: str, value: Any, member: Member) -> list[bytes] | None:
    """A member as parts, one for each item of an array; None for what has no such form."""
    if not member.has_form(value):
        return None
    if member.style is not None and isinstance(value, list | dict):
        styles = styled(name, value, member.style, explode=member.explode)
        return [_written(key, None, "", (), content.encode("utf-8", "surrogatepass")) for key, content in styles]
    return [_one_part(name, item, member) for item in (value if isinstance(value, list) else [value])]


def _one_part(name: str | None, item: Any, member: Member) -> bytes:
    """A part that holds `item`, which has a form in it; without a `name`, one that goes by its position."""
    kind, filename, headers = member.media_type, None, member.headers
    if isinstance(item, File):
        kind, filename, content = item.media_type, item.name, item.content
        headers = headers if item.headers is None else item.headers
    elif member.is_json:
        content = json_text(item)
    elif member.is_file:
        filename, content = _filename(kind), _octets(text(item))
    else:
        content = text(item).encode("utf-8", "surrogatepass")
    return _written(name, filename, kind, headers, content)


def _written(name: str | None, filename: str | None, kind: str, headers: Headers, content: bytes) -> bytes:
    """A part as it is sent: its header fields, an empty line and its content."""
    fields = [*([("Content-Type", kind)] if kind else []), *headers]
    if name is not None:
        disposition = f'form-data; name="{_escaped(name)}"'
        if filename is not None:
            disposition += f'; filename="{_escaped(filename)}"'
        fields.insert(0, ("Content-Disposition", disposition))
    head = "".join(f"{field}: {value}\r\n" for field, value in fields)
    return head.encode("utf-8", "surrogatepass") + b"\r\n" + content


def _filename(media_type: str) -> str:
    """A name for a file of a media type: many servers look at the ending."""
    return f"clausewise{mimetypes.guess_extension(essence(media_type)) or '.bin'}"


def _octets(characters: str) -> bytes:
    """The bytes of a file: each character is one, and where that cannot be the text is in UTF-8."""
    try:
        return characters.encode("latin-1")
    except UnicodeEncodeError:
        return characters.encode("utf-8", "surrogatepass")


def _escaped(name: str) -> str:
    """A name, escaped to stand between quotes: `parameters` reads the backslashes, `_named` the rest."""
    return "".join(_ESCAPES.get(character, character) for character in name.replace("\\", "\\\\"))


def _read(content: bytes, content_type: str, members: Members) -> Any:
    """The members by name: strings, of a file with a character for each byte, and values of JSON as `Typed`."""
    parts = parts_of(content, content_type)
    return parts if isinstance(parts, Malformed) else _members(parts, members)


def _read_mixed(content: bytes, content_type: str, members: Members) -> Any:
    """The parts in their order, each as in `_read`; by name where the members have names."""
    parts = parts_of(content, content_type)
    if isinstance(parts, Malformed):
        return parts
    if members and not by_order(members):
        free = iter([name for name in members if all(part.name != name for part in parts)])
        named = (part if part.name else msgspec.structs.replace(part, name=next(free, "")) for part in parts)
        return _members(list(named), members)
    if not members and parts and all(part.name for part in parts):
        return _members(parts, members)
    values: list[Any] = []
    for index, part in enumerate(parts):
        value = _value(part, member_at(members, index))
        if isinstance(value, Malformed):
            return _within(part, f"part {index + 1}", value)
        values.append(value)
    return values


def _members(parts: list[Part], members: Members) -> Any:
    fields: list[Field] = []
    for part in parts:
        value = _value(part, members.get(part.name, TEXT_MEMBER))
        if isinstance(value, Malformed):
            return _within(part, f"the part `{part.name}`", value)
        fields.append(Field(part.name, value, value if isinstance(value, str) else ""))
    return gather(fields, members)


def _within(part: Part, named: str, fault: Malformed) -> Malformed:
    """A fault in the content of a part, as one of the body."""
    return Malformed(fault.expected, f"{named}: {fault.message}", part.offset + (fault.offset or 0))


def _value(part: Part, member: Member) -> Any:
    if member.is_file:
        return part.content.decode("latin-1")
    kind = part.media_type
    if part.filename is not None and essence(kind) == "application/octet-stream":
        # A text that was sent as a file.
        kind = ""
    value = decoded(part.content, kind)
    if isinstance(value, Malformed):
        is_text = part.filename is None and (not kind or is_json(kind) or kind.lower().startswith("text/"))
        return value if is_text else part.content.decode("latin-1")
    if member.is_json:
        return json_or_text(value)
    # A text that says that it is JSON is one all the same.
    return Either((json_or_text(value), value)) if is_json(kind) else value


MULTIPART = Codec("a multipart form", ("multipart/form-data",), _write, partial(_read, members={}), read_form=_read)

#: `multipart/mixed` and its like, whose parts need no names
MIXED = Codec(
    _FORMAT,
    ("multipart/*",),
    _write_mixed,
    partial(_read_mixed, members={}),
    read_form=_read_mixed,
    has_parts=True,
)
