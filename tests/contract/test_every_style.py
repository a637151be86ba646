"""What is written in any style is read back as the same value, and judged alike by requests, mock and records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import decode_header, encode_header
from clausewise.contract.request import judge_request
from clausewise.exchange import Request
from clausewise.generation.draft import Draft, write
from clausewise.generation.prover import Prover
from clausewise.mockserver.app import MockApp
from clausewise.security.credentials import Credentials
from clausewise.spec.operations import Header
from clausewise.validation.lines import LineExaminer
from tests.conftest import Compile

#: location -> styles, each with and without `explode`
_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
_OBJECT: dict[str, Any] = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "on": {"type": "boolean"}, "word": {"type": "string"}},
    "additionalProperties": False,
}
_SCHEMAS: dict[str, Any] = {
    "text": {"type": "string"},
    "integer": {"type": "integer", "minimum": -5, "maximum": 1000},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "integers": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
    "object": _OBJECT,
    "composed": {"allOf": [{"$ref": "#/components/schemas/Object"}]},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "patterned": {"type": "object", "patternProperties": {"^x-": {"type": "number"}}, "additionalProperties": False},
    "many or one": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"enum": ["all", "none"]}]},
    "number or word": {"anyOf": [{"type": "integer", "minimum": 10}, {"type": "string", "pattern": "^[a-z]+$"}]},
    "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "deep": {
        "type": "object",
        "properties": {"ids": {"type": "array", "items": {"type": "integer"}}, "within": _OBJECT},
    },
}
_CASES = [
    (location, style, explode, kind)
    for location, styles in _STYLES.items()
    for style in styles
    for explode in (False, True)
    for kind in _SCHEMAS
    if (style != "deepObject" or kind in ("object", "composed", "map", "deep"))
    and (kind != "deep" or style == "deepObject")
    and (not style.endswith("Delimited") or (not explode and kind in ("texts", "integers", "object", "map")))
]

_WHOLE = st.integers(-5, 1000)
_WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_categories=["Cc"]), min_size=1)
#: what a header and a cookie can hold
_ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


def _objects(words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    optional = {"n": _WHOLE, "on": st.booleans(), "word": words}
    return st.fixed_dictionaries({}, optional=optional).filter(bool)


def _values(kind: str, words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["a", "b", "c d", "e/f"])
    of_kind: dict[str, st.SearchStrategy[Any]] = {
        "text": words,
        "integer": _WHOLE,
        "number": st.floats(allow_nan=False, allow_infinity=False) | _WHOLE,
        "boolean": st.booleans(),
        "texts": st.lists(words, min_size=1, max_size=4),
        "integers": st.lists(_WHOLE, min_size=1, max_size=3),
        "object": _objects(words),
        "composed": _objects(words),
        "map": st.dictionaries(names, _WHOLE, min_size=1, max_size=3),
        "patterned": st.dictionaries(st.sampled_from(["x-a", "x-b"]), _WHOLE, min_size=1),
        "many or one": st.lists(_WHOLE, min_size=1, max_size=3) | st.sampled_from(["all", "none"]),
        "number or word": st.integers(10, 99) | st.text("abc", min_size=1),
        "maybe": _WHOLE,
        "deep": st.fixed_dictionaries(
            {}, optional={"ids": st.lists(_WHOLE, min_size=1), "within": _objects(words)}
        ).filter(bool),
    }
    return of_kind[kind]


def _texts(value: Any) -> list[str]:
    """The texts in a value, names of members too."""
    if isinstance(value, dict):
        return [text for name, member in value.items() for text in (name, *_texts(member))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else [json.dumps(value)]


def _has_a_form(location: str, style: str, explode: bool, value: Any) -> bool:
    """Whether a style tells what is in `value` from its own marks: only a comma is escaped, and not in a header."""
    texts = _texts(value) if isinstance(value, list | dict) else []
    if location == "header":
        return not any(mark in text for text in texts for mark in ',"= ')
    if style in ("spaceDelimited", "pipeDelimited"):
        return not any((" " if style == "spaceDelimited" else "|") in text for text in texts)
    if style == "label" and explode:
        return not any("." in text for text in texts)
    return location != "path" or not isinstance(value, str) or not set(value) <= {"."}


def _name(location: str, style: str, explode: bool, kind: str) -> str:
    return f"{location} {style} {explode} {kind}"


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    paths: dict[str, Any] = {}
    for number, (location, style, explode, kind) in enumerate(_CASES):
        parameter = {"name": "p", "in": location, "style": style, "explode": explode, "schema": _SCHEMAS[kind]}
        parameter |= {"required": location == "path"}
        beside = {"name": "other", "in": "query", "schema": {"type": "string"}}
        operation = {
            "operationId": _name(location, style, explode, kind),
            "parameters": [parameter, beside],
            "responses": {"200": {"description": ""}, "400": {"description": ""}},
        }
        paths[f"/{number}/{{p}}" if location == "path" else f"/{number}"] = {"get": operation}
    return compiled({"paths": paths, "components": {"schemas": {"Object": _OBJECT}}})


class _Judges:
    """Every part of the toolkit that judges a request."""

    def __init__(self, contract: Contract) -> None:
        self._mock = MockApp(contract)
        self._examiner = LineExaminer(contract, "none")

    def take(self, operation: OperationContract, request: Request) -> bool:
        """Whether a request keeps the contract, as all of them say."""
        judged = judge_request(operation, request, operation.match(request.target)).conforms
        asked = {"method": "GET", "target": request.target, "headers": request.headers}
        line = {"version": 1, "id": "1", "request": asked, "response": {"status": 200, "headers": []}}
        # The second time, a line in which nothing is wrong takes the fast path.
        recorded = [self._examiner.examine([json.dumps(line).encode()], "lines.ndjson").faults for _ in range(2)]
        assert [judged] * 3 == [self._mock.answer(request).status == 200, *(not faults for faults in recorded)]
        return judged


@pytest.fixture(scope="module")
def judges(contract: Contract) -> _Judges:
    return _Judges(contract)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_written_value_is_read_back_and_kept(contract: Contract, judges: _Judges, data: st.DataObject) -> None:
    location, style, explode, kind = data.draw(st.sampled_from(_CASES))
    value = data.draw(_values(kind, _ASCII if location in ("header", "cookie") else _WORDS))
    assume(_has_a_form(location, style, explode, value))
    operation = contract.operation(_name(location, style, explode, kind))
    draft = Draft(parameters={(location, "p"): value, ("query", "other"): "beside"})
    request = write(operation, draft, Credentials().of(operation.operation))
    read = judge_request(operation, request, operation.match(request.target)).parameters
    assert read == draft.parameters
    assert judges.take(operation, request)


_WRONG: dict[str, Any] = {
    "integer": st.sampled_from(["one", 1001, 1.5, True]),
    "number": st.just("one"),
    "boolean": st.sampled_from(["yes", 1]),
    "integers": st.sampled_from([["a"], [1, 2, 3, 4], [1.5]]),
    "object": st.sampled_from([{"n": "x"}, {"on": 1}]),
    "composed": st.just({"n": 1.5}),
    "map": st.just({"a": "b"}),
    "many or one": st.just("some"),
    "number or word": st.sampled_from([9, "A"]),
    "maybe": st.just("some"),
    "deep": st.sampled_from([{"ids": ["a"]}, {"within": {"on": 1}}, {"within": {"else": 1}}]),
}


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_wrong_value_is_refused_by_all(contract: Contract, judges: _Judges, data: st.DataObject) -> None:
    location, style, explode, kind = data.draw(st.sampled_from([case for case in _CASES if case[3] in _WRONG]))
    value = data.draw(_WRONG[kind])
    # A fraction has the mark of an exploded label.
    assume(_has_a_form(location, style, explode, value))
    operation = contract.operation(_name(location, style, explode, kind))
    draft = Draft(parameters={(location, "p"): value})
    request = Prover(operation, Credentials()).request(draft)
    assert not judges.take(operation, request)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_response_header_is_read_back(contract: Contract, data: st.DataObject) -> None:
    explode, kind = data.draw(st.booleans()), data.draw(st.sampled_from([kind for kind in _SCHEMAS if kind != "deep"]))
    media_type = data.draw(st.sampled_from([None, "application/json"]))
    value = data.draw(_values(kind, _ASCII))
    assume(media_type or _has_a_form("header", "simple", explode, value))
    operation = contract.operation(_name("header", "simple", explode, kind))
    described = operation.parameters[0]
    header = Header("p", False, described.parameter.source, None, media_type=media_type, explode=explode)
    assert decode_header(header, described.message, [encode_header(header, value)]) == value
