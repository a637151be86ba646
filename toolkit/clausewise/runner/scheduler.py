"""Runs tasks concurrently: sends their batches over the available connections, and resumes their steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import GEN_RUNNING, getgeneratorstate
from typing import TypeVar

from clausewise.errors import ClausewiseError, first_of
from clausewise.exchange import Exchange
from clausewise.generation.prover import Case
from clausewise.phases.base import Driver, PhaseInterrupted, PhaseResult
from clausewise.results.evidence import Observation
from clausewise.runner.sending import Sender
from clausewise.runner.sent import Sent
from clausewise.runner.task import RunState, ScheduledTask, UnderWay
from clausewise.runner.thinking import Ahead, Thinker

#: seconds that an ending run waits for the step of a phase that is being computed
_ENDS_WITHIN = 1.0

T = TypeVar("T")


class Scheduler:
    """Follows tasks to the end of their steps, or until the run is halted.

    Whatever phases compute, they compute in a thread of their own; the event loop only sends and reads.
    """

    def __init__(self, sender: Sender, state: RunState, connections: int, on_note: Callable[[str], None]) -> None:
        self._sender = sender
        self._state = state
        self._connections = connections
        self._places = asyncio.Semaphore(connections)
        self._on_note = on_note
        self._thinker = Thinker()

    async def follow_all(self, tasks: Iterable[ScheduledTask], *, can_wait: bool = False) -> None:
        """Follow `tasks`, all at once; none when the run is halted. Those that `can_wait` are put aside when the stage
        has no share left."""
        if self._sender.halted:
            return
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(self._follow(task, can_wait))

    async def follow_in_turn(self, tasks: Sequence[ScheduledTask], at_once: int) -> None:
        """Follow `tasks`, so many `at_once`, until the run is halted. Each has an equal part of what the stage has
        left: the last one is not to go short because the first ones take long."""
        waiting, left = iter(tasks), len(tasks)

        async def follow_some() -> None:
            nonlocal left
            for task in waiting:
                if self._sender.halted:
                    return
                task.turn = self._sender.turn(left, at_once)
                task.subject.may_draw = task.turn.allows_another
                await self._follow(task, can_wait=False)
                left -= 1

        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, left)):
                group.create_task(follow_some())

    async def compute(self, function: Callable[[], T]) -> T:
        """The result of `function`, while no phase computes."""
        return await self._thinker.do(function)

    async def _follow(self, task: ScheduledTask, can_wait: bool) -> None:
        await self._start(task)
        while task.batch is not None:
            await self.step(task, can_wait=can_wait)

    async def first_batch(self, task: ScheduledTask) -> list[Case]:
        """The first batch, which is not sent yet."""
        await self._start(task)
        first = await self.compute(lambda: list(self._cases(task)))
        task.batch = first if task.batch is not None else None
        return first

    async def _start(self, task: ScheduledTask) -> None:
        """Ask for the first batch, once."""
        if task.batch is None and not task.ended:
            await self._advance(task, lambda: next(task.steps))

    async def _advance(self, task: ScheduledTask, step: Callable[[], Iterable[Case] | Driver]) -> None:
        """Have the next batch made; the result of the steps when that was the last."""
        result = await self.compute(lambda: self._advanced(task, step))
        for note in result.notes:
            self._on_note(note)
        self._take(result.observations)

    def _take(self, observations: Iterable[Observation]) -> None:
        """Record the faults that steps found at their end."""
        for observation in observations:
            self._sender.take_observation(observation)

    def _advanced(self, task: ScheduledTask, step: Callable[[], Iterable[Case] | Driver]) -> PhaseResult:
        """As `_advance`, and the result of the steps where they have come to their end."""
        try:
            task.batch = step()
        except StopIteration as end:
            task.batch = None
            task.finish(end.value)
            self._state.stopped = end.value.stopped or self._state.stopped
            result: PhaseResult = end.value
            return result
        except Exception as error:
            task.batch, task.ended = None, True
            self._state.fail(task, error, "it chose requests")
        return PhaseResult()

    async def step(self, task: ScheduledTask, *, can_wait: bool = False) -> None:
        """Send the batch that the steps want and let them go on."""
        exchanges = await self._sent(task, can_wait)
        if task.under_way is not None:
            task.put_aside()
            return
        if self._sender.halted:
            self._take(await self.compute(lambda: self._interrupt([task])))
            return
        if task.opened is None:
            task.exchanges += exchanges
        await self._advance(task, lambda: task.steps.send(exchanges))

    async def end(self, tasks: Iterable[ScheduledTask]) -> None:
        """End the steps of those of `tasks` that are still on their way: their phases return what they know by then.

        A phase that computes for too long is left alone, and what it knows is lost.
        """
        await self._thinker.rest(_ENDS_WITHIN)
        idle = [task for task in tasks if getgeneratorstate(task.steps) != GEN_RUNNING]
        self._take(self._interrupt(idle))
        for task in idle:
            task.go_on()
        self._take(self._interrupt(idle))
        self._thinker.end()

    def _interrupt(self, tasks: Iterable[ScheduledTask]) -> list[Observation]:
        """End the steps of `tasks` that are on their way; the faults that they had found."""
        found: list[Observation] = []
        for task in tasks:
            if task.batch is not None:
                if task.under_way is not None:
                    task.under_way.cases.close()
                task.batch, task.under_way, task.ended, task.interrupted = None, None, True, True
                task.cut_off = True
                try:
                    task.steps.throw(PhaseInterrupted())
                except StopIteration as end:
                    task.finish(end.value)
                    found += end.value.observations
        return found

    async def _sent(self, task: ScheduledTask, can_wait: bool) -> list[Exchange]:
        """The exchanges of the task's batch, in its order. Where it `can_wait`, the batch stays under way at the end of
        the stage's share."""
        if task.batch is not None and not isinstance(task.batch, Iterable):
            await self._sender.drive(task.batch)
            return []
        sent: dict[int, Sent] = {}
        batch = task.under_way
        if batch is None:
            ahead = Ahead(self._thinker, task.batch if isinstance(task.batch, Sequence) else self._cases(task))
            batch = UnderWay(ahead)
        cases, task.under_way = batch.cases, None

        # Workers take the cases in order, as they are made; a task for each of thousands of requests would cost more
        # than the requests.
        async def work() -> None:
            # An app in this process may answer so fast that no worker ever waits.
            while not self._sender.halted and (case := await cases.next()) is not None:
                task.sent = number = task.sent + 1
                if case.wait:
                    await asyncio.sleep(case.wait)
                async with self._places:
                    sent[number] = await self._sender.send(task, case, f"{task.name}-{number:04d}")

        stopped: ClausewiseError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._connections):
                    group.create_task(work())
        except* ClausewiseError as failed:
            stopped = first_of(failed)
        finally:
            if not (can_wait and self._sender.pauses):
                cases.close()
        if stopped is not None:
            raise stopped
        waits = can_wait and self._sender.pauses
        batch.exchanges += await self._sender.settled([sent[number] for number in sorted(sent)])
        task.under_way = batch if waits else None
        return batch.exchanges

    def _cases(self, task: ScheduledTask) -> Iterator[Case]:
        batch = task.batch if isinstance(task.batch, Iterable) else ()
        try:
            yield from batch
        except Exception as error:
            self._state.fail(task, error, "it made requests")
