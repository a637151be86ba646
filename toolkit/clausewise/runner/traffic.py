"""How many requests of a run are under way at once: a number of them, or one that has the server to itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter


class Traffic:
    """Lets requests out: at most `limit` at once, and none beside one that goes alone."""

    def __init__(self, limit: int) -> None:
        #: requests that may be under way at once
        self.limit = limit
        self._under_way = 0
        self._is_alone = False
        #: those that wait to go alone: until they did, no other request starts
        self._alone_next = 0
        self._waiting: list[asyncio.Future[None]] = []
        #: when at least two were under way for the last time, by `perf_counter`
        self._crowded_at = 0.0
        #: answers at the present limit, and the seconds in which at least one was awaited
        self._answers = 0
        self._busy = 0.0
        self._busy_since = 0.0

    @property
    def seconds_per_answer(self) -> float:
        """The time that an answer takes at the present limit, those beside it included; 0.0 before the first."""
        return self._busy / self._answers if self._answers else 0.0

    def was_crowded(self, since: float) -> bool:
        """Whether several requests were under way at once after `since`, by `perf_counter`."""
        return self._under_way > 1 or self._crowded_at >= since

    def slow_down(self, limit: int) -> None:
        """Let at most `limit` out at once from now on."""
        self.limit, self._answers, self._busy = limit, 0, 0.0

    @asynccontextmanager
    async def among_others(self) -> AsyncIterator[None]:
        """One more request is under way."""
        while self._is_alone or self._alone_next or self._under_way >= self.limit:
            await self._wait()
        self._under_way += 1
        if self._under_way == 1:
            self._busy_since = perf_counter()
        try:
            yield
        finally:
            now = perf_counter()
            if self._under_way > 1:
                self._crowded_at = now
            else:
                self._busy += now - self._busy_since
            self._under_way -= 1
            self._answers += 1
            self._wake()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nothing else is under way."""
        self._alone_next += 1
        try:
            while self._is_alone or self._under_way:
                await self._wait()
            self._is_alone = True
        finally:
            self._alone_next -= 1
            self._wake()
        try:
            yield
        finally:
            self._is_alone = False
            self._wake()

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _wake(self) -> None:
        """Let everybody who waits look again."""
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
        self._waiting.clear()
