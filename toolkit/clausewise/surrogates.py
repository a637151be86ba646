"""Halves of surrogate pairs in text: JSON escapes and names of files may hold them, UTF-8 and reports cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from clausewise.texts import with_texts

T = TypeVar("T")

_HALF = re.compile("[\ud800-\udfff]")

#: items of a tuple that are encoded at once
_AT_ONCE = 1000


def without_surrogates(value: T) -> T:
    """`value` with U+FFFD, the replacement character, for each half of a surrogate pair in a text.

    It looks into structs and whatever holds them, at any depth; bytes stay as they are.
    """
    if all(map(_is_encodable, _parts(value))):
        return value
    return with_texts(value, lambda text: text if text.isascii() else _HALF.sub("\ufffd", text))  # type: ignore[no-any-return]


def _is_encodable(value: Any) -> bool:
    try:
        # Most values have none, and to encode a record of a hundred thousand clauses is many times as fast as to look.
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return False
    return True


def _parts(value: Any) -> Iterator[Any]:
    """All of a value, in parts of which none takes much memory when it is encoded."""
    for part in msgspec.structs.astuple(value) if isinstance(value, msgspec.Struct) else (value,):
        if isinstance(part, tuple):
            yield from (part[start : start + _AT_ONCE] for start in range(0, len(part), _AT_ONCE))
        elif part is not msgspec.UNSET:
            yield part
