"""Keywords that few contracts have: their requests are accepted by a server that keeps them, and a server that checks
nothing is found out."""

from __future__ import annotations

import json
import re
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


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _is_count(value: Any) -> bool:
    return _is_integer(value) and value >= 1


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 5


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
        {"minItems", "type", "false"},
    ),
    "patternProperties": (
        {
            "type": "object",
            "patternProperties": {"^x-[a-z]+$": {"type": "integer"}},
            "additionalProperties": False,
            "minProperties": 1,
        },
        lambda body: (
            isinstance(body, dict)
            and len(body) > 0
            and all(re.fullmatch("x-[a-z]+", name) and type(value) is int for name, value in body.items())
        ),
        {"additionalProperties", "minProperties", "type"},
    ),
    "propertyNames": (
        {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}, "minProperties": 1},
        lambda body: isinstance(body, dict) and len(body) > 0 and all(re.fullmatch("[a-z]+", name) for name in body),
        {"propertyNames", "minProperties", "type"},
    ),
    "a false member": (
        {"type": "object", "properties": {"a": True, "b": False}},
        lambda body: isinstance(body, dict) and "b" not in body,
        {"false", "type"},
    ),
    "uniqueItems of words": (
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2, "uniqueItems": True},
        lambda body: isinstance(body, list) and {*map(str, body)} <= {*"abc"} and len(body) == len({*body}) > 1,
        {"uniqueItems", "minItems", "enum", "type"},
    ),
    "uniqueItems of objects": (
        {
            "type": "array",
            "minItems": 3,
            "maxItems": 4,
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["on", "kind"],
                "properties": {"on": {"type": "boolean"}, "kind": {"enum": ["a", "b", "c"]}},
            },
        },
        lambda body: (
            isinstance(body, list)
            and all(isinstance(one, dict) and type(one.get("on")) is bool for one in body)
            and all(one.get("kind") in ("a", "b", "c") for one in body)
            and 3 <= len(body) == len({json.dumps(one, sort_keys=True) for one in body}) <= 4
        ),
        {"uniqueItems", "minItems", "maxItems", "required", "enum", "type"},
    ),
    "not": (
        {"type": "object", "required": ["a"], "properties": {"a": {"not": {"type": "integer"}}}},
        lambda body: isinstance(body, dict) and "a" in body and not _is_integer(body["a"]),
        {"not", "required", "type"},
    ),
    "const": (
        {"type": "object", "required": ["a"], "properties": {"a": {"const": [1, "b"]}}},
        lambda body: isinstance(body, dict) and body.get("a") == [1, "b"],
        {"const", "required", "type"},
    ),
    "dependentSchemas": (
        {
            "type": "object",
            "properties": {"card": {"type": "string"}},
            "dependentSchemas": {"card": {"required": ["address"], "properties": {"address": {"type": "string"}}}},
        },
        lambda body: _keeps_dependencies(body) and isinstance(body.get("card", ""), str),
        {"required", "type"},
    ),
    "else": (
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"enum": ["a", "b"]}},
            "if": {"properties": {"kind": {"const": "a"}}},
            "then": {"required": ["x"]},
            "else": {"required": ["y"]},
        },
        lambda body: isinstance(body, dict) and {"a": "x", "b": "y"}.get(str(body.get("kind")), "?") in body,
        {"required", "enum", "type"},
    ),
    "unevaluatedProperties above allOf": (
        {
            "allOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "maxLength": 5}}},
                {"required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}},
            ],
            "unevaluatedProperties": False,
        },
        lambda body: isinstance(body, dict) and {*body} == {"a", "n"} and _is_word(body["a"]) and _is_count(body["n"]),
        {"unevaluatedProperties", "required", "maxLength", "minimum", "type"},
    ),
    "unevaluatedProperties above anyOf": (
        {
            "type": "object",
            "anyOf": [
                {"required": ["a"], "properties": {"a": {"type": "string", "maxLength": 5}}},
                {"required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}},
            ],
            "unevaluatedProperties": False,
        },
        lambda body: (
            isinstance(body, dict)
            and len(body) > 0
            and all(
                (name == "a" and _is_word(value)) or (name == "n" and _is_count(value)) for name, value in body.items()
            )
        ),
        {"unevaluatedProperties", "required", "maxLength", "minimum", "type"},
    ),
    "unevaluatedProperties above if": (
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"enum": ["a", "b"]}},
            "if": {"properties": {"kind": {"const": "a"}}},
            "then": {"required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}},
            "unevaluatedProperties": False,
        },
        lambda body: (
            body == {"kind": "b"}
            or (isinstance(body, dict) and {*body} == {"kind", "n"} and body["kind"] == "a" and _is_count(body["n"]))
        ),
        {"unevaluatedProperties", "required", "minimum", "enum", "type"},
    ),
    "oneOf beside properties": (
        {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "integer"}},
            "oneOf": [
                {"required": ["a"], "properties": {"a": {"type": "string"}}},
                {"required": ["b"], "properties": {"b": {"type": "boolean"}}},
            ],
        },
        lambda body: (
            isinstance(body, dict)
            and _is_integer(body.get("id"))
            and isinstance(body.get("a"), str) != isinstance(body.get("b"), bool)
        ),
        {"oneOf", "required", "type"},
    ),
    "oneOf of numbers": (
        {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "number", "minimum": 2}]},
        lambda body: (_is_count(body)) != (type(body) in (int, float) and body >= 2),
        {"oneOf", "type"},
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
