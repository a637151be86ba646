"""Driving one target: plans in, exchanges out.

Every operation is opened first, those that make resources before those that need them. Then all plans run at once, and
what their requests make is removed again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack

from clausewise.contract.contract import Contract, OperationContract
from clausewise.errors import ClausewiseError, InternalError, first_of
from clausewise.exchange import Exchange, Failure, Request, Response
from clausewise.generation.prover import Case
from clausewise.phases.baseline import Refused, hangs, opening, untried
from clausewise.phases.lifecycle import lifecycle
from clausewise.phases.plan import plan
from clausewise.phases.settings import Settings
from clausewise.resources.factory import Workshop
from clausewise.resources.identity import items_in, json_of
from clausewise.resources.inventory import Known
from clausewise.resources.order import supported, waves
from clausewise.runner.cleanup import Tidying
from clausewise.runner.connection import Connection, Limits, is_404
from clausewise.runner.discovery import looks
from clausewise.runner.targets import Target
from clausewise.runner.task import Course, exchange_of, nothing
from clausewise.transport.budget import BudgetSpent

#: operations whose first request may get 404 before the base path is doubted
_OPENING = 3

#: times that an operation without an accepted request is opened again at most, for what was learnt meanwhile
_SECOND_TRIES = 5

#: times that one request looks for what was made at most
_LOOKS = 3

#: takes each exchange as it comes, with its operation
Take = Callable[[OperationContract, Exchange], None]

#: goes on where the plans end: given the line to the target, and who takes its exchanges
Further = Callable[[Connection, Take], Awaitable[None]]

#: seconds waited before each try to remove what is still there at the end
_TIDYING = (0.0, 1.0)


class Enough(ClausewiseError):
    """Whoever takes the exchanges has seen enough."""


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
        on_exchange: Take,
        further: Further | None,
    ) -> None:
        self._contract = contract
        self._target = target
        self._settings = settings
        self._limits = limits
        self._on_exchange = on_exchange
        self._further = further
        self._connection = Connection(contract, target, limits, settings.credentials, credentials_command)
        #: clause key -> why no probe of it was made
        self.untested: dict[str, str] = {}
        #: exchange id -> the finding that explains its failure, as `clausewise.phases.pairs` tells it
        self.causes: dict[str, tuple[str, str]] = {}
        #: what could not be done, one sentence each
        self.notes: list[str] = []
        #: why the run ended before its plans did; None when they are done
        self.stopped: ClausewiseError | None = None
        self._known = Known(contract)
        self._workshop = Workshop(self._known, settings.values, target.is_local, {})
        self._tidying = Tidying(self._workshop, settings)
        self._removing = Course("tidying", None, nothing())
        self._selected = frozenset(operation.key for operation in operations)
        self._waves = [
            [self._course(operation) for operation in wave]
            for wave in waves(supported(operations, self._known), self._known)
        ]
        self._found_something = False
        #: how often a request was sent that looks for what was made; `_LOOKS` where it has shown it
        self._looked: Counter[Request] = Counter()
        self._places = asyncio.Semaphore(target.connections)

    @property
    def requests(self) -> int:
        """Requests sent, preflight included."""
        return self._connection.requests

    @property
    def span(self) -> tuple[float, float] | None:
        """When the first request went out and the last answer came, by `perf_counter`; None before the first."""
        return self._connection.span

    @property
    def left(self) -> dict[str, int]:
        """How many resources the run made and could not remove, by the path of their collection."""
        return self._tidying.left

    async def run(self) -> None:
        """Drive every operation to the end of its plan, or until the run must stop; `stopped` then says why.

        Raises TargetError when nothing listens, or when the target has none of the contract's paths.
        """
        await self._target.require()
        async with AsyncExitStack() as stack:
            await self._connection.open(stack, self._first_request())
            try:
                async with asyncio.timeout(self._limits.max_time):
                    await self._begin()
                    await self._go_on()
            except Enough as enough:
                self.stopped = enough
            except TimeoutError:
                self.stopped = BudgetSpent(f"the limit of {self._limits.max_time:g} s is reached")
            finally:
                await self._tidy()

    async def _go_on(self) -> None:
        try:
            await self._open_all()
            await self._follow_plans(course for wave in self._waves for course in wave if not course.parts)
            if "lifecycle" in self._settings.phases:
                await self._follow_all(list(self._lifecycles()))
            if self._further is not None and isinstance(self.stopped, (InternalError, BudgetSpent, type(None))):
                await self._further(self._connection, self._take_further)
            await self._part()
        except* ClausewiseError as failed:
            self.stopped = first_of(failed)

    async def _follow_plans(self, courses: Iterable[Course]) -> None:
        await self._follow_all([begun for course in courses if (begun := self._planned(course))])

    async def _part(self) -> None:
        """Try what may end the run's login, when all else is done and what the run made is removed."""
        parting = [course for wave in self._waves for course in wave if course.parts and self.stopped is None]
        if parting:
            await self._remove_rest()
            await self._follow_all(parting)
            await self._follow_plans(parting)

    def _take_further(self, operation: OperationContract, exchange: Exchange) -> None:
        if self._target.kind != "mock":
            # Later requests may build on it.
            self._tidying.after(exchange, operation, lasting=True)
        self._on_exchange(operation, exchange)

    def _course(self, operation: OperationContract) -> Course:
        refused: Refused = {}
        steps = opening(operation, self._settings, self._workshop, refused)
        return Course(operation.key, operation, steps, refused=refused)

    def _first_request(self) -> Request | None:
        for wave in self._waves:
            for course in wave:
                first = self._begun(course)
                return first[0].request if first else None
        return None

    async def _begin(self) -> None:
        """First requests one operation at a time, until one is answered by something else than 404."""
        courses = [course for wave in self._waves for course in wave][:_OPENING]
        for index, course in enumerate(courses, 1):
            first = self._begun(course)
            if not first:
                continue
            await self._step(course)
            if self._found_something:
                return
            if index == len(courses):
                await self._connection.doubt_base(first[0].request)

    async def _open_all(self) -> None:
        """Find accepted requests: of what makes resources first, and once more where others' answers may help."""
        for turn, wave in self._tries():
            if turn and wave is self._waves[0]:
                await self._look()
            waiting = [course for course in wave if self._may_open(course)]
            for course in waiting:
                course.knew = self._known.size
            await self._follow_all(waiting)
            # In the order of the document: what is known must not depend on which answer came first.
            for course in wave:
                self._learn_from(course)

    async def _look(self) -> None:
        """Look for what was made, and not told, until it is seen once."""
        courses = {course.name: course for wave in self._waves for course in wave}
        begun = [
            (course.operation, exchange)
            for course in courses.values()
            for exchange in course.exchanges
            if course.operation is not None and exchange.probe is not None and exchange.probe.operation == course.name
        ]
        openings = [course.opening for course in courses.values() if course.opening is not None]
        for case in looks(begun, openings, self._known):
            course = courses[case.probe.operation]
            if self.stopped or self._looked[case.request] == _LOOKS:
                continue
            self._looked[case.request] += 1
            course.sent += 1
            exchange = await self._try(course, case, f"{course.name}-{course.sent:04d}")
            course.exchanges.append(exchange)
            if exchange.response is not None and items_in(json_of(exchange.response.body)):
                self._looked[case.request] = _LOOKS

    def _tries(self) -> Iterator[tuple[int, list[Course]]]:
        """The waves in their order, each once more where others' answers may help; what deletes comes last, once."""
        deleting = [wave for wave in self._waves if wave[0].deletes]
        making = [wave for wave in self._waves if not (wave[0].deletes or wave[0].parts)]
        for turn in range(1 + _SECOND_TRIES):
            yield from ((turn, wave) for wave in making)
        yield from ((0, wave) for wave in deleting)

    def _may_open(self, course: Course) -> bool:
        """Whether `course` is still to be opened, or may be once more; then it is made ready for that."""
        if course.knew is None:
            return course.opening is None
        if course.opening is None or course.opening.bases or self.stopped or any(map(hangs, course.exchanges)):
            return False
        assert course.operation is not None
        if self._known.size == course.knew and not untried(course.operation, self._workshop, course.refused):
            return False
        course.steps = opening(course.operation, self._settings, self._workshop, course.refused)
        course.opening = None
        return True

    def _learn_from(self, course: Course) -> None:
        for exchange in course.exchanges[course.learnt :]:
            # A resource that was made for this operation alone is not for others.
            if exchange.accepted and exchange.probe is not None and exchange.probe.operation == course.name:
                self._known.learn(self._contract.operation(course.name), exchange)
        course.learnt = len(course.exchanges)

    def _planned(self, course: Course) -> Course | None:
        """The course of an operation's plan behind its opening; None for an operation that only supports others."""
        if course.opening is None or course.name not in self._selected:
            return None
        begun, opened = course.exchanges, course.opening
        course.steps = plan(opened, self._settings, begun, self.untested, self.causes, self.notes)
        course.exchanges = []
        return course

    def _lifecycles(self) -> Iterator[Course]:
        openings = {
            course.name: course.opening
            for wave in self._waves
            for course in wave
            if course.opening is not None and course.opening.bases
        }
        for kind in self._known.kinds.values():
            if kind.path in self._workshop.makers:
                steps = lifecycle(kind, openings, self._workshop, self._settings)
                yield Course(f"lifecycle of {kind.noun}", None, steps)

    async def _follow_all(self, courses: Iterable[Course]) -> None:
        async with asyncio.TaskGroup() as group:
            for course in courses:
                group.create_task(self._follow(course))

    async def _follow(self, course: Course) -> None:
        self._start(course)
        while course.batch is not None:
            await self._step(course)

    def _start(self, course: Course) -> None:
        """Ask for the first batch, once."""
        if course.batch is None:
            self._advance(course, lambda: next(course.steps))

    def _begun(self, course: Course) -> list[Case]:
        """The first batch, which is not sent yet."""
        self._start(course)
        first = list(self._cases(course))
        course.batch = first if course.batch is not None else None
        return first

    def _advance(self, course: Course, step: Callable[[], Iterable[Case]]) -> None:
        """Have the next batch made; what comes of the steps when that was the last."""
        try:
            course.batch = step()
        except StopIteration as end:
            course.batch, course.opening = None, end.value or course.opening
        except Exception as error:
            course.batch = None
            self._failed(course, error, "it chose requests")

    async def _step(self, course: Course) -> None:
        """Send the batch that the steps want and let them go on."""
        exchanges: dict[int, Exchange] = {}
        queue = enumerate(self._cases(course), course.sent + 1)

        # Workers take the cases in order, as they are made; a task for each of thousands of requests would cost more
        # than the requests.
        async def work() -> None:
            for number, case in queue:
                course.sent = number
                async with self._places:
                    exchanges[number] = await self._try(course, case, f"{course.name}-{number:04d}")

        stopped: ClausewiseError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._target.connections):
                    group.create_task(work())
        except* ClausewiseError as failed:
            stopped = first_of(failed)
        if stopped is not None:
            raise stopped
        in_order = [exchanges[number] for number in sorted(exchanges)]
        course.exchanges += in_order if course.opening is None else ()
        self._advance(course, lambda: course.steps.send(in_order))

    def _cases(self, course: Course) -> Iterator[Case]:
        try:
            for case in course.batch or ():
                # An app in this process may answer so fast that no worker ever waits, to be told to stop.
                if isinstance(self.stopped, Enough):
                    return
                yield case
        except Exception as error:
            self._failed(course, error, "it made requests")

    def _failed(self, course: Course, error: Exception, doing: str) -> None:
        """Give up on one operation, for a fault of ours; what the others show is not lost."""
        self.stopped = InternalError.of(error, f"{doing} for {course.name}")
        for clause in course.operation.clauses if course.operation else ():
            self.untested.setdefault(clause.key, "clausewise itself failed on this operation")

    async def _try(self, course: Course, case: Case, name: str) -> Exchange:
        operation = self._contract.operation(case.probe.operation)
        # What makes nothing need not be waited for when the run ends; the mock keeps nothing.
        makes = self._target.kind != "mock" and self._known.kind_made_by(operation) is not None
        ask = self._connection.ask_to_the_end if makes else self._connection.ask
        try:
            answer = await ask(case, course.accepted)
        except BudgetSpent as spent:
            # The plan ends by itself when nothing is accepted any more; what others still may send, they do.
            self.stopped = self.stopped or spent
            return Exchange(name, case.request, failure=Failure("unsent", str(spent)), probe=case.probe)
        exchange = exchange_of(name, case, answer)
        if exchange.accepted and case.probe.expect != "refuse" and case.probe.operation == course.name:
            course.accepted = case.request
        self._found_something = self._found_something or not is_404(answer)
        self._hand_on(course, exchange)
        if self._target.kind != "mock":
            removal = self._tidying.after(exchange, operation, lasting=case.lasting)
            if removal is not None:
                await self._remove(course, removal, f"{name}-removed")
        return exchange

    def _hand_on(self, course: Course, exchange: Exchange) -> None:
        assert exchange.probe is not None
        try:
            self._on_exchange(self._contract.operation(exchange.probe.operation), exchange)
        except Enough as enough:
            self.stopped = enough
            raise
        except Exception as error:
            self._failed(course, error, "it checked an answer")

    async def _remove(self, course: Course, removal: Case, name: str) -> bool:
        """Remove what the run made; whether that was done."""
        answer = await self._connection.remove(removal.request)
        exchange = exchange_of(name, removal, answer)
        self._tidying.removed(removal, exchange)
        self._hand_on(course, exchange)
        return isinstance(answer, Response)

    async def _tidy(self) -> None:
        """Remove what is still there, what lies inside others first; nothing more where nobody answers."""
        for case, answer in await self._connection.late():
            operation = self._contract.operation(case.probe.operation)
            self._tidying.after(exchange_of("late", case, answer), operation, lasting=True)
        await self._remove_rest()

    async def _remove_rest(self) -> None:
        for wait in _TIDYING:
            if removals := list(self._tidying.rest()):
                await asyncio.sleep(wait)
            for removal in removals:
                self._removing.sent += 1
                try:
                    if not await self._remove(self._removing, removal, f"tidying-{self._removing.sent:04d}"):
                        return
                except Enough:
                    return
