"""A server that takes an invalid value and shows it later has one fault: that it takes it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_THING = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "maxLength": 10},
        "size": {"type": "integer", "maximum": 9},
        "tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
    },
}


def _answer(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


_REFUSED = {"400": {"description": ""}}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "paths": {
        "/things": {
            "get": {"operationId": "listThings", "responses": {"200": _answer({"type": "array", "items": _THING})}},
            "post": {
                "operationId": "makeThing",
                "requestBody": {"required": True, "content": {"application/json": {"schema": _THING}}},
                "responses": {"201": _answer({"type": "object"}), **_REFUSED},
            },
        }
    },
}

Thing = dict[str, Any]


def _things(is_taken: Callable[[Thing], bool], shown: Callable[[Thing], Thing]) -> Callable[[Call], Answer]:
    """A server without DELETE: what it was sent stays in its list."""
    things: list[Thing] = []
    numbers = itertools.count(1)

    def answer(call: Call) -> Answer:
        if call.path != "/things" or call.method not in ("GET", "POST"):
            return not_offered("GET", "POST")
        if call.method == "GET":
            return 200, [shown(thing) for thing in things]
        is_json = call.headers.get("content-type") == "application/json"
        if not is_json or not isinstance(call.body, dict) or not is_taken(call.body):
            return 400, {"message": "no thing"}
        things.append({**call.body, "id": next(numbers)})
        return 201, {"id": things[-1]["id"]}

    return answer


def _is_valid(thing: Thing) -> bool:
    """Whether a thing is as the contract has it, all written by hand."""
    name, size, tags = thing.get("name"), thing.get("size", 0), thing.get("tags", [])
    return (
        _is_name(name)
        and (isinstance(size, int) and not isinstance(size, bool) and size <= 9)
        and (isinstance(tags, list) and len(tags) <= 2 and all(isinstance(tag, str) for tag in tags))
    )


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and len(name) <= 10


def _rules(compiled: Compile, answer: Callable[[Call], Answer]) -> list[tuple[str, tuple[str, ...]]]:
    findings = drive(compiled(_DOCUMENT), answer, phases=("baseline", "clauses")).run.findings
    return [(finding.rule, finding.operations) for finding in findings if finding.severity == "error"]


@pytest.mark.parametrize(
    "is_taken",
    [
        pytest.param(lambda thing: _is_valid({**thing, "size": min(_size(thing), 9)}), id="a number over its maximum"),
        pytest.param(lambda thing: _is_valid({**thing, "tags": thing.get("tags", [])[:2]}), id="too many items"),
        pytest.param(lambda thing: _is_valid({**thing, "name": str(thing.get("name"))[:10]}), id="texts of any kind"),
    ],
)
def test_what_was_taken_is_shown_without_another_finding(compiled: Compile, is_taken: Callable[[Thing], bool]) -> None:
    def takes(thing: Thing) -> bool:
        try:
            return "name" in thing and is_taken(thing)
        except TypeError:
            return False

    assert [rule for rule, _ in _rules(compiled, _things(takes, lambda thing: thing))] == ["invalid-request-accepted"]


def _size(thing: Thing) -> Any:
    return thing.get("size", 0)


def test_what_a_server_shows_of_its_own_is_another_finding(compiled: Compile) -> None:
    def is_taken(thing: Thing) -> bool:
        return type(_size(thing)) is int

    wrong = _things(
        lambda thing: is_taken(thing) and _is_valid({**thing, "size": 1}), lambda thing: {**thing, "size": 50}
    )
    assert sorted(_rules(compiled, wrong)) == [
        ("invalid-request-accepted", ("makeThing",)),
        ("response-schema", ("listThings",)),
    ]


def test_null_may_be_anybodys(compiled: Compile) -> None:
    """A server that takes null, and shows null where nothing was sent, has two faults."""

    def is_taken(thing: Thing) -> bool:
        return _is_valid({name: value for name, value in thing.items() if name != "size" or value is not None})

    found = _rules(compiled, _things(is_taken, lambda thing: {"size": None, **thing}))
    assert sorted(rule for rule, _ in found) == ["invalid-request-accepted", "response-schema"]


def test_a_correct_server_has_no_finding(compiled: Compile) -> None:
    assert _rules(compiled, _things(_is_valid, lambda thing: thing)) == []
