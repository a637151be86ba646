"""Callbacks that are received: a server that sends them as documented, and servers with one fault each."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.options import RunOptions
from clausewise.runner import reception, run, targets
from clausewise.runner.reception import open_reception
from tests.conftest import Compile
from tests.servers.small import Answer, Call, app_of, not_offered

_EVENT = {
    "type": "object",
    "required": ["state", "job"],
    "properties": {"state": {"enum": ["done", "failed"]}, "job": {"type": "integer"}},
}
_QUICK: dict[str, Any] = {"phases": ("baseline", "clauses")}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _document(callbacks: dict[str, Any], body: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    hook = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string", "format": "uri"}}}
    schema = {"type": "object", "required": ["hook"], "properties": {"hook": hook}}
    made = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    post = {
        "operationId": "start",
        "requestBody": _json(body or schema),
        "responses": {"202": {"description": "", **_json(made)}, "400": {"description": ""}},
        "callbacks": callbacks,
        **members,
    }
    del post["responses"]["202"]["required"]
    return {"paths": {"/jobs": {"post": post}}}


_ONE = {
    "{$request.body#/hook/url}/jobs/{$response.body#/id}": {
        "put": {
            "parameters": [{"name": "X-Try", "in": "header", "required": True, "schema": {"type": "integer"}}],
            "requestBody": _json(_EVENT),
            "responses": {"202": {"description": "", **{"content": {"text/plain": {"example": "thanks"}}}}},
        }
    }
}


@pytest.fixture
def contract(compiled: Compile) -> Contract:
    return compiled(_document({"done": _ONE}))


class _Jobs:
    """Takes jobs, and sends what `sends` makes of the number of each: method, what stands behind the URL, headers and
    body."""

    def __init__(self, sends: Callable[[int], tuple[str, str, dict[str, str], Any] | None], *, first: bool) -> None:
        self._sends = sends
        #: whether it answers only after that
        self._first = first
        self._number = 0
        self.answers: list[tuple[int, bytes]] = []

    def __call__(self, call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        hook = call.body.get("hook") if isinstance(call.body, dict) else None
        url = hook.get("url") if isinstance(hook, dict) else None
        is_json = call.headers.get("content-type") == "application/json"
        if not isinstance(url, str) or not urlsplit(url).scheme or not is_json:
            return 400, None
        self._number += 1
        what = self._sends(self._number)
        if what is not None:
            sending = threading.Thread(target=self._send, args=(url, *what), daemon=True)
            sending.start()
            if self._first:
                sending.join(5)
        return 202, {"id": self._number}

    def _send(self, url: str, method: str, behind: str, headers: dict[str, str], body: Any) -> None:
        parts = urlsplit(url)
        if parts.hostname != "127.0.0.1":
            return
        line = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=5)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        line.request(method, parts.path + behind, content, headers)
        answer = line.getresponse()
        self.answers.append((answer.status, answer.read()))
        line.close()


_HEADERS = {"Content-Type": "application/json", "X-Try": "1"}


def _right(number: int) -> tuple[str, str, dict[str, str], Any]:
    return "PUT", f"/jobs/{number}", _HEADERS, {"state": "done", "job": number}


def _drive(contract: Contract, server: Callable[[Call], Answer], **options: Any) -> run.Result:
    target = targets.Target("app", "small", 4, app_of(server))
    return run.run(contract, target, RunOptions(**{**_QUICK, **options}))


@pytest.mark.parametrize("first", [False, True], ids=["after the answer", "before the answer"])
def test_a_right_server_has_no_finding(contract: Contract, first: bool) -> None:
    server = _Jobs(_right, first=first)
    result = _drive(contract, server)
    assert result.run.findings == ()
    verdicts = {each.verdict for each in result.run.clauses if each.operation == "PUT done of start"}
    assert verdicts == {"upheld"}
    assert set(server.answers) == {(202, b"thanks")}


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        (0, "POST", "was sent with POST; the contract says PUT"),
        (1, "/jobs/0", "has `/jobs/0` behind the URL that it got; the contract says `/jobs/"),
        (2, {"Content-Type": "application/json"}, "lacks the header parameter `X-Try`"),
        (2, {"Content-Type": "application/json", "X-Try": "one"}, "`X-Try`"),
        (2, {"Content-Type": "text/plain", "X-Try": "1"}, "has the media type text/plain"),
        (3, {"state": "DONE", "job": 1}, '`state` = "DONE"'),
        (3, {"state": "done"}, "lacks `job`"),
        (3, b"{", "has a body that"),
        (3, b"", "has no body"),
    ],
    ids=["method", "path", "no header", "header", "media type", "value", "member", "no JSON", "no body"],
)
def test_each_fault_is_one_finding(contract: Contract, part: int, value: Any, says: str) -> None:
    def wrong(number: int) -> tuple[str, str, dict[str, str], Any]:
        sent: list[Any] = list(_right(number))
        sent[part] = value
        return sent[0], sent[1], sent[2], sent[3]

    result = _drive(contract, _Jobs(wrong, first=True))
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity) == ("callback-mismatch", "error")
    assert says in finding.message
    assert finding.curl is not None
    assert "/jobs" in finding.curl


def test_a_callback_that_does_not_come(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "WITHIN", 0.1)
    result = _drive(contract, _Jobs(lambda _: None, first=True))
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity) == ("callback-missing", "warning")
    clauses = [each for each in result.run.clauses if each.operation == "PUT done of start"]
    assert {(each.verdict, each.reason) for each in clauses} == {("untested", "no callback came within 0.1 s")}


def test_one_that_comes_now_and_then_is_not_missed(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "_MORE_WITHIN", 0.1)
    result = _drive(contract, _Jobs(lambda number: _right(number) if number == 1 else None, first=True))
    assert result.run.findings == ()


def test_a_url_in_the_query_and_two_callbacks(compiled: Compile) -> None:
    def hook(*states: str) -> dict[str, Any]:
        event = {"type": "object", "properties": {"state": {"enum": [*states]}}, "required": ["state"]}
        return {
            "{$request.query.to}": {"post": {"requestBody": _json(event), "responses": {"200": {"description": ""}}}}
        }

    to = {"name": "to", "in": "query", "required": True, "schema": {"type": "string"}}
    any_body = {"type": "object"}
    members = {"parameters": [to]}
    contract = compiled(_document({"began": hook("begun"), "ended": hook("done")}, any_body, **members))
    sent: list[str] = []

    def server(call: Call) -> Answer:
        url = parse_qs(call.query).get("to", [""])[0]
        if call.method != "POST":
            return not_offered("POST")
        if not url or not isinstance(call.body, dict) or call.headers.get("content-type") != "application/json":
            return 400, None
        parts = urlsplit(url)
        for state in ("begun", "done"):
            line = http.client.HTTPConnection(parts.netloc, timeout=5)
            line.request("POST", parts.path, json.dumps({"state": state}), {"Content-Type": "application/json"})
            sent.append(str(line.getresponse().status))
            line.close()
        return 202, {"id": 1}

    result = _drive(contract, lambda call: server(call) if "127.0.0.1" in call.query else _elsewhere(call))
    assert result.run.findings == ()
    assert set(sent) == {"200"}
    heard = {each.operation for each in result.run.clauses if each.verdict == "upheld"}
    assert heard == {"start", "POST began of start", "POST ended of start"}


def _elsewhere(call: Call) -> Answer:
    """The answer of the same server to a request whose URL it does not call."""
    named = parse_qs(call.query).get("to")
    if call.method != "POST":
        return not_offered("POST")
    is_right = named and isinstance(call.body, dict) and call.headers.get("content-type") == "application/json"
    return (202, {"id": 1}) if is_right else (400, None)


def test_nothing_listens_without_callbacks(compiled: Compile) -> None:
    contract = compiled(_document({}))
    target = targets.Target("url", "http://127.0.0.1:1", 1)
    assert open_reception(contract.operations, target, RunOptions()) == (None, "")


def test_a_server_elsewhere_needs_a_url(contract: Contract) -> None:
    target = targets.Target("url", "https://api.example.com", 1)
    nobody, why = open_reception(contract.operations, target, RunOptions())
    assert nobody is None
    assert why == (
        "the callbacks of start are not tested: https://api.example.com is not on this machine; --callback-url names a "
        "URL that leads here"
    )


@pytest.mark.parametrize(
    ("url", "listen", "message"),
    [
        ("https://hooks.example.com/a", None, "has no port"),
        ("hooks", None, "is not an HTTP URL"),
        ("https://hooks.example.com/a", "nine", "is not an address"),
    ],
)
def test_where_the_receiver_cannot_listen(contract: Contract, url: str, listen: str | None, message: str) -> None:
    options = RunOptions(callback_url=url, callback_listen=listen)
    target = targets.Target("url", "https://api.example.com", 1)
    with pytest.raises(UsageError, match=message):
        open_reception(contract.operations, target, options)


def test_what_the_contract_does_not_allow_at_the_place_is_not_sent(compiled: Compile) -> None:
    hook = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string", "pattern": "^https://"}}}
    contract = compiled(
        _document({"done": _ONE}, {"type": "object", "required": ["hook"], "properties": {"hook": hook}})
    )
    result = _drive(contract, _Jobs(_right, first=True))
    assert any("the URL of the receiver" in note and "--callback-url" in note for note in result.notes)
    assert not [each for each in result.run.findings if each.rule.startswith("callback")]


def test_a_url_that_no_request_gives_is_said(compiled: Compile) -> None:
    fixed = {
        "https://hooks.example.com/{$request.body#/hook/url}": _ONE[
            "{$request.body#/hook/url}/jobs/{$response.body#/id}"
        ]
    }
    result = _drive(compiled(_document({"done": fixed})), _Jobs(lambda _: None, first=True))
    assert any("does not begin with a value of the request" in note for note in result.notes)
    assert {each.operation for each in result.run.clauses} == {"start"}
