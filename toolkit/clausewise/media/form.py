"""`application/x-www-form-urlencoded`: names and values as in a query string."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from clausewise.media.codec import Codec, Malformed, Written
from clausewise.media.fields import Field, gather, json_or_text
from clausewise.media.json import json_text
from clausewise.media.members import TEXT_MEMBER, Member, Members
from clausewise.media.styles import styled, text
from clausewise.media.text import decoded
from clausewise.media.types import essence

#: the characters that `allowReserved` leaves as they are: reserved (RFC 3986 section 2.2) and no separators in a form
_RESERVED = ":/?#[]@!$'()*,;"


def _write(value: Any, media_type: str, members: Members) -> Written | None:
    if not isinstance(value, dict):
        return None
    fields: list[str] = []
    for name, each in value.items():
        written = _fields(name, each, members.get(name, TEXT_MEMBER))
        if written is None:
            return None
        fields += written
    return Written(essence(media_type), "&".join(fields).encode())


def _fields(name: str, value: Any, member: Member) -> list[str] | None:
    """A member as `name=value` texts, one for each item of an array without a style; None for what has no such
    form."""
    if not member.has_form(value):
        return None
    if member.is_json and (member.media_types or not isinstance(value, list)):
        return [_pair(_quoted(name), _quoted(json_text(value).decode("utf-8", "surrogatepass")))]
    # The separators of a style stand as they are, and those in its parts do not.
    kept = _RESERVED.replace(",", "") if member.style and not member.explode else _RESERVED
    escape = partial(_quoted, kept=kept if member.allow_reserved else "")
    if member.style is not None:
        return [_pair(*each) for each in styled(name, value, member.style, explode=member.explode, escape=escape)]
    return [_pair(_quoted(name), escape(text(item))) for item in (value if isinstance(value, list) else [value])]


def _pair(name: str, value: str) -> str:
    return f"{name}={value}"


def _quoted(written: str, kept: str = "") -> str:
    return quote_plus(written, safe=kept, errors="surrogatepass")


def _read(content: bytes, _content_type: str, members: Members) -> Any:
    """The members by name: strings, arrays and objects of strings, and values of JSON as `Typed`."""
    written = decoded(content, "")
    if isinstance(written, Malformed):
        return Malformed("a form", written.message, written.offset)
    fields: list[Field] = []
    try:
        for pair in filter(None, written.split("&")):
            quoted, _, value = pair.partition("=")
            name, plain = unquote_plus(quoted, errors="strict"), unquote_plus(value, errors="strict")
            is_json = members.get(name, TEXT_MEMBER).is_json
            fields.append(Field(name, json_or_text(plain) if is_json else plain, value))
    except UnicodeDecodeError as error:
        # The error does not say where in the body the percent-encoded bytes stand.
        return Malformed("a form", str(error))
    return gather(fields, members, unquote_plus)


FORM = Codec("a form", ("application/x-www-form-urlencoded",), _write, partial(_read, members={}), read_form=_read)
