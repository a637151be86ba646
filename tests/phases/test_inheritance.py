"""A zoo whose base schema has the discriminator: each kind is sent and tried, and answers are judged by their kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Request
from clausewise.mockserver.app import MockApp
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths

_ANIMAL = {"$ref": "#/components/schemas/Animal"}


def _child(**members: Any) -> dict[str, Any]:
    return {"allOf": [_ANIMAL, {"type": "object", "required": [*members], "properties": members}]}


_SCHEMAS = {
    "Animal": {
        "type": "object",
        "required": ["kind", "name"],
        "properties": {"kind": {"type": "string"}, "name": {"type": "string", "minLength": 1, "maxLength": 10}},
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"dog": "#/components/schemas/Dog", "cat": "#/components/schemas/Cat"},
        },
    },
    "Dog": _child(bark={"type": "integer", "minimum": 1, "maximum": 9}),
    "Cat": _child(indoor={"type": "boolean"}),
    "Cage": {"type": "object", "required": ["holds"], "properties": {"holds": {"type": "array", "items": _ANIMAL}}},
}


def _document() -> dict[str, Any]:
    def content(schema: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    def post(schema: Any) -> dict[str, Any]:
        answers = {"201": {"description": "", **content(schema)}, "400": {"description": ""}}
        return {"requestBody": {"required": True, **content(schema)}, "responses": answers}

    animals = content({"type": "array", "items": _ANIMAL})
    return {
        "openapi": "3.0.3",
        "info": {"title": "zoo", "version": "1"},
        "paths": {
            "/animals": {
                "get": {"operationId": "list", "responses": {"200": {"description": "", **animals}}},
                "post": {"operationId": "add", **post(_ANIMAL)},
            },
            "/cages": {"post": {"operationId": "fill", **post({"$ref": "#/components/schemas/Cage"})}},
        },
        "components": {"schemas": _SCHEMAS},
    }


def _is_animal(value: Any, unchecked: str = "") -> bool:
    """Whether the zoo takes `value`, of which it leaves one member `unchecked`."""
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        return False
    name = value.get("name")
    named = unchecked == "name" or (isinstance(name, str) and 1 <= len(name) <= 10)
    if value["kind"] == "dog":
        bark: Any = value.get("bark")
        is_whole = type(bark) is int or (type(bark) is float and bark.is_integer())
        return named and (unchecked == "bark" or (is_whole and 1 <= bark <= 9))
    if value["kind"] == "cat":
        return named and (unchecked == "indoor" or isinstance(value.get("indoor"), bool))
    return named and unchecked == "kind"


_REX, _TOM = {"kind": "dog", "name": "Rex", "bark": 3}, {"kind": "cat", "name": "Tom", "indoor": True}


def _zoo(
    unchecked: str = "", animals: list[Any] | None = None, fails: Callable[[Any], bool] = lambda animal: False
) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        if call.path == "/animals" and call.method == "GET":
            return 200, [_REX, _TOM] if animals is None else animals
        if call.method != "POST":
            return not_offered("GET", "POST") if call.path == "/animals" else not_offered("POST")
        if call.headers.get("content-type") != "application/json":
            return 400, None
        if call.path == "/animals":
            sent: Any = [call.body]
        else:
            sent = call.body.get("holds") if isinstance(call.body, dict) else None
        if not isinstance(sent, list) or not all(_is_animal(each, unchecked) for each in sent):
            return 400, None
        return (500, None) if any(map(fails, sent)) else (201, call.body)

    return answer


def _found(compiled: Compile, answer: Callable[[Call], Answer]) -> set[tuple[str, str]]:
    result = drive(compiled(_document()), answer, phases=("baseline", "clauses"))
    return {(one.rule, one.where.rpartition(".")[2]) for one in result.run.findings if one.severity == "error"}


def test_a_zoo_that_keeps_its_contract_has_no_finding(compiled: Compile) -> None:
    sent: list[Any] = []
    keeps = _zoo()

    def answer(call: Call) -> Answer:
        given = keeps(call)
        sent.append((call.path, given[0], call.body))
        return given

    assert _found(compiled, answer) == set()
    kinds = {body["kind"] for path, status, body in sent if path == "/animals" and status == 201}
    assert kinds == {"dog", "cat"}
    caged = {one["kind"] for path, status, body in sent if path == "/cages" and status == 201 for one in body["holds"]}
    assert caged == {"dog", "cat"}


@pytest.mark.parametrize("unchecked", ["bark", "indoor", "name", "kind"])
def test_what_a_kind_does_not_check_is_found(compiled: Compile, unchecked: str) -> None:
    found = _found(compiled, _zoo(unchecked))
    assert ("invalid-request-accepted", unchecked) in found


@pytest.mark.parametrize(
    ("animals", "where"),
    [
        ([{**_REX, "bark": 99}, _TOM], "bark"),
        ([_REX, {"kind": "cat", "name": "Tom"}], "indoor"),
        ([{"kind": "cow", "name": "Berta"}], "kind"),
        ([{"kind": "dog", "name": "", "bark": 1}], "name"),
    ],
    ids=["a wrong member", "a missing one", "no kind", "a member of the base"],
)
def test_an_answer_is_judged_by_the_kind_that_it_names(compiled: Compile, animals: list[Any], where: str) -> None:
    assert _found(compiled, _zoo(animals=animals)) == {("response-schema", where)}


@pytest.mark.parametrize("kind", ["dog", "cat"])
def test_a_crash_on_one_kind_is_found(compiled: Compile, kind: str) -> None:
    found = _found(compiled, _zoo(fails=lambda animal: animal["kind"] == kind))
    assert "server-error" in {rule for rule, _ in found}


def test_the_mock_answers_with_each_kind_and_with_the_one_that_it_was_sent(compiled: Compile) -> None:
    mock = MockApp(compiled(_document()))
    listed = json.loads(mock.answer(Request("GET", "/animals")).body)
    assert {animal["kind"] for animal in listed} == {"dog", "cat"}
    for animal in (_REX, _TOM):
        sent = Request("POST", "/animals", (("Content-Type", "application/json"),), json.dumps(animal).encode())
        assert json.loads(mock.answer(sent).body)["kind"] == animal["kind"]


_HELD: dict[str, Any] = {
    "Holder": {
        "type": "object",
        "required": ["main"],
        "properties": {
            "main": {"$ref": "#/components/schemas/Shape"},
            "rest": {"type": "array", "maxItems": 3, "items": {"$ref": "#/components/schemas/Shape"}},
        },
    },
    "Shape": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "label": {"type": "string", "maxLength": 8}},
        "discriminator": {"propertyName": "kind"},
    },
    "Circle": {
        "allOf": [
            {"$ref": "#/components/schemas/Shape"},
            {"type": "object", "required": ["radius"], "properties": {"radius": {"type": "integer", "minimum": 1}}},
        ]
    },
    "Poly": {
        "allOf": [
            {"$ref": "#/components/schemas/Shape"},
            {"type": "object", "required": ["sides"], "properties": {"sides": {"type": "integer", "maximum": 9}}},
        ]
    },
}


def _is_shape(shape: Any, longest: dict[str, int]) -> bool:
    if not isinstance(shape, dict) or shape.get("kind") not in longest:
        return False
    label, number = shape.get("label", ""), shape.get("radius" if shape["kind"] == "Circle" else "sides")
    if not isinstance(label, str) or len(label) > longest[shape["kind"]]:
        return False
    if not isinstance(number, int) or isinstance(number, bool):
        return False
    return number >= 1 if shape["kind"] == "Circle" else number <= 9


@pytest.mark.parametrize("loose", ["Circle", "Poly"])
def test_a_rule_of_the_base_is_tried_in_each_kind(compiled: Compile, loose: str) -> None:
    contract = _holding(compiled)
    result = drive(contract, _holder({"Circle": 8, "Poly": 8} | {loose: 99}), phases=("baseline", "clauses"))
    (finding,) = result.run.findings
    assert finding.rule == "invalid-request-accepted" and "`label` has 9 characters" in finding.message
    assert {f"[{loose}]" in place.where for place in finding.places} == {True}
    sent = [clause for clause in result.run.clauses if clause.direction == "request"]
    assert [clause.where for clause in sent if clause.verdict == "untested"] == []


def test_what_crashes_in_every_place_of_a_schema_is_one_finding(compiled: Compile) -> None:
    result = drive(_holding(compiled), _holder({"Circle": 8, "Poly": 8}, crashes=True))
    (finding,) = result.run.findings
    assert finding.rule == "server-error"
    assert {place.where for place in finding.places} == {
        "request.body[Poly].main.sides",
        "request.body[Poly].rest[].sides",
    }


def _holding(compiled: Compile) -> Contract:
    body = {"$ref": "#/components/schemas/Holder"}
    return compiled({"openapi": "3.0.3", "paths": paths("POST /held", body=body), "components": {"schemas": _HELD}})


def _holder(longest: dict[str, int], *, crashes: bool = False) -> Callable[[Call], Answer]:
    """A server that takes labels of each kind up to a length, and may crash on nine sides."""

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body if isinstance(call.body, dict) else {}
        rest = body.get("rest", [])
        is_json = call.headers.get("content-type") == "application/json"
        if not is_json or not isinstance(rest, list) or len(rest) > 3:
            return 400, {"message": "refused"}
        shapes = [body.get("main"), *rest]
        if not all(_is_shape(shape, longest) for shape in shapes):
            return 400, {"message": "refused"}
        if crashes and any(shape.get("sides") == 9 and shape["kind"] == "Poly" for shape in shapes):
            return 500, {"message": "oh"}
        return 201, None

    return answer
