"""A discriminator in a base schema, whose children include it by `allOf`: they are alternatives of the base."""

from __future__ import annotations

import random
from typing import Any

import pytest

from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.values.generate import generate
from tests.conftest import Compile

_TEXT = {"type": "string"}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _child(base: str, **members: Any) -> dict[str, Any]:
    return {"allOf": [_ref(base), {"type": "object", "required": [*members], "properties": members}]}


def _base(mapping: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    kind = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    properties = {"kind": _TEXT, "name": {"type": "string", "maxLength": 5}, **members}
    return {"type": "object", "required": ["kind"], "properties": properties, "discriminator": kind}


_BARK = {"type": "integer", "maximum": 9}
_INDOOR = {"type": "boolean"}
_MAPPED = {"dog": "#/components/schemas/Dog", "cat": "Cat"}

#: schemas, values of "Animal" that keep them, and values that break them with the keyword and the place
_FAMILIES: dict[str, tuple[dict[str, Any], list[Any], list[tuple[Any, str]]]] = {
    "with a mapping": (
        {"Animal": _base(_MAPPED), "Dog": _child("Animal", bark=_BARK), "Cat": _child("Animal", indoor=_INDOOR)},
        [{"kind": "dog", "bark": 1}, {"kind": "cat", "indoor": True, "bark": 99}],
        [
            ({"kind": "dog", "bark": 99}, "maximum bark"),
            ({"kind": "cat"}, "required indoor"),
            ({"kind": "cow"}, "enum kind"),
            ({"kind": "Dog", "bark": 1}, "enum kind"),
            ({"kind": "dog", "bark": 1, "name": "too long"}, "maxLength name"),
            ({"bark": 1}, "required kind"),
            ([], "type "),
        ],
    ),
    "by names": (
        {"Animal": _base(), "Dog": _child("Animal", bark=_BARK), "Cat": _child("Animal", indoor=_INDOOR)},
        [{"kind": "Dog", "bark": 1}, {"kind": "Cat", "indoor": False}],
        [({"kind": "Dog"}, "required bark"), ({"kind": "dog", "bark": 1}, "enum kind")],
    ),
    "by values of the children": (
        {
            "Animal": _base(),
            "Dog": _child("Animal", kind={"enum": ["dog", "hound"]}, bark=_BARK),
            "Cat": _child("Animal", kind={"enum": ["cat"]}),
        },
        [{"kind": "hound", "bark": 1}, {"kind": "cat"}],
        [({"kind": "hound"}, "required bark"), ({"kind": "Dog", "bark": 1}, "enum kind")],
    ),
    "two levels": (
        {
            "Animal": _base({"dog": "Dog", "husky": "Husky"}),
            "Pet": _child("Animal", owner=_TEXT),
            "Dog": _child("Pet", bark=_BARK),
            "Husky": _child("Dog", sled=_INDOOR),
        },
        [{"kind": "dog", "owner": "a", "bark": 1}, {"kind": "husky", "owner": "a", "bark": 1, "sled": True}],
        [
            ({"kind": "husky", "owner": "a", "bark": 1}, "required sled"),
            ({"kind": "husky", "owner": "a", "bark": 99, "sled": True}, "maximum bark"),
            ({"kind": "Pet", "owner": "a"}, "enum kind"),
        ],
    ),
    "two discriminators": (
        {
            "Animal": _base({"dog": "Dog", "cat": "Cat"}),
            "Cat": _child("Animal"),
            "Dog": {**_child("Animal", breed=_TEXT), "discriminator": {"propertyName": "breed"}},
            "Husky": _child("Dog", sled=_INDOOR),
            "Poodle": _child("Dog", curls=_BARK),
        },
        [{"kind": "cat"}, {"kind": "dog", "breed": "Husky", "sled": True}],
        [
            ({"kind": "dog", "breed": "Poodle", "curls": 99}, "maximum curls"),
            ({"kind": "dog", "breed": "Cat"}, "enum breed"),
            ({"kind": "Husky", "breed": "Husky", "sled": True}, "enum kind"),
        ],
    ),
    "the base is a kind": (
        {"Animal": _base({"animal": "Animal", "dog": "Dog"}), "Dog": _child("Animal", bark=_BARK)},
        [{"kind": "animal"}, {"kind": "dog", "bark": 1}],
        [({"kind": "animal", "name": "too long"}, "maxLength name"), ({"kind": "dog"}, "required bark")],
    ),
    "a kind that does not include the base": (
        {"Animal": _base({"dog": "Dog"}), "Dog": {"type": "object", "required": ["bark"]}},
        [{"kind": "dog", "bark": 1}],
        [({"kind": "dog"}, "required bark"), ({"kind": "dog", "bark": 1, "name": "too long"}, "maxLength name")],
    ),
    "an optional kind": (
        {
            "Animal": {**_base(_MAPPED), "required": ["name"]},
            "Dog": _child("Animal", bark=_BARK),
            "Cat": _child("Animal"),
        },
        [{"name": "a"}, {"name": "a", "kind": "cat"}, {"name": "a", "kind": "dog", "bark": 1}],
        [
            ({"name": "a", "kind": "dog"}, "required bark"),
            ({}, "required name"),
            ({"name": "too long"}, "maxLength name"),
        ],
    ),
    "a union that its branches include": (
        {
            "Animal": {**_base(_MAPPED), "oneOf": [_ref("Dog"), _ref("Cat")]},
            "Dog": _child("Animal", bark=_BARK),
            "Cat": _child("Animal", indoor=_INDOOR),
        },
        [{"kind": "dog", "bark": 1}, {"kind": "cat", "indoor": True}],
        [({"kind": "dog", "bark": 99}, "maximum bark"), ({"kind": "cow"}, "enum kind")],
    ),
    "animals in animals": (
        {"Animal": _base(_MAPPED, friend=_ref("Animal")), "Dog": _child("Animal", bark=_BARK), "Cat": _child("Animal")},
        [{"kind": "cat", "friend": {"kind": "dog", "bark": 1, "friend": {"kind": "cat"}}}],
        [({"kind": "cat", "friend": {"kind": "cat", "friend": {"kind": "dog"}}}, "required bark")],
    ),
}  # fmt: skip


def _operation(compiled: Compile, schema: Any, components: dict[str, Any]) -> OperationContract:
    """An operation that takes `schema` and answers with it."""
    content = {"content": {"application/json": {"schema": schema}}}
    responses = {"200": {"description": "", **content}}
    operation = {"operationId": "op", "requestBody": {"required": True, **content}, "responses": responses}
    return compiled({"paths": {"/": {"post": operation}}, "components": {"schemas": components}}).operation("op")


def _messages(operation: OperationContract) -> list[Message]:
    answer = operation.responses["200"].content["application/json"].message
    assert operation.body_message is not None and answer is not None
    return [operation.body_message, answer]


def _told(message: Message, value: Any) -> list[str]:
    return [f"{one.clause.keyword} {one.location[-1] if one.location else ''}" for one in message.judge(value).breaches]


@pytest.mark.parametrize("name", _FAMILIES)
def test_a_value_is_judged_by_the_kind_that_it_names(compiled: Compile, name: str) -> None:
    components, valid, invalid = _FAMILIES[name]
    for message in _messages(_operation(compiled, _ref("Animal"), components)):
        for value in valid:
            assert _told(message, value) == []
        for value, told in invalid:
            assert told in _told(message, value), value
            assert len(_told(message, value)) == 1, value


@pytest.mark.parametrize("name", _FAMILIES)
def test_values_of_each_kind_are_made(compiled: Compile, name: str) -> None:
    components, valid, _ = _FAMILIES[name]
    wanted = {value.get("kind") for value in valid if isinstance(value, dict)} - {None}
    operation = _operation(compiled, _ref("Animal"), components)
    message, _ = _messages(operation)
    assert wanted <= {branch.label for branch in operation.branches}
    for branch in operation.branches:
        own = message.of_branch(branch.schema)
        for optional in (True, False):
            made = generate(own, random.Random(0), optional=optional)
            assert message.is_valid({**made, "kind": branch.label}), branch.label
            assert message.is_valid(generate(message, random.Random(0), optional=optional))


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        (_ref("Dog"), {"kind": "dog", "bark": 1}, {"kind": "cat", "bark": 1}),
        ({"allOf": [_ref("Animal")]}, {"kind": "dog", "bark": 1}, {"kind": "dog"}),
        ({"type": "array", "items": _ref("Animal")}, [{"kind": "dog", "bark": 1}], [{"kind": "dog"}]),
        (_ref("Numbered"), {"kind": "dog", "bark": 1, "id": 1}, {"kind": "dog", "id": 1}),
        ({"oneOf": [_ref("Dog"), _ref("Cat")]}, {"kind": "dog", "bark": 1, "indoor": True}, {"kind": "cow"}),
        (
            {"oneOf": [_ref("Dog"), _ref("Cat")], "discriminator": {"propertyName": "kind"}},
            {"kind": "Dog", "bark": 1},
            {"kind": "dog", "bark": 1},
        ),
    ],
    ids=["a child", "an allOf in place", "items", "what is built on the base", "a union", "a union with other values"],
)
def test_where_a_member_of_the_family_stands(compiled: Compile, schema: Any, valid: Any, invalid: Any) -> None:
    components = {
        "Animal": _base(_MAPPED),
        "Dog": _child("Animal", bark=_BARK),
        "Cat": _child("Animal", indoor=_INDOOR),
        "Numbered": _child("Animal", id={"type": "integer"}),
    }
    for message in _messages(_operation(compiled, schema, components)):
        assert _told(message, valid) == []
        assert _told(message, invalid) != []


