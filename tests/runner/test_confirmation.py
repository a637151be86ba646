"""What a server does only because of our own traffic is not its fault; what it does alone is."""

from __future__ import annotations

import itertools
import json
import random
import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import TargetError
from clausewise.exchange import Failure, Request, Response
from clausewise.options import RunOptions
from clausewise.phases import clause_probes, clauses
from clausewise.runner import run, targets
from clausewise.transport.budget import SAFE_METHODS
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, app_of, drive, paths

_BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 40}, "note": {"type": "string"}},
}


@pytest.fixture(scope="module")
def one(compiled: Compile) -> Contract:
    """One resource that is there from the start."""
    return compiled({"paths": paths("PUT /zone", "PUT /area", body=_BODY)})


def refuses(call: Call) -> bool:
    """Whether a careful server refuses the body."""
    body = call.body
    texts = isinstance(body, dict) and all(isinstance(body.get(name, ""), str) for name in ("name", "note"))
    return not texts or "name" not in body or len(body["name"]) > 40


def correct(call: Call) -> Answer:
    """A server without faults."""
    if call.method != "PUT":
        return 405, {"message": "not offered"}, {"Allow": "PUT"}
    is_json = call.headers.get("content-type") == "application/json"
    return (200, {}) if is_json and not refuses(call) else (400, {"message": "no"})


def crowded(answer: Callable[[Call], Answer], *, bears: int, status: int, seconds: float = 0.002) -> Any:
    """`answer`, and `status` for what arrives while so many requests are under way."""
    under_way = [0]
    inner = app_of(answer, seconds=seconds)
    failing = app_of(lambda call: (status, {"message": "too many"}), seconds=seconds)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        under_way[0] += 1
        try:
            await (inner if under_way[0] <= bears else failing)(scope, receive, send)
        finally:
            under_way[0] -= 1

    return app


def run_against(contract: Contract, app: Any, **options: Any) -> run.Result:
    return run.run(contract, targets.Target("app", "busy", 8, app), RunOptions(**options))


def faults(result: run.Result) -> set[tuple[str, str]]:
    return {(finding.rule, finding.operations[0]) for finding in result.run.findings}


@pytest.mark.parametrize(("bears", "left"), [(7, 4), (3, 2), (1, 1)])
@pytest.mark.parametrize("status", [500, 502])
def test_a_crash_of_our_own_traffic_is_no_finding_and_slows_the_run_down(
    one: Contract, bears: int, left: int, status: int
) -> None:
    result = run_against(one, crowded(correct, bears=bears, status=status))
    assert result.run.findings == ()
    assert result.run.coverage == drive(one, correct).run.coverage
    (note,) = [note for note in result.notes if "at once" in note]
    assert "the server fails when several requests arrive at once: " in note
    assert int(note.rpartition("continued with ")[2].split()[0]) <= left


def test_the_true_crash_beside_it_is_found(one: Contract) -> None:
    def answer(call: Call) -> Answer:
        crashes = call.path == "/area" and isinstance(call.body, dict) and call.body.get("note") == ""
        return (500, {"message": "oh"}) if crashes else correct(call)

    alone, among = drive(one, answer), run_against(one, crowded(answer, bears=3, status=500))
    assert faults(alone) == faults(among) == {("server-error", "PUT /area")}
    assert {finding.id for finding in alone.run.findings} == {finding.id for finding in among.run.findings}
    assert not alone.notes


def test_a_crash_is_found_though_the_server_wants_its_repetition_later(one: Contract) -> None:
    crashed, put_off = list[Call](), list[Call]()

    def answer(call: Call) -> Answer:
        if len(put_off) < len(crashed):
            put_off.append(call)
            return 429, {"message": "later"}, {"Retry-After": "0"}
        if call.path == "/area" and isinstance(call.body, dict) and call.body.get("note") == "":
            crashed.append(call)
            return 500, {"message": "oh"}
        return correct(call)

    result = drive(one, answer)
    assert faults(result) == {("server-error", "PUT /area")} and put_off and not result.notes


