"""The search for accepted requests. Operations that create resources come first; an operation that failed is tried
again when the answers to others may help.

The inventory learns from answers in the order of the document, and not in the order in which they arrive.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Request
from clausewise.generation.prover import Case
from clausewise.phases.base import Baseline, Context, Phase, Task
from clausewise.phases.baseline import hangs, untried
from clausewise.phases.prior_actions import actions_of, untried_actions
from clausewise.phases.repetition import run_phases
from clausewise.recordings.exchange_file import shortened
from clausewise.resources.identity import items_in, shown_in
from clausewise.resources.order import destruction, supported, waves
from clausewise.runner.connection import Connection
from clausewise.runner.discovery import discovery_requests
from clausewise.runner.scheduler import Scheduler
from clausewise.runner.sending import Sender
from clausewise.runner.task import RunState, ScheduledTask
from clausewise.transport.budget import SAFE_METHODS

#: operations whose first request may get 404 before the base path is doubted
_FIRST = 3

#: times that an operation without an accepted request is tried again at most, for what was learnt meanwhile
_MORE_ROUNDS = 5

#: times that one request looks for what was created at most
_DISCOVERY_TRIES = 3


class BaselineSearch:
    """The tasks of all operations, on their way to an accepted request."""

    def __init__(
        self,
        context: Context,
        operations: Iterable[OperationContract],
        phase: Phase,
        scheduler: Scheduler,
        sender: Sender,
        state: RunState,
    ) -> None:
        self._context = context
        self._inventory = context.factory.inventory
        self._phase = phase
        self._scheduler = scheduler
        self._sender = sender
        self._state = state
        # Others may create what these need, but not where nobody knows what a request of them looks like.
        sound = [each for each in supported(operations, self._inventory) if each.closed is None]
        # What is there before the run makes anything is not what the run made.
        found = waves(sound, self._inventory, looks_first=context.leave.only_own)
        self._waves = [[self._task(operation) for operation in wave] for wave in found]
        #: how often a request was sent that looks for what was created; `_DISCOVERY_TRIES` where it has shown it
        self._attempts: Counter[Request] = Counter()

    @property
    def tasks(self) -> list[ScheduledTask]:
        """Those of all operations, and of those that create what they need, in the order of the search."""
        return [task for wave in self._waves for task in wave]

    def _task(self, operation: OperationContract) -> ScheduledTask:
        rng = random.Random(f"{self._context.options.seed}:{operation.key}")
        subject = Task(self._context, rng, operation)
        destroys = destruction(operation, self._inventory)
        return ScheduledTask(operation.key, subject, run_phases([self._phase], subject), destroys)

    async def first_case(self) -> Case | None:
        """The first request of the run; None where there is none to send."""
        for task in self.tasks:
            first = await self._scheduler.first_batch(task)
            return first[0] if first else None
        return None

    async def begin(self, connection: Connection) -> None:
        """First requests one operation at a time, until one is answered by something else than 404.

        Raises TargetError when the target has none of the contract's paths.
        """
        tasks = self.tasks[:_FIRST]
        for index, task in enumerate(tasks, 1):
            first = await self._scheduler.first_batch(task)
            if not first:
                continue
            await self._scheduler.step(task)
            if self._state.target_has_paths:
                return
            if index == len(tasks):
                await connection.doubt_base(first[0])

    async def search(self) -> None:
        """Find accepted requests of every operation but those that may destroy what others need."""
        for turn, wave in self._turns():
            if self._sender.halted:
                return
            if turn and wave is self._waves[0]:
                await self._discover()
            helped = True
            while helped and not self._sender.halted:
                # What one operation makes may be what another one of its wave needs, and those of later waves as well.
                helped = await self._try(wave)

    async def _try(self, wave: list[ScheduledTask]) -> bool:
        """Try those of a wave that have no accepted request; whether more of them have one now."""
        accepted = sum(task.has_accepted_request for task in wave)
        waiting = await self._scheduler.compute(partial(self._to_try, wave))
        for task in waiting:
            task.inventory_size = self._inventory.size
        await self._scheduler.follow_all(waiting)
        # In the order of the document: what is known must not depend on which answer came first.
        await self._scheduler.compute(partial(self._learn_from, wave))
        return sum(task.has_accepted_request for task in wave) > accepted

    def _turns(self) -> Iterator[tuple[int, list[ScheduledTask]]]:
        """The waves in their order, each once more where others' answers may help; what deletes comes last, once."""
        harmless = [wave for wave in self._waves if not wave[0].destroys]
        deleting = [wave for wave in harmless if wave[0].deletes]
        making = [wave for wave in harmless if not wave[0].deletes]
        for turn in range(1 + _MORE_ROUNDS):
            yield from ((turn, wave) for wave in making)
        yield from ((0, wave) for wave in deleting)

    def _to_try(self, wave: list[ScheduledTask]) -> list[ScheduledTask]:
        return [task for task in wave if self._may_try(task)]

    def _may_try(self, task: ScheduledTask) -> bool:
        """Whether `task` is still to be tried, or may be once more; then it is made ready for that."""
        if task.inventory_size is None:
            return task.opened is None
        if task.opened is None or task.has_accepted_request or self._state.stopped or any(map(hangs, task.exchanges)):
            return False
        operation, baseline = task.subject.operation, task.opened.baseline
        assert operation is not None and baseline is not None
        unchanged = self._inventory.size == task.inventory_size
        factory = self._context.factory
        if unchanged and not (
            untried(operation, factory, baseline.refused) or untried_actions(operation, factory, baseline)
        ):
            return False
        task.begin(run_phases([self._phase], task.subject))
        task.opened = None
        return True

    def _learn_from(self, wave: list[ScheduledTask]) -> None:
        for task in wave:
            for exchange in task.exchanges[task.learnt :]:
                # A resource that was made for this operation alone is not for others.
                if exchange.accepted and exchange.probe is not None and exchange.probe.operation == task.name:
                    self._inventory.learn(self._context.contract.operation(task.name), exchange)
            task.learnt = len(task.exchanges)
            task.exchanges = list(map(shortened, task.exchanges))
            if task.opened is not None and task.opened.baseline is not None:
                self._take_action(task.opened.baseline)

    def _take_action(self, baseline: Baseline) -> None:
        """Remember what an operation does to a resource: others may need it in the state that this leads to."""
        factory, operation = self._context.factory, baseline.prover.operation
        recipe = baseline.recipe_in(factory)
        changes = operation.operation.method not in (*SAFE_METHODS, "DELETE")
        if not baseline.bases or recipe is None or not changes or destruction(operation, self._inventory):
            return
        known = factory.actions.setdefault(recipe.resource_type.path, {})
        for name, action in actions_of(baseline, recipe):
            known.setdefault(name, action)

    async def _discover(self) -> None:
        """Look for what was created, and not named in the answer, until it is seen once."""
        tasks = {task.name: task for task in self.tasks}
        begun = [
            (task.subject.operation, exchange)
            for task in tasks.values()
            for exchange in task.exchanges
            if task.subject.operation is not None and exchange.probe and exchange.probe.operation == task.name
        ]
        baselines = [
            task.opened.baseline
            for task in tasks.values()
            if task.opened is not None and task.opened.baseline is not None
        ]
        cases = discovery_requests(begun, baselines, self._inventory)
        for case in await self._scheduler.compute(lambda: list(cases)):
            task = tasks[case.probe.operation]
            if self._state.stopped or self._sender.halted or self._attempts[case.request] == _DISCOVERY_TRIES:
                continue
            self._attempts[case.request] += 1
            task.sent += 1
            (exchange,) = await self._sender.settled(
                [await self._sender.send(task, case, f"{task.name}-{task.sent:04d}")]
            )
            task.exchanges.append(exchange)
            operation = task.subject.operation
            if operation is not None and items_in(shown_in(operation, exchange)):
                self._attempts[case.request] = _DISCOVERY_TRIES
