"""Multipart forms that a recording or a command describes part by part, put together as they were sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clausewise.exchange import Headers
from clausewise.media.codec import File
from clausewise.media.multipart import MULTIPART


def with_form(headers: Iterable[tuple[str, str]], parts: Sequence[tuple[str, File]]) -> tuple[Headers, bytes]:
    """`headers` with the `Content-Type` of a multipart form that has these named parts, and its body."""
    members: dict[str, list[File]] = {}
    for name, part in parts:
        members.setdefault(name, []).append(part)
    written = MULTIPART.write(members, "multipart/form-data", {})
    assert written is not None
    kept = [(name, value) for name, value in headers if name.lower() != "content-type"]
    return (*kept, ("Content-Type", written.content_type)), written.content
