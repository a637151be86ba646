"""Each alternative of a union inside a body is sent once, and so is what a free place may hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from clausewise.contract.contract import Contract
from clausewise.contract.second_engine import python_validator
from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, paths

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_TEXTS = {"type": "array", "items": _TEXT}
_PHASES = ("baseline", "clauses")

_CAT = {"type": "object", "required": ["kind", "lives"], "properties": {"kind": _TEXT, "lives": _NUMBER}}
_DOG = {"type": "object", "required": ["kind", "tricks"], "properties": {"kind": _TEXT, "tricks": _TEXTS}}
_COMPONENTS = {"schemas": {"Cat": _CAT, "Dog": _DOG, "Map": {
    "type": "object", "additionalProperties": {"oneOf": [{"type": "boolean"}, _TEXT, _TEXTS]},
}}}  # fmt: skip
_PET = {
    "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    "discriminator": {"propertyName": "kind"},
}


def body(**members: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["name"], "properties": {"name": _TEXT, **members}}


def holds(value: Any, wanted: Callable[[Any], bool]) -> bool:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return wanted(value) or any(holds(one, wanted) for one in below)


#: a body's schema, and what only one of the alternatives in it has
_UNIONS: dict[str, tuple[dict[str, Any], Callable[[Any], bool]]] = {
    "the second": (body(tag={"oneOf": [_NUMBER, _TEXTS]}), lambda value: isinstance(value, list)),
    "the last of three": (body(tag={"anyOf": [_NUMBER, _TEXT, _TEXTS]}), lambda value: isinstance(value, list)),
    "null": (body(tag={"anyOf": [_NUMBER, {"type": "null"}]}), lambda value: value is None),
    "in a union": (body(tag={"oneOf": [{"oneOf": [_NUMBER, _TEXTS]}, {"type": "boolean"}]}),
                   lambda value: isinstance(value, list)),
    "of an item": (body(tags={"type": "array", "items": {"oneOf": [_TEXT, {"type": "boolean"}]}}),
                   lambda value: value is True),
    "of a map's values": (body(tags={"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Map"}]}),
                          lambda value: isinstance(value, list)),
    "by a discriminator": (body(pet=_PET), lambda value: isinstance(value, dict) and "tricks" in value),
    "by a discriminator in an array": (body(pets={"type": "array", "items": _PET}),
                                       lambda value: isinstance(value, dict) and "tricks" in value),
    "of types": (body(tag={"type": ["integer", "array", "null"]}), lambda value: isinstance(value, list)),
    "of a later item": (body(pair={"prefixItems": [_TEXT, {"oneOf": [_NUMBER, _TEXTS]}], "minItems": 2}),
                        lambda value: isinstance(value, list) and len(value) == 2 and isinstance(value[1], list)),
    "of a named member": (body(map={"type": "object", "patternProperties": {"^x-": {"anyOf": [_NUMBER, _TEXTS]}}}),
                                lambda value: isinstance(value, list)),
    "of objects": (body(pet={"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": _TEXT}},
                                       {"type": "object", "required": ["b"], "properties": {"b": _TEXT}}]}),
                   lambda value: isinstance(value, dict) and "b" in value),
}  # fmt: skip


def run(compiled: Compile, schema: Any, fails: Callable[[Any], bool]) -> tuple[Result, list[Any]]:
    contract: Contract = compiled({"paths": paths("POST /things", body=schema), "components": _COMPONENTS})
    message = contract.operation("POST /things").body_message
    assert message is not None
    takes, accepted = python_validator(message.schema), list[Any]()

    def answer(call: Call) -> Answer:
        json_sent = call.headers.get("content-type") == "application/json" and call.method == "POST"
        if not json_sent or (call.body is None and call.content != b"null") or not takes.is_valid(call.body):
            return (405 if call.method != "POST" else 400), {"message": "no"}, {"allow": "POST"}
        if fails(call.body):
            return 500, {"message": "oops"}
        accepted.append(call.body)
        return 201, {"id": "a"}

    return drive(contract, answer, phases=_PHASES), accepted


@pytest.mark.parametrize("name", _UNIONS)
def test_each_alternative_is_sent(compiled: Compile, name: str) -> None:
    schema, special = _UNIONS[name]
    result, accepted = run(compiled, schema, lambda sent: False)
    assert any(holds(sent, special) for sent in accepted)
    assert not [finding for finding in result.run.findings if finding.rule != "undocumented-status"]


@pytest.mark.parametrize("name", _UNIONS)
def test_a_crash_on_an_alternative_is_found(compiled: Compile, name: str) -> None:
    schema, special = _UNIONS[name]
    result, _ = run(compiled, schema, lambda sent: holds(sent, special))
    assert "server-error" in {finding.rule for finding in result.run.findings}


_FREE = {
    "any object": ({"type": "object"}, lambda value: isinstance(value, dict) and None in value.values()),
    "any members": ({"type": "object", "additionalProperties": True}, lambda value: value == {"member": [None]}),
    "members of any kind": ({"type": "object", "additionalProperties": {}},
                            lambda value: value == {"member": {"member": None}}),
    "any array": ({"type": "array", "items": {}}, lambda value: value == [None]),
    "any value": ({}, lambda value: value == [None]),
    "an empty name": ({"type": "object"}, lambda value: isinstance(value, dict) and "" in value),
}  # fmt: skip


@pytest.mark.parametrize("name", _FREE)
@pytest.mark.parametrize("place", ["body", "member", "query"])
def test_a_crash_in_a_free_place_is_one_finding(compiled: Compile, name: str, place: str) -> None:
    schema, fails = _FREE[name]
    document = {"paths": paths("POST /things", body=schema if place == "body" else body(options=schema))}
    document["paths"]["/things"]["post"]["parameters"] = [] if place != "query" else [
        {"name": "where", "in": "query", "content": {"application/json": {"schema": schema}}}
    ]  # fmt: skip

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return 405, {"message": "no"}, {"allow": "POST"}
        if call.headers.get("content-type") != "application/json" or (call.body is None and call.content != b"null"):
            return 400, {"message": "no JSON"}
        sent = call.body
        if place == "member":
            sent = sent.get("options", ...) if isinstance(sent, dict) else ...
        if place == "query":
            sent = json.loads(parse_qs(call.query)["where"][0]) if "where=" in call.query else ...
        return (500, {"message": "oops"}) if fails(sent) else (201, {"id": "a"})

    result = drive(compiled(document), answer, phases=_PHASES)
    crashes = [finding for finding in result.run.findings if finding.rule == "server-error"]
    assert len(crashes) == 1
    assert not [f for f in result.run.findings if f.rule == "valid-request-rejected"]
