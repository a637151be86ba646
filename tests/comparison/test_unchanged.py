"""Schemas that are passed over because both documents write them alike: only where nothing that they mean differs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from clausewise.comparison.unchanged import Unchanged
from clausewise.spec.pointer import Source
from tests.conftest import Compile


def document(**schemas: Any) -> dict[str, Any]:
    return {"paths": {}, "components": {"schemas": schemas}}


def to(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_A = {"properties": {"b": to("B")}}
SAME = document(A=_A, B={"items": to("C")}, C={"type": "string"}, D=to("A"))
FAMILY = document(
    A={"properties": {"pet": to("Pet")}},
    Pet={"properties": {"kind": {"type": "string"}}, "discriminator": {"propertyName": "kind"}},
    Dog={"allOf": [to("Pet"), {"required": ["name"]}]},
    Puppy={"allOf": [to("Dog")]},
)
CIRCLE = document(A={"properties": {"b": to("B")}}, B={"properties": {"a": to("A")}}, C=to("A"))


def changed(tree: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    other = copy.deepcopy(tree)
    other["components"]["schemas"] |= schemas
    return other


@pytest.mark.parametrize(
    ("old", "new", "unchanged"),
    [
        pytest.param(SAME, SAME, True, id="the same document"),
        pytest.param(SAME, changed(SAME, C={"type": "number"}), False, id="a change far below"),
        pytest.param(SAME, changed(SAME, D={"type": "number"}), True, id="a change elsewhere"),
        pytest.param(SAME, changed(SAME, A={}), False, id="a change of its own"),
        pytest.param(CIRCLE, CIRCLE, True, id="a circle"),
        pytest.param(CIRCLE, changed(CIRCLE, B={"properties": {"a": to("A"), "x": {}}}), False, id="within a circle"),
        pytest.param(SAME, changed(SAME, A={"description": "a", **_A}), True, id="a description of its own"),
        pytest.param(SAME, changed(SAME, C={"type": "string", "description": "c"}), True, id="a description far below"),
        pytest.param(
            document(A={"properties": {"b": {"items": {"type": "string", "description": "a"}}}}),
            document(A={"properties": {"b": {"items": {"type": "string", "description": "b"}}}}),
            True,
            id="a description of a part",
        ),
        pytest.param(
            document(A={"properties": {"description": {"type": "string"}}}),
            document(A={"properties": {"description": {"type": "number"}}}),
            False,
            id="a member that is called description",
        ),
        pytest.param(
            document(A={"enum": [{"description": "a"}]}),
            document(A={"enum": [{"description": "b"}]}),
            False,
            id="a value with a description",
        ),
        pytest.param(
            document(A={"maxLength": 3, "x-clausewise-severity": "note", "description": "a"}),
            document(A={"maxLength": 3, "x-clausewise-severity": "note", "description": "b"}),
            False,
            id="what an advisory schema says",
        ),
        pytest.param(SAME, changed(SAME, C={"type": "string", "description": 1}), False, id="no description"),
        pytest.param(SAME, changed(SAME, A={**_A, "allOf": [1]}), False, id="no schema in a list of them"),
        pytest.param(FAMILY, FAMILY, True, id="the same family"),
        pytest.param(FAMILY, changed(FAMILY, Puppy={"allOf": [to("Dog"), {}]}), False, id="a kind far below"),
        pytest.param(FAMILY, changed(FAMILY, Cat={"allOf": [to("Pet")]}), False, id="a new kind"),
        pytest.param(SAME, changed(SAME, E={"$id": "https://a.example/e"}), False, id="references by another base"),
        pytest.param(SAME, changed(SAME, E={"$ref": "other.json"}), False, id="another file"),
        pytest.param(SAME, changed(SAME, E={"discriminator": {"mapping": {"a": "B"}}}), False, id="a schema by name"),
    ],
)
def test_what_is_written_alike_with_all_that_it_leads_to(
    compiled: Compile, old: dict[str, Any], new: dict[str, Any], unchanged: bool
) -> None:
    place = Source("", ("components", "schemas", "A"))
    sides = (compiled({"openapi": "3.0.3", **each}).specification.sources for each in (old, new))
    assert Unchanged(*sides).same(place, place) is unchanged


def test_a_schema_of_another_version_is_not_the_same(compiled: Compile) -> None:
    place = Source("", ("components", "schemas", "A"))
    sides = (compiled({"openapi": version, **SAME}).specification.sources for version in ("3.0.3", "3.1.0"))
    assert not Unchanged(*sides).same(place, place)
