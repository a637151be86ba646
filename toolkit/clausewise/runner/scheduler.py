"""Runs tasks concurrently: sends their batches over the available connections, and resumes their steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

from clausewise.errors import ClausewiseError, first_of
from clausewise.exchange import Exchange
from clausewise.generation.prover import Case
from clausewise.phases.base import Driver, PhaseInterrupted
from clausewise.runner.sending import Sender
from clausewise.runner.sent import Sent
from clausewise.runner.task import RunState, ScheduledTask


class Scheduler:
    """Follows tasks to the end of their steps, or until the run is halted."""

    def __init__(self, sender: Sender, state: RunState, connections: int, on_note: Callable[[str], None]) -> None:
        self._sender = sender
        self._state = state
        self._connections = connections
        self._places = asyncio.Semaphore(connections)
        self._on_note = on_note

    async def follow_all(self, tasks: Iterable[ScheduledTask]) -> None:
        """Follow `tasks`, all at once; none when the run is halted."""
        if self._sender.halted:
            return
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(self._follow(task))

    async def _follow(self, task: ScheduledTask) -> None:
        self._start(task)
        while task.batch is not None:
            await self.step(task)

    def first_batch(self, task: ScheduledTask) -> list[Case]:
        """The first batch, which is not sent yet."""
        self._start(task)
        first = list(self._cases(task))
        task.batch = first if task.batch is not None else None
        return first

    def _start(self, task: ScheduledTask) -> None:
        """Ask for the first batch, once."""
        if task.batch is None and not task.ended:
            self._advance(task, lambda: next(task.steps))

    def _advance(self, task: ScheduledTask, step: Callable[[], Iterable[Case] | Driver]) -> None:
        """Have the next batch made; the result of the steps when that was the last."""
        try:
            task.batch = step()
        except StopIteration as end:
            task.batch = None
            task.finish(end.value)
            for note in end.value.notes:
                self._on_note(note)
            self._state.stopped = end.value.stopped or self._state.stopped
        except Exception as error:
            task.batch, task.ended = None, True
            self._state.fail(task, error, "it chose requests")

    async def step(self, task: ScheduledTask) -> None:
        """Send the batch that the steps want and let them go on."""
        exchanges = await self._sent(task)
        if self._sender.halted:
            self.interrupt([task])
            return
        if task.opened is None:
            task.exchanges += exchanges
        self._advance(task, lambda: task.steps.send(exchanges))

    def interrupt(self, tasks: Iterable[ScheduledTask]) -> None:
        """End the steps of those of `tasks` that are still on their way: their phases return what they know by then."""
        for task in tasks:
            if task.batch is not None:
                task.batch, task.ended, task.interrupted = None, True, True
                try:
                    task.steps.throw(PhaseInterrupted())
                except StopIteration as end:
                    task.finish(end.value)

    async def _sent(self, task: ScheduledTask) -> list[Exchange]:
        """The exchanges of the task's batch, in its order."""
        if task.batch is not None and not isinstance(task.batch, Iterable):
            await self._sender.drive(task.batch)
            return []
        sent: dict[int, Sent] = {}
        queue = enumerate(self._cases(task), task.sent + 1)

        # Workers take the cases in order, as they are made; a task for each of thousands of requests would cost more
        # than the requests.
        async def work() -> None:
            for number, case in queue:
                task.sent = number
                async with self._places:
                    sent[number] = await self._sender.send(task, case, f"{task.name}-{number:04d}")

        stopped: ClausewiseError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._connections):
                    group.create_task(work())
        except* ClausewiseError as failed:
            stopped = first_of(failed)
        if stopped is not None:
            raise stopped
        return await self._sender.settled([sent[number] for number in sorted(sent)])

    def _cases(self, task: ScheduledTask) -> Iterator[Case]:
        batch = task.batch if isinstance(task.batch, Iterable) else ()
        try:
            for case in batch:
                # An app in this process may answer so fast that no worker ever waits.
                if self._sender.halted:
                    return
                yield case
        except Exception as error:
            self._state.fail(task, error, "it made requests")
