"""HTTP Archives: which exchange an entry is, and what is said of one that is none."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from clausewise.exchange import Exchange, Failure, Unreadable, header
from clausewise.media.codec import Malformed
from clausewise.media.multipart import parts_of
from clausewise.recordings.entry import RecordedExchange, Skipped
from clausewise.recordings.har import read_har

_REQUEST = {"method": "GET", "url": "https://host/a?b=c#d", "headers": []}
_RESPONSE = {"status": 200, "headers": [], "content": {"size": 0}}
_ENTRY = {"request": _REQUEST, "response": _RESPONSE}


def archive(*entries: Any) -> bytes:
    return json.dumps({"log": {"entries": entries}}).replace("Infinity", "1e400").encode()


def read_one(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None) -> RecordedExchange:
    entry = {"request": {**_REQUEST, **(request or {})}, "response": {**_RESPONSE, **(response or {})}}
    (recorded,) = read_har(archive(entry), "a.har")
    assert isinstance(recorded, RecordedExchange)
    return recorded


def exchange_of(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None) -> Exchange:
    return read_one(request, response).exchange


@pytest.mark.parametrize(
    ("written", "started"),
    [
        ("2030-01-31T12:00:00.500Z", datetime(2030, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2030-01-31", None),
        ("yesterday", None),
        (7, None),
        (None, None),
    ],
)
def test_an_exchange_has_the_time_of_its_entry(written: Any, started: datetime | None) -> None:
    whole = {"request": {"method": "GET", "url": "https://host/"}, "response": {"status": 200}}
    content = json.dumps({"log": {"entries": [{**whole, "startedDateTime": written}]}}).encode()
    (recorded,) = read_har(content, "a.har")
    assert isinstance(recorded, RecordedExchange) and recorded.exchange.started == started


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://host/a?b=c#d", "/a?b=c"),
        ("https://host", "/"),
        ("https://host?b=c", "/?b=c"),
        ("https://host/%2F%20", "/%2F%20"),
        ("/a", "/a"),
        ("https://host//a//", "//a//"),
    ],
)
def test_the_target_is_path_and_query(url: str, target: str) -> None:
    assert exchange_of({"url": url}).request.target == target


@pytest.mark.parametrize(
    ("request_", "headers"),
    [
        ({}, (("Host", "host"),)),
        ({"headers": [{"name": "host", "value": "other"}]}, (("host", "other"),)),
        ({"headers": [{"name": ":authority", "value": "h2"}, {"name": ":path", "value": "/"}]}, (("Host", "h2"),)),
        (
            {"headers": [{"name": "A", "value": "1"}, {"name": "a", "value": "2"}]},
            (("A", "1"), ("a", "2"), ("Host", "host")),
        ),
        ({"url": "https://me:p%40ss@host/"}, (("Host", "host"), ("Authorization", "Basic bWU6cEBzcw=="))),
        ({"headers": None, "url": "/a"}, ()),
        ({"url": "/a", "postData": {"text": "x", "mimeType": "text/plain"}}, (("Content-Type", "text/plain"),)),
    ],
    ids=["the URL's host", "a host of its own", "HTTP/2", "a name twice", "the URL's user", "none", "the body's type"],
)
def test_headers(request_: dict[str, Any], headers: tuple[tuple[str, str], ...]) -> None:
    assert exchange_of(request_).request.headers == headers


@pytest.mark.parametrize(
    ("posted", "body"),
    [
        (None, None),
        ({"text": ""}, None),
        ({"text": "caf\u00e9"}, "caf\u00e9".encode()),
        ({"text": "\ud800"}, b"\xed\xa0\x80"),
        ({"text": "AP8=", "encoding": "base64"}, b"\x00\xff"),
        ({"params": [{"name": "a b", "value": "c&d"}, {"name": "e"}]}, b"a+b=c%26d&e="),
        ({"text": "t", "params": [{"name": "a"}]}, b"t"),
    ],
    ids=["none", "empty", "text", "half a character", "Base64", "a form", "text before a form"],
)
def test_bodies_of_requests(posted: Any, body: bytes | None) -> None:
    assert exchange_of({"postData": posted}).request.body == body


@pytest.mark.parametrize(
    ("content", "body", "is_known"),
    [
        ({}, b"", False),
        (None, b"", False),
        ({"text": "[1]", "size": 3}, b"[1]", True),
        ({"text": "AP8=", "encoding": "base64", "size": 2}, b"\x00\xff", True),
        ({"size": 3}, b"", False),
        ({"size": 0}, b"", True),
        ({"size": -1}, b"", False),
    ],
    ids=["none", "null", "text", "Base64", "saved without content", "of no length", "of unknown length"],
)
def test_bodies_of_responses(content: Any, body: bytes, is_known: bool) -> None:
    recorded = read_one(response={"content": content})
    assert recorded.exchange.response is not None and recorded.exchange.response.body == body
    assert (("response", "body") in recorded.unrecorded) is not is_known


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"status": 0}, "no response was recorded"),
        ({"status": None, "statusText": "(blocked)"}, "no response was recorded: (blocked)"),
        ({"status": 0, "_error": "net::ERR_ABORTED"}, "no response was recorded: net::ERR_ABORTED"),
        ({"status": 0, "_error": "net::ERR_BLOCKED_BY_CLIENT"}, "no response was recorded: net::ERR_BLOCKED_BY_CLIENT"),
    ],
    ids=["no status", "a text", "aborted", "blocked"],
)
def test_an_entry_without_a_response_is_skipped(response: dict[str, Any], message: str) -> None:
    (entry,) = read_har(archive({"request": _REQUEST, "response": {**_RESPONSE, **response}}), "a.har")
    assert entry == Skipped("a.har:1:22", message)


@pytest.mark.parametrize("error", ["net::ERR_EMPTY_RESPONSE", "net::ERR_CONNECTION_RESET", "net::ERR_TIMED_OUT"])
def test_a_server_that_breaks_off_is_a_failure(error: str) -> None:
    exchange = exchange_of(response={"status": 0, "_error": error})
    assert exchange.response is None and exchange.failure == Failure("disconnect", error)


@pytest.mark.parametrize(
    ("request_", "response", "unrecorded"),
    [
        ({"method": "POST", "bodySize": 25}, {}, {("request", "body")}),
        ({"method": "POST", "bodySize": 0}, {}, set()),
        ({"method": "POST", "bodySize": -1}, {}, set()),
        ({}, {"bodySize": 10}, {("response", "body")}),
        ({}, {"headers": [{"name": "content-length", "value": "3"}]}, {("response", "body")}),
        ({"method": "HEAD"}, {"headers": [{"name": "content-length", "value": "3"}]}, set()),
        ({}, {"status": 304, "content": {"size": -1}}, set()),
        ({}, {"status": 204, "content": {}}, set()),
    ],
    ids=["a sent body", "none sent", "of unknown size", "a body that came", "a length", "HEAD", "304", "204"],
)
def test_bodies_that_were_not_saved(
    request_: dict[str, Any], response: dict[str, Any], unrecorded: set[tuple[str, ...]]
) -> None:
    assert read_one(request_, response).unrecorded == unrecorded


def test_no_type_is_none() -> None:
    response = exchange_of(response={"content": {"size": 2, "text": "ok", "mimeType": "x-unknown"}}).response
    assert response is not None and response.headers == ()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [('["WzE=", "XQ=="]', "base64"), ('["5b31", "5d"]', "hex"), ("5b315d", "hex")],
    ids=["pieces in Base64", "pieces in hexadecimal digits", "hexadecimal digits"],
)
def test_bodies_as_polly_writes_them(text: str, encoding: str) -> None:
    response = exchange_of(response={"content": {"size": 3, "text": text, "encoding": encoding}}).response
    assert response is not None and response.body == b"[1]"


def test_each_step_of_a_redirection_is_an_exchange() -> None:
    moved = {"request": _REQUEST, "response": {**_RESPONSE, "status": 302, "redirectURL": "https://host/b"}}
    then = {"request": {**_REQUEST, "url": "https://host/b"}, "response": _RESPONSE}
    read = [entry.exchange for entry in read_har(archive(moved, then), "a.har") if isinstance(entry, RecordedExchange)]
    assert [(e.request.target, e.response.status if e.response else 0) for e in read] == [("/a?b=c", 302), ("/b", 200)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (None, "it is not built like a HAR entry"),
        ([], "it is not built like a HAR entry"),
        ({"request": _REQUEST}, "it has no 'response'"),
        ({"request": {"method": "GET"}, "response": _RESPONSE}, "it has no 'url'"),
        ({"request": _REQUEST, "response": {"status": "OK"}}, 'its status is "OK"'),
        ({"request": _REQUEST, "response": {"status": True}}, "its status is true"),
        ({"request": _REQUEST, "response": {"status": 1000}}, "its status is 1000"),
        ({"request": {**_REQUEST, "method": None}, "response": _RESPONSE}, "its method is null"),
        (
            {"request": {**_REQUEST, "headers": [{"name": "X", "value": None}]}, "response": _RESPONSE},
            'its header "X" is null',
        ),
        (
            {"request": _REQUEST, "response": {**_RESPONSE, "content": {"text": "A", "encoding": "base64"}}},
            "its body is not Base64",
        ),
        ({"request": {**_REQUEST, "url": "http://[::1"}, "response": _RESPONSE}, "Invalid IPv6 URL"),
        ({"request": {**_REQUEST, "url": 1}, "response": _RESPONSE}, "it is not built like a HAR entry"),
        ({"request": {**_REQUEST, "url": None}, "response": _RESPONSE}, "it is not built like a HAR entry"),
        ({"request": _REQUEST, "response": {**_RESPONSE, "status": 1e400}}, ""),
    ],
    ids=[
        "null",
        "a list",
        "no response",
        "no URL",
        "a status of letters",
        "a boolean for a status",
        "a status of four digits",
        "null for a method",
        "null for a header",
        "not Base64",
        "no address",
        "a number for a URL",
        "null for a URL",
        "a status without end",
    ],
)
def test_what_is_no_exchange_is_named_and_the_reading_goes_on(entry: Any, message: str) -> None:
    bad, good = read_har(archive(entry, _ENTRY), "a.har")
    assert isinstance(bad, Unreadable) and bad.source.startswith("a.har:1:")
    assert bad.message.startswith(f"entry 1 is not an exchange: {message}")
    assert isinstance(good, RecordedExchange)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a HAR file: "),
        (b"\xef\xbb\xbf", "is not a HAR file: "),
        (b"[]", "is not a HAR file: it has no log.entries"),
        (b'{"log": []}', "is not a HAR file: it has no log.entries"),
        (b'{"log": {"entries": {}}}', "is not a HAR file: it has no log.entries"),
        (b'{"log": {"ent', "is not a HAR file: it ends too early"),
        (b'{"log": ' + b"[" * 100_000, "is not a HAR file: "),
    ],
    ids=["empty", "a mark alone", "a list", "no entries", "entries of another form", "cut off", "too deep"],
)
def test_what_is_no_archive_is_told(content: bytes, message: str) -> None:
    (entry,) = read_har(content, "a.har")
    assert isinstance(entry, Unreadable) and entry.message.startswith(message)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (b"", "entry 2 and all after it cannot be read: it ends too early"),
        (b',{"request": {"me', "entry 2 and all after it cannot be read: it ends too early"),
        (b',{"request": nothing}', "entry 2 and all after it cannot be read: expecting value in line 2"),
        (
            b',{"a":' + b"9" * 5_000 + b"}",
            "entry 2 and all after it cannot be read: it holds a number of too many digits",
        ),
        (b',{"a":' + b"[" * 100_000, "entry 2 and all after it cannot be read: it is nested too deeply"),
    ],
    ids=["behind an entry", "in an entry", "in a value", "too many digits", "too deep"],
)
def test_of_an_archive_that_is_cut_off_the_first_entries_are_kept(end: bytes, message: str) -> None:
    content = b'{"log": {"entries": [\n' + json.dumps(_ENTRY).encode() + end
    good, bad = read_har(content, "a.har")
    assert isinstance(good, RecordedExchange) and str(good.location) == "a.har:2:1"
    assert isinstance(bad, Unreadable) and bad.message in (message, "the recording is cut off after entry 1")


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\r\n\t "], ids=["a byte order mark", "blanks"])
def test_what_stands_before_an_archive_is_passed_over(start: bytes) -> None:
    (entry,) = read_har(start + archive(_ENTRY).replace(b", ", b",\r\n"), "a.har")
    assert isinstance(entry, RecordedExchange)


_CODED = {"headers": [{"name": "Content-Encoding", "value": "gzip"}]}


def _in_base64(content: bytes) -> dict[str, Any]:
    return {**_CODED, "content": {"text": base64.b64encode(content).decode(), "encoding": "base64"}}


def test_a_body_that_was_saved_as_it_came_is_decoded() -> None:
    response = exchange_of(response=_in_base64(gzip.compress(b"[1]"))).response
    assert response is not None and response.body == b"[1]"


def test_a_body_that_was_decoded_before_is_left_alone() -> None:
    response = exchange_of(response={**_CODED, "content": {"text": "[1]"}}).response
    assert response is not None and response.body == b"[1]"


def test_an_entry_whose_body_is_cut_off_is_no_exchange() -> None:
    (bad,) = read_har(archive({"request": _REQUEST, "response": {**_RESPONSE, **_in_base64(b"\x1f\x8b")}}), "a.har")
    assert isinstance(bad, Unreadable) and bad.message == "entry 1 is not an exchange: its gzip data ends too early"


def test_a_multipart_form_that_is_listed_by_its_fields() -> None:
    fields = [
        {"name": "meta", "value": '{"a": "é"}', "contentType": "application/json"},
        {"name": "file", "fileName": "a.png", "contentType": "image/png"},
        {"name": "tags", "value": "x"},
        {"name": "tags", "value": "y"},
    ]
    recorded = read_one({"postData": {"mimeType": "multipart/form-data; boundary=gone", "params": fields}})
    sent = recorded.exchange.request
    parts = parts_of(sent.body or b"", header(sent.headers, "Content-Type") or "")
    assert not isinstance(parts, Malformed)
    assert [(part.name, part.filename, part.media_type, part.content) for part in parts] == [
        ("meta", None, "application/json", '{"a": "é"}'.encode()),
        ("file", "a.png", "image/png", b""),
        ("tags", None, "", b"x"),
        ("tags", None, "", b"y"),
    ]
    assert recorded.unrecorded == {("request", "body", "file")}
