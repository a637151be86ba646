"""Plain text, and every other `text/` type that no other codec covers."""

from __future__ import annotations

import codecs
from typing import Any

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.media.octets import raw
from clausewise.media.types import charset, concrete


def encoding_fault(content: bytes) -> str:
    """What makes a text unreadable to those who expect UTF-8 without a byte order mark, whatever it says; else ""."""
    if content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "byte order mark"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    return ""


def decoded(content: bytes, content_type: str) -> str | Malformed:
    """A body as text in the charset that its `Content-Type` names, by default UTF-8."""
    encoding = charset(content_type)
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        return Malformed(f"text in {encoding}", str(error), getattr(error, "start", None))


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    if value is None:
        # The text `null` is a word like others.
        return None
    sent = concrete(media_type)
    content = value.encode(charset(sent), "replace") if isinstance(value, str) else raw(value)
    return Written(sent, content)


TEXT = Codec("text", ("text/*",), _write, decoded)
