"""What is computed in a thread reaches the event loop, in order, and only while somebody waits for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from clausewise.runner.thinking import Ahead, Thinker


def test_calls_follow_one_another_and_errors_reach_the_caller() -> None:
    called = list[int]()

    async def compute() -> None:
        thinker, go_on = Thinker(), threading.Event()
        first = asyncio.ensure_future(thinker.do(lambda: go_on.wait(9)))
        nobody_waits = asyncio.ensure_future(thinker.do(lambda: called.append(2)))
        await asyncio.sleep(0)
        nobody_waits.cancel()
        await asyncio.wait([nobody_waits])
        go_on.set()
        assert await first
        with pytest.raises(ZeroDivisionError):
            await thinker.do(lambda: 1 // 0)
        await thinker.do(lambda: called.append(3))
        thinker.end()

    asyncio.run(compute())
    assert called == [3]


def test_items_come_in_order_however_many_take_them() -> None:
    async def taken() -> list[int]:
        thinker, found = Thinker(), list[int]()
        ahead = Ahead(thinker, iter(range(100)))

        async def take() -> None:
            while (item := await ahead.next()) is not None:
                found.append(item)

        await asyncio.gather(take(), take(), take())
        ahead.close()
        thinker.end()
        return found

    assert asyncio.run(taken()) == list(range(100))
