"""The watch over whether the server still lets the run in: a refusal counts only once it is known that it does.

Every answer that is no acceptance is held. It counts when the run is seen to be let in after it: a canary is accepted,
or a request that only the run's credentials open. A canary is asked when an answer may come from a lost login or a ban,
when refusals look alike, after what may have ended the login, and every so many answers. Where it is refused, all that
is held is void, and is sent again after a new login; without one the run stops.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import TargetError
from clausewise.exchange import Failure, Response
from clausewise.generation.prover import Case
from clausewise.resources.destruction import Destruction
from clausewise.runner.canaries import Canaries, Denial
from clausewise.runner.canary import Appearance, is_about_login, is_marked
from clausewise.runner.connection import Connection
from clausewise.runner.sent import Sent
from clausewise.runner.shut_out import shut_out

#: answers since the run was last seen to be let in, after which a canary is asked: two requests in a hundred
_INTERVAL = 50

#: refusals that look alike, and failures of one kind, after which a canary is asked
_ALIKE, _FAILURES = 8, 3

#: canaries that single answers may ask for: this many, and one more for each so many answers
_OUT_OF_TURN, _PER = 20, 25

#: seconds that an ending run gives to the last canary
_LAST = 5.0


#: stands for the appearance of an acceptance that may have ended the login
_DONE = Appearance("done", "", b"")


class _Kind(msgspec.Struct, frozen=True):
    """A kind of answer that makes the run ask a canary."""

    appearance: Appearance
    #: where it counts for one operation alone
    operation: str = ""
    #: how many of them, before the first canary, it takes
    patience: int = 1


class Watch:
    """Holds answers until the run is known to be let in, and asks canaries for it."""

    def __init__(
        self,
        contract: Contract,
        connection: Connection,
        record: Callable[[Sent], None],
        repeat: Callable[[Case], Awaitable[Response | Failure]],
        *,
        is_on: bool,
    ) -> None:
        self._contract = contract
        self._connection = connection
        #: records what counts
        self._record = record
        #: the mock lets everybody in
        self._is_on = is_on
        self._given = connection.written.given
        self._canaries = Canaries(connection, repeat)
        #: what does not count yet, and all that was answered since the run was last seen to be let in
        self._pending: list[Sent] = []
        self._since: list[Sent] = []
        #: answers of a kind since the last canary, and how many of them it takes to ask the next one
        self._counts: Counter[_Kind] = Counter()
        self._patience: dict[_Kind, int] = {}
        self._interval = _INTERVAL
        self._answers = 0
        self._lock = asyncio.Lock()
        #: number of the login, and whether anything was accepted with it
        self._login = 0
        self._let_in = True
        self._is_due = False
        self._lost: TargetError | None = None
        #: what is void and was passed on: nobody waits for it
        self.left_over: list[Sent] = []

    def begin(self, sent: Sent) -> None:
        """Take note that `sent` goes out."""
        request = sent.case.request
        sent.void, sent.login, sent.before = False, self._login, self._answers
        sent.slots = frozenset(slot for slot, values in self._given.items() if slot.read(request) in values)

    async def take(self, sent: Sent) -> None:
        """Take the answer to `sent`. It is `void` afterwards where it has to be sent again.

        Raises TargetError when the run is shut out, and no new credentials can be had.
        """
        if self._lost is not None:
            raise self._lost
        doubt = self.keep(sent)
        if self._is_on and sent.was_sent and self._is_good(sent) and not _destroys(sent):
            await self._canaries.enlist(self._operation(sent), sent)
        if doubt:
            await self._ask(sent)

    def keep(self, sent: Sent) -> bool:
        """Record or hold the answer to `sent`; whether it makes it necessary to ask a canary."""
        if sent.is_earlier:
            return False
        if not self._is_on or not sent.was_sent:
            self._record(sent)
            return False
        good = self._is_good(sent)
        if not good and (self._lost is not None or sent.login != self._login):
            self._make_void(sent)
            return False
        self._answers += 1
        sent.number = self._answers
        self._since.append(sent)
        if good:
            self._record(sent)
            self._let_in = self._let_in or bool(sent.slots)
            self._vouch(sent)
            if not self._pending:
                del self._since[:-_INTERVAL]
            doubt = (
                bool(self._canaries) and _destroys(sent) and self._is_enough(_Kind(_DONE, sent.case.probe.operation))
            )
        elif self._canaries:
            self._pending.append(sent)
            doubt = self._makes_doubt(sent)
        else:
            # Nothing was accepted yet: the run has not been let in so far.
            self._record(sent)
            self._since.clear()
            return False
        doubt = doubt or bool(self._pending and len(self._since) >= self._interval)
        self._is_due = self._is_due or doubt
        return doubt

    async def settled(self, batch: Sequence[Sent]) -> None:
        """Wait while a canary is asked on whose answer it depends what counts of `batch`."""
        if self._lock.locked() and any(sent in self._pending for sent in batch):
            async with self._lock:
                pass

    async def ask_if_due(self) -> None:
        """Ask a canary where an answer that nobody waits for made it necessary. Raises like `take`."""
        if self._lost is not None:
            raise self._lost
        if self._is_due:
            await self._ask(None)

    async def ask_for_rest(self) -> None:
        """Ask for all that is still held. Raises like `take`."""
        if self._pending:
            await self._ask(None)

    async def conclude(self) -> TargetError | None:
        """End the watch: record what is held, where the run is let in; else the reason why it does not count."""
        pending, self._pending = self._pending, []
        if self._lost is not None or not pending:
            return None
        denial: Denial | None = None
        try:
            async with asyncio.timeout(_LAST):
                denial = await self._canaries.ask(pending, limited=False)
        except TimeoutError:
            pass
        if denial is not None:
            return self._error(denial)
        for sent in pending:
            self._record(sent)
        return None

    def pending(self, name: str) -> Sent | None:
        """What is held under the id of an exchange."""
        return next((sent for sent in self._pending if sent.name == name), None)

    def _operation(self, sent: Sent) -> OperationContract:
        return self._contract.operation(sent.case.probe.operation)

    def _is_good(self, sent: Sent) -> bool:
        """Whether its answer is an acceptance, and looks like one."""
        answer = sent.result.response
        return answer is not None and sent.result.accepted and not is_marked(self._operation(sent), answer)

    def _vouch(self, sent: Sent) -> None:
        """Let count what was refused before `sent` went out: its acceptance shows that the run was let in by then."""
        if self._given and not self._canaries.guards(sent.case.probe.operation):
            return
        earlier = [other for other in self._pending if other.number <= sent.before]
        vouched = [other for other in earlier if other.slots <= sent.slots]
        for other in vouched:
            self._pending.remove(other)
            self._record(other)
        if len(vouched) == len(earlier):
            self._since = [other for other in self._since if other.number > sent.before]
            self._let_in = True
            for kind in [kind for kind in self._counts if kind.patience > 1]:
                del self._counts[kind]

    def _makes_doubt(self, sent: Sent) -> bool:
        answer = sent.result.response
        if answer is None:
            return self._is_enough(_Kind(sent.appearance, patience=_FAILURES))
        expected = sent.case.probe.asks_for is not None or (bool(self._given) and not sent.slots)
        if expected or not is_marked(self._operation(sent), answer):
            return self._is_enough(_Kind(sent.appearance, patience=_ALIKE))
        operation = sent.case.probe.operation if is_about_login(answer) else ""
        within = self._canaries.asked < _OUT_OF_TURN + self._answers / _PER
        return within and self._is_enough(_Kind(sent.appearance, operation))

    def _is_enough(self, kind: _Kind) -> bool:
        """Count one more answer of a kind; whether they are so many that a canary must be asked. It takes twice as
        many each time: the last time, the run was let in."""
        self._counts[kind] += 1
        patience = self._patience.get(kind, kind.patience)
        if self._counts[kind] < patience:
            return False
        self._counts[kind] = 0
        self._patience[kind] = min(_INTERVAL, 2 * patience)
        return True

    async def _ask(self, sent: Sent | None) -> None:
        async with self._lock:
            if self._lost is not None:
                raise self._lost
            if sent is not None and sent not in self._since:
                # Meanwhile another answer was the reason to ask.
                return
            self._is_due = False
            pending, answered = list(self._pending), {id(each) for each in self._since}
            denial = await self._canaries.ask(pending or self._since[-1:])
            if denial is not None:
                await self._renew(denial)
                return
            for each in pending:
                if each in self._pending:
                    self._pending.remove(each)
                    self._record(each)
            self._since = [each for each in self._since if id(each) not in answered]
            self._let_in = True
            self._interval = min(_INTERVAL, 2 * self._interval)

    async def _renew(self, denial: Denial) -> None:
        """Log in again, and make void what is held. Raises TargetError where that is not possible."""
        hopeless = isinstance(denial.answer, Failure) or not denial.canary.slots
        if hopeless or not self._connection.can_renew or not self._let_in:
            raise self._lose(self._error(denial, renewed=not (hopeless or self._let_in)), denial)
        try:
            await self._connection.renew()
        except TargetError as failed:
            raise self._lose(failed, denial) from None
        again = await self._canaries.answer(denial.canary)
        if again is not None and denial.canary.standing(again, frozenset()) == "denied":
            raise self._lose(self._error(denial, renewed=True), denial)
        # So that a login that ends after a few requests does not end before they count.
        self._interval = max(1, min(self._interval, len(self._since)) // 2)
        self._login += 1
        self._let_in = False
        pending, self._pending = self._pending, []
        self._since.clear()
        for sent in pending:
            self._make_void(sent)

    def _make_void(self, sent: Sent) -> None:
        sent.void = sent.task is not None
        if sent.void and sent.passed_on:
            self.left_over.append(sent)

    def _lose(self, error: TargetError, denial: Denial) -> TargetError:
        """Give up: what is held never counts, but for what a server that is gone did last."""
        if isinstance(denial.answer, Failure) and denial.answer.kind == "connect":
            for sent in self._pending:
                failure = sent.result.failure
                if failure is not None and failure.kind != "connect":
                    self._record(sent)
        self._lost, self._pending = error, []
        return error

    def _error(self, denial: Denial, *, renewed: bool = False) -> TargetError:
        number = self._answers - len(self._since)
        return shut_out(self._contract, self._connection.target_name, denial, self._since, number, renewed=renewed)


def _destroys(sent: Sent) -> bool:
    return sent.task is not None and sent.task.destroys > Destruction.NOTHING
