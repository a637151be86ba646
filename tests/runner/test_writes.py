"""What a run writes: never more than it may, and nothing on a server elsewhere that it was not allowed to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import Location, UsageError
from clausewise.exchange import Failure, Request, Response
from clausewise.options import RunOptions, SchemeCredentials
from clausewise.results.record import ClauseVerdict
from clausewise.runner import run, targets
from clausewise.runner.events import Event, RunBegins, StopRequest
from clausewise.runner.journal import Journal, left_in, read_journal, read_open
from clausewise.runner.rehearsal import rehearse
from clausewise.transport.budget import SAFE_METHODS
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, app_of, not_offered, paths

_ALL = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", "DELETE /boxes/{id}")

_QUICK: dict[str, Any] = {"phases": ("baseline", "clauses", "lifecycle")}


class Elsewhere(targets.Target, frozen=True, eq=False):
    """An app in this process that counts as a server on another machine."""

    @property
    def is_local(self) -> bool:
        return False


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled({"paths": paths(*_ALL)})


def drive(
    contract: Contract, answer: Callable[[Call], Answer], journal: Path | None = None, **options: Any
) -> run.Result:
    connections = options.get("connections", 8)
    target = Elsewhere("app", "elsewhere", connections, app_of(answer, seconds=0.001))
    return run.run(contract, target, RunOptions(**{**_QUICK, **options}), journal=journal)


def writes(shelves: Shelves) -> list[Call]:
    return [call for call in shelves.calls if call.method not in SAFE_METHODS]


class Precious(Shelves):
    """Holds something that was there before, and takes every method on it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = {"/boxes/mine": {"id": "mine", "name": "precious"}}

    def answer(self, call: Call) -> Answer:
        if call.path == "/boxes" and call.method == "DELETE":
            self.kept.clear()
            return 204, None
        if call.path == "/boxes" and call.method in ("PUT", "PATCH"):
            self.kept = {}
            return 200, []
        return super().answer(call)


class Known(Precious):
    """Answers a POST with what is there, as a server that creates nothing twice, or with an id of its own choice."""

    def __init__(self, status: int, ident: str, *, others: int = 0, names_it: bool = True) -> None:
        super().__init__()
        self.kept |= {f"/boxes/b{number}": {"id": f"b{number}", "name": "old"} for number in range(others)}
        if others:
            # The last one of a long list.
            self.kept["/boxes/mine"] = self.kept.pop("/boxes/mine")
        self.before = dict(self.kept)
        self._answer = status, {"id": ident} if names_it else None, {"location": f"/boxes/{ident}"}

    def answer(self, call: Call) -> Answer:
        if call.line != "POST /boxes":
            return super().answer(call)
        name = call.body.get("name") if isinstance(call.body, dict) else None
        return self._answer if isinstance(name, str) and len(name) <= 40 else (400, {})


@pytest.mark.parametrize("others", [0, 60], ids=["the only one", "the last of many"])
@pytest.mark.parametrize(("status", "names_it"), [(200, True), (201, True), (201, False)], ids=["200", "201", "where"])
def test_what_the_server_had_before_is_not_taken_for_what_a_post_created(
    contract: Contract, status: int, names_it: bool, others: int
) -> None:
    shelves = Known(status, "mine", others=others, names_it=names_it)
    result = drive(contract, shelves, allow_writes=60)
    assert [call.line for call in writes(shelves) if call.path == "/boxes/mine"] == []
    assert {path: shelves.kept.get(path) for path in shelves.before} == shelves.before
    assert result.left == {}


@pytest.mark.parametrize("ident", ["..", ".", "../../admin", "a/../..", r"..\admin"])
def test_no_write_goes_where_a_name_of_the_server_leads_out(contract: Contract, tmp_path: Path, ident: str) -> None:
    shelves = Known(201, ident)
    result = drive(contract, shelves, tmp_path / "created.ndjson", allow_writes=60)
    assert [call.line for call in writes(shelves) if call.path.endswith(ident)] == []
    assert result.left["/boxes"] > 0
    assert all(write.undo is None for write in left_in(read_journal(tmp_path / "created.ndjson")))


