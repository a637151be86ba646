"""Payloads: one JSON or YAML value, and the exchange that it would be part of."""

from __future__ import annotations

from typing import Literal

import pytest

from clausewise.contract.operation import OperationContract
from clausewise.errors import UsageError
from clausewise.exchange import Unreadable
from clausewise.recordings import payload
from clausewise.recordings.entry import RecordedExchange
from clausewise.recordings.payload import read_payload
from tests.conftest import Compile

_ANY = {"description": "", "content": {"application/vnd.thing+json": {"schema": {}}}}


@pytest.fixture(scope="module")
def operation(compiled: Compile) -> OperationContract:
    post = {"operationId": "make", "requestBody": _ANY, "responses": {"200": _ANY, "204": {"description": ""}}}
    bare = {"operationId": "look", "responses": {"204": {"description": ""}}}
    return compiled({"paths": {"/things": {"post": post, "get": bare}}}).operation("make")


@pytest.mark.parametrize(
    ("name", "content", "body"),
    [
        ("a.json", b'{"a": 1}', b'{"a": 1}'),
        ("a.json", b"\xef\xbb\xbf[1]\r\n", b"[1]\r\n"),
        ("a.json", b"12345678901234567890123", b"12345678901234567890123"),
        ("a.json", b'"caf\xc3\xa9"', b'"caf\xc3\xa9"'),
        ("a", b"null", b"null"),
        ("a.yaml", b"a: on\nb: 0x10\n", b'{"a": "on", "b": 16}'),
        ("a.yml", b"- 2024-05-17\r\n- ~\r\n", b'["2024-05-17", null]'),
    ],
    ids=["JSON", "a byte order mark and CRLF", "a huge number", "UTF-8", "no suffix", "YAML", "YAML, CRLF"],
)
def test_a_payload_is_a_body(operation: OperationContract, name: str, content: bytes, body: bytes) -> None:
    entry = read_payload(content, name, operation, "request", 200)
    assert isinstance(entry, RecordedExchange) and entry.exchange.request.body == body
    assert entry.exchange.request.headers == (("Content-Type", "application/vnd.thing+json"),)
    assert entry.operation == operation.key and entry.exchange.response is None


def test_a_payload_may_be_a_response(operation: OperationContract) -> None:
    entry = read_payload(b"[1]", "a.json", operation, "response", 200)
    assert isinstance(entry, RecordedExchange) and entry.exchange.response is not None
    assert (entry.exchange.response.status, entry.exchange.response.body) == (200, b"[1]")


@pytest.mark.parametrize(
    ("name", "content", "place", "message"),
    [
        ("a.json", b"", "a.json", "is empty"),
        ("a.json", b"\xef\xbb\xbf \n", "a.json", "is empty"),
        ("a.json", b'{"a":\n "\xff"}', "a.json:2:3", "is not UTF-8 text"),
        ("a.json", b'{"a": 1,\n "a": 2}', "a.json:2:", ""),
        ("a.json", b'{"a": 1', "a.json:1:", ""),
        ("a.json", b"[1] [2]", "a.json:1:", ""),
        ("a.json", b"[NaN]", "a.json:1:", ""),
        ("a.json", b"[1e400]", "a.json:1:", ""),
        ("a.json", b'["\\ud800"]', "a.json:1:", ""),
        ("a.json", b"[" * 100_000, "a.json:1:", ""),
        ("a.yaml", b"a: 1\na: 2\n", "a.yaml:2:1", 'is not valid YAML: the key "a" occurs twice'),
        ("a.yaml", b"a: [", "a.yaml:2:1", "is not valid YAML"),
    ],
    ids=[
        *("empty", "blank", "not UTF-8", "a member twice", "cut off", "two values", "not a number", "without end"),
        *("half a character", "too deep", "a key twice", "YAML cut off"),
    ],
)
def test_what_is_no_payload_is_told_with_its_place(
    operation: OperationContract, name: str, content: bytes, place: str, message: str
) -> None:
    entry = read_payload(content, name, operation, "request", 200)
    assert isinstance(entry, Unreadable) and entry.source.startswith(place) and entry.message.startswith(message)
    assert entry.message


def test_a_payload_that_is_too_large_is_not_read(operation: OperationContract) -> None:
    entry = read_payload(bytes(payload.LARGEST + 1), "a.json", operation, "request", 200)
    assert isinstance(entry, Unreadable) and "more than 64 MiB" in entry.message


@pytest.mark.parametrize(
    ("direction", "status", "message"),
    [
        ("response", 404, "make documents no 404 response"),
        ("response", 204, "the 204 response of make has no JSON body"),
    ],
)
def test_a_payload_that_is_documented_nowhere(
    operation: OperationContract, direction: Literal["request", "response"], status: int, message: str
) -> None:
    with pytest.raises(UsageError) as error:
        read_payload(b"1", "a.json", operation, direction, status)
    assert message in str(error.value)
