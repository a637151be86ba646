"""Cassettes, as VCR, vcrpy and Schemathesis write them."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any

import pytest

from clausewise.exchange import Exchange, Failure, Unreadable
from clausewise.recordings.entry import RecordedExchange
from clausewise.recordings.vcr import read_vcr

_REQUEST = {"method": "get", "uri": "https://host/a?b=c"}
_RESPONSE = {"status": {"code": 200, "message": "OK"}}
_GZIP, _CUT = {"Content-Encoding": "gzip"}, {"base64_string": "H4sIAAAA"}
_YAML = """\
http_interactions:
- request: {method: get, uri: "https://host/a"}
  response: {status: {code: 200}}
"""


def exchange_of(request: dict[str, Any] | None = None, response: Any = None) -> Exchange:
    interaction = {"request": {**_REQUEST, **(request or {})}, "response": {**_RESPONSE, **(response or {})}}
    (entry,) = read_vcr(json.dumps({"interactions": [interaction]}).encode(), "a.json")
    assert isinstance(entry, RecordedExchange), entry
    return entry.exchange


def test_a_request_is_method_target_and_host() -> None:
    request = exchange_of().request
    assert (request.method, request.target, request.headers) == ("GET", "/a?b=c", (("Host", "host"),))
    assert request.body is None


def test_credentials_in_the_url_are_sent_in_a_header() -> None:
    headers = exchange_of({"uri": "https://me:p%40ss@host/"}).request.headers
    assert headers == (("Host", "host"), ("Authorization", "Basic bWU6cEBzcw=="))
    own = {"uri": "https://me:p%40ss@host/", "headers": {"authorization": ["Bearer x"]}}
    assert exchange_of(own).request.headers == (("authorization", "Bearer x"), ("Host", "host"))


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        (None, (("Host", "host"),)),
        ({"host": "other"}, (("host", "other"),)),
        ({"A": ["1", "2"]}, (("A", "1"), ("A", "2"), ("Host", "host"))),
        ({"A": 1}, (("A", "1"), ("Host", "host"))),
    ],
    ids=["none", "a host of its own", "several values", "a number"],
)
def test_headers(headers: Any, read: tuple[tuple[str, str], ...]) -> None:
    assert exchange_of({"headers": headers}).request.headers == read


@pytest.mark.parametrize(
    ("written", "body"),
    [
        (None, None),
        ("", None),
        ("caf\u00e9", "caf\u00e9".encode()),
        ({"string": "a"}, b"a"),
        ({"string": None}, None),
        ({"base64_string": "AP8="}, b"\x00\xff"),
        ({"encoding": "UTF-8", "base64_string": "AP\n8="}, b"\x00\xff"),
        ({}, None),
        ([1, {"a": None}], b'[1, {"a": null}]'),
        (12345678901234567890123, b"12345678901234567890123"),
    ],
    ids=[
        "none",
        "empty",
        "text",
        "of VCR",
        "of VCR, none",
        "Base64",
        "Base64 in lines",
        "no form",
        "JSON",
        "a huge number",
    ],
)
def test_bodies(written: Any, body: bytes | None) -> None:
    assert exchange_of({"body": written}).request.body == body
    response = exchange_of(response={"body": written}).response
    assert response is not None and response.body == (body or b"")


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", gzip.compress(b"[1]")),
        ("x-gzip", gzip.compress(b"[1]")),
        ("deflate", zlib.compress(b"[1]")),
        ("gzip", b"[1]"),
        ("deflate", b"[1]"),
        ("br", b"[1]"),
    ],
    ids=["gzip", "x-gzip", "deflate", "gzip undone already", "deflate undone already", "unknown"],
)
def test_the_coding_of_a_body_is_undone(coding: str, sent: bytes) -> None:
    body = {"base64_string": base64.b64encode(sent).decode()}
    response = exchange_of(response={"headers": {"Content-Encoding": [coding]}, "body": body}).response
    assert response is not None and response.body == b"[1]"


@pytest.mark.parametrize("status", [204, "204", {"code": 204}, {"code": "204"}], ids=repr)
def test_a_status_is_written_in_several_ways(status: Any) -> None:
    response = exchange_of(response={"status": status}).response
    assert response is not None and response.status == 204


def test_bytes_of_yaml_are_a_body() -> None:
    text = _YAML.replace("{code: 200}}", "200, body: {string: !!binary AP8=}}").replace("get", "post")
    (entry,) = read_vcr(text.encode(), "a.yaml")
    assert isinstance(entry, RecordedExchange) and entry.exchange.response is not None
    assert entry.exchange.response.body == b"\x00\xff" and entry.exchange.id == "a.yaml:2"


def test_without_a_response_it_is_a_failure() -> None:
    (entry,) = read_vcr(json.dumps({"interactions": [{"request": _REQUEST}]}).encode(), "a.json")
    assert isinstance(entry, RecordedExchange)
    assert entry.exchange.failure == Failure("disconnect", "no response was recorded")


@pytest.mark.parametrize(
    ("interaction", "message"),
    [
        (None, "it is not built like an interaction"),
        ({}, "it has no 'request'"),
        ({"request": {"method": "GET"}}, "it has no 'uri'"),
        ({"request": {"uri": "/"}}, "it has no 'method'"),
        ({"request": {**_REQUEST, "headers": ["a"]}}, "it is not built like an interaction"),
        ({"request": _REQUEST, "response": {"status": "fine"}}, 'its status is "fine"'),
        ({"request": {**_REQUEST, "body": {"base64_string": "A"}}}, "its body is not Base64"),
        (
            {"request": _REQUEST, "response": {"status": 200, "headers": _GZIP, "body": _CUT}},
            "its gzip data ends too early",
        ),
        ({"request": _REQUEST, "response": {"status": 1e400}}, "its status is Infinity"),
        ({"request": {**_REQUEST, "method": []}}, "its method is an array"),
        ({"request": {**_REQUEST, "headers": {"X": [{}]}}}, 'its header "X" is an object'),
        ({"request": {**_REQUEST, "uri": None}}, "it is not built like an interaction"),
    ],
    ids=[
        "null",
        "empty",
        "no address",
        "no method",
        "a list of headers",
        "a status of letters",
        "not Base64",
        "gzip cut off",
        "a status without end",
        "an array for a method",
        "an object for a header",
        "null for an address",
    ],
)
def test_what_is_no_exchange_is_named_and_the_reading_goes_on(interaction: Any, message: str) -> None:
    good = {"request": _REQUEST, "response": _RESPONSE}
    content = json.dumps({"interactions": [interaction, good]}).replace("Infinity", "1e400")
    bad, after = read_vcr(content.encode(), "a.json")
    assert isinstance(bad, Unreadable) and bad.message.startswith(f"interaction 1 is not an exchange: {message}")
    assert isinstance(after, RecordedExchange)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the cassette cannot be read from here on (a.yaml is empty"),
        (b"a: 1", "is not a cassette: it has no list of interactions"),
        (b"- 1", "interaction 1 is not an exchange: it is not built like an interaction"),
        (b"interactions: 1", "is not a cassette: it has no list of interactions"),
        (b"interactions: [", "the cassette cannot be read from here on (is not valid YAML"),
        (b"interactions: \xff", "the cassette cannot be read from here on (is not UTF-8 text)"),
    ],
    ids=["empty", "no interactions", "a list", "a number", "cut off", "not UTF-8"],
)
def test_what_is_no_cassette_is_told(content: bytes, message: str) -> None:
    (entry,) = read_vcr(content, "a.yaml")
    assert isinstance(entry, Unreadable) and entry.message.startswith(message)


@pytest.mark.parametrize(
    "cut", ["- request: {method: get, ur", "- request:\n    method: 'ge"], ids=["in braces", "in a text"]
)
def test_of_a_cassette_that_is_cut_off_the_first_interactions_are_kept(cut: str) -> None:
    bad, good = read_vcr((_YAML + cut).encode(), "a.yaml")
    assert isinstance(bad, Unreadable) and bad.message.startswith("the cassette cannot be read")
    assert isinstance(good, RecordedExchange) and good.exchange.request.target == "/a"


@pytest.mark.parametrize(
    "start", ["\ufeff", "---\n", "# made by hand\n"], ids=["a byte order mark", "a document", "a comment"]
)
def test_what_stands_before_a_cassette_is_passed_over(start: str) -> None:
    (entry,) = read_vcr((start + _YAML).replace("\n", "\r\n").encode(), "a.yaml")
    assert isinstance(entry, RecordedExchange)


_GO_1 = """\
---
version: 1
interactions:
- request: {body: "", form: {a: [b c]}, headers: {Accept: [a/b]}, url: https://host/a, method: POST}
  response: {body: "[1]", headers: {Content-Type: [application/json]}, status: 201 Created, code: 201, duration: ""}
"""
_GO_3 = """\
---
version: 2
interactions:
    - id: 0
      request:
        {proto: HTTP/1.1, content_length: 3, host: host, body: a=b, form: {a: [b]}, headers: {}, url: http://host/a,
         method: POST}
      response:
        {proto: HTTP/2.0, content_length: -1, uncompressed: true, body: "[1]", headers: {Content-Type: [a/b]},
         status: 201 Created, code: 201, duration: 241.29ms}
"""
_BETAMAX = """\
{"http_interactions": [{"request": {"body": "a=b", "headers": {"Accept": "a/b"}, "method": "POST", "uri":
"https://host/a"}, "response": {"body": {"encoding": "utf-8", "string": "[1]"}, "headers": {"content-type": "a/b"},
"url": "https://host/a", "status_code": 201}, "recorded_at": "2013-11-11T04:31:26"}], "recorded_with": "betamax"}
"""
_RUBY = """\
---
http_interactions:
- request: {method: post, uri: https://host/a, body: {encoding: US-ASCII, string: a=b}, headers: {Accept: [a/b]}}
  response: {status: {code: 201, message: Created}, headers: {Content-Type: [a/b]}, body: {string: "[1]"}}
  recorded_at: Tue, 01 Nov 2011 04:58:44 GMT
recorded_with: VCR 2.0.0
"""


@pytest.mark.parametrize(
    ("content", "sent"),
    [(_GO_1, b"a=b+c"), (_GO_3, b"a=b"), (_BETAMAX, b"a=b"), (_RUBY, b"a=b")],
    ids=["go-vcr 1", "go-vcr 3", "betamax of 2013", "VCR"],
)
def test_recorders(content: str, sent: bytes) -> None:
    (entry,) = read_vcr(content.encode(), "a.yaml")
    assert isinstance(entry, RecordedExchange), entry
    request, response = entry.exchange.request, entry.exchange.response
    assert (request.method, request.target, request.body) == ("POST", "/a", sent)
    assert response is not None and (response.status, response.body) == (201, b"[1]")


@pytest.mark.parametrize(
    ("request_", "response", "unrecorded"),
    [
        ({"headers": {"Content-Length": ["3"]}}, {}, {("request", "body")}),
        ({"content_length": 3}, {}, {("request", "body")}),
        ({}, {"content_length": 3}, {("response", "body")}),
        ({}, {"headers": {"content-length": "3"}}, {("response", "body")}),
        ({"method": "HEAD"}, {"headers": {"content-length": "3"}}, set()),
        ({}, {"body": "[1]"}, {("response", "header", "Content-Type")}),
        ({"body": "[1]"}, {}, {("request", "header", "Content-Type")}),
        ({}, {"content_length": -1}, set()),
    ],
    ids=["a sent body", "its length alone", "a body that came", "its header", "HEAD", "a type", "a sent type", "none"],
)
def test_what_was_not_recorded(
    request_: dict[str, Any], response: dict[str, Any], unrecorded: set[tuple[str, ...]]
) -> None:
    interaction = {"request": {**_REQUEST, **request_}, "response": {**_RESPONSE, **response}}
    (entry,) = read_vcr(json.dumps({"interactions": [interaction]}).encode(), "a.json")
    assert isinstance(entry, RecordedExchange) and entry.unrecorded == unrecorded


def test_a_mask_without_quotation_marks_is_a_value() -> None:
    response = exchange_of(response={"body": '{"id": <ITEM_ID>, "s": "<A>"}'}).response
    assert response is not None and response.body == b'{"id": "<ITEM_ID>", "s": "<A>"}'


_VCR_1 = """---
- !ruby/struct:VCR::HTTPInteraction
  request: !ruby/struct:VCR::Request
    method: :post
    uri: http://host:80/a?b=c
    body: name=x
    headers:
      content-type:
      - application/x-www-form-urlencoded
  response: !ruby/struct:VCR::Response
    status: !ruby/struct:VCR::ResponseStatus
      code: 201
      message: Created
    headers:
      content-type:
      - application/json
    body: '{"name": "x"}'
    http_version: "1.1"
- !ruby/struct:VCR::HTTPInteraction
  request: !ruby/struct:VCR::Request
    method: :get
    uri: http://host:80/a
    body:
    headers:
  response: !ruby/struct:VCR::Response
    status: !ruby/struct:VCR::ResponseStatus
      code: 404
      message: Not Found
    headers: {}
    body: ""
"""


def test_a_cassette_of_vcr_1() -> None:
    first, second = read_vcr(_VCR_1.encode(), "a.yml")
    assert isinstance(first, RecordedExchange) and isinstance(second, RecordedExchange)
    request, response = first.exchange.request, first.exchange.response
    assert (request.method, request.target, request.body) == ("POST", "/a?b=c", b"name=x")
    assert response is not None and (response.status, response.body) == (201, b'{"name": "x"}')
    assert (first.location.line, second.location.line) == (2, 19)
    assert (second.exchange.request.method, second.exchange.request.body) == ("GET", None)


@pytest.mark.parametrize(
    ("tail", "place", "message"),
    [
        pytest.param(b"", "", "", id="whole"),
        pytest.param(b"\n} }", "a.json:2:1", "something stands behind the end of the recording", id="more behind it"),
        pytest.param(None, "a.json:1:", "entry 2 and all after it cannot be read: it ends too early", id="cut off"),
    ],
)
def test_of_a_cassette_in_json_what_was_read_is_kept(tail: bytes | None, place: str, message: str) -> None:
    good = {"request": _REQUEST, "response": _RESPONSE}
    content = json.dumps({"recorded_with": "x", "http_interactions": [good, good], "version": 1}).encode()
    entries = list(read_vcr(content[:-60] if tail is None else content + tail, "a.json"))
    assert [isinstance(each, RecordedExchange) for each in entries] == {
        b"": [True, True],
        None: [True, False],
    }.get(tail, [True, True, False])
    last = entries[-1]
    if message:
        assert isinstance(last, Unreadable) and last.source.startswith(place) and last.message.startswith(message)
