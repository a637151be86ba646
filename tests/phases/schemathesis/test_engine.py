"""The phase `engine`: what takes several requests is found, nothing is told twice, and the run stays in hand."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract, load
from clausewise.errors import InternalError, UsageError
from clausewise.exchange import Exchange, Request, Response
from clausewise.options import RunOptions
from clausewise.phases.schemathesis import engine
from clausewise.phases.schemathesis.relay import Answer, Relay
from clausewise.results.record import Finding
from clausewise.runner.events import Event, ExchangeRecorded
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target, mock_target, url_target
from clausewise.transport.budget import SAFE_METHODS, BudgetSpent
from tests.conftest import Compile, RunClausewise
from tests.servers.faulty_cluster import FAULTS, PAIRED_FAULTS, create_app, serve
from tests.servers.notes import CREDENTIALS, DOCUMENT, Notes

pytestmark = pytest.mark.slow

_ALL = ("baseline", "clauses", "pairs", "lifecycle", "engine")

#: To delete a note and then to read it takes a sequence that 40 examples hold for most seeds only. Which do, depends
#: on where the checkout stands: Hypothesis draws literals of modules that it takes for the project's own.
_ENOUGH = 100


@pytest.fixture(scope="module")
def notes(compiled: Compile) -> Contract:
    return compiled(DOCUMENT)


def drive(contract: Contract, app: Any, **options: Any) -> Result:
    """A run of the engine with few examples against an app in this process, where `options` do not say otherwise."""
    given: dict[str, Any] = {"phases": ("engine",), "headers": (CREDENTIALS,), "max_examples": 5, **options}
    target = app if isinstance(app, Target) else Target("app", "app", 8, app)
    return run(contract, target, RunOptions(**given))


def of_engine(result: Result) -> list[Exchange]:
    return [exchange for exchange in result.exchanges if exchange.probe and exchange.probe.phase == "engine"]


def told(findings: tuple[Finding, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(finding.rule, finding.operations) for finding in findings]


def identities(result: Result) -> list[str]:
    return sorted(finding.id for finding in result.run.findings)


#: fault of the notes server -> rule and operation of the one finding that it makes
EXPECTED = {
    "use-after-delete": ("use-after-delete", "getNote"),
    "created-not-found": ("created-not-found", "getNote"),
    "open-list": ("auth-not-enforced", "listNotes"),
    "crash-after-replace": ("server-error", "getNote"),
    "crash-on-long-text": ("server-error", "createNote"),
}


@pytest.fixture(scope="module")
def faulty(notes: Contract) -> Callable[[str], Result]:
    """What a run finds at the server with one fault; each is run once."""

    @cache
    def faulty(fault: str) -> Result:
        return drive(notes, Notes([fault]), max_examples=_ENOUGH if fault == "use-after-delete" else 5)

    return faulty


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_is_one_finding(faulty: Callable[[str], Result], fault: str) -> None:
    rule, operation = EXPECTED[fault]
    result = faulty(fault)
    assert told(result.run.findings) == [(rule, (operation,))]
    assert result.stopped is None and result.notes == ()


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_is_one_finding_in_all_phases_together(notes: Contract, fault: str) -> None:
    rule, operation = EXPECTED[fault]
    assert told(drive(notes, Notes([fault]), phases=_ALL).run.findings) == [(rule, (operation,))]


def test_what_is_accepted_for_later_is_not_missed_at_once(compiled: Compile) -> None:
    class Later(Notes):
        """Promises a note (202) that is not there yet."""

        def _create(self, environ: dict[str, Any]) -> tuple[int, Any]:
            _, stored = super()._create(environ)
            return 202, stored

    document = copy.deepcopy(DOCUMENT)
    responses = document["paths"]["/notes"]["post"]["responses"]
    responses["202"] = responses.pop("201")
    result = drive(compiled(document), Later(["created-not-found"]))
    asked = {exchange.response.status for exchange in of_engine(result) if exchange.response is not None}
    assert result.run.findings == () and {202, 404} <= asked


def test_a_fault_of_a_sequence_is_told_with_what_came_before(notes: Contract, faulty: Callable[[str], Result]) -> None:
    (deleted,) = faulty("use-after-delete").run.findings
    assert deleted.message.startswith("getNote answered 200, after deleteNote (DELETE /notes/n")
    (crash,) = drive(notes, Notes(["crash-after-replace"])).run.findings
    assert ", after replaceNote (PUT /notes/n" in crash.message


def test_credentials_that_are_made_up_are_refused(notes: Contract) -> None:
    run = drive(notes, Notes(["any-credentials"])).run
    (finding,) = run.findings
    assert finding.rule == "auth-not-enforced" and "made-up credentials" in finding.message
    assert {"listNotes", "createNote", "getNote"} <= set(finding.operations)
    violated = {clause.operation for clause in run.clauses if clause.verdict == "violated"}
    assert violated == set(finding.operations)


def test_a_server_is_not_blamed_for_taking_stand_ins(notes: Contract) -> None:
    result = drive(notes, Notes(["any-credentials"]), headers=())
    assert result.run.findings == () and any(exchange.response for exchange in of_engine(result))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_correct_server_gives_no_finding(notes: Contract, seed: int) -> None:
    assert drive(notes, Notes(), phases=_ALL, seed=seed).run.findings == ()


def test_the_mock_is_not_blamed_for_remembering_nothing(notes: Contract) -> None:
    result = drive(notes, mock_target(notes, 1, 8), max_examples=10)
    assert result.run.findings == () and len(of_engine(result)) > 100


def test_correct_servers_give_no_finding(notes: Contract, shipped: Contract) -> None:
    assert drive(notes, Notes(), phases=_ALL, seed=1, max_examples=30).run.findings == ()
    assert drive(shipped, create_app(), phases=_ALL, seed=2, max_examples=50, headers=()).run.findings == ()
    assert drive(shipped, mock_target(shipped, 3, 8), seed=3, max_examples=50, headers=()).run.findings == ()


def test_nothing_that_other_phases_found_is_told_again(shipped: Contract) -> None:
    app = create_app([*FAULTS, *PAIRED_FAULTS])
    without = drive(shipped, app, phases=_ALL[:-1], headers=())
    result = drive(shipped, app, phases=_ALL, headers=())
    assert identities(result) == identities(without)
    assert sum(finding.count for finding in result.run.findings) > sum(
        finding.count for finding in without.run.findings
    )


def test_a_crash_that_others_found_is_counted_with_theirs(notes: Contract) -> None:
    app = Notes(["crash-on-long-text"])
    (without,) = drive(notes, app, phases=_ALL[:-1]).run.findings
    (finding,) = drive(notes, app, phases=_ALL).run.findings
    assert (finding.id, finding.message) == (without.id, without.message)
    assert finding.count > without.count


def test_its_exchanges_count_in_the_ledger(notes: Contract) -> None:
    baseline = drive(notes, Notes(), phases=("baseline",)).run.coverage.clauses
    result = drive(notes, Notes())
    assert result.run.coverage.clauses.upheld > baseline.upheld
    assert len(of_engine(result)) > 100
    assert result.run.requests >= len(result.exchanges)


def test_the_same_seed_makes_the_same_record(notes: Contract) -> None:
    def essence(result: Result) -> list[Any]:
        answers = [exchange.response for exchange in result.exchanges]
        bodies = [answer and (answer.status, answer.body) for answer in answers]
        return [result.run.findings, [(e.id, e.request) for e in result.exchanges], bodies]

    app = ["crash-after-replace"]
    assert essence(drive(notes, Notes(app))) == essence(drive(notes, Notes(app)))


def test_a_server_behind_a_url(shipped: Contract) -> None:
    with serve(create_app(["response-null"])) as url:
        result = drive(shipped, url_target(url, 8), headers=())
    assert told(result.run.findings) == [("response-schema", ("createCluster",))]
    assert len(of_engine(result)) > 100


def test_a_contract_of_several_files_and_a_base_path(tmp_path: Path) -> None:
    document = copy.deepcopy({"openapi": "3.1.0", "servers": [{"url": "https://example.com/v1"}], **DOCUMENT})
    content = document["paths"]["/notes"]["post"]["requestBody"]["content"]["application/json"]
    (tmp_path / "schemas.json").write_text(json.dumps({"Note": content["schema"]}))
    content["schema"] = {"$ref": "schemas.json#/Note"}
    (tmp_path / "contract.json").write_text(json.dumps(document))
    served = Notes()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        base, path = environ["PATH_INFO"][:3], environ["PATH_INFO"][3:]
        return served({**environ, "PATH_INFO": path if base == "/v1" else "/nowhere"}, start_response)

    result = drive(load(tmp_path / "contract.json"), app)
    assert result.run.findings == () and result.notes == ()
    assert Counter(e.response.status for e in of_engine(result) if e.response)[201] > 5


def test_nothing_is_left_behind(notes: Contract) -> None:
    served = Notes()
    result = drive(notes, served)
    assert Counter(e.response.status for e in of_engine(result) if e.response)[201] > 5
    assert not served.notes


def test_only_the_operations_that_are_named(notes: Contract) -> None:
    result = drive(notes, Notes(), operations=("listNotes",))
    assert {exchange.probe.operation for exchange in of_engine(result) if exchange.probe} == {"listNotes"}


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        pytest.param({"max_requests": 40}, 40, id="requests"),
        pytest.param({"allow_writes": 20}, 40, id="writes"),
        pytest.param({"max_time": 4}, 20_000, id="time"),
    ],
)
def test_limits_hold(notes: Contract, limits: dict[str, Any], most: int) -> None:
    result = drive(notes, Notes(), **limits, max_examples=1000)
    assert isinstance(result.stopped, BudgetSpent)
    # What removes again what the run made is not counted.
    counted = [exchange for exchange in result.exchanges if exchange.probe and exchange.probe.phase != "cleanup"]
    assert 0 < len(of_engine(result)) <= len(counted) <= most
    writes = sum(exchange.request.method not in SAFE_METHODS for exchange in counted)
    assert writes <= limits.get("allow_writes", writes)


def test_without_leave_to_write_it_reads(notes: Contract) -> None:
    result = drive(notes, Notes(), allow_writes=0)
    assert {exchange.request.method for exchange in of_engine(result)} == {"GET"}


def test_the_rate_holds(notes: Contract) -> None:
    result = drive(notes, Notes(), rate=100, max_requests=60)
    assert result.run.seconds > 0.5


def test_an_interruption_keeps_what_was_found(notes: Contract) -> None:
    served = Notes(["open-list"])
    calls = Counter[str]()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        calls["all"] += 1
        if calls["all"] == 100:
            os.kill(os.getpid(), signal.SIGINT)
        return served(environ, start_response)

    result = drive(notes, app)
    assert result.interrupted
    assert told(result.run.findings) == [("auth-not-enforced", ("listNotes",))]
    assert 80 < len(of_engine(result)) < 110


def test_a_run_that_goes_on_asks_its_requests_again(notes: Contract, tmp_path: Path) -> None:
    """Schemathesis chooses them by itself, so that no answer of the first process stands for one of theirs."""
    left, calls, served = tmp_path / "left", Counter[str](), Notes(["open-list"])

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        calls["sent"] += 1
        return served(environ, start_response)

    def kill(event: Event) -> None:
        if isinstance(event, ExchangeRecorded) and calls["sent"] >= 60 and not left.exists():
            shutil.copytree(tmp_path / "run", left)

    options = RunOptions(phases=("engine",), headers=(CREDENTIALS,), max_examples=5)
    target = Target("app", "app", 1, app)
    whole = run(notes, target, options, [kill], folder=tmp_path / "run")
    first, calls["sent"] = calls["sent"], 0
    result = run(notes, target, options, folder=left, resumes=True)
    assert told(result.run.findings) == told(whole.run.findings) == [("auth-not-enforced", ("listNotes",))]
    assert len(of_engine(result)) > len(of_engine(whole))
    # Of the baseline alone nothing is sent again.
    assert calls["sent"] >= len(of_engine(whole)) > first / 2


def test_a_target_that_goes_away_ends_it(shipped: Contract) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(serve(create_app()))

        def end_the_server(event: Event) -> None:
            if isinstance(event, ExchangeRecorded) and event.exchange.id.endswith("-engine-0001"):
                stack.close()

        options = RunOptions(phases=("engine",), max_examples=5)
        result = run(shipped, url_target(url, 8), options, [end_the_server])
    assert " is gone: " in str(result.stopped)
    assert told(result.run.findings) == []


def test_a_failure_of_schemathesis_loses_nothing(notes: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(schema: Any) -> Any:
        raise AttributeError("module 'schemathesis' has no\nattribute 'engine'")

    monkeypatch.setattr(engine, "from_schema", moved)
    result = drive(notes, Notes(["crash-on-long-text"]), phases=_ALL)
    assert isinstance(result.stopped, InternalError)
    assert str(result.stopped).startswith("Schemathesis 4.")
    assert "has no attribute 'engine' (run without the phase engine" in str(result.stopped)
    assert told(result.run.findings) == [("server-error", ("createNote",))]


def test_a_schemathesis_of_another_version_loses_nothing(notes: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "clausewise.phases.schemathesis.engine", None)
    result = drive(notes, Notes(), phases=_ALL)
    assert "the installed Schemathesis cannot be used" in str(result.stopped)
    assert result.run.coverage.clauses.upheld > 60 and of_engine(result) == []


def test_it_prints_nothing_and_leaves_nothing_behind(run_clausewise: RunClausewise, repo: Path, tmp_path: Path) -> None:
    contract = repo / "openapi" / "astro-create-cluster.yaml"
    arguments = ("test", contract, "--mock", "--phase", "engine", "--max-requests", "300")
    work, output = tmp_path / "work", tmp_path / "output"
    temporary = tmp_path / "temporary"
    for folder in (work, temporary):
        folder.mkdir()
    # Whatever Schemathesis would read of its own is not for us.
    (work / "schemathesis.toml").write_text('base-url = "http://127.0.0.1:1"\n')
    done = run_clausewise(*arguments, "--output-dir", output, cwd=work, env={"TMPDIR": str(temporary)})
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "note: the limit of 300 requests is reached; clauses that were not reached are untested",
        "note: the phase engine used up the limit of 300 requests; it could not be finished",
        f"reports: {output}",
    ]
    assert "chemathesis" not in done.stdout
    assert [path.name for path in work.iterdir()] == ["schemathesis.toml"]
    assert list(temporary.iterdir()) == []


def test_secrets_never_reach_schemathesis(notes: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Watched(Relay):
        def __init__(self, answer: Answer) -> None:
            async def watch(received: Request) -> Response:
                seen.extend(value for _, value in received.headers)
                return await answer(received)

            super().__init__(watch)

    monkeypatch.setattr(engine, "Relay", Watched)
    drive(notes, Notes())
    assert seen and not any("let-me-in" in value for value in seen)


def test_where_it_is_not_installed_the_extra_is_named_and_nothing_is_sent(
    notes: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    app = Notes()
    with pytest.raises(UsageError, match="needs Schemathesis") as raised:
        drive(notes, app, phases=("baseline", "engine"))
    assert "clausewise[engine]" in str(raised.value) and not app.notes