@pytest.mark.parametrize(
    ("entries", "options"),
    [
        (("GET /boxes",), {}),
        (_ALL, {}),
        (_ALL, {"operations": ("GET /boxes", "GET /boxes/{id}")}),
        (_ALL, {"operations": ("GET /boxes",), "phases": ("baseline", "clauses", "pairs", "lifecycle", "properties")}),
        (_ALL, {"allow_writes": 0}),
    ],
    ids=["only a GET", "all", "one that others support", "every phase", "forbidden"],
)
def test_without_leave_a_server_elsewhere_is_only_read(
    compiled: Compile, entries: tuple[str, ...], options: dict[str, Any]
) -> None:
    precious = Precious()
    result = drive(compiled({"paths": paths(*entries)}), precious, **options)
    assert writes(precious) == [] and precious.calls
    assert precious.kept == {"/boxes/mine": {"id": "mine", "name": "precious"}}
    reasons = {clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    why = "--allow-writes 0 allows no request" if options.get("allow_writes") == 0 else "without --allow-writes nothing"
    assert any(why in reason for reason in reasons), reasons
    assert result.stopped is None and not result.left


def test_who_says_nothing_of_writes_gets_no_green(contract: Contract) -> None:
    said, forbidden = drive(contract, Shelves()), drive(contract, Shelves(), allow_writes=0)
    states = {one.operation: (one.state, one.remedy) for one in said.run.unaccepted or ()}
    assert states["POST /boxes"][0] == "new" and "--allow-writes N" in states["POST /boxes"][1]
    assert {one.state for one in forbidden.run.unaccepted or () if one.operation != "GET /boxes/{id}"} == {"excluded"}


@pytest.mark.parametrize("limit", [1, 2, 7, 10, 30, 50])
@pytest.mark.parametrize("connections", [1, 32])
def test_the_limit_is_never_exceeded_and_nothing_is_left(contract: Contract, limit: int, connections: int) -> None:
    shelves = Shelves()
    result = drive(contract, shelves, allow_writes=limit, connections=connections)
    assert len(writes(shelves)) == result.written.sent <= limit
    assert shelves.kept == {} and result.left == {}
    assert sum(result.written.made.values()) == sum(result.written.removed.values())
    assert f"the limit of {limit} writing request" in str(result.stopped)


class PutsOff(Shelves):
    """Puts off every third write."""

    def answer(self, call: Call) -> Answer:
        put_off = call.method not in SAFE_METHODS and len(writes(self)) % 3 == 0
        return (503, None, {"Retry-After": "0"}) if put_off else super().answer(call)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [10, 40])
def test_writes_that_are_sent_again_count(contract: Contract, limit: int) -> None:
    shelves = PutsOff()
    result = drive(contract, shelves, allow_writes=limit)
    assert len(writes(shelves)) == result.written.sent <= limit
    assert shelves.kept == {} and result.left == {}


