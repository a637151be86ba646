"""The codec of each media type. A new codec needs its own file and a line here."""

from __future__ import annotations

from functools import cache, lru_cache

from clausewise.media.codec import Codec
from clausewise.media.json import JSON
from clausewise.media.types import essence


@lru_cache(maxsize=1024)
def codec_for(media_type: str) -> Codec:
    """The codec of a media type or range, parameters and case aside; that of binary data for an unknown one."""
    # Most contracts have nothing but JSON, and need no other codec.
    if JSON.covers(media_type):
        return JSON
    *specific, octets = codecs()
    return next((codec for codec in specific if codec.covers(media_type)), octets)


def is_stream(media_type: str) -> bool:
    """Whether an answer of this media type may come without an end, item by item."""
    from clausewise.media.events import EVENTS
    from clausewise.media.lines import LINES, SEQUENCE

    is_live = essence(media_type).startswith(("audio/", "video/", "multipart/x-mixed-replace"))
    return is_live or any(codec.covers(media_type) for codec in (EVENTS, LINES, SEQUENCE))


@cache
def codecs() -> tuple[Codec, ...]:
    """Every codec. The first that covers a media type is used: specific ones stand before general ones."""
    from clausewise.media.events import EVENTS
    from clausewise.media.form import FORM
    from clausewise.media.lines import LINES, SEQUENCE
    from clausewise.media.multipart import MIXED, MULTIPART
    from clausewise.media.octets import OCTETS
    from clausewise.media.text import TEXT
    from clausewise.media.xml import XML
    from clausewise.media.yaml import YAML

    return JSON, FORM, MULTIPART, MIXED, XML, YAML, LINES, SEQUENCE, EVENTS, TEXT, OCTETS
