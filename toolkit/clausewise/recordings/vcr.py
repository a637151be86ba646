"""Cassettes, in YAML and JSON: of VCR (1 and later), vcrpy, Schemathesis, go-vcr (1 to 3) and betamax."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from clausewise.errors import Location, SpecError
from clausewise.exchange import Exchange, Failure, Headers, Request, Response, Unreadable
from clausewise.media.codings import decoded_record
from clausewise.recordings.entry import Entries, Entry, RecordedExchange
from clausewise.recordings.fields import base64_of, header_of, left_out, method_of, status_of, with_those_of_url
from clausewise.recordings.json_entries import entries_in, readable, rest_of
from clausewise.recordings.placeholders import text_with_values
from clausewise.recordings.positions import below, skip
from clausewise.spec.document import Binary, Document, parse
from clausewise.spec.source_map import SourceMap

#: the member that holds the interactions
_KEYS = ("interactions", "http_interactions")
_NO_LIST = "is not a cassette: it has no list of interactions"

#: where an interaction of a YAML cassette begins: a list item that is indented little or not at all
_ITEM = re.compile(rb"^ {0,4}- ", re.MULTILINE)


def read_vcr(content: bytes, file: str) -> Entries:
    """The exchanges of a cassette, in their order. An interaction that is none becomes Unreadable; a cassette that is
    cut off gives those before the cut."""
    if content.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{":
        return _read_json(content, file)
    return _read_yaml(content, file)


def _read_json(content: bytes, file: str) -> Entries:
    passage, wrong = readable(content, file)
    yield from wrong
    text = passage.text
    for key in _KEYS:
        try:
            at = below(text, skip(text, 0), key)
        except (ValueError, IndexError, RecursionError):
            continue
        if at is not None and text[at : at + 1] == "[":
            end = yield from entries_in(passage, at + 1, _interaction)
            if end is not None:
                yield from rest_of(passage, end, f'{{"{key}":[')
            return
    yield Unreadable(file, _NO_LIST)


def _read_yaml(content: bytes, file: str) -> Entries:
    saved = False
    try:
        document = parse(content, Path(file), file, with_bytes=True)
    except SpecError as error:
        yield Unreadable(str(error.location or file), f"the cassette cannot be read from here on ({error.message})")
        rest = _saved(content, file, error.location)
        if rest is None:
            return
        document, saved = rest, True
    tree: Any = document.tree
    key = next((name for name in _KEYS if name in tree), "") if isinstance(tree, dict) else ""
    interactions = tree if isinstance(tree, list) else tree.get(key) if key else None
    if not isinstance(interactions, list):
        if not saved:
            yield Unreadable(file, _NO_LIST)
        return
    positions = SourceMap(document)
    for index, interaction in enumerate(interactions):
        tokens = (key, str(index)) if key else (str(index),)
        yield _interaction(interaction, positions.locate(tokens), index + 1)


def _saved(content: bytes, file: str, location: Location | None) -> Document | None:
    """The cassette up to the interaction that cannot be read; None where no part of it can be read."""
    if location is None:
        return None
    lines = content.splitlines(keepends=True)
    good = b"".join(lines[: location.line - 1])
    for found in reversed(list(_ITEM.finditer(good))[-3:]):
        try:
            document = parse(good[: found.start()], Path(file), file, with_bytes=True)
        except SpecError:
            continue
        return document
    return None


def _interaction(interaction: Any, place: Location, number: int) -> Entry:
    try:
        request, response = interaction["request"], interaction.get("response")
        sent = _request(request)
        answer = _response(response) if response else None
        unrecorded = left_out(sent, answer, _length(request), _length(response))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        return Unreadable(str(place), f"interaction {number} is not an exchange: {_why(error)}")
    failure = None if answer is not None else Failure("disconnect", "no response was recorded")
    exchange = Exchange(f"{place.file}:{place.line}", sent, answer, failure, scheme=urlsplit(_url(request)).scheme)
    return RecordedExchange(exchange, place, unrecorded=unrecorded)


def _length(message: Any) -> int:
    """The length of a body that go-vcr wrote down; 0 where none is known."""
    length = message.get("content_length") if isinstance(message, dict) else None
    return length if isinstance(length, int) else 0


def _url(request: dict[str, Any]) -> str:
    url = request["url"] if "uri" not in request and "url" in request else request["uri"]
    if not isinstance(url, str):
        # urlsplit reads null as an empty URL.
        raise TypeError
    return url


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return "it is not built like an interaction" if isinstance(error, TypeError | AttributeError) else str(error)


def _request(recorded: dict[str, Any]) -> Request:
    parts = urlsplit(_url(recorded))
    headers = with_those_of_url(_headers(recorded.get("headers")), parts)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    body = _body(recorded.get("body"))
    if not body and isinstance(form := recorded.get("form"), dict) and form:
        # The fields of a form that go-vcr parsed.
        body = urlencode(form, doseq=True).encode()
    method = recorded["method"]
    if isinstance(method, str):
        # VCR 1 writes a symbol of Ruby, `:post`.
        method = method.removeprefix(":")
    return Request(method_of(method), target, headers, body or None)


def _response(recorded: dict[str, Any]) -> Response:
    headers = _headers(recorded.get("headers"))
    body = decoded_record(_body(recorded.get("body")) or b"", headers)
    return Response(_status(recorded), headers, body)


def _status(recorded: dict[str, Any]) -> int:
    """`status: {code: 200}`, `status: 200`, `code: 200` beside "200 OK" (go-vcr), or `status_code: 200` (betamax)."""
    for name in ("code", "status_code"):
        if name in recorded:
            return status_of(recorded[name])
    status = recorded["status"]
    if isinstance(status, dict):
        return status_of(status["code"])
    line = re.fullmatch(r"(\d{3}) [A-Za-z].*", status) if isinstance(status, str) else None
    return status_of(line[1] if line is not None else status)


def _headers(recorded: Any) -> Headers:
    pairs = []
    for name, values in (recorded or {}).items():
        for value in values if isinstance(values, list) else [values]:
            pairs.append(header_of(name, value))
    return tuple(pairs)


def _body(recorded: Any) -> bytes | None:
    """A body in any of its forms: text, Base64, or an object with one of them."""
    if recorded is None:
        return None
    if isinstance(recorded, dict):
        if recorded.get("base64_string") is not None:
            return base64_of(recorded["base64_string"])
        return _body(recorded.get("string"))
    if isinstance(recorded, Binary):
        return base64_of(recorded)
    if not isinstance(recorded, str):
        return json.dumps(recorded).encode()
    return text_with_values(recorded).encode("utf-8", "surrogatepass")
