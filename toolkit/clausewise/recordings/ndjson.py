"""Our own recording format: one exchange a line, as JSON, with a version.

A body is `{"text": ...}` where it is valid UTF-8, else `{"base64": ...}`; other programs may write a JSON body as a
JSON value, `{"json": ...}`, which is the fastest to check. Every exchange reads back equal, NUL and lone surrogates
included.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, NoReturn, TypeVar

import msgspec

from clausewise.errors import Location, UsageError
from clausewise.exchange import Exchange, Failure, Headers, Probe, Request, Response, Unreadable
from clausewise.media.codings import decoded_record
from clausewise.private_file import make_private
from clausewise.recordings.entry import RecordedExchange

T = TypeVar("T")

VERSION: Literal[1] = 1


class RecordedBody(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The bytes of a body; exactly one of the first three is there."""

    #: when the bytes are valid UTF-8
    text: str | None = None
    #: when they are not
    base64: bytes | None = None
    #: a JSON text as it stands in the line
    json: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    #: how many more bytes there were, which are not kept
    cut: Annotated[int, msgspec.Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        if (self.text is not None) + (self.base64 is not None) + (self.json is not msgspec.UNSET) != 1:
            raise ValueError("a body has exactly one of `text`, `base64` and `json`")


class RecordedRequest(msgspec.Struct, frozen=True):
    """An `exchange.Request` as it is written."""

    method: str
    #: path and query below the target's base URL, percent-encoded
    target: str
    headers: Headers = ()
    #: null when no body was sent
    body: RecordedBody | None = None


class RecordedResponse(msgspec.Struct, frozen=True):
    """An `exchange.Response` as it is written."""

    status: int
    headers: Headers = ()
    #: null when it is empty
    body: RecordedBody | None = None
    #: from sending the request to the last byte
    seconds: float = 0.0
    #: why a content coding of the body could not be undone
    undecoded: str | msgspec.UnsetType = msgspec.UNSET
    #: what is wrong with where the answer says that it ends
    framing: str | msgspec.UnsetType = msgspec.UNSET


class Line(msgspec.Struct, frozen=True):
    """One line of a recording: an exchange."""

    version: Literal[1]
    #: unique within the recording
    id: str
    request: RecordedRequest
    #: null when none came; `failure` then says why
    response: RecordedResponse | None = None
    failure: Failure | None = None
    #: why the request was made; null when clausewise did not make it
    probe: Probe | None = None
    #: when the request went out; null where nobody knows
    started: datetime | None = None
    #: id of the trace that the request was sent in (W3C Trace Context); absent where it was sent in none
    trace: str | msgspec.UnsetType = msgspec.UNSET


class _Versioned(msgspec.Struct):
    version: int


def write(path: str | Path, exchanges: Iterable[Exchange]) -> None:
    """Write a recording that nobody else may read, each exchange as it comes; a file whose writing was interrupted can
    be read. Raises OSError."""
    with os.fdopen(make_private(Path(path)), "wb") as stream:
        for exchange in exchanges:
            stream.write(encode(exchange))


def read(source: str | Path | BinaryIO) -> Iterator[Exchange | Unreadable]:
    """The exchanges of a recording, in order. A line that is no exchange becomes Unreadable.

    Raises UsageError, at the first step, when the file cannot be read.
    """
    if isinstance(source, str | Path):
        try:
            with Path(source).open("rb") as stream:
                yield from _entries(stream, str(source))
        except OSError as error:
            raise UsageError(f"cannot read the recording {source}: {error.strerror}") from None
    else:
        yield from _entries(source, str(getattr(source, "name", "<stream>")))


def encode(exchange: Exchange) -> bytes:
    """One line of a recording, with its line break."""
    request, response = exchange.request, exchange.response
    line = Line(
        VERSION,
        exchange.id,
        RecordedRequest(
            request.method,
            request.target,
            request.headers,
            None if request.body is None else _recorded_body(request.body, request.cut),
        ),
        None
        if response is None
        else RecordedResponse(
            response.status,
            response.headers,
            _recorded_body(response.body, response.cut) if response.body else None,
            response.seconds,
            response.undecoded or msgspec.UNSET,
            response.framing or msgspec.UNSET,
        ),
        exchange.failure,
        exchange.probe,
        exchange.started,
        exchange.trace or msgspec.UNSET,
    )
    return encode_line(line)


def encode_line(value: Any) -> bytes:
    """A struct as one line of JSON, with its line break."""
    try:
        return msgspec.json.encode(value) + b"\n"
    except UnicodeEncodeError:
        # msgspec does not encode lone surrogates; json writes them as escapes
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode() + b"\n"


def decode(content: bytes, source: str) -> Exchange | Unreadable:
    """The exchange on one line; `source` names the place for people, as in `run/exchanges.ndjson:12`."""
    try:
        # A body in JSON is not decoded here, and would be taken for what the server sent.
        content.decode()
        line = _line(content)
    except UnicodeDecodeError as error:
        return Unreadable(source, f"is not UTF-8 text (byte {error.start + 1} of the line)")
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return Unreadable(source, _complaint(content, error))
    try:
        response = None if line.response is None else _response(line.response)
    except ValueError as error:
        return Unreadable(source, f"the body of its response cannot be read: {error}")
    request = line.request
    return Exchange(
        line.id,
        Request(
            request.method,
            request.target,
            request.headers,
            None if request.body is None else _plain(request.body),
            0 if request.body is None else request.body.cut,
        ),
        response,
        line.failure,
        line.probe,
        line.started,
        trace=line.trace or "",
    )


def located(exchange: Exchange, name: str, location: Location) -> RecordedExchange:
    """An exchange of a recording with its place, and with `name` as its id."""
    return RecordedExchange(msgspec.structs.replace(exchange, id=name), location)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one line."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Line)}


def _entries(stream: BinaryIO, name: str) -> Iterator[Exchange | Unreadable]:
    for number, content in enumerate(stream, start=1):
        if not content.isspace():
            yield decode(content, f"{name}:{number}")


def _line(content: bytes) -> Line:
    return decode_line(content, _DECODER)


def decode_line(content: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """What `encode_line` made a line of. Raises msgspec.DecodeError."""
    try:
        return decoder.decode(content)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # msgspec does not decode escapes of lone surrogates; json does
        if b"\\u" not in content:
            raise
        try:
            value = json.loads(content, parse_constant=_no_constant)
        except ValueError:
            value = None
        if value is None:
            raise
        return msgspec.convert(_as_text(value), decoder.type)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _as_text(line: Any) -> Any:
    """A line with `json` bodies turned into `text` bodies."""
    for side in ("request", "response"):
        message = line.get(side) if isinstance(line, dict) else None
        body = message.get("body") if isinstance(message, dict) else None
        if isinstance(body, dict) and "json" in body:
            body["text"] = json.dumps(body.pop("json"))
    return line


_DECODER = msgspec.json.Decoder(Line)


def _complaint(content: bytes, error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        try:
            version = msgspec.json.decode(content, type=_Versioned).version
        except msgspec.DecodeError:
            return f"is not a recorded exchange: {error}"
        except RecursionError:
            return "is nested too deeply"
        if version != VERSION:
            return f"has version {version} of the format; this clausewise reads version {VERSION}"
        return f"is not a recorded exchange: {error}"
    return "is nested too deeply" if isinstance(error, RecursionError) else f"is not JSON: {error}"


def _recorded_body(body: bytes, cut: int) -> RecordedBody:
    try:
        return RecordedBody(text=body.decode(), cut=cut)
    except UnicodeDecodeError:
        return RecordedBody(base64=body, cut=cut)


def _response(written: RecordedResponse) -> Response:
    body = b"" if written.body is None else _plain(written.body)
    if not written.undecoded:
        body = decoded_record(body, written.headers)
    undecoded, framing = written.undecoded or "", written.framing or ""
    cut = 0 if written.body is None else written.body.cut
    return Response(written.status, written.headers, body, written.seconds, undecoded, framing, cut)


def _plain(body: RecordedBody) -> bytes:
    if isinstance(body.json, msgspec.Raw):
        return bytes(body.json)
    # clausewise never writes a text with a lone surrogate, but other programs may
    return body.base64 if body.base64 is not None else (body.text or "").encode("utf-8", "surrogatepass")
