"""The callbacks that a mock sends, and where it sends none."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Request, Response
from clausewise.mockserver.app import MockApp
from clausewise.mockserver.callbacks import CallbackSender
from clausewise.transport.asgi import AsgiTransport
from tests.conftest import Compile
from tests.servers.hooks import Hit, listening

_URL = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}, "id": {"type": "integer"}}}
_EVENT = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 5}, "n": {"type": "integer", "maximum": 9}},
    "additionalProperties": False,
}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    sent = {
        "requestBody": _json(_EVENT),
        "parameters": [
            {"name": "X-Event", "in": "header", "required": True, "schema": {"enum": ["done"]}},
            {"name": "at", "in": "query", "required": True, "schema": {"enum": [7]}},
        ],
        "responses": {"204": {"description": ""}},
    }
    made = {
        "201": {"description": "", "content": {"application/json": {"schema": _URL, "example": {"url": "u", "id": 3}}}}
    }
    return compiled(
        {
            "paths": {
                "/jobs": {
                    "post": {
                        "operationId": "start",
                        "requestBody": _json(_URL),
                        "responses": made,
                        "callbacks": {"done": {"{$request.body#/url}/jobs/{$response.body#/id}": {"put": sent}}},
                    }
                }
            }
        }
    )


def _start(url: str) -> Request:
    return Request("POST", "/jobs", (("Content-Type", "application/json"),), json.dumps({"url": url}).encode())


def _call(app: MockApp, request: Request, hits: list[Hit]) -> Response:
    async def call() -> Any:
        async with AsgiTransport(app) as transport:
            answer = await transport.send(request)
            until = time.monotonic() + 5
            while not hits and time.monotonic() < until:
                await asyncio.sleep(0.005)
            return answer

    answer = asyncio.run(call())
    assert isinstance(answer, Response)
    return answer


def test_an_accepted_request_is_followed_by_a_valid_callback(contract: Contract) -> None:
    with listening() as (url, hits):
        assert _call(MockApp(contract, 1), _start(url), hits).status == 201
        (hit,) = hits
    assert (hit.method, hit.target) == ("PUT", "/jobs/3?at=7")
    assert (hit.headers["x-event"], hit.headers["content-type"]) == ("done", "application/json")
    body = json.loads(hit.body)
    assert set(body) == {"name", "n"}
    assert len(body["name"]) <= 5
    assert body["n"] <= 9


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://192.0.2.7/a", "192.0.2.7 is not this machine (--callback-host 192.0.2.7 allows it)"),
        ("http://127.0.0.1.example.com/", "127.0.0.1.example.com is not this machine"),
        ("http://0.0.0.0/", "0.0.0.0 is not this machine"),
        ("http://localhost@192.0.2.7/", "192.0.2.7 is not this machine"),
        ("file:///etc/passwd", "its URL is not one of HTTP"),
        ("//127.0.0.1/", "its URL is not one of HTTP"),
        ("http://[", "its URL is none"),
    ],
)
def test_other_hosts_are_not_called(contract: Contract, url: str, reason: str) -> None:
    lines: list[str] = []
    sender = CallbackSender(contract, 1, log=lines.append)
    operation, made = contract.operation("start"), Response(201, (), b'{"url": "u", "id": 3}')
    sender.follow(operation, _start(url), made)
    assert len(lines) == 1
    assert lines[0].startswith(f"PUT done of start: not sent: {reason}")


def test_what_is_refused_has_no_callback(contract: Contract) -> None:
    lines: list[str] = []
    app = MockApp(contract, 1, callbacks=CallbackSender(contract, 1, log=lines.append))
    request = Request("POST", "/jobs", (("Content-Type", "application/json"),), b"{}")
    app.follow(request, app.reply(request))
    assert lines == []


def test_without_a_value_for_its_url_there_is_none(contract: Contract) -> None:
    sender = CallbackSender(contract, 1)
    assert not list(sender.due(contract.operation("start"), _start("http://127.0.0.1/"), Response(201)))
