"""Halves of surrogate pairs in text: JSON escapes and names of files may hold them, UTF-8 and reports cannot."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_HALF = re.compile("[\ud800-\udfff]")


def without_surrogates(value: T) -> T:
    """`value` with U+FFFD, the replacement character, for each half of a surrogate pair in a text.

    It looks into structs, tuples and frozen sets, at any depth; bytes stay as they are.
    """
    try:
        # Most values have none, and to encode a record of a hundred thousand clauses is many times as fast as to look.
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return _replaced(value)  # type: ignore[no-any-return]
    return value


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _HALF.sub("\ufffd", value)
    if isinstance(value, tuple | frozenset):
        return type(value)(map(_replaced, value))
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(
            value, **{name: _replaced(getattr(value, name)) for name in value.__struct_fields__}
        )
    return value
