"""Event streams: `text/event-stream` (HTML, server-sent events)."""

from __future__ import annotations

import re
from typing import Any

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.media.styles import text
from clausewise.media.text import decoded

_FIELDS = ("id", "event", "retry", "data")

#: characters that a field cannot have: they end a line, or make a reader ignore the field
_ENDS_OF_DATA = frozenset("\r")
_ENDS = frozenset("\r\n\0")


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    """An array of events: objects with `data`, `event`, `id` and `retry`; `data` that is not a string as JSON. A text,
    which the schema of a whole stream may be, is the data of one event."""
    if isinstance(value, str):
        value = [{"data": value}]
    if not isinstance(value, list) or not all(map(_has_form, value)):
        return None
    return Written(media_type, "".join(map(_block, value)).encode("utf-8", "replace"))


def _has_form(event: Any) -> bool:
    """Whether an event stream has a form for a value: only `data` may have several lines."""
    if not isinstance(event, dict) or not event.keys() <= set(_FIELDS):
        return False
    return not any(
        value is None or (_ENDS_OF_DATA if name == "data" else _ENDS).intersection(text(value))
        for name, value in event.items()
    )


def _block(event: dict[str, Any]) -> str:
    lines = [f"{name}: {line}\n" for name in _FIELDS if name in event for line in text(event[name]).split("\n")]
    return "".join(lines) + "\n"


def _read(content: bytes, _content_type: str) -> Any:
    """The events as objects of their fields, which are strings. Events without data, or cut off, do not count."""
    stream = decoded(content, "")
    if isinstance(stream, Malformed):
        return stream
    events: list[dict[str, str]] = []
    event: dict[str, str] = {}
    for line in re.split(r"\r\n|\r|\n", stream.removeprefix("\ufeff")):
        name, _, value = line.partition(":")
        if not line:
            events += [event] if "data" in event else []
            event = {}
        elif name in _FIELDS:
            value = value.removeprefix(" ")
            event[name] = f"{event[name]}\n{value}" if name == "data" and "data" in event else value
    return events


EVENTS = Codec(
    "an event stream",
    ("text/event-stream",),
    _write,
    _read,
    sequential=True,
)
