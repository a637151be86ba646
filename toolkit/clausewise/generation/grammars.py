"""Texts with a grammar of their own, such as sort orders and filters, and malformed ones like them.

A contract calls `name:asc` a string. Whoever takes it apart expects both parts, in this order, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clausewise.values.words import plain

#: the longest text that is taken for one with a grammar, in characters
_LONGEST = 80

#: what separates the parts of such a text
_SEPARATOR = re.compile(r"==|!=|<=|>=|=~|[:=<>|~;,]|\s(?:eq|ne|gt|lt|ge|le|in|and|or|asc|desc)\b\s?", re.IGNORECASE)

#: a sign before a name says the direction of its order
_SIGNED = re.compile(r"[-+][A-Za-z_][\w.]*")

#: texts of other grammars: addresses, times, media types, and prose
_OTHER = re.compile(
    r"[a-z][a-z0-9+.-]*://|\d{4}-\d\d-\d\d|\d\d:\d\d|[\w+.-]+/[\w+.-]+|\S+@\S+|[0-9a-f:]+$|(?:\S+\s+){4}|\d+,\d+",
    re.IGNORECASE,
)

#: names of sort orders, and one that stands in an order
_ORDERS = frozenset({"sort", "sorts", "sortby", "sorting", "order", "orderby", "ordering"})
_NAME = re.compile(r"[A-Za-z_][\w.]*")

#: a name that no server knows
_UNKNOWN = "clausewise"


def has_grammar(text: str) -> bool:
    """Whether `text` looks as if it had a grammar of its own."""
    return next(around(text), None) is not None


def around(text: str) -> Iterator[str]:
    """Texts that are nearly like `text`, which a server takes; nothing where it shows no grammar."""
    if len(text) > _LONGEST or _OTHER.match(text):
        return
    if _SIGNED.fullmatch(text):
        yield from (text[0], text[0] * 2 + text[1:], text[0] + _UNKNOWN, f"{text},", f"{text},{text}")
        return
    found = _SEPARATOR.search(text)
    if found is None:
        return
    left, sign, right = text[: found.start()], found[0], text[found.end() :]
    yield left + sign
    yield sign + right
    yield sign.strip() or sign
    yield left + sign * 2 + right
    yield _UNKNOWN + sign + right
    yield left + sign + _UNKNOWN
    yield left
    yield f"{text},"
    yield f"{text}{sign}{right}"
    yield f"({text}"


def twice(name: str, text: str) -> Iterator[str]:
    """A sort order that names the same twice, made of the one `text` that a server takes for what is called `name`."""
    if plain(name) in _ORDERS and _NAME.fullmatch(text):
        yield f"{text},{text}"
