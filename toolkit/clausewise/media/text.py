"""Plain text, and every other `text/` type that no other codec covers."""

from __future__ import annotations

from typing import Any

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.media.octets import raw
from clausewise.media.types import charset, concrete


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
