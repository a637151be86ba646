"""Limits on sending: the number of requests, the rate, and leave for each request that may change something."""

from __future__ import annotations

import asyncio
import re
from time import monotonic
from typing import Protocol
from urllib.parse import unquote

import msgspec

from clausewise.errors import ClausewiseError
from clausewise.exchange import Failure, Probe, Request, Response
from clausewise.transport.base import Transport
from clausewise.wording import counted

#: methods that ask for no change (RFC 9110 section 9.2.1, and QUERY, which promises the same); every other one counts
#: as a write
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})

#: methods that change or remove the resource that the path names (RFC 9110 sections 9.3.4 and 9.3.5, RFC 5789)
CHANGING_METHODS = frozenset({"PUT", "PATCH", "DELETE"})


def is_write(request: Request) -> bool:
    """Whether a request may change something, by its method."""
    return request.method.upper() not in SAFE_METHODS


class Leave(msgspec.Struct, frozen=True):
    """What a run may write."""

    #: requests that may change something; None for no limit
    limit: int | None = None
    #: why there are none, for people; "" where some may be sent
    why: str = ""
    #: what a user can do about that
    remedy: str = ""
    #: whether only what the run itself created may be changed or removed
    only_own: bool = False
    #: how many count on the limit already, because others have sent them, or may
    spent: int = 0


def leads_elsewhere(target: str) -> bool:
    """Whether a server, or a proxy before it, may take the path of a request for another one: a dot segment in it leads
    out of what it names (RFC 3986 section 5.2.4), also where it is in a percent-encoded piece, which many decode."""
    return bool({".", ".."} & {*re.split(r"[/\\]", unquote(target.partition("?")[0]))})


class BudgetSpent(ClausewiseError):
    """A request was not sent because a limit of the user is reached."""


class WritesSpent(BudgetSpent):
    """A request was not sent because it may change something, and the limit on those is reached."""


class WriteNotAllowed(BudgetSpent):
    """A request was not sent because it may change something there that this run may not change."""


class Permission(Protocol):
    """Asked for each request that may change something as it leaves, and told what came of it."""

    def ask(self, request: Request, probe: Probe | None, *, removes: bool) -> int:
        """Count a request that leaves now; its number. `removes`: it removes what the run made. Raises BudgetSpent to
        keep it."""
        ...

    def answered(self, number: int, request: Request, probe: Probe | None, answer: Response | Failure | None) -> None:
        """Take note of the answer, before anything else is sent; None where nobody waited for it."""


class Budget:
    """Lets requests out while the limits last; None means no limit.

    `rate` is in requests per second. After a refused write, requests that only read may still go out.
    """

    def __init__(self, permission: Permission, *, max_requests: int | None, rate: float | None) -> None:
        self._permission = permission
        self._max_requests = max_requests
        self._interval = 1 / rate if rate else 0.0
        self._next_start = 0.0
        #: requests sent so far, writes included
        self.sent = 0
        self._ended = False

    async def send(
        self, transport: Transport, request: Request, *, limited: bool = True, probe: Probe | None = None
    ) -> Response | Failure:
        """The answer to `request`, which the `probe` is about.

        Raises BudgetSpent, and sends nothing, when a limit is reached. A request that is not `limited` keeps only the
        rate; where it may change something it removes what the run made, and needs leave as any other.
        """
        if limited:
            self._count()
        if self._interval:
            await self._wait_for_turn()
        try:
            if limited and self._ended:
                raise BudgetSpent("the run has ended")
            if not is_write(request):
                return await transport.send(request)
            number = self._permission.ask(request, probe, removes=not limited)
        except BudgetSpent:
            self.sent -= limited
            raise
        answer: Response | Failure | None = None
        try:
            answer = await transport.send(request)
        finally:
            self._permission.answered(number, request, probe, answer)
        return answer

    def end(self) -> None:
        """Send no more limited requests, including those that are waiting for their turn."""
        self._ended = True

    def _count(self) -> None:
        if self._max_requests is not None and self.sent >= self._max_requests:
            raise BudgetSpent(f"the limit of {counted(self._max_requests, 'request')} is reached")
        self.sent += 1

    async def _wait_for_turn(self) -> None:
        now = monotonic()
        start = max(now, self._next_start)
        self._next_start = start + self._interval
        if start > now:
            await asyncio.sleep(start - now)
