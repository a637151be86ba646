"""Each request has an `Idempotency-Key` of its own, but for those that try another one in its place."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive

_KEY = {"name": "Idempotency-Key", "in": "header", "required": True}
_BODY = {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "integer"}}}
_CODES = {str(status): {"description": ""} for status in (201, 400)}


class _Bank:
    def __init__(self, *, checks: bool) -> None:
        self._checks = checks
        self._numbers = itertools.count(1)
        self.keys: list[str] = []

    def __call__(self, call: Call) -> Answer:
        key = call.headers.get("idempotency-key", "")
        total = call.body.get("sum") if isinstance(call.body, dict) else None
        if not isinstance(total, int) or isinstance(total, bool) or not key:
            return 400, {"message": "refused"}
        if self._checks and not 8 <= len(key) <= 16:
            return 400, {"message": "refused"}
        self.keys.append(key)
        return 201, {"id": next(self._numbers)}


@pytest.mark.parametrize(("checks", "found"), [(True, []), (False, ["invalid-request-accepted"] * 2)])
def test_a_key_that_is_too_short_or_too_long_is_sent_as_it_is(
    compiled: Compile, checks: bool, found: list[str]
) -> None:
    schema = {"type": "string", "minLength": 8, "maxLength": 16}
    post: dict[str, Any] = {
        "operationId": "pay",
        "parameters": [{**_KEY, "schema": schema}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
        "responses": _CODES,
    }
    bank = _Bank(checks=checks)
    contract = compiled({"paths": {"/payments": {"post": post}}})
    result = drive(contract, bank, phases=("baseline", "clauses"))
    assert [finding.rule for finding in result.run.findings if "Idempotency-Key" in finding.message] == found
