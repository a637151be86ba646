"""BudgetedTransport counts, slows down and stops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from clausewise.errors import ClausewiseError
from clausewise.exchange import Failure, Request, Response
from clausewise.transport.budget import BudgetedTransport, BudgetSpent

GET, POST = Request("GET", "/"), Request("POST", "/")


class Inner:
    def __init__(self) -> None:
        self.methods: list[str] = []

    async def send(self, request: Request) -> Response | Failure:
        self.methods.append(request.method)
        await asyncio.sleep(0)
        return Response(200)


def test_without_limits_everything_goes_out_and_is_counted() -> None:
    inner = Inner()
    budget = BudgetedTransport(inner, max_requests=None, rate=None, allow_writes=None)

    async def run() -> Response | Failure:
        await budget.send(GET)
        return await budget.send(POST)

    assert asyncio.run(run()) == Response(200)
    assert inner.methods == ["GET", "POST"]
    assert (budget.sent, budget.writes) == (2, 1)


@pytest.mark.parametrize("limit", [0, 3])
def test_requests_under_way_at_once_do_not_exceed_the_limit(limit: int) -> None:
    inner = Inner()
    budget = BudgetedTransport(inner, max_requests=limit, rate=None, allow_writes=None)

    async def run() -> list[object]:
        return await asyncio.gather(*(budget.send(GET) for _ in range(5)), return_exceptions=True)

    outcomes = asyncio.run(run())
    refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetSpent)]
    assert (len(inner.methods), budget.sent, len(refused)) == (limit, limit, 5 - limit)
    assert isinstance(refused[0], ClausewiseError)
    assert str(refused[0]) == f"the limit of {limit} requests is reached"


@pytest.mark.parametrize(
    ("method", "is_write"),
    [("GET", False), ("HEAD", False), ("OPTIONS", False), ("TRACE", False), ("get", False),
     ("POST", True), ("PUT", True), ("PATCH", True), ("DELETE", True), ("PURGE", True)],
)  # fmt: skip
def test_what_counts_as_a_write(method: str, is_write: bool) -> None:
    inner = Inner()
    budget = BudgetedTransport(inner, max_requests=None, rate=None, allow_writes=0)
    if is_write:
        with pytest.raises(BudgetSpent, match="the limit of 0 writing requests is reached"):
            asyncio.run(budget.send(Request(method, "/")))
    else:
        asyncio.run(budget.send(Request(method, "/")))
    assert inner.methods == ([] if is_write else [method])
    assert budget.sent == len(inner.methods)


def test_reading_goes_on_after_the_last_write() -> None:
    budget = BudgetedTransport(Inner(), max_requests=None, rate=None, allow_writes=1)

    async def run() -> None:
        await budget.send(POST)
        with pytest.raises(BudgetSpent):
            await budget.send(POST)
        await budget.send(GET)

    asyncio.run(run())
    assert (budget.sent, budget.writes) == (2, 1)


def test_the_rate_spaces_requests_out() -> None:
    budget = BudgetedTransport(Inner(), max_requests=None, rate=50, allow_writes=None)

    async def run() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(budget.send(GET) for _ in range(6)))
        return time.perf_counter() - started

    # the first goes out at once, the other five 20 ms apart
    assert asyncio.run(run()) >= 0.095


def test_what_is_not_limited_goes_out_when_the_budget_is_spent_and_is_not_counted() -> None:
    inner = Inner()
    budget = BudgetedTransport(inner, max_requests=1, rate=None, allow_writes=0)

    async def run() -> None:
        await budget.send(Request("DELETE", "/"), limited=False)
        assert (budget.sent, budget.writes) == (0, 0)
        await budget.send(GET)
        with pytest.raises(BudgetSpent):
            await budget.send(GET)
        await budget.send(Request("DELETE", "/"), limited=False)

    asyncio.run(run())
    assert inner.methods == ["DELETE", "GET", "DELETE"]
    assert budget.sent == 1


def test_what_is_not_limited_keeps_to_the_rate() -> None:
    budget = BudgetedTransport(Inner(), max_requests=None, rate=50, allow_writes=None)

    async def run() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(budget.send(POST, limited=number % 2 == 0) for number in range(6)))
        return time.perf_counter() - started

    assert asyncio.run(run()) >= 0.095


def test_at_the_end_what_waits_for_its_turn_stays_at_home() -> None:
    inner = Inner()
    budget = BudgetedTransport(inner, max_requests=None, rate=50, allow_writes=None)

    async def run() -> Sequence[object]:
        sending = asyncio.gather(*(budget.send(POST) for _ in range(3)), return_exceptions=True)
        await asyncio.sleep(0)
        budget.end()
        await budget.send(Request("DELETE", "/"), limited=False)
        return await sending

    outcomes = asyncio.run(run())
    assert [type(outcome) for outcome in outcomes] == [Response, BudgetSpent, BudgetSpent]
    assert inner.methods == ["POST", "DELETE"]
