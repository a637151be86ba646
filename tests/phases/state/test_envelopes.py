"""Updates whose body has the resource in envelopes, with members beside it that are required: JSON:API, for example."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive

_ATTRIBUTES: dict[str, Any] = {
    "name": {"type": "string", "minLength": 1, "maxLength": 40},
    "note": {"type": "string", "maxLength": 40},
}


def _resource(*required: str, has_id: bool = True) -> dict[str, Any]:
    attributes = {"type": "object", "required": list(required), "properties": _ATTRIBUTES}
    own: dict[str, Any] = {"id": {"type": "string"}} if has_id else {}
    properties = {"type": {"type": "string", "enum": ["cards"]}, **own, "attributes": attributes}
    data = {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/vnd.api+json": {"schema": schema}}}


def _operation(key: str, status: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    responses = {status: {"description": "", **_content(_resource("name"))}}
    refusals = {refused: {"description": ""} for refused in ("400", "404", "409")}
    sent = {"requestBody": {"required": True, **_content(body)}} if body is not None else {}
    return {"operationId": key, **sent, "responses": {**responses, **refusals}}


_OWN = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_PATHS: dict[str, Any] = {
    "/cards": {"post": _operation("makeCard", "201", _resource("name", has_id=False))},
    "/cards/{id}": {
        "parameters": [_OWN],
        "get": _operation("getCard", "200"),
        "patch": _operation("changeCard", "200", _resource()),
    },
}


class _Cards:
    def __init__(self, *, resets: bool) -> None:
        self._resets = resets
        self._cards: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        own = call.path.removeprefix("/cards").strip("/")
        if own and own not in self._cards:
            return 404, {}
        status, sent = (200, {}) if call.method == "GET" else self._read(call, own)
        if status != 200:
            return status, {}
        if call.method == "POST":
            own = str(next(self._numbers))
            self._cards[own] = {"note": "", **sent}
            return 201, self._shown(own), {"content-type": "application/vnd.api+json"}
        self._cards[own] |= {"note": "", **sent} if self._resets and sent else sent
        return 200, self._shown(own), {"content-type": "application/vnd.api+json"}

    def _read(self, call: Call, own: str) -> tuple[int, dict[str, Any]]:
        data = call.body.get("data") if isinstance(call.body, dict) else None
        wanted = {"type", "attributes"} | ({"id"} if own else set())
        if not isinstance(data, dict) or data.keys() != wanted or data["type"] != "cards":
            return 400, {}
        sent = data["attributes"]
        if data.get("id", own) != own:
            return 409, {}
        if not isinstance(sent, dict) or not (own or "name" in sent):
            return 400, {}
        texts = [(sent[name], name) for name in _ATTRIBUTES if name in sent]
        if not all(isinstance(text, str) and len(text) <= 40 and (text or name != "name") for text, name in texts):
            return 400, {}
        return 200, {name: text for text, name in texts}

    def _shown(self, own: str) -> dict[str, Any]:
        return {"data": {"type": "cards", "id": own, "attributes": self._cards[own]}}


@pytest.mark.parametrize("resets", [False, True])
def test_a_member_that_is_changed_alone_leaves_the_others(compiled: Compile, resets: bool) -> None:
    found = drive(compiled({"paths": _PATHS}), _Cards(resets=resets), phases=("baseline", "lifecycle")).run.findings
    assert [(each.rule, each.severity) for each in found] == ([("update-loses-others", "error")] if resets else [])
