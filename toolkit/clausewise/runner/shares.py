"""How the stages of a run share its limits.

A stage may use its part of what is left of `--max-time` and `--max-requests`; what it does not use passes on to those
behind it. A stage that has used its part ends: its tasks return what they know by then, or go on when those behind it
have left something. Where its tasks take turns, each may use an equal part of what the stage has left.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from clausewise.wording import counted


class Turn:
    """What one task may use of the share of its stage. Any thread may ask."""

    def __init__(self, clock: Callable[[], float], until: float, requests: float) -> None:
        """It is over when `clock` shows `until`, or when the task has made so many `requests`."""
        self._clock = clock
        self._until = until
        self._left = requests
        #: whether the task was refused one more request
        self.was_over = False

    def allows_another(self) -> bool:
        """Whether the task may make one more request, which is counted."""
        self.was_over = self.was_over or self._left <= 0 or self._clock() >= self._until
        self._left -= 1
        return not self.was_over


class Shares:
    """The share of the stage that is running. Until the first one begins, there are only the limits of the run."""

    def __init__(
        self, max_time: float | None, max_requests: int | None, sent: Callable[[], int], begun: float = 0.0
    ) -> None:
        """The limits of the run, in seconds and in requests, None for no limit; `sent` counts the requests so far. The
        run has `begun` at this time of the event loop; 0.0 if its first stage does."""
        self._max_time = max_time
        self._max_requests = max_requests
        self._sent = sent
        self._started = begun
        #: when the stage must end, in the time of the event loop; None where only the limit of the whole run ends it
        self.until: float | None = None
        #: the number of requests at which it must end; None where there is no limit
        self._allowed: int | None = None
        self._is_last = False
        #: seconds that it may take whatever the limits; None where it may use its share
        self._own: float | None = None

    @property
    def is_own(self) -> bool:
        """Whether the seconds that the stage has are its own limit, and not its share of the run's."""
        return self._own is not None

    @property
    def seconds(self) -> float:
        """How long the run lasts so far."""
        return asyncio.get_running_loop().time() - self._started if self._started else 0.0

    def begin(self, part: int, behind: int, own: float | None = None) -> None:
        """A stage of weight `part` begins; those `behind` it weigh so much together. `own` limits its seconds too."""
        now = asyncio.get_running_loop().time()
        self._started = self._started or now
        self._is_last, self._own = not behind, None
        self.until = self._allowed = None
        if self._max_time is not None and behind:
            self.until = now + max(0.0, self._started + self._max_time - now) * part / (part + behind)
        if own is not None and (self.until is None or now + own < self.until):
            self.until, self._own = now + own, own
        if self._max_requests is not None:
            sent = self._sent()
            self._allowed = sent + math.ceil(max(0, self._max_requests - sent) * part / (part + behind))

    def turn(self, tasks: int, at_once: int) -> Turn:
        """An equal part of what the stage has left, for one of so many `tasks` that are not done, of which some run
        `at_once`."""
        clock, end = asyncio.get_running_loop().time, math.inf
        if self.until is not None:
            end = self.until
        elif self._max_time is not None:
            end = self._started + self._max_time
        requests = math.inf if self._allowed is None else math.ceil((self._allowed - self._sent()) / tasks)
        return Turn(clock, clock() + (end - clock()) * min(1.0, at_once / tasks), requests)

    @property
    def limit(self) -> str:
        """What limits the stage, for people; "" for nothing."""
        if self._own is not None:
            return f"its {self._own:.3g} s"
        if self._max_time is not None:
            return self._share_of(f"{self._max_time:g} s")
        return self._share_of(counted(self._max_requests, "request")) if self._max_requests is not None else ""

    @property
    def may_pass(self) -> bool:
        """Whether the stage has used up its share, and those behind it may leave some of theirs."""
        if self._is_last or self._own is not None or not self.spent:
            return False
        return self._max_requests is None or self._sent() < self._max_requests

    @property
    def spent(self) -> str:
        """What the stage has used up, for people; "" while it may go on."""
        if self._max_requests is not None and self._sent() >= self._max_requests:
            return f"the limit of {counted(self._max_requests, 'request')}"
        if self._max_requests is not None and self._allowed is not None and self._sent() >= self._allowed:
            return self._share_of(counted(self._max_requests, "request"))
        if self.until is None or asyncio.get_running_loop().time() < self.until:
            return ""
        return self.limit

    def _share_of(self, limit: str) -> str:
        return f"the limit of {limit}" if self._is_last else f"its share of the limit of {limit}"
