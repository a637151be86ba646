"""The mock as it is served: for pages of other origins, with a log, and by a document that changes."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.errors import SpecError, UsageError
from clausewise.exchange import Headers, Request, Response, header
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.reload import follow
from clausewise.mockserver.seeds import read_seeds
from clausewise.mockserver.served import Manner, ServedMock
from clausewise.transport.asgi import AsgiTransport
from tests.conftest import Compile

_ORIGIN = ("Origin", "https://page.example")
_NOTE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string", "maxLength": 5}},
}
_JSON = {"description": "", "content": {"application/json": {"schema": _NOTE}}}
_ID = {"name": "noteId", "in": "path", "required": True, "schema": {"type": "integer"}}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "paths": {
        "/notes": {
            "post": {
                "operationId": "add",
                "parameters": [{"name": "token", "in": "query", "schema": {"type": "string", "format": "password"}}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": _NOTE}}},
                "responses": {
                    "201": {
                        **_JSON,
                        "headers": {"Access-Control-Allow-Origin": {"schema": {"type": "string"}}},
                    }
                },
            }
        },
        "/notes/{noteId}": {
            "parameters": [_ID],
            "get": {"operationId": "show", "responses": {"200": _JSON, "404": {"description": ""}}},
            "delete": {"operationId": "drop", "responses": {"204": {"description": ""}, "404": {"description": ""}}},
        },
    },
}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_DOCUMENT)


class Served:
    def __init__(self, contract: Contract, **manner: Any) -> None:
        self.log: list[str] = []
        settings = Manner(**manner)
        self.app = ServedMock(MockApp(contract, state={}, enforces=settings.enforces), settings, self.log.append)

    def ask(self, method: str, target: str, body: Any = None, headers: Headers = ()) -> Response:
        content = None if body is None else json.dumps(body).encode()
        kind = () if body is None else (("Content-Type", "application/json"),)

        async def send() -> Any:
            async with AsgiTransport(self.app) as transport:
                return await transport.send(Request(method, target, (*headers, *kind), content))

        answer = asyncio.run(send())
        assert isinstance(answer, Response)
        return answer


def test_a_page_of_another_origin_may_read_the_answer_and_its_headers(contract: Contract) -> None:
    answer = Served(contract).ask("POST", "/notes", {"text": "hi"}, (_ORIGIN,))
    assert header(answer.headers, "Access-Control-Allow-Origin") == "https://page.example"
    assert header(answer.headers, "Access-Control-Allow-Credentials") == "true"
    assert "Content-Type" in (header(answer.headers, "Access-Control-Expose-Headers") or "")
    assert "Origin" in (header(answer.headers, "Vary") or "")
    assert sum(name.lower() == "access-control-allow-origin" for name, _ in answer.headers) == 1


def test_a_preflight_is_allowed_what_it_asks_for(contract: Contract) -> None:
    asked = (
        _ORIGIN,
        ("Access-Control-Request-Method", "PATCH"),
        ("Access-Control-Request-Headers", "authorization, content-type"),
    )
    served = Served(contract)
    answer = served.ask("OPTIONS", "/notes/1", None, asked)
    assert answer.status == 204
    assert header(answer.headers, "Access-Control-Allow-Methods") == "GET, DELETE, PATCH"
    assert header(answer.headers, "Access-Control-Allow-Headers") == "authorization, content-type"
    assert served.log == ["OPTIONS /notes/1 204 preflight"]


def test_no_cors_leaves_the_answers_as_they_are(contract: Contract) -> None:
    served = Served(contract, cors=False)
    assert header(served.ask("GET", "/notes/1", None, (_ORIGIN,)).headers, "Access-Control-Allow-Credentials") is None
    asked = (_ORIGIN, ("Access-Control-Request-Method", "GET"))
    assert served.ask("OPTIONS", "/notes/1", None, asked).status == 405


def test_each_request_has_a_line_with_its_verdict(contract: Contract) -> None:
    served = Served(contract)
    served.ask("POST", "/notes?token=hunter2", {"text": "hi"})
    served.ask("POST", "/notes", {"text": "too long"})
    served.ask("GET", "/elsewhere")
    assert served.log == [
        "POST /notes?token=[redacted] 201 add",
        "POST /notes 400 add: body.text: `text` has at most 5 characters",
        "GET /elsewhere 404: the contract has no such path",
    ]


def test_without_validation_a_breach_is_accepted_and_said_in_the_log(contract: Contract) -> None:
    served = Served(contract, enforces=False)
    assert served.ask("POST", "/notes", {"text": "too long"}).status == 201
    assert served.log == ["POST /notes 201 add: accepted, although body.text: `text` has at most 5 characters"]


def test_an_undocumented_refusal_is_a_problem(contract: Contract) -> None:
    answer = Served(contract).ask("POST", "/notes", {"text": "too long"})
    assert header(answer.headers, "Content-Type") == "application/problem+json"
    assert json.loads(answer.body) == {
        "title": "Bad Request",
        "status": 400,
        "detail": "body.text: `text` has at most 5 characters",
        "errors": [{"detail": "body.text: `text` has at most 5 characters", "location": "body.text"}],
    }


def test_answers_take_their_time(contract: Contract) -> None:
    before = time.perf_counter()
    Served(contract, latency=0.05, jitter=0.01).ask("GET", "/notes/1")
    assert time.perf_counter() - before >= 0.05


def test_a_document_that_changes_is_read_again_and_a_broken_one_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    file.write_text(json.dumps(_DOCUMENT))
    log: list[str] = []
    served = ServedMock(MockApp(load(file, "notes.json"), state={}), Manner(), log.append)

    def read() -> tuple[Contract, MockApp]:
        contract = load(file, "notes.json")
        return contract, MockApp(contract, state={})

    async def send(request: Request) -> Response:
        async with AsgiTransport(served) as transport:
            answer = await transport.send(request)
        assert isinstance(answer, Response)
        return answer

    async def until(told: str) -> None:
        async with asyncio.timeout(10):
            while not any(told in line for line in log):
                await asyncio.sleep(0.01)

    async def change() -> None:
        following = asyncio.create_task(follow(served.contract, read, served.use, log.append, interval=0.01))
        made = Request("POST", "/notes", (("Content-Type", "application/json"),), b'{"text": "kept"}')
        name = json.loads((await send(made)).body)["id"]
        changed = {**_DOCUMENT, "paths": {**_DOCUMENT["paths"], "/new": {"get": {"responses": {"204": {}}}}}}
        changed["paths"]["/new"]["get"]["responses"]["204"]["description"] = ""
        file.write_text(json.dumps(changed))
        await until("was read again")
        assert (await send(Request("GET", "/new"))).status == 204
        assert json.loads((await send(Request("GET", f"/notes/{name}"))).body)["text"] == "kept"
        file.write_text("{")
        await until("cannot be used; the mock goes on with the one before: notes.json:1:2")
        assert (await send(Request("GET", "/new"))).status == 204
        following.cancel()

    asyncio.run(change())


def test_a_file_gives_the_resources_at_the_beginning(contract: Contract, tmp_path: Path) -> None:
    file = tmp_path / "state.yaml"
    file.write_text("/notes:\n- {id: 7, text: front}\n")
    mock = MockApp(contract, state=read_seeds(contract, file))
    assert json.loads(mock.answer(Request("GET", "/notes/7")).body) == {"id": 7, "text": "front"}
    assert mock.answer(Request("GET", "/notes/8")).status == 404


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[1]", "is not an object"),
        ("/pages: []", 'the contract has no collection "/pages"'),
        ("/notes: {}", '"/notes" is not a list'),
        ("/notes: [{text: front}]", "item 0 has no member that names it"),
        ("/notes: [{id: 1, text: too long}]", "item 0 breaks the contract at text: `text` has at most 5 characters"),
    ],
)
def test_what_does_not_fit_the_contract_is_named(
    contract: Contract, tmp_path: Path, written: str, message: str
) -> None:
    file = tmp_path / "state.yaml"
    file.write_text(written)
    with pytest.raises(UsageError, match=r"state\.yaml") as caught:
        read_seeds(contract, file)
    assert message in str(caught.value)


def test_a_missing_file_is_an_error(contract: Contract, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such file"):
        read_seeds(contract, tmp_path / "none.json")
