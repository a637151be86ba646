"""A limit on time and an interruption hold at any moment: before the loop runs, and while an app keeps it busy."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.exchange import Request
from clausewise.options import RunOptions
from clausewise.runner.interruption import Deadline
from clausewise.runner.run import run
from clausewise.runner.session import Session
from clausewise.runner.targets import Target, mock_target
from clausewise.transport.asgi import AsgiTransport
from clausewise.transport.budget import BudgetSpent
from tests.conftest import Compile
from tests.servers.small import paths

#: far longer than a limit may be overrun, also on a busy machine
_FOR_EVER = 600.0
_SOON = 60.0


@pytest.fixture
def contract(compiled: Compile) -> Contract:
    return compiled({"paths": paths("GET /things")})


def _sleeping() -> None:
    time.sleep(_FOR_EVER)


def _computing() -> None:
    until = time.monotonic() + _FOR_EVER
    while time.monotonic() < until:
        pass


@pytest.mark.parametrize("work", [_sleeping, _computing], ids=["it sleeps", "it computes"])
def test_what_takes_too_long_without_a_loop_is_ended(work: Callable[[], None]) -> None:
    begun = time.monotonic()
    passed = pytest.raises(UsageError, match=r"the limit of 0\.2 s was reached while the contract was read")
    with passed, Deadline.of(0.2).limiting("the contract was read"):
        work()
    assert time.monotonic() - begun < _SOON


def test_what_ends_in_time_is_not_disturbed() -> None:
    deadline = Deadline.of(_FOR_EVER)
    with deadline.limiting("the contract was read"):
        pass
    assert deadline.left is not None and deadline.left > _SOON


@pytest.mark.parametrize("work", [_sleeping, _computing], ids=["it sleeps", "it computes"])
def test_what_can_be_cut_ends_as_it_does_otherwise(work: Callable[[], None]) -> None:
    before, ended = signal.getsignal(signal.SIGINT), False
    with Deadline.of(0.2).cutting("they were compared"):
        try:
            work()
        except KeyboardInterrupt:
            ended = True
    assert ended and signal.getsignal(signal.SIGINT) is before


def test_what_does_not_take_an_interruption_is_ended() -> None:
    passed = pytest.raises(UsageError, match=r"the limit of 0\.2 s was reached while they were compared")
    with passed, Deadline.of(0.2).cutting("they were compared"):
        _sleeping()


def test_an_interruption_of_the_user_stays_one() -> None:
    with pytest.raises(KeyboardInterrupt), Deadline.of(_FOR_EVER).limiting("the contract was read"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("work", [_sleeping, _computing], ids=["it sleeps", "it computes"])
def test_an_app_that_keeps_the_loop_busy_does_not_keep_ctrl_c_from_ending_the_run(
    contract: Contract, work: Callable[[], None]
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        work()

    begun = time.monotonic()
    result = run(contract, Target("app", "busy", 1, app), RunOptions())
    assert time.monotonic() - begun < _SOON
    assert result.interrupted and {clause.verdict for clause in result.run.clauses} == {"untested"}


@pytest.mark.slow
def test_nor_does_it_keep_the_limit_from_ending_it(contract: Contract) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        _sleeping()

    begun = time.monotonic()
    result = run(contract, Target("app", "busy", 1, app), RunOptions(max_time=10))
    assert time.monotonic() - begun < _SOON
    assert isinstance(result.stopped, BudgetSpent) and "10 s" in str(result.stopped) and not result.interrupted


def test_an_app_that_never_waits_leaves_the_limit_in_force() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def ask() -> None:
        transport = AsgiTransport(app)
        async with asyncio.timeout(0.1):
            for _ in range(200_000):
                await transport.send(Request("GET", "/things"))

    with pytest.raises(TimeoutError):
        asyncio.run(ask())


def test_a_plan_that_takes_too_long_is_given_up(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "__init__", lambda *_: time.sleep(_SOON))
    begun = time.monotonic()
    with pytest.raises(UsageError, match="was reached while the run was planned"):
        run(contract, mock_target(contract, 1, 4), RunOptions(max_time=0.3))
    assert time.monotonic() - begun < _SOON / 2


def test_the_limit_counts_from_when_the_document_was_read(contract: Contract) -> None:
    spent = Deadline(0.5, time.monotonic() - 1)
    with pytest.raises(UsageError, match=r"the limit of 0\.5 s was reached"):
        run(contract, mock_target(contract, 1, 4), RunOptions(max_time=0.5), deadline=spent)
