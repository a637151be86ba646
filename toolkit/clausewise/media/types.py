"""Media types: which are JSON and how that is read, and which documented one a message's own belongs to."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether bodies of this type are JSON (RFC 8259, RFC 6839 section 3.1)."""
    name = essence(media_type)
    return name == "application/json" or name.endswith("+json") or name == "text/json"


def best_match(media_type: str, documented: Iterable[str]) -> str | None:
    """The most specific of the `documented` types and ranges that covers `media_type`; None when none does."""
    name = essence(media_type)
    ranges = {essence(entry): entry for entry in documented}
    for candidate in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if candidate in ranges:
            return ranges[candidate]
    return None


def parse_json(content: bytes) -> Any:
    """A JSON text (RFC 8259).

    Raises ValueError for what is none, and for what no two programs read alike: NaN, wrong encoding, nesting or numbers
    beyond reason, halves of surrogate pairs (sections 6 and 8.2).
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _finite(written: str) -> float:
    number = float(written)
    if math.isinf(number):
        raise ValueError(f"{written} is beyond what a number can hold")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def digest(document: Any) -> str:
    """What tells one JSON value from another: not the value itself, which may hold what nobody should read."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
