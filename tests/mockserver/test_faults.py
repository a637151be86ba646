"""A mock with one clause broken on purpose: exactly that, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.contract.request import judge_request
from clausewise.errors import UsageError
from clausewise.exchange import Request, Response, header
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.faults import Fault, FaultInjector, equivalent, faults_of, named_faults
from tests.conftest import Compile

_THING: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 4},
        "size": {"type": "string", "enum": ["S", "L"]},
        "tags": {"type": "array", "maxItems": 2, "items": {"type": "integer", "maximum": 9}},
        "shape": {
            "oneOf": [{"$ref": "#/components/schemas/Circle"}, {"$ref": "#/components/schemas/Line"}],
            "discriminator": {"propertyName": "kind"},
        },
    },
}
_EXAMPLE = {"name": "cup", "size": "S", "tags": [1], "shape": {"kind": "Line", "length": 3}}
_KIND: dict[str, Any] = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
_DOCUMENT: dict[str, Any] = {
    "security": [{"login": []}],
    "components": {
        "securitySchemes": {"login": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Thing": _THING,
            "Circle": {**_KIND, "properties": {**_KIND["properties"], "radius": {"type": "integer"}}},
            "Line": {**_KIND, "properties": {**_KIND["properties"], "length": {"type": "integer", "minimum": 1}}},
        },
    },
    "paths": {
        "/things/{id}": {
            "put": {
                "operationId": "make",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "dry", "in": "query", "required": True, "schema": {"type": "boolean"}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}, "example": _EXAMPLE}
                    },
                },
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-Left": {"required": True, "schema": {"type": "integer", "minimum": 0}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}, "example": _EXAMPLE}
                        },
                    },
                    "400": {"description": ""},
                    "401": {"description": ""},
                },
            }
        }
    },
}
_SOUND = Request(
    "PUT",
    "/things/7?dry=true",
    (("Authorization", "Bearer x"), ("Content-Type", "application/json")),
    json.dumps(_EXAMPLE).encode(),
)


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


def every(contract: Contract, kind: str) -> list[Fault]:
    operation = contract.operation("make")
    return [fault for fault in faults_of(operation) if fault.kind == kind and equivalent(fault, operation) is None]


def broken_in(contract: Contract, response: Response) -> set[str]:
    """Keys of what a 200 answer breaks, by a second look that knows nothing of faults."""
    operation = contract.operation("make")
    documented = operation.response_for(response.status)
    if documented is None:
        return {operation.responses["200"].status.key}
    entry = documented.content_for(header(response.headers, "Content-Type") or "")
    if entry is None:
        return {documented.content["application/json"].clause.key}
    broken: set[str] = set()
    for each in documented.headers:
        written = header(response.headers, each.header.name)
        if written is None:
            broken |= {each.required.key} if each.required else set()
        elif each.message is not None:
            value = int(written) if written.lstrip("-").isdigit() else written
            broken |= {breach.clause.key for breach in each.message.breaches(value)}
    assert entry.message is not None
    return broken | {breach.clause.key for breach in entry.message.breaches(json.loads(response.body))}


def test_a_broken_clause_of_the_response_is_broken_and_nothing_else_where_that_can_be(contract: Contract) -> None:
    assert broken_in(contract, MockApp(contract).answer(_SOUND)) == set()
    shown = 0
    for fault in every(contract, "broken"):
        injector = FaultInjector(fault)
        broken = broken_in(contract, MockApp(contract, 1, [injector]).answer(_SOUND))
        assert (fault.clause.key in broken) is (injector.shown == 1), fault.name
        assert broken <= {fault.clause.key} or fault.clause.keyword == "type", (fault.name, broken)
        shown += injector.shown
    assert shown >= 15


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("#/components/schemas/Thing/properties/name/maxLength", {"name": "cup of"}),
        ("#/components/schemas/Thing/properties/name/minLength", {"name": "c"}),
        ("#/components/schemas/Thing/properties/size/enum", {"size": "M"}),
        ("#/components/schemas/Thing/properties/tags/items/maximum", {"tags": [10]}),
        ("#/components/schemas/Line/properties/length/minimum", {"shape": {"kind": "Line", "length": 0}}),
    ],
)
def test_an_unenforced_clause_lets_pass_what_breaks_it_alone(
    contract: Contract, fault: str, change: dict[str, Any]
) -> None:
    operation = contract.operation("make")
    mock = MockApp(contract, 1, map(FaultInjector, named_faults(contract, f"unenforced {fault}")))

    def answer(body: dict[str, Any]) -> int:
        request = Request(_SOUND.method, _SOUND.target, _SOUND.headers, json.dumps(body).encode())
        judgement = judge_request(operation, request, {"id": "7"})
        response = mock.answer(request)
        if {breach.clause.id for breach in judgement.breaches} == {fault}:
            assert broken_in(contract, response) == set()
        return response.status

    assert answer({**_EXAMPLE, **change}) == 200
    assert answer({**_EXAMPLE, **change, "name": 3}) == 400
    assert MockApp(contract).answer(_SOUND).status == 200


@pytest.mark.parametrize(
    ("fault", "request_", "status"),
    [
        ("security", Request("PUT", _SOUND.target, _SOUND.headers[1:], _SOUND.body), 401),
        ("methods", Request("DELETE", _SOUND.target, _SOUND.headers), 405),
        ("required", Request("PUT", "/things/7", _SOUND.headers, _SOUND.body), 400),
        ("content", Request("PUT", _SOUND.target, (_SOUND.headers[0], ("Content-Type", "text/csv")), b"a"), 400),
    ],
)
def test_what_surrounds_the_body(contract: Contract, fault: str, request_: Request, status: int) -> None:
    chosen = [found for found in every(contract, "unenforced") if found.clause.keyword == fault]
    assert MockApp(contract).answer(request_).status == status
    assert 200 in {MockApp(contract, 1, [FaultInjector(found)]).answer(request_).status for found in chosen}


@pytest.mark.parametrize(
    ("keyword", "at", "beside"),
    [
        ("maxLength", {"name": "cups"}, {"name": "cup"}),
        ("maxItems", {"tags": [1, 2]}, {"tags": [1]}),
        ("maximum", {"tags": [3, 9]}, {"tags": [8]}),
        ("minimum", {"shape": {"kind": "Line", "length": 1}}, {"shape": {"kind": "Line", "length": 2}}),
    ],
)
def test_a_crash_on_the_boundary(contract: Contract, keyword: str, at: dict[str, Any], beside: dict[str, Any]) -> None:
    (fault,) = [found for found in every(contract, "crash") if found.clause.keyword == keyword]
    mock = MockApp(contract, 1, [FaultInjector(fault)])
    statuses = [
        mock.answer(Request("PUT", _SOUND.target, _SOUND.headers, json.dumps({**_EXAMPLE, **change}).encode())).status
        for change in (at, beside)
    ]
    assert statuses == [500, 200]


def test_what_no_message_can_show_is_said(contract: Contract) -> None:
    operation = contract.operation("make")
    assert {equivalent(fault, operation) for fault in faults_of(operation)} == {
        None,
        "untestable: a request without it has another path",
        "untestable: a path segment is always a string",
        'untestable: a value that breaks it also breaks another clause: `size` is one of "S", "L"',
    }


def test_what_a_header_or_an_element_always_is_cannot_be_broken(compiled: Compile) -> None:
    limits = {"type": "object", "required": ["rate"], "properties": {"rate": {"type": "integer"}}}
    boat = {"xml": {"name": "boat"}, "properties": {"id": {"type": "string", "xml": {"attribute": True}}}}
    answer = {
        "description": "",
        "headers": {"Limits": {"schema": limits}, "Tags": {"schema": {"type": "array", "items": {"type": "integer"}}}},
        "content": {"application/xml": {"schema": boat}},
    }
    operation = compiled({"paths": {"/a": {"get": {"operationId": "a", "responses": {"200": answer}}}}}).operation("a")
    why = {
        f"{fault.clause.where} {fault.clause.keyword}": equivalent(fault, operation) for fault in faults_of(operation)
    }
    assert why["response.200.header.Limits type"] == "untestable: every text of a header is read as an object"
    assert why["response.200.header.Tags type"] == "untestable: every text of a header is read as an array"
    assert why["response.200.body.id type"] == "untestable: an attribute is always a text"
    for breakable in ("header.Limits.rate type", "header.Limits.rate required", "header.Tags[] type"):
        assert why[f"response.200.{breakable}"] is None

    # What is required of a member is broken in it: the header stays.
    (fault,) = (
        one for one in faults_of(operation) if one.clause.where.endswith("rate") and one.clause.keyword == "required"
    )
    response = Response(200, (("Limits", "rate,3"), ("Content-Type", "application/xml")), b"<boat/>")
    broken = FaultInjector(fault).corrupt(operation, response)
    assert header(broken.headers, "Limits") == ""


def test_a_clause_that_is_not_there(contract: Contract) -> None:
    with pytest.raises(UsageError, match=r'has no clause "#/components/schemas/Thing/properties/name/maxlength"'):
        named_faults(contract, "#/components/schemas/Thing/properties/name/maxlength")