def test_what_vanished_is_kept_for_people(one: Contract) -> None:
    result = run_against(one, crowded(correct, bears=3, status=500))
    kept = [exchange for exchange in result.exchanges if "-unconfirmed-" in exchange.id]
    assert {exchange.response.status for exchange in kept if exchange.response} == {500}
    assert f"{len(kept)} of {len(kept)} failures" in "".join(result.notes)


def test_a_server_that_fails_now_and_then_is_not_said_to_fail_in_crowds(one: Contract) -> None:
    asked = Counter[str]()

    def answer(call: Call) -> Answer:
        asked["all"] += 1
        return (500, {"message": "oh"}) if asked["all"] % 11 == 5 else correct(call)

    target = targets.Target("app", "now and then", 1, app_of(answer))
    result = run.run(one, target, RunOptions())
    assert not any("at once" in note for note in result.notes)
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity) == ("flaky", "error")
    assert re.search(r"whatever is sent: \d+ of \d+ requests \(\d+\.\d%\) got 500, ", finding.message)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("answer_of", ["500", "502", "no answer"])
def test_no_value_is_blamed_where_one_request_in_five_fails(one: Contract, seed: int, answer_of: str) -> None:
    rng = random.Random(seed)

    class Target(targets.Target, frozen=True, eq=False):
        @asynccontextmanager
        async def open(self, base_path: str = "") -> AsyncIterator[Any]:
            class Transport:
                async def send(self, request: Request) -> Response | Failure:
                    if rng.random() < 0.2:
                        return (
                            Failure("disconnect", "the connection was closed without an answer")
                            if answer_of == "no answer"
                            else Response(int(answer_of), (), b"")
                        )
                    return await inner.send(request)

            async with super().open(base_path) as inner:
                yield Transport()

    found = run.run(one, Target("app", "random", 8, app_of(correct)), RunOptions(seed=seed)).run.findings
    assert [finding.rule for finding in found] == ["flaky"]


def _failing(share: float, seed: int, failure: Response | Failure, paths: tuple[str, ...] = ()) -> targets.Target:
    """A correct server that works on one request at a time, and fails at a `share` of those to `paths`, or to all."""
    rng = random.Random(seed)

    class Target(targets.Target, frozen=True, eq=False):
        @asynccontextmanager
        async def open(self, base_path: str = "") -> AsyncIterator[Any]:
            class Transport:
                async def send(self, request: Request) -> Response | Failure:
                    fails = (not paths or request.target in paths) and rng.random() < share
                    return failure if fails else await inner.send(request)

            async with super().open(base_path) as inner:
                yield Transport()

    return Target("app", "random", 1, app_of(correct))


@pytest.mark.parametrize("seed", range(5))
def test_no_value_is_blamed_where_one_request_in_three_gets_no_answer(one: Contract, seed: int) -> None:
    target = _failing(1 / 3, seed, Failure("timeout", "no complete answer within 10 s"))
    found = run.run(one, target, RunOptions(seed=seed)).run.findings
    assert [finding.rule for finding in found] == ["flaky"]


@pytest.mark.parametrize("seed", range(3))
def test_no_value_is_blamed_where_one_operation_of_many_fails_at_random(compiled: Compile, seed: int) -> None:
    contract = compiled({"paths": paths(*(f"PUT /zone{number}" for number in range(12)), body=_BODY)})
    target = _failing(1 / 3, seed, Response(500, (), b""), ("/zone7",))
    (finding,) = run.run(contract, target, RunOptions(seed=seed, phases=("baseline", "clauses"))).run.findings
    assert (finding.rule, finding.severity, finding.operations) == ("flaky", "error", ("PUT /zone7",))
    rate = re.search(r"PUT /zone7 fails now and then, .*: \d+ of \d+ requests \((\d+)\.", finding.message)
    assert rate is not None and 15 < int(rate[1]) < 50


