"""The budget counts, slows down and stops, and asks for leave as writes go out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from clausewise.errors import ClausewiseError
from clausewise.exchange import Failure, Probe, Request, Response
from clausewise.transport.budget import Budget, BudgetSpent, WriteNotAllowed, is_write

GET, POST = Request("GET", "/"), Request("POST", "/")


class Inner:
    """A transport that answers 200."""

    def __init__(self) -> None:
        self.methods: list[str] = []

    async def send(self, request: Request) -> Response | Failure:
        self.methods.append(request.method)
        await asyncio.sleep(0)
        return Response(200)


class Leave:
    """Lets `limit` writes out."""

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.asked: list[tuple[str, bool]] = []
        self.answers: list[Response | Failure | None] = []

    def ask(self, request: Request, probe: Probe | None, *, removes: bool) -> int:
        if self.limit == 0:
            raise WriteNotAllowed("no more writes")
        self.limit -= 1
        self.asked.append((request.method, removes))
        return len(self.asked)

    def answered(self, number: int, request: Request, probe: Probe | None, answer: Response | Failure | None) -> None:
        self.answers.append(answer)


def test_without_limits_everything_goes_out_and_is_counted() -> None:
    inner, leave = Inner(), Leave()
    budget = Budget(leave, max_requests=None, rate=None)

    async def run() -> Response | Failure:
        await budget.send(inner, GET)
        return await budget.send(inner, POST)

    assert asyncio.run(run()) == Response(200)
    assert inner.methods == ["GET", "POST"] and budget.sent == 2
    assert leave.asked == [("POST", False)] and leave.answers == [Response(200)]


@pytest.mark.parametrize("limit", [0, 3])
def test_requests_under_way_at_once_do_not_exceed_the_limit(limit: int) -> None:
    inner = Inner()
    budget = Budget(Leave(), max_requests=limit, rate=None)

    async def run() -> list[object]:
        return await asyncio.gather(*(budget.send(inner, GET) for _ in range(5)), return_exceptions=True)

    outcomes = asyncio.run(run())
    refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetSpent)]
    assert (len(inner.methods), budget.sent, len(refused)) == (limit, limit, 5 - limit)
    assert isinstance(refused[0], ClausewiseError)
    assert str(refused[0]) == f"the limit of {limit} requests is reached"


@pytest.mark.parametrize(
    ("method", "write"),
    [("GET", False), ("HEAD", False), ("OPTIONS", False), ("TRACE", False), ("get", False),
     ("POST", True), ("PUT", True), ("PATCH", True), ("DELETE", True), ("PURGE", True), ("post", True)],
)  # fmt: skip
def test_what_counts_as_a_write(method: str, write: bool) -> None:
    inner = Inner()
    budget = Budget(Leave(0), max_requests=None, rate=None)
    if write:
        with pytest.raises(WriteNotAllowed):
            asyncio.run(budget.send(inner, Request(method, "/")))
    else:
        asyncio.run(budget.send(inner, Request(method, "/")))
    assert is_write(Request(method, "/")) is write
    assert inner.methods == ([] if write else [method])
    assert budget.sent == len(inner.methods)


def test_reading_goes_on_after_the_last_write() -> None:
    inner = Inner()
    budget = Budget(Leave(1), max_requests=None, rate=None)

    async def run() -> None:
        await budget.send(inner, POST)
        with pytest.raises(BudgetSpent):
            await budget.send(inner, POST)
        await budget.send(inner, GET)

    asyncio.run(run())
    assert budget.sent == 2


def test_writes_under_way_at_once_each_ask_for_leave() -> None:
    inner = Inner()
    budget = Budget(Leave(3), max_requests=None, rate=None)

    async def run() -> list[object]:
        return await asyncio.gather(*(budget.send(inner, POST) for _ in range(8)), return_exceptions=True)

    asyncio.run(run())
    assert len(inner.methods) == 3


def test_an_answer_that_nobody_waits_for_is_told_as_none() -> None:
    class Silent:
        async def send(self, request: Request) -> Response | Failure:
            await asyncio.sleep(60)
            return Response(200)

    leave = Leave()
    budget = Budget(leave, max_requests=None, rate=None)

    async def run() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(budget.send(Silent(), POST), 0.01)

    asyncio.run(run())
    assert leave.answers == [None]


def test_the_rate_spaces_requests_out() -> None:
    inner = Inner()
    budget = Budget(Leave(), max_requests=None, rate=50)

    async def run() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(budget.send(inner, GET) for _ in range(6)))
        return time.perf_counter() - started

    # the first goes out at once, the other five 20 ms apart
    assert asyncio.run(run()) >= 0.095


def test_what_removes_goes_out_when_the_number_of_requests_is_reached_and_asks_for_leave() -> None:
    inner, leave = Inner(), Leave()
    budget = Budget(leave, max_requests=1, rate=None)

    async def run() -> None:
        await budget.send(inner, Request("DELETE", "/"), limited=False)
        assert budget.sent == 0
        await budget.send(inner, GET)
        with pytest.raises(BudgetSpent):
            await budget.send(inner, GET)
        await budget.send(inner, Request("DELETE", "/"), limited=False)

    asyncio.run(run())
    assert inner.methods == ["DELETE", "GET", "DELETE"]
    assert budget.sent == 1
    assert leave.asked == [("DELETE", True), ("DELETE", True)]


def test_what_is_not_limited_keeps_to_the_rate() -> None:
    inner = Inner()
    budget = Budget(Leave(), max_requests=None, rate=50)

    async def run() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(budget.send(inner, POST, limited=number % 2 == 0) for number in range(6)))
        return time.perf_counter() - started

    assert asyncio.run(run()) >= 0.095


def test_at_the_end_what_waits_for_its_turn_stays_at_home() -> None:
    inner = Inner()
    budget = Budget(Leave(), max_requests=None, rate=50)

    async def run() -> Sequence[object]:
        sending = asyncio.gather(*(budget.send(inner, POST) for _ in range(3)), return_exceptions=True)
        await asyncio.sleep(0)
        budget.end()
        await budget.send(inner, Request("DELETE", "/"), limited=False)
        return await sending

    outcomes = asyncio.run(run())
    assert [type(outcome) for outcome in outcomes] == [Response, BudgetSpent, BudgetSpent]
    assert inner.methods == ["POST", "DELETE"]
