"""Servers that shut the run out in the middle, and servers that only look as if they did.

What is refused from then on says nothing of the contract: it is sent again with a new login, or the run stops, names
the request that did it, and keeps what it had found.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import TargetError
from clausewise.options import RunOptions
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target, url_target
from tests.conftest import Compile
from tests.servers.small import Answer, Call, app_of, drive

MINE = (("Authorization", "Bearer mine"),)
BAN = {"message": "shut out"}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = asyncio.sleep

    async def at_once(seconds: float, result: Any = None) -> Any:
        return await sleep(0, result)

    monkeypatch.setattr(asyncio, "sleep", at_once)


class Notes:
    """Notes with a text of nine characters at most, and a correct server of them, but that it takes any `stars`."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []

    def __call__(self, call: Call) -> Answer:
        self.calls.append(call.line)
        _, _, name = call.path[1:].partition("/")
        offered = ("GET",) if name else ("GET", "POST")
        if call.method not in offered:
            return 405, {"message": "no such method"}, {"allow": ", ".join(offered)}
        if name:
            return (200, self.kept[name]) if name in self.kept else (404, {"message": "no such note"})
        if call.method == "GET":
            return 200, list(self.kept.values())
        body = call.body
        if not isinstance(body, dict) or not isinstance(body.get("text"), str) or len(body["text"]) > 9:
            return 400, {"message": "no note"}
        stars = body.get("stars")
        rated = {"stars": stars} if type(stars) is int and stars <= 5 else {}
        note = {"id": f"n{len(self.kept)}", "text": body["text"], **rated}
        self.kept[note["id"]] = note
        return 201, note


NOTE: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "maxLength": 9}, "stars": {"type": "integer", "maximum": 5}},
}


