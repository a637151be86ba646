"""JSON (RFC 8259), and media types that end in `+json` (RFC 6839 section 3.1)."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.spec.json_object import RepeatedNameError, with_unique_names

#: a string, which may hold brackets; else a bracket
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")

#: levels of nesting that are counted
_DEEPEST = 2000

#: characters of a number that a sentence shows
_SHOWN = 40


class HardJsonError(ValueError):
    """A text that is JSON as far as it was read, and that many programs cannot read: with extreme nesting or numbers,
    or with halves of surrogate pairs (RFC 8259 sections 6, 8.2 and 9)."""


def parse_json(content: bytes) -> Any:
    """The value of a JSON text (RFC 8259).

    Raises HardJsonError for one that many programs cannot read, and ValueError for any other text, NaN and other
    encodings than UTF-8 included.
    """
    text = content.decode("utf-8")
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise HardJsonError(f"its arrays and objects are {_depth(text)} levels deep") from None
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise HardJsonError(f"it has {half}, half of a surrogate pair, which is no character") from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError | HardJsonError) or "digits" not in str(error):
            raise
        # Python makes no whole number of so many digits.
        longest = max(map(len, _DIGITS.findall(text)))
        raise HardJsonError(f"it has a whole number of {longest:,} digits") from None
    return value


def repeated_member(content: bytes) -> str | None:
    """The first member name that an object of a JSON text has twice; None where each has every name once.

    Programs keep one value or the other (RFC 8259 section 4).
    """
    try:
        json.loads(content, object_pairs_hook=with_unique_names)
    except RepeatedNameError as error:
        return error.name
    except (ValueError, RecursionError):
        return None
    return None


def json_text(value: Any) -> bytes:
    """The JSON text of a value, which may have halves of surrogate pairs, because probes send those."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def digest(document: Any) -> str:
    """The SHA-256 of a JSON value, the same for equal ones. It stands for a value that may hold a secret."""
    import hashlib

    return hashlib.sha256(json.dumps(document, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def values_in(document: Any) -> Iterator[Any]:
    """A JSON value and every value in it, in order, at any depth."""
    pending = [document]
    while pending:
        value = pending.pop()
        yield value
        if isinstance(value, dict | list):
            pending += reversed(value.values() if isinstance(value, dict) else value)


def malformed_json(content: bytes, error: ValueError) -> Malformed:
    """The `error` of `parse_json` about `content`, as Malformed."""
    offset, message = None, str(error)
    if isinstance(error, json.JSONDecodeError):
        offset = len(error.doc[: error.pos].encode("utf-8", "surrogatepass"))
    elif isinstance(error, UnicodeDecodeError):
        offset, message = error.start, f"byte {error.start} (0x{content[error.start]:02x}) is none of UTF-8"
    if content.startswith(codecs.BOM_UTF8):
        message = "it begins with a byte order mark, which must not be there (RFC 8259 section 8.1)"
    message = message if content.strip() else "it is empty"
    return Malformed("JSON", message, offset, is_hard=isinstance(error, HardJsonError))


def _depth(text: str) -> str:
    """How many arrays and objects of a text stand within one another, counted up to a limit."""
    depth = deepest = 0
    for token in _BRACKET.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            return f"more than {_DEEPEST:,}"
    return f"{deepest:,}"


def _finite(written: str) -> float:
    number = float(written)
    if math.isinf(number):
        shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}..."
        raise HardJsonError(f"it has {shown}, which is too large for a number in most programs")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _write(value: Any, media_type: str, _encoding: Encodings) -> Written:
    return Written(media_type, json_text(value))


def _read(content: bytes, _content_type: str) -> Any:
    try:
        return parse_json(content)
    except ValueError as error:
        return malformed_json(content, error)


JSON = Codec(
    "JSON",
    ("application/json", "text/json", "*+json"),
    _write,
    _read,
    typed=True,
    malformed=(
        (b'{"', "ends in the middle"),
        (b"{'a': 1}", "is written with single quotes"),
        (b"not json", "is not JSON"),
        # Neither as UTF-8 nor in any other encoding: no server takes it because it is lenient about encodings.
        (b'\x93\xff{"', "is not UTF-8"),
    ),
)
