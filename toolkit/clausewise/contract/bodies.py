"""Bodies on the wire and back: the values that the schemas of a contract judge."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from clausewise.contract.message import Message
from clausewise.contract.parts import BodyContract, MediaContract, ResponseContract
from clausewise.contract.readings import reading
from clausewise.exchange import Request, Response, header
from clausewise.media.codec import Codec, Malformed, Written
from clausewise.media.json import JSON, json_text, parse_json
from clausewise.media.text import decoded


def read_body(entry: MediaContract, content: bytes, content_type: str) -> Any:
    """The value of a body of `content_type`, which `entry` covers; Malformed where it does not have the format of its
    media type, and None where values of such bodies are not read. Raises nothing.

    What comes as text has the types of the schema.
    """
    codec = entry.codec_of(content_type)
    if not codec.judged:
        return None
    if codec.read_form is not None:
        value = codec.read_form(content, content_type, entry.members)
    else:
        value = codec.read(content, content_type)
    message = entry.message_of(content_type)
    if isinstance(value, Malformed):
        return value
    if codec.typed:
        return value if codec is JSON else _as_text(message, value, content, content_type)
    if codec.by_schema:
        value = _out_of_xml(message, value, content, content_type)
        if message is None or isinstance(value, Malformed):
            return value
    return reading(message, value)


def write_body(entry: MediaContract, value: Any, content_type: str = "") -> Written | None:
    """A body that holds `value`, as `content_type`, else as the media type that bodies of `entry` are sent as; None
    for a value that has no form in it."""
    codec = entry.codec_of(content_type) if content_type else entry.codec
    if codec.by_schema and entry.message is not None and not _is_document(entry.message, codec, value):
        from clausewise.contract.xml_form import xml_form

        value = xml_form(entry.message).write(value)
    return codec.write(value, content_type or entry.sent_as, entry.members)


def sent_value(contract: BodyContract | None, request: Request) -> Any:
    """The value of a request's body, as `contract` has it, or as JSON where that does not cover its media type; None
    where it has none."""
    content_type = header(request.headers, "Content-Type") or ""
    entry = contract.content_for(content_type) if contract is not None else None
    value = (JSON.read if entry is None else partial(read_body, entry))(request.body or b"", content_type)
    return None if isinstance(value, Malformed) else value


def answered_value(contract: ResponseContract | None, response: Response) -> Any:
    """The value of a response's body: its JSON, or what its schema reads from XML, or the codec from YAML and
    sequences; None where it has nothing of the kind."""
    if not response.body:
        return None
    with suppress(ValueError):
        return parse_json(response.body)
    content_type = header(response.headers, "Content-Type") or ""
    entry = contract.content_for(content_type) if contract is not None else None
    codec = entry.codec_of(content_type) if entry is not None else None
    if entry is None or codec is None or not (codec.typed or (codec.by_schema and entry.message is not None)):
        return None
    value = read_body(entry, response.body, content_type)
    return None if isinstance(value, Malformed) else value


def with_sent_value(contract: BodyContract | None, request: Request, value: Any) -> Request:
    """`request` with another value in its body, in the media type that it has; the same where that has no form for
    it."""
    content_type = header(request.headers, "Content-Type") or ""
    entry = contract.content_for(content_type) if contract is not None else None
    written = Written(content_type, json_text(value)) if entry is None else write_body(entry, value, content_type)
    if written is None:
        return request
    headers = tuple(
        (name, written.content_type if name.lower() == "content-type" else each) for name, each in request.headers
    )
    return msgspec.structs.replace(request, headers=headers, body=written.content)


def example_value(entry: MediaContract, written: Any) -> Any:
    """The value of an example for a body: one that is no JSON may be written as the text of the whole body, and is then
    read as it. Malformed where it is neither that nor a value that the schema allows."""
    if entry.message is None or entry.codec is JSON or not isinstance(written, str) or entry.message.is_valid(written):
        return written
    return read_body(entry, written.encode("utf-8", "surrogatepass"), entry.sent_as)


def _as_text(message: Message | None, value: Any, content: bytes, content_type: str) -> Any:
    """A value as a schema has it that allows nothing but strings: it is about the text of the whole document, as
    `text/*` has it, where that is more than one string."""
    if isinstance(value, str) or message is None or message.reader.types != {"string"}:
        return value
    return decoded(content, content_type)


def _is_document(message: Message, codec: Codec, value: Any) -> bool:
    """Whether a value is the text of a whole document, where the schema allows nothing but strings."""
    if not isinstance(value, str) or message.reader.types != {"string"}:
        return False
    return not isinstance(codec.read(value.encode("utf-8", "surrogatepass"), ""), Malformed)


def _out_of_xml(message: Message | None, root: Any, content: bytes, content_type: str) -> Any:
    """The value in an XML document with this root element; None without a schema. Where that allows nothing but
    strings, it may be about the text of the document."""
    from clausewise.contract.xml_form import xml_form

    if message is None:
        return None
    value = xml_form(message).read(root)
    if message.reader.types == {"string"} and (root.children or not message.is_valid(value)):
        whole = decoded(content, content_type)
        return whole if root.children or message.is_valid(whole) else value
    return value
