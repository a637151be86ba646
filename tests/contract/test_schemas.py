"""The JSON Schemas that a document's schemas become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from clausewise.contract.contract import Contract, load
from clausewise.contract.export import exported
from clausewise.contract.message import Message
from clausewise.contract.remarks import remarks
from clausewise.contract.second_engine import python_validator
from clausewise.errors import SpecError
from clausewise.spec.dialects import Nullable
from clausewise.spec.pointer import to_pointer
from tests.conftest import MessageOf, Schema

_HIDDEN: dict[str, Schema] = {
    "Id": {"type": "string", "readOnly": True},
    "Base": {"properties": {"id": {"readOnly": True}, "secret": {"writeOnly": True}}},
    "Whole": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
}
_ALL = ["id", "secret", "name"]


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from references(part)


def required(message: Message) -> set[str]:
    """Members whose absence is a breach of the body."""
    return {breach.location[-1] for breach in message.judge({}).breaches}


@pytest.mark.parametrize(
    "schema",
    [
        {"required": _ALL, "properties": {"id": {"readOnly": True}, "secret": {"writeOnly": True}}},
        {"required": _ALL, "allOf": [{"$ref": "#/components/schemas/Base"}]},
        {"required": _ALL, "allOf": [{"$ref": "#/components/schemas/Whole"}]},
        {
            "properties": {"id": {"$ref": "#/components/schemas/Id"}, "secret": {"writeOnly": True}},
            "allOf": [{"required": ["id", "name"]}, {"required": ["secret"]}],
        },
    ],
    ids=["beside", "allOf and $ref", "two references on", "required in allOf"],
)
@pytest.mark.parametrize(
    ("direction", "names"),
    [("request", {"secret", "name"}), ("response", {"id", "name"})],
    ids=["request", "response"],
)
def test_what_a_direction_does_not_carry_is_not_required_of_it(
    message_of: MessageOf, schema: Schema, direction: str, names: set[str]
) -> None:
    assert required(message_of(schema, direction, **_HIDDEN)) == names


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "string", "nullable": True}, ["a", None], [1]),
        ({"type": "string", "nullable": False}, ["a"], [None]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, ["a", None], ["b"]),
        ({"type": "string", "nullable": True, "enum": ["a", None]}, ["a", None], ["b"]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1, 0]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, [1], [0]),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": True}, [8], [9, 10]),
        ({"$ref": "#/components/schemas/Text", "maxLength": 1}, ["ab"], [1]),
    ],
    ids=["nullable", "not nullable", "enum", "enum with null", "exclusive", "not exclusive", "exclusive max", "$ref"],
)
def test_openapi_30(message_of: MessageOf, schema: Schema, valid: list[Any], invalid: list[Any]) -> None:
    message = message_of(schema, openapi="3.0.3", Text={"type": "string"})
    assert [message.is_valid(value) for value in (*valid, *invalid)] == [True] * len(valid) + [False] * len(invalid)
    Draft202012Validator.check_schema(message.schema)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"multipleOf": 0.1}, [10.1, 0.3, 1], [0.05]),
        ({"multipleOf": 11.0}, [9007199254740995, 0], [9007199254740993]),
        ({"type": "integer"}, [1.0, 1e3], [1.5]),
        ({"type": "string", "format": "date-time"}, ["1990-12-31T15:59:60-08:00"], ["1990-12-31T15:59:61-08:00"]),
    ],
    ids=["a decimal step", "integers beyond floats", "a whole float", "a leap second"],
)
def test_numbers_and_moments(message_of: MessageOf, schema: Schema, valid: list[Any], invalid: list[Any]) -> None:
    message = message_of(schema)
    assert [message.is_valid(value) for value in (*valid, *invalid)] == [True] * len(valid) + [False] * len(invalid)


_TEXT: dict[str, Any] = {"type": "string", "maxLength": 3}
_TO_TEXT: dict[str, Any] = {"$ref": "#/components/schemas/Text"}

#: where an author of OpenAPI 3.0 writes `nullable`, with a text of at most three characters beside it
_NULLABLE: dict[str, Schema] = {
    "beside $ref": {**_TO_TEXT, "nullable": True},
    "beside allOf": {"allOf": [_TO_TEXT], "nullable": True},
    "beside two in allOf": {"allOf": [_TO_TEXT, {"minLength": 1}], "nullable": True},
    "beside oneOf": {"oneOf": [_TO_TEXT, {"type": "integer"}], "nullable": True},
    "beside anyOf": {"anyOf": [_TO_TEXT], "nullable": True},
    "beside type and allOf": {"type": "string", "allOf": [_TO_TEXT], "nullable": True},
    "beside an enum": {"enum": ["ab", "cd"], "nullable": True},
    "beside a type": {**_TEXT, "nullable": True},
    "beside a type and an enum": {"type": "string", "enum": ["ab"], "nullable": True},
}

#: those in which it has an effect by the letter
_BY_THE_LETTER = {"beside a type", "beside a type and an enum"}


def _with_nullable(folder: Path, schema: Schema, nullable: Nullable) -> Contract:
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "make", "requestBody": content, "responses": {"200": content}}
    components = {"schemas": {"Text": _TEXT, "Unused": {"example": {"allOf": [], "nullable": True}}}}
    document = {"openapi": "3.0.3", "paths": {"/a": {"post": operation}}, "components": components}
    (folder / "api.json").write_text(json.dumps(document, indent=1))
    return load(folder / "api.json", nullable=nullable)


def _remarks(contract: Contract) -> list[str]:
    return remarks(contract, contract.operations)


@pytest.mark.parametrize("spelling", _NULLABLE)
@pytest.mark.parametrize("nullable", ["meant", "letter"])
def test_nullable_as_its_author_means_it_and_by_the_letter(tmp_path: Path, spelling: str, nullable: Nullable) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": _NULLABLE[spelling]}}
    contract = _with_nullable(tmp_path, schema, nullable)
    made = contract.operation("make")
    assert made.body is not None
    for owner in (made.body, made.responses["200"]):
        message = owner.content["application/json"].message
        assert message is not None
        takes_null = nullable == "meant" or spelling in _BY_THE_LETTER
        values = [{"a": "ab"}, {"a": None}, {"a": "abcd"}, {"a": True}]
        assert [message.is_valid(value) for value in values] == [True, takes_null, False, False]
        assert [clause.where for clause in message.clauses if "[" in clause.where and "one" not in spelling] == []


@pytest.mark.parametrize("nullable", ["meant", "letter"])
def test_a_document_has_one_note_about_nullable(tmp_path: Path, nullable: Nullable) -> None:
    members = {f"m{number}": schema for number, schema in enumerate(_NULLABLE.values())}
    (remark,) = _remarks(_with_nullable(tmp_path, {"properties": members}, nullable))
    lines = (tmp_path / "api.json").read_text().splitlines()
    first = next(number for number, text in enumerate(lines, 1) if '"nullable"' in text)
    assert remark.startswith(f"{tmp_path / 'api.json'}:{first}:")
    assert "so in 12 schemas" in remark
    assert {"meant": "allows null", "letter": "refuses null"}[nullable] in remark


@pytest.mark.parametrize("spelling", sorted(_BY_THE_LETTER))
def test_a_nullable_with_an_effect_needs_no_note(tmp_path: Path, spelling: str) -> None:
    assert _remarks(_with_nullable(tmp_path, _NULLABLE[spelling], "meant")) == []


def test_a_header_parameter_that_openapi_ignores_has_one_note(tmp_path: Path) -> None:
    ignored = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string", "maxLength": 3}}
        for name in ("Accept", "authorization")
    ]
    kept = [{**ignored[0], "name": "Accept-Language"}, {**ignored[0], "in": "query"}]
    read = {"parameters": [*ignored, *kept], "responses": {"200": {"description": ""}}}
    paths = {"/a": {"get": read, "delete": read}, "/b": {"parameters": ignored[:1], "get": {"responses": {}}}}
    file = tmp_path / "api.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "paths": paths}, indent=1))
    contract = load(file)
    described = [one.parameter.name for operation in contract.operations for one in operation.parameters]
    assert described == ["Accept-Language", "Accept", "Accept-Language", "Accept"]
    lines = file.read_text().splitlines()
    first = 1 + next(number for number, text in enumerate(lines) if '"Accept"' in text)
    accept, authorization = _remarks(contract)
    assert accept.startswith(f"{file}:{first - 1}:")
    assert accept.endswith(
        "OpenAPI ignores a header parameter `Accept` (so in 3 places, this is the first): describe it by the media "
        "types of the responses"
    )
    assert "`authorization` (so in 2 places" in authorization and authorization.endswith("by a security scheme")


def test_in_openapi_31_keywords_beside_a_reference_count(message_of: MessageOf) -> None:
    message = message_of({"$ref": "#/components/schemas/Text", "maxLength": 1}, Text={"type": "string"})
    assert (message.is_valid("a"), message.is_valid("ab"), message.is_valid(1)) == (True, False, False)


_PETS: dict[str, Schema] = {
    "Cat": {"type": "object", "required": ["meow"]},
    "Dog": {"type": "object", "required": ["bark"]},
}


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ({"$ref": "#text"}, {"$anchor": "text"}),
        ({"$ref": "#text"}, {"$dynamicAnchor": "text"}),
        ({"$dynamicRef": "#text"}, {"$dynamicAnchor": "text"}),
        ({"$ref": "https://example.com/text"}, {"$id": "https://example.com/text"}),
        ({"$ref": "text"}, {"$id": "text"}),
        ({"$ref": "#/components/schemas/Free", "$dynamicRef": "#text"}, {"$dynamicAnchor": "text"}),
    ],
    ids=["$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "relative $id", "both references"],
)
def test_references_to_identifiers(message_of: MessageOf, reference: dict[str, Any], target: dict[str, Any]) -> None:
    message = message_of({**reference, "maxLength": 2}, Text={**target, "type": "string"}, Free={})
    assert [message.is_valid(value) for value in ("ab", "abc", 1)] == [True, False, False]
    assert [breach.clause.id for breach in message.judge(1).breaches] == ["#/components/schemas/Text/type"]


_GENERIC: dict[str, Schema] = {
    "List": {
        "$id": "list",
        "$defs": {"item": {"$dynamicAnchor": "item"}},
        "type": "array",
        "items": {"$dynamicRef": "#item"},
    },
    "Numbers": {"$id": "numbers", "$defs": {"item": {"$dynamicAnchor": "item", "type": "number"}}, "$ref": "list"},
    "Texts": {"$id": "texts", "$defs": {"item": {"$dynamicAnchor": "item", "type": "string"}}, "$ref": "list"},
}


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ({"numbers": [1], "texts": ["a"], "any": [1, "a"]}, True),
        ({"numbers": ["a"]}, False),
        ({"texts": [1]}, False),
    ],
)
def test_a_dynamic_reference_depends_on_where_its_schema_is_used(
    message_of: MessageOf, value: Any, valid: bool
) -> None:
    properties = {"numbers": {"$ref": "numbers"}, "texts": {"$ref": "texts"}, "any": {"$ref": "list"}}
    message = message_of({"properties": properties}, **_GENERIC)
    assert message.is_valid(value) is valid


def test_a_breach_below_a_dynamic_reference_is_of_the_schema_that_was_meant(message_of: MessageOf) -> None:
    message = message_of({"properties": {"texts": {"$ref": "texts"}}}, **_GENERIC)
    (breach,) = message.judge({"texts": [1]}).breaches
    assert (breach.clause.id, breach.location) == ("#/components/schemas/Texts/$defs/item/type", ("texts", "0"))


def test_identifiers_do_not_change_what_references_of_a_generated_schema_name(message_of: MessageOf) -> None:
    tree = {"$id": "urn:tree", "properties": {"value": {"type": "integer"}, "left": {"$ref": "#"}}}
    message = message_of({"$ref": "urn:tree"}, Tree=tree)
    assert message.is_valid({"left": {"left": {"value": 1}}})
    assert not message.is_valid({"left": {"left": {"value": "1"}}})


_BRANCHES = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    ("mapping", "names"),
    [
        (None, {"Cat": "meow", "Dog": "bark"}),
        ({"kitty": "#/components/schemas/Cat"}, {"kitty": "meow", "Dog": "bark"}),
        ({"kitty": "Cat", "puss": "#/components/schemas/Cat"}, {"kitty": "meow", "puss": "meow", "Dog": "bark"}),
    ],
    ids=["implicit names", "explicit mapping", "two names for one"],
)
def test_the_discriminator_selects_the_branch(
    message_of: MessageOf, keyword: str, mapping: dict[str, str] | None, names: dict[str, str]
) -> None:
    discriminator = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    message = message_of({keyword: _BRANCHES, "discriminator": discriminator}, **_PETS)
    found = {name: [to_pointer(breach.location) for breach in message.judge({"kind": name}).breaches] for name in names}
    assert found == {name: [f"/{member}"] for name, member in names.items()}
    assert [breach.clause.keyword for breach in message.judge({"kind": "Fish", "bark": 1}).breaches] == ["enum"]


@pytest.mark.parametrize(
    ("discriminator", "message"),
    [
        ({}, 'a discriminator must have a "propertyName"'),
        (
            {"propertyName": "kind", "mapping": {"x": "#/components/schemas/Gone"}},
            '"mapping" maps "x" to "#/components/schemas/Gone", and "#/components/schemas/Gone" cannot be resolved',
        ),
    ],
)
def test_a_discriminator_that_leads_nowhere(message_of: MessageOf, discriminator: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        message_of({"oneOf": _BRANCHES, "discriminator": discriminator}, **_PETS)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "integer", "format": "int32"}, [2**31 - 1, -(2**31)], [2**31, -(2**31) - 1]),
        ({"type": "integer", "format": "int64"}, [2**63 - 1, -(2**63)], [2**63, -(2**63) - 1]),
        ({"type": "integer", "format": "int32", "minimum": 0}, [0, 2**31 - 1], [-1, 2**31]),
        ({"format": "int32", "exclusiveMaximum": 5}, [4, -(2**31)], [5, -(2**31) - 1]),
        ({"pattern": "^\\d+$"}, ["12"], ["\u0661", "a"]),
        ({"pattern": "^[\\d-]+\\w\\D$"}, ["1-a-"], ["1-\u00e9-", "1-a1"]),
        ({"pattern": "^\\\\d$"}, ["\\d"], ["1"]),
        ({"patternProperties": {"^\\d$": {"type": "string"}}}, [{"\u0661": 1}, {"1": "a"}], [{"1": 1}]),
        ({"patternProperties": {"^\\d$": {"type": "string"}, "^[0-9]$": {"maxLength": 1}}}, [{"1": "a"}],
            [{"1": 1}, {"1": "ab"}]),
        ({"pattern": "^(?<q>['\"])x\\k<q>1$"}, ["'x'1"], ["'x\"1", "'x'"]),
        ({"pattern": "^(?<a>x)(y)(?<$b>z)\\k<$b>\\2\\k<a>$"}, ["xyzzyx"], ["xyzxyz"]),
        ({"pattern": "^(?:(?<a>x)|(?<a>y))$"}, ["x", "y"], ["xy"]),
        ({"pattern": "^(?<=)(?<!x)(?=a)(?!b)(?:a)$"}, ["a"], ["b"]),
        ({"pattern": "^[\\w-.]+@([\\w-]+\\.)+[a-\\d]$"}, ["a.b-c@d-e.-"], ["+@a.b", "a@b.b"]),
        ({"pattern": "^[^][^]$"}, ["\n]"], ["", "a"]),
        ({"pattern": "^[]$"}, [], ["", "]"]),
        ({"pattern": "^[\\b]\\0\\cC$"}, ["\b\0\x03"], ["b0C"]),
        ({"pattern": "^a{,2}{x{2}$"}, ["a{,2}{xx"], ["aaxx"]),
        ({"pattern": "^[\\ud83d\\ude00-\\u{1F602}]\\u{1f600}$"}, ["\U0001F601\U0001F600"], ["a\U0001F600"]),
        ({"pattern": "^[a&&b[~]$"}, ["&", "[", "~"], ["c"]),
        ({"format": "byte"}, ["aGk="], ["a b"]),
        ({"format": "date"}, ["2024-02-29"], ["2023-02-29"]),
        ({"format": "of-our-own"}, ["anything"], []),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)  # fmt: skip
def test_formats_and_patterns(message_of: MessageOf, schema: Schema, valid: list[Any], invalid: list[Any]) -> None:
    message = message_of(schema)
    verdicts = [True] * len(valid) + [False] * len(invalid)
    assert [message.is_valid(value) for value in (*valid, *invalid)] == verdicts
    if isinstance(schema, dict) and "pattern" in schema:
        second = python_validator(message.schema)
        assert [second.is_valid(value) for value in (*valid, *invalid)] == verdicts


def test_the_clause_of_a_pattern_that_is_written_in_another_form_has_the_place_of_its_own(
    message_of: MessageOf,
) -> None:
    (clause,) = message_of({"patternProperties": {"^\\d(?<a>x)$": {"maximum": 1}}}).clauses
    assert clause.source.tokens[-2:] == ("^\\d(?<a>x)$", "maximum")


def test_bounds_of_the_authors_own_take_the_place_of_the_formats(message_of: MessageOf) -> None:
    message = message_of({"format": "int32", "minimum": 0, "exclusiveMaximum": 5})
    assert sorted((clause.keyword, clause.value) for clause in message.clauses) == [
        ("exclusiveMaximum", 5),
        ("minimum", 0),
    ]


@pytest.mark.parametrize("openapi", ["3.0.3", "3.1.0"])
def test_dependencies_of_older_drafts_keep_their_places(message_of: MessageOf, openapi: str) -> None:
    dependencies = {"a": ["b"], "c/d": {"properties": {"e": {"maximum": 1}}}}
    message = message_of({"dependencies": dependencies, "dependentRequired": {"a": ["f"]}}, openapi=openapi)
    at = "#/paths/~1things/post/requestBody/content/application~1json/schema"
    assert [(clause.id, clause.text) for clause in message.clauses] == [
        (f"{at}/dependencies/a/0", "`b` is required when `a` is present"),
        (f"{at}/dependencies/c~1d/properties/e/maximum", "`e` is at most 1"),
        (f"{at}/dependentRequired/a/0", "`f` is required when `a` is present"),
    ]


@pytest.mark.parametrize(
    ("schema", "examples"),
    [({"example": 1}, [1]), ({"examples": [1, 2]}, [1, 2]), ({"example": None}, [None]), ({}, None)],
    ids=["example", "examples", "null", "none"],
)
def test_examples_are_kept(message_of: MessageOf, schema: Schema, examples: list[Any] | None) -> None:
    generated = message_of(schema).schema
    assert isinstance(generated, dict)
    assert generated.get("examples") == examples
    assert "example" not in generated


def test_a_recursive_schema_stands_alone(message_of: MessageOf) -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/a~1b c"}, "value": {}}}
    message = message_of({"$ref": "#/components/schemas/a~1b c"}, **{"a/b c": tree})
    assert set(references(message.schema)) == {"#/$defs/a_b_c"}
    assert message.is_valid({"left": {"left": {"left": {}}}})
    assert not message.is_valid({"left": {"left": {"left": 1}}})


def test_components_whose_names_would_be_written_alike_stay_apart(message_of: MessageOf) -> None:
    parts: dict[str, Schema] = {"a b": {"type": "string"}, "a/b": {"type": "integer"}}
    ends = {"x": {"$ref": "#/components/schemas/a b"}, "y": {"$ref": "#/components/schemas/a~1b"}}
    message = message_of({"properties": ends}, **parts)
    assert message.is_valid({"x": "text", "y": 1})
    assert not message.is_valid({"x": 1})
    assert not message.is_valid({"y": "text"})


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"properties": []}, '"properties" must be an object of schemas'),
        ({"allOf": {}}, '"allOf" must be an array of schemas'),
        ({"items": 1}, "a schema must be an object or a boolean"),
        ({"dependencies": []}, '"dependencies" must be an object of schemas'),
        ({"dependencies": {"a": "b"}}, "`a` in `dependencies` must be a schema"),
        ({"$ref": 1}, "a $ref must be a string"),
        ({"$ref": "#/components/schemas/Gone"}, '"#/components/schemas/Gone" cannot be resolved'),
        ({"type": "text"}, "`text` is not a type"),
        ({"type": ["string", 5]}, "`5` is not a type"),
        ({"pattern": 5}, "`pattern` must be a string, not 5"),
        ({"minLength": -1}, "`minLength` must be an integer that is not negative, not -1"),
        ({"required": True}, "`required` must be a list of names, each once, not true"),
        ({"allOf": []}, "`allOf` must be a list of one schema or more, not []"),
        ({"enum": ["\ud800"]}, "has a text with half of a surrogate pair"),
        ({"properties": {"\ud800": {}}}, "has a text with half of a surrogate pair"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_what_is_no_schema(message_of: MessageOf, schema: Schema, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        message_of(schema)
    assert caught.value.message.startswith(message)
    assert caught.value.location is not None


@pytest.mark.parametrize(
    "ring",
    [
        {"A": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {"A": {"$dynamicAnchor": "a", "$dynamicRef": "#a"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$dynamicRef": "#a", "$dynamicAnchor": "a"}},
        {
            "A": {"$dynamicRef": "#b"},
            "B": {"$dynamicAnchor": "b", "$dynamicRef": "#c"},
            "C": {"$anchor": "c", "$ref": "#/components/schemas/A"},
        },
    ],
    ids=["itself", "two", "dynamic", "into a dynamic one", "three"],
)
def test_a_ring_of_references(message_of: MessageOf, ring: dict[str, Schema]) -> None:
    with pytest.raises(SpecError, match="leads back to itself"):
        message_of({"allOf": [{"$ref": "#/components/schemas/A"}]}, **ring)


def test_every_schema_of_the_shipped_contract_is_valid_and_stands_alone(shipped: Contract) -> None:
    files = {name: json.loads(text) for name, text in exported(shipped).items()}
    names = {name for name in files if ".request." in name}
    assert names == {f"createCluster.request{branch}.schema.json" for branch in ("", ".AWS", ".AZURE", ".GCP")}
    for schema in files.values():
        Draft202012Validator.check_schema(schema)
        used = set(references(schema))
        assert used <= {f"#/$defs/{name}" for name in schema.get("$defs", ())}