def test_a_true_crash_is_found_where_one_request_in_five_fails(one: Contract) -> None:
    rng = random.Random(1)

    def answer(call: Call) -> Answer:
        crashes = call.path == "/area" and isinstance(call.body, dict) and call.body.get("note") == ""
        return (500, {"message": "oh"}) if crashes or rng.random() < 0.2 else correct(call)

    assert faults(drive(one, answer)) >= {("server-error", "PUT /area")}
    assert {finding.rule for finding in drive(one, answer).run.findings} == {"server-error", "flaky"}


def _silent(when: Callable[[Request, int], bool]) -> targets.Target:
    """A correct server that does not answer `when` that holds of a request and its number."""
    numbers = itertools.count(1)

    class Target(targets.Target, frozen=True, eq=False):
        @asynccontextmanager
        async def open(self, base_path: str = "") -> AsyncIterator[Any]:
            class Transport:
                async def send(self, request: Request) -> Response | Failure:
                    if when(request, next(numbers)):
                        return Failure("timeout", "no complete answer within 10 s")
                    return await inner.send(request)

            async with super().open(base_path) as inner:
                yield Transport()

    return Target("app", "silent", 8, app_of(correct))


@pytest.mark.slow
def test_a_server_that_answers_nothing_any_more_ends_the_run_and_blames_no_value(one: Contract) -> None:
    result = run.run(one, _silent(lambda _, number: number >= 30), RunOptions())
    assert result.run.findings == ()
    assert isinstance(result.stopped, TargetError)
    assert re.search(
        r"silent gives no answer any more, .*; the last answer was to PUT /\w+ \(.+\)", str(result.stopped)
    )


@pytest.mark.slow
def test_a_server_that_answers_nothing_any_more_before_it_accepts_anything_blames_no_operation(
    compiled: Compile,
) -> None:
    item = {"get": {"responses": {"default": {"description": ""}}}}
    contract = compiled({"paths": {"/first": item, "/second": item}})
    hangs = _silent(lambda request, _: request.target.startswith("/second"))
    result = run.run(contract, hangs, RunOptions(connections=1))
    failed = [one.operations for one in result.run.findings if one.rule == "transport-failure"]
    assert failed == [("GET /second",)]
    result = run.run(contract, _silent(lambda _, number: number >= 2), RunOptions(connections=1))
    assert "transport-failure" not in {finding.rule for finding in result.run.findings}
    assert "silent gives no answer any more, not even to GET /" in str(result.stopped)


def test_a_value_that_gets_no_answer_beside_others_that_do_is_blamed(one: Contract) -> None:
    result = run.run(one, _silent(lambda request, _: b'"note": ""' in (request.body or b"")), RunOptions())
    assert result.stopped is None
    assert {finding.rule for finding in result.run.findings} == {"transport-failure"}
    assert {operation for finding in result.run.findings for operation in finding.operations} == {
        "PUT /zone",
        "PUT /area",
    }


def test_the_first_request_of_a_run_may_get_no_answer_twice(one: Contract) -> None:
    result = run.run(one, _silent(lambda _, number: number <= 2), RunOptions(operations=("PUT /area",)))
    assert [finding.rule for finding in result.run.findings] == ["flaky"]


def _once(message: str) -> targets.Target:
    """A server that fails once, with a `message`."""
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        return (500, {"message": message}) if len(calls) == 60 else correct(call)

    return targets.Target("app", "once", 1, app_of(answer))


def test_a_failure_that_tells_what_was_under_way_is_not_at_random(one: Contract) -> None:
    assert run.run(one, _once("a task is already running"), RunOptions()).run.findings == ()


def test_one_failure_in_a_run_is_a_warning(one: Contract) -> None:
    result = run.run(one, _once("oh"), RunOptions())
    (finding,) = result.run.findings
    assert (finding.rule, finding.severity, "whatever is sent: 1 of " in finding.message) == ("flaky", "warning", True)