def test_the_reason_for_what_was_not_sent_is_the_limit(contract: Contract) -> None:
    result = drive(contract, Shelves(), allow_writes=10)
    reasons = {clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    assert any("was not sent: the limit of 10 writing requests is reached" in reason for reason in reasons), reasons
    read = [clause for clause in result.run.clauses if clause.operation == "GET /boxes"]
    assert not any("limit" in clause.reason for clause in read if clause.keyword != "methods")


def test_with_leave_a_server_elsewhere_keeps_what_the_run_did_not_make(compiled: Compile) -> None:
    precious = Precious()
    document = {"paths": paths(*_ALL[:3])}
    drive(compiled(document), precious, allow_writes=200)
    assert precious.kept["/boxes/mine"] == {"id": "mine", "name": "precious"}
    others = {call.line for call in writes(precious) if call.path == "/boxes/mine"}
    assert others == set() and "DELETE /boxes" not in {call.line for call in precious.calls}


class Trimmed(Precious):
    """Has methods that somebody took out of the document: they work on what it held before as on the rest. Its
    collection offers DELETE, and the methods that are named."""

    def __init__(self, *methods: str) -> None:
        super().__init__()
        self._methods = methods

    def answer(self, call: Call) -> Answer:
        if call.path == "/boxes" and call.method not in (*self._methods, "DELETE"):
            return not_offered(*self._methods)
        return super().answer(call)


@pytest.mark.parametrize(
    ("entries", "leave", "tried"),
    [
        (("GET /boxes",), None, False),
        (("GET /boxes", "GET /boxes/{id}"), None, False),
        (("POST /boxes", "GET /boxes"), None, False),
        (("GET /boxes",), 100, True),
    ],
    ids=["a collection", "what it holds", "a collection that the run adds to", "with leave"],
)
def test_on_this_machine_other_methods_change_what_the_run_did_not_make_only_with_leave(
    compiled: Compile, entries: tuple[str, ...], leave: int | None, tried: bool
) -> None:
    precious = Trimmed("GET", *(["POST"] if "POST /boxes" in entries else []))
    target = targets.Target("app", "here", 4, app_of(precious))
    result = run.run(compiled({"paths": paths(*entries)}), target, RunOptions(**_QUICK, allow_writes=leave))
    assert ("/boxes/mine" not in precious.kept) is tried
    changed = {call.method for call in writes(precious) if call.path != "/boxes"} - {"POST"}
    assert changed == ({"PUT", "PATCH", "DELETE"} if tried and "{" in entries[-1] else set())
    assert ("DELETE /boxes" in {call.line for call in precious.calls}) is tried
    rules = {finding.rule for finding in result.run.findings}
    assert ("undocumented-method-accepted" in rules) is tried
    assert tried or all("--allow-writes" in clause.reason for clause in methods_of(result))


def methods_of(result: run.Result) -> list[ClauseVerdict]:
    """The verdicts on the clauses that say which methods a path offers."""
    return [clause for clause in result.run.clauses if clause.keyword == "methods"]


def test_on_this_machine_other_methods_are_tried_on_what_the_run_made(compiled: Compile) -> None:
    precious = Trimmed("POST", "GET")
    target = targets.Target("app", "here", 4, app_of(precious))
    result = run.run(compiled({"paths": paths(*_ALL[:3])}), target, RunOptions(**_QUICK))
    assert precious.kept["/boxes/mine"] == {"id": "mine", "name": "precious"}
    assert "undocumented-method-accepted" in {finding.rule for finding in result.run.findings}


def test_every_accepted_write_is_in_the_journal_before_the_next_request(contract: Contract, tmp_path: Path) -> None:
    journal, behind = tmp_path / "created.ndjson", list[int]()

    class Watching(Shelves):
        accepted = 0

        def __call__(self, call: Call) -> Answer:
            behind.append(self.accepted - len(read_journal(journal)))
            answer = super().__call__(call)
            self.accepted += call.method not in SAFE_METHODS and 200 <= answer[0] < 300
            return answer

    shelves = Watching()
    result = drive(contract, shelves, journal, allow_writes=60, connections=1)
    assert max(behind) == 0 and shelves.accepted > 20
    lines = read_journal(journal)
    assert len(lines) == shelves.accepted
    made = [line for line in lines if line.made is not None]
    assert len(made) == sum(result.written.made.values())
    assert {line.operation for line in made} == {"POST /boxes"}
    assert all(line.url == f"http://localhost:8000/boxes/{line.id}" for line in lines if line.removed)
    assert all(line.time.startswith("20") and (line.made is None or line.undo is not None) for line in lines)
    assert left_in(lines) == [] and read_open(journal) == ()
    assert journal.stat().st_mode & 0o777 == 0o600


def test_the_journal_holds_no_credentials(compiled: Compile, tmp_path: Path) -> None:
    document = {
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}},
        "security": [{"key": []}],
        "paths": paths(*_ALL),
    }
    journal = tmp_path / "created.ndjson"
    secret, tenant = "s3cr3t-k3y", "t3nant-t0ken"
    values, headers = {"k": secret}, (("X-Tenant", tenant),)
    drive(compiled(document), Shelves(), journal, allow_writes=30, values=values, headers=headers)
    text = journal.read_text()
    assert '"undo"' in text and secret not in text and tenant not in text


