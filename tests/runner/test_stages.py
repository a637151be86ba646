"""Phases run in the order of the table, each within its share of the limits; what they leave unfinished is said."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from typing import Any, cast

import pytest

from clausewise.contract.contract import Contract
from clausewise.options import RunOptions
from clausewise.phase_table import DEFAULT_PHASES, PHASES
from clausewise.phases.base import Context, Steps, Task
from clausewise.runner.events import Event
from clausewise.runner.run import Result, run
from clausewise.runner.shares import Shares
from clausewise.runner.stages import Stages
from clausewise.runner.targets import Target
from clausewise.runner.task import ScheduledTask
from clausewise.transport.budget import BudgetSpent
from tests.conftest import Compile
from tests.servers.small import Shelves, app_of, paths

_BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {name: {"type": "string", "minLength": 1, "maxLength": 9} for name in ("name", "kind", "place")},
}
_PHASES = ("baseline", "clauses", "pairs", "lifecycle")


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled({"paths": paths("POST /things", "GET /things", "GET /things/{id}", "PUT /things/{id}", body=_BODY)})


def _run(contract: Contract, seconds: float = 0, **options: Any) -> Result:
    """A run over one connection against a server that takes so many `seconds` for an answer."""
    target = Target("app", "shelves", 1, app_of(Shelves(), seconds=seconds))
    return run(contract, target, RunOptions(**{"phases": _PHASES, **options}))


def _phases(result: Result) -> list[str]:
    """The phases of the requests, in the order in which they were sent."""
    sent = sorted(result.exchanges, key=lambda exchange: str(exchange.started))
    return list(dict.fromkeys(exchange.probe.phase for exchange in sent if exchange.probe is not None))


def _selectable(phases: list[str]) -> list[str]:
    return [phase for phase in phases if phase in PHASES]


def test_lifecycles_are_followed_before_values_are_drawn(contract: Contract) -> None:
    result = _run(contract, phases=(*_PHASES, "properties"), max_examples=3)
    assert _selectable(_phases(result)) == [*_PHASES, "properties"]


@pytest.mark.parametrize(
    ("limit", "named"),
    [({"max_requests": 60}, "60 requests"), ({"max_time": 5.0, "seconds": 0.05}, "5 s")],
    ids=["requests", "time"],
)
def test_a_phase_that_would_take_all_leaves_later_ones_their_share(
    contract: Contract, limit: dict[str, Any], named: str
) -> None:
    result = _run(contract, **limit)
    assert _selectable(_phases(result)) == list(_PHASES)
    assert isinstance(result.stopped, BudgetSpent)
    # What the others left was not enough either.
    sentence = f"the phase clauses used up the limit of {named}"
    assert [note for note in result.notes if note.startswith(sentence) and note.endswith("could not be finished")]
    reasons = {clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    assert f"{sentence} before" in reasons


def test_what_a_phase_does_not_use_passes_on(contract: Contract) -> None:
    """Far more than any share, and no phase is cut."""
    most = _run(contract).run.requests
    result = _run(contract, max_requests=4 * most, max_time=600)
    assert result.stopped is None and not result.notes
    assert result.run.requests == most


def test_a_limit_within_the_first_phase_is_the_reason_for_what_is_behind_it(contract: Contract) -> None:
    result = _run(contract, seconds=0.3, max_time=0.2)
    assert isinstance(result.stopped, BudgetSpent)
    assert any("left no time for: clauses, pairs, lifecycle" in note for note in result.notes)
    reasons = {clause.reason for clause in result.run.clauses if clause.verdict == "untested"}
    assert all("the limit of 0.2 s" in reason for reason in reasons) and reasons


def test_a_limit_behind_a_stage_that_has_ended_is_no_second_reason() -> None:
    subject = Task(cast(Context, None), random.Random(0))
    task = ScheduledTask("unfinished", subject, cast(Steps, iter(())))

    async def noted() -> list[str]:
        stages = Stages(Shares(600, 4, lambda: 4), ["pairs"], RunOptions(phases=_PHASES), lambda _: None)
        stages.begin("pairs", [task])
        stages.close()
        stages.run_out("the limit of 600 s", [task])
        return stages.notes

    assert asyncio.run(noted()) == ["the phase pairs used up the limit of 4 requests; it could not be finished"]


def test_values_are_drawn_in_an_ordinary_run(contract: Contract) -> None:
    result = _run(contract, phases=DEFAULT_PHASES)
    assert _selectable(_phases(result)) == [*_PHASES, "properties"]
    drawn = Counter(
        exchange.probe.operation
        for exchange in result.exchanges
        if exchange.probe is not None and exchange.probe.phase == "properties" and exchange.probe.explores
    )
    # One more looks for a smaller request.
    assert set(drawn) == {operation.key for operation in contract.operations}
    assert max(drawn.values()) <= 26


@pytest.mark.parametrize(
    ("chosen", "is_bounded"),
    [
        ({}, True),
        ({"max_examples": 100}, False),
        ({"phases": ("baseline", "properties")}, False),
        ({"phases": ("all",)}, False),
    ],
    ids=["nothing chosen", "a number of examples", "phases", "all phases"],
)
def test_they_take_at_most_a_third_unless_the_user_wants_them(chosen: dict[str, Any], is_bounded: bool) -> None:
    options = RunOptions(max_time=30, **chosen)
    begun: list[float | None] = []

    class Recorded(Shares):
        def begin(self, part: int, behind: int, own: float | None = None) -> None:
            begun.append(own)

    shares = Recorded(options.max_time, None, lambda: 0)
    Stages(shares, options.phases, options, lambda _: None).begin("properties", [])
    assert begun == [10 if is_bounded else None]


def test_a_stage_ends_with_its_own_seconds() -> None:
    async def used_up() -> tuple[str, str]:
        shares = Shares(None, None, lambda: 0)
        shares.begin(3, 0, own=0.05)
        before = shares.spent
        await asyncio.sleep(0.06)
        return before, shares.spent

    assert asyncio.run(used_up()) == ("", "its 0.05 s")


def test_a_phase_goes_on_with_what_later_ones_leave(contract: Contract) -> None:
    """Its share is not enough, and all that is left is."""
    whole = _run(contract)
    result = _run(contract, max_requests=whole.run.requests + 40)
    sent = sorted(result.exchanges, key=lambda exchange: str(exchange.started))
    phases = [exchange.probe.phase for exchange in sent if exchange.probe is not None]
    last = len(phases) - 1 - phases[::-1].index("clauses")
    assert phases.index("clauses") < phases.index("pairs") < phases.index("lifecycle") < last
    assert result.stopped is None and not result.notes
    assert [(each.id, each.operation, each.where, each.verdict) for each in result.run.clauses] == [
        (each.id, each.operation, each.where, each.verdict) for each in whole.run.clauses
    ]


def _many(compiled: Compile) -> Contract:
    return compiled({"paths": paths(*(f"POST /things{number}" for number in range(20)), body=_BODY)})


def _drawn(result: Result) -> Counter[str]:
    """Requests that were drawn, by operation."""
    probes = [exchange.probe for exchange in result.exchanges if exchange.probe is not None]
    return Counter(probe.operation for probe in probes if probe.phase == "properties" and probe.explores)


def test_few_operations_draw_values_at_a_time(compiled: Compile) -> None:
    """Each has an engine of its own, which takes memory."""
    open_at_once = 0

    def count(_event: Event) -> None:
        nonlocal open_at_once
        open_at_once = max(open_at_once, sum(thread.name == "hypothesis" for thread in threading.enumerate()))

    contract = _many(compiled)
    target = Target("app", "shelves", 8, app_of(Shelves()))
    result = run(contract, target, RunOptions(phases=("baseline", "properties"), max_examples=20), (count,))
    assert len(_drawn(result)) == 20 and 1 <= open_at_once <= 8


def test_those_that_draw_first_leave_the_others_as_much(compiled: Compile) -> None:
    result = _run(_many(compiled), phases=("baseline", "properties"), max_requests=200, max_examples=100)
    drawn = _drawn(result)
    assert len(drawn) == 20
    assert max(drawn.values()) <= 3 * min(drawn.values())
    (note,) = [note for note in result.notes if note.startswith("the phase properties")]
    assert "200 requests" in note and note.endswith("20 of 20 tasks could not be finished")


@pytest.mark.parametrize(("tasks", "elapsed", "allows"), [(16, 19.0, True), (16, 21.0, False), (8, 39.0, True)])
def test_each_task_has_an_equal_part_of_the_time_that_is_left(tasks: int, elapsed: float, allows: bool) -> None:
    async def allowed(monkeypatch: pytest.MonkeyPatch) -> bool:
        loop, now = asyncio.get_running_loop(), [100.0]
        monkeypatch.setattr(loop, "time", lambda: now[0])
        shares = Shares(None, None, lambda: 0)
        shares.begin(3, 0, own=40.0)
        turn = shares.turn(tasks, at_once=8)
        now[0] += elapsed
        return turn.allows_another()

    with pytest.MonkeyPatch.context() as patch:
        assert asyncio.run(allowed(patch)) is allows
