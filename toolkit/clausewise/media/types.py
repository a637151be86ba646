"""The names of media types: their parameters, and which documented one a message's own belongs to."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

#: a parameter of a media type or of another header field (RFC 9110 section 5.6.6)
_PARAMETER = re.compile(r""";[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))""")

#: what is sent for a range whose type alone leaves everything open
_OF_RANGES = {
    "*": "application/octet-stream",
    "application": "application/octet-stream",
    "multipart": "multipart/form-data",
    "text": "text/plain",
}


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def parameters(value: str) -> dict[str, str]:
    """The parameters of a media type or another header field by name, in lower case (RFC 9110 section 5.6.6)."""
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(value):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or token)
    return found


def charset(media_type: str) -> str:
    """The encoding that a media type's `charset` names; UTF-8 where it names none that is known."""
    named = parameters(media_type).get("charset", "utf-8")
    try:
        # Some of what Python knows is no encoding of text (base64, say), which shows only when it is used.
        "a".encode(named)
        return codecs.lookup(named).name
    except (LookupError, ValueError):
        return "utf-8"


def best_match(media_type: str, documented: Iterable[str]) -> str | None:
    """The most specific of the `documented` types and ranges that covers `media_type`; None when none does."""
    name = essence(media_type)
    ranges = {essence(entry): entry for entry in documented}
    for candidate in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if candidate in ranges:
            return ranges[candidate]
    return None


def concrete(media_type: str) -> str:
    """A media type that a range covers (RFC 9110 section 12.5.1); one that is no range is itself."""
    kind, _, rest = essence(media_type).partition("/")
    return _OF_RANGES.get(kind, f"{kind}/x") if rest == "*" else media_type
