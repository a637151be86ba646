"""Values for forms: without what no form can hold, and with files that are what their media types say."""

from __future__ import annotations

import random
import struct
import zlib
from contextlib import suppress
from typing import Any

from clausewise.contract.parts import MediaContract
from clausewise.media.members import TEXT_MEMBER, Member, by_order, member_at
from clausewise.media.types import essence
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.typical import NoValueError, typical


def fitted(entry: MediaContract, body: Any, *, generated: bool) -> Any:
    """`body` as a form can hold it: without null, for which it has no text, and with another value where that is
    required. Files that are `generated` get a content that programs know as their media type, where the schema allows
    it."""
    if not entry.is_form or entry.message is None:
        return body
    if isinstance(body, list) and by_order(entry.members):
        samples = [_sample(member_at(entry.members, index)) if generated else None for index in range(len(body))]
        whole = [item if sample is None else sample for item, sample in zip(body, samples, strict=True)]
        return whole if entry.message.is_valid(whole) else body
    if not isinstance(body, dict):
        return body
    message, rng = entry.message, random.Random(0)
    kept: dict[str, Any] = {}
    for name, value in body.items():
        member = entry.members.get(name, TEXT_MEMBER)
        items = [item for item in value if member.has_form(item)] if isinstance(value, list) else value
        if not isinstance(value, list) and not member.has_form(value):
            if name in shape_of([message.schema], message.schema).required:
                with suppress(NoValueError):
                    kept[name] = typical(shape_at(message, (name,)), message.schema, rng, optional=False, name=name)
            continue
        kept[name] = items
        sample = _sample(member) if generated else None
        if sample is not None and message.is_valid(
            with_sample := {**kept, name: [sample] * len(items) if isinstance(items, list) else sample}
        ):
            kept = with_sample
    return kept if message.is_valid(kept) else body


def _sample(member: Member) -> str | None:
    """A small file of the media type of a member, a character for each byte; None where none is known."""
    content = _SAMPLES.get(essence(member.media_type)) if member.is_file else None
    return content.decode("latin-1") if content is not None else None


def _png() -> bytes:
    """One grey pixel (PNG, third edition, section 5)."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = {b"IHDR": head, b"IDAT": zlib.compress(b"\0\x80"), b"IEND": b""}
    written = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


#: media type -> the smallest file that programs open
_SAMPLES = {
    "image/png": _png(),
    "image/gif": b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    "application/pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    "application/zip": b"PK\5\6" + b"\0" * 18,
    "application/json": b"{}",
    "application/xml": b"<clausewise/>",
}
