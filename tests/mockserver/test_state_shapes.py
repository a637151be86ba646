"""What the mock keeps of resources that contracts show in other ways: in envelopes, as bare names, made by a PUT."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clausewise.exchange import Request, Response, header
from clausewise.mockserver.app import MockApp
from tests.conftest import Compile


def _answer(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _body(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


_NONE = {"404": {"description": ""}}
_TEXT = {"type": "string"}
_UUID = {"type": "string", "format": "uuid"}
_POST: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": _TEXT, "tags": {"type": "array", "items": _TEXT}},
}
_SHOWN = {**_POST, "required": ["slug", "title"], "properties": {"slug": _TEXT, **_POST["properties"]}}
_ONE = {"type": "object", "required": ["post"], "properties": {"post": _SHOWN}}
_SENT = {"type": "object", "properties": {"post": _POST}}
_ALL = {
    "type": "object",
    "required": ["posts", "postsCount"],
    "properties": {"posts": {"type": "array", "items": _SHOWN}, "postsCount": {"type": "integer"}},
}
_JOB = {"type": "object", "properties": {"id": _UUID, "kind": _TEXT}}
_KEY = {"type": "object", "properties": {"name": _TEXT, "value": _TEXT}}
_DOCUMENT: dict[str, Any] = {
    "paths": {
        "/posts": {
            "get": {"operationId": "listPosts", "responses": {"200": _answer(_ALL)}},
            "post": {"operationId": "addPost", "requestBody": _body(_SENT), "responses": {"201": _answer(_ONE)}},
        },
        "/posts/{slug}": {
            "parameters": [_path("slug", _TEXT)],
            "get": {"operationId": "getPost", "responses": {"200": _answer(_ONE), **_NONE}},
            "put": {
                "operationId": "putPost",
                "requestBody": _body(_SENT),
                "responses": {"200": _answer(_ONE), **_NONE},
            },
            "patch": {
                "operationId": "patchPost",
                "requestBody": _body({"type": "array", "items": {"type": "object"}}, "application/json-patch+json"),
                "responses": {"200": _answer(_ONE), **_NONE},
            },
        },
        "/keys": {
            "get": {"operationId": "listKeys", "responses": {"200": _answer({"type": "array", "items": _TEXT})}},
            "delete": {"operationId": "dropKeys", "responses": {"204": {"description": ""}}},
        },
        "/keys/{name}": {
            "parameters": [_path("name", _TEXT)],
            "put": {
                "operationId": "putKey",
                "requestBody": _body({"type": "object", "properties": {"value": _TEXT}}),
                "responses": {"201": {"description": ""}, "200": {"description": ""}},
            },
            "get": {"operationId": "getKey", "responses": {"200": _answer(_KEY), **_NONE}},
        },
        "/jobs": {"post": {"operationId": "start", "requestBody": _body(_JOB), "responses": {"202": _answer(_UUID)}}},
        "/jobs/{id}": {
            "parameters": [_path("id", _UUID)],
            "get": {"operationId": "job", "responses": {"200": _answer(_JOB), **_NONE}},
        },
        "/boards/{id}/cards/{cardId}": {
            "parameters": [_path("id", _TEXT), _path("cardId", _TEXT)],
            "get": {"operationId": "card", "responses": {"200": _answer(_JOB)}},
        },
    },
}


@pytest.fixture
def mock(compiled: Compile) -> MockApp:
    return MockApp(compiled(_DOCUMENT), state={})


def ask(mock: MockApp, method: str, target: str, body: Any = None, kind: str = "application/json") -> Response:
    content = None if body is None else json.dumps(body).encode()
    return mock.answer(Request(method, target, (("Content-Type", kind),) if content else (), content))


def read(response: Response) -> Any:
    return json.loads(response.body)


def test_in_an_envelope(mock: MockApp) -> None:
    made = read(ask(mock, "POST", "/posts", {"post": {"title": "one", "tags": ["a"]}}))["post"]
    path = f"/posts/{made['slug']}"
    assert read(ask(mock, "GET", path)) == {"post": made}
    changed = read(ask(mock, "PUT", path, {"post": {"title": "two"}}))
    assert changed == {"post": {**made, "title": "two"}}
    listed = read(ask(mock, "GET", "/posts"))
    assert listed["posts"][-1] == changed["post"]
    assert listed["postsCount"] == len(listed["posts"])


def test_a_json_patch_changes_what_it_names(mock: MockApp) -> None:
    made = read(ask(mock, "POST", "/posts", {"post": {"title": "one", "tags": ["a"]}}))["post"]
    steps = [
        {"op": "replace", "path": "/title", "value": "two"},
        {"op": "add", "path": "/tags/0", "value": "z"},
        {"op": "add", "path": "/tags/-", "value": "b"},
        {"op": "remove", "path": "/nowhere/at/all"},
    ]
    changed = ask(mock, "PATCH", f"/posts/{made['slug']}", steps, "application/json-patch+json")
    assert read(changed)["post"] == {**made, "title": "two", "tags": ["z", "a", "b"]}


def test_made_by_a_put_and_listed_by_name(mock: MockApp) -> None:
    assert [ask(mock, "PUT", "/keys/k1", {"value": value}).status for value in "ab"] == [201, 200]
    assert read(ask(mock, "GET", "/keys/k1")) == {"name": "k1", "value": "b"}
    assert "k1" in read(ask(mock, "GET", "/keys"))
    assert ask(mock, "GET", "/keys/k2").status == 404


def test_a_whole_collection_can_be_removed(mock: MockApp) -> None:
    ask(mock, "PUT", "/keys/k1", {"value": "a"})
    assert ask(mock, "DELETE", "/keys").status == 204
    assert read(ask(mock, "GET", "/keys")) == []
    assert ask(mock, "GET", "/keys/k1").status == 404


def test_answered_with_nothing_but_its_id(mock: MockApp) -> None:
    names = [read(ask(mock, "POST", "/jobs", {"kind": kind})) for kind in ("dig", "sow")]
    assert [read(ask(mock, "GET", f"/jobs/{name}"))["kind"] for name in names] == ["dig", "sow"]


def test_the_id_of_what_it_is_in_is_not_its_own(mock: MockApp) -> None:
    assert read(ask(mock, "GET", "/boards/b/cards/c")).get("id") != "b"


def test_conditions_hold_where_the_contract_has_tags(compiled: Compile) -> None:
    tag = {"headers": {"ETag": {"schema": _TEXT}}}
    condition = [{"name": name, "in": "header", "schema": _TEXT} for name in ("If-None-Match", "If-Match")]
    one = {
        "parameters": [_path("id", _UUID), *condition],
        "get": {"operationId": "read", "responses": {"200": {**_answer(_JOB), **tag}, "304": {"description": ""}}},
        "put": {
            "operationId": "write",
            "requestBody": _body(_JOB),
            "responses": {"200": {**_answer(_JOB), **tag}, "412": {"description": ""}},
        },
    }
    served = MockApp(compiled({"paths": {"/jobs/{id}": one}}), state={})
    target, content = "/jobs/00000000-0000-4000-8000-000000000000", ("Content-Type", "application/json")

    def put(kind: str, *headers: tuple[str, str]) -> Response:
        return served.answer(Request("PUT", target, (content, *headers), json.dumps({"kind": kind}).encode()))

    first = header(put("dig").headers, "ETag")
    assert first is not None
    assert header(served.answer(Request("GET", target)).headers, "ETag") == first
    assert served.answer(Request("GET", target, (("If-None-Match", f'"x", {first}'),))).status == 304
    assert put("sow", ("If-Match", '"x"')).status == 412
    second = header(put("sow", ("If-Match", first)).headers, "ETag")
    assert second != first
    assert served.answer(Request("GET", target, (("If-None-Match", first),))).status == 200


def test_a_file_is_kept_where_operations_describe_its_path_in_other_ways(compiled: Compile) -> None:
    shelf = {"type": "array", "items": {"enum": ["top", "low"]}}
    put = {
        "parameters": [_path("shelf", shelf), _path("file", _TEXT)],
        "requestBody": {"content": {"text/plain": {"schema": _TEXT}}},
        "responses": {"200": {"description": ""}},
    }
    get = {
        "parameters": [_path("shelf", _TEXT), _path("file", _TEXT)],
        "responses": {"200": {"description": "", "content": {"text/plain": {"schema": _TEXT}}}, **_NONE},
    }
    listing = {"parameters": [_path("shelf", _TEXT)], "responses": {"200": _answer({"type": "array", "items": _TEXT})}}
    paths = {"/shelves/{shelf}": {"get": listing}, "/shelves/{shelf}/{file}": {"put": put, "get": get}}
    mock = MockApp(compiled({"paths": paths}), state={})
    plain = (("Content-Type", "text/plain"),)
    assert mock.answer(Request("GET", "/shelves/top/new.txt")).status == 404
    assert mock.answer(Request("PUT", "/shelves/top/new.txt", plain, b"new")).status == 200
    assert mock.answer(Request("GET", "/shelves/top/new.txt")).status == 200
    assert mock.answer(Request("GET", "/shelves/low/new.txt")).status == 404


def test_families_of_parameters_and_envelopes_in_items_are_read(compiled: Compile) -> None:
    """`filter[kind]`, `page[size]` and `page[after]` of JSON:API, and `meta.next` that leads to the next page."""
    attributes = {"type": "object", "required": ["kind"], "properties": {"kind": _TEXT}}
    job = {"type": "object", "required": ["id", "attributes"], "properties": {"id": _UUID, "attributes": attributes}}
    new = {"type": "object", "required": ["attributes"], "properties": {"attributes": attributes}}
    following = {"type": "object", "required": ["next"], "properties": {"next": {"type": ["string", "null"]}}}
    every = {
        "type": "object",
        "required": ["data", "meta"],
        "properties": {"data": {"type": "array", "items": job}, "meta": following},
    }
    names = {"filter[kind]": _TEXT, "page[size]": {"type": "integer", "minimum": 1}, "page[after]": _TEXT}
    query = [{"name": name, "in": "query", "schema": schema} for name, schema in names.items()]
    paths = {
        "/jobs": {
            "get": {"parameters": query, "responses": {"200": _answer(every)}},
            "post": {"requestBody": _body(new), "responses": {"201": _answer(job)}},
        },
        "/jobs/{id}": {"get": {"parameters": [_path("id", _UUID)], "responses": {"200": _answer(job)}}},
    }
    mock = MockApp(compiled({"paths": paths}), state={})
    for kind in ("dig", "sow", "dig"):
        ask(mock, "POST", "/jobs", {"attributes": {"kind": kind}})
    digging = read(ask(mock, "GET", "/jobs?filter[kind]=dig"))
    assert [item["attributes"]["kind"] for item in digging["data"]] == ["dig", "dig"]
    first = read(ask(mock, "GET", "/jobs?page[size]=2&filter[kind]=dig"))
    assert len(first["data"]) == 2 and first["meta"]["next"] is None
    first = read(ask(mock, "GET", "/jobs?page[size]=2"))
    second = read(ask(mock, "GET", f"/jobs?page[size]=2&page[after]={first['meta']['next']}"))
    assert not {item["id"] for item in first["data"]} & {item["id"] for item in second["data"]}
