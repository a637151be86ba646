"""Limits on sending: the number of requests, the number of writing requests, and the rate."""

from __future__ import annotations

import asyncio
from time import monotonic

from clausewise.errors import ClausewiseError
from clausewise.exchange import Failure, Request, Response
from clausewise.transport.base import Reconnecting, Transport
from clausewise.wording import counted

#: methods that ask for no change (RFC 9110 section 9.2.1); every other one counts as a write
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

#: methods that change or remove the resource that the path names (RFC 9110 sections 9.3.4 and 9.3.5, RFC 5789)
CHANGING_METHODS = frozenset({"PUT", "PATCH", "DELETE"})


class BudgetSpent(ClausewiseError):
    """A request was not sent because a limit of the user is reached."""


class BudgetedTransport:
    """Sends through `inner` while the budget lasts; None means no limit.

    `rate` is in requests per second. After a refused write, requests that only read may still go out.
    """

    def __init__(
        self, inner: Transport, *, max_requests: int | None, rate: float | None, allow_writes: int | None
    ) -> None:
        self._inner = inner
        self._max_requests = max_requests
        self._allow_writes = allow_writes
        self._interval = 1 / rate if rate else 0.0
        self._next_start = 0.0
        #: requests sent so far, writes included
        self.sent = 0
        #: those of them that may change something
        self.writes = 0
        self._ended = False

    async def send(
        self, request: Request, *, limited: bool = True, through: Transport | None = None
    ) -> Response | Failure:
        """The answer of `inner`, or of another transport to go `through` within the same limits.

        Raises BudgetSpent, and sends nothing, when a limit is reached. A request that is not `limited` keeps only the
        rate.
        """
        if limited:
            self._count(request)
        if self._interval:
            await self._wait_for_turn()
        if limited and self._ended:
            raise BudgetSpent("the run has ended")
        return await (through or self._inner).send(request)

    async def reconnect(self) -> None:
        """Close connections on which nothing is under way, where there are any."""
        if isinstance(self._inner, Reconnecting):
            await self._inner.reconnect()

    def end(self) -> None:
        """Send no more limited requests, including those that are waiting for their turn."""
        self._ended = True

    def _count(self, request: Request) -> None:
        if self._max_requests is not None and self.sent >= self._max_requests:
            raise BudgetSpent(f"the limit of {counted(self._max_requests, 'request')} is reached")
        writes = request.method.upper() not in SAFE_METHODS
        if writes and self._allow_writes is not None and self.writes >= self._allow_writes:
            raise BudgetSpent(f"the limit of {counted(self._allow_writes, 'writing request')} is reached")
        self.sent += 1
        self.writes += writes

    async def _wait_for_turn(self) -> None:
        now = monotonic()
        start = max(now, self._next_start)
        self._next_start = start + self._interval
        if start > now:
            await asyncio.sleep(start - now)
