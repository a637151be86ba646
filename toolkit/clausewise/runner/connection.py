"""The connection to one target: its limits, its credentials, and the base path of the contract's paths.

It notices a wrong base path before thousands of requests have gone to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from time import perf_counter

import msgspec

from clausewise.conformance.routing import NOWHERE
from clausewise.contract.contract import Contract
from clausewise.errors import TargetError
from clausewise.exchange import Exchange, Failure, Probe, Request, Response, header
from clausewise.generation.prover import Case
from clausewise.options import RunOptions
from clausewise.runner.confirmation import Confirmation
from clausewise.runner.targets import Target
from clausewise.runner.tracing import traced
from clausewise.runner.traffic import Traffic
from clausewise.runner.writes import Writes
from clausewise.security.credentials import Credentials
from clausewise.transport.base import Reconnecting, Transport
from clausewise.transport.budget import Budget, BudgetSpent

#: status of a client that sends too much (RFC 6585 section 4)
_LIMITED = frozenset({429})
#: statuses that ask to try again later (RFC 9110 section 15.6.4)
BUSY = _LIMITED | {503}

#: seconds to wait before each further attempt where the server names no time, and the limit where it names one
_WAITS = (0.2, 1.0)
_LONGEST_WAIT = 10.0

#: seconds that an ending run waits for answers to requests that may have created something
_LATE = 5.0

#: a path that no API has
_NOWHERE = f"/{NOWHERE}"

#: takes credentials that are no longer accepted and returns newer ones. Raises TargetError where it gets none
Renew = Callable[[Credentials], Awaitable[Credentials]]


class Connection:
    """Sends requests within the limits, with credentials that can be renewed."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        options: RunOptions,
        credentials: Credentials,
        writes: Writes,
        renew: Renew | None = None,
        keep: Callable[[str, Exchange], Exchange] = lambda operation, exchange: exchange,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        """`keep` receives exchanges that are no evidence, and the keys of their operations. `begin` is called before
        the first request."""
        self._contract = contract
        self._target = target
        self._begin: Callable[[], None] | None = begin
        self._writes = writes
        self._budget = Budget(writes, max_requests=options.max_requests, rate=options.rate)
        #: credentials that cases are generated with
        self.written = credentials
        #: credentials that are sent
        self.credentials = credentials
        self._renew = renew
        self._traffic = Traffic(target.connections)
        self.confirmation = Confirmation(target, self._traffic, self._sent_alone, self._reconnect, keep)
        #: cases that were under way when the run ended
        self._late: list[tuple[Case, asyncio.Future[Response | Failure]]] = []
        #: requests sent
        self.requests = 0
        #: when the first request went out and the last answer came, by `perf_counter`; None before the first
        self.span: tuple[float, float] | None = None

    @property
    def may_write(self) -> bool:
        """Whether the limits let one more request out that may change something."""
        return self._writes.may_write

    @property
    def counted(self) -> int:
        """Requests that count for the limit on them."""
        return self._budget.sent

    @property
    def can_renew(self) -> bool:
        """Whether newer credentials can be requested."""
        return self._renew is not None

    @property
    def target_name(self) -> str:
        """What the target is called in messages."""
        return self._target.name

    async def renew(self) -> None:
        """Send newer credentials from now on. Raises TargetError where there are none."""
        assert self._renew is not None
        self.credentials = await self._renew(self.credentials)

    async def open(self, stack: AsyncExitStack, first: Case | None) -> None:
        """Open the transport: for an app in this process, at the base path where it answers the `first` request."""
        base_path = await self._base_of_app(first) if first is not None else ""
        self._transport: Transport = await stack.enter_async_context(self._target.open(base_path))
        self._writes.cleanup.base_url = self._target.base_url + base_path

    async def _base_of_app(self, first: Case) -> str:
        """The base path of an app in this process, found by trying: no URL gives it."""
        paths = self._target.other_bases(self._contract) if self._target.kind == "app" else []
        with suppress(BudgetSpent):
            for path in ("", *paths) if paths else ():
                with self._writes.cleanup.at(self._target.base_url + path):
                    async with self._target.open(path) as transport:
                        self._announce()
                        answer = await self._budget.send(transport, first.request, probe=first.probe)
                self.requests += 1
                if not is_404(answer):
                    return path
        return ""

    async def doubt_base(self, case: Case) -> None:
        """Everything was 404 so far: is it the base path? Raises TargetError when it is, or when nothing is there.

        It asks no more than the run's limits allow, and then leaves the question open.
        """
        request = case.request
        with suppress(BudgetSpent):
            for base_path in self._target.other_bases(self._contract):
                await self._try_base(self._target, base_path, base_path, case)
            shorter = self._target.shorter(self._contract)
            if shorter is not None:
                await self._try_base(msgspec.structs.replace(self._target, name=shorter), "", shorter, case)
            nowhere = await self.send(Request("GET", _NOWHERE))
            here = await self.send(request, probe=case.probe)
            if is_404(nowhere) and isinstance(here, Response) and isinstance(nowhere, Response):
                same = here.body.replace(request.target.encode(), b"") == nowhere.body.replace(_NOWHERE.encode(), b"")
                if same:
                    raise TargetError(
                        f"{self._target.name} answers 404 to every path of the contract, "
                        "and to a path that does not exist",
                        remedy="is it the right server, and does the URL need a base path?",
                    )

    async def _try_base(self, target: Target, base_path: str, where: str, case: Case) -> None:
        """Raise TargetError when the request of `case` has an answer other than 404 at another place, called `where`.

        What it creates there is removed there.
        """
        with self._writes.cleanup.at(target.base_url + base_path):
            async with target.open(base_path) as transport:
                answer = await self._budget.send(transport, case.request, probe=case.probe)
                for removal in list(self._writes.cleanup.rest()):
                    await self._budget.send(transport, removal.request, limited=False, probe=removal.probe)
        self.requests += 1
        if isinstance(answer, Response) and not is_404(answer):
            raise TargetError(
                f"{self._target.name} answers 404 to every request; the contract's paths are below {where}",
                remedy=f"use --url {target.name}{base_path}",
            )

    async def ask(self, case: Case, *, limited: bool = True) -> Response | Failure:
        """The answer to `case`, repeated where it blames the server.

        Raises BudgetSpent where a limit forbids it, and TargetError when nobody listens any more.
        """
        if self.confirmation.gone is not None and limited:
            raise self.confirmation.gone
        begun = perf_counter()
        answer = await self.patiently(case, limited=limited)
        crowded = self._traffic.was_crowded(begun)
        return await self.confirmation.confirmed(case, answer, crowded=crowded, limited=limited)

    async def ask_to_the_end(self, case: Case) -> Response | Failure:
        """As `ask`. If the run ends meanwhile, the request is not cancelled: `late` returns its answer."""
        asked = asyncio.ensure_future(self.ask(case))
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            self._late.append((case, asked))
            raise

    async def late(self) -> list[tuple[Case, Response | Failure]]:
        """End the run: only requests that clean up are sent from now on. Returns the answers still awaited."""
        self._budget.end()
        if not self._late:
            return []
        _, silent = await asyncio.wait({asked for _, asked in self._late}, timeout=_LATE)
        for asked in silent:
            asked.cancel()
        answered = [(case, asked) for case, asked in self._late if asked not in silent and asked.exception() is None]
        return [(case, asked.result()) for case, asked in answered]

    def take_earlier(self, exchange: Exchange) -> None:
        """Take note of what an earlier process of the run wrote."""
        self._writes.take_earlier(exchange)

    async def remove(self, case: Case, *, waits: bool = True) -> Response | Failure:
        """The answer to a request that removes what the run created: of the limits, those on the rate and on writes
        apply. It `waits` for a busy server. Raises BudgetSpent like `ask`."""
        if not waits:
            return await self.send(case.request, limited=False, probe=case.probe)
        return await self.ask(case, limited=False)

    async def send(self, request: Request, *, limited: bool = True, probe: Probe | None = None) -> Response | Failure:
        """The answer, or why there is none. Raises BudgetSpent where a limit forbids the request."""
        async with self._traffic.among_others():
            return await self._sent(request, limited, probe)

    async def _sent(self, request: Request, limited: bool, probe: Probe | None) -> Response | Failure:
        """As `send`, without waiting for its turn."""
        if self.credentials is not self.written:
            request = self.credentials.refresh(request, self.written)
        self._announce()
        begun = perf_counter()
        answer = await self._budget.send(self._transport, traced(request), limited=limited, probe=probe)
        self.requests += 1
        self.span = (self.span[0] if self.span else begun, perf_counter())
        return answer

    def _announce(self) -> None:
        """Say, once, that the run begins."""
        begin, self._begin = self._begin, None
        if begin is not None:
            begin()

    async def patiently(self, case: Case, *, limited: bool = True) -> Response | Failure:
        """The answer, after waiting where the server is busy."""
        return await _patiently(BUSY, lambda: self.send(case.request, limited=limited, probe=case.probe))

    async def _sent_alone(self, case: Case, limited: bool) -> Response | Failure:
        """The answer to a repetition, which has the server to itself: 429 says nothing of what failed, 503 does."""
        return await _patiently(_LIMITED, lambda: self._sent(case.request, limited, case.probe))

    async def _reconnect(self) -> None:
        if isinstance(self._transport, Reconnecting):
            await self._transport.reconnect()


async def _patiently(busy: frozenset[int], send: Callable[[], Awaitable[Response | Failure]]) -> Response | Failure:
    """The answer, asked for again after a while where its status is one of `busy`."""
    answer = await send()
    for wait in _WAITS:
        if not isinstance(answer, Response) or answer.status not in busy:
            break
        await asyncio.sleep(_wait_asked_for(answer, wait))
        answer = await send()
    return answer


def _wait_asked_for(answer: Response, otherwise: float) -> float:
    """Seconds to wait, as `Retry-After` has it (RFC 9110 section 10.2.3)."""
    asked = header(answer.headers, "Retry-After") or ""
    return min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else otherwise


def is_404(answer: Response | Failure | None) -> bool:
    """Whether the target answers 404."""
    return isinstance(answer, Response) and answer.status == 404
