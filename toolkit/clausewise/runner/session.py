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
from clausewise.resources.factory import ResourceFactory
from clausewise.resources.identity import items_in, json_of
from clausewise.resources.inventory import Inventory
from clausewise.resources.order import supported, waves
from clausewise.runner.cleanup import Cleanup
from clausewise.runner.connection import Connection, Limits, is_404
from clausewise.runner.discovery import looks
from clausewise.runner.targets import Target
from clausewise.runner.task import Task, exchange_of, nothing
from clausewise.transport.budget import BudgetSpent

#: operations whose first request may get 404 before the base path is doubted
_OPENING = 3

#: times that an operation without an accepted request is opened again at most, for what was learnt meanwhile
_SECOND_TRIES = 5

#: times that one request looks for what was made at most
_LOOKS = 3

#: takes each exchange as it comes, with its operation
OnExchange = Callable[[OperationContract, Exchange], None]

#: goes on where the plans end: given the line to the target, and who takes its exchanges
ExtraPhase = Callable[[Connection, OnExchange], Awaitable[None]]

#: seconds waited before each try to remove what is still there at the end
_TIDYING = (0.0, 1.0)


class StopRun(ClausewiseError):
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
        on_exchange: OnExchange,
        further: ExtraPhase | None,
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
        self._inventory = Inventory(contract)
        self._factory = ResourceFactory(self._inventory, settings.values, target.is_local, {})
        self._cleanup = Cleanup(self._factory, settings)
        self._removing = Task("tidying", None, nothing())
        self._selected = frozenset(operation.key for operation in operations)
        self._waves = [
            [self._task(operation) for operation in wave]
            for wave in waves(supported(operations, self._inventory), self._inventory)
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
        return self._cleanup.left

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
            except StopRun as enough:
                self.stopped = enough
            except TimeoutError:
                self.stopped = BudgetSpent(f"the limit of {self._limits.max_time:g} s is reached")
            finally:
                await self._clean_up()

    async def _go_on(self) -> None:
        try:
            await self._open_all()
            await self._follow_plans(task for wave in self._waves for task in wave if not task.parts)
            if "lifecycle" in self._settings.phases:
                await self._follow_all(list(self._lifecycles()))
            if self._further is not None and isinstance(self.stopped, (InternalError, BudgetSpent, type(None))):
                await self._further(self._connection, self._take_further)
            await self._part()
        except* ClausewiseError as failed:
            self.stopped = first_of(failed)

    async def _follow_plans(self, tasks: Iterable[Task]) -> None:
        await self._follow_all([begun for task in tasks if (begun := self._planned(task))])

    async def _part(self) -> None:
        """Try what may end the run's login, when all else is done and what the run made is removed."""
        parting = [task for wave in self._waves for task in wave if task.parts and self.stopped is None]
        if parting:
            await self._remove_rest()
            await self._follow_all(parting)
            await self._follow_plans(parting)

    def _take_further(self, operation: OperationContract, exchange: Exchange) -> None:
        if self._target.kind != "mock":
            # Later requests may build on it.
            self._cleanup.after(exchange, operation, lasting=True)
        self._on_exchange(operation, exchange)

    def _task(self, operation: OperationContract) -> Task:
        refused: Refused = {}
        steps = opening(operation, self._settings, self._factory, refused)
        return Task(operation.key, operation, steps, refused=refused)

    def _first_request(self) -> Request | None:
        for wave in self._waves:
            for task in wave:
                first = self._begun(task)
                return first[0].request if first else None
        return None

    async def _begin(self) -> None:
        """First requests one operation at a time, until one is answered by something else than 404."""
        tasks = [task for wave in self._waves for task in wave][:_OPENING]
        for index, task in enumerate(tasks, 1):
            first = self._begun(task)
            if not first:
                continue
            await self._step(task)
            if self._found_something:
                return
            if index == len(tasks):
                await self._connection.doubt_base(first[0].request)

    async def _open_all(self) -> None:
        """Find accepted requests: of what makes resources first, and once more where others' answers may help."""
        for turn, wave in self._tries():
            if turn and wave is self._waves[0]:
                await self._look()
            waiting = [task for task in wave if self._may_open(task)]
            for task in waiting:
                task.knew = self._inventory.size
            await self._follow_all(waiting)
            # In the order of the document: what is known must not depend on which answer came first.
            for task in wave:
                self._learn_from(task)

    async def _look(self) -> None:
        """Look for what was made, and not told, until it is seen once."""
        tasks = {task.name: task for wave in self._waves for task in wave}
        begun = [
            (task.operation, exchange)
            for task in tasks.values()
            for exchange in task.exchanges
            if task.operation is not None and exchange.probe is not None and exchange.probe.operation == task.name
        ]
        openings = [task.opening for task in tasks.values() if task.opening is not None]
        for case in looks(begun, openings, self._inventory):
            task = tasks[case.probe.operation]
            if self.stopped or self._looked[case.request] == _LOOKS:
                continue
            self._looked[case.request] += 1
            task.sent += 1
            exchange = await self._try(task, case, f"{task.name}-{task.sent:04d}")
            task.exchanges.append(exchange)
            if exchange.response is not None and items_in(json_of(exchange.response.body)):
                self._looked[case.request] = _LOOKS

    def _tries(self) -> Iterator[tuple[int, list[Task]]]:
        """The waves in their order, each once more where others' answers may help; what deletes comes last, once."""
        deleting = [wave for wave in self._waves if wave[0].deletes]
        making = [wave for wave in self._waves if not (wave[0].deletes or wave[0].parts)]
        for turn in range(1 + _SECOND_TRIES):
            yield from ((turn, wave) for wave in making)
        yield from ((0, wave) for wave in deleting)

    def _may_open(self, task: Task) -> bool:
        """Whether `task` is still to be opened, or may be once more; then it is made ready for that."""
        if task.knew is None:
            return task.opening is None
        if task.opening is None or task.opening.bases or self.stopped or any(map(hangs, task.exchanges)):
            return False
        assert task.operation is not None
        if self._inventory.size == task.knew and not untried(task.operation, self._factory, task.refused):
            return False
        task.steps = opening(task.operation, self._settings, self._factory, task.refused)
        task.opening = None
        return True

    def _learn_from(self, task: Task) -> None:
        for exchange in task.exchanges[task.learnt :]:
            # A resource that was made for this operation alone is not for others.
            if exchange.accepted and exchange.probe is not None and exchange.probe.operation == task.name:
                self._inventory.learn(self._contract.operation(task.name), exchange)
        task.learnt = len(task.exchanges)

    def _planned(self, task: Task) -> Task | None:
        """The task of an operation's plan behind its opening; None for an operation that only supports others."""
        if task.opening is None or task.name not in self._selected:
            return None
        begun, opened = task.exchanges, task.opening
        task.steps = plan(opened, self._settings, begun, self.untested, self.causes, self.notes)
        task.exchanges = []
        return task

    def _lifecycles(self) -> Iterator[Task]:
        openings = {
            task.name: task.opening
            for wave in self._waves
            for task in wave
            if task.opening is not None and task.opening.bases
        }
        for kind in self._inventory.kinds.values():
            if kind.path in self._factory.recipes:
                steps = lifecycle(kind, openings, self._factory, self._settings)
                yield Task(f"lifecycle of {kind.noun}", None, steps)

    async def _follow_all(self, tasks: Iterable[Task]) -> None:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(self._follow(task))

    async def _follow(self, task: Task) -> None:
        self._start(task)
        while task.batch is not None:
            await self._step(task)

    def _start(self, task: Task) -> None:
        """Ask for the first batch, once."""
        if task.batch is None:
            self._advance(task, lambda: next(task.steps))

    def _begun(self, task: Task) -> list[Case]:
        """The first batch, which is not sent yet."""
        self._start(task)
        first = list(self._cases(task))
        task.batch = first if task.batch is not None else None
        return first

    def _advance(self, task: Task, step: Callable[[], Iterable[Case]]) -> None:
        """Have the next batch made; what comes of the steps when that was the last."""
        try:
            task.batch = step()
        except StopIteration as end:
            task.batch, task.opening = None, end.value or task.opening
        except Exception as error:
            task.batch = None
            self._failed(task, error, "it chose requests")

    async def _step(self, task: Task) -> None:
        """Send the batch that the steps want and let them go on."""
        exchanges: dict[int, Exchange] = {}
        queue = enumerate(self._cases(task), task.sent + 1)

        # Workers take the cases in order, as they are made; a task for each of thousands of requests would cost more
        # than the requests.
        async def work() -> None:
            for number, case in queue:
                task.sent = number
                async with self._places:
                    exchanges[number] = await self._try(task, case, f"{task.name}-{number:04d}")

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
        task.exchanges += in_order if task.opening is None else ()
        self._advance(task, lambda: task.steps.send(in_order))

    def _cases(self, task: Task) -> Iterator[Case]:
        try:
            for case in task.batch or ():
                # An app in this process may answer so fast that no worker ever waits, to be told to stop.
                if isinstance(self.stopped, StopRun):
                    return
                yield case
        except Exception as error:
            self._failed(task, error, "it made requests")

    def _failed(self, task: Task, error: Exception, doing: str) -> None:
        """Give up on one operation, for a fault of ours; what the others show is not lost."""
        self.stopped = InternalError.of(error, f"{doing} for {task.name}")
        for clause in task.operation.clauses if task.operation else ():
            self.untested.setdefault(clause.key, "clausewise itself failed on this operation")

    async def _try(self, task: Task, case: Case, name: str) -> Exchange:
        operation = self._contract.operation(case.probe.operation)
        # What makes nothing need not be waited for when the run ends; the mock keeps nothing.
        makes = self._target.kind != "mock" and self._inventory.type_made_by(operation) is not None
        ask = self._connection.ask_to_the_end if makes else self._connection.ask
        try:
            answer = await ask(case, task.accepted)
        except BudgetSpent as spent:
            # The plan ends by itself when nothing is accepted any more; what others still may send, they do.
            self.stopped = self.stopped or spent
            return Exchange(name, case.request, failure=Failure("unsent", str(spent)), probe=case.probe)
        exchange = exchange_of(name, case, answer)
        if exchange.accepted and case.probe.expect != "refuse" and case.probe.operation == task.name:
            task.accepted = case.request
        self._found_something = self._found_something or not is_404(answer)
        self._hand_on(task, exchange)
        if self._target.kind != "mock":
            removal = self._cleanup.after(exchange, operation, lasting=case.lasting)
            if removal is not None:
                await self._remove(task, removal, f"{name}-removed")
        return exchange

    def _hand_on(self, task: Task, exchange: Exchange) -> None:
        assert exchange.probe is not None
        try:
            self._on_exchange(self._contract.operation(exchange.probe.operation), exchange)
        except StopRun as enough:
            self.stopped = enough
            raise
        except Exception as error:
            self._failed(task, error, "it checked an answer")

    async def _remove(self, task: Task, removal: Case, name: str) -> bool:
        """Remove what the run made; whether that was done."""
        answer = await self._connection.remove(removal.request)
        exchange = exchange_of(name, removal, answer)
        self._cleanup.removed(removal, exchange)
        self._hand_on(task, exchange)
        return isinstance(answer, Response)

    async def _clean_up(self) -> None:
        """Remove what is still there, what lies inside others first; nothing more where nobody answers."""
        for case, answer in await self._connection.late():
            operation = self._contract.operation(case.probe.operation)
            self._cleanup.after(exchange_of("late", case, answer), operation, lasting=True)
        await self._remove_rest()

    async def _remove_rest(self) -> None:
        for wait in _TIDYING:
            if removals := list(self._cleanup.rest()):
                await asyncio.sleep(wait)
            for removal in removals:
                self._removing.sent += 1
                try:
                    if not await self._remove(self._removing, removal, f"tidying-{self._removing.sent:04d}"):
                        return
                except StopRun:
                    return
