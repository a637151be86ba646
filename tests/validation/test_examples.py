"""Examples of bodies that are no JSON: a document may show them as values, or as the text of the body."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examples import check_examples
from clausewise.validation.scan import ScanOptions, scan
from clausewise.validation.summary import record_scan
from tests.conftest import Compile

_PET = {
    "type": "object",
    "xml": {"name": "pet"},
    "required": ["id"],
    "properties": {"id": {"type": "integer", "xml": {"attribute": True}}},
}
_FORM = "application/x-www-form-urlencoded"


def _messages(compiled: Compile, media_type: str, media: dict[str, Any]) -> list[str]:
    """What is wrong with the examples of a response of this media type."""
    responses = {"200": {"description": "", "content": {media_type: media}}}
    contract = compiled({"paths": {"/": {"get": {"operationId": "get", "responses": responses}}}})
    collector = TrafficCollector()
    deque(check_examples(contract, collector), 0)
    return [fault.shown.message for fault in collector.faults.values()]


@pytest.mark.parametrize(
    ("media_type", "schema", "example"),
    [
        ("application/xml", _PET, "<pet id='1'/>"),
        ("application/xml", _PET, {"id": 1}),
        ("application/yaml", _PET, "id: 1\n"),
        ("application/x-ndjson", {"type": "array", "items": _PET}, '{"id": 1}\n{"id": 2}\n'),
        ("application/x-ndjson", _PET, [{"id": 1}]),
        ("text/event-stream", {"type": "array", "items": {"required": ["data"]}}, "data: 1\n\n"),
        (_FORM, _PET, "id=1"),
        ("multipart/form-data", _PET, "--x\r\n..."),
        ("text/plain", {"type": "integer"}, "1"),
    ],
)
def test_an_example_may_be_the_text_of_the_body(
    compiled: Compile, media_type: str, schema: dict[str, Any], example: Any
) -> None:
    assert not _messages(compiled, media_type, {"schema": schema, "example": example})


@pytest.mark.parametrize(
    ("media_type", "example", "fault"),
    [
        ("application/xml", "<pet id='x'/>", "`id` is an integer"),
        ("application/xml", "<dog/>", "its root element is `dog`"),
        ("application/yaml", "id: [", "is not YAML"),
        ("application/json", '{"id": 1}', "is an object"),
        (_FORM, "id=x", "`id` is an integer"),
        (_FORM, {"b": 1}, "lacks `id`"),
    ],
)
def test_what_is_wrong_with_the_example_of_a_body(compiled: Compile, media_type: str, example: Any, fault: str) -> None:
    (message,) = _messages(compiled, media_type, {"schema": _PET, "example": example})
    assert fault in message


def test_the_example_of_an_item_is_no_example_of_the_sequence(compiled: Compile) -> None:
    media = {"schema": {**_PET, "example": {"id": 1}}}
    assert not _messages(compiled, "application/x-ndjson", media)


def _checked(contract: Contract) -> tuple[list[str], list[str]]:
    """What is wrong with the examples of a contract, and what is not checked."""
    collector = TrafficCollector()
    deque(check_examples(contract, collector), 0)
    run = record_scan(contract, scan(contract, ScanOptions(examples=True))).run
    assert run.scan is not None and len(run.findings) == len(collector.faults)
    messages = sorted(fault.shown.message.partition(";")[0] for fault in collector.faults.values())
    return messages, [message for _, message in collector.skipped.first]


_NUMBER = {"type": "integer"}
_COMPONENTS: dict[str, Any] = {
    "schemas": {"Lost": {"type": "object", "example": {"n": "a"}, "properties": {"n": {**_NUMBER, "default": "b"}}}},
    "parameters": {"Far": {"name": "far", "in": "query", "schema": _NUMBER, "example": "c"}},
    "headers": {"X-Far": {"schema": _NUMBER, "examples": {"one": {"value": "d"}}}},
    "requestBodies": {"Body": {"content": {"application/json": {"schema": _NUMBER, "example": "e"}}}},
    "responses": {
        "Answer": {
            "description": "",
            "content": {"application/json": {"schema": _NUMBER, "examples": {"two": {"value": "f"}}}},
            "headers": {"X-Own": {"schema": _NUMBER, "example": "g"}},
        }
    },
}


def test_components_that_no_operation_has(compiled: Compile) -> None:
    paths = {"/": {"get": {"operationId": "get", "responses": {"200": {"description": ""}}}}}
    assert _checked(compiled({"paths": paths, "components": _COMPONENTS})) == (
        [
            'the default of `n` is "b"',
            'the example "one" of the component `X-Far` is "d"',
            'the example "two" of the component `Answer` is "f"',
            'the example of `Lost` has `n` = "a"',
            'the example of the component `Body` is "e"',
            'the example of the component `Far` is "c"',
            'the example of the header `X-Own` of `Answer` is "g"',
        ],
        [],
    )


def test_components_that_operations_have_are_checked_once(compiled: Compile) -> None:
    answer = {"200": {"$ref": "#/components/responses/Answer"}}
    get = {"operationId": "get", "parameters": [{"$ref": "#/components/parameters/Far"}], "responses": answer}
    contract = compiled({"paths": {"/": {"get": get}}, "components": {**_COMPONENTS, "schemas": {}}})
    assert _checked(contract)[0] == [
        'the example "one" of the component `X-Far` is "d"',
        'the example "two" of the 200 response is "f"',
        'the example of the component `Body` is "e"',
        'the example of the header `X-Own` is "g"',
        'the example of the query parameter `far` is "c"',
    ]


#: what a link gives -> what is wrong with that
_LINKS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a value": ({"parameters": {"id": 5}}, []),
    "a value of another type": ({"parameters": {"id": "a"}}, ['the path parameter `id` of the link `next` is "a"']),
    "a value, with the place of the parameter": (
        {"parameters": {"path.id": 2.5}},
        ["the path parameter `id` of the link `next` is 2.5"],
    ),
    "a number as it is sent": ({"parameters": {"id": "5"}}, []),
    "an expression": ({"parameters": {"id": "$response.body#/id"}}, []),
    "an expression in a text": ({"parameters": {"id": "a{$request.path.id}"}}, []),
    "a parameter of another place": ({"parameters": {"query.id": "a"}}, []),
    "a body": ({"requestBody": {"n": 1}}, []),
    "a body that its schema refuses": (
        {"requestBody": {"n": "a"}},
        ['the request body of the link `next` has `n` = "a"'],
    ),
    "a body with an expression": ({"requestBody": {"n": "$request.body#/n"}}, []),
}


@pytest.mark.parametrize("name", _LINKS)
@pytest.mark.parametrize("is_shared", [False, True], ids=["of a response", "of the components"])
@pytest.mark.parametrize("by", ["operationId", "operationRef"])
def test_values_of_links(compiled: Compile, name: str, is_shared: bool, by: str) -> None:
    given, wanted = _LINKS[name]
    link = {by: "put" if by == "operationId" else "#/paths/~1{id}/put", **given}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"n": _NUMBER}}}}}
    identity = {"name": "id", "in": "path", "required": True, "schema": _NUMBER}
    put = {
        "operationId": "put",
        "parameters": [identity],
        "requestBody": body,
        "responses": {"200": {"description": ""}},
    }
    answer = {"description": "", **({} if is_shared else {"links": {"next": link}})}
    paths = {"/": {"get": {"operationId": "get", "responses": {"200": answer}}}, "/{id}": {"put": put}}
    shared = {"components": {"links": {"next": link}}} if is_shared else {}
    assert _checked(compiled({"paths": paths, **shared})) == (wanted, [])


@pytest.mark.parametrize(
    "links",
    [
        {"next": {"operationId": "gone", "parameters": {"id": 5}}},
        {"next": {"parameters": {"id": 5}}},
        {"next": {"$ref": "#/components/links/gone"}},
        {"next": "text"},
        ["text"],
    ],
    ids=["no such operation", "no operation", "no such link", "no link", "no links"],
)
def test_links_that_lead_nowhere_have_no_values(compiled: Compile, links: Any) -> None:
    answer = {"200": {"description": "", "links": links}}
    paths = {"/": {"get": {"operationId": "get", "responses": answer}}}
    collector = TrafficCollector()
    deque(check_examples(compiled({"paths": paths, "components": {"links": links}}), collector), 0)
    assert not collector.faults


_EXAMPLE = 'the example "e" of the 200 response'


@pytest.mark.parametrize(
    ("media_type", "example", "messages", "skipped"),
    [
        ("application/json", {"externalValue": "good.json"}, [], []),
        (
            "application/json",
            {"externalValue": "bad.json"},
            [f'{_EXAMPLE} (bad.json) is "x"'],
            [],
        ),
        (
            "application/json",
            {"externalValue": "cut.json"},
            ['the example "e" of the 200 response (cut.json) is not JSON: '],
            [],
        ),
        (
            "application/json",
            {"externalValue": "https://host/e.json"},
            [],
            [f"{_EXAMPLE} is not checked: there is no file https://host/e.json beside the document"],
        ),
        (
            "application/json",
            {"externalValue": "../secret.json"},
            [],
            [f"{_EXAMPLE} is not checked: there is no file ../secret.json beside the document"],
        ),
        ("application/json", {"dataValue": "x"}, ['the example "e" of the 200 response is "x"'], []),
        ("application/json", {"serializedValue": '"x"'}, ['the example "e" of the 200 response is "x"'], []),
        ("application/json", {"serializedValue": "1", "dataValue": 1}, [], []),
        (
            "image/png",
            {"value": "x"},
            [],
            [f"{_EXAMPLE} is not checked: binary data is not compared with a schema"],
        ),
    ],
    ids=[
        "a file",
        "a wrong file",
        "a file cut off",
        "a URL",
        "a file elsewhere",
        "a value",
        "a text",
        "both",
        "an image",
    ],
)
def test_where_an_example_stands(
    tmp_path: Path, media_type: str, example: dict[str, Any], messages: list[str], skipped: list[str]
) -> None:
    folder = tmp_path / "api"
    folder.mkdir()
    (tmp_path / "secret.json").write_text("1")
    for name, text in {"good.json": "1", "bad.json": '"x"', "cut.json": "["}.items():
        (folder / name).write_text(text)
    content = {media_type: {"schema": _NUMBER, "examples": {"e": example}}}
    get = {"operationId": "get", "responses": {"200": {"description": "", "content": content}}}
    document = {"openapi": "3.2.0", "info": {"title": "t", "version": "1"}, "paths": {"/": {"get": get}}}
    (folder / "api.json").write_text(json.dumps(document))
    found, left = _checked(load(folder / "api.json"))
    assert [message[: len(expected)] for message, expected in zip(found, messages, strict=True)] == messages
    assert left == skipped


@pytest.mark.parametrize(("version", "messages"), [("3.0.3", []), ("3.1.0", ["the example of `a` is 5"])])
def test_an_example_beside_a_reference(compiled: Compile, version: str, messages: list[str]) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A", "example": 5}}}
    content = {"content": {"application/json": {"schema": schema}}}
    get = {"operationId": "get", "responses": {"200": {"description": "", **content}}}
    components = {"schemas": {"A": {"type": "string"}}}
    contract = compiled({"openapi": version, "paths": {"/": {"get": get}}, "components": components})
    assert _checked(contract)[0] == messages
