"""Bodies on the wire and back: the values that the schemas of a contract judge."""

from __future__ import annotations

from typing import Any

from clausewise.contract.parts import MediaContract
from clausewise.contract.readings import reading
from clausewise.media.codec import Malformed, Written


def read_body(entry: MediaContract, content: bytes, content_type: str) -> Any:
    """The value of a body of `content_type`, which `entry` covers; Malformed where it does not have the format of its
    media type, and None where values of such bodies are not read. Raises nothing.

    What comes as text has the types of the schema.
    """
    codec = entry.codec_of(content_type)
    if not codec.judged:
        return None
    if codec.read_form is not None:
        value = codec.read_form(content, content_type, entry.members)
    else:
        value = codec.read(content, content_type)
    if codec.typed or isinstance(value, Malformed):
        return value
    return reading(entry.message_of(content_type), value)


def write_body(entry: MediaContract, value: Any, content_type: str = "") -> Written | None:
    """A body that holds `value`, as `content_type`, else as the media type that bodies of `entry` are sent as; None
    for a value that has no form in it."""
    codec = entry.codec_of(content_type) if content_type else entry.codec
    return codec.write(value, content_type or entry.sent_as, entry.members)