def test_a_crash_is_repeated_twice_for_a_cause(one: Contract) -> None:
    """Once with nothing else under way, and once after the accepted request that it changes."""
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        is_empty = isinstance(call.body, dict) and call.body.get("note") == ""
        return (500, {"message": "oh"}) if is_empty else correct(call)

    drive(one, answer, phases=("baseline", "clauses"), operations=("PUT /area",))
    sent = Counter((call.content, call.query) for call in calls if isinstance(call.body, dict))
    of_cause = [count for (content, _), count in sent.items() if json.loads(content).get("note") == ""]
    assert sum(count - 1 for count in of_cause) == 2


class _Halfway(Shelves):
    """Crashes after it has made a box: the name is in use then."""

    def __init__(self, refusal: Answer) -> None:
        super().__init__()
        self._refusal = refusal

    def answer(self, call: Call) -> Answer:
        if call.method == "POST" and isinstance(call.body, dict):
            if any(one.get("name") == call.body.get("name") for one in self.kept.values()):
                return self._refusal
            if call.body.get("note") == "":
                super().answer(call)
                return 500, {"message": "oh"}
        return super().answer(call)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param((409, {"message": "no"}), id="by its status"),
        pytest.param((400, {"message": "Box 'a' is already registered"}), id="400"),
        pytest.param((422, {"detail": [{"msg": "A box with this name exists"}]}), id="422"),
        pytest.param((400, {"code": "DUPLICATE", "message": "no duplicate names"}), id="by a code"),
    ],
)
def test_a_create_that_crashes_halfway_is_found(compiled: Compile, refusal: Answer) -> None:
    contract = compiled({"paths": paths("POST /boxes", "GET /boxes/{id}", "DELETE /boxes/{id}", body=_BODY)})
    result = drive(contract, _Halfway(refusal))
    assert ("server-error", "POST /boxes") in faults(result)
    assert not [note for note in result.notes if "at once" in note or "when the request was sent alone" in note]


def test_a_repetition_counts_as_a_write(compiled: Compile) -> None:
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        return (500, None) if len(calls) == 3 else correct(call)

    contract = compiled({"paths": paths("PUT /zone", body=_BODY)})
    target = targets.Target("app", "writes", 1, app_of(answer))
    result = run.run(contract, target, RunOptions(allow_writes=3))
    assert sum(call.method not in SAFE_METHODS for call in calls) == 3 and result.run.findings == ()


def test_a_failure_that_may_not_be_repeated_decides_nothing(compiled: Compile) -> None:
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        return (500, None) if call.method == "PUT" and refuses(call) else correct(call)

    contract = compiled({"paths": paths("PUT /zone", body=_BODY)})
    first = next(index for index in range(1, 60) if _writes_until_a_crash(contract, answer, calls, index))
    target = targets.Target("app", "writes", 1, app_of(answer))
    result = run.run(contract, target, RunOptions(allow_writes=first))
    assert result.run.findings == ()
    reasons = {clause.reason for clause in result.run.clauses if "not confirmed" in clause.reason}
    assert reasons == {
        f"the answer 500 was not confirmed by a second request: the limit of {first} writing requests is reached"
    }


def _writes_until_a_crash(contract: Contract, answer: Any, calls: list[Call], limit: int) -> bool:
    """Whether the last of so many writing requests crashes the server."""
    calls.clear()
    run.run(contract, targets.Target("app", "writes", 1, app_of(answer)), RunOptions(allow_writes=limit))
    writes = [call for call in calls if call.method not in SAFE_METHODS]
    return writes[-1].method == "PUT" and refuses(writes[-1])


@contextmanager
def listening(server: HTTPServer) -> Iterator[str]:
    """The URL of `server`, which is served meanwhile."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Single(HTTPServer):
    """Works on one connection at a time."""

    def handle_error(self, *_: Any) -> None:
        """Prints nothing about a client that went away."""


class _Threaded(ThreadingHTTPServer):
    """Works on every connection at once."""

    def handle_error(self, *_: Any) -> None:
        """As above."""


class _Handler(BaseHTTPRequestHandler):
    """Answers PUT as a careful server does, by way of `work`."""

    protocol_version = "HTTP/1.1"

    def work(self) -> None:
        """What is done before a good answer."""

    def do_PUT(self) -> None:
        """Answer as `correct` does."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, _, *more = correct(Call(self.command, self.path, body, headers, content))
        if status == 200:
            try:
                self.work()
            except sqlite3.OperationalError:
                status = 500
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        for name, value in more[0].items() if more else ():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT

    def log_message(self, *_: Any) -> None:
        """Prints nothing."""


