"""A limit on the time of an answer that does not count the time in which we compute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: a limit is counted in so many parts, of at least so many seconds each
_PARTS = 20
_SHORTEST = 0.05

#: seconds by which a part may end late and still count
_LATE = 0.25


@asynccontextmanager
async def free_time(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """As `asyncio.timeout`, but only time counts in which the event loop was free.

    A loop that is kept busy reads no answer: one that came long ago would seem to be late. A part of the limit that
    ends late, because the loop was busy, does not count, so that what has arrived by then is read first. The limit is
    met a few hundredths of a second late at most, when the loop is free.
    """
    loop = asyncio.get_running_loop()
    left = max(1, min(_PARTS, round(seconds / _SHORTEST)))
    part = seconds / left
    timer: asyncio.TimerHandle

    def count(due: float) -> None:
        nonlocal left, timer
        now = loop.time()
        left -= now - due < max(part, _LATE)
        if left:
            timer = loop.call_at(now + part, count, now + part)
        else:
            limit.reschedule(now)

    first = loop.time() + part
    timer = loop.call_at(first, count, first)
    try:
        async with asyncio.timeout(None) as limit:
            yield limit
    finally:
        timer.cancel()
