"""The names of media types: their parameters, and the documented one that covers a message's own."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache

#: a parameter of a media type or of another header field (RFC 9110 section 5.6.6)
_PARAMETER = re.compile(r""";[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))""")

#: how much a media type is wanted (RFC 9110 section 12.4.2)
_WEIGHT = re.compile(r"[ \t]*;[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?)")

#: the media type that is sent for a range
_OF_RANGES = {
    "*": "application/octet-stream",
    "application": "application/octet-stream",
    "multipart": "multipart/form-data",
    "text": "text/plain",
    "image": "image/png",
}


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether bodies of a media type are JSON (RFC 8259, RFC 6839 section 3.1)."""
    name = essence(media_type)
    return name in ("application/json", "text/json") or name.endswith("+json")


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
    """The most specific of the `documented` types and ranges that covers `media_type`; None when none does.

    One with a parameter (`version=2`) covers no media type that has another value for it. `charset` and `boundary` say
    how a body is written, and not what it is.
    """
    best, name = None, None
    for entry in documented:
        closeness = _closeness(entry, media_type)
        if closeness is not None and (best is None or closeness > best):
            best, name = closeness, entry
    return name


def _closeness(documented: str, media_type: str) -> tuple[int, int, int] | None:
    """How closely a documented type or range covers a media type; None where it does not."""
    (pattern, wanted), (name, given) = _identity(documented), _identity(media_type)
    kind = name.partition("/")[0]
    # RFC 6839: `application/*+json` is the range of all with this suffix.
    before, star, suffix = pattern.partition("*+")
    if pattern == name:
        level = 3
    elif star and before == f"{kind}/" and name.endswith(f"+{suffix}"):
        level = 2
    elif pattern == f"{kind}/*":
        level = 1
    elif pattern == "*/*":
        level = 0
    else:
        return None
    if any(given.get(parameter, value) != value for parameter, value in wanted.items()):
        return None
    met = len(wanted.keys() & given.keys())
    return level, met, met - len(wanted)


@lru_cache(maxsize=1024)
def _identity(media_type: str) -> tuple[str, dict[str, str]]:
    """A media type without its parameters, and those of them that tell it from others, in lower case."""
    found = parameters(media_type)
    return essence(media_type), {
        name: value.lower() for name, value in found.items() if name not in ("charset", "boundary")
    }


def quality(media_type: str, accept: str) -> float:
    """How much the value of an `Accept` header wants a media type, from 0 to 1 (RFC 9110 section 12.5.1)."""
    best: tuple[tuple[int, int, int], float] = ((-1, 0, 0), 0.0)
    for written in accept.split(","):
        closeness = _closeness(_WEIGHT.sub("", written.strip()), media_type)
        weight = _WEIGHT.search(written)
        if closeness is not None and closeness > best[0]:
            best = closeness, float(weight[1]) if weight is not None else 1.0
    return best[1]


def is_range(media_type: str) -> bool:
    """Whether it covers more than one media type: `*/*`, `image/*`, `application/*+json`."""
    return "*" in essence(media_type)


def concrete(media_type: str) -> str:
    """A media type that a range covers (RFC 9110 section 12.5.1); the same one where it is not a range."""
    kind, _, rest = essence(media_type).partition("/")
    return _OF_RANGES.get(kind, f"{kind}/x") if rest == "*" else media_type
