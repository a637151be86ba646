"""Sends the cases of tasks to the target, and removes the resources that they created.

Every exchange is recorded, and every created resource is kept account of, including those of another program and those
in answers that arrive after the end of the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Failure, Probe, Request, Response
from clausewise.generation.prover import Case
from clausewise.phases.base import Driver
from clausewise.recordings.exchange_file import shortened
from clausewise.results.evidence import Observation, UntestedKind, UntestedReason
from clausewise.runner.accepted_before import AcceptedBefore, Repeated
from clausewise.runner.cleanup import Cleanup
from clausewise.runner.connection import BUSY, Connection, is_404
from clausewise.runner.reception import Reception
from clausewise.runner.recorder import LEARNING, Recorder
from clausewise.runner.sent import Sent
from clausewise.runner.shares import Shares, Turn
from clausewise.runner.task import RunState, ScheduledTask, exchange_of
from clausewise.runner.timing import Timing
from clausewise.runner.tracing import Tracing
from clausewise.runner.untraced import untraced
from clausewise.runner.watch import Watch
from clausewise.transport.budget import BudgetSpent, WriteNotAllowed

#: seconds waited before each try to remove what is still there at the end
_CLEANUP_WAITS = (0.0, 1.0)

#: removals that a busy server puts off one after another, each waited for, before it is not waited for any more
_PUT_OFF = 5


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
        timing: Timing,
        tracing: Tracing,
        reception: Reception | None = None,
        *,
        remembers: bool,
    ) -> None:
        self._contract = contract
        self._connection = connection
        self._recorder = recorder
        self._cleanup = cleanup
        self._state = state
        self._shares = shares
        self._timing = timing
        self._tracing = tracing
        self._reception = reception
        self._watch = Watch(contract, connection, self._record, self._repeat, is_on=remembers)
        #: whether the target keeps what it is given, as the mock does not
        self._remembers = remembers
        #: ids that another program gave -> those that its exchanges have, where an earlier process had used them
        self._renamed: dict[str, str] = {}
        self._accepted_before = AcceptedBefore(connection)
        #: removals sent at the end
        self._removals = 0
        #: clause key -> why a probe of it was not sent, or shows nothing
        self.unsent: dict[str, UntestedReason] = {}

    @property
    def halted(self) -> bool:
        """Whether nothing more is to be sent, or nothing more in this stage of the run."""
        return self._recorder.halted or bool(self._shares.spent)

    def turn(self, tasks: int, at_once: int) -> Turn:
        """What one of so many `tasks` that are not done may use of the stage's share, where some run `at_once`."""
        return self._shares.turn(tasks, at_once)

    @property
    def pauses(self) -> bool:
        """Whether nothing more is to be sent in this stage, and perhaps more when the others have run."""
        return not self._recorder.halted and self._shares.may_pass

    async def send(self, task: ScheduledTask, case: Case, name: str) -> Sent:
        """Send `case`, record what comes of it as `name`, and remove what it created unless that is to last.

        Its answer may become void until `settled` says that it counts.
        """
        name = self._recorder.free(name)
        if self._reception is not None:
            case = self._reception.addressed(case, name)
        sent = Sent(case, name, task)
        await self._try(task, sent)
        return sent

    async def settled(self, batch: Sequence[Sent]) -> list[Exchange]:
        """What came of `batch`. What is void is sent again before."""
        await self._watch.settled(batch)
        while not self._recorder.halted and (void := [sent for sent in batch if sent.void]):
            for sent in void:
                await self._try_again(sent)
        for sent in batch:
            sent.passed_on = True
        answered = [sent.result for sent in batch]
        for sent in batch:
            # The watch may hold them for long.
            sent.exchange = shortened(sent.result)
        await self._send_left_over()
        return answered

    async def finish(self) -> None:
        """Find out what counts of all that was sent so far, and send again what does not."""
        await self._watch.ask_for_rest()
        while self._watch.left_over and not self._recorder.halted:
            await self._send_left_over()
            await self._watch.ask_for_rest()

    async def _send_left_over(self) -> None:
        while self._watch.left_over and not self._recorder.halted:
            await self._try_again(self._watch.left_over.pop(0))

    async def _try_again(self, sent: Sent) -> None:
        assert sent.task is not None
        await self._try(sent.task, sent)

    async def _try(self, task: ScheduledTask, sent: Sent) -> None:
        """Send what `sent` is about, until it has an answer that is not void."""
        case = sent.case
        operation = self._contract.operation(case.probe.operation)
        # What creates nothing need not be waited for when the run ends.
        creates = self._remembers and self._cleanup.may_create(operation)
        ask = self._connection.ask_to_the_end if creates else self._connection.ask
        while True:
            self._watch.begin(sent)
            asked = datetime.now(UTC)
            sent.exchange = self._recorder.earlier(case)
            sent.is_earlier = sent.exchange is not None
            if sent.exchange is None:
                with self._tracing.of(case.request, sent.name) as trace:
                    try:
                        answer = await ask(case)
                    except BudgetSpent as spent:
                        # The phases end by themselves when nothing is accepted any more; what others may send, they do.
                        if not isinstance(spent, WriteNotAllowed):
                            self._state.stopped = self._state.stopped or spent
                        self._leave_untested(case.probe, spent)
                        unsent = Failure("unsent", str(spent))
                        sent.exchange = Exchange(sent.name, case.request, failure=unsent, probe=case.probe)
                        return
                    judged = await self._excused(sent, case, answer) if self._remembers else case
                    sent.exchange = exchange_of(sent.name, judged, answer, asked, trace)
                    if self._remembers and (repeated := await self._accepted_before.repeated(case, answer)) is not None:
                        await self._blame(sent, repeated)
            else:
                self._connection.take_earlier(sent.exchange)
                self._accepted_before.take_earlier(case, sent.exchange.response)
            if self._remembers:
                await self._ask_elsewhere(operation, sent)
            self._state.phases.add(case.probe.phase)
            self._state.target_has_paths = self._state.target_has_paths or not is_404(sent.exchange.response)
            made = self._remembers and sent.result.accepted and not case.lasting
            removal = self._removal(task, sent.result, operation) if made else None
            await self._watch.take(sent)
            if removal is not None:
                await self._remove(removal, f"{sent.result.id}-removed")
            if not sent.void:
                if case.probe.phase not in LEARNING:
                    sent.exchange = shortened(sent.result)
                return

    async def _ask_elsewhere(self, operation: OperationContract, sent: Sent) -> None:
        """Ask for a path that nothing serves, where the answer may be the one that each such path gets."""
        fallback = self._recorder.fallback
        request = fallback.control(operation, sent.result)
        if request is None:
            return
        case = Case(request, Probe(operation.key, "setup", "a path that nothing serves is asked for", "any"))
        with suppress(BudgetSpent):
            # It is no evidence, nor are the controls of crashes: the note of the run tells it.
            fallback.take(exchange_of(f"{sent.name}-elsewhere", case, await self._connection.patiently(case)))

    async def _excused(self, sent: Sent, case: Case, answer: Response | Failure) -> Case:
        """`case` as one of which nothing is expected, where it is refused as the accepted request is by now."""
        control = await self._accepted_before.control(case, answer)
        if control is None:
            return case
        if control.is_refused:
            status = answer.status if isinstance(answer, Response) else 0
            said = f"the refusal ({status}) shows nothing: by then the accepted request was refused, too"
            keys = case.probe.breaks if case.probe.expect == "refuse" else case.probe.keeps
            for key in {*keys, *([case.probe.clause] if case.probe.clause is not None else [])}:
                self.unsent.setdefault(key, UntestedReason("undecided", said))
            return msgspec.structs.replace(case, probe=msgspec.structs.replace(case.probe, expect="any"))
        await self._take_away(sent, exchange_of(sent.name, control.accepted, control.answer))
        return case

    async def _take_away(self, sent: Sent, exchange: Exchange) -> None:
        """Remove what an accepted request has created again."""
        assert exchange.probe is not None
        operation = self._contract.operation(exchange.probe.operation)
        removal = self._removal(sent.task, exchange, operation) if exchange.accepted else None
        if removal is not None:
            await self._remove(removal, f"{sent.name}-again-removed")

    async def _blame(self, sent: Sent, repeated: Repeated) -> None:
        """Show by the accepted request that the server crashes, where that crashes as well; else by the one that
        changes it, if that still crashes. Remove what the accepted request creates."""
        trace = sent.result.trace
        exchange = exchange_of(sent.name, repeated.accepted, repeated.answer, trace=trace)
        if repeated.answer.status >= 500:
            sent.exchange = exchange
            return
        sent.exchange = exchange_of(sent.name, sent.case, repeated.final, trace=trace)
        await self._take_away(sent, exchange)

    async def drive(self, driver: Driver) -> None:
        """Let another program send its own requests."""
        # It may send nothing for long, and so not notice that it has to end.
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._shares.until):
                await driver.drive(_WatchedLine(self._connection, self._watch), self)

    def take_exchange(self, operation: OperationContract, exchange: Exchange) -> None:
        """Record an exchange of another program. What it made lasts: later requests may build on it."""
        name = self._recorder.free(exchange.id)
        if name != exchange.id:
            self._renamed[exchange.id] = name
            exchange = msgspec.structs.replace(exchange, id=name)
        assert exchange.probe is not None
        sent = Sent(Case(exchange.request, exchange.probe), name, exchange=exchange)
        self._watch.begin(sent)
        self._watch.keep(sent)

    def take_observation(self, observation: Observation) -> None:
        """Record a fault that another program has found, once the answer that shows it counts."""
        if observation.exchange in self._renamed:
            observation = msgspec.structs.replace(observation, exchange=self._renamed[observation.exchange])
        pending = self._watch.pending(observation.exchange)
        if pending is not None:
            pending.observations.append(observation)
        else:
            self._recorder.take_observation(observation)

    def take_untraced(self, tasks: Iterable[ScheduledTask]) -> None:
        """Record the crashes that phases met and had no time to trace."""
        for task in tasks:
            operation = task.subject.operation
            if not task.cut_off or operation is None:
                continue
            for observation in untraced(operation, task.explored, task.reported):
                self._recorder.take_observation(observation)

    async def take_late_answers(self) -> None:
        """Wait for the answers on their way, whose requests may have created something; record what still counts."""
        self._state.stopped = await self._watch.conclude() or self._state.stopped
        await self._connection.late()

    async def remove_rest(self) -> None:
        """Remove what is still there, what lies inside others first; nothing more where nobody answers."""
        for wait in _CLEANUP_WAITS:
            if removals := list(self._cleanup.rest()):
                await asyncio.sleep(wait)
            put_off = 0
            for removal in removals:
                self._removals += 1
                name, waits = f"cleanup-{self._removals:04d}", put_off < _PUT_OFF
                answer = await self._remove(removal, name, waits=waits)
                if isinstance(answer, Failure):
                    return
                put_off = put_off + 1 if answer is not None and answer.status in BUSY else 0

    async def _remove(self, removal: Case, name: str, *, waits: bool = True) -> Response | Failure | None:
        """Remove what the run created: the answer, and None where the limits held the request back. It `waits` for a
        busy server."""
        sent = Sent(removal, self._recorder.free(name), exchange=self._recorder.earlier(removal))
        self._watch.begin(sent)
        self._cleanup.trying(removal)
        sent.is_earlier = sent.exchange is not None
        if sent.exchange is None:
            asked = datetime.now(UTC)
            try:
                with self._tracing.of(removal.request, sent.name) as trace:
                    answer = await self._connection.remove(removal, waits=waits)
            except BudgetSpent:
                # What the budget holds back goes to what nobody has tried to remove yet.
                return None
            sent.exchange = exchange_of(sent.name, removal, answer, asked, trace)
        else:
            self._connection.take_earlier(sent.exchange)
        self._cleanup.refused(removal, sent.exchange)
        self._watch.keep(sent)
        return sent.exchange.response or sent.exchange.failure

    async def _repeat(self, case: Case) -> Response | Failure:
        """The answer to a request that was accepted before; what it creates now is removed."""
        answer = await self._connection.patiently(case)
        operation = self._contract.operation(case.probe.operation)
        removal = self._removal(None, exchange_of("repeated", case, answer), operation)
        if removal is not None:
            self._cleanup.trying(removal)
            with suppress(BudgetSpent):
                removed = await self._connection.remove(removal)
                self._cleanup.refused(removal, exchange_of("removed", removal, removed))
        return answer

    def _leave_untested(self, probe: Probe, spent: BudgetSpent) -> None:
        """Remember why the clauses of a probe that was not sent may be untested."""
        kind: UntestedKind = "not-allowed" if isinstance(spent, WriteNotAllowed) else "unfinished"
        reason = UntestedReason(kind, f"a request that tests it was not sent: {spent}")
        for key in {*probe.breaks, *([probe.clause] if probe.clause is not None else [])}:
            self.unsent.setdefault(key, reason)

    def _removal(self, task: ScheduledTask | None, exchange: Exchange, operation: OperationContract) -> Case | None:
        """The request that removes what `exchange` created; None where there is none."""
        try:
            return self._cleanup.removal_of(operation, exchange)
        except Exception as error:
            self._state.fail(task, error, "it read what an answer created")
            return None

    def _record(self, sent: Sent) -> None:
        """Record what counts."""
        exchange, task = sent.result, sent.task
        assert exchange.probe is not None
        try:
            operation = self._contract.operation(exchange.probe.operation)
            self._recorder.take_exchange(operation, exchange)
            if self._reception is not None:
                self._reception.expect(operation, exchange)
            if not sent.is_earlier:
                self._timing.take(operation, exchange)
            for observation in sent.observations:
                self._recorder.take_observation(observation)
            if task is not None:
                task.take(exchange)
        except Exception as error:
            self._state.fail(task, error, "it checked an answer")


class _WatchedLine:
    """The transport for another program: it sends nothing while it is in doubt whether the run is let in."""

    def __init__(self, connection: Connection, watch: Watch) -> None:
        self._connection = connection
        self._watch = watch

    @property
    def may_write(self) -> bool:
        """Whether one more request may be sent that can change something."""
        return self._connection.may_write

    async def send(self, request: Request) -> Response | Failure:
        """The answer, or why there is none. Raises BudgetSpent, and TargetError when the run is shut out."""
        await self._watch.ask_if_due()
        return await self._connection.send(request)
