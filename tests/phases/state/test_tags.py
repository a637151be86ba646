"""What only several items show, and what an update of one member does to another that stays there."""

from __future__ import annotations

from typing import Any

import pytest

from clausewise.contract.contract import Contract
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive

_TEXT = {"type": "string", "minLength": 1, "maxLength": 30}
_PROPERTIES: dict[str, Any] = {
    "name": _TEXT,
    "level": {"type": "string", "enum": ["low", "mid"]},
    "tags": {"type": "array", "maxItems": 4, "items": _TEXT},
}
_NEW = {"type": "object", "required": ["name"], "additionalProperties": False, "properties": _PROPERTIES}
_CARD = {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}, **_PROPERTIES}}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _takes(key: str, schema: dict[str, Any], status: str) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    responses = {status: _answer(_CARD), "400": {"description": ""}, "404": {"description": ""}}
    return {"operationId": key, "requestBody": body, "responses": responses}


class _Cards:
    def __init__(self, fault: str) -> None:
        self._fault = fault
        self._cards: dict[str, dict[str, Any]] = {}

    def __call__(self, call: Call) -> Answer:
        key = call.path.removeprefix("/cards").strip("/")
        if call.method in ("POST", "PATCH") and not self._is_sound(call.body, call.method == "POST"):
            return 400, {}
        if call.method == "POST":
            card = {"level": "low", **call.body, "id": len(self._cards) + 1}
            if self._fault == "first tag" and "tags" in card:
                card["tags"] = card["tags"][:1]
            self._cards[str(card["id"])] = card
            return 201, card
        if key not in self._cards:
            return 404, {}
        card = self._cards[key]
        if call.method == "PATCH":
            if self._fault == "level" and "tags" in call.body:
                card["level"] = "mid" if card["level"] == "low" else "low"
            card.update(call.body)
        return 200, card

    def _is_sound(self, body: Any, is_new: bool) -> bool:
        if not isinstance(body, dict) or body.keys() - {"name", "level", "tags"} or (is_new and "name" not in body):
            return False
        tags = body.get("tags", [])
        texts = [body.get("name", "a"), *tags] if isinstance(tags, list) and len(tags) < 5 else [None]
        sound = all(isinstance(text, str) and 0 < len(text) <= 30 for text in texts)
        return sound and body.get("level", "low") in ("low", "mid")


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    shown = {"operationId": "get", "responses": {"200": _answer(_CARD), "404": {"description": ""}}}
    patch = _takes("patch", {**_NEW, "required": []}, "200")
    return compiled(
        {
            "paths": {
                "/cards": {"post": _takes("make", _NEW, "201")},
                "/cards/{id}": {"parameters": [key], "get": shown, "patch": patch},
            }
        }
    )


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("", []),
        ("first tag", [("echo-mismatch", "response.200.body.tags")]),
        ("level", [("update-loses-others", "response.200.body.level")]),
    ],
    ids=["none", "the first tag alone is kept", "new tags change the level"],
)
def test_several_items_and_other_members(contract: Contract, fault: str, found: list[tuple[str, str]]) -> None:
    findings = drive(contract, _Cards(fault), phases=("baseline", "lifecycle")).run.findings
    assert [(each.rule, each.where) for each in findings] == found
