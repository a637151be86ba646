"""The forms of values that a refusal shows: `field:asc`, `key=value`, `+name`."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: words with a separator between them that belongs to no sentence
_FORM = re.compile(
    r"(?<![\w/:.\"'&=-])([-+]?)([<\[{(]?[A-Za-z_][\w.]*[>\]})]?)(:|==|=|,)([<\[{(]?[A-Za-z_][\w|/.]*[>\]})]?)(?![\w/:])"
)

#: words that stand for any name
_ANY_NAME = re.compile(r"(?:field|key|column|attribute|property|member|name)s?\d?|field_?name", re.IGNORECASE)

#: words that stand for any order
_ANY_ORDER = re.compile(r"(?:direction|order|dir|sort)\w*", re.IGNORECASE)

#: names that most resources have
_NAMES = ("id", "name")


def written_forms(text: str) -> Iterator[str]:
    """Values of the forms in the sentence `text`, with a name and an order where it has words that stand for any."""
    for sign, left, separator, right in _FORM.findall(text):
        first, *_ = re.split(r"[|/]", right.strip("<>[]{}()"))
        order = "asc" if _ANY_ORDER.fullmatch(first) else first
        word = left.strip("<>[]{}()")
        for name in (*(_NAMES if _ANY_NAME.fullmatch(word) else ()), word):
            yield f"{sign}{name}{separator}{order}"