def test_what_nothing_removes_is_left_and_told(compiled: Compile, tmp_path: Path) -> None:
    journal = tmp_path / "created.ndjson"
    result = drive(compiled({"paths": paths("POST /boxes", "GET /boxes/{id}")}), Shelves(), journal, allow_writes=9)
    left = left_in(read_journal(journal))
    assert len(left) == sum(result.left.values()) > 0 and all(line.undo is None for line in left)


class Cases(Shelves):
    """Cases are opened, and closed by a POST of their own; some servers want the number in the body."""

    def answer(self, call: Call) -> Answer:
        if call.line == "POST /cases/open":
            number = f"c{len(self.calls)}"
            self.kept[number] = {"number": number}
            return 201, {"case": {"id": number}}
        parts = call.path.split("/")
        if call.method == "POST" and parts[1:2] == ["cases"] and parts[3:] == ["close"] and parts[2] in self.kept:
            del self.kept[parts[2]]
            return 200, {}
        return 404, {"message": "no such case"}


def test_the_user_names_what_undoes_an_operation(compiled: Compile) -> None:
    contract = compiled({"paths": paths("POST /cases/open", "POST /cases/{caseId}/close")})
    cleanup = {"POST /cases/open": "POST /cases/{caseId}/close"}
    without, named = Cases(), Cases()
    drive(contract, without, allow_writes=40, operations=("POST /cases/open",))
    result = drive(contract, named, allow_writes=40, operations=("POST /cases/open",), cleanup=cleanup)
    assert without.kept and not named.kept
    assert result.left == {} and sum(result.written.removed.values()) > 3
    assert len(writes(named)) <= 40


@pytest.mark.parametrize("cleanup", [{"POST /boxs": "DELETE /boxes/{id}"}, {"POST /boxes": "DELETE /box/{id}"}])
def test_a_name_of_no_operation_is_an_error_before_anything_is_sent(
    contract: Contract, cleanup: dict[str, str]
) -> None:
    shelves = Shelves()
    with pytest.raises(UsageError, match="has no operation"):
        drive(contract, shelves, cleanup=cleanup, allow_writes=5)
    assert shelves.calls == []


def test_what_may_be_written_is_told_before_the_first_request(contract: Contract) -> None:
    shelves, told = Shelves(), list[tuple[RunBegins, int]]()

    def listen(event: Event) -> StopRequest | None:
        if isinstance(event, RunBegins):
            told.append((event, len(shelves.calls)))
        return None

    target = Elsewhere("app", "elsewhere", 4, app_of(shelves))
    run.run(contract, target, RunOptions(allow_writes=5, **_QUICK), [listen])
    ((begins, before),) = told
    assert before == 0 and begins.leave.limit == 5
    assert ("POST /boxes", "DELETE /boxes/{id}") in begins.creates


def test_an_answer_that_does_not_come_may_have_made_something(contract: Contract, tmp_path: Path) -> None:
    journal = tmp_path / "created.ndjson"

    lost = list[str]()

    class Losing(Elsewhere, frozen=True, eq=False):
        """Loses the first answer about what it makes."""

        @asynccontextmanager
        async def open(self, base_path: str = "") -> AsyncIterator[Any]:
            class Transport:
                async def send(self, request: Request) -> Response | Failure:
                    answer = await inner.send(request)
                    if request.method == "POST" and not lost:
                        lost.append(request.target)
                        return Failure("disconnect", "closed", reused=True)
                    return answer

            async with super().open(base_path) as inner:
                yield Transport()

    shelves = Shelves()
    target = Losing("app", "losing", 4, app_of(shelves))
    result = run.run(contract, target, RunOptions(allow_writes=30, **_QUICK), journal=journal)
    assert result.written.unanswered == {"POST /boxes": 1} and len(shelves.kept) == 1
    assert [each.operation for each in read_open(journal)] == ["POST /boxes"]
    assert (tmp_path / "created.open.ndjson").stat().st_mode & 0o777 == 0o600


def test_a_journal_that_cannot_be_written_is_an_error_before_anything_is_sent(
    contract: Contract, tmp_path: Path
) -> None:
    shelves = Shelves()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UsageError, match="cannot write the journal"):
        drive(contract, shelves, tmp_path / "file" / "created.ndjson", allow_writes=5)
    assert shelves.calls == []


