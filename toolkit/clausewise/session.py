"""Driving one target: plans in, exchanges out, and the care that a live server needs on the way.

A wrong base path is noticed before thousands of requests have gone to it, a lost login before its refusals are taken
for the server's word on the contract.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from time import perf_counter

import msgspec

from clausewise.cases.plan import Plan, Settings, accepted, plan
from clausewise.cases.proof import Case
from clausewise.contract.compile import Contract, OperationContract
from clausewise.errors import ClausewiseError, InternalError, TargetError
from clausewise.exchange import Exchange, Failure, Headers, Request, Response
from clausewise.targets import Target
from clausewise.transport.budget import BudgetedTransport, BudgetSpent

#: operations whose first request may get 404 before the base path is doubted
_OPENING = 3

#: connection failures in a row after which the target is taken for gone
_GONE = 20

#: a path that no API has
_NOWHERE = "/clausewise-looks-for-a-path-that-is-not-there"


class Enough(ClausewiseError):
    """Whoever takes the exchanges has seen enough."""


class Limits(msgspec.Struct, frozen=True):
    """What a run may cost its target; None is without limit."""

    max_requests: int | None = None
    #: seconds
    max_time: float | None = None
    #: requests per second
    rate: float | None = None
    allow_writes: int | None = None


class _Course(msgspec.Struct):
    """One operation on its way."""

    operation: OperationContract
    plan: Plan
    #: what the plan wants sent next; None when it is done
    batch: Iterable[Case] | None
    #: requests sent, for their ids
    sent: int = 0
    #: the last request that was accepted with credentials
    accepted: Request | None = None


class Session:
    """Runs the plans of a contract's operations against a target, and hands on each exchange as it comes."""

    def __init__(
        self,
        contract: Contract,
        operations: Sequence[OperationContract],
        target: Target,
        settings: Settings,
        limits: Limits,
        credentials_command: Sequence[str] | None,
        on_exchange: Callable[[OperationContract, Exchange], None],
    ) -> None:
        self._contract = contract
        self._target = target
        self._settings = settings
        self._limits = limits
        self._credentials_command = credentials_command
        self._on_exchange = on_exchange
        #: clause key -> why no probe of it was made
        self.untested: dict[str, str] = {}
        #: exchange id -> the finding that explains its failure, as `clausewise.cases.pairs` tells it
        self.causes: dict[str, tuple[str, str]] = {}
        #: why the run ended before its plans did; None when they are done
        self.stopped: ClausewiseError | None = None
        #: requests sent, preflight included
        self.requests = 0
        #: requests that may change something, of those that its limits count
        self.writes = 0
        #: the base path at which an app in this process serves
        self.base_path = ""
        #: when the first request went out and the last answer came, by `perf_counter`; None before the first
        self.span: tuple[float, float] | None = None
        self._courses = [
            _Course(operation, plan(operation, settings, self.untested, self.causes), None) for operation in operations
        ]
        self._credentials = settings.credentials
        self._found_something = False
        self._failures = 0
        self._login = asyncio.Lock()
        self._places = asyncio.Semaphore(target.connections)

    async def run(self) -> None:
        """Drive every operation to the end of its plan, or until the run must stop; `stopped` then says why.

        Raises TargetError when nothing listens, or when the target has none of the contract's paths.
        """
        await self._target.require()
        async with AsyncExitStack() as stack:
            self.base_path = await self._base_of_app()
            await self._open(stack, self.base_path)
            try:
                async with asyncio.timeout(self._limits.max_time):
                    await self._begin()
                    await self._follow_all()
            except Enough as enough:
                self.stopped = enough
            except TimeoutError:
                self.stopped = BudgetSpent(f"the limit of {self._limits.max_time:g} s is reached")

    async def _follow_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for course in self._courses:
                    group.create_task(self._follow(course))
        except* ClausewiseError as failed:
            self.stopped = _first(failed)

    async def _open(self, stack: AsyncExitStack, base_path: str) -> None:
        inner = await stack.enter_async_context(self._target.open(base_path))
        limits = self._limits
        self._transport = BudgetedTransport(
            inner, max_requests=limits.max_requests, rate=limits.rate, allow_writes=limits.allow_writes
        )

    async def _base_of_app(self) -> str:
        """The base path at which an app in this process serves: nobody can name it, as a URL would, so it is tried."""
        paths = self._target.other_bases(self._contract) if self._target.kind == "app" else []
        if not paths or not self._courses:
            return ""
        course = self._courses[0]
        self._start(course)
        first = list(course.batch or ())
        for path in ("", *paths):
            async with self._target.open(path) as transport:
                self.requests += 1
                if first and not _is_404(await transport.send(first[0].request)):
                    return path
        return ""

    async def _begin(self) -> None:
        """First requests one operation at a time, until one is answered by something else than 404."""
        for index, course in enumerate(self._courses):
            self._start(course)
            first = list(course.batch or ())
            if not first:
                continue
            await self._step(course)
            if self._found_something:
                return
            if index + 1 == min(_OPENING, len(self._courses)):
                await self._doubt_base(first[0].request)
                return

    async def _doubt_base(self, request: Request) -> None:
        """Everything was 404 so far: is it the base path? Raises TargetError when it is, or when nothing is there."""
        for base_path in self._target.other_bases(self._contract):
            async with self._target.open(base_path) as transport:
                self.requests += 1
                answer = await transport.send(request)
            if not _is_404(answer):
                raise TargetError(
                    f"{self._target.name} answers 404 to everything; the contract's paths stand below {base_path}",
                    remedy=f"use --url {self._target.name}{base_path}",
                )
        shorter = self._target.shorter(self._contract)
        if shorter is not None:
            async with msgspec.structs.replace(self._target, name=shorter).open() as transport:
                self.requests += 1
                answer = await transport.send(request)
            if not _is_404(answer):
                raise TargetError(
                    f"{self._target.name} answers 404 to everything; the contract's paths stand at {shorter}",
                    remedy=f"use --url {shorter}",
                )
        nowhere = await self._send(Request("GET", _NOWHERE))
        here = await self._send(request)
        if _is_404(nowhere) and isinstance(here, Response) and isinstance(nowhere, Response):
            same = here.body.replace(request.target.encode(), b"") == nowhere.body.replace(_NOWHERE.encode(), b"")
            if same:
                raise TargetError(
                    f"{self._target.name} answers 404 to every path of the contract, as to one that does not exist",
                    remedy="is it the right server, and does the URL need a base path?",
                )

    async def _follow(self, course: _Course) -> None:
        if course.sent == 0:
            self._start(course)
        while course.batch is not None:
            await self._step(course)

    def _start(self, course: _Course) -> None:
        """Ask for the first batch, once."""
        if course.batch is None:
            try:
                course.batch = list(next(course.plan, ()))
            except Exception as error:
                self._failed(course, error, "it chose requests")

    async def _step(self, course: _Course) -> None:
        """Send the batch that the plan wants and let it go on."""
        exchanges: dict[int, Exchange] = {}
        queue = enumerate(self._cases(course), course.sent + 1)

        # Workers take the cases in order, as they are made; a task for each of thousands of requests would cost more
        # than the requests.
        async def work() -> None:
            for number, case in queue:
                course.sent = number
                async with self._places:
                    exchanges[number] = await self._try(course, case, f"{course.operation.key}-{number:04d}")

        stopped: ClausewiseError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._target.connections):
                    group.create_task(work())
        except* ClausewiseError as failed:
            stopped = _first(failed)
        if stopped is not None:
            raise stopped
        try:
            course.batch = course.plan.send([exchanges[number] for number in sorted(exchanges)])
        except StopIteration:
            course.batch = None
        except Exception as error:
            course.batch = None
            self._failed(course, error, "it chose requests")

    def _cases(self, course: _Course) -> Iterator[Case]:
        try:
            for case in course.batch or ():
                # An app in this process may answer so fast that no worker ever waits, to be told to stop.
                if isinstance(self.stopped, Enough):
                    return
                yield case
        except Exception as error:
            self._failed(course, error, "it made requests")

    def _failed(self, course: _Course, error: Exception, doing: str) -> None:
        """Give up on one operation, for a fault of ours; what the others show is not lost."""
        self.stopped = InternalError.of(error, f"{doing} for {course.operation.key}")
        for clause in course.operation.clauses:
            self.untested.setdefault(clause.key, "clausewise itself failed on this operation")

    async def _try(self, course: _Course, case: Case, name: str) -> Exchange:
        try:
            answer = await self._send(case.request)
            if isinstance(answer, Response) and answer.status in (401, 403) and self._presents(case):
                answer = await self._still_logged_in(course, case, answer)
        except BudgetSpent as spent:
            # The plan ends by itself when nothing is accepted any more; what others still may send, they do.
            self.stopped = self.stopped or spent
            return Exchange(name, case.request, failure=Failure("unsent", str(spent)), probe=case.probe)
        exchange = Exchange(
            id=name,
            request=case.request,
            response=answer if isinstance(answer, Response) else None,
            failure=answer if isinstance(answer, Failure) else None,
            probe=case.probe,
        )
        self._watch_target(answer)
        if accepted(exchange) and case.probe.expect != "refuse":
            course.accepted = case.request
        self._found_something = self._found_something or not _is_404(answer)
        try:
            self._on_exchange(course.operation, exchange)
        except Enough as enough:
            self.stopped = enough
            raise
        except Exception as error:
            self._failed(course, error, "it checked an answer")
        return exchange

    async def _send(self, request: Request) -> Response | Failure:
        if self._credentials is not self._settings.credentials:
            request = self._renewed(request)
        begun = perf_counter()
        answer = await self._transport.send(request)
        self.requests += 1
        self.writes = self._transport.writes
        self.span = (self.span[0] if self.span else begun, perf_counter())
        return answer

    @property
    def credentials(self) -> Headers:
        """The newest that there are."""
        return self._credentials

    def _watch_target(self, answer: Response | Failure) -> None:
        if isinstance(answer, Failure) and answer.kind == "connect":
            self._failures += 1
            if self._failures >= _GONE:
                raise TargetError(f"{self._target.name} is gone: {answer.message}")
        else:
            self._failures = 0

    def _presents(self, case: Case) -> bool:
        return case.probe.asks_for is None and any(pair in case.request.headers for pair in self._settings.credentials)

    def _renewed(self, request: Request) -> Request:
        """`request` with the newest credentials in the place of those that its plan knew."""
        if not any(pair in self._settings.credentials for pair in request.headers):
            return request
        kept = tuple(pair for pair in request.headers if pair not in self._settings.credentials)
        return msgspec.structs.replace(request, headers=(*kept, *self._credentials))

    async def _still_logged_in(self, course: _Course, case: Case, answer: Response) -> Response | Failure:
        """The word on a case that was answered 401 or 403: its own, or that of a second try with new credentials.

        Raises TargetError when what was accepted before is refused as well, and no new credentials can be had.
        """
        if course.accepted is None:
            return answer
        async with self._login:
            again = await self._send(course.accepted)
            if not (isinstance(again, Response) and again.status in (401, 403)):
                return await self._send(case.request) if self._credentials != self._settings.credentials else answer
            if self._credentials_command is None:
                raise TargetError(
                    f"{course.operation.key} answers {again.status} to what it accepted before: a probe may have "
                    f"logged the run out, the last one where {case.probe.note}",
                    remedy="set credentials-command in [tool.clausewise] to log in again",
                )
            self._credentials = await asyncio.to_thread(new_credentials, self._credentials_command)
            again = await self._send(course.accepted)
            if isinstance(again, Response) and again.status in (401, 403):
                raise TargetError(
                    f"{course.operation.key} answers {again.status} to what it accepted before, "
                    "with new credentials as well"
                )
        return await self._send(case.request)


def new_credentials(command: Sequence[str]) -> Headers:
    """Header lines that `command` prints, as headers. Raises TargetError when it fails or prints none."""
    try:
        done = subprocess.run(list(command), capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise TargetError(f"the credentials-command failed: {error}") from None
    lines = [line.partition(":") for line in done.stdout.splitlines() if ":" in line]
    if not lines:
        raise TargetError("the credentials-command printed no line of the form 'Name: value'")
    return tuple((name.strip(), value.strip()) for name, _, value in lines)


def _is_404(answer: Response | Failure) -> bool:
    return isinstance(answer, Response) and answer.status == 404


def _first(group: BaseExceptionGroup[ClausewiseError]) -> ClausewiseError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ClausewiseError)
    return error
