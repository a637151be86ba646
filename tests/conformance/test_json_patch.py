"""Refusals of JSON Patches: what an operation of one may be depends on what it is applied to."""

from __future__ import annotations

import pytest

from clausewise.conformance.request import judge_outcome
from clausewise.exchange import Exchange, Probe, Request, Response
from tests.conftest import Compile

_STEP = {
    "type": "object",
    "required": ["op", "path", "value"],
    "properties": {"op": {"const": "replace"}, "path": {"pattern": "^/(name|level)$"}, "value": {"type": "string"}},
}
_SENT = b'[{"op": "replace", "path": "/level", "value": "abc"}]'


@pytest.mark.parametrize(
    ("media_type", "told"),
    [
        ("application/json-patch+json", []),
        ("application/json-patch+json; charset=utf-8", []),
        ("application/json", ["valid-request-rejected"]),
    ],
)
def test_a_refused_patch_shows_nothing(compiled: Compile, media_type: str, told: list[str]) -> None:
    body = {"required": True, "content": {media_type: {"schema": {"type": "array", "items": _STEP}}}}
    responses = {status: {"description": ""} for status in ("200", "422")}
    document = {"paths": {"/settings": {"patch": {"requestBody": body, "responses": responses}}}}
    operation = compiled(document).operations[0]
    clause = next(each for each in operation.clauses if each.keyword == "pattern")
    probe = Probe(operation.key, "pairs", '`path` is "/level"', "accept", clause.key, deviates_at=("body", 0, "path"))
    request = Request("PATCH", "/settings", (("Content-Type", media_type),), _SENT)
    refusal = Response(422, (("Content-Type", "text/plain"),), b"not so")
    found, evidence = judge_outcome(
        operation, Exchange("1", request, refusal, probe=probe), {each.key: each for each in operation.clauses}
    )
    assert [each.rule for each in found] == told
    assert evidence == []
