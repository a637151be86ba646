"""Ranges of media types (`*/*`, `application/*`): the bodies that they allow are judged as what they were sent as."""

from __future__ import annotations

from typing import Any

from clausewise.contract.clause import Direction
from clausewise.contract.message import Message
from clausewise.media.codec import Codec
from clausewise.media.multipart import MULTIPART
from clausewise.media.registry import codec_for
from clausewise.media.text import TEXT
from clausewise.media.types import concrete, essence
from clausewise.spec.pointer import descend, from_pointer

#: ranges that cover media types whose bodies are judged
_JUDGED = frozenset({"*/*", "application/*", "text/*"})


def may_be_judged(media_type: str) -> bool:
    """Whether a schema may judge bodies of a media type, or of some that a range covers."""
    return essence(media_type) in _JUDGED or codec_for(media_type).judged


def why_not_judged(media_type: str, message: Message | None) -> str:
    """Why the schema of `message` judges no body of a media type or range; "" where it does."""
    if message is None:
        return codec_for(media_type).not_judged
    if essence(media_type) in _JUDGED and _describes_bytes(message):
        return "its schema describes bytes"
    codec = codec_for(media_type)
    if codec is not MULTIPART and codec is not TEXT and not codec.has_parts:
        return ""
    types = message.reader.types
    if codec is MULTIPART and types == {"array"}:
        return "its schema describes an array, and the fields of a form go by their names"
    if codec.has_parts and not types & {"array", "object"}:
        return "its schema describes no parts"
    if codec is TEXT and types <= {"array", "object"}:
        return f"plain text has no form for {' or '.join(f'an {name}' for name in sorted(types))}"
    return ""


def no_items(codec: Codec, message: Message) -> str:
    """Why a schema that is none of an array describes no item of a sequence either; "" where it does."""
    if message.reader.types == {"string"}:
        return "its schema describes a text, and no values in it"
    if not codec.typed and "data" not in message.reader.names:
        return "its schema describes no event: events have `data`, and `itemSchema` of OpenAPI 3.2 describes them"
    return ""


def _describes_bytes(message: Message) -> bool:
    """Whether a schema is a string with `format: binary` (OpenAPI 3.0.3 section 4.7.14.2), or with a
    `contentMediaType` and no encoding (3.1 section 4.8.14.1)."""
    schema: Any = message.schema
    while isinstance(schema, dict) and "$ref" in schema and "type" not in schema:
        schema = descend(message.schema, from_pointer(schema["$ref"].removeprefix("#")))
    if not isinstance(schema, dict) or schema.get("type") != "string":
        return False
    return schema.get("format") == "binary" or ("contentMediaType" in schema and "contentEncoding" not in schema)


def sent_as(media_type: str, message: Message | None, direction: Direction) -> str:
    """The media type that bodies of `media_type` are sent as: of a range one that it covers, JSON where the schema has
    more than strings."""
    name = essence(media_type)
    if name not in _JUDGED:
        return concrete(media_type)
    if message is None:
        # What nobody describes is text for a reader, and a file for a server.
        return "text/plain" if name == "*/*" and direction == "response" else concrete(media_type)
    only_strings = message.reader.types == {"string"} and not message.is_valid(0)
    return "application/json" if name == "application/*" or (name == "*/*" and not only_strings) else "text/plain"
