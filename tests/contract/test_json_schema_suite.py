"""The test suite of JSON Schema 2020-12: every verdict, and a clause for each invalid value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.message import Message
from clausewise.errors import SpecError
from tests.json_schema_suite import SUBJECT, Group, body_of, ends_within, read_suite

pytestmark = pytest.mark.slow

#: a schema that refers to one of another draft, whose file the folder does not have
_REMOTE = {("optional/cross-draft", "refs to historic drafts are processed as historic drafts")}

#: a file may be a collection of schemas under any names, so an `$id` under an unknown keyword counts: two are the same
_AMBIGUOUS = {("optional/unknownKeyword", "$id inside an unknown keyword is not a real identifier")}

#: formats are assertions here, and annotations in this file
_ANNOTATED = (
    *("date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri"),
    *("iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference"),
    *("uri-template", "uuid"),
)
_FORMATS = {
    ("format", f"{name} format", f"invalid {name} string is only an annotation by default") for name in _ANNOTATED
}

#: every keyword counts, whatever vocabularies a metaschema names
_VOCABULARY = {
    (
        "vocabulary",
        "schema that uses custom metaschema with with no validation vocabulary",
        "no validation: invalid number, but it still validates",
    )
}

_MISSED = _REMOTE | _AMBIGUOUS | _FORMATS | _VOCABULARY

#: the keywords of a schema in OpenAPI 3.0 that mean the same there (section 4.7.24)
_OF_30 = frozenset(
    {
        *("multipleOf", "maximum", "minimum", "maxLength", "minLength", "pattern", "maxItems", "minItems"),
        *("uniqueItems", "maxProperties", "minProperties", "required", "enum", "type", "allOf", "oneOf", "anyOf"),
        *("not", "items", "properties", "additionalProperties", "description", "format", "default", "title"),
    }
)

#: schema around the suite's one, and the value around the suite's one
_INSIDE: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "a member": ({"properties": {"x": SUBJECT}, "required": ["x"]}, lambda value: {"x": value}),
    "an item": ({"type": "array", "items": SUBJECT}, lambda value: [value]),
    "an item by its place": ({"prefixItems": [{}, SUBJECT]}, lambda value: [1, value]),
    "a value of a map": ({"additionalProperties": SUBJECT}, lambda value: {"x": value}),
    "a member by its pattern": ({"patternProperties": {"^x": SUBJECT}}, lambda value: {"x": value}),
    "a part": ({"allOf": [{}, {"allOf": [SUBJECT]}]}, lambda value: value),
    "any alternative": ({"anyOf": [SUBJECT, {"const": "another"}]}, lambda value: value),
    "one alternative": ({"oneOf": [{"const": "another"}, SUBJECT]}, lambda value: value),
    "a consequence": ({"if": True, "then": SUBJECT}, lambda value: value),
    "the other consequence": ({"if": False, "else": SUBJECT}, lambda value: value),
    "not not": ({"not": {"not": SUBJECT}}, lambda value: value),
    "for a member": ({"dependentSchemas": {"y": {"properties": {"x": SUBJECT}}}}, lambda value: {"x": value, "y": 1}),
    "for a member, of old": (
        {"dependencies": {"y": {"properties": {"x": SUBJECT}}, "x": ["y"]}, "dependentSchemas": {"z": False}},
        lambda value: {"x": value, "y": 1},
    ),
    "contained": ({"contains": SUBJECT}, lambda value: [value]),
    "an unevaluated item": ({"prefixItems": [{}], "unevaluatedItems": SUBJECT}, lambda value: [1, value]),
    "an unevaluated member": (
        {"properties": {"y": {}}, "unevaluatedProperties": SUBJECT},
        lambda value: {"x": value, "y": 1},
    ),
}


@pytest.fixture
def suite(shared: Path, tmp_path: Path) -> list[Group]:
    return read_suite(shared, tmp_path)


def _missed(folder: Path, group: Group, *arguments: Any, put: Callable[[Any], Any]) -> Iterator[tuple[str, ...]]:
    """The names of what is judged wrongly."""
    try:
        message = body_of(folder, group.schema, *arguments)
    except SpecError:
        yield group.name
        return
    for case in group.tests:
        if _verdict(message, put(case.data)) != case.valid:
            yield *group.name, case.description


def _verdict(message: Message, value: Any) -> bool:
    """Whether `value` is valid: all ways to ask agree, and each breach is of a clause that is not kept as well."""
    valid, breaches, judgement = message.is_valid(value), message.breaches(value), message.judge(value)
    assert (breaches == ()) is valid
    assert judgement.breaches == breaches
    broken = {breach.clause.key for breach in breaches}
    assert broken <= {clause.key for clause in message.clauses}
    assert not broken & {clause.key for clause in judgement.upheld}
    return valid


def test_every_schema_means_what_the_suite_says(suite: list[Group], tmp_path: Path) -> None:
    missed = set[tuple[str, ...]]()
    for group in suite:
        with ends_within(60, group.name):
            missed.update(_missed(tmp_path, group, put=lambda value: value))
    assert missed == _MISSED


@pytest.mark.parametrize(("around", "put"), _INSIDE.values(), ids=_INSIDE)
def test_every_schema_means_it_inside_another(
    suite: list[Group], tmp_path: Path, around: Any, put: Callable[[Any], Any]
) -> None:
    missed = set[tuple[str, ...]]()
    for group in suite:
        with ends_within(60, group.name):
            missed.update(_missed(tmp_path, group, around, put=put))
    assert missed == _MISSED


def test_schemas_that_openapi_30_has_mean_the_same_in_it(suite: list[Group], tmp_path: Path) -> None:
    groups = [group for group in suite if group.name not in _MISSED and _is_30(_plain(group.schema))]
    assert len(groups) > 150
    missed = set[tuple[str, ...]]()
    for group in groups:
        with ends_within(60, group.name):
            missed.update(_missed(tmp_path, group, SUBJECT, "3.0.3", put=lambda value: value))
    assert missed == {name for name in _MISSED if name[:2] in {group.name for group in groups}}


def _plain(schema: Any) -> Any:
    return {name: value for name, value in schema.items() if name != "$schema"} if isinstance(schema, dict) else schema


def _is_30(schema: Any) -> bool:
    if not isinstance(schema, dict) or not schema.keys() <= _OF_30 or not isinstance(schema.get("type", ""), str):
        return False
    below = [schema[keyword] for keyword in ("not", "items") if keyword in schema]
    below += [part for keyword in ("allOf", "oneOf", "anyOf") for part in schema.get(keyword, ())]
    below += schema.get("properties", {}).values()
    further = schema.get("additionalProperties", True)
    return all(map(_is_30, below)) and (isinstance(further, bool) or _is_30(further))