@pytest.mark.slow
def test_a_locked_database_over_http(one: Contract, tmp_path: Path) -> None:
    file = tmp_path / "zones.db"
    with sqlite3.connect(file) as made:
        made.execute("create table zone (name)")

    class Locking(_Handler):
        def work(self) -> None:
            database = sqlite3.connect(file, timeout=0)
            try:
                database.execute("begin immediate")
                database.execute("insert into zone values ('a')")
                time.sleep(0.003)
                database.commit()
            finally:
                database.close()

    with listening(_Threaded(("127.0.0.1", 0), Locking)) as url:
        result = run.run(one, targets.url_target(url, 8), RunOptions())
    assert result.run.findings == () and result.run.coverage == drive(one, correct).run.coverage
    assert any("several requests arrive at once" in note for note in result.notes)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"], ids=["closes", "keeps open"])
def test_one_worker_behind_which_others_wait(one: Contract, protocol: str) -> None:
    """With HTTP/1.1 it serves one connection to its end, and the others wait until it is closed."""

    class Sleeping(_Handler):
        protocol_version = protocol
        timeout = 20

        def work(self) -> None:
            time.sleep(0.1)

    with listening(_Single(("127.0.0.1", 0), Sleeping)) as url:
        result = run.run(one, targets.url_target(url, 8), RunOptions(phases=("baseline", "clauses"), timeout=0.4))
    assert result.run.findings == ()
    assert any(re.search(r"continued with [1-3] connections?\b", note) for note in result.notes)


