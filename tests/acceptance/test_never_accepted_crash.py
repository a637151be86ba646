"""Where an operation accepts no request, a crash is blamed on a value only where others do not crash alike."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths

_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["protocol", "host"],
    "properties": {
        "protocol": {"enum": ["http", "https", "ssh"]},
        "host": {"type": "string", "maxLength": 40},
        "note": {"type": "string", "maxLength": 40},
    },
}


def _is_valid(body: Any) -> bool:
    texts = isinstance(body, dict) and all(isinstance(body.get(name, ""), str) for name in ("host", "note"))
    return (
        texts
        and body.get("protocol") in _BODY["properties"]["protocol"]["enum"]
        and "host" in body
        and all(len(body.get(name, "")) <= 40 for name in ("host", "note"))
    )


@pytest.mark.parametrize(
    ("crashing", "blamed"),
    [
        pytest.param(("http", "https", "ssh"), "to a generated body", id="on whatever it takes"),
        pytest.param(("https",), 'where `protocol` is "https"', id="on one value"),
        pytest.param((), "", id="never"),
    ],
)
def test_a_value_beside_a_refused_one_is_blamed_only_where_others_do_not_crash_alike(
    compiled: Compile, crashing: tuple[str, ...], blamed: str
) -> None:
    """What a server refuses never reaches the code that crashes: a change of it that does is not to blame."""

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        if call.headers.get("content-type") != "application/json" or not _is_valid(call.body):
            return 400, {"message": "no"}
        if call.body["protocol"] == "http" and "note" in call.body:
            return 400, {"message": "the computer is already registered"}
        is_crash = call.body["protocol"] in crashing
        return (500, b"Internal Server Error", {"content-type": "text/plain"}) if is_crash else (201, None)

    result = drive(compiled({"paths": paths("POST /computes", body=_BODY)}), answer)
    told = [finding.message for finding in result.run.findings if finding.rule == "server-error"]
    assert len(told) == bool(crashing) and all(blamed in message for message in told)


@pytest.mark.parametrize(
    ("odd", "blamed"),
    [
        pytest.param("", "`style` is an empty string", id="an empty text"),
        pytest.param("abcde", '`style` is "abcde"', id="any other text"),
    ],
)
def test_a_parameter_that_is_read_before_the_rest_is_refused_is_tried_with_odd_values(
    compiled: Compile, odd: str, blamed: str
) -> None:
    """The example of the contract is fine, and the operation takes no request of the run."""
    style = {"name": "style", "in": "query", "schema": {"type": "string", "example": "gamma 1"}}

    def answer(call: Call) -> Answer:
        if call.method != "GET":
            return not_offered("GET")
        if ("style", odd) in parse_qsl(call.query, keep_blank_values=True):
            return 500, b"Internal Server Error", {"content-type": "text/plain"}
        return 400, {"message": "wrong number of keys"}

    document = {"paths": paths("GET /tiles/{keys}")}
    document["paths"]["/tiles/{keys}"]["get"]["parameters"] = [style]
    found = drive(compiled(document), answer).run.findings
    (crash,) = [finding for finding in found if finding.rule == "server-error"]
    assert blamed in crash.message
