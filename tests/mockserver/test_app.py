"""The mock: it refuses what the contract refuses, and answers as it says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Request, Response, header
from clausewise.mockserver.app import MockApp
from tests.conftest import Compile

_THING = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "minimum": 1, "readOnly": True},
        "name": {"type": "string", "minLength": 2},
        "size": {"enum": ["S", "L"]},
        "parts": {"type": "array", "items": {"type": "object", "required": ["made"], "properties": {"made": {}}}},
        "owner": {"type": "object", "required": ["since"], "properties": {"since": {"readOnly": True}}},
        "pin": {"type": "string", "writeOnly": True},
    },
}
_PROBLEM = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}


def _json(schema: Any, **members: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema, **members}}}


_FORM = {"error": "it is there", "names": ["a", "b"]}
_EXAMPLES = {
    "small": {"value": {"id": 1, "name": "cup", "size": "S", "owner": {"since": "2020"}, "parts": [{"made": "here"}]}},
    "large": {"value": {"id": 2, "name": "jar", "size": "L", "owner": {"since": "2021"}}},
    "with a secret": {"value": {"id": 3, "name": "box", "pin": "1111"}},
}
_DOCUMENT: dict[str, Any] = {
    "servers": [{"url": "https://example.com/v1"}],
    "security": [{"login": []}],
    "components": {"securitySchemes": {"login": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/things": {
            "post": {
                "operationId": "create",
                "parameters": [{"name": "dry", "in": "query", "schema": {"type": "boolean"}}],
                "requestBody": {"required": True, **_json(_THING)},
                "responses": {
                    "201": _json(_THING, examples=_EXAMPLES),
                    "400": _json(_PROBLEM),
                    "401": _json(_PROBLEM),
                    "415": {"description": "nothing but words", "content": {"text/plain": {}}},
                    "409": {"description": "", "content": {"application/x-www-form-urlencoded": {"example": _FORM}}},
                    "410": {"description": "", "content": {"*/*": {"example": "gone"}}},
                    "416": {"description": "", "content": {"application/xml": {"example": "<range/>"}}},
                    "503": _json(_PROBLEM),
                },
            }
        },
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"operationId": "read", "security": [], "responses": {"200": _json(_THING), "4XX": _json(_PROBLEM)}},
            "delete": {
                "operationId": "remove",
                "security": [],
                "responses": {"204": {"description": "", "headers": {"X-Left": {"schema": {"const": 7}}}}},
            },
        },
        "/never": {
            "get": {
                "operationId": "never",
                "security": [],
                "responses": {"200": _json({"type": "string", "pattern": "^a$", "minLength": 2})},
            }
        },
        "/bell": {
            "get": {
                "operationId": "ring",
                "security": [],
                "responses": {"200": {"description": "", "content": {"application/xml": {"schema": {"const": "\a"}}}}},
            }
        },
    },
}
_TOKEN = ("Authorization", "Bearer token")
_BODY = {"name": "cup"}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


@pytest.fixture(scope="module")
def mock(contract: Contract) -> MockApp:
    return MockApp(contract)


def post(body: Any = None, *headers: tuple[str, str], target: str = "/things") -> Request:
    content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    kind = () if any(name == "Content-Type" for name, _ in headers) else (("Content-Type", "application/json"),)
    return Request("POST", target, (*headers, *kind), content)


def read(response: Response) -> Any:
    assert header(response.headers, "Content-Type") in ("application/json", "application/problem+json")
    return json.loads(response.body)


@pytest.mark.parametrize(
    ("request_", "status", "told"),
    [
        pytest.param(post(_BODY), 401, "security: ", id="no credentials"),
        pytest.param(post(_BODY, ("Authorization", "Basic x")), 401, "security: ", id="credentials of another scheme"),
        pytest.param(post({"name": "c"}, _TOKEN), 400, "body.name: `name` has at least 2 characters", id="breach"),
        pytest.param(post({}, _TOKEN), 400, "body.name: `name` is required", id="missing member"),
        pytest.param(post(None, _TOKEN), 400, "body: ", id="no body"),
        pytest.param(post(b"{", _TOKEN), 415, "", id="malformed body"),
        pytest.param(post(_BODY, _TOKEN, ("Content-Type", "text/csv")), 415, "", id="another media type"),
        pytest.param(post(_BODY, _TOKEN, target="/things?dry=perhaps"), 400, "query.dry: ", id="query parameter"),
        pytest.param(Request("GET", "/things/x"), 400, "path.id: ", id="path parameter"),
        pytest.param(Request("GET", "/elsewhere"), 404, "the contract has no such path", id="unknown path"),
        pytest.param(Request("PUT", "/things"), 405, "the path offers only POST", id="undocumented method"),
        pytest.param(
            Request("GET", "/never"), 501, "no string was found that matches the schema", id="impossible answer"
        ),
        pytest.param(
            Request("GET", "/bell"),
            501,
            "no body that the contract allows has a form as application/xml",
            id="answer without a form",
        ),
    ],
)
def test_refusals(mock: MockApp, request_: Request, status: int, told: str) -> None:
    response = mock.answer(request_)
    assert response.status == status
    if told:
        problem = read(response)
        assert problem.get("message", problem.get("detail")).startswith(told)


def test_a_405_names_the_methods_there_are(mock: MockApp) -> None:
    assert header(mock.answer(Request("POST", "/things/1")).headers, "Allow") == "GET, DELETE"


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ({"name": "cup"}, {**_EXAMPLES["small"]["value"]}),
        ({"name": "box", "size": "L"}, {**_EXAMPLES["large"]["value"], "name": "box"}),
        ({"name": "cup", "owner": {"nick": "ada"}}, {"owner": {"since": "2020", "nick": "ada"}}),
        ({"name": "cup", "parts": [{"made": "there"}, {"made": 1}]}, {"parts": [{"made": "there"}, {"made": 1}]}),
        ({"name": "cup", "unknown": 1}, {"name": "cup"}),
        ({"id": "of mine", "name": "cup"}, {"id": 1}),
        ({"name": "cup", "owner": {"since": "1999"}}, {"owner": {"since": "2020"}}),
    ],
    ids=[
        "example",
        "the example that fits best",
        "what only the server knows stays",
        "array",
        "undocumented member",
        "read-only member",
        "read-only member of a member",
    ],
)
def test_what_was_asked_for_comes_back(
    mock: MockApp, contract: Contract, sent: dict[str, Any], answered: dict[str, Any]
) -> None:
    response = mock.answer(post(sent, _TOKEN))
    body = read(response)
    assert response.status == 201
    assert {name: body[name] for name in answered} == answered
    assert "unknown" not in body
    message = contract.operation("create").responses["201"].content["application/json"].message
    assert message is not None
    assert message.is_valid(body)


@pytest.mark.parametrize("name", ["cup", "a name of no example"])
def test_what_is_write_only_never_comes_back(mock: MockApp, name: str) -> None:
    assert "pin" not in read(mock.answer(post({"name": name, "pin": "0000"}, _TOKEN)))


def test_the_base_path_of_its_servers_is_served_too(mock: MockApp) -> None:
    assert mock.answer(post(_BODY, _TOKEN, target="/v1/things")).status == 201


def test_a_path_parameter_comes_back_as_the_number_it_is(mock: MockApp) -> None:
    assert read(mock.answer(Request("GET", "/things/42")))["id"] == 42


def test_an_answer_without_a_body_has_its_headers(mock: MockApp) -> None:
    response = mock.answer(Request("DELETE", "/things/1"))
    assert (response.status, response.body, header(response.headers, "X-Left")) == (204, b"", "7")


@pytest.mark.parametrize(
    ("prefer", "status"), [("code=503", 503), ("wait=1, code=401", 401), ('code="401"; x=1', 401), ("wait=1", 201)]
)
def test_a_documented_status_can_be_asked_for(mock: MockApp, prefer: str, status: int) -> None:
    assert mock.answer(post(_BODY, _TOKEN, ("Prefer", prefer))).status == status


@pytest.mark.parametrize(
    ("prefer", "refusal"),
    [
        ("code=418", "create documents no status 418; its statuses are 201, 400, 401, 415, 409, 410, 416, 503"),
        ("code=x", "create documents no status x; its statuses are"),
        ("example=huge", 'create has no example "huge" for the status 201; it has small, large, with a secret'),
    ],
)
def test_what_the_contract_does_not_have_is_refused_in_words(mock: MockApp, prefer: str, refusal: str) -> None:
    response = mock.answer(post(_BODY, _TOKEN, ("Prefer", prefer)))
    assert response.status == 400
    assert read(response)["detail"].startswith(refusal)


def test_an_example_can_be_asked_for(mock: MockApp) -> None:
    answer = read(mock.answer(post(_BODY, _TOKEN, ("Prefer", "example=large"))))
    assert answer == _EXAMPLES["large"]["value"]


def test_a_dynamic_answer_is_another_one_each_time(mock: MockApp, contract: Contract) -> None:
    answers = [mock.answer(post(_BODY, _TOKEN, ("Prefer", "dynamic=true"))).body for _ in range(4)]
    message = contract.operation("create").responses["201"].content["application/json"].message
    assert message is not None
    assert len(set(answers)) > 1
    assert all(message.is_valid(json.loads(answer)) for answer in answers)


def test_repeated_requests_show_each_alternative(compiled: Compile) -> None:
    one, other = {"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}}, {"type": "null"}
    schema = {"type": "object", "required": ["of"], "properties": {"of": {"anyOf": [one, {"const": 2}, other]}}}
    answer = {"description": "", "content": {"application/json": {"schema": schema}}}
    served = MockApp(compiled({"paths": {"/one": {"get": {"operationId": "one", "responses": {"200": answer}}}}}))
    shown = [json.loads(served.answer(Request("GET", "/one")).body)["of"] for _ in range(4)]
    assert shown == [{"a": 1}, 2, None, {"a": 1}]


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (409, "application/x-www-form-urlencoded", b"error=it+is+there&names=a&names=b"),
        (410, "text/plain", b"gone"),
        (415, "text/plain", b"the request asked for the status 415\n"),
        (416, "application/xml", b"<range/>"),
    ],
)
def test_a_body_that_is_no_json_is_written_as_its_media_type_says(
    mock: MockApp, status: int, content_type: str, body: bytes
) -> None:
    response = mock.answer(post(_BODY, _TOKEN, ("Prefer", f"code={status}")))
    assert (response.status, header(response.headers, "Content-Type"), response.body) == (status, content_type, body)


def test_a_seed_decides_what_is_generated(contract: Contract) -> None:
    answers = [MockApp(contract, seed).answer(Request("GET", "/things/1")).body for seed in (1, 1, 2)]
    assert answers[0] == answers[1] != answers[2]


def test_a_map_has_a_member(compiled: Compile) -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 7, "maximum": 7}}
    answer = {"description": "", "content": {"application/json": {"schema": schema}}}
    served = MockApp(compiled({"paths": {"/map": {"get": {"operationId": "map", "responses": {"200": answer}}}}}))
    assert list(json.loads(served.answer(Request("GET", "/map")).body).values()) == [7]


def _served(
    mock: MockApp, method: str, path: str, body: tuple[bytes, ...] = ()
) -> tuple[int, bytes, dict[bytes, bytes]]:
    """What the ASGI app sends for a request whose body comes in several events."""
    sent: list[dict[str, Any]] = []
    chunks = [*body, b""]
    events = [
        {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
        for index, chunk in enumerate(chunks)
    ]

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {
        **{"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"dry=true"},
        "headers": [(b"authorization", b"Bearer token"), (b"content-type", b"application/json")],
    }
    asyncio.run(mock(scope, receive, send))
    start, content = sent
    return start["status"], content["body"], dict(start["headers"])


def test_it_is_an_asgi_app(mock: MockApp) -> None:
    status, body, headers = _served(mock, "POST", "/things", (b'{"name":', b'"cup"}'))
    assert (status, json.loads(body)["name"]) == (201, "cup")
    assert headers[b"content-length"] == str(len(body)).encode()


def test_head_has_no_body(mock: MockApp) -> None:
    assert _served(mock, "HEAD", "/things")[1] == b""