def test_what_an_earlier_run_left_stays_in_the_journal(contract: Contract, tmp_path: Path) -> None:
    journal = tmp_path / "created.ndjson"

    class Keeping(Shelves):
        def answer(self, call: Call) -> Answer:
            return (403, None) if call.method == "DELETE" else super().answer(call)

    first = drive(contract, Keeping(), journal, allow_writes=12)
    left = left_in(read_journal(journal))
    assert len(left) == sum(first.left.values()) > 0
    drive(contract, Shelves(), journal, allow_writes=12)
    assert left_in(read_journal(journal)) == left
    lines = read_journal(journal)
    assert len({line.made for line in lines if line.made}) == sum(line.made is not None for line in lines)


def test_a_line_that_a_crash_has_cut_off_is_left_out(contract: Contract, tmp_path: Path) -> None:
    journal = tmp_path / "created.ndjson"
    drive(contract, Shelves(), journal, allow_writes=9)
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"operation":"POST /boxes","met')
    assert len(read_journal(journal)) == whole.count(b"\n")
    drive(contract, Shelves(), journal, allow_writes=9)
    assert read_journal(journal)


@pytest.mark.parametrize(("options", "most"), [({}, 0), ({"allow_writes": 20}, 20), ({"allow_writes": 0}, 0)])
def test_a_rehearsal_sends_nothing_and_keeps_the_limits(contract: Contract, options: dict[str, Any], most: int) -> None:
    shelves = Shelves()
    target = Elsewhere("app", "elsewhere", 4, app_of(shelves))
    found = rehearse(contract, target, RunOptions(**_QUICK, **options))
    assert shelves.calls == []
    assert found.total > 0 and found.writes <= most
    assert ("GET /boxes", "GET") in found.counts
    assert (("POST /boxes", "POST") in found.counts) is bool(most)


def test_a_rehearsal_counts_about_what_a_run_sends(contract: Contract) -> None:
    shelves = Shelves()
    target = targets.Target("app", "here", 4, app_of(shelves))
    found = rehearse(contract, target, RunOptions(**_QUICK))
    run.run(contract, target, RunOptions(**_QUICK))
    assert 0.5 < found.total / len(shelves.calls) < 2


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:1", True), ("http://127.0.0.1:1", True), ("http://127.9.8.7", True), ("http://[::1]", True),
        ("http://api.localhost", True), ("http://0.0.0.0:80", True), ("http://10.0.0.1", False),
        ("http://localhost.example.com", False), ("http://127.0.0.1.example.com", False), ("http://[fe80::1]", False),
        ("http://localhost@example.com", False),
    ],
)  # fmt: skip
def test_what_is_this_machine(url: str, here: bool) -> None:
    assert targets.url_target(url, 1).is_local is here


def test_what_the_user_names_and_what_is_no_resource_may_be_changed_elsewhere(compiled: Compile) -> None:
    document = {"paths": paths("GET /boxes/{id}", "PATCH /boxes/{id}", "PATCH /zone")}
    unnamed, named = Precious(), Precious()
    drive(compiled(document), unnamed, allow_writes=100)
    drive(compiled(document), named, allow_writes=100, values={"id": "mine"})
    assert {call.line for call in writes(unnamed)} == {"PATCH /zone"}
    assert {call.line for call in writes(named)} == {"PATCH /zone", "PATCH /boxes/mine"}


