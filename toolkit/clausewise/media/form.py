"""`application/x-www-form-urlencoded`: names and values as in a query string."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote_plus

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.media.json import JSON
from clausewise.media.styles import by_name, styled, text
from clausewise.media.text import decoded
from clausewise.media.types import essence
from clausewise.spec.operations import Encoding

#: the characters that `allowReserved` leaves as they are: reserved (RFC 3986 section 2.2) and no separators in a form
_RESERVED = ":/?#[]@!$'()*,;"

#: the `encoding` of a member for which the document has none
_DEFAULT = Encoding(content_type=None, style=None, explode=None, allow_reserved=False, headers=())


def _write(value: Any, media_type: str, encoding: Encodings) -> Written | None:
    if not isinstance(value, dict):
        return None
    fields = [field for name, member in value.items() for field in _fields(name, member, encoding.get(name))]
    return Written(essence(media_type), "&".join(fields).encode())


def _fields(name: str, member: Any, encoding: Encoding | None) -> list[str]:
    """A member as `name=value` texts. Without a style in `encoding` (OpenAPI 3.1 section 4.8.15), an array has one text
    for each item, and an object is written as JSON."""
    encoding = encoding or _DEFAULT
    if encoding.style is not None or encoding.explode is not None:
        style = encoding.style or "form"
        explode = style == "form" if encoding.explode is None else encoding.explode
        written = styled(name, member, style, explode=explode)
    elif isinstance(member, list) and not JSON.covers(encoding.content_type or ""):
        written = [(name, text(item)) for item in member]
    else:
        written = [(name, text(member))]
    kept = _RESERVED if encoding.allow_reserved else ""
    return [f"{_quoted(key, '')}={_quoted(value, kept)}" for key, value in written]


def _quoted(written: str, kept: str) -> str:
    return quote_plus(written, safe=kept, errors="surrogatepass")


def _read(content: bytes, _content_type: str) -> Any:
    fields = decoded(content, "")
    if isinstance(fields, Malformed):
        return Malformed("a form", fields.message, fields.offset)
    try:
        return by_name(parse_qsl(fields, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        # The error does not say where in the body the percent-encoded bytes stand.
        return Malformed("a form", str(error))


FORM = Codec(
    "a form",
    ("application/x-www-form-urlencoded",),
    _write,
    _read,
    not_judged="the fields of a form are not compared with its schema",
)
