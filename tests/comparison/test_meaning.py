"""Schemas that admit the same values are the same, however they are written; what differs is shown by a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from clausewise.comparison.change import Change
from clausewise.comparison.compare import diff
from clausewise.contract.contract import load
from clausewise.contract.formats import ASSERTED, CHECKS
from clausewise.contract.second_engine import python_validator
from tests.conftest import Compile

Schema = dict[str, Any]

TEXT, INTEGER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def of(required: tuple[str, ...] = (), **members: Any) -> Schema:
    return {"type": "object", "properties": members, **({"required": list(required)} if required else {})}


def document(schema: Any, version: str = "3.1.0") -> dict[str, Any]:
    """One operation that takes and gives a value of the schema."""
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "make", "requestBody": content, "responses": {"200": {"description": "", **content}}}
    return {"openapi": version, "paths": {"/things": {"post": operation}}}


#: two ways to write schemas that admit the same values
SAME: dict[str, tuple[Any, Any]] = {
    "a list of types": ({"anyOf": [TEXT, NULL]}, {"type": ["string", "null"]}),
    "exactly one of two types": ({"oneOf": [INTEGER, TEXT]}, {"type": ["integer", "string"]}),
    "an integer, or any number": ({"anyOf": [INTEGER, {"type": "number"}]}, {"type": "number"}),
    "an enum as constants": ({"enum": ["a", "b"]}, {"oneOf": [{"const": "a"}, {"const": "b"}]}),
    "an enum in two parts": ({"enum": ["a", 1, None]}, {"anyOf": [{"enum": ["a"]}, {"enum": [1, None]}]}),
    "a limit beside a union and in it": (
        {"type": ["string", "null"], "maxLength": 5},
        {"anyOf": [{"type": "string", "maxLength": 5}, NULL]},
    ),
    "a limit in each alternative": (
        {"anyOf": [TEXT, INTEGER], "minimum": 3},
        {"anyOf": [TEXT, {"type": "integer", "minimum": 3}]},
    ),
    "allOf of one": ({"allOf": [TEXT]}, TEXT),
    "oneOf of one": (of(a=TEXT), {"oneOf": [of(a=TEXT)]}),
    "unions in unions": ({"anyOf": [TEXT, {"anyOf": [INTEGER, NULL]}]}, {"type": ["string", "integer", "null"]}),
    "a pattern in other words": (
        {"type": "string", "pattern": "^[a-z]+$"},
        {"type": "string", "pattern": "^[a-z]{1,}$"},
    ),
    "a pattern that everything matches": (TEXT, {"type": "string", "pattern": ".*"}),
    "two alternatives merged": (
        {"type": "array", "items": {"anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}},
        {"type": "array", "items": {"enum": ["a", "b"]}},
    ),
    "an alternative that everything keeps": (
        {**of(a=TEXT, b=TEXT), "dependentSchemas": {"a": {"properties": {"b": {"anyOf": [INTEGER, {}]}}}}},
        {**of(a=TEXT, b=TEXT), "dependentSchemas": {"a": {"properties": {"b": {"oneOf": [True]}}}}},
    ),
    "a number of items of an object": ({"type": "object", "maxItems": 9}, {"type": "object", "maxItems": 3}),
    "a limit of a text": ({"type": ["string", "null"], "maximum": 9}, {"type": ["string", "null"], "maximum": 3}),
    "names in a list": (
        {"type": "array", "propertyNames": {"maxLength": 9}},
        {"allOf": [{"type": "array"}, {"propertyNames": {"maxLength": 3}}]},
    ),
    "a number of members of an integer": ({"type": "integer"}, {"type": "integer", "minProperties": 3}),
    "members of an object in two parts": ({"allOf": [of(a=TEXT), of(b=TEXT)]}, of(a=TEXT, b=TEXT)),
    "a boolean as its values": ({"type": "boolean"}, {"enum": [True, False]}),
    "null as a constant": (NULL, {"const": None}),
    "few integers as their values": ({"type": "integer", "minimum": 1, "maximum": 3}, {"enum": [1, 2, 3]}),
    "all types": ({}, {"type": ["string", "number", "boolean", "null", "array", "object"]}),
    "names of members as texts": (
        {"type": "object"},
        {"type": "object", "propertyNames": {"type": "string", "minLength": 0, "maximum": 3, "description": "a key"}},
    ),
    "a number of members of a list of texts": (
        {"type": "array", "items": {"type": "string", "minLength": 0, "pattern": "^a"}},
        {"type": "array", "items": {"type": "string", "minLength": 0, "pattern": "^a"}, "minProperties": 3},
    ),
    "an item like the others": (
        {"type": "array", "items": TEXT},
        {"type": "array", "prefixItems": [TEXT], "items": TEXT},
    ),
}


def breaking(changes: tuple[Change, ...]) -> list[str]:
    return [f"{change.where}: {change.text}" for change in changes if change.level in ("breaking", "risky")]


@pytest.mark.parametrize("name", SAME)
def test_the_same_values(compiled: Compile, name: str) -> None:
    one, two = (compiled(document(schema)) for schema in SAME[name])
    for changes in (diff(one, two), diff(two, one)):
        assert {change.level for change in changes} <= {"editorial", "compatible"}, breaking(changes)
        assert not [change for change in changes if change.level == "compatible" and change.witness]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"minimum": 1}, {"exclusiveMinimum": 0}, id="at least 1 is above 0"),
        pytest.param({"minimum": 1}, {"minimum": 0.5}, id="at least 1 is at least 0.5"),
        pytest.param({"maximum": 1.9}, {"exclusiveMaximum": 2}, id="at most 1.9 is below 2"),
        pytest.param({"exclusiveMaximum": -0.5}, {"maximum": -1}, id="below -0.5 is at most -1"),
    ],
)
@pytest.mark.parametrize("types", ["integer", ["integer", "string"]])
def test_limits_of_integers_are_integers(compiled: Compile, one: Schema, other: Schema, types: Any) -> None:
    first, second = (compiled(document({"type": types, **limit})) for limit in (one, other))
    for changes in (diff(first, second), diff(second, first)):
        assert {change.level for change in changes} == {"editorial"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"properties": {"a": {}}}, {"properties": {"a": {}}, "multipleOf": 2}, id="no type is named"),
        pytest.param({"allOf": [{"enum": [None]}, {}]}, {"allOf": [{"enum": [None]}], "enum": ["a"]}, id="two enums"),
        pytest.param({"items": {}}, {"items": {"maximum": 4}}, id="an item beyond a limit"),
        pytest.param(
            {"anyOf": [{"enum": [2.5, 1, 2]}]},
            {"anyOf": [{"enum": [2.5, 1, 2]}], "enum": [2.5, 1]},
            id="a listed value",
        ),
        pytest.param(
            {"items": {"enum": ["a", "bb"], "minLength": 2}, "type": "array"},
            {"items": {"enum": ["a", "bb"], "minLength": 2}, "type": "array", "maxItems": 0},
            id="a listed item",
        ),
        pytest.param(
            {"allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "^a"}]},
            {"allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "b$"}]},
            id="one of two patterns",
        ),
    ],
)
def test_a_value_shows_what_is_refused_now(compiled: Compile, before: Schema, after: Schema) -> None:
    changes = diff(compiled(document(before)), compiled(document(after)))
    shown = next(change for change in changes if change.level == "breaking" and change.where.startswith("request"))
    value = json.loads(shown.witness)
    value = [value] if shown.where.endswith("[]") else value
    assert jsonschema_rs.Draft202012Validator(before).is_valid(value)
    assert not jsonschema_rs.Draft202012Validator(after).is_valid(value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"enum": [5, ["a"]]}, {"enum": [5, ["a"]], "items": {"type": "null"}}, id="a list among others"),
        pytest.param({"type": "array"}, {"type": "array", "prefixItems": [{}, {"maxLength": 3}]}, id="the second item"),
        pytest.param(
            {"type": "object"},
            {"type": "object", "patternProperties": {"^x-[0-9]+$": {"type": "integer"}}},
            id="a member that a pattern names",
        ),
        pytest.param(
            of(a=TEXT), {**of(a=TEXT), "additionalProperties": {"type": "integer"}}, id="a member that nothing names"
        ),
    ],
)
def test_a_value_shows_what_its_parts_must_be_now(compiled: Compile, before: Schema, after: Schema) -> None:
    changes = diff(compiled(document(before)), compiled(document(after)))
    shown = next(change for change in changes if change.level == "breaking" and change.where.startswith("request"))
    value = json.loads(shown.witness)
    assert jsonschema_rs.Draft202012Validator(before).is_valid(value)
    assert not jsonschema_rs.Draft202012Validator(after).is_valid(value)


def test_the_first_of_several_places_is_where_a_schema_was_removed(compiled: Compile) -> None:
    parts = [{"additionalProperties": {"maxLength": 4}}, {"additionalProperties": {"minLength": 1}}]
    old, new = (compiled(document({"type": "object", **each})) for each in ({"allOf": parts}, {}))
    (removed,) = (change for change in diff(old, new) if change.where == "request.body.*")
    assert removed.clause.endswith("/schema/allOf/0/additionalProperties")


def test_what_is_written_differently_is_shown_at_the_first_of_its_places(compiled: Compile) -> None:
    listed, constants = {"enum": ["a", "b"]}, {"oneOf": [{"const": "a"}, {"const": "b"}]}
    old, new = (compiled(document(schema)) for schema in (of(a=listed), {"allOf": [of(a=constants), of(a={})]}))
    (changed,) = (change for change in diff(old, new) if change.where == "request.body.a")
    assert changed.level == "editorial" and changed.clause.endswith("/schema/allOf/0/properties/a")


def test_a_member_that_was_only_required_and_has_a_schema_now(compiled: Compile) -> None:
    old, new = (compiled(document(schema)) for schema in (of(("a",)), of(("a",), a=INTEGER)))
    (changed,) = (change for change in diff(old, new) if change.where.startswith("request.body"))
    assert (changed.level, changed.where) == ("breaking", "request.body.a")


_MARK: Schema = {"$ref": "#/components/schemas/Mark"}


@pytest.mark.parametrize(
    ("schema", "before", "after"),
    [
        pytest.param({"type": "string", "not": _MARK}, {"pattern": "^a"}, {"pattern": "^[ab]"}, id="not"),
        pytest.param({"type": "array", "contains": _MARK}, {"pattern": "^a"}, {"pattern": "^ab"}, id="contains"),
        pytest.param(
            {"type": "object", "propertyNames": _MARK}, {"pattern": "^a"}, {"pattern": "^ab"}, id="propertyNames"
        ),
        pytest.param(
            {"type": "object", "unevaluatedProperties": _MARK},
            {"enum": ["a", "zebra"]},
            {"enum": ["zebra"]},
            id="unevaluatedProperties",
        ),
    ],
)
def test_a_schema_of_the_same_name_is_another_one(
    compiled: Compile, schema: Schema, before: Schema, after: Schema
) -> None:
    old, new = (compiled({**document(schema), "components": {"schemas": {"Mark": mark}}}) for mark in (before, after))
    shown = next(change for change in diff(old, new) if change.breaking and change.where.startswith("request"))
    value, components = (
        json.loads(shown.witness),
        [{"components": {"schemas": {"Mark": one}}} for one in (before, after)],
    )
    assert [jsonschema_rs.Draft202012Validator({**schema, **one}).is_valid(value) for one in components] == [
        True,
        False,
    ]


def test_it_is_said_how_many_values_showed_no_difference(compiled: Compile) -> None:
    """Those of the one version, and as many of the other."""
    one, two = (compiled(document(schema)) for schema in SAME["a pattern in other words"])
    (change,) = (change for change in diff(one, two) if change.where == "request.body")
    number = change.reason.removeprefix("no difference was found in ").removesuffix(" values")
    assert int(number) > 100


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("uuid", "uri", id="only one engine has the new one"),
        pytest.param("uri", "uuid", id="only one engine has the old one"),
        pytest.param("hostname", "byte", id="neither engine has the new one"),
    ],
)
def test_another_format(compiled: Compile, before: str, after: str) -> None:
    old, new = ({"type": "string", "format": name} for name in (before, after))
    broken = [change for change in diff(compiled(document(old)), compiled(document(new))) if change.breaking]
    assert [change.where for change in broken] == ["request.body", "response.200.body"]
    assert all(change.witness for change in broken)


@pytest.mark.parametrize("before", [TEXT, {}, of(a=TEXT)], ids=["a text", "anything", "an object"])
def test_a_member_that_is_never_sent_any_more(compiled: Compile, before: Any) -> None:
    changes = diff(compiled(document(of(m=before))), compiled(document(of(m=False))))
    assert [(change.where, change.reason) for change in changes if change.breaking][-1] == (
        "response.200.body.m",
        "clients miss it",
    )


def test_nullable_of_another_version(compiled: Compile) -> None:
    before = compiled(document({"type": "string", "nullable": True, "maxLength": 4}, "3.0.3"))
    for now in ({"type": ["string", "null"], "maxLength": 4}, {"anyOf": [{"type": "string", "maxLength": 4}, NULL]}):
        assert breaking(diff(before, compiled(document(now)))) == []


def test_nullable_beside_one_more_alternative(compiled: Compile) -> None:
    old = {"type": "string", "nullable": True}
    new = {"nullable": True, "oneOf": [TEXT, {"type": "object"}]}
    changes = diff(compiled(document(old, "3.0.3")), compiled(document(new, "3.0.3")))
    assert {change.where.partition(".")[0] for change in changes if change.breaking} == {"response"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("byte", {"contentEncoding": "base64"}),
        ("binary", {"contentMediaType": "application/octet-stream"}),
    ],
)
def test_bytes_in_a_text_of_another_version(compiled: Compile, before: str, after: Schema) -> None:
    old = compiled(document(of(a={**TEXT, "format": before}), "3.0.3"))
    assert not breaking(diff(old, compiled(document(of(a={**TEXT, **after})))))
    other = {"contentEncoding": "base16", "contentMediaType": "image/png"}
    changes = diff(old, compiled(document(of(a={**TEXT, **other}))))
    assert {change.where for change in changes if change.breaking} == {"request.body.a", "response.200.body.a"}


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({}, {"contentEncoding": "base64"}, "has the contentEncoding base64; before, it had none"),
        ({"contentEncoding": "base32"}, {}, "no longer has a contentEncoding; before, base32"),
        (
            {"contentMediaType": "text/csv"},
            {"contentMediaType": "image/png"},
            "has the contentMediaType image/png; before, text/csv",
        ),
    ],
    ids=["new", "gone", "another"],
)
def test_what_a_text_holds_is_said_with_what_it_held(
    compiled: Compile, before: Schema, after: Schema, text: str
) -> None:
    old, new = (compiled(document(of(a={**TEXT, **each}))) for each in (before, after))
    assert {change.text for change in diff(old, new)} == {f"`a` {text}"}


def test_null_that_an_enum_of_3_0_does_not_list(compiled: Compile) -> None:
    """By the letter nothing changes where the same enum follows in 3.1; as authors mean it, null is gone."""
    old = compiled(document(of(a={**TEXT, "nullable": True, "enum": ["x", "y"]}), "3.0.3"))

    def now(*values: Any) -> Any:
        return compiled(document(of(a={"type": ["string", "null"], "enum": list(values)})))

    (change,) = (change for change in diff(old, now("x", "y")) if change.where == "request.body.a")
    assert (change.level, change.text) == ("risky", "`a` may no longer be null")
    assert "by the letter of OpenAPI 3.0.3" in change.reason
    assert breaking(diff(old, now("x", "y", None))) == []
    assert [change.breaking for change in diff(old, now("x")) if change.where == "request.body.a"] == [True]
    listed = compiled(document(of(a={**TEXT, "nullable": True, "enum": ["x", None]}), "3.0.3"))
    assert [change.breaking for change in diff(listed, now("x")) if change.where == "request.body.a"] == [True]


def test_swagger_2_and_its_conversion(compiled: Compile, tmp_path: Path) -> None:
    schema = of(("a",), a={"type": "string", "maxLength": 9}, n={"type": "integer", "format": "int32"})
    body = {"name": "body", "in": "body", "required": True, "schema": schema}
    operation = {
        "operationId": "make",
        "parameters": [body],
        "responses": {"200": {"description": "", "schema": schema}},
    }
    kinds = {"consumes": ["application/json"], "produces": ["application/json"]}
    old = {"swagger": "2.0", "host": "h.example", "basePath": "/v1", "schemes": ["https"], **kinds}
    content = {"content": {"application/json": {"schema": schema}}}
    converted = {
        "operationId": "make",
        "requestBody": {"required": True, **content},
        "responses": {"200": {"description": "", **content}},
    }
    new = {"openapi": "3.0.3", "servers": [{"url": "https://h.example/v1"}], "paths": {"/things": {"post": converted}}}
    info = {"info": {"title": "things", "version": "1"}}
    written = {**old, **info, "paths": {"/things": {"post": operation}}}
    (tmp_path / "old.json").write_text(json.dumps(written), encoding="utf-8")
    one = load(tmp_path / "old.json")
    assert breaking(diff(one, compiled({**new, **info}))) == []
    new["servers"] = [{"url": "https://h.example/v2"}]
    assert len(breaking(diff(one, compiled({**new, **info})))) == 1


_A_OR_B = [of(("foo",), foo=TEXT, bar=TEXT), of(("bar",), foo=TEXT, bar=TEXT)]

#: what is stricter than before: a schema that admits a value, and one that refuses it
STRICTER: dict[str, tuple[Any, Any]] = {
    "a number of items of a list or an object": (
        {"type": ["array", "object"], "maxItems": 9},
        {"type": ["array", "object"], "maxItems": 3},
    ),
    "an alternative gone": ({"anyOf": [TEXT, INTEGER]}, TEXT),
    "a limit in one alternative": (
        {"anyOf": [TEXT, INTEGER]},
        {"anyOf": [{"type": "string", "maxLength": 3}, INTEGER]},
    ),
    "a value of an enum of constants": ({"enum": ["a", "b"]}, {"oneOf": [{"const": "a"}]}),
    "a narrower pattern": ({"type": "string", "pattern": "^[a-z0-9]+$"}, {"type": "string", "pattern": "^[a-z]+$"}),
    "a shorter repetition": (
        {"type": "string", "pattern": "^[a-z]{1,9}$"},
        {"type": "string", "pattern": "^[a-z]{1,8}$"},
    ),
    "a pattern in a list of types": ({"type": ["string", "null"]}, {"type": ["string", "null"], "pattern": "^a"}),
    "names of members": ({"propertyNames": {"maxLength": 5}}, {"propertyNames": {"maxLength": 3}}),
    "patterns of names": ({"propertyNames": {"pattern": "^a"}}, {"propertyNames": {"pattern": "^ab"}}),
    "not of more": ({"not": {"type": "integer"}}, {"not": {"type": ["integer", "string"]}}),
    "an item that has to be there": ({"type": "array"}, {"type": "array", "contains": {"const": 1}}),
    "more items that have to be there": (
        {"type": "array", "contains": {"const": 1}},
        {"type": "array", "contains": {"const": 1}, "minContains": 2},
    ),
    "fewer items that may be there": (
        {"type": "array", "contains": {"const": 1}},
        {"type": "array", "contains": {"const": 1}, "maxContains": 2},
    ),
    "a condition": (
        of(a=TEXT),
        {**of(a=TEXT), "if": {"properties": {"a": {"const": "x"}}, "required": ["a"]}, "then": {"required": ["b"]}},
    ),
    "what another member requires": (of(a=TEXT), {**of(a=TEXT), "dependentRequired": {"a": ["b"]}}),
    "a schema that another member requires": (
        of(a=TEXT),
        {**of(a=TEXT), "dependentSchemas": {"a": {"required": ["b"]}}},
    ),
    "members of a pattern": ({"type": "object"}, {"type": "object", "patternProperties": {"^x": {"type": "integer"}}}),
    "unevaluated members": (of(a=TEXT), {**of(a=TEXT), "unevaluatedProperties": False}),
    "unevaluated members of a type": (of(a=TEXT), {**of(a=TEXT), "unevaluatedProperties": TEXT}),
    "unevaluated items": ({"prefixItems": [INTEGER]}, {"prefixItems": [INTEGER], "unevaluatedItems": False}),
    "the type of items": ({"type": "array"}, {"type": "array", "items": INTEGER}),
    "items that differ": (
        {"type": "array", "items": INTEGER},
        {"type": "array", "items": INTEGER, "uniqueItems": True},
    ),
    "a multiple of more": ({"type": "integer", "multipleOf": 5}, {"type": "integer", "multipleOf": 10}),
    "no further members": (of(a=TEXT), {**of(a=TEXT), "additionalProperties": False}),
    **{f"the format {name}": (TEXT, {"type": "string", "format": name}) for name in sorted(ASSERTED)},
    "whole numbers up to a limit": ({"type": "number", "maximum": 2}, {"type": "integer", "maximum": 2}),
    "whole numbers from a limit": ({"type": "number", "minimum": 3}, {"type": "integer", "minimum": 3}),
    "further members of few names": (
        {"type": "object", "propertyNames": {"enum": ["a", "x"]}},
        {"type": "object", "propertyNames": {"enum": ["a", "x"]}, "unevaluatedProperties": NULL},
    ),
    "members of any name": ({}, {"additionalProperties": {"dependentRequired": {"a": ["b"]}, "required": ["c"]}}),
    "unevaluated members up to a limit": (of(a=TEXT), {**of(a=TEXT), "unevaluatedProperties": {"maximum": 3}}),
    "unevaluated members of a part": (
        of(a=TEXT),
        {**of(a=TEXT), "unevaluatedProperties": {"allOf": [{"properties": {"k": {"maximum": 9}}}]}},
    ),
    "unevaluated items up to a limit": (
        {"type": "array", "prefixItems": [INTEGER]},
        {"type": "array", "prefixItems": [INTEGER], "unevaluatedItems": {"maxLength": 30}},
    ),
    "items after the numbered ones": (
        {"type": "array"},
        {"type": "array", "prefixItems": [{}], "items": {"multipleOf": 4}},
    ),
    "a member of a pattern that also names others": (
        of(b=INTEGER),
        {**of(b=INTEGER), "patternProperties": {"^[bc]": {"type": "number"}}},
    ),
    "a fraction that no alternative admits": (
        {},
        {"anyOf": [{"exclusiveMaximum": 4}, {"multipleOf": 2}]},
    ),
}


@pytest.mark.parametrize("name", STRICTER)
def test_what_is_stricter_breaks_requests_and_what_is_looser_responses(compiled: Compile, name: str) -> None:
    wide, narrow = STRICTER[name]
    one, two = compiled(document(wide)), compiled(document(narrow))
    for changes, direction in ((diff(one, two), "request"), (diff(two, one), "response")):
        broken = [change for change in changes if change.breaking]
        assert {change.where.partition(".")[0] for change in broken} == {direction}, breaking(changes)
        for change in broken:
            value = json.loads(change.witness)
            for admits in (
                lambda schema: (
                    jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=CHECKS).is_valid
                ),
                _second,
            ):
                assert (admits(wide)(value), admits(narrow)(value)) == (True, False), change.witness


_WHOLE_LIST, _WHOLE_MAP = {"type": "array", "items": INTEGER}, {"type": "object", "additionalProperties": INTEGER}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(_WHOLE_LIST, {**_WHOLE_LIST, "prefixItems": [TEXT]}, id="an item"),
        pytest.param(_WHOLE_MAP, {**_WHOLE_MAP, "properties": {"k": TEXT}}, id="a member"),
        pytest.param(_WHOLE_MAP, {**_WHOLE_MAP, "patternProperties": {"^x": TEXT}}, id="members of a pattern"),
        pytest.param(
            {"type": "object", "patternProperties": {"^x": INTEGER}},
            {"type": "object", "patternProperties": {"^x": INTEGER}, "properties": {"xa": TEXT}},
            id="a member of a pattern",
        ),
        pytest.param(
            {"type": "array", "unevaluatedItems": INTEGER},
            {"type": "array", "unevaluatedItems": INTEGER, "prefixItems": [TEXT]},
            id="an item among unevaluated ones",
        ),
        pytest.param(
            {"type": "object", "unevaluatedProperties": INTEGER},
            {"type": "object", "unevaluatedProperties": INTEGER, "properties": {"k": TEXT}},
            id="a member among unevaluated ones",
        ),
    ],
)
def test_a_schema_of_its_own_is_compared_with_that_of_the_others(
    compiled: Compile, before: Schema, after: Schema
) -> None:
    """What has a schema of its own now had that of all other items or members before."""
    changes = diff(compiled(document(before)), compiled(document(after)))
    broken = [(change.where.partition(".")[0], change.witness) for change in changes if change.breaking]
    assert broken == [("request", "0"), ("response", '""')]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        pytest.param(
            {"type": "object", "patternProperties": {"^x": {}}, "additionalProperties": False},
            {"type": "object", "additionalProperties": False},
            id="members of a pattern",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [{}, {}], "unevaluatedItems": False},
            {"type": "array", "prefixItems": [{}], "unevaluatedItems": False},
            id="an item",
        ),
    ],
)
def test_what_may_have_any_value_is_gone_where_no_others_are_allowed(
    compiled: Compile, wide: Schema, narrow: Schema
) -> None:
    one, two = compiled(document(wide)), compiled(document(narrow))
    gone, back = (
        [change.where.partition(".")[0] for change in each if change.breaking]
        for each in (diff(one, two), diff(two, one))
    )
    assert (gone, back) == (["request", "response"], ["response"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(of(("foo", "bar"), foo=TEXT, bar=TEXT), {"oneOf": _A_OR_B}, id="two alternatives"),
        pytest.param({"oneOf": [TEXT]}, {"oneOf": [TEXT, {"maxLength": 3}]}, id="one more"),
    ],
)
def test_exactly_one_of_alternatives_that_overlap(compiled: Compile, before: Any, after: Any) -> None:
    """What keeps two of them was valid, and is not."""
    changes = diff(compiled(document(before)), compiled(document(after)))
    (change,) = [change for change in changes if change.breaking and change.where.startswith("request")]
    value = json.loads(change.witness)
    assert (_second(before)(value), _second(after)(value)) == (True, False)


def _second(schema: Any) -> Any:
    return python_validator(schema).is_valid


#: changes with members, items and alternatives, and the value that shows each; "" where it is about what is documented
SHOWN: dict[str, tuple[Any, Any, list[tuple[str, str]]]] = {
    "each of two": (
        of(a=TEXT),
        of(("a",), a={"type": "string", "maxLength": 1}),
        [("request.body.a", "string"), ("request.body.a", "object")],
    ),
    "an item": (
        {"items": {"type": "integer"}},
        {"items": {"type": "integer", "maximum": 3}},
        [("request.body[]", "integer")],
    ),
    "a member of an item": (
        {"items": of(a=INTEGER)},
        {"items": of(a={"type": "integer", "maximum": 3})},
        [("request.body[].a", "integer")],
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_value_is_of_the_place(compiled: Compile, name: str) -> None:
    before, after, wanted = SHOWN[name]
    changes = diff(compiled(document(before)), compiled(document(after)))
    kinds = {int: "integer", str: "string", dict: "object", list: "array"}
    found = [(change.where, kinds[type(json.loads(change.witness))]) for change in changes if change.breaking]
    assert sorted(found) == sorted(wanted)


def test_alternatives_of_a_union_stay_as_they_are_elsewhere(compiled: Compile) -> None:
    """A component that is no difference in a union, because another alternative makes up for it, is one by itself."""

    def both(most: int) -> dict[str, Any]:
        short = {"type": "string", "maxLength": most}
        component = {"$ref": "#/components/schemas/Short"}
        found = document(of(alone=component, either={"anyOf": [component, TEXT]}))
        return {**found, "components": {"schemas": {"Short": short}}}

    changes = diff(compiled(both(9)), compiled(both(8)))
    assert [change.where for change in changes if change.breaking] == ["request.body.alone"]
