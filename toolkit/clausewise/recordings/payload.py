"""A file that holds one body: a JSON or YAML value, of a request or of a response."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from clausewise.contract.operation import OperationContract
from clausewise.errors import Location, SpecError, UsageError
from clausewise.exchange import Exchange, Request, Response, Unreadable
from clausewise.recordings.entry import Entry, RecordedExchange
from clausewise.recordings.passage import Passage
from clausewise.recordings.positions import JsonFaultError, JsonPositions, Positions, read_json
from clausewise.spec.document import parse
from clausewise.spec.source_map import SourceMap
from clausewise.wording import byte_size

#: bytes of the largest payload that is read
LARGEST = 64 * 1024 * 1024

#: what a request body alone leaves open, and what a response body alone does
_OF_REQUEST = frozenset(("request", part) for part in ("path", "query", "header", "cookie", "security"))
_OF_RESPONSE = frozenset({("request",), ("response", "header")})


def read_payload(
    content: bytes, file: str, operation: OperationContract, direction: Literal["request", "response"], status: int
) -> Entry:
    """The exchange that the body in `content` would be part of. It is read as YAML where `file` ends in .yaml or .yml.

    Raises UsageError where the operation has no JSON body in that direction, or none for that `status`.
    """
    if len(content) > LARGEST:
        return Unreadable(file, f"has more than {byte_size(LARGEST)}, the most that a payload may have")
    media_type = _media_type(operation, direction, status)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return Unreadable(f"{file}:{line}:{column}", "is not UTF-8 text")
    if not text.strip():
        return Unreadable(file, "is empty; a payload is one JSON or YAML value")
    positions: Positions
    if file.endswith((".yaml", ".yml")):
        try:
            document = parse(content, Path(file), file)
        except SpecError as error:
            return Unreadable(str(error.location or file), error.message)
        body, positions = json.dumps(document.tree).encode(), SourceMap(document)
    else:
        passage = Passage.of(file, text)
        try:
            read_json(text)
        except JsonFaultError as error:
            return Unreadable(str(passage.locate(error.index)), error.message)
        body, positions = text.encode(), JsonPositions(passage)
    return _entry(body, file, positions, operation, direction, status, media_type)


def _entry(
    body: bytes,
    file: str,
    positions: Positions,
    operation: OperationContract,
    direction: Literal["request", "response"],
    status: int,
    media_type: str,
) -> RecordedExchange:
    headers = (("Content-Type", media_type),)
    method, path = operation.operation.method, operation.operation.path
    if direction == "request":
        exchange = Exchange(file, Request(method, path, headers, body))
    else:
        exchange = Exchange(file, Request(method, path), Response(status, headers, body))
    return RecordedExchange(
        exchange,
        Location(file, 1, 1),
        written=file,
        operation=operation.key,
        unrecorded=_OF_REQUEST if direction == "request" else _OF_RESPONSE,
        request=positions,
        response=positions,
    )


def _media_type(operation: OperationContract, direction: Literal["request", "response"], status: int) -> str:
    """The first JSON type that the body may have."""
    if direction == "request":
        entry = operation.body.judged if operation.body else None
        if entry is None:
            raise UsageError(f"{operation.key} has no JSON request body", remedy="--as response checks a response body")
        return entry.sent_as
    response = operation.response_for(status)
    if response is None:
        documented = ", ".join(operation.responses) or "none"
        raise UsageError(
            f"{operation.key} documents no {status} response", remedy=f"choose one with --status: {documented}"
        )
    if response.with_schema is None:
        raise UsageError(f"the {status} response of {operation.key} has no JSON body")
    return response.with_schema.sent_as
