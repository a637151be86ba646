"""Operations that are the same in both documents are left out: never one that a change concerns. Each place of these
documents is changed in turn, and the changes that are found have to be those that are found where nothing is left out.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewise.comparison.compare import Comparison, Documents, compare, read_versions
from clausewise.comparison.unchanged import Unchanged
from clausewise.contract.contract import Contract, load
from clausewise.errors import SpecError
from clausewise.spec.document import parse
from clausewise.spec.resolve import Sources, open_sources
from clausewise.spec.specification import read_specification


def to(name: str, kind: str = "schemas") -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{name}"}


def content(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def answers(schema: Any) -> dict[str, Any]:
    return {"200": {"description": "", **content(schema)}}


_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}
_THINGS = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://a.example/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/things": {
            "parameters": [to("Page", "parameters")],
            "get": {"operationId": "list", "parameters": [_LIMIT], "responses": answers(to("Thing"))},
            "post": {
                "operationId": "make",
                "security": [{"token": ["write"]}, {}],
                "requestBody": to("Made", "requestBodies"),
                "responses": {"201": to("Done", "responses"), **answers(to("Other"))},
            },
        },
        "/things/{id}": {
            "servers": [{"url": "https://b.example/v1"}],
            "get": {"deprecated": True, "x-sunset": "2020-01-31", "responses": answers(to("Other"))},
            "delete": {"operationId": "drop", "responses": {"204": {"description": ""}}},
        },
        "/others": {"get": {"operationId": "others", "responses": answers({"items": to("Circle")})}},
    },
    "components": {
        "parameters": {"Page": {"name": "page", "in": "query", "schema": to("Number")}},
        "requestBodies": {"Made": {"required": True, **content(to("Thing"))}},
        "responses": {
            "Done": {"description": "", "links": {"it": {"operationId": "drop"}}, "headers": {"A": to("A", "headers")}}
        },
        "headers": {"A": {"required": True, "schema": to("Number")}},
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "token": {"type": "http", "scheme": "bearer"},
        },
        "schemas": {
            "Thing": {"required": ["name"], "properties": {"name": {"type": "string"}, "size": to("Number")}},
            "Other": {"properties": {"near": to("Circle"), "far": {"type": "string", "description": "It is far."}}},
            "Circle": {"properties": {"next": to("Other")}},
            "Number": {"type": "integer"},
        },
    },
}
_PETS = {
    "openapi": "3.1.0",
    "paths": {
        "/pets": {"get": {"operationId": "pets", "responses": answers(to("Pet"))}},
        "/boxes": {"get": {"operationId": "boxes", "responses": answers({"properties": {"pet": to("Pet")}})}},
        "/leads": {"get": {"operationId": "leads", "responses": answers(to("Lead"))}},
    },
    "components": {
        "schemas": {
            "Pet": {"properties": {"kind": {"type": "string"}}, "discriminator": {"propertyName": "kind"}},
            "Dog": {"allOf": [to("Pet"), {"required": ["name"], "properties": {"lead": to("Lead")}}]},
            "Cat": {"allOf": [to("Pet"), {"properties": {"lives": {"maximum": 9}}}]},
            "Lead": {"properties": {"length": {"type": "number", "readOnly": True}}, "required": ["length"]},
        }
    },
}
_HOOKS = {
    "openapi": "3.2.0",
    "paths": {
        "/a": {
            "post": {
                "operationId": "a",
                "callbacks": {"done": {"{$request.body#/url}": {"post": {"responses": {"204": {"description": ""}}}}}},
                "responses": answers(to("A")),
            },
            "query": {"operationId": "ask", "requestBody": content(to("A")), "responses": answers(True)},
            "additionalOperations": {"COPY": {"operationId": "copy", "responses": answers(to("A"))}},
        },
        "/b": to("B", "pathItems"),
        "/c": {"get": {"operationId": "twice", "responses": answers(to("C"))}},
        "/d": {"get": {"operationId": "twice", "responses": answers(to("C"))}},
        "/e/{x}": {"get": {"responses": answers(to("C"))}, "put": {"responses": answers(to("C"))}},
        "/e/{y}": {"get": {"responses": answers(to("A"))}},
    },
    "webhooks": {"made": {"post": {"requestBody": content(to("A")), "responses": {"204": {"description": ""}}}}},
    "components": {
        "pathItems": {"B": {"get": {"operationId": "b", "responses": answers(to("C"))}}},
        "schemas": {"A": {"type": "strange"}, "C": {"properties": {"a": to("A"), "none": to("None")}}},
    },
}
_OLDER = {
    "swagger": "2.0",
    "host": "a.example",
    "basePath": "/v1",
    "schemes": ["https"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "security": [{"key": []}],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    "parameters": {"Page": {"name": "page", "in": "query", "type": "integer"}},
    "responses": {"Done": {"description": "", "schema": {"$ref": "#/definitions/Thing"}}},
    "definitions": {
        "Thing": {"properties": {"name": {"type": "string"}, "file": {"$ref": "#/definitions/File"}}},
        "File": {},
    },
    "paths": {
        "/things": {
            "get": {
                "operationId": "list",
                "parameters": [{"$ref": "#/parameters/Page"}],
                "responses": {"200": {"$ref": "#/responses/Done"}},
            },
            "post": {
                "produces": ["text/plain"],
                "parameters": [{"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Thing"}}],
                "responses": {"200": {"description": "", "schema": {"type": "string"}}},
            },
            "put": {
                "parameters": [
                    {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}},
                    {"name": "of", "in": "formData", "type": "string", "required": True},
                ],
                "responses": {"204": {"description": ""}},
            },
        }
    },
}
_NAMED = {
    "openapi": "3.1.0",
    "paths": {
        "/a": {"get": {"responses": answers({"$ref": "https://a.example/a"})}},
        "/b": {"get": {"responses": answers(to("B"))}},
    },
    "components": {
        "schemas": {
            "A": {"$id": "https://a.example/a", "$anchor": "A", "properties": {"next": {"$ref": "#A"}, "size": {}}},
            "B": {"type": "string"},
        }
    },
}
DOCUMENTS = {"references": _THINGS, "a family": _PETS, "faults": _HOOKS, "Swagger 2.0": _OLDER, "identifiers": _NAMED}


def edits(tree: Any) -> Iterator[Any]:
    """Copies of a document, each with another value at one place."""
    for path in _places(tree, ()):
        edited = copy.deepcopy(tree)
        holder, instead = at(edited, path[:-1]), {"type": "number", "maximum": 3}
        holder[path[-1]] = instead if isinstance(holder[path[-1]], dict | list) else "other"
        yield edited


def shortened(tree: Any) -> Iterator[Any]:
    """Copies of a document, each without one place."""
    for path in _places(tree, ()):
        edited = copy.deepcopy(tree)
        del at(edited, path[:-1])[path[-1]]
        yield edited


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for token in path:
        tree = tree[token]
    return tree


def _places(tree: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    members = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for token, member in members:
        yield (*path, token)
        yield from _places(member, (*path, token))


def sources_of(tree: Any) -> Sources:
    # JSON writes out what the tree has several times.
    return Sources(parse(json.dumps(tree).encode(), None, "document"))


def whole(old: Sources, new: Sources) -> Documents:
    return Documents(read_specification(old), read_specification(new), Unchanged(old, new))


def same_changes(old: Sources, new: Sources) -> int:
    """How many operations of the old document were left out; the changes are the same with them."""
    try:
        expected: Comparison | str = compare(whole(old, new))
    except SpecError as error:
        expected = str(error)
    try:
        documents = read_versions(old, new)
        found: Comparison | str = compare(documents)
    except SpecError as error:
        assert str(error) == expected
        return 0
    assert isinstance(found, Comparison) and isinstance(expected, Comparison)
    assert found.changes == expected.changes
    assert set(found.passed_over) <= set(expected.passed_over)
    return len(read_specification(old).operations) - len(documents.old.operations)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_changes_are_those_of_the_whole_documents(name: str) -> None:
    before = sources_of(DOCUMENTS[name])
    left_out = 0
    for edited in edits(DOCUMENTS[name]):
        left_out += same_changes(before, sources_of(edited))
    for edited in shortened(DOCUMENTS[name]):
        left_out += same_changes(sources_of(edited), before)
    assert (left_out > 0) is (name != "identifiers")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_of_equal_documents_next_to_nothing_is_read(name: str) -> None:
    documents = read_versions(sources_of(DOCUMENTS[name]), sources_of(DOCUMENTS[name]))
    kept = {
        "faults": ["a", "copy", "b", "GET /e/{x}", "PUT /e/{x}", "GET /e/{y}"],
        "identifiers": ["GET /a", "GET /b"],
    }
    assert [each.key for each in documents.new.operations] == kept.get(name, [])


@pytest.mark.parametrize(
    ("kinds", "edit", "left_out"),
    [
        pytest.param(
            70, {"properties": {"size": {"maximum": 3}}}, ["bases", "kind 2"], id="a rule of one of many kinds"
        ),
        pytest.param(70, {}, [], id="one kind less of many"),
        pytest.param(5, {"properties": {"size": {"maximum": 3}}}, [], id="a rule of one of a few kinds"),
    ],
)
def test_of_many_kinds_only_the_names_are_read(kinds: int, edit: dict[str, Any], left_out: list[str]) -> None:
    names = [f"Kind{number}" for number in range(kinds)]
    mapping = {name: f"#/components/schemas/{name}" for name in names}
    base = {"properties": {"kind": {"type": "string"}}, "discriminator": {"propertyName": "kind", "mapping": mapping}}
    schemas: dict[str, Any] = {
        name: {"allOf": [to("Base"), {"properties": {"size": {"maximum": 9}}}]} for name in names
    }
    wanted = {"bases": {"items": to("Base")}, "kind 1": to("Kind1"), "kind 2": {"items": to("Kind2")}}
    paths = {f"/{key}": {"get": {"operationId": key, "responses": answers(schema)}} for key, schema in wanted.items()}
    tree = {"openapi": "3.0.3", "paths": paths, "components": {"schemas": {"Base": base, **schemas}}}
    edited: Any = copy.deepcopy(tree)
    if edit:
        edited["components"]["schemas"]["Kind1"] = {"allOf": [to("Base"), edit]}
    else:
        del edited["components"]["schemas"]["Base"]["discriminator"]["mapping"]["Kind1"]
    old, new = sources_of(tree), sources_of(edited)
    same_changes(old, new)
    assert sorted(path[1:] for path, _ in Unchanged(old, new).operations) == left_out


def test_an_overlay_changes_what_it_is_applied_to(tmp_path: Path) -> None:
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "", "version": "1"},
        "actions": [{"target": "$.components.schemas.Number", "update": {"maximum": 5}}],
    }
    (tmp_path / "api.json").write_text(json.dumps(_THINGS))
    (tmp_path / "overlay.json").write_text(json.dumps(overlay))
    old = open_sources(tmp_path / "api.json")
    new = open_sources(tmp_path / "api.json", overlays=[tmp_path / "overlay.json"])
    assert same_changes(old, new) == 3
    assert {key for change in compare(read_versions(old, new)).changes for key in change.operations} == {"list", "make"}


def test_a_file_beside_a_document_may_have_changed(tmp_path: Path) -> None:
    def version(name: str, most: int) -> Contract:
        (tmp_path / name).mkdir()
        tree = {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": answers({"$ref": "size.json"})}}}}
        (tmp_path / name / "api.json").write_text(json.dumps(tree))
        (tmp_path / name / "size.json").write_text(json.dumps({"type": "integer", "maximum": most}))
        return load(tmp_path / name / "api.json")

    old, new = version("old", 5), version("new", 9)
    documents = read_versions(old.specification.sources, new.specification.sources)
    assert [change.kind for change in compare(documents).changes] == ["loosened"]


def test_aliases_that_make_a_document_long_are_not_written_out() -> None:
    lines = ["a0: &a0 {type: string}"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 12)]
    text = "\n".join(["openapi: 3.1.0", "paths: {/a: {get: {operationId: a, responses: {}}}}", "x-a:", *lines])
    old, new = (Sources(parse(text.replace("\na", "\n  a").encode(), None, "document")) for _ in range(2))
    assert compare(read_versions(old, new)).changes == ()


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    tree: Any = copy.deepcopy(_THINGS)
    tree["paths"]["/others"]["get"]["summary"] = "\ud800"
    assert same_changes(sources_of(tree), sources_of(tree)) == 0


@pytest.mark.slow
def test_the_changes_of_public_documents_are_those_of_the_whole_documents(shared: Path) -> None:
    chance = random.Random(1)
    left_out = tested = 0
    for file in sorted((shared / "corpus").glob("*.*")):
        if file.stat().st_size > 3_000_000 or file.suffix != ".json":
            continue
        tree = json.loads(file.read_bytes())
        if not isinstance(tree, dict) or "paths" not in tree:
            continue
        old = sources_of(tree)
        leaves = [path for path in _places(tree, ()) if not isinstance(at(tree, path), dict | list)]
        for path in chance.sample(leaves, 8):
            at(tree, path[:-1])[path[-1]] = chance.choice(["other", 3])
        left_out += same_changes(old, sources_of(tree))
        tested += 1
    assert tested >= 20 and left_out > 1000
