"""The order of a run's tasks, and the conditions that end it.

The accepted requests of every operation are found first. Then the other phases of all operations run concurrently, and
then the phases of resource types and of the whole contract. At the end the resources that the run created are removed,
and the operations follow that may destroy what others need.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import AsyncExitStack

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.errors import ClausewiseError, InternalError, first_of
from clausewise.phase_table import PHASES, PhaseRow
from clausewise.phases.base import Context, Phase, PhaseResult, Task, phase
from clausewise.phases.repetition import run_phases
from clausewise.resources.types import ResourceType, singletons
from clausewise.results.evidence import UntestedReason
from clausewise.results.record import SlowAnswer
from clausewise.runner.baselines import BaselineSearch
from clausewise.runner.cleanup import Cleanup
from clausewise.runner.connection import Connection, Renew
from clausewise.runner.events import Events, NoteMade, RunBegins
from clausewise.runner.interruption import Deadline
from clausewise.runner.journal import Journal
from clausewise.runner.reception import Reception
from clausewise.runner.recorder import Recorder
from clausewise.runner.scheduler import Scheduler
from clausewise.runner.sending import Sender
from clausewise.runner.shares import Shares
from clausewise.runner.stages import DESTROYING, FIRST, Stages
from clausewise.runner.targets import Target
from clausewise.runner.task import RunState, ScheduledTask
from clausewise.runner.timing import Timing
from clausewise.runner.tracing import Tracing
from clausewise.runner.writes import Writes, Written
from clausewise.transport.budget import BudgetSpent, Leave

#: tasks that draw values with Hypothesis at a time: each takes 3 MB for that
_SEARCHES = 8


class Session:
    """Runs the phases of a contract's operations against a target; the exchanges go to a recorder as they come."""

    def __init__(
        self,
        context: Context,
        target: Target,
        recorder: Recorder,
        events: Events,
        deadline: Deadline,
        renew: Renew | None,
        journal: Journal | None = None,
        reception: Reception | None = None,
    ) -> None:
        """`reception` receives callbacks; None where nothing does.

        Raises UsageError for a phase that cannot run on this machine, and where the options name an operation that
        there is not."""
        contract, options = context.contract, context.options
        self._target = target
        self._recorder = recorder
        self._deadline = deadline
        self._reception = reception
        self._state = RunState()
        app = target.name if target.kind == "app" else None
        self._cleanup = Cleanup(context, target.base_url, journal, app)
        self._writes = Writes(
            context, self._cleanup, lambda error: self._state.fail(None, error, "it read what an answer created")
        )
        self._connection = Connection(
            contract,
            target,
            options,
            context.credentials,
            self._writes,
            renew,
            lambda operation, exchange: recorder.keep(contract.operation(operation), exchange),
            lambda: events.emit(self._beginning(journal)),
        )
        self._phases = [phase(name) for name in PHASES if name in options.phases and name != FIRST]
        for one in self._phases:
            if one.require is not None:
                one.require()
        self._context = context
        shares = Shares(options.max_time, options.max_requests, lambda: self._connection.counted, deadline.begun)
        self._timing = Timing(options.max_response_time)
        self._sender = Sender(
            contract,
            self._connection,
            recorder,
            self._cleanup,
            self._state,
            shares,
            self._timing,
            Tracing(is_on=options.trace_ids),
            reception,
            remembers=context.remembers,
        )

        def on_note(note: str) -> None:
            events.emit(NoteMade(note))

        self._scheduler = Scheduler(self._sender, self._state, target.connections, on_note)
        self._search = BaselineSearch(
            context, context.operations, phase(FIRST), self._scheduler, self._sender, self._state
        )
        #: tasks that are no operation's
        self._others: list[ScheduledTask] = []
        destroying = [DESTROYING] if any(task.destroys for task in self._search.tasks) else []
        names = [FIRST, *(one.row.name for one in self._phases), *destroying]
        self._stages = Stages(shares, names, options, on_note)

    @property
    def stopped(self) -> ClausewiseError | None:
        """Why the run ended before its phases did; None when they are done."""
        return self._recorder.failed or self._state.stopped

    @property
    def failed(self) -> InternalError | None:
        """The first error in clausewise that ended the test of an operation; the others were tested."""
        return self._state.failed

    @property
    def idle(self) -> tuple[PhaseRow, ...]:
        """The phases of which nothing was sent, because the target has nothing of what they need."""
        rows = (one.row for one in self._phases)
        return tuple(row for row in rows if row.needs and row.name not in self._state.phases)

    @property
    def requests(self) -> int:
        """Requests sent, preflight included."""
        return self._connection.requests

    @property
    def span(self) -> tuple[float, float] | None:
        """When the first request went out and the last answer came, by `perf_counter`; None before the first."""
        return self._connection.span

    @property
    def slowest(self) -> tuple[SlowAnswer, ...]:
        """The answers that took longest, slowest first, where the user limits their time."""
        return self._timing.slowest

    @property
    def written(self) -> Written:
        """What the run wrote so far."""
        return self._writes.written

    def _beginning(self, journal: Journal | None) -> RunBegins:
        """What the run may write, before its first request."""
        context = self._context
        leave = context.leave if context.remembers else Leave(0)
        # Operations that only support those under test create, too.
        operations = [task.subject.operation for task in self._search.tasks if task.subject.operation is not None]
        return RunBegins(
            target=self._target.name,
            leave=leave,
            creates=tuple(self._cleanup.creations(operations)),
            journal=journal.path if journal is not None else None,
            left_before=journal.left_before if journal is not None else 0,
            asks_for_token=bool(context.credentials.grants),
        )

    @property
    def result(self) -> PhaseResult:
        """The results of the phases of all tasks, without those of operations that are not under test."""
        tested = {operation.key for operation in self._context.operations}
        untested: dict[str, UntestedReason] = {}
        causes: dict[str, tuple[str, str]] = {}
        notes = list(self._stages.notes)
        for task in (*self._search.tasks, *self._others):
            result = (task.opened or PhaseResult()).followed_by(task.result)
            causes |= result.causes
            notes += result.notes
            if task.subject.operation is None or task.name not in tested:
                continue
            untested |= result.untested
            reason = self._stages.unfinished.get(task.name)
            if task.failed:
                reason = UntestedReason("unfinished", "clausewise itself failed on this operation")
            if reason is not None:
                untested = {clause.key: reason for clause in task.subject.operation.clauses} | untested
        confirmation = self._connection.confirmation
        return PhaseResult(
            untested={**self._sender.unsent, **confirmation.undecided, **untested},
            causes=causes,
            notes=(*notes, *confirmation.notes, *self._recorder.fallback.notes, *self._timing.notes),
        )

    async def run(self) -> None:
        """Run every phase to its end, or until the run must stop; `stopped` then says why.

        Raises TargetError when nothing listens, or when the target has none of the contract's paths.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout_at(self._deadline.at):
                    self._stages.begin(FIRST, [task for task in self._search.tasks if not task.destroys])
                    await self._target.require()
                    await self._connection.open(stack, await self._search.first_case())
                    await self._search.begin(self._connection)
                    self._cleanup.take_over()
                    await self._run_phases()
            except TimeoutError:
                self.run_out()
            finally:
                await self._scheduler.end((*self._search.tasks, *self._others))
                if self._stages.limit_reached:
                    self._state.stopped = self._state.stopped or BudgetSpent(self._stages.limit_reached)
                await self._sender.take_late_answers()
                self._sender.take_untraced(self._search.tasks)
                await self._sender.remove_rest()
                if (flaky := self._connection.confirmation.flaky) is not None:
                    self._recorder.take_observation(flaky)

    def run_out(self) -> None:
        """The limit on the time of the run is reached."""
        limit = f"the limit of {self._deadline.seconds:g} s"
        self._state.stopped = BudgetSpent(f"{limit} is reached")
        self._stages.run_out(limit, self._search.tasks)

    async def _run_phases(self) -> None:
        try:
            await self._search.search()
            self._stages.close()
            self._keep_baselines()
            cut: list[tuple[str, list[ScheduledTask]]] = []
            for one in self._phases:
                tasks = self._tasks_behind_baseline(one)
                self._stages.begin(one.row.name, tasks)
                if one.row.uses_hypothesis:
                    await self._scheduler.follow_in_turn(tasks, _SEARCHES)
                else:
                    await self._scheduler.follow_all(tasks, can_wait=one.row.by_clause)
                self._stages.close()
                if waiting := [task for task in tasks if task.aside is not None and one.row.by_clause]:
                    cut.append((one.row.name, waiting))
            for name, waiting in cut:
                self._stages.go_on(name, waiting)
                for task in waiting:
                    task.go_on()
                await self._scheduler.follow_all(waiting)
                self._stages.close()
            await self._time()
            await self._run_those_that_destroy()
            await self._sender.finish()
            if self._reception is not None:
                await self._reception.wait()
        except* ClausewiseError as failed:
            self._state.stopped = first_of(failed)
        except* Exception as failed:
            # A fault of ours must not lose the results of the run.
            self._state.stopped = InternalError.of(failed, "it led the run")

    async def _time(self) -> None:
        """Send again what was slow, while nothing else is under way."""
        subject = Task(self._context, random.Random(self._context.options.seed))
        task = ScheduledTask("timing", subject, self._timing.steps(self._sender.take_observation))
        self._others.append(task)
        await self._scheduler.follow_all([task])

    def _keep_baselines(self) -> None:
        for task in self._search.tasks:
            if task.has_accepted_request and task.subject.baseline is not None:
                self._context.baselines[task.name] = task.subject.baseline

    def _tasks_behind_baseline(self, one: Phase) -> list[ScheduledTask]:
        """The tasks of a phase other than the first."""
        if one.row.runs_on == "operation":
            return self._on_operations(one, [task for task in self._search.tasks if not task.destroys])
        tasks = list(self._tasks_of(one))
        self._others += tasks
        return tasks

    def _on_operations(self, one: Phase, tasks: Iterable[ScheduledTask]) -> list[ScheduledTask]:
        """Those of `tasks` that have a baseline and are under test; they go on with the phase."""
        tested = {operation.key for operation in self._context.operations}
        begun = [task for task in tasks if task.opened is not None and task.name in tested and not task.failed]
        for task in begun:
            task.begin(run_phases([one], task.subject))
        return begun

    def _tasks_of(self, one: Phase) -> Iterator[ScheduledTask]:
        """The tasks of a phase that runs on resource types, or on the whole contract."""
        factory = self._context.factory
        if one.row.runs_on == "contract":
            destroying = {task.name for task in self._search.tasks if task.destroys}
            operations = tuple(each for each in self._context.operations if each.key not in destroying)
            yield self._task_of(one, operations, one.row.name)
            return
        types = [each for each in factory.inventory.resource_types.values() if each.path in factory.recipes]
        types += self._singletons(self._context.baselines)
        nouns = Counter(resource_type.noun for resource_type in types)
        for resource_type in types:
            # The name begins the ids of exchanges: a noun that two types share would give both the same ids.
            is_unique = resource_type.noun and nouns[resource_type.noun] == 1
            yield self._task_on(one, resource_type, resource_type.noun if is_unique else resource_type.path)

    def _task_on(self, one: Phase, resource_type: ResourceType, name: str) -> ScheduledTask:
        """The task of a phase that runs on a resource type; `name` stands for that in the ids of exchanges."""
        rng = random.Random(f"{self._context.options.seed}:{one.row.name}:{resource_type.path}")
        subject = Task(self._context, rng, resource_type=resource_type)
        return ScheduledTask(f"{one.row.name} of {name}", subject, run_phases([one], subject))

    def _singletons(self, updates: Container[str]) -> list[ResourceType]:
        """What there is one of, where the key of the operation that changes it is among `updates`."""
        found = singletons(self._context.operations)
        return [each for each in found if each.update is not None and each.update.key in updates]

    def _task_of(self, one: Phase, operations: tuple[OperationContract, ...], name: str) -> ScheduledTask:
        """The task of a phase that runs on the whole contract, or on these `operations` of it."""
        context = msgspec.structs.replace(self._context, operations=operations)
        subject = Task(context, random.Random(f"{context.options.seed}:{name}"))
        return ScheduledTask(name, subject, run_phases([one], subject))

    async def _run_those_that_destroy(self) -> None:
        """Run what may destroy resources or access that others need: after everything else, cleanup included, and one
        operation after the other, so that it shows which one it was."""
        tested = {operation.key: operation for operation in self._context.operations}
        last = [task for task in self._search.tasks if task.destroys]
        if not last or self.stopped is not None:
            return
        self._stages.begin(DESTROYING, last)
        if not self._sender.halted:
            await self._sender.finish()
            await self._sender.remove_rest()
        for task in last:
            if self.stopped is not None or self._sender.halted:
                break
            await self._scheduler.follow_all([task])
            self._keep_baselines()
            for one in self._phases:
                if one.row.runs_on == "operation":
                    await self._scheduler.follow_all(self._on_operations(one, [task]))
                elif one.row.runs_on == "resource type":
                    others = [self._task_on(one, each, each.path) for each in self._singletons([task.name])]
                    self._others += others
                    await self._scheduler.follow_all(others)
                elif one.row.runs_on == "contract" and task.name in tested:
                    other = self._task_of(one, (tested[task.name],), f"{one.row.name}:{task.name}")
                    self._others.append(other)
                    await self._scheduler.follow_all([other])
        self._stages.close()
