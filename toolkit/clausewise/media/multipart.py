"""Multipart bodies (RFC 2046 section 5.1), above all `multipart/form-data` (RFC 7578)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from clausewise.media.codec import Codec, Encodings, File, Malformed, Written
from clausewise.media.json import JSON
from clausewise.media.styles import by_name, text
from clausewise.media.text import decoded
from clausewise.media.types import concrete, essence, parameters

#: separates the parts; a number is added where it occurs in a part (RFC 2046 section 5.1.1)
_BOUNDARY = "clausewise-boundary-7d4a1c"

#: characters that are escaped in a quoted name (HTML, multipart form data), besides the backslash
_ESCAPES = {'"': "%22", "\r": "%0D", "\n": "%0A"}


def _write(value: Any, media_type: str, encoding: Encodings) -> Written | None:
    if not isinstance(value, dict):
        return None
    parts = [part for name, member in value.items() for part in _parts(name, member, encoding)]
    boundary, number = _BOUNDARY, 1
    while any(boundary.encode() in part for part in parts):
        boundary, number = f"{_BOUNDARY}-{number}", number + 1
    mark = f"--{boundary}".encode()
    content = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return Written(f"{essence(concrete(media_type))}; boundary={boundary}", content)


def _parts(name: str, member: Any, encoding: Encodings) -> list[bytes]:
    """A member as parts, each its header fields, an empty line and its content: one for each item of an array."""
    chosen = encoding[name].content_type if name in encoding else None
    parts = []
    for item in member if isinstance(member, list) else [member]:
        disposition = f'form-data; name="{_escaped(name)}"'
        kind = "application/json" if isinstance(item, dict) else ""
        if isinstance(item, File):
            disposition += f'; filename="{_escaped(item.name)}"'
            kind, content = item.media_type, item.content
        else:
            content = text(item).encode("utf-8", "surrogatepass")
        kind = _first(chosen) or kind
        fields = f"Content-Disposition: {disposition}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
        parts.append(fields.encode("utf-8", "surrogatepass") + b"\r\n" + content)
    return parts


def _first(media_types: str | None) -> str:
    """The first of the comma-separated media types that `encoding` allows for a part; "" where there is none."""
    return concrete((media_types or "").partition(",")[0].strip())


def _escaped(name: str) -> str:
    """A name, escaped to stand between quotes: `parameters` reads the backslashes, `_unescaped` the rest."""
    return "".join(_ESCAPES.get(character, character) for character in name.replace("\\", "\\\\"))


def _unescaped(name: str) -> str:
    for character, escape in _ESCAPES.items():
        name = name.replace(escape, character)
    return name


def _read(content: bytes, content_type: str) -> Any:
    """The members by name: a file as a `File`, JSON as its value, any other part as a string."""
    boundary = parameters(content_type).get("boundary")
    if not boundary:
        return Malformed("a multipart body", "the Content-Type names no boundary")
    mark = re.compile(rb"(?:\A|\r\n)--" + re.escape(boundary.encode("latin-1", "replace")) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    marks = list(mark.finditer(content))
    last = next((index for index, found in enumerate(marks) if found[1]), None)
    if last is None:
        return Malformed("a multipart body", "the closing boundary is missing", len(content))
    members: list[tuple[str, Any]] = []
    for here, following in pairwise(marks[: last + 1]):
        member = _member(content[here.end() : following.start()], here.end())
        if isinstance(member, Malformed):
            return member
        members.append(member)
    return by_name(members)


def _member(part: bytes, offset: int) -> tuple[str, Any] | Malformed:
    """The name and the value of a part, whose content starts with the line break before it."""
    head, separator, content = part.partition(b"\r\n\r\n")
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    }
    named = parameters(fields.get("content-disposition", ""))
    if not separator or "name" not in named:
        return Malformed("a multipart body", "a part has no name", offset)
    name, kind = _unescaped(named["name"]), fields.get("content-type", "text/plain")
    if "filename" in named:
        return name, File(_unescaped(named["filename"]), content, kind)
    value = (JSON.read if JSON.covers(kind) else decoded)(content, kind)
    if isinstance(value, Malformed):
        start = offset + len(head) + len(separator)
        return Malformed(value.expected, f"the part `{name}`: {value.message}", start + (value.offset or 0))
    return name, value


MULTIPART = Codec(
    "a multipart body",
    ("multipart/*",),
    _write,
    _read,
    not_judged="the parts of a form are not compared with its schema",
)