@pytest.mark.slow
def test_a_phase_that_computes_for_long_makes_no_answer_late(one: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    generate = clause_probes.edge_value_cases

    def generate_slowly(*arguments: Any) -> Any:
        if not computed:
            computed.append(2)
            time.sleep(2)
        return generate(*arguments)

    computed: list[int] = []

    class Serving(_Handler):
        def work(self) -> None:
            time.sleep(0.05)

    monkeypatch.setattr(clauses, "edge_value_cases", generate_slowly)
    with listening(_Threaded(("127.0.0.1", 0), Serving)) as url:
        result = run.run(one, targets.url_target(url, 8), RunOptions(phases=("baseline", "clauses"), timeout=1.0))
    assert computed and result.run.findings == () and not result.notes


@pytest.mark.slow
def test_what_hangs_alone_is_found(one: Contract) -> None:
    class Hanging(_Handler):
        def do_PUT(self) -> None:
            if self.path == "/area" and int(self.headers["Content-Length"]) > 40:
                time.sleep(2)
            super().do_PUT()

        do_POST = do_PUT

    with listening(_Threaded(("127.0.0.1", 0), Hanging)) as url:
        result = run.run(one, targets.url_target(url, 8), RunOptions(phases=("baseline", "clauses"), timeout=0.5))
    assert faults(result) == {("transport-failure", "PUT /area")}


@pytest.mark.slow
def test_the_request_that_ended_the_server_is_named(one: Contract) -> None:
    class Ending(targets.Target, frozen=True, eq=False):
        def open(self, base_path: str = "") -> Any:
            outer = super().open(base_path)
            ended: list[Request] = []

            class Transport:
                async def __aenter__(self) -> Transport:
                    self._inner = await outer.__aenter__()
                    return self

                async def __aexit__(self, *error: Any) -> None:
                    await outer.__aexit__(*error)

                async def send(self, request: Request) -> Response | Failure:
                    if ended:
                        return Failure("connect", "cannot connect: refused")
                    if b'"note": null' in (request.body or b"") or b'"note":null' in (request.body or b""):
                        ended.append(request)
                        return Failure("disconnect", "the connection was closed without an answer")
                    return await self._inner.send(request)

            return Transport()

    target = Ending("app", "mortal", 1, app_of(correct))
    result = run.run(one, target, RunOptions(phases=("baseline", "clauses"), operations=("PUT /area",)))
    assert isinstance(result.stopped, TargetError)
    assert "mortal is gone: cannot connect: refused; it ended with the request of PUT /area (`note` is null)" in str(
        result.stopped
    )
    assert faults(result) == {("transport-failure", "PUT /area")}


def test_a_server_that_starts_again_is_waited_for(one: Contract) -> None:
    """It ends at one value, refuses the next two connections, and is there again."""

    class Restarting(targets.Target, frozen=True, eq=False):
        @asynccontextmanager
        async def open(self, base_path: str = "") -> AsyncIterator[Any]:
            class Transport:
                async def send(self, request: Request) -> Response | Failure:
                    if away:
                        return away.pop()
                    if not ended and b'"note": ""' in (request.body or b""):
                        ended.append(request)
                        away.extend([Failure("connect", "cannot connect: refused")] * 2)
                        return Failure("disconnect", "the connection was closed without an answer")
                    return await inner.send(request)

            async with super().open(base_path) as inner:
                yield Transport()

    ended, away = list[Request](), list[Failure]()
    target = Restarting("app", "again", 1, app_of(correct))
    result = run.run(one, target, RunOptions(phases=("baseline", "clauses"), operations=("PUT /area",)))
    assert ended and result.stopped is None
    assert [clause.verdict for clause in result.run.clauses if clause.verdict == "upheld"]


class Closing(targets.Target, frozen=True, eq=False):
    """Loses a connection under every third write: a kept one, which a server may close, or a fresh one."""

    kept: bool = True

    @asynccontextmanager
    async def open(self, base_path: str = "") -> AsyncIterator[Any]:
        writes, kept, lost = itertools.count(1), self.kept, set[Request]()

        class Transport:
            async def send(self, request: Request) -> Response | Failure:
                if request.method not in SAFE_METHODS and next(writes) % 3 == 0 and not (kept and request in lost):
                    # Whatever comes in between, a request that is sent again does not get lost again.
                    lost.add(request)
                    return Failure("disconnect", "closed", reused=kept)
                return await inner.send(request)

        async with super().open(base_path) as inner:
            yield Transport()


def test_a_kept_connection_that_is_closed_under_a_write_is_nothing_to_speak_of(one: Contract) -> None:
    result = run.run(one, Closing("app", "closing", 4, app_of(correct)), RunOptions())
    assert result.run.findings == () and result.notes == ()
    assert result.run.coverage == drive(one, correct).run.coverage


def test_a_fresh_connection_that_is_closed_now_and_then_is(one: Contract) -> None:
    result = run.run(one, Closing("app", "closing", 4, app_of(correct), kept=False), RunOptions())
    assert any("did not occur again" in note for note in result.notes)


class ClosingAfterCrashes(targets.Target, frozen=True, eq=False):
    """Closes a kept connection under what is sent once more after a crash."""

    @asynccontextmanager
    async def open(self, base_path: str = "") -> AsyncIterator[Any]:
        class Transport:
            crashed: Request | None = None

            async def send(self, request: Request) -> Response | Failure:
                if request == self.crashed:
                    self.crashed = None
                    return Failure("disconnect", "closed", reused=True)
                answer = await inner.send(request)
                self.crashed = request if isinstance(answer, Response) and answer.status >= 500 else None
                return answer

        async with super().open(base_path) as inner:
            yield Transport()


def test_a_crash_whose_repetition_finds_its_kept_connection_closed_is_told_as_a_crash(one: Contract) -> None:
    def answer(call: Call) -> Answer:
        is_empty = isinstance(call.body, dict) and call.body.get("note") == ""
        return (500, {"message": "oh"}) if is_empty else correct(call)

    result = run.run(one, ClosingAfterCrashes("app", "closing", 1, app_of(answer)), RunOptions())
    assert {finding.rule for finding in result.run.findings} == {"server-error"}
