"""Clauses of a large contract, those of a component listed once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from tests.conftest import RunClausewise

_SCHEMAS = {
    "Pet": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "maxLength": 9, "readOnly": True},
            "owner": {"$ref": "#/components/schemas/Person"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
        },
    },
    "Person": {"type": "object", "properties": {"pet": {"$ref": "#/components/schemas/Pet"}, "age": {"minimum": 0}}},
    "Problem": {"type": "object", "required": ["why"]},
}


def content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def contract(folder: Path, operations: int) -> Contract:
    inline = {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}}
    refused = {"description": "", "content": content("Problem")}
    paths: dict[str, Any] = {}
    for number in range(operations):
        limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100 + number}}
        listing = {"parameters": [limit], "responses": {"200": {"description": "", "content": inline}, "400": refused}}
        adding = {"requestBody": {"content": content("Pet")}, "responses": {"201": {"description": ""}, "400": refused}}
        paths[f"/{number}"] = {"get": listing, "post": adding}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    path = folder / "api.json"
    path.write_text(json.dumps({**document, "components": {"schemas": _SCHEMAS}}, indent=1), encoding="utf-8")
    return load(path)


def test_every_assertion_of_the_document_is_listed(tmp_path: Path) -> None:
    api = contract(tmp_path, 3)
    every = [clause for operation in api.operations for clause in operation.clauses]
    once = [*api.each_clause_once(api.operations)]
    assert {(one.id, one.direction, one.keyword) for one in once} == {(o.id, o.direction, o.keyword) for o in every}
    assert {one.key for one in once} <= {one.key for one in every}
    of_components = Counter((one.id, one.direction) for one in once if one.id.startswith("#/components/"))
    assert of_components and set(of_components.values()) == {1}
    # What belongs to an operation is listed for each.
    assert sum(one.keyword == "maximum" for one in once) == 3
    assert sum(one.keyword == "content" for one in once) == sum(one.keyword == "content" for one in every)


def test_nothing_is_compiled_but_what_is_listed(tmp_path: Path) -> None:
    api = contract(tmp_path, 2)
    assert [*api.each_clause_once(api.operations)]
    assert not any({"clauses", "responses"} & vars(operation).keys() for operation in api.operations)


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_command(form: str, tmp_path: Path, run_clausewise: RunClausewise) -> None:
    api = contract(tmp_path, 101)
    done = run_clausewise("clauses", tmp_path / "api.json", "--format", form)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len([*api.each_clause_once(api.operations)])
    assert "listed once" in done.stderr
    one = run_clausewise("clauses", tmp_path / "api.json", "--operation", "GET /100", "--format", form)
    assert len(one.stdout.splitlines()) == len(api.operation("GET /100").clauses)
    assert "listed once" not in one.stderr


_FAMILY: dict[str, Any] = {
    "Base": {
        "oneOf": [{"$ref": "#/components/schemas/Child"}, {"$ref": "#/components/schemas/Other"}],
        "required": ["id"],
        "properties": {"id": {"type": "string", "readOnly": True}},
    },
    "Child": {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["id", "name"]},
    "Other": {"properties": {"base": {"$ref": "#/components/schemas/Base"}}, "required": ["base"]},
}


def family(folder: Path) -> Contract:
    def taking(name: str) -> dict[str, Any]:
        return {"post": {"operationId": name, "requestBody": {"content": content(name)}, "responses": {"204": {}}}}

    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {f"/{name}": taking(name) for name in _FAMILY},
        "components": {"schemas": _FAMILY},
    }
    path = folder / "family.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return load(path)


def schema_of(contract: Contract, operation: str) -> Any:
    message = contract.operation(operation).body_message
    assert message is not None
    return message.schema


def test_messages_share_the_schemas_of_components(tmp_path: Path) -> None:
    api = contract(tmp_path, 2)
    one, other = (schema_of(api, f"POST /{number}")["$defs"] for number in (0, 1))
    assert one.keys() == other.keys() == {"Pet", "Person"}
    assert all(one[name] is other[name] for name in one)


@pytest.mark.parametrize("first", _FAMILY)
def test_what_was_compiled_before_changes_no_schema(first: str, tmp_path: Path) -> None:
    api = family(tmp_path)
    schema_of(api, first)
    for name in _FAMILY:
        assert schema_of(api, name) == schema_of(family(tmp_path), name), name


def test_a_message_with_a_defect_changes_no_other(tmp_path: Path) -> None:
    # A pattern that cannot be read relaxes what refers to it, in this message alone.
    bad = {"not": {"$ref": "#/components/schemas/Pet"}, "properties": {"x": {"pattern": "(?<n>"}}}
    body = {"content": {"application/json": {"schema": bad}}}
    document = json.loads((contract(tmp_path, 1).specification.sources.root.path or tmp_path).read_text())
    document["paths"]["/bad"] = {"post": {"operationId": "bad", "requestBody": body, "responses": {"204": {}}}}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    before, api = schema_of(load(path), "POST /0"), load(path)
    schema_of(api, "bad")
    assert schema_of(api, "POST /0") == before
