"""Binary data: files, images, and every media type that no other codec covers."""

from __future__ import annotations

from typing import Any

from clausewise.media.codec import Codec, Encodings, Written
from clausewise.media.json import json_text
from clausewise.media.types import concrete


def raw(value: Any) -> bytes:
    """A value as an unstructured body: bytes and strings as they are, any other value as JSON."""
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json_text(value)


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written:
    return Written(concrete(media_type), raw(value))


def _read(content: bytes, _content_type: str) -> bytes:
    return content


OCTETS = Codec(
    "binary data",
    ("application/octet-stream", "*/*"),
    _write,
    _read,
    not_judged="binary data is not compared with a schema",
    binary=True,
)
