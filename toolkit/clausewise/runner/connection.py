"""The connection to one target: its limits, its credentials, and the base path of the contract's paths.

It notices a wrong base path before thousands of requests have gone to it, and a lost login before its refusals count as
answers about the contract.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from time import perf_counter
from typing import TypeGuard

import msgspec

from clausewise.contract.contract import Contract
from clausewise.errors import TargetError
from clausewise.exchange import Failure, Request, Response, header
from clausewise.generation.prover import Case
from clausewise.options import RunOptions
from clausewise.runner.targets import Target
from clausewise.security.credentials import Credentials, OperationCredentials
from clausewise.transport.budget import BudgetedTransport, BudgetSpent

#: connection failures in a row after which the target counts as gone
_GONE = 20

#: statuses that ask the client to try again later (RFC 9110 section 15.6.4, RFC 6585 section 4)
_BUSY = frozenset({429, 503})

#: seconds to wait before each further attempt where the server names no time, and the limit where it names one
_WAITS = (0.2, 1.0)
_LONGEST_WAIT = 10.0

#: seconds that an ending run waits for answers to requests that may have created something
_LATE = 5.0

#: operations that are asked whether they still take the run's credentials
_WITNESSES = 4

#: a path that no API has
_NOWHERE = "/clausewise-looks-for-a-path-that-is-not-there"

#: takes credentials that are no longer accepted and returns newer ones. Raises TargetError where it gets none
Renew = Callable[[Credentials], Awaitable[Credentials]]


class Connection:
    """Sends requests within the limits, with credentials that are renewed when they run out."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        options: RunOptions,
        credentials: Credentials,
        renew: Renew | None = None,
    ) -> None:
        self._contract = contract
        self._target = target
        self._options = options
        #: credentials that cases are generated with
        self._written = credentials
        #: credentials that are sent
        self.credentials = credentials
        self._renew = renew
        #: operation key -> the credentials of its requests
        self._by_operation: dict[str, OperationCredentials] = {}
        self._login = asyncio.Lock()
        self._failures = 0
        #: operation key -> its last request that read something and was accepted with credentials
        self._read: dict[str, Request] = {}
        #: operations that refuse requests for other reasons than a lost login
        self._apart: set[str] = set()
        #: cases that were under way when the run ended
        self._late: list[tuple[Case, asyncio.Future[Response | Failure]]] = []
        #: requests sent
        self.requests = 0
        #: when the first request went out and the last answer came, by `perf_counter`; None before the first
        self.span: tuple[float, float] | None = None

    @property
    def may_write(self) -> bool:
        """Whether the limits let one more request out that may change something."""
        allowed = self._options.allow_writes
        return allowed is None or self._transport.writes < allowed

    @property
    def counted(self) -> int:
        """Requests that count for the limit on them."""
        return self._transport.sent

    async def open(self, stack: AsyncExitStack, first: Request | None) -> None:
        """Open the transport: for an app in this process, at the base path where it answers the `first` request."""
        base_path = await self._base_of_app(first) if first is not None else ""
        inner = await stack.enter_async_context(self._target.open(base_path))
        limits = self._options
        self._transport = BudgetedTransport(
            inner, max_requests=limits.max_requests, rate=limits.rate, allow_writes=limits.allow_writes
        )

    async def _base_of_app(self, first: Request) -> str:
        """The base path of an app in this process, found by trying: no URL gives it."""
        paths = self._target.other_bases(self._contract) if self._target.kind == "app" else []
        for path in ("", *paths) if paths else ():
            async with self._target.open(path) as transport:
                self.requests += 1
                if not is_404(await transport.send(first)):
                    return path
        return ""

    async def doubt_base(self, request: Request) -> None:
        """Everything was 404 so far: is it the base path? Raises TargetError when it is, or when nothing is there.

        It asks no more than the run's limits allow, and then leaves the question open.
        """
        with suppress(BudgetSpent):
            for base_path in self._target.other_bases(self._contract):
                await self._try_base(self._target, base_path, base_path, request)
            shorter = self._target.shorter(self._contract)
            if shorter is not None:
                await self._try_base(msgspec.structs.replace(self._target, name=shorter), "", shorter, request)
            nowhere = await self.send(Request("GET", _NOWHERE))
            here = await self.send(request)
            if is_404(nowhere) and isinstance(here, Response) and isinstance(nowhere, Response):
                same = here.body.replace(request.target.encode(), b"") == nowhere.body.replace(_NOWHERE.encode(), b"")
                if same:
                    raise TargetError(
                        f"{self._target.name} answers 404 to every path of the contract, "
                        "and to a path that does not exist",
                        remedy="is it the right server, and does the URL need a base path?",
                    )

    async def _try_base(self, target: Target, base_path: str, where: str, request: Request) -> None:
        """Raise TargetError when `request` has an answer other than 404 at another place, called `where`."""
        async with target.open(base_path) as transport:
            answer = await self._transport.send(request, through=transport)
        self.requests += 1
        if isinstance(answer, Response) and not is_404(answer):
            raise TargetError(
                f"{self._target.name} answers 404 to every request; the contract's paths are below {where}",
                remedy=f"use --url {target.name}{base_path}",
            )

    async def ask(self, case: Case, accepted: Request | None) -> Response | Failure:
        """The answer to `case`; `accepted` is a request of its operation that was accepted before, if there is one.

        Raises BudgetSpent where a limit forbids it, and TargetError when the target is gone or no login can be had.
        """
        shown = self.credentials
        answer = await self._patiently(case.request)
        if isinstance(answer, Response) and case.probe.asks_for is None and self._of(case).are_in(case.request):
            witness = self._witness(case.probe.operation, accepted, answer)
            if witness is not None:
                answer = await self._still_logged_in(case, witness, answer, shown)
            elif answer.status < 300 and case.request.method == "GET":
                self._read[case.probe.operation] = case.request
        self._watch(answer)
        return answer

    async def ask_to_the_end(self, case: Case, accepted: Request | None) -> Response | Failure:
        """As `ask`. If the run ends meanwhile, the request is not cancelled: `late` returns its answer."""
        asked = asyncio.ensure_future(self.ask(case, accepted))
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            self._late.append((case, asked))
            raise

    async def late(self) -> list[tuple[Case, Response | Failure]]:
        """End the run: only requests that clean up are sent from now on. Returns the answers still awaited."""
        self._transport.end()
        if not self._late:
            return []
        _, silent = await asyncio.wait({asked for _, asked in self._late}, timeout=_LATE)
        for asked in silent:
            asked.cancel()
        answered = [(case, asked) for case, asked in self._late if asked not in silent and asked.exception() is None]
        return [(case, asked.result()) for case, asked in answered]

    async def remove(self, request: Request) -> Response | Failure:
        """The answer to a request that removes what the run created: of the limits, only the rate applies."""
        return await self._patiently(request, limited=False)

    async def send(self, request: Request, *, limited: bool = True) -> Response | Failure:
        """The answer, or why there is none. Raises BudgetSpent where a limit forbids the request."""
        if self.credentials is not self._written:
            request = self.credentials.refresh(request, self._written)
        begun = perf_counter()
        answer = await self._transport.send(request, limited=limited)
        self.requests += 1
        self.span = (self.span[0] if self.span else begun, perf_counter())
        return answer

    async def _patiently(self, request: Request, *, limited: bool = True) -> Response | Failure:
        """The answer, after waiting where the server is busy."""
        answer = await self.send(request, limited=limited)
        for wait in _WAITS:
            if not isinstance(answer, Response) or answer.status not in _BUSY:
                break
            await asyncio.sleep(_wait_asked_for(answer, wait))
            answer = await self.send(request, limited=limited)
        return answer

    def _watch(self, answer: Response | Failure) -> None:
        if isinstance(answer, Failure) and answer.kind == "connect":
            self._failures += 1
            if self._failures >= _GONE:
                raise TargetError(f"{self._target.name} is gone: {answer.message}")
        else:
            self._failures = 0

    def _of(self, case: Case) -> OperationCredentials:
        """The credentials that the requests of a case's operation are generated with."""
        return self._operation_credentials(case.probe.operation)

    def _operation_credentials(self, operation: str) -> OperationCredentials:
        if operation not in self._by_operation:
            self._by_operation[operation] = self._written.of(self._contract.operation(operation).operation)
        return self._by_operation[operation]

    def _witness(self, operation: str, accepted: Request | None, answer: Response) -> tuple[str, Request] | None:
        """An operation and a request that it accepted, where `answer` is a refusal that may come from a lost login.

        An operation that has accepted nothing yet has none of its own; that of another shows whether a 401 does.
        """
        if answer.status not in (401, 403) or operation in self._apart:
            return None
        if accepted is not None:
            return operation, accepted
        others = [pair for pair in self._read.items() if pair[0] not in self._apart]
        return others[-1] if others and answer.status == 401 else None

    async def _still_logged_in(
        self, case: Case, witness: tuple[str, Request], answer: Response, shown: Credentials
    ) -> Response | Failure:
        """The answer to a case that was refused with 401 or 403: the same, or that to a retry with new credentials.

        `shown` are the credentials that were refused: others may have come meanwhile.

        Raises TargetError when what was accepted before is refused as well, and no new credentials can be had.
        """
        operation, accepted = witness
        async with self._login:
            again = await self.send(accepted)
            if not _is_denied(again):
                return await self.send(case.request) if self.credentials is not shown else answer
            if await self._others_let_in(operation):
                return answer
            if self._renew is None:
                raise TargetError(
                    f"{operation} answers {again.status} to a request that it accepted before: "
                    f"a probe may have ended the login, such as the last one, where {case.probe.note}",
                    remedy="set credentials-command in [tool.clausewise] to log in again",
                )
            self.credentials = await self._renew(self.credentials)
            again = await self.send(accepted)
            if _is_denied(again):
                raise TargetError(
                    f"{operation} answers {again.status} to a request that it accepted before, "
                    "also with new credentials"
                )
        return await self.send(case.request)

    async def _others_let_in(self, operation: str) -> bool:
        """Whether another operation still accepts the credentials, and refuses requests without them.

        If so, the login is not lost, although `operation` refuses what it accepted before: an operation that logs in
        by its body may do so.
        """
        others = [(key, request) for key, request in self._read.items() if key != operation]
        for key, request in others[-_WITNESSES:]:
            without = self._operation_credentials(key).strip(request)
            if not _is_denied(await self.send(request)) and _is_denied(await self.send(without)):
                self._apart.add(operation)
                return True
        return False


def _is_denied(answer: Response | Failure) -> TypeGuard[Response]:
    return isinstance(answer, Response) and answer.status in (401, 403)


def _wait_asked_for(answer: Response, otherwise: float) -> float:
    """Seconds to wait, as `Retry-After` has it (RFC 9110 section 10.2.3)."""
    asked = header(answer.headers, "Retry-After") or ""
    return min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else otherwise


def is_404(answer: Response | Failure) -> bool:
    """Whether the target answers 404."""
    return isinstance(answer, Response) and answer.status == 404
