"""Many JSON values in one body: one a line (NDJSON, JSON Lines), or each after a record separator (RFC 7464)."""

from __future__ import annotations

from typing import Any

from clausewise.media.codec import Codec, Encodings, Malformed, Written
from clausewise.media.json import json_text, malformed_json, parse_json

#: U+001E, before each text of a JSON sequence
_SEPARATOR = b"\x1e"


def _write_lines(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    if not isinstance(value, list):
        return None
    return Written(media_type, b"".join(json_text(item) + b"\n" for item in value))


def _write_sequence(value: Any, media_type: str, _encoding: Encodings) -> Written | None:
    if not isinstance(value, list):
        return None
    return Written(media_type, b"".join(_SEPARATOR + json_text(item) + b"\n" for item in value))


def _read_lines(content: bytes, _content_type: str) -> Any:
    return _values(content, b"\n")


def _read_sequence(content: bytes, _content_type: str) -> Any:
    if content and not content.startswith(_SEPARATOR):
        return Malformed("a JSON sequence", "a text does not start with a record separator", 0)
    return _values(content, _SEPARATOR)


def _values(content: bytes, separator: bytes) -> Any:
    values, offset = [], 0
    for text in content.split(separator):
        if text.strip():
            try:
                values.append(parse_json(text))
            except ValueError as error:
                fault = malformed_json(text, error)
                return Malformed("JSON", f"value {len(values) + 1}: {fault.message}", offset + (fault.offset or 0))
        offset += len(text) + len(separator)
    return values


LINES = Codec(
    "JSON values, one a line",
    (
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
    ),
    _write_lines,
    _read_lines,
    typed=True,
    sequential=True,
    malformed=(
        (b'{"\n', "ends in the middle of a line"),
        (b"not json\n", "is not JSON"),
        (b"\x93\xff\n", "is not UTF-8"),
    ),
)

SEQUENCE = Codec(
    "a JSON sequence",
    ("application/json-seq", "*+json-seq"),
    _write_sequence,
    _read_sequence,
    typed=True,
    sequential=True,
    malformed=((b'\x1e{"\n', "ends in the middle of a text"), (b"\x1enot json\n", "is not JSON")),
)
