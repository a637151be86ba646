"""A crash that a phase met is told, also where the limits left no request to find out which value it is."""

from __future__ import annotations

import random
from typing import cast

import pytest

from clausewise.exchange import Exchange, Probe, Request, Response
from clausewise.options import RunOptions
from clausewise.phases.base import Context, PhaseResult, Steps, Task
from clausewise.runner.run import Result, run
from clausewise.runner.targets import Target
from clausewise.runner.task import ScheduledTask
from tests.conftest import Compile
from tests.servers.small import Answer, Call, app_of, not_offered, paths

_VALUES = {name: [f"{name} {number}" for number in range(4)] for name in ("kind", "place", "size")}
_BODY = {"type": "object", "properties": {name: {"enum": values} for name, values in _VALUES.items()}}


def _run(compiled: Compile, requests: int, *, crashes: bool) -> Result:
    def answer(call: Call) -> Answer:
        if call.method != "POST":
            return not_offered("POST")
        body = call.body
        if call.headers.get("content-type") != "application/json" or not isinstance(body, dict):
            return 400, {"message": "no"}
        if any(body.get(name, values[0]) not in values for name, values in _VALUES.items()):
            return 400, {"message": "no"}
        fails = crashes and (body.get("kind"), body.get("place")) == ("kind 3", "place 3")
        return (500, b"Internal Server Error", {"content-type": "text/plain"}) if fails else (201, None)

    contract = compiled({"paths": paths("POST /things", body=_BODY)})
    target = Target("app", "pairs", 1, app_of(answer))
    return run(contract, target, RunOptions(phases=("baseline", "clauses", "pairs"), max_requests=requests))


@pytest.mark.parametrize("requests", [50, 56, 60, 64, 70, 200])
def test_what_crashed_the_server_is_told_whenever_the_run_ends(compiled: Compile, requests: int) -> None:
    result = _run(compiled, requests, crashes=True)
    crashed = any(one.response is not None and one.response.status >= 500 for one in result.exchanges)
    told = [finding for finding in result.run.findings if finding.rule == "server-error"]
    assert len(told) == crashed


def test_a_crash_that_was_not_traced_is_told_with_all_that_was_sent(compiled: Compile) -> None:
    (told,) = [one.message for one in _run(compiled, 60, crashes=True).run.findings if one.rule == "server-error"]
    assert all(f"`{name}`" in told for name in ("kind", "place", "size"))


def test_a_server_that_never_crashes_is_told_nothing(compiled: Compile) -> None:
    assert not [one for one in _run(compiled, 90, crashes=False).run.findings if one.rule == "server-error"]


def _crash(number: int, *, explores: bool) -> Exchange:
    probe = Probe("make", "properties", "generated values are sent", "any", explores=explores)
    return Exchange(str(number), Request("POST", "/things", body=b"x" * number), Response(500), probe=probe)


def test_of_very_many_crashes_the_plainest_are_remembered_until_they_are_traced() -> None:
    task = ScheduledTask("make", Task(cast(Context, None), random.Random(0)), cast(Steps, iter(())))
    for number in range(2_000, 0, -1):
        task.take(_crash(number, explores=True))
    task.take(_crash(0, explores=False))
    assert len(task.explored) <= 100 and {"1", "2", "3"} <= {one.id for one in task.explored}
    task.finish(PhaseResult())
    assert task.explored == [] and [one.id for one in task.reported] == ["0"]
