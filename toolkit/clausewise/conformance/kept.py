"""What is shown later of a value that was sent, member by member.

A server may write a value in another way: other case or blanks, another time zone, fewer digits, another order of a
set, a name completed to a full one, a secret masked. None of these is a difference, and neither is a value of another
type, which may be another form of the same: an id in the place of an object, a list as one text.
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from clausewise.security.names import is_secret_member
from clausewise.values.edit import Location
from clausewise.values.words import plain, words

#: names, as `plain` writes them, of members with which a server keeps its books, and of those that it may set besides
_BOOKS = frozenset(
    (
        *("id", "uuid", "guid", "etag", "href", "self", "link", "links", "version", "revision", "resourceversion"),
        *("createdby", "updatedby", "modifiedby", "created", "updated", "modified", "deleted", "timestamp"),
        *("createdon", "updatedon", "modifiedon", "creationdate", "creationtime", "creationtimestamp", "lastupdate"),
        *("lastupdated", "lastmodified", "datecreated", "dateupdated", "datemodified"),
    )
)
_OWN = frozenset(
    (
        *("kind", "object", "url", "uri", "generation", "checksum", "hash", "digest", "sequence", "owner", "author"),
        *("creator", "user", "tenant", "slug", "count", "total", "size", "rank", "position", "score", "status"),
        *("state", "phase"),
    )
)

#: characters of which a mask consists
_MASKS = frozenset("*•●·xX.-_#")

#: characters of a text that are believed to be one word of the whole
_WORD = 3


class Difference(msgspec.Struct, frozen=True):
    """A member that is shown otherwise than it was sent."""

    location: Location
    sent: Any
    #: None where it is not shown, or as null
    shown: Any
    #: "missing": there is no such member; "null": it is null; "other": it has another value
    how: Literal["missing", "null", "other"]


def is_of_the_books(name: str) -> bool:
    """Whether a member of this name is mostly the server's to set, whoever may send it: an id, when it was changed."""
    return plain(name) in _BOOKS or (words(name)[-1:] == ["at"] and len(words(name)) > 1)


def is_computed(name: str) -> bool:
    """Whether a server may set a member of this name by itself, where requests and answers share their schema."""
    return plain(name) in _OWN or is_of_the_books(name)


def differences(
    sent: Any, shown: Any, is_documented: Callable[[Location], bool], location: Location = ()
) -> Iterator[Difference]:
    """The members of `sent` that are shown otherwise, the outermost of each branch.

    A member that is not shown counts where `is_documented`. What was sent empty or null may be shown as anything.
    """
    if isinstance(sent, dict) and isinstance(shown, dict):
        called = {plain(name): name for name in reversed(shown)}
        for name, value in sent.items():
            at = (*location, name)
            if is_secret_member(name) or _is_nothing(value):
                continue
            own = name if name in shown else called.get(plain(name))
            if own is not None and shown[own] is not None:
                yield from differences(value, shown[own], is_documented, at)
            elif own is not None:
                yield Difference(at, value, None, "null")
            elif is_documented(at):
                yield Difference(at, value, None, "missing")
    elif isinstance(sent, list) and isinstance(shown, list):
        left = list(shown)
        for index, item in enumerate(sent):
            match = next((each for each in left if not [*differences(item, each, is_documented)]), None)
            if match is not None:
                left.remove(match)
            elif not any(is_same(item, other) for other in sent[:index]):
                # A set has each item once.
                yield Difference(location, sent, shown, "other")
                return
    elif _comparable(sent, shown) and not is_same(sent, shown):
        yield Difference(location, sent, shown, "other")


