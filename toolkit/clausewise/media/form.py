"""`application/x-www-form-urlencoded`: names and values as in a query string."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.media.types import essence


def items_of(member: Any) -> list[Any]:
    """What of a member of a form is written under its name each by itself: the items of an array, or the value."""
    return member if isinstance(member, list) else [member]


def text_of(item: Any) -> str:
    """A text as it is, and every other value as JSON (OpenAPI 3.1 section 4.8.15)."""
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def by_name(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of a form: a name that comes once has its value, one that comes again an array of all of them."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    if not isinstance(value, dict):
        return None
    pairs = [(name, text_of(item)) for name, member in value.items() for item in items_of(member)]
    return Written(essence(media_type), urlencode(pairs, errors="surrogatepass").encode())


def _read(content: bytes, _content_type: str) -> Any:
    try:
        text = content.decode("utf-8")
        return by_name(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        # Of bytes behind percent signs nobody can tell where in the body they stand.
        return Malformed("a form", str(error), error.start if error.object is content else None)


FORM = Codec(
    "a form",
    ("application/x-www-form-urlencoded",),
    _write,
    _read,
    not_judged="the fields of a form are not compared with its schema",
)
