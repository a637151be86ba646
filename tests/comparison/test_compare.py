"""What changes between two contracts, and which changes break clients."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.comparison.candidates import candidates
from clausewise.comparison.change import Change
from clausewise.comparison.compare import compare, diff, read_versions
from clausewise.contract.contract import Contract
from tests.conftest import Compile, Schema

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}


def document(request: Schema, response: Schema, **schemas: Schema) -> dict[str, Any]:
    """One operation, whose request and response bodies are bound by these."""
    operation = {
        "operationId": "make",
        "requestBody": {"content": {"application/json": {"schema": request}}},
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": response}}}},
    }
    return {"paths": {"/things": {"post": operation}}, "components": {"schemas": schemas}}


def told(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    """Of each change its level and kind."""
    return [(change.level, change.kind) for change in changes]


def of(**members: Schema) -> dict[str, Any]:
    return {"type": "object", "properties": members}


#: name -> schema before, schema after, what it is in a request, what it is in a response
RULES: dict[str, tuple[Schema, Schema, str, str]] = {
    "maxLength lower": ({"maxLength": 9}, {"maxLength": 8}, "breaking tightened", "compatible tightened"),
    "maxLength higher": ({"maxLength": 8}, {"maxLength": 9}, "compatible loosened", "breaking loosened"),
    "maxLength new": ({}, {"maxLength": 9}, "breaking tightened", "compatible tightened"),
    "maxLength gone": ({"maxLength": 9}, {}, "compatible loosened", "breaking loosened"),
    "minLength higher": ({"minLength": 1}, {"minLength": 2}, "breaking tightened", "compatible tightened"),
    "minItems lower": ({"minItems": 3}, {"minItems": 2}, "compatible loosened", "breaking loosened"),
    "minLength 0 says nothing": ({}, {"minLength": 0}, "", ""),
    "maxItems lower": ({"maxItems": 3}, {"maxItems": 2}, "breaking tightened", "compatible tightened"),
    "maximum lower": ({"maximum": 3}, {"maximum": 2.5}, "breaking tightened", "compatible tightened"),
    "minimum as a float": ({"minimum": 3}, {"minimum": 3.0}, "", ""),
    "maximum becomes exclusive": (
        {"maximum": 3},
        {"exclusiveMaximum": 3},
        "breaking tightened",
        "compatible tightened",
    ),
    "exclusiveMinimum becomes minimum": (
        {"exclusiveMinimum": 3},
        {"minimum": 3},
        "compatible loosened",
        "breaking loosened",
    ),
    "of two bounds the tighter one counts": (
        {"maxLength": 5},
        {"allOf": [{"maxLength": 9}], "maxLength": 5},
        "",
        "",
    ),
    "the tighter one of two bounds goes": (
        {"allOf": [{"maxLength": 9}], "maxLength": 5},
        {"maxLength": 9},
        "compatible loosened",
        "breaking loosened",
    ),
    "enum with less": ({"enum": [1, 2]}, {"enum": [1]}, "breaking tightened", "compatible tightened"),
    "enum with more": ({"enum": [1]}, {"enum": [1, 2]}, "compatible loosened", "breaking loosened"),
    "enum with others": ({"enum": [1, 2]}, {"enum": [1, 3]}, "breaking changed", "breaking changed"),
    "enum in another order": ({"enum": [1, 2]}, {"enum": [2, 1.0]}, "", ""),
    "true is not 1": ({"enum": [1]}, {"enum": [True]}, "breaking changed", "breaking changed"),
    "const becomes enum": ({"const": 1}, {"enum": [1, 2]}, "compatible loosened", "breaking loosened"),
    "another const": ({"const": 1}, {"const": 2}, "breaking changed", "breaking changed"),
    "integer becomes number": ({"type": "integer"}, NUMBER, "compatible loosened", "breaking loosened"),
    "number becomes integer": (NUMBER, {"type": "integer"}, "breaking tightened", "compatible tightened"),
    "null as well": (TEXT, {"type": ["null", "string"]}, "compatible loosened", "breaking loosened"),
    "types in another order": ({"type": ["string", "null"]}, {"type": ["null", "string"]}, "", ""),
    "another type": (TEXT, NUMBER, "breaking changed", "breaking changed"),
    "multipleOf a multiple": ({"multipleOf": 2}, {"multipleOf": 4}, "breaking tightened", "compatible tightened"),
    "multipleOf a part": ({"multipleOf": 0.3}, {"multipleOf": 0.1}, "compatible loosened", "breaking loosened"),
    "multipleOf another": ({"multipleOf": 2}, {"multipleOf": 3}, "breaking changed", "breaking changed"),
    "pattern new": ({}, {"pattern": "a"}, "breaking tightened", "compatible tightened"),
    "pattern that cannot be read": ({"pattern": "(?>a)"}, {"pattern": "(?>b)"}, "breaking changed", "breaking changed"),
    "pattern changed": ({"pattern": "a"}, {"pattern": "b"}, "breaking changed", "breaking changed"),
    "format gone": ({"format": "uuid"}, {}, "compatible loosened", "breaking loosened"),
    "format that nobody checks": ({}, {"format": "colour"}, "editorial changed", "editorial changed"),
    "uniqueItems": ({}, {"uniqueItems": True}, "breaking tightened", "compatible tightened"),
    "not": ({"not": {"const": 1}}, {"not": {"const": 2}}, "breaking changed", "breaking changed"),
    "no further members": (of(), {**of(), "additionalProperties": False}, "breaking tightened", "compatible tightened"),
    "closed in another way": (
        {**of(), "additionalProperties": False},
        {**of(), "unevaluatedProperties": False},
        "",
        "",
    ),
    "what unevaluated members are": (
        {"unevaluatedProperties": TEXT},
        {"unevaluatedProperties": NUMBER},
        "breaking changed",
        "breaking changed",
    ),
    "no unevaluated items become some": (
        {"unevaluatedItems": False},
        {"unevaluatedItems": TEXT},
        "compatible loosened",
        "breaking loosened",
    ),
    "unevaluated members become none": (
        {"unevaluatedProperties": TEXT},
        {"unevaluatedProperties": False},
        "breaking tightened",
        "compatible tightened",
    ),
    "minContains": (
        {"contains": TEXT},
        {"contains": TEXT, "minContains": 2},
        "breaking tightened",
        "compatible tightened",
    ),
    "maxContains": (
        {"contains": TEXT, "maxContains": 0, "minContains": 0},
        {"contains": TEXT, "maxContains": 1, "minContains": 0},
        "compatible loosened",
        "breaking loosened",
    ),
    "contains no longer bound": (
        {"contains": TEXT},
        {"contains": TEXT, "minContains": 0},
        "compatible loosened",
        "breaking loosened",
    ),
    "another contains": ({"contains": TEXT}, {"contains": NUMBER}, "breaking changed", "breaking changed"),
    "dependencies written as dependentRequired": (
        {"dependencies": {"a": ["b"]}},
        {"dependentRequired": {"a": ["b"]}},
        "",
        "",
    ),
    "what further members are": (
        {"additionalProperties": {"maxLength": 9}},
        {"additionalProperties": {"maxLength": 8}},
        "breaking tightened",
        "compatible tightened",
    ),
    "any further members become bound": (
        {"additionalProperties": True},
        {"additionalProperties": TEXT},
        "breaking tightened",
        "compatible tightened",
    ),
    "no further members become some": (
        {"additionalProperties": False},
        {"additionalProperties": TEXT},
        "compatible loosened",
        "breaking loosened",
    ),
    "items": ({"items": TEXT}, {"items": {"type": ["string", "null"]}}, "compatible loosened", "breaking loosened"),
    "items no longer bound": ({"items": of(a=TEXT)}, {}, "compatible loosened", "breaking loosened"),
    "no items become possible": (
        {"items": False},
        {"items": TEXT},
        "compatible loosened",
        "breaking loosened",
    ),
    "a member that only advice speaks of goes": (
        {"allOf": [{"x-clausewise-severity": "note", "properties": {"a": {}}}]},
        {},
        "compatible removed",
        "compatible removed",
    ),
    "one schema becomes an alternative beside its type": (
        of(a=TEXT),
        {"type": "object", "anyOf": [of(a=TEXT), {**of(b=TEXT), "required": ["b"]}]},
        "compatible added",
        "breaking added",
    ),
    "tuples": ({"prefixItems": [TEXT]}, {"prefixItems": [NUMBER]}, "breaking changed", "breaking changed"),
    "required": (of(a=TEXT), {**of(a=TEXT), "required": ["a"]}, "breaking tightened", "compatible tightened"),
    "optional": ({**of(a=TEXT), "required": ["a"]}, of(a=TEXT), "compatible loosened", "breaking loosened"),
    "required where another is": (
        of(a=TEXT, b=TEXT),
        {**of(a=TEXT, b=TEXT), "dependentRequired": {"a": ["b"]}},
        "breaking tightened",
        "compatible tightened",
    ),
    "a member goes": (of(a=of(b=TEXT)), of(), "breaking removed", "breaking removed"),
    "a member that says nothing goes": (of(a={}), of(), "breaking removed", "breaking removed"),
    "a required member goes": ({**of(a=TEXT), "required": ["a"]}, of(), "breaking removed", "breaking removed"),
    "a member loses its rules": (of(a=TEXT), of(a={}), "compatible loosened", "breaking loosened"),
    "a member comes": (of(), of(a=of(b=TEXT)), "compatible added", "compatible added"),
    "a required member comes": (of(), {**of(a=TEXT), "required": ["a"]}, "breaking added", "compatible added"),
    "an optional object with a required member comes": (
        of(),
        of(a={**of(b=TEXT), "required": ["b"]}),
        "compatible added",
        "compatible added",
    ),
    "a member comes where there were to be no more": (
        {**of(), "additionalProperties": False},
        {**of(a=TEXT), "additionalProperties": False},
        "compatible added",
        "breaking added",
    ),
    "a member must be absent": (of(a=TEXT), of(a=False), "breaking tightened", "breaking removed"),
    "a member need no longer be absent": (of(a=False), of(), "compatible loosened", "breaking loosened"),
    "a member that requests do not carry": (of(a={**TEXT, "readOnly": True}), of(), "", "breaking removed"),
    "a member that responses do not carry": (of(a={**TEXT, "writeOnly": True}), of(), "breaking removed", ""),
    "advice": (
        {},
        {"maxLength": 9, "x-clausewise-severity": "warning"},
        "compatible tightened",
        "compatible tightened",
    ),
    "advice becomes a must": (
        {"maxLength": 9, "x-clausewise-severity": "warning"},
        {"maxLength": 9},
        "breaking tightened",
        "compatible tightened",
    ),
    "a must becomes advice": (
        {"maxLength": 9},
        {"maxLength": 9, "x-clausewise-severity": "warning"},
        "compatible loosened",
        "breaking loosened",
    ),
    "another branch": ({"oneOf": [TEXT]}, {"oneOf": [TEXT, NUMBER]}, "compatible added", "breaking added"),
    "a branch less": ({"anyOf": [TEXT, NUMBER]}, {"anyOf": [NUMBER]}, "breaking removed", "compatible removed"),
    "branches in another order": ({"anyOf": [TEXT, NUMBER]}, {"anyOf": [NUMBER, TEXT]}, "", ""),
    "branches without names in another order": (
        {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"anyOf": [{"required": ["b"]}, {"required": ["a"]}]},
        "",
        "",
    ),
    "inside a branch": (
        {"oneOf": [NUMBER, {"type": "string", "maxLength": 9}]},
        {"oneOf": [NUMBER, {"type": "string", "maxLength": 8}]},
        "breaking tightened",
        "compatible tightened",
    ),
    "one schema becomes an alternative": (TEXT, {"anyOf": [TEXT, NUMBER]}, "compatible added", "breaking added"),
    "an alternative becomes the only schema": (
        {"anyOf": [TEXT, NUMBER]},
        NUMBER,
        "breaking removed",
        "compatible removed",
    ),
    "at least one becomes exactly one": (
        {"anyOf": [TEXT, {"maxLength": 3}]},
        {"oneOf": [TEXT, {"maxLength": 3}]},
        "breaking tightened",
        "compatible tightened",
    ),
    "exactly one of what excludes each other": (
        {"anyOf": [TEXT, NUMBER]},
        {"oneOf": [TEXT, NUMBER]},
        "editorial changed",
        "editorial changed",
    ),
    "alternatives beside other rules": (
        of(a=TEXT, b=TEXT),
        {**of(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "breaking tightened",
        "compatible tightened",
    ),
    "another condition": (
        {**of(a=TEXT, b=TEXT), "if": of(a={"const": "x"}), "then": {"required": ["b"]}},
        {**of(a=TEXT, b=TEXT), "if": of(a={"const": "y"}), "then": {"required": ["b"]}},
        "breaking changed",
        "breaking changed",
    ),
    "a rule always and no longer under a condition": (
        {**of(a=TEXT, b=TEXT), "if": of(a={"const": "x"}), "then": {"required": ["b"]}},
        {**of(a=TEXT, b=TEXT), "required": ["b"]},
        "breaking tightened",
        "compatible tightened",
    ),
    "a rule under a condition and no longer always": (
        {**of(a=TEXT, b=TEXT), "required": ["b"]},
        {**of(a=TEXT, b=TEXT), "if": of(a={"const": "x"}), "then": {"required": ["b"]}},
        "compatible loosened",
        "breaking loosened",
    ),
    "what describes": (
        {"title": "A", "examples": [1], "x-of-us": 1},
        {"title": "B", "description": "b"},
        "",
        "",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(compiled: Compile, name: str) -> None:
    before, after, in_request, in_response = RULES[name]
    for wanted, old, new in (
        (in_request, document(before, True), document(after, True)),
        (in_response, document(True, before), document(True, after)),
    ):
        found = [" ".join(each) for each in told(diff(compiled(old), compiled(new)))]
        assert found == ([wanted] if wanted else []), wanted


_TREE: dict[str, Any] = {**of(name=TEXT, child={"$ref": "#/components/schemas/Tree"}), "required": ["name"]}
_PET: dict[str, Any] = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}
_DISCRIMINATED = {**_PET, "discriminator": {"propertyName": "kind"}}
_CAT, _DOG = ({**of(kind={"const": kind}), "required": ["kind"]} for kind in ("Cat", "Dog"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            document(of(a={"maxLength": 9}), True),
            document(of(a={"$ref": "#/components/schemas/A"}), True, A={"maxLength": 9}),
            id="into the components",
        ),
        pytest.param(
            document({**of(a=TEXT, b=NUMBER), "required": ["b"]}, True),
            document({"allOf": [of(a=TEXT), {**of(b=NUMBER), "required": ["b"]}]}, True),
            id="into parts of an allOf",
        ),
        pytest.param(
            document({"oneOf": [of(a=TEXT), NUMBER]}, True),
            document({"oneOf": [{"$ref": "#/components/schemas/A"}, NUMBER]}, True, A=of(a=TEXT)),
            id="a branch into the components",
        ),
        pytest.param(
            document({"not": of(a={"$ref": "#/components/schemas/A"})}, True, A=TEXT),
            document({"not": of(a={**TEXT, "description": "a"})}, True),
            id="out of a not",
        ),
        pytest.param(
            document({"$ref": "#/components/schemas/Tree"}, True, Tree=_TREE),
            document(_TREE, True, Tree=_TREE),
            id="a recursive schema once more",
        ),
        pytest.param(
            document(_PET, True, Cat=_CAT, Dog=_DOG),
            document({"oneOf": [_CAT, _DOG]}, True),
            id="branches out of the components",
        ),
    ],
)
def test_where_a_rule_stands_is_no_change(compiled: Compile, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert diff(compiled(before), compiled(after)) == ()
    assert diff(compiled(after), compiled(before)) == ()


def test_a_branch_that_a_discriminator_selects_is_told_once(compiled: Compile) -> None:
    schemas = {"Cat": _CAT, "Dog": _DOG}
    both, one = _DISCRIMINATED, {**_DISCRIMINATED, "oneOf": _DISCRIMINATED["oneOf"][:1]}
    assert told(diff(compiled(document(both, one, **schemas)), compiled(document(one, both, **schemas)))) == [
        ("breaking", "removed"),
        ("breaking", "added"),
    ]


def test_one_schema_becomes_one_that_a_discriminator_selects(compiled: Compile) -> None:
    cat, schemas = {"$ref": "#/components/schemas/Cat"}, {"Cat": _CAT, "Dog": _DOG}
    old, new = document(cat, cat, **schemas), document(_DISCRIMINATED, _DISCRIMINATED, **schemas)
    assert told(diff(compiled(old), compiled(new))) == [("breaking", "added"), ("compatible", "added")]


def test_a_component_that_many_use_changes_once(compiled: Compile) -> None:
    def with_limit(limit: int) -> Contract:
        paths = {
            f"/{name}": {
                "post": {
                    "operationId": name,
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
                    },
                }
            }
            for name in ("one", "two", "three")
        }
        return compiled({"paths": paths, "components": {"schemas": {"A": of(name={"maxLength": limit})}}})

    request, response = diff(with_limit(9), with_limit(8))
    assert request.operations == response.operations == ("one", "two", "three")
    assert (request.breaking, request.where) == (True, "request.body.name")
    assert (response.breaking, response.where) == (False, "response.200.body.name")
    assert request.text == "`name` has at most 8 characters; before, `name` has at most 9 characters"


def parameter(name: str, location: str = "query", **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "schema": TEXT, **({"required": True} if location == "path" else {}), **rest}


def paths(path: str = "/things/{id}", method: str = "get", **operation: Any) -> dict[str, Any]:
    """One operation; its security schemes are there."""
    schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    }
    return {
        "paths": {path: {method: {"operationId": "it", "responses": {}, **operation}}},
        "components": {"securitySchemes": schemes},
    }


def answers(*statuses: str, **response: Any) -> dict[str, Any]:
    return paths(responses={status: {"description": "", **response} for status in statuses})


def typed(*names: str) -> dict[str, Any]:
    return {"content": {name: {} for name in names}}


#: name -> document before, document after, and each change
OPERATIONS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "a path parameter renamed": (
        paths("/things/{id}", parameters=[parameter("id", "path")]),
        paths("/things/{thing}", parameters=[parameter("thing", "path")]),
        [],
    ),
    "a path parameter renamed, and bound": (
        paths("/a/{x}/b/{y}", parameters=[parameter("x", "path"), parameter("y", "path")]),
        paths("/a/{y}/b/{x}", parameters=[parameter("x", "path", schema=NUMBER), parameter("y", "path")]),
        ["breaking changed request.path.x"],
    ),
    "an operationId renamed": (paths(), paths(operationId="other"), ["risky changed "]),
    "an operation gone": (paths(), {"paths": {}}, ["breaking removed "]),
    "an operation new": ({"paths": {}}, paths(), ["compatible added "]),
    "an operation moved": (paths(), paths("/elsewhere"), ["breaking removed ", "compatible added "]),
    "a parameter gone": (paths(parameters=[parameter("a")]), paths(), ["breaking removed request.query.a"]),
    "a parameter new": (paths(), paths(parameters=[parameter("a")]), ["compatible added request.query.a"]),
    "a parameter new and required": (
        paths(),
        paths(parameters=[parameter("a", required=True)]),
        ["breaking added request.query.a"],
    ),
    "a parameter required": (
        paths(parameters=[parameter("a")]),
        paths(parameters=[parameter("a", required=True)]),
        ["breaking tightened request.query.a"],
    ),
    "a parameter written otherwise": (
        paths(parameters=[parameter("a")]),
        paths(parameters=[parameter("a", style="pipeDelimited")]),
        ["breaking changed request.query.a"],
    ),
    "a header parameter in other letters": (
        paths(parameters=[parameter("X-A", "header")]),
        paths(parameters=[parameter("x-a", "header")]),
        [],
    ),
    "a parameter bound": (
        paths(parameters=[parameter("a", schema={})]),
        paths(parameters=[parameter("a", schema={"maxLength": 1})]),
        ["breaking tightened request.query.a"],
    ),
    "a body gone": (paths(requestBody=typed("text/plain")), paths(), ["breaking removed request.body"]),
    "a body new": (paths(), paths(requestBody=typed("text/plain")), ["compatible added request.body"]),
    "a body required": (
        paths(requestBody=typed("text/plain")),
        paths(requestBody={**typed("text/plain"), "required": True}),
        ["breaking tightened request.body"],
    ),
    "a media type of requests gone": (
        paths(requestBody=typed("text/plain", "text/csv")),
        paths(requestBody=typed("text/plain")),
        ["breaking removed request.body"],
    ),
    "a media type of responses new": (
        answers("200", **typed("text/plain")),
        answers("200", **typed("text/plain", "text/csv")),
        ["compatible added response.200.body"],
    ),
    "a media type in other letters": (
        answers("200", **typed("text/plain;charset=utf-8")),
        answers("200", **typed("Text/Plain; charset=utf-8")),
        [],
    ),
    "a member of a form gone": (
        paths(requestBody={"content": {"multipart/form-data": {"schema": of(a=TEXT)}}}),
        paths(requestBody={"content": {"multipart/form-data": {"schema": of()}}}),
        ["breaking removed request.body.a"],
    ),
    "a schema for what had none": (
        answers("200", **typed("application/json")),
        answers("200", content={"application/json": {"schema": TEXT}}),
        ["compatible tightened response.200.body"],
    ),
    "a success gone": (answers("200", "201"), answers("200"), ["breaking removed response.201"]),
    "a redirection gone": (answers("200", "3XX"), answers("200"), ["breaking removed response.3XX"]),
    "a failure gone": (answers("200", "404"), answers("200"), ["compatible removed response.404"]),
    "statuses new": (
        answers("200"),
        answers("200", "201", "default"),
        ["compatible added response.201", "compatible added response.default"],
    ),
    "a header gone": (
        answers("200", headers={"ETag": {}}),
        answers("200"),
        ["breaking removed response.200.header.ETag"],
    ),
    "a header new": (
        answers("200"),
        answers("200", headers={"ETag": {}}),
        ["compatible added response.200.header.ETag"],
    ),
    "a header optional": (
        answers("200", headers={"ETag": {"required": True}}),
        answers("200", headers={"etag": {}}),
        ["breaking loosened response.200.header.etag"],
    ),
    "a header bound otherwise": (
        answers("200", headers={"A": {"schema": NUMBER}}),
        answers("200", headers={"A": {"schema": TEXT}}),
        ["breaking changed response.200.header.A"],
    ),
    "credentials required": (paths(), paths(security=[{"key": []}]), ["breaking added request.security"]),
    "credentials no longer required": (
        paths(security=[{"key": []}]),
        paths(security=[{}]),
        ["compatible removed request.security"],
    ),
    "other credentials": (
        paths(security=[{"key": []}]),
        paths(security=[{"token": []}]),
        ["breaking changed request.security"],
    ),
    "further credentials": (
        paths(security=[{"key": []}]),
        paths(security=[{"token": []}, {"key": []}]),
        ["compatible loosened request.security"],
    ),
    "more credentials at once": (
        paths(security=[{"key": []}]),
        paths(security=[{"token": [], "key": []}]),
        ["breaking tightened request.security"],
    ),
    "a security scheme renamed": (paths(security=[{"token": []}]), paths(security=[{"bearer": []}]), []),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(compiled: Compile, name: str) -> None:
    before, after, wanted = OPERATIONS[name]
    changes = diff(compiled(before), compiled(after))
    found = [f"{breaks} {kind}" for breaks, kind in told(changes)]
    assert [f"{each} {change.where}" for each, change in zip(found, changes, strict=True)] == wanted


def test_an_operation_that_moved_is_followed(compiled: Compile) -> None:
    gone, _ = diff(compiled(paths()), compiled(paths("/elsewhere", "put")))
    assert gone.text == "GET /things/{id} (it) was removed; it is now PUT /elsewhere"


def test_places_are_those_of_the_new_document_and_of_the_old_for_what_is_gone(compiled: Compile) -> None:
    gone, bound, new = diff(
        compiled(document(of(a=TEXT, b=TEXT), True)),
        compiled(document(of(b={**TEXT, "maxLength": 1}, c=TEXT), True)),
    )
    assert gone.new is None and gone.old is not None and gone.old.file.endswith(".json")
    assert bound.new is not None and bound.old is None
    assert new.new is not None and new.old is None


def test_many_values_are_counted(compiled: Compile) -> None:
    old, new = document({"enum": list(range(30))}, True), document({"enum": [0]}, True)
    (change,) = diff(compiled(old), compiled(new))
    shown = ", ".join(map(str, range(1, 13)))
    assert change.text == f"the body may no longer be {shown} and 17 more"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({}, {"maxLength": 9}, "`a` has at most 9 characters; before, the contract did not require that"),
        ({"maxLength": 9}, {}, "no longer required: `a` has at most 9 characters"),
        ({"enum": [1, 2]}, {"enum": [1, 3]}, "`a` may no longer be 2 and may also be 3"),
        (TEXT, NUMBER, "`a` is a number; before, `a` is a string"),
        ({}, {"pattern": "^.$"}, "`a` matches ^.$; before, the contract did not require that"),
        ({"items": TEXT}, {}, "each item of `a` no longer has a schema"),
        ({"oneOf": [TEXT]}, {"oneOf": [TEXT, NUMBER]}, '`a` has the new alternative "number"'),
    ],
)
def test_sentences(compiled: Compile, before: Schema, after: Schema, text: str) -> None:
    (change,) = diff(compiled(document(of(a=before), True)), compiled(document(of(a=after), True)))
    assert change.text == text


def _form(**media: Any) -> dict[str, Any]:
    """One operation that takes a form with a file and a list."""
    schema = of(picture={"type": "string"}, tags={"type": "array", "items": TEXT})
    content = {"multipart/form-data": {"schema": schema, **media}}
    operation = {"operationId": "make", "requestBody": {"content": content}, "responses": {}}
    return {"paths": {"/things": {"post": operation}}}


def _headers(**header: Any) -> dict[str, Any]:
    return {"picture": {"headers": {"X-Size": {"schema": {"type": "integer"}, **header}}}}


#: name -> encoding before, encoding after, what it is, how its sentence begins
_ENCODINGS: dict[str, tuple[Schema, Schema, str, str]] = {
    "the same": ({"tags": {"explode": True}}, {"tags": {"explode": True}}, "", ""),
    "the style of a list by itself": (
        {"tags": {"style": "form"}},
        {"tags": {"style": "form", "explode": True}},
        "",
        "",
    ),
    "one value, exploded or not": (
        {"picture": {"style": "form"}},
        {"picture": {"style": "form", "explode": False}},
        "",
        "",
    ),
    "fewer media types": (
        {"picture": {"contentType": "image/png, image/jpeg"}},
        {"picture": {"contentType": "image/png"}},
        "breaking tightened",
        "the part `picture` is image/png; before, image/jpeg or image/png",
    ),
    "more media types": (
        {"picture": {"contentType": "image/png"}},
        {"picture": {"contentType": "image/png, image/jpeg"}},
        "compatible loosened",
        "the part `picture` is image/jpeg or image/png; before, image/png",
    ),
    "media types where the schema decided": (
        {},
        {"picture": {"contentType": "image/png"}},
        "breaking changed",
        "the part `picture` is image/png; before, of the media type that its schema has by default",
    ),
    "another style": (
        {"tags": {"style": "form"}},
        {"tags": {"style": "spaceDelimited", "explode": False}},
        "breaking changed",
        "the field `tags` is written in the style spaceDelimited, not exploded; before, in the style form, exploded",
    ),
    "a new required header of a part": (
        {"picture": {}},
        _headers(required=True),
        "breaking tightened",
        "the header `X-Size` of the part `picture` is new, and required",
    ),
    "a tighter header of a part": (
        _headers(),
        _headers(schema={"type": "integer", "maximum": 9}),
        "breaking tightened",
        "the header `X-Size`",
    ),
    "a header of a part that need not be": (
        _headers(required=True),
        _headers(),
        "compatible loosened",
        "the header `X-Size` of the part `picture` is optional",
    ),
}


@pytest.mark.parametrize("name", _ENCODINGS)
def test_how_the_fields_of_a_form_are_written(compiled: Compile, name: str) -> None:
    before, after, expected, sentence = _ENCODINGS[name]
    changes = diff(compiled(_form(encoding=before)), compiled(_form(encoding=after)))
    assert [" ".join(each) for each in told(changes)] == ([expected] if expected else [])
    assert all(change.text.startswith(sentence) and change.where.startswith("request.body.") for change in changes)


def test_the_items_of_a_sequence_are_compared(compiled: Compile) -> None:
    def lines(item: Schema) -> Contract:
        content = {"application/x-ndjson": {"itemSchema": item}}
        responses = {"200": {"description": "", "content": content}}
        return compiled({"paths": {"/lines": {"get": {"operationId": "read", "responses": responses}}}})

    (change,) = diff(lines(of(name={"maxLength": 3})), lines(of(name={"maxLength": 5})))
    assert (change.breaking, change.where) == (True, "response.200.body[].name")


def test_an_interruption_leaves_what_was_settled(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no value was tried for yet may be no change; what is changed outside of schemas is found by then."""
    tried: list[object] = []

    def interrupted(*arguments: Any) -> Any:
        tried.append(arguments)
        if len(tried) > 2:
            raise KeyboardInterrupt
        return candidates(*arguments)

    monkeypatch.setattr("clausewise.comparison.witnesses.candidates", interrupted)
    before, after = (of(**{name: {"type": "string", "maxLength": most} for name in "abcd"}) for most in (9, 5))
    old, new = compiled(document(before, True)), compiled(document(after, True))
    found = compare(read_versions(old.specification.sources, new.specification.sources))
    assert found.is_cut and 1 <= len(found.changes) <= 2
    assert all(change.breaking and change.witness for change in found.changes)
    with pytest.raises(KeyboardInterrupt):
        diff(old, new)
