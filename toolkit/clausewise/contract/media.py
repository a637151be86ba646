"""Media types: which are JSON, and which documented one a message's own belongs to."""

from __future__ import annotations

from collections.abc import Iterable


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
