"""Recordings of nock."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from clausewise.exchange import Unreadable
from clausewise.recordings.entry import RecordedExchange
from clausewise.recordings.nock import read_nock

_ENTRY = {
    "scope": "https://host:443",
    "method": "POST",
    "path": "/things?a=b",
    "body": {"name": "a"},
    "status": 201,
    "response": {"id": "1"},
    "rawHeaders": ["Content-Type", "application/json"],
    "reqheaders": {"content-type": "application/json"},
}
_CODED = gzip.compress(b"[1]").hex()


def read_one(**changes: Any) -> RecordedExchange:
    (entry,) = read_nock(json.dumps([{**_ENTRY, **changes}]).encode(), "a.json")
    assert isinstance(entry, RecordedExchange), entry
    return entry


def test_an_interceptor_is_an_exchange() -> None:
    entry = read_one()
    request, response = entry.exchange.request, entry.exchange.response
    assert (request.method, request.target, request.body) == ("POST", "/things?a=b", b'{"name": "a"}')
    assert request.headers == (("content-type", "application/json"), ("Host", "host:443"))
    assert response is not None and (response.status, response.body) == (201, b'{"id": "1"}')
    assert entry.exchange.scheme == "https" and str(entry.location) == "a.json:1:2" and not entry.unrecorded


@pytest.mark.parametrize(
    ("headers", "response", "body"),
    [
        (["Content-Encoding", "gzip"], _CODED, b"[1]"),
        (["Content-Encoding", "gzip"], [_CODED[:8], _CODED[8:]], b"[1]"),
        (["Content-Encoding", "gzip"], [1], b"[1]"),
        ({"content-type": "text/plain"}, "text", b"text"),
        ([], "", b""),
        ([], None, b""),
    ],
    ids=["coded", "coded in pieces", "decoded", "a text", "empty", "none"],
)
def test_bodies_of_answers(headers: Any, response: Any, body: bytes) -> None:
    exchange = read_one(rawHeaders=headers, response=response).exchange
    assert exchange.response is not None and exchange.response.body == body


def test_a_type_that_is_not_recorded() -> None:
    unrecorded = {("request", "header", "Content-Type"), ("response", "header", "Content-Type")}
    assert read_one(rawHeaders=[], reqheaders={}).unrecorded == unrecorded


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (1, "it is not built like one of nock"),
        ({"scope": "https://host"}, "it has no 'path'"),
        ({**_ENTRY, "status": "OK"}, 'its status is "OK"'),
        ({**_ENTRY, "rawHeaders": ["a"]}, "the last of its headers has no value"),
    ],
    ids=["a number", "no path", "no status", "a name without a value"],
)
def test_what_is_no_exchange_is_named_and_the_reading_goes_on(entry: Any, message: str) -> None:
    bad, good = read_nock(json.dumps([entry, _ENTRY]).encode(), "a.json")
    assert isinstance(bad, Unreadable) and bad.message == f"entry 1 is not an exchange: {message}"
    assert isinstance(good, RecordedExchange)
