"""XML (RFC 7303): sent as its author wrote it; its elements are not read."""

from __future__ import annotations

from typing import Any

from clausewise.media.codec import Codec, Encodings, Written
from clausewise.media.octets import raw
from clausewise.media.text import decoded


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    return Written(media_type, raw(value)) if isinstance(value, str | bytes) else None


XML = Codec(
    "XML",
    ("application/xml", "text/xml", "*+xml"),
    _write,
    decoded,
    not_judged="elements and attributes are not compared with the schema",
)
