"""The mock does what a front end asks of one resource, keeps what there is one of, and finds what is searched for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Request, header
from clausewise.mockserver.app import MockApp
from tests.conftest import Compile
from tests.mockserver.test_state import ask


def _json(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_NUMBER = {"name": "jobId", "in": "path", "required": True, "schema": {"type": "integer"}}
_JOB = _json(_reference("Job"))
_SETTINGS = _json(_reference("Settings"))
_NOTHING = {"204": {"description": ""}, "404": _json({})}


def _action(responses: dict[str, Any], body: Any = None, method: str = "post") -> dict[str, Any]:
    operation = {"responses": responses}
    return {"parameters": [_NUMBER], method: operation | ({"requestBody": _json(body)} if body is not None else {})}


def _query(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


_DOCUMENT: dict[str, Any] = {
    "paths": {
        "/jobs": {
            "get": {
                "parameters": [
                    _query("q", type="string"),
                    _query("page", type="integer"),
                    _query("per_page", type="integer", default=2),
                ],
                "responses": {"200": _json({"type": "array", "items": _reference("Job")})},
            },
            "post": {"requestBody": _json(_reference("NewJob")), "responses": {"201": _JOB}},
        },
        "/jobs/{jobId}": {
            "parameters": [_NUMBER],
            "get": {"responses": {"200": _JOB, "404": _json({})}},
            "delete": {"responses": _NOTHING},
        },
        "/jobs/{jobId}/start": _action({"200": _JOB}),
        "/jobs/{jobId}/cancel": _action(_NOTHING),
        "/jobs/{jobId}/lock": _action({"200": _json({"type": "object", "properties": {"ok": {"type": "boolean"}}})}),
        "/jobs/{jobId}/unlock": _action(_NOTHING),
        "/jobs/{jobId}/assign": _action({"200": _JOB}, {"type": "object", "properties": {"owner": {"type": "string"}}}),
        "/jobs/{jobId}/state": _action({"200": _JOB}, _reference("State"), "put"),
        "/jobs/{jobId}/copy": _action({"200": _JOB}),
        "/jobs/{jobId}/parts": _action({"200": _JOB}, _reference("NewJob")),
        "/jobs/{jobId}/settings": {
            "parameters": [_NUMBER],
            "get": {"responses": {"200": _SETTINGS}},
            "put": {"requestBody": _SETTINGS, "responses": {"200": _SETTINGS}},
        },
        "/settings": {
            "get": {"responses": {"200": _SETTINGS}},
            "put": {"requestBody": _SETTINGS, "responses": {"200": _SETTINGS}},
            "patch": {"requestBody": _SETTINGS, "responses": {"204": {"description": ""}}},
        },
        "/profile": {
            "get": {"responses": {"200": _json({"type": "object", "properties": {"data": _reference("Settings")}})}},
            "put": {"requestBody": _SETTINGS, "responses": {"200": _json({"type": "object"})}},
        },
        "/basket": {
            "get": {"responses": {"200": _SETTINGS, "404": _json({})}},
            "put": {"requestBody": _SETTINGS, "responses": {"200": _SETTINGS, "201": _SETTINGS}},
            "delete": {"responses": {"204": {"description": ""}}},
        },
        "/labels": {
            "get": {"responses": {"200": _json({"type": "array", "items": {"type": "string"}})}},
            "put": {
                "requestBody": _json({"type": "array", "items": {"type": "string"}}),
                "responses": {"204": {"description": ""}},
            },
        },
    },
    "components": {
        "schemas": {
            "State": {"type": "string", "enum": ["new", "started", "canceled", "done"]},
            "NewJob": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}},
            "Job": {
                "type": "object",
                "required": ["id", "title", "state"],
                "properties": {
                    "id": {"type": "integer"},
                    "title": {"type": "string"},
                    "state": _reference("State"),
                    "isLocked": {"type": "boolean"},
                    "owner": {"type": "string"},
                },
                "example": {"id": 1, "title": "Sweep", "state": "new", "isLocked": False, "owner": "nobody"},
            },
            "Settings": {
                "type": "object",
                "properties": {"theme": {"enum": ["light", "dark"]}, "size": {"type": "integer"}},
                "example": {"theme": "light", "size": 1},
            },
        }
    },
}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


@pytest.fixture
def mock(contract: Contract) -> MockApp:
    mock = MockApp(contract, state={})
    for title in ("Paint the DOOR", "Mend the door"):
        assert ask(mock, "POST", "/jobs", {"title": title}).status == 201
    return mock


def _job(mock: MockApp, number: int) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(ask(mock, "GET", f"/jobs/{number}").body)
    return shown


@pytest.mark.parametrize(
    ("method", "action", "body", "changed"),
    [
        ("POST", "start", None, {"state": "started"}),
        ("POST", "cancel", None, {"state": "canceled"}),
        ("POST", "lock", None, {"isLocked": True}),
        ("POST", "assign", {"owner": "ann"}, {"owner": "ann"}),
        ("PUT", "state", "done", {"state": "done"}),
        ("POST", "copy", None, {}),
        ("POST", "parts", {"title": "Sand it"}, {}),
    ],
    ids=["a state", "without an answer", "a flag", "a body", "a single member", "another one", "what belongs to it"],
)
def test_an_action_changes_the_one_that_it_names_as_it_is_called(
    mock: MockApp, method: str, action: str, body: Any, changed: dict[str, Any]
) -> None:
    listed = json.loads(ask(mock, "GET", "/jobs").body)
    mine, others = listed[-1], listed[:-1]
    response = ask(mock, method, f"/jobs/{mine['id']}/{action}", body)
    assert response.status in (200, 204)
    assert _job(mock, mine["id"]) == {**mine, **changed}
    assert json.loads(ask(mock, "GET", "/jobs").body)[:-1] == others
    if response.body and changed.keys() - {"isLocked"}:
        assert json.loads(response.body) == {**mine, **changed}


def test_the_opposite_action_takes_it_back(mock: MockApp) -> None:
    for action, is_locked in (("lock", True), ("unlock", False)):
        ask(mock, "POST", f"/jobs/2/{action}")
        assert _job(mock, 2)["isLocked"] is is_locked


def test_there_is_no_action_on_what_is_not_there(mock: MockApp) -> None:
    ask(mock, "DELETE", "/jobs/2")
    assert ask(mock, "POST", "/jobs/2/cancel").status == 404


def test_what_there_is_one_of_is_kept(mock: MockApp) -> None:
    assert json.loads(ask(mock, "GET", "/settings").body) == {"theme": "light", "size": 1}
    assert json.loads(ask(mock, "PUT", "/settings", {"theme": "dark"}).body) == {"theme": "dark", "size": 1}
    assert ask(mock, "PATCH", "/settings", {"size": 7}).status == 204
    assert json.loads(ask(mock, "GET", "/settings").body) == {"theme": "dark", "size": 7}
    assert ask(mock, "PUT", "/labels", ["a", "b"]).status == 204
    assert json.loads(ask(mock, "GET", "/labels").body) == ["a", "b"]


def test_in_an_envelope_it_is_kept_as_well(mock: MockApp) -> None:
    assert ask(mock, "PUT", "/profile", {"theme": "dark"}).status == 200
    assert json.loads(ask(mock, "GET", "/profile").body)["data"]["theme"] == "dark"


def test_each_resource_has_one_of_its_own_which_goes_with_it(mock: MockApp) -> None:
    ask(mock, "PUT", "/jobs/2/settings", {"theme": "dark", "size": 2})
    assert json.loads(ask(mock, "GET", "/jobs/2/settings").body) == {"theme": "dark", "size": 2}
    assert json.loads(ask(mock, "GET", "/jobs/3/settings").body) == {"theme": "light", "size": 1}
    ask(mock, "DELETE", "/jobs/2")
    assert ask(mock, "GET", "/jobs/2/settings").status == 404


def test_what_was_removed_is_gone_until_it_is_set_again(mock: MockApp) -> None:
    ask(mock, "PUT", "/basket", {"size": 3})
    assert ask(mock, "DELETE", "/basket").status == 204
    assert ask(mock, "GET", "/basket").status == 404
    assert ask(mock, "PUT", "/basket", {"size": 4}).status == 201
    assert json.loads(ask(mock, "GET", "/basket").body)["size"] == 4


def test_another_version_of_the_contract_takes_over_what_is_kept(contract: Contract) -> None:
    before, after = MockApp(contract, state={}), MockApp(contract, state={})
    ask(before, "PUT", "/settings", {"theme": "dark", "size": 9})
    after.take_over(before)
    assert json.loads(ask(after, "GET", "/settings").body)["size"] == 9


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=door", ["Paint the DOOR", "Mend the door"]),
        ("q=door+mend", ["Mend the door"]),
        ("q=window", []),
        ("q=", ["Sweep", "Paint the DOOR", "Mend the door"]),
        ("page=2", ["Mend the door"]),
        ("page=2&per_page=1", ["Paint the DOOR"]),
    ],
)
def test_a_search_reads_all_texts_and_a_page_has_its_usual_size(mock: MockApp, query: str, titles: list[str]) -> None:
    assert [job["title"] for job in json.loads(ask(mock, "GET", f"/jobs?{query}").body)] == titles


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("image/*", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("image/avif,image/webp,image/*,*/*;q=0.8", "image/png"),
        ("application/json", "application/json"),
        ("text/html, image/*;q=0.1", "image/png"),
        ("", "application/json"),
    ],
)
def test_a_range_of_media_types_is_had_by_any_of_them(compiled: Compile, accept: str, sent: str) -> None:
    content = {"application/json": {"schema": {"type": "object"}}, "image/*": {}}
    mock = MockApp(
        compiled({"paths": {"/p": {"get": {"responses": {"200": {"description": "", "content": content}}}}}})
    )
    answer = mock.answer(Request("GET", "/p", (("Accept", accept),) if accept else ()))
    assert header(answer.headers, "Content-Type") == sent
    assert answer.body.startswith(b"\x89PNG") == sent.startswith("image/")
