"""Bodies that are no JSON: forms, files and texts, written from a value of their schema."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from clausewise.media.types import essence

#: what a made-up file is called
_FILE = "clausewise.txt"

#: separates the parts of a multipart body (RFC 2046 section 5.1.1); no value that we make holds it
_BOUNDARY = "clausewise-boundary-7d4a1c"

#: what a file holds where its schema says nothing
_CONTENT = b"clausewise\n"


def write_form(media_type: str, value: Any, files: frozenset[str]) -> tuple[str, bytes]:
    """The `Content-Type` and the bytes of a body of `media_type` that holds `value`.

    `files` are the members of a multipart form that are sent as files.
    """
    name = essence(media_type)
    if name == "application/x-www-form-urlencoded" and isinstance(value, dict):
        pairs = [(field, text) for field, member in value.items() for text in _texts(member)]
        return name, urlencode(pairs).encode()
    if name.startswith("multipart/") and isinstance(value, dict):
        kind = "multipart/form-data" if name.endswith("/*") else name
        return f"{kind}; boundary={_BOUNDARY}", _multipart(value, files)
    sent = "application/octet-stream" if name.endswith("*") else name
    if isinstance(value, str) and name.startswith("text/"):
        return sent, value.encode()
    return sent, _CONTENT


def _texts(member: Any) -> list[str]:
    """A member of a form as texts: an array as one each, an object as JSON (OpenAPI 3.1 section 4.8.15)."""
    items = member if isinstance(member, list) else [member]
    return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items]


def _multipart(value: dict[str, Any], files: frozenset[str]) -> bytes:
    parts = b""
    for field, member in value.items():
        if field in files:
            count = len(member) if isinstance(member, list) else 1
            texts, named, kind = [_CONTENT.decode()] * count, f'; filename="{_FILE}"', "text/plain"
        else:
            texts, named, kind = _texts(member), "", "application/json" if isinstance(member, dict) else ""
        for text in texts:
            head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{named}\r\n'
            head += f"Content-Type: {kind}\r\n" if kind else ""
            parts += f"{head}\r\n{text}\r\n".encode("utf-8", "surrogatepass")
    return parts + f"--{_BOUNDARY}--\r\n".encode()
