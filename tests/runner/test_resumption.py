"""A run that is killed: what it leaves, the reports made of that, and how it goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clausewise.cli import group
from clausewise.contract.contract import Contract, load
from clausewise.errors import ConfigError, UsageError
from clausewise.options import GatePolicy, RunOptions
from clausewise.report.folder import claimed
from clausewise.results import gate
from clausewise.runner.events import Event, ExchangeRecorded
from clausewise.runner.journal import JOURNAL, left_in, read_journal
from clausewise.runner.resumption import unfinished_run
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, app_of, paths

_BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 9},
        "kind": {"type": "string", "enum": ["a", "b"]},
    },
}
_OPTIONS = RunOptions(phases=("baseline", "clauses", "pairs", "lifecycle", "properties"), max_examples=10)


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    kinds = ("POST /things", "GET /things", "GET /things/{id}", "PUT /things/{id}", "DELETE /things/{id}")
    return compiled({"paths": paths(*kinds, body=_BODY)})


class Server:
    """It keeps things, and takes any `kind`; while it is off, nothing reaches it."""

    def __init__(self) -> None:
        self._shelves = Shelves()
        self.is_off = False
        #: requests that it took
        self.taken: Counter[tuple[str, str, bytes]] = Counter()
        self.number = 0

    def __call__(self, call: Call) -> Answer:
        if self.is_off:
            return 404, {}
        answer = self._shelves(call)
        self.number += 1
        self.taken[call.line, call.query, call.content] += answer[0] < 300 and call.method != "GET"
        return answer

    @property
    def made(self) -> int:
        """How many things were ever made."""
        return sum(count for (line, _, _), count in self.taken.items() if line == "POST /things")

    @property
    def left(self) -> int:
        """How many things are there."""
        return len(self._shelves.kept)

    def test(self, contract: Contract, folder: Path | None, *listeners: Any, **changes: Any) -> Result:
        resumes = changes.pop("resumes", False)
        options = msgspec.structs.replace(_OPTIONS, **changes)
        target = Target("app", "shelves", 1, app_of(self))
        journal = folder / JOURNAL if folder is not None else None
        return run(contract, target, options, listeners, folder=folder, resumes=resumes, journal=journal)


def killed(contract: Contract, server: Server, folder: Path, after: int, **options: Any) -> Path:
    """A folder as a run leaves it that is killed while it writes down one more than `after` exchanges."""
    left = folder / "left"

    def kill(event: Event) -> None:
        if isinstance(event, ExchangeRecorded) and not server.is_off:
            lines = (folder / "run" / "exchanges.ndjson").read_bytes().count(b"\n")
            if lines == after:
                shutil.copytree(folder / "run", left)
                server.is_off = True

    server.test(contract, folder / "run", kill, **options)
    server.is_off = False
    for name in ("exchanges.ndjson", "logbook.ndjson"):
        with (left / name).open("ab") as file:
            file.write(b'{"version":1,"id":"list')
    return left


def sent(result: Result) -> set[str]:
    """The ids of the exchanges, but for requests that were slow and are sent again: the machine decides which."""
    return {each.id for each in result.exchanges if each.probe is None or each.probe.phase != "timing"}


def verdicts(result: Result) -> list[tuple[str, str, str]]:
    return [(clause.id, clause.operation, clause.verdict) for clause in result.run.clauses]


@pytest.mark.parametrize("after", [3, 40, 90])
def test_a_run_goes_on_where_it_was_killed(contract: Contract, tmp_path: Path, after: int) -> None:
    whole = Server()
    expected = whole.test(contract, None)
    server = Server()
    left = killed(contract, server, tmp_path, after)
    result = server.test(contract, left, resumes=True)
    assert result.stopped is None
    assert verdicts(result) == verdicts(expected)
    assert [finding.id for finding in result.run.findings] == [finding.id for finding in expected.run.findings] != []
    assert sent(result) == sent(expected)
    # Nothing that changed something was sent twice, or left out. Canaries, and refusals that did not count yet, were.
    assert server.taken == whole.taken
    assert server.number < whole.number + 20
    assert server.made > 0 and server.left == 0


def test_reports_are_made_of_what_a_killed_run_left(contract: Contract, tmp_path: Path) -> None:
    left = killed(contract, Server(), tmp_path, 60)
    before = {file: file.read_bytes() for file in left.iterdir()}
    unfinished = unfinished_run(left)
    assert unfinished is not None
    record, exchanges = unfinished
    assert record.incomplete == ("the run did not reach its end: it was killed, or still goes on",)
    assert len(exchanges) == record.requests == 60
    assert {"upheld", "untested"} <= {clause.verdict for clause in record.clauses}
    judged = gate.apply_policy(record, GatePolicy(), baseline=frozenset(), today=date(2030, 1, 1))
    assert judged.gate is not None and not judged.gate.passed
    # Whoever only reads changes nothing: the run may still go on.
    assert {file: file.read_bytes() for file in left.iterdir()} == before


def test_a_killed_run_is_read_with_its_overlays_and_stand_ins(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "mark.json").write_text('{"type": "string", "maxLength": 9}')
    schema = {"properties": {"mark": {"$ref": "https://types.example.com/mark.json"}}}
    action = {"target": "$.paths['/things'].post.requestBody.content.*.schema", "update": schema}
    overlay = tmp_path / "overlay.json"
    overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}))
    root = contract.specification.sources.root.path
    assert root is not None
    refs = {"https://types.example.com/": tmp_path / "types"}
    changed = load(root, overlays=[overlay], refs=refs)
    left = killed(changed, Server(), tmp_path, 20)
    unfinished = unfinished_run(left)
    assert unfinished is not None and unfinished[0].requests == 20
    overlay.write_text(overlay.read_text().replace("update", "x-none"))
    with pytest.raises(ConfigError, match="has changed since the run"):
        unfinished_run(left)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seed": 2}, "its seed is 1, and not 2"),
        ({"phases": ("baseline",)}, "--phase is not what it was"),
        ({"values": {"kind": "a"}}, "values is not what it was"),
        ({"headers": (("X-Tenant", "a"),)}, "--header is not what it was"),
        ({"operations": ("GET /things",)}, "it tested other operations"),
    ],
    ids=lambda each: "" if isinstance(each, str) else next(iter(each)),
)
def test_another_run_cannot_go_on_with_it(
    contract: Contract, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    server = Server()
    left = killed(contract, server, tmp_path, 3)
    with pytest.raises(UsageError, match=f"the run in .* cannot go on: {reason}"):
        server.test(contract, left, resumes=True, **changes)


def test_another_version_and_another_target_cannot_go_on_with_it(contract: Contract, tmp_path: Path) -> None:
    server = Server()
    left = killed(contract, server, tmp_path, 3)
    server.number = 0
    with pytest.raises(UsageError, match=r"cannot go on: it tested shelves, and not others"):
        run(contract, Target("app", "others", 1, app_of(server)), _OPTIONS, folder=left, resumes=True)
    book = left / "logbook.ndjson"
    book.write_bytes(re.sub(rb'"version":"[^"]+"', b'"version":"0.0.1"', book.read_bytes(), count=1))
    with pytest.raises(UsageError, match=r"cannot go on: it was begun by clausewise 0\.0\.1, and this is "):
        server.test(contract, left, resumes=True)
    with pytest.raises(ConfigError, match=r"was made by clausewise 0\.0\.1, and this is "):
        unfinished_run(left)
    assert server.number == 0


def test_limits_may_differ_and_count_from_anew(contract: Contract, tmp_path: Path) -> None:
    server = Server()
    left = killed(contract, server, tmp_path, 20)
    server.number = 0
    result = server.test(contract, left, resumes=True, max_requests=10)
    # The first process had sent more than that.
    assert "limit of 10 requests" in str(result.stopped)
    assert len(result.exchanges) > 20 and server.number > 0


@pytest.mark.slow
def test_requests_of_the_engine_are_sent_again(contract: Contract, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    options = {"phases": ("baseline", "engine"), "max_examples": 3, "max_time": 60}

    def made(result: Result) -> tuple[list[str], list[str]]:
        phases = {
            phase: [each.id for each in result.exchanges if each.probe and each.probe.phase == phase]
            for phase in ("baseline", "engine")
        }
        return phases["baseline"], phases["engine"]

    before, by_engine = made(Server().test(contract, None, **options))
    server = Server()
    left = killed(contract, server, tmp_path, len(before) + 3, **options)
    server.number = 0
    result = server.test(contract, left, resumes=True, **options)
    again, engine = made(result)
    assert result.stopped is None and again == before
    # None of the baseline, and all of the engine; those of the first process are kept beside them.
    assert server.number >= len(by_engine) - 3 and len(engine) == len(set(engine)) >= 3 + len(by_engine) // 2
    assert server.left == 0


class Telling(Server):
    """It issues a token with everything that it makes."""

    def __call__(self, call: Call) -> Answer:
        status, value, *more = super().__call__(call)
        if call.method == "POST" and status == 201:
            value = {**value, "access_token": f"Issued-{value['id']:0>4}-token"}
        return (status, value, *more)


@pytest.mark.parametrize("after", [20, 60])
def test_an_answer_that_held_a_secret_is_asked_for_again(contract: Contract, tmp_path: Path, after: int) -> None:
    whole, server = Telling(), Telling()
    whole.test(contract, None)
    left = killed(contract, server, tmp_path, after)
    written = (left / "exchanges.ndjson").read_bytes()
    assert b"Issued-" not in written and b"[redacted]" in written
    _, exchanges = unfinished_run(left) or pytest.fail("there is none")
    made = [each.probe.phase for each in exchanges if each.accepted and each.probe and each.request.method == "POST"]
    begun = read_journal(left / JOURNAL)
    result = server.test(contract, left, resumes=True)
    # What others build on was made once more, and nothing else; all of it is removed.
    assert result.stopped is None
    again = sum(phase in ("baseline", "setup", "lifecycle") for phase in made)
    assert server.made == whole.made + again and again > 0
    assert len(left_in(begun)) > 0 and left_in(read_journal(left / JOURNAL)) == [] and server.left == 0
    assert result.left == {} and result.written.made == result.written.removed
    assert b"Issued-" not in (left / "exchanges.ndjson").read_bytes()


class Lengthy(Server):
    """Its answers to what creates something are longer than what is kept of an answer."""

    def __call__(self, call: Call) -> Answer:
        status, value, *more = super().__call__(call)
        if call.method == "POST" and status == 201:
            value = {**value, "page": "x" * 300_000}
        return (status, value, *more)


def test_an_answer_longer_than_what_is_kept_is_asked_for_again(contract: Contract, tmp_path: Path) -> None:
    whole, server = Lengthy(), Lengthy()
    expected = whole.test(contract, None)
    left = killed(contract, server, tmp_path, 20)
    _, exchanges = unfinished_run(left) or pytest.fail("there is none")
    cut = [each for each in exchanges if each.response is not None and each.response.cut and each.accepted]
    result = server.test(contract, left, resumes=True)
    assert result.stopped is None and verdicts(result) == verdicts(expected)
    assert len(cut) > 0 and whole.made < server.made <= whole.made + len(cut) and server.left == 0


class Holding(Telling):
    """It removes nothing."""

    def __call__(self, call: Call) -> Answer:
        return (403, {}) if call.method == "DELETE" and not self.is_off else super().__call__(call)


def test_what_was_made_first_and_cannot_be_removed_is_listed(contract: Contract, tmp_path: Path) -> None:
    server = Holding()
    left = killed(contract, server, tmp_path, 20)
    result = server.test(contract, left, resumes=True)
    assert server.left == server.made == sum(result.left.values()) == len(left_in(read_journal(left / JOURNAL)))


def test_masked_answers_are_not_judged_anew(compiled: Compile, tmp_path: Path) -> None:
    """The mask would break the schema that the token keeps."""
    kinds = paths("POST /things", "DELETE /things/{id}", body=_BODY)
    schema = {"type": "object", "properties": {"access_token": {"type": "string", "pattern": "^Issued"}}}
    content = {"application/json": {"schema": schema}}
    kinds["/things"]["post"]["responses"]["201"] = {"description": "made", "content": content}
    left = killed(compiled({"paths": kinds}), Telling(), tmp_path, 10)
    record, exchanges = unfinished_run(left) or pytest.fail("there is none")
    assert any(b"[redacted]" in each.response.body for each in exchanges if each.response is not None)
    assert "response-schema" not in {finding.rule for finding in record.findings}
    assert "upheld" in {clause.verdict for clause in record.clauses if "access_token" in str(clause)}


def test_reports_are_made_while_the_run_goes_on(contract: Contract, tmp_path: Path) -> None:
    """The run has the folder then."""
    left = killed(contract, Server(), tmp_path, 10)
    before = {file: file.read_bytes() for file in left.iterdir() if file.suffix == ".ndjson"}
    with claimed(left):
        assert group.main(["report", str(left), "--quiet"], standalone_mode=False) == 1
    assert (left / "run.json").is_file()
    assert {file: file.read_bytes() for file in before} == before


def test_a_contract_that_has_changed_is_said(contract: Contract, compiled: Compile, tmp_path: Path) -> None:
    server = Server()
    left = killed(contract, server, tmp_path, 3)
    with pytest.raises(UsageError, match=r"the contract .* is not the one that it tested"):
        server.test(compiled({"paths": paths("GET /things")}), left, resumes=True)
    book = left / "logbook.ndjson"
    book.write_bytes(re.sub(rb'"sources":\["[0-9a-f]+', b'"sources":["0', book.read_bytes(), count=1))
    with pytest.raises(ConfigError, match="has changed since the run"):
        unfinished_run(left)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("logbook.ndjson", b"{}\n", "is not the logbook of a run"),
        ("logbook.ndjson", b"", "is not the logbook of a run"),
        ("exchanges.ndjson", b"", "lacks the exchange"),
        ("exchanges.ndjson", b"[]\n", "is damaged"),
    ],
)
def test_a_damaged_record_is_said(contract: Contract, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    left = killed(contract, Server(), tmp_path, 3)
    (left / name).write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        unfinished_run(left)


def test_a_folder_without_a_logbook_holds_no_unfinished_run(contract: Contract, tmp_path: Path) -> None:
    assert unfinished_run(tmp_path) is None
    with pytest.raises(UsageError, match="holds no run that stopped before its end"):
        Server().test(contract, tmp_path, resumes=True)


def test_a_run_that_cannot_be_written_down_ends(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, room = os.pwrite, [20_000]

    def limited(handle: int, content: bytes, offset: int) -> int:
        room[0] -= len(content)
        if room[0] < 0 and len(content) > 8:
            raise OSError(28, "No space left on device")
        return write(handle, content, offset)

    monkeypatch.setattr(os, "pwrite", limited)
    server = Server()
    result = server.test(contract, tmp_path)
    assert str(result.stopped) == "the record of the run cannot be written: No space left on device"
    assert 0 < len(result.exchanges) < server.number < 60
    assert result.run.clauses
    # What it made is removed all the same.
    assert server.made > 0 and server.left == 0
