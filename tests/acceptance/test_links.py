"""Links of answers: what only a link says is sent, in parameters and in bodies, and after the answer that has it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered

_TEXTS: dict[str, Any] = {"type": "object", "properties": {"ticket": {"type": "string"}, "shown": {"type": "string"}}}
_NUMBER: dict[str, Any] = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _operation(name: str, answer: dict[str, Any], **members: Any) -> dict[str, Any]:
    refused = {status: {"description": "refused"} for status in ("400", "404")}
    return {"operationId": name, "responses": {"200": {"description": "", **_json(answer)}, **refused}, **members}


_BODY = {"required": True, **_json({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}})}
_WHOLE = {"required": True, **_json({**_TEXTS, "required": ["ticket", "shown"]})}
_LINKS: dict[str, Any] = {
    "Look": {"operationId": "look", "parameters": {"query.by": "$response.body#/shown"}},
    "Renew": {"operationId": "renew", "requestBody": {"a": "$response.body#/ticket"}},
    "Return": {"operationId": "giveBack", "requestBody": "$response.body"},
}
_BY = {"name": "by", "in": "query", "required": True, "schema": {"type": "string"}}


def _document() -> dict[str, Any]:
    draw = _operation("draw", {**_TEXTS, "required": ["ticket", "shown"]})
    draw["responses"]["200"]["links"] = _LINKS
    return {
        "paths": {
            "/look": {"get": _operation("look", _NUMBER, parameters=[_BY])},
            "/renewals": {"post": _operation("renew", _NUMBER, requestBody=_BODY)},
            "/returns": {"post": _operation("giveBack", _NUMBER, requestBody=_WHOLE)},
            "/tickets": {"post": draw},
        }
    }


def _tickets(number: Any) -> Callable[[Call], Answer]:
    """A server that answers `{"n": number}` to whoever has a ticket of its own."""
    drawn: set[str] = set()
    numbers = itertools.count(1)

    def answer(call: Call) -> Answer:
        path, body = call.path, call.body if isinstance(call.body, dict) else {}
        if call.method != ("GET" if path == "/look" else "POST"):
            return not_offered("GET" if path == "/look" else "POST")
        if path == "/tickets":
            ticket, shown = (f"{kind}-{next(numbers):06d}-zx" for kind in ("t", "s"))
            drawn.update((ticket, shown))
            return 200, {"ticket": ticket, "shown": shown}
        asked = {
            "/look": parse_qs(call.query).get("by", [None]),
            "/renewals": [body.get("a")],
            "/returns": [body.get("ticket"), body.get("shown")],
        }[path]
        is_json = path == "/look" or call.headers.get("content-type", "").startswith("application/json")
        if not is_json or not all(isinstance(one, str) for one in asked):
            return 400, None
        return (200, {"n": number}) if drawn.issuperset(asked) else (404, None)

    return answer


def test_what_a_link_gives_reaches_its_operation(compiled: Compile) -> None:
    result = drive(compiled(_document()), _tickets(1))
    assert result.run.findings == ()
    assert result.run.coverage.operations.accepted == 4


def test_a_fault_behind_a_link_is_found(compiled: Compile) -> None:
    result = drive(compiled(_document()), _tickets("many"))
    found = sorted(operation for each in result.run.findings for operation in each.operations)
    assert found == ["giveBack", "look", "renew"]
