"""The names of media types: their parameters, and the documented one that covers a message's own."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

#: a parameter of a media type or of another header field (RFC 9110 section 5.6.6)
_PARAMETER = re.compile(r""";[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))""")

#: the media type that is sent for a range
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
    """The encoding that a media type's `charset` names; UTF-8 where it names none that Python knows."""
    named = parameters(media_type).get("charset", "utf-8")
    try:
        # Some of Python's codecs are not text encodings (base64, for example), which shows only in use.
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
    """A media type that a range covers (RFC 9110 section 12.5.1); the same one where it is not a range."""
    kind, _, rest = essence(media_type).partition("/")
    return _OF_RANGES.get(kind, f"{kind}/x") if rest == "*" else media_type