def test_a_base_that_too_many_inherit_from_names_them_alone(compiled: Compile) -> None:
    children = {f"Kind{number}": _child("Animal", own=_BARK) for number in range(200)}
    for message in _messages(_operation(compiled, _ref("Animal"), {"Animal": _base(), **children})):
        assert _told(message, {"kind": "Kind7"}) == []
        assert _told(message, {"kind": "Cow"}) == ["enum kind"]


def test_the_base_itself_may_come_back_where_nothing_maps_it(compiled: Compile) -> None:
    components = {"Animal": _base(), "Dog": _child("Animal", bark=_BARK)}
    request, response = _messages(_operation(compiled, _ref("Animal"), components))
    assert (_told(request, {"kind": "Animal"}), _told(response, {"kind": "Animal"})) == (["enum kind"], [])


_BOTH = {
    "A": {"type": "object", "required": ["kind", "a"], "properties": {"kind": _TEXT, "a": _TEXT}},
    "B": {"type": "object", "required": ["kind", "b"], "properties": {"kind": _TEXT, "b": _TEXT}},
    "C": {"type": "object", "required": ["kind"], "properties": {"kind": _TEXT}},
    "D": {"type": "object", "required": ["kind", "d"], "properties": {"kind": {"enum": ["D"]}}},
    "E": {"type": "object", "required": ["kind", "e"], "properties": {"kind": {"enum": ["E"]}}},
}


@pytest.mark.parametrize(
    ("names", "value", "told"),
    [
        ("AB", {"kind": "A", "a": "x", "b": "y"}, ["oneOf "]),
        ("AB", {"kind": "A", "a": "x"}, []),
        ("AB", {"kind": "A", "a": "x", "b": 1}, []),
        ("AB", {"kind": "A", "b": "y"}, ["required a"]),
        ("CC", {"kind": "C"}, []),
        ("AC", {"kind": "A", "a": "x"}, []),
        ("DE", {"kind": "D", "d": 1, "e": 1}, []),
    ],
    ids=["two", "one", "the other is broken", "not the one that is named", "the same", "all of one in the other",
         "told apart by value"],
)  # fmt: skip
def test_a_value_that_keeps_two_branches_of_a_one_of(
    compiled: Compile, names: str, value: Any, told: list[str]
) -> None:
    union = {"oneOf": [_ref(name) for name in names], "discriminator": {"propertyName": "kind"}}
    for message in _messages(_operation(compiled, union, _BOTH)):
        assert _told(message, value) == told