@pytest.mark.parametrize(
    ("entries", "values", "met"),
    [
        ((), {}, "none"),
        (("POST /boxes", "DELETE /boxes/{id}"), {}, "its own"),
        ((), {"id": "mine"}, "the named one"),
        (("POST /boxes/{id}/parts", "GET /boxes/{id}/parts/{part}"), {}, "a part is added"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_post_that_creates_nothing_acts_on_what_is_ours(
    compiled: Compile, entries: tuple[str, ...], values: dict[str, Any], met: str
) -> None:
    class Restarts(Precious):
        def answer(self, call: Call) -> Answer:
            return (200, {}) if call.path.endswith("/restart") else super().answer(call)

    shelves = Restarts()
    document = {"paths": paths("GET /boxes", "GET /boxes/{id}", "POST /boxes/{id}/restart", *entries)}
    drive(compiled(document), shelves, allow_writes=100, values=values)
    restarted = {call.path for call in writes(shelves) if call.path.endswith("/restart")}
    assert ("/boxes/mine/restart" in restarted) is (met == "the named one")
    assert bool(restarted) is (met in ("its own", "the named one"))
    assert ("POST /boxes/mine/parts" in {call.line for call in shelves.calls}) is (met == "a part is added")


def test_a_journal_that_cannot_be_written_any_more_ends_the_run(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, content: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    begin = Journal.__init__

    def begin_on_a_full_disk(journal: Journal, path: Path, begun: datetime | None = None) -> None:
        begin(journal, path, begun)
        journal._file.close()
        journal._file = Full()  # type: ignore[assignment]

    monkeypatch.setattr(Journal, "__init__", begin_on_a_full_disk)
    shelves = Shelves()
    result = drive(contract, shelves, tmp_path / "created.ndjson", connections=1, allow_writes=50)
    assert isinstance(result.stopped, UsageError) and "No space left" in str(result.stopped)
    assert [call.method for call in writes(shelves)] == ["POST", "DELETE"] and shelves.kept == {}


class Rooms(Shelves):
    """What is opened in a room is closed there by its number; the body repeats the number, the query has the key."""

    def answer(self, call: Call) -> Answer:
        _, _, room, *rest = call.path.split("/")
        if rest == ["open"] and call.method == "POST":
            number, key = f"n{len(self.calls)}", f"k{len(self.calls)}"
            self.kept[f"{room} {number} {number} {key}"] = {}
            return 201, {"number": number, "key": key}
        if len(rest) == 3 and call.method == "POST" and isinstance(call.body, dict):
            named = f"{room} {rest[1]} {call.body.get('number')} {call.query.removeprefix('key=')}"
            if self.kept.pop(named, None) is not None:
                return 200, {}
        return 404, {"message": "no such case"}


def test_what_undoes_takes_its_values_from_the_answer_and_from_the_request(compiled: Compile) -> None:
    schema = {"type": "object", "required": ["number"], "properties": {"number": {"type": "string"}}}
    found = paths("POST /rooms/{room}/open", "POST /rooms/{room}/cases/{number}/close", body=schema)
    key = {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}}
    found["/rooms/{room}/cases/{number}/close"]["post"]["parameters"].append(key)
    rooms, cleanup = Rooms(), {"POST /rooms/{room}/open": "POST /rooms/{room}/cases/{number}/close"}
    only = ("POST /rooms/{room}/open",)
    result = drive(compiled({"paths": found}), rooms, allow_writes=20, operations=only, cleanup=cleanup)
    assert sum(result.written.made.values()) > 1 and rooms.kept == {} and result.left == {}


_HERE = Location("pyproject.toml", 1, 1)
_TOKEN = {"oauth": SchemeCredentials(_HERE, client_id="ci", client_secret="s3cret-client", token_url="/token")}


def with_token(compiled: Compile) -> Contract:
    flows = {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}}
    schemes = {"oauth": {"type": "oauth2", "flows": flows}}
    document = {"components": {"securitySchemes": schemes}, "security": [{"oauth": []}], "paths": paths(*_ALL)}
    return compiled(document)


def test_the_request_of_a_token_is_no_write(compiled: Compile) -> None:
    class Giving(Shelves):
        def answer(self, call: Call) -> Answer:
            given = {"access_token": "t0ken-of-the-run", "token_type": "Bearer"}
            return (200, given) if call.path == "/token" else super().answer(call)

    server = Giving()
    result = drive(with_token(compiled), server, allow_writes=0, credentials=_TOKEN)
    assert {call.line for call in writes(server)} == {"POST /token"} and result.written.sent == 0


def test_a_rehearsal_asks_for_no_token_and_keeps_the_limit_of_requests(compiled: Compile) -> None:
    shelves = Shelves()
    target = Elsewhere("app", "elsewhere", 4, app_of(shelves))
    options = RunOptions(**_QUICK, credentials=_TOKEN, max_requests=5)
    found = rehearse(with_token(compiled), target, options)
    assert shelves.calls == [] and 0 < found.total <= 5 and not any("token" in name for name, _ in found.counts)
