"""Strings that fit a pattern, a format or a length."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterable, Mapping

from clausewise.contract.pattern_parser import UnreadableError, parse
from clausewise.contract.patterns import matcher
from clausewise.contract.regular_expression import Node, written
from clausewise.values.drawing import draw

#: an ordinary value of each format
FORMATS: dict[str, str] = {
    "date": "2024-05-17",
    "date-time": "2024-05-17T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "P3D",
    "email": "ada@example.com",
    "idn-email": "ada@example.com",
    "hostname": "host.example.com",
    "idn-hostname": "host.example.com",
    "ipv4": "192.0.2.17",
    "ipv6": "2001:db8::17",
    "uri": "https://example.com/a",
    "uri-reference": "/a",
    "iri": "https://example.com/a",
    "iri-reference": "/a",
    "uri-template": "https://example.com/{a}",
    "uuid": "6f1c2a34-9b0e-4d57-8a61-3c5e7f90b12d",
    "json-pointer": "/a",
    "relative-json-pointer": "0/a",
    "regex": "^a+$",
    "byte": "Y2xhdXNl",
}

#: last word of a string's name -> an ordinary value, where the schema leaves it open
_BY_NAME = {
    "url": FORMATS["uri"], "uri": FORMATS["uri"], "href": FORMATS["uri"], "endpoint": FORMATS["uri"],
    "email": FORMATS["email"], "mail": FORMATS["email"], "password": "Kestrel-94-Orbit!", "color": "#336699",
    "colour": "#336699", "timezone": "UTC", "cron": "0 9 * * 1",
}  # fmt: skip

#: words in the names of ends of ranges, of their beginnings, and of times in the future
_ENDING = frozenset({"end", "ends", "ended", "until", "to", "before", "stop", "finish", "finished", "completed"})
_BEGINNING = frozenset({"start", "starts", "started", "begin", "begins", "from", "since", "opens", "created"})

#: words for the first and for the last end of a range of any values
_FIRSTS = _BEGINNING | {"min", "minimum", "lower", "low", "gt", "gte", "after"}
_LASTS = _ENDING | {"max", "maximum", "upper", "high", "lt", "lte"}

_EXPIRING = frozenset({"expire", "expires", "expiry", "expiration", "due", "deadline"})
_NEXT_DAY = {FORMATS["date"]: "2024-05-18", FORMATS["date-time"]: "2024-05-18T09:30:00Z"}
_FAR_OFF = {FORMATS["date"]: "2099-12-31", FORMATS["date-time"]: "2099-12-31T23:59:59Z"}

#: a URI that ends with its host or port
_AUTHORITY = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]+", re.IGNORECASE)

#: an address of mail: the part before the `@`, and the host
_ADDRESS = re.compile(r"([^@\s]+)@([\w-]+(?:\.[\w-]+)+)")

#: longest label of a host name, in characters
_LABEL = 63


def by_name(name: str) -> str | None:
    """An ordinary value of a string called `name`, such as `callbackUrl`; None where the name gives no hint."""
    words = _words(name)
    return _BY_NAME.get(words[-1]) if words else None


def in_time(name: str, value: object) -> object:
    """The ordinary date or time `value` for a member called `name`: a later one for the end of a range."""
    words = {*_words(name)}
    later = _NEXT_DAY if words & _ENDING else _FAR_OFF if words & _EXPIRING else {}
    return later.get(value, value) if isinstance(value, str) else value


def begins_range(name: str) -> bool:
    """Whether a date or a time called `name` is the beginning of a range: `startsAt`, `valid_from`."""
    return not _BEGINNING.isdisjoint(_words(name))


def is_backwards(values: Mapping[str, object], name: str) -> bool:
    """Whether the one of the `values` called `name`, and another one, are a range that ends before it begins: `from` a
    day, `to` the day before, or a `minPrice` above the `maxPrice`."""
    ends = {other: end for other in values if (end := _end_of_range(other)) is not None}
    if name not in ends:
        return False
    rest, is_last = ends[name]
    for other, end in ends.items():
        first, last = (other, name) if is_last else (name, other)
        if end == (rest, not is_last) and _is_above(values[first], values[last]):
            return True
    return False


def _end_of_range(name: str) -> tuple[tuple[str, ...], bool] | None:
    """What the range is of that a member called `name` is an end of, and whether it is the last; None for others.
    The word for it is the last or the first one: `createdTo`, `maxPrice`."""
    words = _words(name)
    for at in (len(words) - 1, 0) if words else ():
        if words[at] in _LASTS or words[at] in _FIRSTS:
            return (*words[:at], *words[at + 1 :]), words[at] in _LASTS
    return None


def _is_above(first: object, last: object) -> bool:
    if isinstance(first, bool) or isinstance(last, bool):
        return False
    if isinstance(first, str) and isinstance(last, str):
        return first > last
    return isinstance(first, int | float) and isinstance(last, int | float) and first > last


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def for_pattern(pattern: str | Node, rng: random.Random, fits: Callable[[str], bool], low: int = 0) -> str | None:
    """A short string that matches `pattern`, a portable one or its tree, and `fits`, preferably a word; with `low` or
    more characters, where the pattern leaves that open. None when none was found."""
    try:
        tree = parse(pattern) if isinstance(pattern, str) else pattern
    except UnreadableError:
        return None
    matches = matcher(written(tree))

    def suits(text: str) -> bool:
        return matches(text) and fits(text)

    plain = _word(rng)
    word = next(filter(suits, (plain, plain.capitalize(), plain[0], "1")), None)
    return word if word is not None else draw(tree, rng, suits, low)


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=8))


def of_length(base: str, length: int, fits: Callable[[str], bool]) -> str | None:
    """A string of `length` characters (code points) made from `base` that `fits`; None when none was found.

    It repeats one character of `base` in place, or leaves some out, so that the result still matches a pattern.
    """
    if len(base) == length:
        return base if fits(base) else None
    candidates = _stretched(base, length) if len(base) < length else _shrunk(base, length)
    return next(filter(fits, candidates), None)


def _stretched(base: str, length: int) -> Iterable[str]:
    missing = length - len(base)
    if _AUTHORITY.fullmatch(base):
        # A host has at most 253 characters, and a path as many as it likes (RFC 3986 section 3.2.2).
        yield f"{base}/{'a' * (missing - 1)}"
    if missing > 1 and (address := _ADDRESS.fullmatch(base)) is not None:
        yield f"{address[1]}@{_labels(missing)}{address[2]}"
    for index in range(len(base) - 1, -1, -1):
        yield base[:index] + base[index] * (missing + 1) + base[index + 1 :]
    yield base + "a" * missing
    if base:
        yield (base * (length // len(base) + 1))[:length]


def _labels(length: int) -> str:
    """The first labels of a host name, of `length` > 1 characters together, each with its dot (RFC 1035 section
    2.3.4)."""
    number = -(-length // (_LABEL + 1))
    shortest, longer = divmod(length - number, number)
    return "".join("a" * (shortest + (index < longer)) + "." for index in range(number))


def _shrunk(base: str, length: int) -> Iterable[str]:
    surplus = len(base) - length
    for start in range(length, -1, -1):
        yield base[:start] + base[start + surplus :]