def notes(compiled: Compile, further: dict[str, Any] | None = None, *, security: bool = False) -> Contract:
    """The contract of `Notes`: any error may be answered with `default`."""
    content = {"application/json": {"schema": NOTE}}
    default = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    every = {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": NOTE}}}}

    def responses(status: str, entry: Any) -> dict[str, Any]:
        return {"responses": {status: entry, "default": default}}

    one = {"description": "", "content": content}
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/notes": {
            "get": {"operationId": "list", **responses("200", every)},
            "post": {
                "operationId": "add",
                "requestBody": {"required": True, "content": content},
                **responses("201", one),
            },
        },
        "/notes/{id}": {"get": {"operationId": "read", "parameters": [identifier], **responses("200", one)}},
        **(further or {}),
    }
    declared = {
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
    return compiled({"paths": paths, **(declared if security else {})})


def from_the(number: int, server: Notes, ban: Answer) -> Callable[[Call], Answer]:
    """`server`, which answers `ban` from its request of this number on."""

    def answer(call: Call) -> Answer:
        return server(call) if len(server.calls) < number else ban

    return answer


def rules(result: Result) -> list[str]:
    return [finding.rule for finding in result.run.findings]


def verdicts(result: Result) -> dict[str, str]:
    return {f"{clause.operation} {clause.id} {clause.where}": clause.verdict for clause in result.run.clauses}


@pytest.mark.parametrize(
    "ban",
    [
        (400, BAN),
        (401, BAN),
        (403, BAN),
        (404, BAN),
        (429, BAN, {"Retry-After": "9"}),
        (302, None, {"Location": "/login"}),
        (200, b"<title>Are you human?</title>", {"content-type": "text/html"}),
        (503, b"<title>Checking your browser</title>", {"content-type": "text/html"}),
        (503, b"upstream is shut out", {"content-type": "text/plain"}),
        (504, b"<title>Gateway Timeout</title>", {"content-type": "text/html"}),
        (511, BAN),
    ],
    ids=lambda ban: f"{ban[0]}-{ban[2]['content-type']}" if len(ban) > 2 and "content-type" in ban[2] else str(ban[0]),
)
@pytest.mark.parametrize("headers", [(), MINE], ids=["nobody", "somebody"])
def test_a_ban_in_the_middle_is_noticed_and_nothing_is_concluded_from_it(
    compiled: Compile, ban: Answer, headers: Any
) -> None:
    server = Notes()
    result = drive(notes(compiled), from_the(30, server, ban), headers=headers)
    assert isinstance(result.stopped, TargetError)
    answered = "200 with text/html" if ban[0] == 200 else ban[0]
    assert f" answers {answered} to a request that it accepted before" in str(result.stopped)
    shown = [exchange.response for exchange in result.exchanges if exchange.response is not None]
    assert shown and not any(b"shut out" in answer.body or answer.status in (302, 503, 504) for answer in shown)
    assert set(rules(result)) <= {"invalid-request-accepted"}


def test_an_acceptance_says_nothing_of_what_was_refused_after_it_went_out(compiled: Compile) -> None:
    """It is the last one before the ban, and takes longer than three refusals."""
    server, enough = Notes(), asyncio.Event()
    last, refused = list[Call](), list[Call]()

    def reply(call: Call) -> Answer:
        if last:
            refused.append(call)
            if len(refused) == 3:
                enough.set()
            return 400, BAN
        answer = server(call)
        if len(server.calls) > 40 and answer[0] < 300:
            last.append(call)
        return answer

    async def app(scope: Any, receive: Any, send: Any) -> None:
        before = len(last)

        async def send_late(message: Any) -> None:
            if len(last) > before and not enough.is_set():
                await asyncio.wait_for(enough.wait(), 9)
            await send(message)

        await app_of(reply)(scope, receive, send_late)

    result = run(notes(compiled), Target("app", "late", 4, app), RunOptions())
    assert "list answers 400 to a request that it accepted before" in str(result.stopped)
    assert enough.is_set()
    assert not any(
        b"shut out" in exchange.response.body for exchange in result.exchanges if exchange.response is not None
    )


def test_what_was_found_before_a_ban_stays(compiled: Compile) -> None:
    result = drive(notes(compiled), from_the(95, Notes(), (403, BAN)))
    assert result.stopped is not None and set(rules(result)) == {"invalid-request-accepted"}
    assert result.run.coverage.clauses.upheld > 3


@pytest.mark.slow
@pytest.mark.parametrize("number", [25, 40])
def test_a_server_that_closes_every_connection_is_not_blamed_for_each(compiled: Compile, number: int) -> None:
    server = Notes()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request() or len(server.calls) >= number:
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                document = json.loads(body)
            except ValueError:
                document = None
            status, value = server(Call(self.command, self.path.partition("?")[0], document, {}))[:2]
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        result = run(notes(compiled), url_target(f"http://127.0.0.1:{listening.server_port}", 2), RunOptions())
        listening.shutdown()
        thread.join()
    assert "does not answer any more" in str(result.stopped) and "the first request without an answer" in str(
        result.stopped
    )
    assert "transport-failure" not in rules(result)


class Tokens:
    """Any token lets in this many requests; the answer to others is a refusal."""

    def __init__(self, lasts: int, refusal: Answer = (401, {"message": "who?"})) -> None:
        self.server, self.lasts, self.refusal = Notes(), lasts, refusal
        self.used: dict[str, int] = {}

    def __call__(self, call: Call) -> Answer:
        token = call.headers.get("authorization", "")
        if not token.startswith("Bearer ") or len(token) < 9:
            return self.refusal
        self.used[token] = self.used.get(token, 0) + 1
        return self.server(call) if self.used[token] <= self.lasts else self.refusal


COMMAND = (sys.executable, "-c", "import uuid; print('Authorization: Bearer', uuid.uuid4().hex)")


@pytest.mark.slow
@pytest.mark.parametrize("security", [True, False], ids=["declared", "not declared"])
@pytest.mark.parametrize(
    "refusal", [(401, BAN), (403, BAN), (302, None, {"Location": "/login"})], ids=["401", "403", "302"]
)
def test_a_token_that_ends_is_renewed_and_no_verdict_differs(
    compiled: Compile, security: bool, refusal: Answer
) -> None:
    contract = notes(compiled, security=security)
    options: dict[str, Any] = {"headers": MINE, "credentials_command": COMMAND}
    lasting, ending = Tokens(10_000, refusal), Tokens(45, refusal)
    expected, result = drive(contract, lasting, **options), drive(contract, ending, **options)
    assert expected.stopped is None and result.stopped is None
    assert len(ending.used) > 2
    assert verdicts(result) == verdicts(expected) and rules(result) == rules(expected)


@pytest.mark.parametrize("security", [True, False], ids=["declared", "not declared"])
def test_a_token_that_ends_for_good_stops_the_run(compiled: Compile, security: bool) -> None:
    result = drive(notes(compiled, security=security), Tokens(40), headers=MINE)
    assert "the login is lost" in str(result.stopped) and "credentials-command" in str(result.stopped)


def test_new_credentials_that_are_refused_as_well_stop_the_run(compiled: Compile) -> None:
    same = (sys.executable, "-c", "print('Authorization: Bearer mine')")
    result = drive(notes(compiled, security=True), Tokens(40), headers=MINE, credentials_command=same)
    assert "also with new credentials" in str(result.stopped)


DELETE_ALL = {
    "delete": {"operationId": "wipe", "responses": {"204": {"description": ""}, "default": {"description": ""}}}
}


def test_the_request_that_ended_the_login_comes_last_and_is_named(compiled: Compile) -> None:
    server, lines = Notes(), list[str]()

    def answer(call: Call) -> Answer:
        if call.headers.get("authorization") != "Bearer mine" or "DELETE /members" in lines:
            return 401, {"message": "who?"}
        lines.append(call.line)
        return (204, None) if call.line == "DELETE /members" else server(call)

    result = drive(notes(compiled, {"/members": DELETE_ALL}), answer, headers=MINE)
    assert "wipe (DELETE /members) most likely did it" in str(result.stopped)
    assert lines[-1] == "DELETE /members"
    assert set(rules(result)) == {"invalid-request-accepted"}
    others = [clause for clause in result.run.clauses if clause.operation == "add"]
    assert sum(clause.verdict == "upheld" for clause in others) > 2


def test_a_public_operation_is_no_sign_of_a_login(compiled: Compile) -> None:
    """It is accepted all the time, whoever asks."""
    tokens = Tokens(30)
    health = {
        "get": {"operationId": "aHealth", "responses": {"200": {"description": ""}, "default": {"description": ""}}}
    }
    contract = notes(compiled, {"/health": health, "/alive": {"get": {**health["get"], "operationId": "anAlive"}}})

    def answer(call: Call) -> Answer:
        return (200, {}) if call.path in ("/health", "/alive") and call.method == "GET" else tokens(call)

    assert "the login is lost" in str(drive(contract, answer, headers=MINE).stopped)


GET = {"responses": {"200": {"description": ""}, "default": {"description": ""}}}


def _only_for_admins(call: Call, server: Notes) -> Answer:
    return (403, BAN) if call.path == "/more" else server(call)


def _once(call: Call, server: Notes) -> Answer:
    if call.path != "/more":
        return server(call)
    server.calls.append(call.line)
    return (200, {"token": "one-time"}) if server.calls.count(call.line) == 1 else (403, BAN)


def _goes_away(call: Call, server: Notes) -> Answer:
    """What it reads ceases to be after some requests."""
    if call.path != "/more":
        return server(call)
    server.calls.append(call.line)
    return (200, {}) if len(server.calls) < 20 else (404, BAN)


def _is_limited(call: Call, server: Notes) -> Answer:
    return (429, BAN) if call.path == "/more" else server(call)


def _refuses_alike(call: Call, server: Notes) -> Answer:
    status, value = (200, {}) if call.path == "/more" else server(call)[:2]
    return (status, value) if status < 300 else (400, {})


def _sends_to_elsewhere(call: Call, server: Notes) -> Answer:
    return (302, None, {"Location": "/other"}) if call.path == "/more" else server(call)


def _shows_pages(call: Call, server: Notes) -> Answer:
    status, value = (200, {}) if call.path == "/more" else server(call)[:2]
    return (status, value) if status < 300 else (status, b"<h1>Bad Request</h1>", {"content-type": "text/html"})


def _lists_what_is_there(call: Call, server: Notes) -> Answer:
    """An empty list is a 404, and the notes are gone after some requests."""
    if call.line == "GET /notes" and len(server.calls) > 30:
        return 404, {"message": "no such note"}
    return (200, {}) if call.path == "/more" else server(call)


@pytest.mark.parametrize("headers", [(), MINE], ids=["nobody", "somebody"])
@pytest.mark.parametrize(
    "behaves",
    [
        _only_for_admins,
        _once,
        _goes_away,
        _is_limited,
        _refuses_alike,
        _sends_to_elsewhere,
        _shows_pages,
        _lists_what_is_there,
    ],
)
def test_a_server_that_lets_the_run_in_is_tested_to_the_end(
    compiled: Compile, behaves: Callable[[Call, Notes], Answer], headers: Any
) -> None:
    server, asked = Notes(), list[str]()

    def answer(call: Call) -> Answer:
        asked.append(call.line)
        if headers and call.headers.get("authorization") != "Bearer mine":
            return 401, {"message": "who?"}
        return behaves(call, server)

    result = drive(notes(compiled, {"/more": {"get": {"operationId": "more", **GET}}}), answer, headers=headers)
    assert result.stopped is None
    assert "invalid-request-accepted" in rules(result)
    # The canaries are few, though the run is short.
    assert len(asked) - len(result.exchanges) < 40


def test_a_contract_without_a_reading_operation_is_watched_as_well(compiled: Compile) -> None:
    content = {"application/json": {"schema": NOTE}}
    answers = {"201": {"description": ""}, "default": {"description": ""}}
    add = {"operationId": "add", "requestBody": {"required": True, "content": content}, "responses": answers}
    for ban in ((403, BAN), (400, BAN)):
        result = drive(compiled({"paths": {"/notes": {"post": add}}}), from_the(20, Notes(), ban), headers=MINE)
        assert f"add answers {ban[0]} to a request that it accepted before" in str(result.stopped)


@pytest.fixture
def _engine() -> Iterator[None]:
    pytest.importorskip("schemathesis")
    yield


@pytest.mark.usefixtures("_engine")
def test_what_schemathesis_sends_is_watched_as_well(compiled: Compile) -> None:
    answer = from_the(60, Notes(), (403, BAN))
    result = drive(notes(compiled), answer, phases=("baseline", "engine"), max_examples=10)
    assert any("-engine-" in exchange.id for exchange in result.exchanges)
    assert "list answers 403 to a request that it accepted before" in str(result.stopped)
    assert not any(
        b"shut out" in (exchange.response.body if exchange.response else b"") for exchange in result.exchanges
    )


@pytest.mark.usefixtures("_engine")
def test_schemathesis_meets_what_destroys_behind_everything_else(compiled: Compile) -> None:
    server = Notes()

    def answer(call: Call) -> Answer:
        return (204, None) if call.line == "DELETE /members" else server(call)

    contract = notes(compiled, {"/members": DELETE_ALL})
    made = drive(contract, answer, phases=("baseline", "engine"), max_examples=3).exchanges
    of_wipe = [
        each.started for each in made if each.probe is not None and each.probe.operation == "wipe" and each.started
    ]
    others = [each.started for each in made if "-engine-" in each.id and each.id[:4] != "wipe" and each.started]
    assert len(of_wipe) > 1 and others and min(of_wipe) > max(others)
