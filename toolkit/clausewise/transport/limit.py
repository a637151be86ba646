"""A limit on the time that a server is waited for, which does not count the time in which we compute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: a limit is counted in so many parts, of at least so many seconds each
_PARTS = 20
_SHORTEST = 0.05

#: seconds by which a part may end late and still count
_LATE = 0.25


class FreeTime:
    """Counts the time in which the event loop was free, and ends the wait when there was enough of it."""

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._left = 0
        #: the seconds that are counted at a time, and all that may pass
        self._part = self.seconds = 0.0

    def allow(self, seconds: float) -> None:
        """Allow so many seconds from now on, whatever has passed."""
        self.stop()
        self.seconds = seconds
        self._left = max(1, min(_PARTS, round(seconds / _SHORTEST)))
        self._part = seconds / self._left
        self._wait(self._loop.time())

    def stop(self) -> None:
        """Count no longer."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def expired(self) -> bool:
        """Whether the time is up."""
        return self._limit.expired()

    def _wait(self, now: float) -> None:
        due = now + self._part
        self._timer = self._loop.call_at(due, self._count, due)

    def _count(self, due: float) -> None:
        now = self._loop.time()
        self._left -= now - due < max(self._part, _LATE)
        if self._left:
            self._wait(now)
        else:
            self._limit.reschedule(now)


@asynccontextmanager
async def free_time(seconds: float) -> AsyncIterator[FreeTime]:
    """As `asyncio.timeout`, but only time counts in which the event loop was free.

    A loop that is kept busy, or a process that is stopped, reads no answer: one that came long ago would seem to be
    late. A part of the limit that ends late does not count, so that what has arrived by then is read first. The limit
    is met a few hundredths of a second late at most, when the loop is free.
    """
    async with asyncio.timeout(None) as limit:
        time = FreeTime(limit)
        time.allow(seconds)
        try:
            yield time
        finally:
            time.stop()
