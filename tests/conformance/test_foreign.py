"""What one value keeps and breaks of its schema's clauses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from clausewise.spec.pointer import to_pointer
from tests.conftest import MessageOf, Schema

_TREE: Schema = {
    "type": "object",
    "required": ["v"],
    "properties": {"v": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Tree"}},
}
_COMPONENTS: dict[str, Schema] = {
    "Tree": _TREE,
    "Bag": {
        "contains": {},
        "minContains": 1,
        "items": {"properties": {"in": {"$ref": "#/components/schemas/Bag"}}},
    },
    "Cat": {"type": "object", "required": ["meow"], "properties": {"meow": {"maximum": 5}}},
    "Dog": {"type": "object", "required": ["bark"], "properties": {"bark": {"type": "string"}}},
    "Alias": {"$ref": "#/components/schemas/Short"},
    "Short": {"maxLength": 1},
    "Pair": {"maxLength": 2},
    "Names": {
        "propertyNames": {"$ref": "#/components/schemas/Pair"},
        "properties": {
            "in": {"$ref": "#/components/schemas/Names"},
            "list": {"propertyNames": {"allOf": [{"minLength": 1}]}},
        },
    },
}
_SHORT = {"$ref": "#/components/schemas/Short"}
_BRANCHES = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
_CHOSEN = {"oneOf": _BRANCHES, "discriminator": {"propertyName": "kind"}}
_FUSED = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {}}}
_LENGTHS = {"type": "string", "minLength": 2, "maxLength": 3}
_IF = {
    "if": {"properties": {"a": {"const": 1}}, "required": ["a"]},
    "then": {"required": ["b"]},
    "else": {"required": ["c"]},
}

#: schema, value, (keyword, location) of what is broken, keywords of what held
_TABLE: dict[str, tuple[Schema, Any, list[tuple[str, str]], list[str]]] = {
    "kept": (_FUSED, {"a": "x", "b": 1}, [], ["required", "required", "type", "type"]),
    "one member missing": (_FUSED, {"a": "x"}, [("required", "/b")], ["required", "type", "type"]),
    "both members missing": (_FUSED, {}, [("required", "/a"), ("required", "/b")], ["type"]),
    "missing and wrong": (_FUSED, {"a": 1}, [("type", "/a"), ("required", "/b")], ["required", "type"]),
    "no object at all": (_FUSED, [], [("type", "")], []),
    "length within": (_LENGTHS, "ab", [], ["maxLength", "minLength", "type"]),
    "too short": (_LENGTHS, "a", [("minLength", "")], ["maxLength", "type"]),
    "too long": (_LENGTHS, "abcd", [("maxLength", "")], ["minLength", "type"]),
    "length in characters, not bytes": (_LENGTHS, "\U0001f600" * 3, [], ["maxLength", "minLength", "type"]),
    "a null says nothing of a text": ({"type": ["string", "null"], "minLength": 1, "pattern": "a"}, None, [], ["type"]),
    "a truth value is no number": ({"minimum": 0, "not": {"const": 1}}, True, [], ["not"]),
    "then kept": (_IF, {"a": 1, "b": 1}, [], ["required"]),
    "then broken": (_IF, {"a": 1}, [("required", "/b")], []),
    "else kept": (_IF, {"c": 1}, [], ["required"]),
    "else broken": (_IF, {"a": 2}, [("required", "/c")], []),
    "not": ({"not": {"required": ["a"]}}, {"a": 1}, [("not", "")], []),
    "not kept": ({"not": {"required": ["a"]}}, {}, [], ["not"]),
    "contains": ({"contains": {"const": 1}}, [2, 3], [("contains", "")], []),
    "contains kept": ({"contains": {"const": 1}}, [2, 1], [], ["contains"]),
    "minContains": ({"contains": {"const": 1}, "minContains": 2}, [1, 3], [("contains", "")], []),
    "minContains kept": ({"contains": {"const": 1}, "minContains": 2}, [1, 1], [], ["contains"]),
    "maxContains": ({"maxContains": 1, "contains": {"const": 1}}, [1, 1], [("contains", "")], []),
    "maxContains kept": ({"maxContains": 1, "contains": {"const": 1}}, [1, 2], [], ["contains"]),
    "too few for minContains and maxContains": ({"contains": {"const": 1}, "minContains": 2, "maxContains": 3}, [1],
        [("contains", "")], []),
    "too many for minContains and maxContains": ({"contains": {"const": 1}, "minContains": 1, "maxContains": 2},
        [1, 1, 1], [("contains", "")], []),
    "minContains deeper than the walk": ({"$ref": "#/components/schemas/Bag"}, [{"in": [{"in": [{"in": []}]}]}],
        [("contains", "/0/in/0/in/0/in")], []),
    "propertyNames": ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, [("propertyNames", "")], []),
    "propertyNames behind a reference": ({"propertyNames": {"$ref": "#/components/schemas/Short"}}, {"ab": 1},
        [("propertyNames", "")], []),
    "propertyNames behind a reference kept": ({"propertyNames": {"$ref": "#/components/schemas/Short"}}, {"a": 1}, [],
        ["propertyNames"]),
    "propertyNames behind two references": ({"propertyNames": {"$ref": "#/components/schemas/Alias"}}, {"ab": 1},
        [("propertyNames", "")], []),
    "propertyNames with a reference inside": (
        {"propertyNames": {"allOf": [{"minLength": 1}, {"$ref": "#/components/schemas/Short"}]}}, {"ab": 1},
        [("propertyNames", "")], []),
    "propertyNames of members, beside others": (
        {"propertyNames": {"maxLength": 3}, "additionalProperties": {"propertyNames": _SHORT}}, {"abc": {"ab": 1}},
        [("propertyNames", "/abc")], ["propertyNames"]),
    "propertyNames in an alternative": (
        {"anyOf": [{"type": "object", "propertyNames": _SHORT}, {"type": "string"}]}, {"ab": 1},
        [("propertyNames", "")], ["type"]),
    "propertyNames deeper than the walk": (
        {"$ref": "#/components/schemas/Names"}, {"in": {"in": {"in": {"in": {"in": {"abc": {}}}}}}},
        [("propertyNames", "/in/in/in/in/in")], []),
    "propertyNames of every size deeper than the walk": (
        {"$ref": "#/components/schemas/Names"}, {"in": {"in": {"in": {"in": {"in": {"list": {"": 1}}}}}}},
        [("propertyNames", "/in/in/in/in/in/list"), ("propertyNames", "/in/in/in/in/in")], []),
    "propertyNames kept": ({"propertyNames": {"maxLength": 1}}, {"a": 1}, [], ["propertyNames"]),
    "dependentRequired": ({"dependentRequired": {"a": ["b", "c"]}}, {"a": 1, "b": 1}, [("dependentRequired", "/c")],
        ["dependentRequired"]),
    "dependentRequired without its cause": ({"dependentRequired": {"a": ["b"]}}, {}, [], []),
    "dependencies with names": ({"dependencies": {"a": ["b", "c"]}}, {"a": 1, "b": 1}, [("dependentRequired", "/c")],
        ["dependentRequired"]),
    "dependencies with a schema": ({"dependencies": {"a": {"properties": {"b": {"type": "string"}}}}}, {"a": 1, "b": 1},
        [("type", "/b")], []),
    "dependencies with a boolean": ({"dependencies": {"a": False}}, {"a": 1}, [("false", "")], []),
    "dependencies with names in an alternative": ({"anyOf": [{"dependencies": {"a": ["b"]}}]}, {"a": 1},
        [("dependentRequired", "/b")], []),
    "dependencies beside what took their place": (
        {"dependencies": {"a": ["b"], "d": False}, "dependentSchemas": {"e": False}, "dependentRequired": {"a": ["c"]}},
        {"a": 1}, [("dependentRequired", "/b"), ("dependentRequired", "/c")], []),
    "unevaluatedItems": ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2], [("unevaluatedItems", "")], []),
    "unevaluatedItems with a schema": ({"prefixItems": [{}], "unevaluatedItems": {"type": "string"}}, [1, 2],
        [("unevaluatedItems", "")], []),
    "unevaluatedItems with a schema kept": ({"prefixItems": [{}], "unevaluatedItems": {"type": "string"}}, [1, "a"], [],
        ["unevaluatedItems"]),
    "unevaluatedProperties with a schema": (
        {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": {"required": ["x"]}}, {"a": 1, "b": {}},
        [("unevaluatedProperties", "")], []),
    "unevaluatedProperties with a schema in an alternative": (
        {"anyOf": [{"unevaluatedProperties": {"type": "string"}}]}, {"b": 1}, [("unevaluatedProperties", "")], []),
    "what nothing breaks": (
        {"contains": {"const": 1}, "minContains": 0, "unevaluatedItems": True, "propertyNames": {}, "not": False},
        [2], [], []),
    "additionalProperties": ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": 1},
        [("additionalProperties", "")], []),
    "additionalProperties kept": ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, [],
        ["additionalProperties"]),
    "every other member": ({"additionalProperties": {"minimum": 1}}, {"a": 1, "b": 0}, [("minimum", "/b")], []),
    "patternProperties": ({"patternProperties": {"^x": {"minimum": 1}}}, {"xa": 0, "b": 0}, [("minimum", "/xa")], []),
    "false schema": ({"properties": {"a": False}}, {"a": 1}, [("false", "/a")], []),
    "prefixItems": ({"prefixItems": [{"type": "integer"}, {"type": "string"}]}, [1, 2], [("type", "/1")], ["type"]),
    "items": ({"items": {"minimum": 1}}, [1, 0, 2, -1], [("minimum", "/1"), ("minimum", "/3")], []),
    "items of no array": ({"items": _FUSED}, {"c": 1}, [], []),
    "each item": ({"items": _FUSED}, [{"a": "x", "b": 1}], [], ["required", "required", "type", "type"]),
    "each member": ({"additionalProperties": _FUSED}, {"c": {"a": "x", "b": 1}}, [],
        ["required", "required", "type", "type"]),
    "most telling first": ({"pattern": "^b", "minLength": 2, "enum": ["ab"], "type": "string"}, "c",
        [("enum", ""), ("pattern", ""), ("minLength", "")], ["type"]),
    "deeper than the walk": ({"$ref": "#/components/schemas/Tree"},
        {"v": 1, "next": {"v": 1, "next": {"v": 1, "next": {"v": "x"}}}},
        [("type", "/next/next/next/v")], ["required", "type"]),
    "missing deeper than the walk": ({"$ref": "#/components/schemas/Tree"}, {"v": 1, "next": {"v": 1, "next": {}}},
        [("required", "/next/next/v")], ["type", "type"]),
    "chosen branch": (_CHOSEN, {"kind": "Cat", "meow": 6}, [("maximum", "/meow")],
        ["enum", "oneOf", "required", "required", "type", "type"]),
    "unknown choice": (_CHOSEN, {"kind": "Fish", "meow": 6}, [("enum", "/kind")], ["oneOf", "required", "type"]),
    "no choice": (_CHOSEN, {"meow": 6}, [("required", "/kind")], ["oneOf", "type"]),
    "choice of no object": (_CHOSEN, 1, [("type", "")], ["oneOf"]),
    "closest branch": ({"anyOf": _BRANCHES}, {"meow": 6}, [("maximum", "/meow")], ["required", "type"]),
    "the later branch is closest": ({"oneOf": [{"required": ["a", "b"]}, {"required": ["c"]}]}, {"x": 1},
        [("required", "/c")], []),
    "nothing speaks for a branch": ({"oneOf": [{"required": ["a", "b"]}, {"required": ["c"]}]}, {},
        [("oneOf", "")], []),
    "two branches are as close": ({"oneOf": [{"required": ["a"]}, {"required": ["c"]}]}, {"x": 1},
        [("oneOf", "")], []),
    "wrong kind for every branch": ({"oneOf": _BRANCHES}, "text", [("oneOf", "")], []),
    "two branches fit": ({"oneOf": _BRANCHES}, {"bark": "x", "meow": 1}, [("oneOf", "")], []),
    "two branches may fit": ({"anyOf": _BRANCHES}, {"bark": "x", "meow": 1}, [],
        ["anyOf", "maximum", "required", "required", "type", "type", "type"]),
    "a fixed value that differs is further away": (
        {"oneOf": [
            {"properties": {"k": {"const": 1}}},
            {"properties": {"k": {"type": "string"}}, "required": ["a", "b"]},
        ]},
        {"k": "x"}, [("required", "/a"), ("required", "/b")], ["type"]),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "broken", "held"), _TABLE.values(), ids=_TABLE)
def test_judge(
    message_of: MessageOf, schema: Schema, value: Any, broken: list[tuple[str, str]], held: list[str]
) -> None:
    message = message_of(schema, **_COMPONENTS)
    judgement = message.judge(value)
    assert [(breach.clause.keyword, to_pointer(breach.location)) for breach in judgement.breaches] == broken
    assert sorted(clause.keyword for clause in judgement.upheld) == held
    assert judgement.conforms is (not broken)
    assert message.breaches(value) == judgement.breaches


def test_a_breach_tells_the_value_that_offends(message_of: MessageOf) -> None:
    message = message_of({"properties": {"a": {"items": {"required": ["b"], "additionalProperties": {"minimum": 1}}}}})
    wrong, missing = sorted(message.judge({"a": [{"b": 0}, {"c": 1}]}).breaches, key=lambda breach: breach.location)
    assert (wrong.location, wrong.value) == (("a", "0", "b"), 0)
    assert (missing.location, missing.value) == (("a", "1", "b"), {"c": 1})


def test_a_body_that_breaks_advice_alone_conforms(message_of: MessageOf) -> None:
    message = message_of({"allOf": [{"x-clausewise-severity": "warning", "maximum": 1}]})
    judgement = message.judge(2)
    assert [breach.clause.severity for breach in judgement.breaches] == ["warning"]
    assert (judgement.conforms, message.is_valid(2)) == (True, False)


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 7), st.sampled_from([0.5, 2.0]), st.text("ab\u00e9\U0001f600", max_size=4)
)
_NAMES = st.sampled_from(["a", "b", "c", "v", "next", "kind", "meow", "bark"])
_OBJECTS = st.recursive(
    st.one_of(_SCALARS, st.sampled_from(["Cat", "Dog"])),
    lambda inner: st.one_of(st.dictionaries(_NAMES, inner, max_size=4), st.lists(inner, max_size=3)),
    max_leaves=6,
)
_COMPOUND: Schema = {
    "type": "object",
    "properties": {
        "a": {"type": ["string", "integer"], **{"minLength": 1, "maxLength": 2}, "minimum": 0, "pattern": "^a"},
        "b": {"type": "array", "items": {"anyOf": [{"type": "integer"}, _LENGTHS]}, "uniqueItems": True},
        "kind": {"not": {"const": 1}},
    },
    "required": ["a", "b"],
    "dependentRequired": {"c": ["v"]},
    "if": {"required": ["v"]},
    "then": {"properties": {"v": {"type": "integer"}}, "minProperties": 3},
    "else": {"propertyNames": {"maxLength": 3}},
}


@pytest.mark.parametrize(
    "schema",
    [_FUSED, _IF, _CHOSEN, {"oneOf": _BRANCHES}, {"anyOf": [*_BRANCHES, _FUSED]}, _TREE, _COMPOUND],
    ids=["fused", "if", "discriminator", "oneOf", "anyOf", "tree", "compound"],
)
def test_broken_exactly_where_another_validator_says_so(message_of: MessageOf, schema: Schema) -> None:
    message = message_of(schema, **_COMPONENTS)
    other = Draft202012Validator(message.schema)

    @settings(max_examples=150, deadline=None, database=None)
    @given(value=st.one_of(st.dictionaries(_NAMES, _OBJECTS, max_size=5), _OBJECTS))
    def agree(value: Any) -> None:
        judgement = message.judge(value)
        assert (not judgement.breaches) is other.is_valid(value) is message.is_valid(value)
        assert not {clause.key for clause in judgement.upheld} & {breach.clause.key for breach in judgement.breaches}
        assert message.breaches(value) == judgement.breaches

    agree()


#: everything that binds a value by its shape; what chooses among schemas is not remembered
_SHAPED: Schema = {
    "type": "object",
    "required": ["id"],
    "propertyNames": {"maxLength": 4},
    "properties": {
        "id": {"type": ["integer", "null"], "minimum": 0},
        "name": {"minLength": 1, "maxLength": 3, "not": {"const": "no"}},
        "list": {"uniqueItems": True, "contains": {"type": "integer"}, "items": {"maximum": 9, "maxLength": 2}},
        "pair": {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    },
    "patternProperties": {"^x": {"enum": [1, "a", [], None]}},
    "additionalProperties": {"type": ["string", "object"], "additionalProperties": {"minLength": 1}},
    "dependentRequired": {"name": ["list"]},
}
_LEAVES: st.SearchStrategy[Any] = st.sampled_from([0, 1, 1.0, 9, 10, True, None, "", "a", "no", "abc", [], {}])


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": _LEAVES,
            "name": _LEAVES,
            "list": st.lists(_LEAVES, max_size=3),
            "pair": st.lists(_LEAVES, max_size=3),
            "x1": _LEAVES,
            "rest": st.one_of(_LEAVES, st.dictionaries(st.sampled_from("ab"), _LEAVES)),
        },
    )
)
def test_what_is_remembered_of_a_shape_holds_for_each_value_of_it(message_of: MessageOf, value: Any) -> None:
    seen = _REMEMBERING.setdefault("message", message_of(_SHAPED))
    fresh = message_of(_SHAPED).judge(value)
    judged = seen.judge(value)
    assert {clause.key for clause in judged.upheld} == {clause.key for clause in fresh.upheld}
    assert [breach.clause.key for breach in judged.breaches] == [breach.clause.key for breach in fresh.breaches]


#: one message that judges all values of the test above
_REMEMBERING: dict[str, Any] = {}
