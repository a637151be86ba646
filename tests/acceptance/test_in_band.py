"""What a request asks for itself, and what an answer says in its body, is nobody's fault."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clausewise.in_band import refuses_in_band
from clausewise.media.json import json_text
from clausewise.options import RunOptions
from clausewise.results.unaccepted import unaccepted_sentences
from clausewise.runner import run, targets
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, not_offered, paths

_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("body", "refuses"),
    [
        pytest.param({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "no"}}, True, id="JSON-RPC"),
        pytest.param({"jsonrpc": "2.0", "id": 1, "result": {}}, False, id="a result of JSON-RPC"),
        pytest.param({"errors": [{"message": "no"}], "data": None}, True, id="GraphQL"),
        pytest.param({"errors": [{"message": "no"}], "data": {"me": 1}}, False, id="GraphQL with data"),
        pytest.param({"ok": False, "error": "no"}, True, id="not ok"),
        pytest.param({"success": False, "message": "no"}, True, id="no success"),
        pytest.param({"ok": False}, False, id="not ok, without a reason"),
        pytest.param({"ok": True}, False, id="ok"),
        pytest.param({"type": "error", "error": "no"}, True, id="an error by its type"),
        pytest.param({"event": "error", "error": "no"}, True, id="an error by its event"),
        pytest.param({"id": 1, "error": "the last job failed"}, False, id="a member called error"),
        pytest.param({"errors": []}, False, id="no errors"),
        pytest.param([{"ok": False}], False, id="a list"),
    ],
)
def test_a_body_says_that_a_request_was_refused(body: Any, refuses: bool) -> None:
    assert refuses_in_band(json_text(body)) is refuses


@pytest.mark.parametrize(
    ("events", "refuses"),
    [
        pytest.param(b'event: message\ndata: {"jsonrpc": "2.0", "error": {"code": 1}}\n\n', True, id="an error"),
        pytest.param(b'data: {"jsonrpc": "2.0", "result": 1}\n\ndata: {"ok": false}\n\n', False, id="a later error"),
        pytest.param(b'id: 1\nevent: error\ndata: {"error": "gone"}\n\n', True, id="an event called error"),
        pytest.param(b'event: errors_found\ndata: {"errors": 0}\n\n', False, id="an event whose name begins with it"),
        pytest.param(b"event: made\ndata: 1\n\nevent: error\ndata: 2\n\n", False, id="a later event called error"),
        pytest.param(b": nothing yet\n\n", False, id="a comment"),
    ],
)
def test_the_first_event_of_a_stream_says_it(events: bytes, refuses: bool) -> None:
    assert refuses_in_band(events) is refuses


@pytest.mark.parametrize("body", [b"", b"{", b"<p>no</p>"])
def test_what_is_no_json_says_nothing(body: bytes) -> None:
    assert not refuses_in_band(body)


def _order(call: Call) -> str:
    """Why a body is no order; "" where it is one."""
    if call.headers.get("content-type") != "application/json" or not isinstance(call.body, dict):
        return "an object is wanted"
    return "" if isinstance(call.body.get("name"), str) and len(call.body["name"]) <= 40 else "a name is wanted"


@pytest.mark.parametrize("says_so", [True, False], ids=["in the body", "nowhere"])
def test_a_breach_that_is_refused_in_the_body_is_not_accepted(compiled: Compile, says_so: bool) -> None:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        why = _order(call)
        return 200, {"ok": not why, "error": why} if says_so else {"id": 1}

    found = drive(compiled({"paths": paths("POST /orders")}), answer).run.findings
    assert {finding.rule for finding in found} == (set() if says_so else {"invalid-request-accepted"})


def test_an_operation_that_only_refuses_in_the_body_has_accepted_nothing(compiled: Compile) -> None:
    def answer(call: Call) -> Answer:
        return (200, {"ok": False, "error": "not today"}) if call.method == "POST" else not_offered("POST")

    run = drive(compiled({"paths": paths("POST /orders")}), answer).run
    assert [(each.operation, each.answers, each.text) for each in run.unaccepted or ()] == [
        ("POST /orders", ("200",), '{"ok": false, "error": "not today"}')
    ]
    (sentence,) = unaccepted_sentences(run)
    assert sentence.startswith("POST /orders answered 200 with an error in its body to everything")


@pytest.mark.parametrize("obeys", [True, False], ids=["selected", "always"])
def test_an_answer_lacks_what_the_body_did_not_select(compiled: Compile, obeys: bool) -> None:
    names = ("id", "name", "place")
    listed = {"type": "array", "items": {"type": "object", "required": list(names)}}
    body = {
        "type": "object",
        "properties": {"select": {"type": "array", "minItems": 1, "items": {"enum": list(names)}}},
    }
    document = {"paths": paths("POST /desks/search", body=body)}
    content = {"application/json": {"schema": listed}}
    document["paths"]["/desks/search"]["post"]["responses"]["200"]["content"] = content

    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        asked = call.body.get("select", names) if isinstance(call.body, dict) else None
        fine = (
            isinstance(asked, list | tuple) and asked and all(isinstance(name, str) and name in names for name in asked)
        )
        if not fine or call.headers.get("content-type") != "application/json":
            return 400, {"message": "no"}
        return 200, [dict.fromkeys(list(asked or ()) if obeys else ["id"], "x")]

    found = drive(compiled(document), answer).run.findings
    assert {finding.rule for finding in found} == (set() if obeys else {"response-schema"})


@pytest.mark.parametrize("name", ["after_seconds", "waitFor", "after", "size"])
def test_a_server_that_waits_as_it_is_told_is_not_silent(compiled: Compile, name: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        content = (await receive())["body"] if scope["method"] == "POST" else b""
        number = content.partition(b": ")[2].rstrip(b"}").strip() if content.startswith(b"{") else b"x"
        fine = number in (b"",) or number.lstrip(b"-").isdigit()
        if fine and number and int(number) > 1000:
            await asyncio.sleep(1.0)
        status = 405 if scope["method"] != "POST" else 200 if fine else 400
        fields = [(b"content-type", b"application/json"), (b"allow", b"POST")]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": b"{}"})

    body = {"type": "object", "additionalProperties": True, "properties": {name: _WHOLE}}
    contract = compiled({"paths": paths("POST /runs", body=body)})
    result = run.run(contract, targets.Target("app", "waiting", 1, app), RunOptions(timeout=0.3, max_time=60))
    silent = [finding for finding in result.run.findings if finding.rule == "transport-failure"]
    assert bool(silent) is (name in ("after", "size"))
