"""Strings that hold documents or bytes: what is made for them can be decoded."""

from __future__ import annotations

import json
import random
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from clausewise.generation.strategy import any_value
from clausewise.values.generate import generate
from tests.conftest import MessageOf

_PAIR = {"type": "object", "required": ["z"], "properties": {"z": {"type": "integer", "minimum": 3}}}
_JSON = {"type": "string", "contentMediaType": "application/json", "contentSchema": _PAIR}
_BYTES = {"type": "string", "contentEncoding": "base64", "minLength": 12}
_BOTH = {**_JSON, "contentEncoding": "base64"}


def _check(value: Any) -> None:
    assert json.loads(value["json"])["z"] >= 3
    b64decode(value["bytes"], validate=True)
    assert len(value["bytes"]) >= 12


def test_what_is_made_can_be_decoded(message_of: MessageOf) -> None:
    members = {"json": _JSON, "bytes": _BYTES, "both": _BOTH}
    message = message_of({"type": "object", "required": list(members), "properties": members})
    for seed in range(5):
        value = generate(message, random.Random(seed), optional=True)
        _check(value)
        assert json.loads(b64decode(value["both"], validate=True))["z"] >= 3


def test_what_is_drawn_can_be_decoded(message_of: MessageOf) -> None:
    members = {"json": _JSON, "bytes": _BYTES}
    message = message_of({"type": "object", "required": list(members), "properties": members})

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(any_value(message))
    def check(value: Any) -> None:
        _check(value)

    check()


@pytest.mark.parametrize("schema", [_JSON, _BYTES])
def test_what_cannot_be_decoded_breaks_nothing(message_of: MessageOf, schema: dict[str, Any]) -> None:
    assert message_of(schema).is_valid("no JSON, no Base64")


def test_another_rule_of_the_string_comes_first(message_of: MessageOf) -> None:
    message = message_of({**_JSON, "pattern": "^[a-z]+$"})
    assert message.is_valid(generate(message, random.Random(1), optional=True))
