"""Answers that name what they made by an address alone: in `Location`, or in a link of their body."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_TEXT = {"schema": {"type": "string"}}
_OBJECT = {"content": {"application/json": {"schema": {"type": "object"}}}}
_LINE = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def _operation(name: str, **members: Any) -> dict[str, Any]:
    answers = {status: {"description": ""} for status in ("400", "404")}
    return {"operationId": name, "responses": {"200": {"description": "", **_OBJECT}, **answers}, **members}


def _document(shown: dict[str, Any]) -> dict[str, Any]:
    """Orders are made at one path, and are found at another one that nothing is posted to."""
    key = {"name": "key", "in": "path", "required": True, **_TEXT}
    body = {"required": True, "content": {"application/json": {"schema": _LINE}}}
    lines = _operation("lines", parameters=[key])
    lines["responses"]["200"]["content"] = {"application/json": {"schema": shown}}
    return {
        "servers": [{"url": "/v1"}],
        "paths": {
            "/receipts/{key}/lines": {"get": lines},
            "/orders": {"post": _operation("order", requestBody=body)},
        },
    }


def _orders(answer: Callable[[str], tuple[Any, dict[str, str]]], lines: Any) -> Callable[[Call], Answer]:
    made: set[str] = set()
    numbers = itertools.count(1)

    def serve(call: Call) -> Answer:
        path = call.path.removeprefix("/v1")
        if path == "/orders":
            if call.method != "POST":
                return not_offered("POST")
            is_line = isinstance(call.body, dict) and type(call.body.get("n")) is int
            if not is_line or call.headers.get("content-type") != "application/json":
                return 400, None
            key = f"r{next(numbers):05d}-q"
            made.add(key)
            return 200, *answer(key)
        key = path.removeprefix("/receipts/").removesuffix("/lines")
        if not path.endswith("/lines") or key not in made:
            return 404, None
        return (200, lines) if call.method == "GET" else not_offered("GET")

    return serve


def _run(compiled: Compile, answer: Callable[[str], tuple[Any, dict[str, str]]], lines: Any = None) -> Result:
    document = _document({"type": "object", "required": ["n"]})
    return drive(compiled(document), _orders(answer, lines or {"n": 1}))


_ADDRESSES: dict[str, Callable[[str], tuple[Any, dict[str, str]]]] = {
    "Location": lambda key: ({}, {"location": f"/v1/receipts/{key}/lines"}),
    "an absolute Location": lambda key: ({}, {"location": f"http://localhost/v1/receipts/{key}/lines"}),
    "HAL": lambda key: ({"_links": {"self": {"href": f"/v1/receipts/{key}/lines"}}}, {}),
    "another relation": lambda key: ({"_links": {"receipt": [{"href": f"/v1/receipts/{key}/lines"}]}}, {}),
    "JSON:API": lambda key: ({"data": {"links": {"related": f"/v1/receipts/{key}/lines"}}}, {}),
    "a list of links": lambda key: ({"links": [{"rel": "receipt", "href": f"/v1/receipts/{key}/lines"}]}, {}),
    "href": lambda key: ({"receipt": {"href": f"/v1/receipts/{key}/lines"}}, {}),
    "relative": lambda key: ({"receipt": {"href": f"receipts/{key}/lines"}}, {}),
}


@pytest.mark.parametrize("name", _ADDRESSES)
def test_what_an_address_names_is_reached(compiled: Compile, name: str) -> None:
    result = _run(compiled, _ADDRESSES[name])
    assert result.run.findings == ()
    assert result.run.coverage.operations.accepted == 2


def test_a_fault_behind_an_address_is_found(compiled: Compile) -> None:
    result = _run(compiled, _ADDRESSES["HAL"], lines={"m": 1})
    assert {(each.rule, each.operations) for each in result.run.findings} == {("response-schema", ("lines",))}


@pytest.mark.parametrize(
    "address",
    [
        "http://other.example/v1/receipts/{}/lines",
        "mailto:receipts/{}/lines",
        "/v1/receipts/{{key}}/{}/lines",
        "//{}/[",
    ],
)
def test_addresses_elsewhere_are_left_alone(compiled: Compile, address: str) -> None:
    result = _run(compiled, lambda key: ({"_links": {"self": {"href": address.format(key)}}}, {}))
    assert result.run.coverage.operations.accepted == 1


def test_what_only_its_own_link_names_is_removed_again(compiled: Compile) -> None:
    kept: set[str] = set()
    numbers = itertools.count(1)

    def serve(call: Call) -> Answer:
        if call.path == "/things":
            if call.method != "POST":
                return not_offered("POST")
            if not isinstance(call.body, dict) or call.headers.get("content-type") != "application/json":
                return 400, None
            kept.add(f"/things/t{next(numbers):05d}")
            return 200, {"links": [{"rel": "self", "href": max(kept)}, {"rel": "all", "href": "/things"}]}
        if call.method not in ("GET", "DELETE"):
            return not_offered("GET", "DELETE")
        if call.path not in kept:
            return 404, None
        if call.method == "DELETE":
            kept.discard(call.path)
        return 200, {}

    key = {"name": "key", "in": "path", "required": True, **_TEXT}
    body = {"required": True, **_OBJECT}
    one = {"parameters": [key], "get": _operation("look"), "delete": _operation("remove")}
    result = drive(
        compiled({"paths": {"/things": {"post": _operation("make", requestBody=body)}, "/things/{key}": one}}), serve
    )
    assert result.run.findings == ()
    assert result.run.coverage.operations.accepted == 3
    assert kept == set()
