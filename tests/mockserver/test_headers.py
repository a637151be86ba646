"""Headers of the mock: in their style, and none that says how an answer was sent."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from clausewise.exchange import Request, Response, header
from clausewise.mockserver.app import MockApp
from tests.conftest import Compile

_CODING = {"Content-Encoding": {"required": True, "schema": {"type": "string", "enum": ["gzip", "br"]}}}


def _answer(compiled: Compile, headers: dict[str, Any], *sent: tuple[str, str]) -> Response:
    content = {"application/json": {"schema": {"type": "object", "required": ["n"], "properties": {"n": {"const": 1}}}}}
    operation = {
        "operationId": "get",
        "responses": {"200": {"description": "", "headers": headers, "content": content}},
    }
    return MockApp(compiled({"paths": {"/things": {"get": operation}}})).answer(Request("GET", "/things", sent))


@pytest.mark.parametrize(
    ("described", "written"),
    [
        ({"schema": {"type": "array", "items": {"enum": ["a"]}, "minItems": 2}}, "a,a"),
        ({"schema": {"type": "object", "properties": {"r": {"const": 1}, "g": {"const": "b"}}}}, "r,1,g,b"),
        ({"explode": True, "schema": {"type": "object", "properties": {"r": {"const": 1}}}}, "r=1"),
        ({"content": {"application/json": {"schema": {"const": {"a": [1]}}}}}, '{"a": [1]}'),
        ({"schema": {"type": "integer"}, "example": 7}, "7"),
        ({}, "1"),
    ],
)
def test_a_header_is_written_in_its_style(compiled: Compile, described: dict[str, Any], written: str) -> None:
    assert header(_answer(compiled, {"X-Own": described}).headers, "X-Own") == written


@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "Date", "Connection", "content-encoding"])
def test_no_header_of_the_transport_is_made_up(compiled: Compile, name: str) -> None:
    answer = _answer(compiled, {name: {"required": True, "schema": {"type": "string", "minLength": 8}}})
    assert header(answer.headers, name) is None


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, br", "gzip"), ("br;q=1, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("br", None), (None, None)],
)
def test_a_documented_coding_is_applied_for_a_client_that_takes_it(
    compiled: Compile, accepted: str | None, coding: str | None
) -> None:
    sent = [("Accept-Encoding", accepted)] if accepted is not None else []
    answer = _answer(compiled, _CODING, *sent)
    assert header(answer.headers, "Content-Encoding") == coding
    assert (gzip.decompress(answer.body) if coding else answer.body) == b'{"n": 1}'
