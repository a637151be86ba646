"""Sends the cases of tasks to the target, and removes the resources that they created.

Every exchange is recorded, and every created resource is kept account of, including those of another program and those
in answers that arrive after the end of the run.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from clausewise.contract.contract import Contract, OperationContract
from clausewise.exchange import Exchange, Failure, Response
from clausewise.generation.prover import Case
from clausewise.phases.base import Driver
from clausewise.results.evidence import Observation
from clausewise.runner.cleanup import Cleanup
from clausewise.runner.connection import Connection, is_404
from clausewise.runner.recorder import Recorder
from clausewise.runner.shares import Shares
from clausewise.runner.task import RunState, ScheduledTask, exchange_of
from clausewise.transport.budget import BudgetSpent

#: seconds waited before each try to remove what is still there at the end
_CLEANUP_WAITS = (0.0, 1.0)


class Sender:
    """Sends the cases of tasks."""

    def __init__(
        self,
        contract: Contract,
        connection: Connection,
        recorder: Recorder,
        cleanup: Cleanup,
        state: RunState,
        shares: Shares,
        *,
        remembers: bool,
    ) -> None:
        self._contract = contract
        self._connection = connection
        self._recorder = recorder
        self._cleanup = cleanup
        self._state = state
        self._shares = shares
        #: whether the target keeps what it is given, as the mock does not
        self._remembers = remembers
        #: removals sent at the end
        self._removals = 0

    @property
    def halted(self) -> bool:
        """Whether nothing more is to be sent, or nothing more in this stage of the run."""
        return self._recorder.halted or bool(self._shares.spent)

    async def send(self, task: ScheduledTask, case: Case, name: str) -> Exchange:
        """Send `case`, record what comes of it as `name`, and remove what it created unless that is to last."""
        operation = self._contract.operation(case.probe.operation)
        # What creates nothing need not be waited for when the run ends.
        creates = self._remembers and self._cleanup.may_create(operation)
        ask = self._connection.ask_to_the_end if creates else self._connection.ask
        asked = datetime.now(UTC)
        try:
            answer = await ask(case, task.accepted)
        except BudgetSpent as spent:
            # The phases end by themselves when nothing is accepted any more; what others still may send, they do.
            self._state.stopped = self._state.stopped or spent
            return Exchange(name, case.request, failure=Failure("unsent", str(spent)), probe=case.probe)
        exchange = exchange_of(name, case, answer, asked)
        if exchange.accepted and case.probe.expect != "refuse" and case.probe.operation == task.name:
            task.accepted = case.request
        self._state.target_has_paths = self._state.target_has_paths or not is_404(answer)
        self._record(task, exchange)
        removal = self._removal(task, exchange, operation, lasting=case.lasting) if self._remembers else None
        if removal is not None:
            await self._remove(task, removal, f"{name}-removed")
        return exchange

    async def drive(self, driver: Driver) -> None:
        """Let another program send its own requests."""
        # It may send nothing for long, and so not notice that it has to end.
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._shares.until):
                await driver.drive(self._connection, self)

    def take_exchange(self, operation: OperationContract, exchange: Exchange) -> None:
        """Record an exchange of another program."""
        if self._remembers:
            # Its later requests may build on it.
            self._cleanup.after(exchange, operation, lasting=True)
        self._recorder.take_exchange(operation, exchange)

    def take_observation(self, observation: Observation) -> None:
        """Record a fault that another program has found."""
        self._recorder.take_observation(observation)

    async def take_late_answers(self) -> None:
        """Keep account of what requests created whose answers nobody waited for."""
        for case, answer in await self._connection.late():
            operation = self._contract.operation(case.probe.operation)
            self._removal(None, exchange_of("late", case, answer), operation, lasting=True)

    async def remove_rest(self) -> None:
        """Remove what is still there, what lies inside others first; nothing more where nobody answers."""
        for wait in _CLEANUP_WAITS:
            if removals := list(self._cleanup.rest()):
                await asyncio.sleep(wait)
            for removal in removals:
                self._removals += 1
                if not await self._remove(None, removal, f"cleanup-{self._removals:04d}"):
                    return

    async def _remove(self, task: ScheduledTask | None, removal: Case, name: str) -> bool:
        """Remove what the run created; whether an answer came."""
        asked = datetime.now(UTC)
        answer = await self._connection.remove(removal.request)
        exchange = exchange_of(name, removal, answer, asked)
        self._cleanup.removed(removal, exchange)
        self._record(task, exchange)
        return isinstance(answer, Response)

    def _removal(
        self, task: ScheduledTask | None, exchange: Exchange, operation: OperationContract, *, lasting: bool
    ) -> Case | None:
        """Keep account of what `exchange` created; the request that removes it, unless that is to last."""
        try:
            return self._cleanup.after(exchange, operation, lasting=lasting)
        except Exception as error:
            self._state.fail(task, error, "it read what an answer created")
            return None

    def _record(self, task: ScheduledTask | None, exchange: Exchange) -> None:
        assert exchange.probe is not None
        try:
            self._recorder.take_exchange(self._contract.operation(exchange.probe.operation), exchange)
        except Exception as error:
            self._state.fail(task, error, "it checked an answer")