def is_same(sent: Any, shown: Any) -> bool:
    """Whether two values are the same but for the way in which they are written."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(name in shown and is_same(value, shown[name]) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(any(is_same(one, other) for other in shown) for one in sent)
    if isinstance(sent, bool) or isinstance(shown, bool):
        return sent is shown or (not _comparable(sent, shown) and _truth(sent) is _truth(shown))
    if isinstance(sent, str) and isinstance(shown, str):
        return _same_text(sent, shown)
    one, other = _number(sent), _number(shown)
    if one is not None and other is not None:
        return _same_number(one, other)
    return bool(sent == shown)


def means_the_same(sent: Any, shown: Any) -> bool:
    """Whether two texts are one moment in two zones, one number with more zeros behind its point, as databases write
    decimals ("1.5" and "1.500"), or one URL (RFC 3986 sections 6.2.2.1 and 6.2.3)."""
    if not isinstance(sent, str) or not isinstance(shown, str):
        return False
    one, other = _moment(sent), _moment(shown)
    if one is not None and other is not None:
        return one == other
    if "://" in sent and "://" in shown:
        return _plain_url(sent) == _plain_url(shown)
    more = shown.removeprefix(sent) if _number(sent) is not None else ""
    return shown.startswith(sent) and re.fullmatch(r"0+" if "." in sent else r"\.00+", more) is not None


def is_rewritten(sent: Any, shown: Any) -> bool:
    """Whether a value that `is_same` is written in another way: in another case, without accents, with fewer digits. A
    time in another zone, a mask and a name that is completed are none."""
    if isinstance(sent, bool) or isinstance(shown, bool) or type(sent) is not type(shown) or sent == shown:
        return False
    one, other = _number(sent), _number(shown)
    if one is not None and other is not None:
        return not math.isclose(one, other, rel_tol=1e-9)
    if not isinstance(sent, str) or _is_mask(shown) or _moment(sent) is not None:
        return False
    same = unicodedata.normalize("NFC", html.unescape(shown)).strip() == unicodedata.normalize("NFC", sent).strip()
    return not same and _plain_text(sent) == _plain_text(shown)


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _comparable(sent: Any, shown: Any) -> bool:
    """Whether two values have the same type, so that the one cannot be another form of the other."""
    if isinstance(sent, bool) or isinstance(shown, bool):
        return isinstance(sent, bool) and isinstance(shown, bool)
    return any(isinstance(sent, kind) and isinstance(shown, kind) for kind in (str, (int, float), list, dict))


def _truth(value: Any) -> Any:
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower(), value)


def _number(value: Any) -> float | int | None:
    if isinstance(value, int | float):
        return value
    try:
        return float(value) if isinstance(value, str) and len(value) < 40 else None
    except ValueError:
        return None


def _same_number(sent: float, shown: float) -> bool:
    """Whether a number is the other one, perhaps with fewer digits."""
    if sent == shown:
        return True
    if isinstance(sent, int) or not math.isfinite(sent) or not math.isfinite(shown):
        return False
    if math.isclose(sent, shown, rel_tol=1e-6):
        return True
    return any(shown in (round(sent, digits), math.floor(sent * 10**digits) / 10**digits) for digits in range(7))


def _same_text(sent: str, shown: str) -> bool:
    if sent == shown or _is_mask(shown):
        return True
    one, other = _moment(sent), _moment(shown)
    if one is not None and other is not None:
        # Two dates without a time have no zone that could explain another day.
        is_shifted = _is_date(sent) is not _is_date(shown) and abs(one - other) <= 86_400
        return abs(one - other) < 60 or is_shifted
    if _number(sent) is not None and _number(shown) is not None:
        return _same_number(float(sent), float(shown))
    plain_sent, plain_shown = _plain_text(sent), _plain_text(shown)
    # Many a server completes a name: "alpine" is "docker.io/library/alpine:latest".
    return plain_sent == plain_shown or (len(plain_sent) >= _WORD and plain_sent in plain_shown)


def _plain_text(text: str) -> str:
    """The letters and digits of a text, without case and accents."""
    decomposed = unicodedata.normalize("NFKD", html.unescape(text)).casefold()
    return "".join(filter(str.isalnum, decomposed)) or decomposed.strip()


def _is_mask(text: str) -> bool:
    lowered = text.strip().lower()
    return lowered.strip("<>[](){} ") in ("redacted", "hidden", "masked", "secret") or (
        len(text) > 1 and set(text) <= _MASKS and any(each in text for each in "*•●")
    )


def _plain_url(text: str) -> str:
    """A URL whose scheme and host are in lower case, and whose empty path is "/"; any other text as it is."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host.lower()}", path=parts.path or "/"))


def _is_date(text: str) -> bool:
    return "T" not in text.upper() and " " not in text and ":" not in text


def _moment(text: str) -> float | None:
    """A date, or a date with a time, in seconds; None where `text` is none. Without a zone it is in UTC."""
    if len(text) < 8 or not text[:4].isdecimal() or not text.isascii():
        return None
    try:
        found = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
