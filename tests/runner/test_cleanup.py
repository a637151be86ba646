"""What a run made is removed again, whatever ends the run; what cannot be removed is counted."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from typing import Any

import msgspec
import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.exchange import Failure, Request, Response
from clausewise.options import RunOptions
from clausewise.runner import run, targets
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, app_of, drive, paths

_ALL = (
    "POST /boxes", "GET /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", "DELETE /boxes/{id}",
    "POST /boxes/{box}/toys", "GET /boxes/{box}/toys/{id}", "DELETE /boxes/{box}/toys/{id}",
)  # fmt: skip


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled({"paths": paths(*_ALL)})


@pytest.mark.slow
def test_nothing_is_left(contract: Contract) -> None:
    shelves = Shelves()
    result = drive(contract, shelves)
    assert result.run.coverage.operations.accepted == len(_ALL)
    assert shelves.kept == {} and result.left == {}


def test_what_lies_inside_others_is_removed_first(contract: Contract) -> None:
    class Strict(Shelves):
        """Removes nothing that is not empty, as databases do."""

        def answer(self, call: Call) -> Answer:
            holds = any(path.startswith(f"{call.path}/") for path in self.kept)
            return (409, {"message": "not empty"}) if call.method == "DELETE" and holds else super().answer(call)

    shelves = Strict()
    result = drive(contract, shelves, operations=("POST /boxes/{box}/toys",), phases=("baseline", "clauses"))
    assert shelves.kept == {} and result.left == {}
    at_the_end = [e.request.target.split("/")[1::2] for e in result.exchanges if e.id.startswith("cleanup-")]
    assert (
        at_the_end == sorted(at_the_end, reverse=True) and ["boxes"] in at_the_end and ["boxes", "toys"] in at_the_end
    )


@pytest.mark.parametrize(
    ("entries", "refusal", "left"),
    [
        (("POST /boxes", "GET /boxes/{id}"), (405, None), {"/boxes"}),
        (_ALL[:5], (403, {"message": "not you"}), {"/boxes"}),
        (_ALL, (403, {"message": "not you"}), {"/boxes", "/boxes/{}/toys"}),
        (_ALL[:5], (404, {"message": "no such box"}), {"/boxes"}),
        (_ALL[:5], (410, {"message": "gone"}), {"/boxes"}),
    ],
    ids=["no operation removes it", "the server refuses", "of two kinds", "it knows no such thing", "it says gone"],
)
def test_what_could_not_be_removed_is_counted(
    compiled: Compile, entries: tuple[str, ...], refusal: Answer, left: set[str]
) -> None:
    class Keeping(Shelves):
        def answer(self, call: Call) -> Answer:
            return refusal if call.method == "DELETE" else super().answer(call)

    shelves = Keeping()
    result = drive(compiled({"paths": paths(*entries)}), shelves, phases=("baseline", "clauses"))
    assert set(result.left) == left
    if left:
        assert sum(result.left.values()) == len(shelves.kept)


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_by_itself_is_not_left(compiled: Compile, status: int) -> None:
    class Forgetful(Shelves):
        """It forgets each third box by itself."""

        def answer(self, call: Call) -> Answer:
            self.kept = {path: one for path, one in self.kept.items() if int(one["id"]) % 3}
            if call.method == "DELETE" and call.path not in self.kept:
                return status, {"message": "no such box"}
            return super().answer(call)

    result = drive(compiled({"paths": paths(*_ALL[:5])}), Forgetful(), phases=("baseline", "clauses"))
    assert result.left == {}


def test_what_is_only_posted_to_is_no_resource(compiled: Compile) -> None:
    result = drive(compiled({"paths": paths("POST /events/count-by/{unit}")}), lambda call: (200, [{"count": 1}]))
    assert result.run.coverage.operations.accepted == 1
    assert result.left == {}


@pytest.mark.parametrize(
    "limits",
    [{"max_requests": 1}, {"max_requests": 9}, {"max_requests": 60}, {"allow_writes": 7}],
    ids=["one request", "a few", "some", "writes"],
)
def test_the_end_of_a_budget_is_no_end_of_cleanup(contract: Contract, limits: dict[str, Any]) -> None:
    shelves = Shelves()
    result = drive(contract, shelves, **limits)
    assert result.stopped is not None
    assert shelves.kept == {} and result.left == {}
    assert any(call.method == "DELETE" for call in shelves.calls)


@pytest.mark.slow
def test_the_mock_keeps_nothing_that_could_be_removed(contract: Contract) -> None:
    target = targets.mock_target(contract, 1, 8)
    result = run.run(contract, target, RunOptions())
    assert result.left == {}
    assert not any(exchange.probe and exchange.probe.phase == "cleanup" for exchange in result.exchanges)


@pytest.mark.slow
@pytest.mark.parametrize("status", [409, 423, 429])
def test_what_cannot_be_removed_yet_is_removed_at_the_end(contract: Contract, status: int) -> None:
    class Making(Shelves):
        """Takes its time to make a box, and removes none before."""

        def answer(self, call: Call) -> Answer:
            tried = sum(other.line == call.line for other in self.calls)
            early = call.method == "DELETE" and call.path in self.kept and tried == 1
            return (status, None, {"Retry-After": "0"}) if early else super().answer(call)

    shelves = Making()
    result = drive(contract, shelves)
    assert shelves.kept == {} and result.left == {}


@pytest.mark.slow
def test_a_server_that_stays_busy_is_not_waited_for_again_and_again(contract: Contract) -> None:
    class Busy(Shelves):
        """Removes nothing."""

        def answer(self, call: Call) -> Answer:
            return (503, {"message": "busy"}) if call.method == "DELETE" else super().answer(call)

    shelves = Busy()
    result = drive(contract, shelves, phases=("baseline", "clauses"), max_time=5)
    assert sum(result.left.values()) == len(shelves.kept) > 9
    at_the_end = list(takewhile(lambda line: line.startswith("DELETE "), (call.line for call in shelves.calls[::-1])))
    assert {line.removeprefix("DELETE ") for line in at_the_end} == shelves.kept.keys()
    # Each is asked for in two rounds, and a few of them again and again.
    assert len(at_the_end) < 2 * len(shelves.kept) + 60


class Dying(targets.Target, frozen=True, eq=False):
    """Listens for so many requests only."""

    requests: int = 0
    #: methods of the requests after that
    unheard: list[str] = msgspec.field(default_factory=list)

    @asynccontextmanager
    async def open(self, base_path: str = "") -> AsyncIterator[Any]:
        left = [self.requests]

        class Transport:
            async def send(self, request: Request) -> Response | Failure:
                left[0] -= 1
                if left[0] >= 0:
                    return await inner.send(request)
                unheard.append(request.method)
                return Failure("connect", "refused")

        unheard = self.unheard
        async with super().open(base_path) as inner:
            yield Transport()


@pytest.mark.slow
@pytest.mark.parametrize("requests", [5, 40])
def test_a_server_that_is_gone_is_asked_once_and_the_rest_is_counted(contract: Contract, requests: int) -> None:
    shelves = Shelves()
    target = Dying("app", "dying", 4, app_of(shelves), requests=requests)
    result = run.run(contract, target, RunOptions(phases=("baseline", "clauses")))
    assert "dying is gone" in str(result.stopped)
    assert sum(result.left.values()) == len(shelves.kept) > 0
    assert [method == "DELETE" for method in target.unheard[-2:]] == [False, True]


@pytest.mark.parametrize("calls", [1, 2, 7, 50])
def test_an_interruption_leaves_nothing(contract: Contract, calls: int) -> None:
    class Interrupting(Shelves):
        def answer(self, call: Call) -> Answer:
            if len(self.calls) == calls:
                signal.raise_signal(signal.SIGINT)
            return super().answer(call)

    shelves = Interrupting()
    # Each answer takes its time: the interruption finds others on their way.
    target = targets.Target("app", "slow", 4, app_of(shelves, seconds=0.002))
    result = run.run(contract, target, RunOptions())
    assert result.interrupted
    assert shelves.kept == {} and result.left == {}
    assert sum(call.method != "DELETE" for call in shelves.calls) < calls + 8


@pytest.mark.parametrize("seconds", [0.01, 0.1])
def test_the_end_of_the_time_leaves_nothing(contract: Contract, seconds: float) -> None:
    shelves = Shelves()
    target = targets.Target("app", "slow", 4, app_of(shelves, seconds=0.002))
    try:
        result = run.run(contract, target, RunOptions(max_time=seconds))
    except UsageError as error:
        # On a busy machine the time is over before anything is sent.
        assert "was reached while" in str(error) and not shelves.calls
    else:
        assert "limit of" in str(result.stopped)
        assert shelves.kept == {} and result.left == {}
