"""Messages that begin with the same component share what is made of it, and keep what is their own."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from tests.conftest import Compile

_SCHEMAS: dict[str, Any] = {
    "Pet": {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind"},
    },
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "lives": {"minimum": 1}},
    },
    "Dog": {
        "type": "object",
        "required": ["kind", "tag"],
        "properties": {
            "kind": {"type": "string"},
            "tag": {"type": "string", "readOnly": True},
            "pin": {"writeOnly": True},
        },
        "unevaluatedProperties": False,
    },
}
_PETS = ("GET /first", "GET /second", "POST /second")


def document(*paths: str) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Pet"}}
    both = {"application/json": content, "application/problem+json": content}
    answer = {"description": "a pet", "content": both}
    every = {
        "/first": {"get": {"responses": {"200": answer, "default": answer}}},
        "/second": {
            "get": {"responses": {"200": answer}},
            "post": {"requestBody": {"content": both}, "responses": {"201": answer}},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {path: every[path] for path in paths},
        "components": {"schemas": _SCHEMAS},
    }


@pytest.mark.parametrize("key", _PETS)
def test_clauses_are_those_of_an_operation_that_is_compiled_alone(compiled: Compile, key: str) -> None:
    alone = compiled(document(f"/{key.rpartition('/')[2]}")).operation(key)
    shared = compiled(document("/first", "/second"))
    for operation in shared.operations:
        assert operation.clauses
    assert shared.operation(key).clauses == alone.clauses


def test_a_breach_is_of_the_operation_that_shows_it(compiled: Compile) -> None:
    contract = compiled(document("/first", "/second"))
    found = {}
    for key, status in (("GET /first", 200), ("GET /second", 200), ("POST /second", 201)):
        response = contract.operation(key).response_for(status)
        assert response is not None
        message = response.content["application/json"].message
        assert message is not None
        breaches = message.judge({"kind": "Dog", "tag": 1}).breaches
        found[key] = [(breach.clause.operation, breach.clause.keyword) for breach in breaches]
    assert found == {key: [(key, "type")] for key in _PETS}


def test_each_message_knows_its_own_place(compiled: Compile) -> None:
    contract = compiled(document("/first", "/second"))
    places = [
        str(entry.message.generated.origin(""))
        for operation in contract.operations
        for response in operation.responses.values()
        for entry in response.content.values()
        if entry.message is not None
    ]
    assert len(places) == len(set(places)) == 8
    assert all(place.endswith("/schema") for place in places)


def test_a_component_has_one_validator_for_each_direction(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    made, validator = [], jsonschema_rs.Draft202012Validator

    def counted(schema: Any, **options: Any) -> Any:
        made.append(schema)
        return validator(schema, **options)

    monkeypatch.setattr(jsonschema_rs, "Draft202012Validator", counted)
    for operation in compiled(document("/first", "/second")).operations:
        _ = operation.body, operation.responses
    assert len(made) == 2
