"""JSON (RFC 8259), and media types that end in `+json` (RFC 6839 section 3.1)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from clausewise.media.codec import Codec, Encodings, Malformed, Written


def parse_json(content: bytes) -> Any:
    """The value of a JSON text (RFC 8259).

    Raises ValueError for any other text, and for one that programs read differently: with NaN, another encoding than
    UTF-8, extreme nesting or numbers, or halves of surrogate pairs (sections 6 and 8.2).
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


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
    offset = None
    if isinstance(error, json.JSONDecodeError):
        offset = len(error.doc[: error.pos].encode("utf-8", "surrogatepass"))
    elif isinstance(error, UnicodeDecodeError):
        offset = error.start
    return Malformed("JSON", str(error) if content.strip() else "it is empty", offset)


def _finite(written: str) -> float:
    number = float(written)
    if math.isinf(number):
        raise ValueError(f"{written} is too large for a number")
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


JSON = Codec("JSON", ("application/json", "text/json", "*+json"), _write, _read)
