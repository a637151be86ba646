"""The keywords that hold subschemas, each with its shape and with what its subschemas apply to."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from clausewise.spec.subschemas import APPLICATORS, subschemas, subschemas_of, with_subschemas

_A, _B = {"title": "a"}, {"title": "b"}


@pytest.mark.parametrize(
    ("keyword", "value", "found", "applies"),
    [
        ("allOf", [_A, True], [("0", "/allOf/0", _A), ("1", "/allOf/1", True)], "in place"),
        ("anyOf", [_A], [("0", "/anyOf/0", _A)], "in place"),
        ("oneOf", [_A], [("0", "/oneOf/0", _A)], "in place"),
        ("not", _A, [("", "/not", _A)], "in place"),
        ("if", _A, [("", "/if", _A)], "in place"),
        ("then", _A, [("", "/then", _A)], "in place"),
        ("else", False, [("", "/else", False)], "in place"),
        ("dependentSchemas", {"x": _A}, [("x", "/dependentSchemas/x", _A)], "in place"),
        ("dependencies", {"x": _A}, [("x", "/dependencies/x", _A)], "in place"),
        ("prefixItems", [_A, _B], [("0", "/prefixItems/0", _A), ("1", "/prefixItems/1", _B)], "child"),
        ("items", _A, [("", "/items", _A)], "child"),
        ("contains", _A, [("", "/contains", _A)], "child"),
        ("unevaluatedItems", _A, [("", "/unevaluatedItems", _A)], "child"),
        (
            "properties",
            {"a/b": _A, "c~d": False},
            [("a/b", "/properties/a~1b", _A), ("c~d", "/properties/c~0d", False)],
            "child",
        ),
        ("patternProperties", {"^x/": _A}, [("^x/", "/patternProperties/^x~1", _A)], "child"),
        ("additionalProperties", False, [("", "/additionalProperties", False)], "child"),
        ("propertyNames", _A, [("", "/propertyNames", _A)], "child"),
        ("unevaluatedProperties", _A, [("", "/unevaluatedProperties", _A)], "child"),
        ("$defs", {"x": _A}, [("x", "/$defs/x", _A)], "nowhere"),
        ("definitions", {"x": _A}, [("x", "/definitions/x", _A)], "nowhere"),
        ("contentSchema", _A, [("", "/contentSchema", _A)], "nowhere"),
    ],
)
def test_a_keyword(keyword: str, value: Any, found: list[tuple[str, str, Any]], applies: str) -> None:
    walked = tuple(subschemas({"type": "object", keyword: value, "default": {"items": _A}}, "/at"))
    assert [(each.name, each.pointer, each.schema) for each in walked] == [(n, f"/at{p}", s) for n, p, s in found]
    assert {(each.keyword, each.applies) for each in walked} == {(keyword, applies)}
    assert with_subschemas(keyword, walked, [each.schema for each in walked]) == value


def test_the_table_has_every_keyword_of_the_metaschema_that_holds_schemas() -> None:
    validator = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    refuse = {
        keyword
        for keyword in (*_named_by_the_metaschema(), *APPLICATORS)
        for value in (5, [5], {"x": 5})
        if not validator.is_valid({keyword: value}) and validator.is_valid({keyword: _with_schema(value)})
    }
    assert refuse == APPLICATORS.keys()


def _named_by_the_metaschema() -> list[str]:
    from jsonschema_specifications import REGISTRY

    base = "https://json-schema.org/draft/2020-12/meta/"
    vocabularies = ("core", "applicator", "unevaluated", "validation", "meta-data", "content", "format-annotation")
    return [name for vocabulary in vocabularies for name in REGISTRY.contents(f"{base}{vocabulary}")["properties"]]


def _with_schema(value: Any) -> Any:
    schema: dict[str, Any] = {"not": {}}
    return schema if value == 5 else [schema] if value == [5] else {"x": schema}


@pytest.mark.parametrize(
    "schema",
    [
        *(True, None, [_A], "allOf"),
        *({"allOf": _A}, {"allOf": [1, "x", None]}, {"items": [_A]}, {"properties": [_A]}, {"properties": {"x": 1}}),
        {"not": None},
        {"dependencies": {"x": ["y"]}},
    ],
    ids=str,
)
def test_what_is_no_schema_is_left_out(schema: Any) -> None:
    assert list(subschemas(schema)) == []


def test_references_are_not_followed_and_the_order_is_the_authors() -> None:
    schema = {"then": _A, "$ref": "#/x", "properties": {"b": _A, "a": _B}, "allOf": [_B], "x-more": {"items": _A}}
    assert [each.pointer for each in subschemas(schema)] == ["/then", "/properties/b", "/properties/a", "/allOf/0"]


def test_one_keyword_alone() -> None:
    assert [each.pointer for each in subschemas_of("anyOf", [_A, _B], "/x")] == ["/x/anyOf/0", "/x/anyOf/1"]
