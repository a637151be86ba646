"""Recordings of nock: an array of interceptors, in JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from clausewise.errors import Location
from clausewise.exchange import Exchange, Headers, Request, Response, Unreadable
from clausewise.media.codings import codings, decoded_record
from clausewise.recordings.entry import Entries, Entry, RecordedExchange
from clausewise.recordings.fields import header_of, left_out, method_of, status_of, with_those_of_url
from clausewise.recordings.json_entries import entries_in, readable, rest_of
from clausewise.recordings.positions import skip


def read_nock(content: bytes, file: str) -> Entries:
    """The exchanges of a recording, in their order. An interceptor that is no exchange becomes Unreadable."""
    passage, wrong = readable(content, file)
    yield from wrong
    end = yield from entries_in(passage, skip(passage.text, 0) + 1, _entry)
    if end is not None:
        yield from rest_of(passage, end, "[")


def _entry(recorded: Any, place: Location, number: int) -> Entry:
    try:
        parts = urlsplit(f"{recorded['scope']}{recorded['path']}")
        headers = with_those_of_url(_headers(recorded.get("reqheaders")), parts)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        request = Request(method_of(recorded["method"]), target, headers, _body(recorded.get("body")) or None)
        came = _headers(recorded.get("rawHeaders") or recorded.get("headers"))
        body = decoded_record(_answer(recorded.get("response"), came), came)
        response = Response(status_of(recorded["status"]), came, body)
    except KeyError as error:
        return Unreadable(str(place), f"entry {number} is not an exchange: it has no {error}")
    except (TypeError, AttributeError):
        return Unreadable(str(place), f"entry {number} is not an exchange: it is not built like one of nock")
    except (ValueError, OverflowError) as error:
        return Unreadable(str(place), f"entry {number} is not an exchange: {error}")
    exchange = Exchange(f"{place.file}:{place.line}", request, response, scheme=parts.scheme)
    return RecordedExchange(exchange, place, unrecorded=left_out(request, response))


def _headers(recorded: Any) -> Headers:
    """Pairs of an object, or of an array in which each name has its value behind it."""
    if isinstance(recorded, list):
        if len(recorded) % 2:
            raise ValueError("the last of its headers has no value")
        return tuple(header_of(name, value) for name, value in zip(recorded[::2], recorded[1::2], strict=True))
    pairs = []
    for name, values in (recorded or {}).items():
        pairs += [header_of(name, value) for value in (values if isinstance(values, list) else [values])]
    return tuple(pairs)


def _answer(recorded: Any, headers: Headers) -> bytes:
    """The body of an answer: coded ones are texts of hexadecimal digits, alone or in pieces."""
    if codings(headers):
        pieces = recorded if isinstance(recorded, list) else [recorded]
        if all(isinstance(piece, str) for piece in pieces):
            try:
                return b"".join(bytes.fromhex(piece) for piece in pieces)
            except ValueError:
                pass
    return _body(recorded)


def _body(recorded: Any) -> bytes:
    if recorded is None:
        return b""
    return recorded.encode("utf-8", "surrogatepass") if isinstance(recorded, str) else json.dumps(recorded).encode()
