"""Keywords that few contracts have: their requests are accepted by a server that keeps them, and a server that checks
nothing is found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

pytestmark = pytest.mark.slow


def _ones(body: Any) -> int:
    return sum(type(item) is int and item == 1 for item in body) if isinstance(body, list) else 0


def _keeps_dependencies(body: Any) -> bool:
    return isinstance(body, dict) and ("card" not in body or isinstance(body.get("address"), str))


#: schema of the required body, whether a body keeps it, the keywords of the clauses that a server without checks breaks
_TABLE: dict[str, tuple[Any, Callable[[Any], bool], set[str]]] = {
    "contains": ({"type": "array", "contains": {"const": 1}}, lambda body: _ones(body) > 0, {"contains", "type"}),
    "minContains": (
        {"type": "array", "contains": {"const": 1}, "minContains": 2},
        lambda body: _ones(body) > 1,
        {"contains", "type"},
    ),
    "maxContains": (
        {"type": "array", "contains": {"const": 1}, "maxContains": 2},
        lambda body: 0 < _ones(body) < 3,
        {"contains", "type"},
    ),
    "dependencies": (
        {
            "type": "object",
            "properties": {"card": {"type": "string"}, "address": {"type": "string"}},
            "dependencies": {"card": ["address"]},
        },
        lambda body: (
            _keeps_dependencies(body) and all(isinstance(body.get(name, ""), str) for name in ("card", "address"))
        ),
        {"dependentRequired", "type"},
    ),
    "unevaluatedProperties": (
        {
            "allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}],
            "unevaluatedProperties": {"type": "integer"},
        },
        lambda body: (
            isinstance(body, dict)
            and isinstance(body.get("a"), str)
            and all(type(value) is int for name, value in body.items() if name != "a")
        ),
        {"unevaluatedProperties", "required", "type"},
    ),
    "prefixItems": (
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "boolean"}], "items": False, "minItems": 2},
        lambda body: isinstance(body, list) and [type(item) for item in body] == [str, bool],
        {"minItems", "type"},
    ),
    "if": (
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"enum": ["a", "b"]}},
            "if": {"properties": {"kind": {"const": "a"}}},
            "then": {"required": ["size"], "properties": {"size": {"type": "integer"}}},
        },
        lambda body: (
            isinstance(body, dict)
            and (body.get("kind") == "b" or (body.get("kind") == "a" and type(body.get("size")) is int))
        ),
        {"required", "enum", "type"},
    ),
}


@pytest.mark.parametrize(("schema", "keeps", "broken"), _TABLE.values(), ids=_TABLE)
def test_a_keyword_is_sent_kept_and_broken(
    compiled: Compile, schema: Any, keeps: Callable[[Any], bool], broken: set[str]
) -> None:
    content = {"application/json": {"schema": schema}}
    responses = {status: {"description": ""} for status in ("200", "400", "415")}
    operation = {"operationId": "send", "requestBody": {"required": True, "content": content}, "responses": responses}
    contract = compiled({"paths": {"/things": {"post": operation}}})

    def found(accepts: Callable[[Any], bool]) -> tuple[set[str], set[str]]:
        def answer(call: Call) -> Answer:
            if call.method != "POST":
                return not_offered("POST")
            if call.headers.get("content-type", "").partition(";")[0] != "application/json":
                return 415, None
            return (200 if call.body is not None and accepts(call.body) else 400), None

        run = drive(contract, answer, phases=("baseline", "clauses")).run
        violated = {clause.keyword for clause in run.clauses if clause.verdict == "violated"}
        return {finding.rule for finding in run.findings}, violated

    assert found(keeps) == (set(), set())
    rules, keywords = found(lambda _: True)
    assert rules == {"invalid-request-accepted"}
    assert keywords >= broken
