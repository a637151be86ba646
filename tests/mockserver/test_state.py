"""The mock keeps what it is given: a garden with beds, and plants in each of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Request, Response, header
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.faults import FaultInjector, faults_of
from tests.conftest import Compile


def _json(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"description": "", "content": {kind: {"schema": schema}}}


def _parameter(name: str, schema: dict[str, Any], where: str = "path", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema, **more}


_BED = {
    "type": "object",
    "required": ["id", "label"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "label": {"type": "string", "minLength": 1},
        "sunny": {"type": "boolean"},
        "soil": {"type": "object", "properties": {"kind": {"type": "string"}, "depth": {"type": "integer"}}},
        "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        "pin": {"type": "string", "writeOnly": True},
    },
}
_ROSE = {"type": "object", "required": ["kind", "color"], "properties": {"kind": {"const": "rose"}, "color": {}}}
_LEEK = {"type": "object", "required": ["kind", "rows"], "properties": {"kind": {"const": "leek"}, "rows": {}}}
_PLANT = {"allOf": [{"properties": {"key": {"type": "string", "format": "uuid"}}}, {"oneOf": [_ROSE, _LEEK]}]}
_PROBLEM = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        }
    },
}
_GONE = {"404": _json({"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}})}
_BAD = {"422": _json(_PROBLEM)}
_ID = _parameter("bedId", {"type": "integer"})
_PAGE = {
    "type": "object",
    "required": ["items", "total"],
    "properties": {
        "items": {"type": "array", "items": _BED},
        "total": {"type": "integer"},
        "hasMore": {"type": "boolean"},
    },
}
_DOCUMENT: dict[str, Any] = {
    "servers": [{"url": "https://example.com/v1"}],
    "paths": {
        "/beds": {
            "get": {
                "operationId": "listBeds",
                "parameters": [
                    _parameter("limit", {"type": "integer"}, "query"),
                    _parameter("offset", {"type": "integer"}, "query"),
                    _parameter("sunny", {"type": "boolean"}, "query"),
                    _parameter("sort", {"type": "string"}, "query"),
                ],
                "responses": {"200": _json(_PAGE)},
            },
            "post": {
                "operationId": "addBed",
                "requestBody": {"required": True, **_json(_BED)},
                "responses": {
                    "201": {**_json(_BED), "headers": {"Location": {"schema": {"type": "string"}}}},
                    **_BAD,
                },
            },
        },
        "/beds/{bedId}": {
            "parameters": [_ID],
            "get": {"operationId": "getBed", "responses": {"200": _json(_BED), **_GONE}},
            "put": {
                "operationId": "putBed",
                "requestBody": {"required": True, **_json(_BED)},
                "responses": {"200": _json(_BED), **_GONE},
            },
            "patch": {
                "operationId": "patchBed",
                "requestBody": {"required": True, **_json({**_BED, "required": []})},
                "responses": {"200": _json(_BED), **_GONE},
            },
            "delete": {"operationId": "dropBed", "responses": {"204": {"description": ""}, **_GONE}},
        },
        "/beds/{bedId}/plants": {
            "parameters": [_ID],
            "get": {
                "operationId": "listPlants",
                "responses": {"200": _json({"type": "array", "items": _PLANT}), **_GONE},
            },
            "post": {
                "operationId": "addPlant",
                "requestBody": {"required": True, **_json(_PLANT)},
                "responses": {"201": _json(_PLANT), **_GONE},
            },
        },
        "/beds/{bedId}/plants/{key}": {
            "parameters": [_ID, _parameter("key", {"type": "string", "format": "uuid"})],
            "get": {"operationId": "getPlant", "responses": {"200": _json(_PLANT), **_GONE}},
        },
        "/weather": {"get": {"operationId": "weather", "responses": {"200": _json({"type": "integer"})}}},
    },
}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


@pytest.fixture
def mock(contract: Contract) -> MockApp:
    return MockApp(contract, state={})


def ask(mock: MockApp, method: str, target: str, body: Any = None) -> Response:
    content = None if body is None else json.dumps(body).encode()
    return mock.answer(Request(method, target, (("Content-Type", "application/json"),) if content else (), content))


def read(response: Response) -> Any:
    return json.loads(response.body)


def made(mock: MockApp, **members: Any) -> Any:
    response = ask(mock, "POST", "/beds", {"label": "north", **members})
    assert response.status == 201
    return read(response)


def listed(mock: MockApp, query: str = "") -> list[Any]:
    return [bed["label"] for bed in read(ask(mock, "GET", f"/beds{query}"))["items"]]


def test_what_was_made_is_found_and_listed(mock: MockApp) -> None:
    before = read(ask(mock, "GET", "/beds"))
    bed = made(mock, sunny=True, tags={"by": "ada"})
    assert bed["tags"] == {"by": "ada"}
    assert read(ask(mock, "GET", f"/beds/{bed['id']}")) == bed
    after = read(ask(mock, "GET", "/beds"))
    assert after["items"][-1] == bed
    assert after["total"] == before["total"] + 1 == len(before["items"]) + 1 == len(after["items"])


def test_each_new_one_has_a_name_of_its_own(mock: MockApp) -> None:
    names = [made(mock)["id"] for _ in range(5)]
    ask(mock, "DELETE", f"/beds/{names[-1]}")
    names.append(made(mock)["id"])
    assert len(set(names)) == 6


def test_the_location_leads_to_it(mock: MockApp) -> None:
    response = ask(mock, "POST", "/v1/beds", {"label": "south"})
    location = header(response.headers, "Location")
    assert location == f"/v1/beds/{read(response)['id']}"
    assert read(ask(mock, "GET", location))["label"] == "south"


def test_it_is_there_at_the_beginning_what_the_list_shows(mock: MockApp) -> None:
    first = read(ask(mock, "GET", "/beds"))["items"][0]
    assert read(ask(mock, "GET", f"/beds/{first['id']}")) == first


def test_a_fault_lets_pass_what_nothing_was_made_for(contract: Contract) -> None:
    faults = [FaultInjector(fault) for fault in faults_of(contract.operation("getBed")) if fault.kind == "unenforced"]
    (faulty,) = (fault for fault in faults if fault.fault.clause.keyword == "type")
    assert ask(MockApp(contract, 1, [faulty], state={}), "GET", "/beds/north").status == 200
    assert ask(MockApp(contract, 1, [faulty], state={}), "GET", "/beds/4711").status == 404


def test_a_patch_changes_what_it_has_and_nothing_else(mock: MockApp) -> None:
    bed = made(mock, soil={"kind": "loam", "depth": 30}, tags={"a": "1"})
    changed = read(ask(mock, "PATCH", f"/beds/{bed['id']}", {"soil": {"depth": 40}, "tags": {"b": "2"}}))
    assert changed == {**bed, "soil": {"kind": "loam", "depth": 40}, "tags": {"a": "1", "b": "2"}}
    assert read(ask(mock, "GET", f"/beds/{bed['id']}")) == changed


def test_a_put_replaces_whole_members(mock: MockApp) -> None:
    bed = made(mock, soil={"kind": "loam", "depth": 30}, sunny=True)
    ask(mock, "PUT", f"/beds/{bed['id']}", {"label": "east", "tags": {"b": "2"}, "id": 1})
    assert read(ask(mock, "GET", f"/beds/{bed['id']}")) == {**bed, "label": "east", "tags": {"b": "2"}}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_was_removed_is_gone(mock: MockApp, method: str) -> None:
    bed = made(mock)
    assert ask(mock, "DELETE", f"/beds/{bed['id']}").status == 204
    assert "north" not in listed(mock)
    again = ask(mock, method, f"/beds/{bed['id']}", {"label": "x"} if method in ("PUT", "PATCH") else None)
    assert again.status == 404
    assert read(again)["error"] == f"there is no bed '{bed['id']}'"


def test_what_was_never_made_is_not_there(mock: MockApp) -> None:
    assert ask(mock, "GET", "/beds/987654").status == 404
    assert ask(mock, "GET", "/beds/987654/plants").status == 404


def test_what_is_inside_belongs_to_it_and_goes_with_it(mock: MockApp) -> None:
    one, other = made(mock), made(mock)
    assert read(ask(mock, "GET", f"/beds/{one['id']}/plants")) == []
    plant = read(ask(mock, "POST", f"/beds/{one['id']}/plants", {"kind": "leek", "rows": 3}))
    assert (plant["kind"], plant["rows"]) == ("leek", 3)
    assert read(ask(mock, "GET", f"/beds/{one['id']}/plants")) == [plant]
    assert read(ask(mock, "GET", f"/beds/{one['id']}/plants/{plant['key']}")) == plant
    assert read(ask(mock, "GET", f"/beds/{other['id']}/plants")) == []
    assert ask(mock, "GET", f"/beds/{other['id']}/plants/{plant['key']}").status == 404
    ask(mock, "DELETE", f"/beds/{one['id']}")
    assert ask(mock, "GET", f"/beds/{one['id']}/plants").status == 404


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("?sunny=true", ["a", "c"]),
        ("?limit=2&offset=1", ["b", "c"]),
        ("?sort=-label", ["c", "b", "a"]),
        ("?sort=label&limit=1", ["a"]),
    ],
)
def test_the_query_of_a_list_says_what_it_shows(mock: MockApp, query: str, labels: list[str]) -> None:
    for bed in read(ask(mock, "GET", "/beds"))["items"]:
        ask(mock, "DELETE", f"/beds/{bed['id']}")
    for label in "abc":
        made(mock, label=label, sunny=label != "b")
    assert listed(mock, query) == labels


def test_a_page_knows_of_the_others(mock: MockApp) -> None:
    for _ in range(3):
        made(mock)
    page = read(ask(mock, "GET", "/beds?limit=2"))
    assert (len(page["items"]), page["total"] > 2, page["hasMore"]) == (2, True, True)


@pytest.mark.parametrize("plant", [{"kind": "rose", "color": "red"}, {"kind": "leek", "rows": 4}])
def test_the_branch_of_the_answer_is_that_of_the_request(mock: MockApp, plant: dict[str, Any]) -> None:
    bed = made(mock)
    shown = read(ask(mock, "POST", f"/beds/{bed['id']}/plants", plant))
    assert {name: shown[name] for name in plant} == plant
    assert not {"color", "rows"} <= shown.keys()


def test_what_is_write_only_is_never_shown(mock: MockApp) -> None:
    bed = made(mock, pin="1234")
    assert "pin" not in bed and "pin" not in read(ask(mock, "GET", f"/beds/{bed['id']}"))


def test_a_refusal_says_each_breach_where_the_contract_has_a_text_for_it(mock: MockApp) -> None:
    refused = ask(mock, "POST", "/beds", {"label": "", "sunny": "yes"})
    assert refused.status == 422
    assert {tuple(one["loc"]): one["msg"] for one in read(refused)["detail"]} == {
        ("body", "label"): "body.label: `label` has at least 1 character",
        ("body", "sunny"): "body.sunny: `sunny` is a boolean",
    }


def test_every_answer_keeps_the_contract(mock: MockApp, contract: Contract) -> None:
    bed = made(mock)
    for key, target in (("listBeds", "/beds"), ("getBed", f"/beds/{bed['id']}")):
        message = contract.operation(key).responses["200"].content["application/json"].message
        assert message is not None and message.is_valid(read(ask(mock, "GET", target)))


def test_without_state_nothing_is_kept(contract: Contract) -> None:
    stateless = MockApp(contract)
    bed = made(stateless)
    ask(stateless, "DELETE", f"/beds/{bed['id']}")
    assert read(ask(stateless, "GET", f"/beds/{bed['id']}"))["id"] == bed["id"]
    assert "north" not in listed(stateless)


def test_other_operations_answer_as_ever(mock: MockApp) -> None:
    assert isinstance(read(ask(mock, "GET", "/weather")), int)


def _notes(methods: tuple[str, ...]) -> dict[str, Any]:
    """Notes in an envelope, with who may read them beside it."""
    note = {"type": "object", "properties": {"id": {"type": "string"}, "text": {"type": "string"}, "size": {}}}
    readers = {"type": "object", "properties": {"readers": {"type": "array", "items": {"type": "string"}}}}
    members = {"data": note, "shares": readers, "at": {"type": "string"}}
    whole = {"type": "object", "properties": members}
    bare = {"type": "object", "properties": {**members, "data": {"type": "object", "additionalProperties": {}}}}
    body = {"content": {"application/json": {"schema": whole}}}
    path = [_parameter("id", {"type": "string"})]
    one: dict[str, Any] = {"get": {"responses": {"200": _json(whole)}}}
    # An update may describe less of what it answers.
    one |= {method: {"requestBody": body, "responses": {"200": _json(bare)}} for method in methods}
    made = {"post": {"requestBody": body, "responses": {"201": _json(whole)}}}
    return {"paths": {"/notes": made, "/notes/{id}": {"parameters": path, **one}}}


@pytest.mark.parametrize("method", ["put", "patch"])
def test_an_update_changes_what_stands_in_an_envelope_and_beside_it(compiled: Compile, method: str) -> None:
    app = MockApp(compiled(_notes((method,))), 1, state={})

    def sent(method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        answer = app.answer(Request(method, path, (("Content-Type", "application/json"),), content))
        assert answer.status in (200, 201)
        return json.loads(answer.body)

    sent("POST", "/notes", {"data": {"id": "n1", "text": "old", "size": 1}, "shares": {"readers": ["ann"]}})
    assert sent("GET", "/notes/n1")["shares"] == {"readers": ["ann"]}
    for text, readers in (("new", ["bob"]), ("newer", ["eve", "bob"])):
        answered = sent(method.upper(), "/notes/n1", {"data": {"text": text}, "shares": {"readers": readers}})
        shown = sent("GET", "/notes/n1")
        for body in (answered, shown):
            assert (body["data"]["text"], body["shares"]) == (text, {"readers": readers})
        assert shown["data"] == {"id": "n1", "text": text, "size": 1}
