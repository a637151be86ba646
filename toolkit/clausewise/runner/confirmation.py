"""Asks again, alone, before the server is blamed for a crash or a missing answer.

Such an answer may come from our own traffic: a locked database, an exhausted pool, a server that works on one request
at a time and lets seven others wait. So the request is repeated while nothing else of the run is under way. What the
repetition shows is what the phases and the rules get:

- a 5xx status or no answer: the failure is confirmed, and the repetition is the exchange that shows it;
- 2xx, 3xx, or a refusal of the request itself: the failure is no evidence against anything;
- 404, 409, 410, 412 or 423, or a 400 or 422 that speaks of what is there already, may be what the first request left
  behind when it crashed halfway, as a create does whose repetition finds the name in use. After a 5xx this confirms the
  crash where the request should be accepted, where the first request had the server to itself as well, or where an
  operation does it twice and no failure of the run has vanished yet. Elsewhere, and after a missing answer, it is no
  evidence: another request, or the first one after we had stopped waiting, may have left it.

A crash on a resource that fails with an accepted request as well is none of the request's: an earlier one has damaged
the resource. It counts for nothing, and the phases ask again with a resource of its own.

A failure is repeated for each cause, which is the same operation, clause, aspect and status. Requests of phases that
only explore are repeated until the same failure was confirmed a few times, because the phase sends what it reports
again.

Where no failure has vanished so far, one repetition is enough, and two while little is known of an operation. A server
that fails at random fails twice in a row as well: there a failure has to show so often that it would hardly do so by
chance, at the rate seen until then, of the server or of the operation. What vanishes although nothing else was under
way is one finding, of the rule `flaky`.

Where failures vanish although several requests were under way, they are the work of our own traffic: the run then sends
fewer requests at once.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator

import msgspec

from clausewise.conformance.breach_outcome import DENIALS
from clausewise.conformance.refusals import speaks_of_the_past
from clausewise.errors import TargetError
from clausewise.exchange import DAMAGED, Exchange, Failure, Probe, Response
from clausewise.generation.prover import Case
from clausewise.phase_table import phase_row
from clausewise.phases.base import ABOUT_VALUES
from clausewise.results.evidence import Observation, UntestedReason
from clausewise.results.rules import Severity
from clausewise.runner.targets import Target
from clausewise.runner.task import exchange_of
from clausewise.runner.traffic import Traffic
from clausewise.transport.budget import BudgetSpent, is_write
from clausewise.wording import counted

Answer = Response | Failure

#: statuses that may come from what an earlier request left behind
_OF_STATE = frozenset({404, 409, 410, 412, 423})

#: statuses that speak of who asks, and how often
_OF_CALLER = DENIALS | {429}

#: confirmed failures of an exploring phase, of one operation and status, after which further ones are believed
_EXPLORED = 3

#: confirmed time-outs of one operation after which further ones are believed: each takes the whole time again
_HANGS = 2

#: how probable it may be that a server which fails at random has failed again each time
_BY_CHANCE = 0.0005

#: answers of an operation after which a failure is repeated once, when none has vanished
_WITHOUT_A_FLAW = 20

#: repetitions of a failure at most
_REPETITIONS = 8

#: failures at random, and their share of the answers, from which on they are an error
_MANY, _OFTEN = 3, 0.01

#: failures that vanish at one number of connections before it is lowered; a time-out has cost enough time for all
_VANISH = 3

#: seconds to wait, before each look, for a server that is being started again
_RESTARTS = (0.1, 0.4, 1.0, 1.5)

#: seconds to wait, before each request, for a server that answers nothing
_SILENCES = (0.0, 1.0, 2.0)

#: requests that the reason for the end of a run names
_NAMED = 3


class Confirmation:
    """Repeats what failed, alone, and slows the run down where failures are of its own making.

    `send` sends a case without waiting for its turn, and raises BudgetSpent where a limit forbids it. `reconnect`
    closes idle connections. `keep` receives the exchange of each failure that did not show again, and the key of its
    operation, and returns what it has written down.
    """

    def __init__(
        self,
        target: Target,
        traffic: Traffic,
        send: Callable[[Case, bool], Awaitable[Answer]],
        reconnect: Callable[[], Awaitable[None]],
        keep: Callable[[str, Exchange], Exchange],
    ) -> None:
        self._target = target
        self._traffic = traffic
        self._send = send
        self._reconnect = reconnect
        self._keep = keep
        #: cause -> how often it was confirmed
        self._confirmed: Counter[Hashable] = Counter()
        #: operation and status -> how often a repetition found something left behind, and nothing was decided
        self._left_behind: Counter[Hashable] = Counter()
        #: failures repeated; those of them that did not show again; those of these that show the work of a crowd
        self._repeated = self._vanished = self._of_crowd = 0
        #: operation -> answers, and failures that vanished
        self._answers: Counter[str] = Counter()
        self._flaws: Counter[str] = Counter()
        #: operation -> failures that vanished although nothing else was under way; what came instead of answers, for
        #: people; and the first of them
        self._at_random: Counter[str] = Counter()
        self._kinds: dict[str, None] = {}
        self._first: Exchange | None = None
        #: requests that broke the connection again, and that got no answer again in time
        self._breaking = self._hanging = 0
        #: weight of those that vanished from a crowd at the present number of connections
        self._weight = 0
        #: seconds that the repetitions took whose failures vanished
        self._alone: list[float] = []
        #: time-outs since the last answer to a repetition: the server may still work on their requests
        self._abandoned = 0
        self._connections = traffic.limit
        #: cases that got no answer because the connection broke, since the last answer, which `_last` got
        self._broken: list[Case] = []
        self._last: Case | None = None
        #: the last case that got an answer; one that changes nothing, where there was one
        self._answered: Case | None = None
        #: clause key -> why a failure of its probe was not repeated
        self.undecided: dict[str, UntestedReason] = {}
        #: set once nothing listens any more
        self.gone: TargetError | None = None

    @property
    def notes(self) -> Iterator[str]:
        """What vanished, as one sentence."""
        if not self._vanished:
            return
        number = f"{self._vanished} of {counted(self._repeated, 'failure')} did not occur"
        verb = "counts" if self._vanished == 1 else "count"
        ignored = f"{number} again when the request was sent alone, and {verb} for nothing"
        if self._traffic.limit == self._connections:
            if not self._at_random:
                yield ignored
            return
        continued = f"clausewise continued with {counted(self._traffic.limit, 'connection')}"
        if 2 * self._of_crowd > self._vanished:
            yield f"the server fails when several requests arrive at once: {number} alone; {continued}"
        else:
            yield f"{ignored}; {continued}"

    async def confirmed(self, case: Case, answer: Answer, *, crowded: bool, limited: bool = True) -> Answer:
        """The answer to `case` that counts: `answer` where it blames nobody, or that of a repetition.

        `crowded` says whether other requests of the run were under way meanwhile. Where the server is gone, a request
        that is not `limited` counts as unsent. Raises BudgetSpent where a limit forbids the repetition, and TargetError
        when the server is gone and not `case` alone may have ended it.
        """
        self._answers[case.probe.operation] += 1
        if not blames_server(case.probe, answer):
            if isinstance(answer, Response):
                self._broken, self._last = [], case
                if self._answered is None or is_write(self._answered.request) or not is_write(case.request):
                    self._answered = case
            return answer
        self._abandoned += _is(answer, "timeout")
        if _is(answer, "disconnect"):
            self._broken.append(case)
        cause, enough = _cause_of(case, answer)
        # Crashes that only look alike to those confirmed may be of a resource that one of them has damaged.
        may_be_damaged = case.probe.explores and case.control is not None and isinstance(answer, Response)
        if self._confirmed[cause] >= enough and not may_be_damaged:
            return answer
        async with self._traffic.alone():
            # Another case of the same cause may have been confirmed while this one waited.
            is_believed = self._confirmed[cause] >= enough
            if is_believed and not may_be_damaged:
                return answer
            if self.gone is not None:
                if limited:
                    raise self.gone
                return Failure("unsent", str(self.gone))
            try:
                if is_believed:
                    return DAMAGED if await self._is_damaged(case, limited) else answer
                again = await self._again(case, answer, crowded, limited)
                return await self._judged(case, answer, again, cause, crowded, limited)
            except BudgetSpent as spent:
                self._leave_undecided(case.probe, answer, spent)
                raise

    async def _again(self, case: Case, answer: Answer, crowded: bool, limited: bool) -> Answer:
        """The answer to the last repetition: the first that blames nobody, or one that comes after enough failures."""
        again = await self._once_more(case, answer, crowded, limited)
        for _ in range(self._repetitions(case.probe.operation, answer) - 1):
            if not blames_server(case.probe, again) or self.gone is not None:
                break
            again = await self._once_more(case, again, crowded, limited)
        return again

    def _repetitions(self, operation: str, answer: Answer) -> int:
        """How often a failure has to show again until the request is blamed for it."""
        answers, flaws = self._answers, self._flaws
        if not flaws:
            # A time-out takes the whole time again: where one was confirmed, the server is believed to hang.
            is_believed = answers[operation] > _WITHOUT_A_FLAW or (_is(answer, "timeout") and self._hanging)
            return 1 if is_believed else 2
        # It may be this operation alone that fails at random. Few answers say little of the rate: as if there had been
        # some without a flaw before.
        of_all = flaws.total() / (answers.total() + _WITHOUT_A_FLAW)
        rate = max(of_all, flaws[operation] / (answers[operation] + _WITHOUT_A_FLAW))
        enough = math.ceil(math.log(_BY_CHANCE) / math.log(rate)) if rate < 1 else _REPETITIONS
        return min(enough, _REPETITIONS)

    async def _once_more(self, case: Case, answer: Answer, crowded: bool, limited: bool) -> Answer:
        """The answer to one repetition."""
        if isinstance(answer, Failure):
            await self._reconnect()
        again = await self._send(case, limited)
        if isinstance(again, Failure) and again.reused:
            # The server may have closed the connection of the repetition before this one.
            await self._reconnect()
            again = await self._send(case, limited)
        if _is(again, "timeout") and crowded and self._abandoned > 1:
            # The server may have worked on requests for which nobody waits any more.
            await self._reconnect()
            again = await self._send(case, limited)
        if _is(again, "connect"):
            again = await self._after_restart(case, again, limited)
        return again

    async def _is_damaged(self, case: Case, limited: bool) -> bool:
        """Whether the resource of `case` fails with an accepted request as well."""
        if case.control is None:
            return False
        control = await self._send(msgspec.structs.replace(case, request=case.control), limited)
        return isinstance(control, Response) and control.status >= 500

    async def _silence(self, case: Case, limited: bool) -> str:
        """What gets no answer now either, however often it is sent: the accepted request that `case` changes, else one
        that was answered before; "" where it gets one, or nothing was answered so far."""
        if case.accepted is None and self._answered is None:
            return ""
        for wait in _SILENCES:
            await asyncio.sleep(wait)
            await self._reconnect()
            if case.accepted is not None:
                witness = msgspec.structs.replace(case, request=case.accepted())
            else:
                assert self._answered is not None
                witness = self._answered
            if not _is(await self._send(witness, limited), "timeout"):
                return ""
        return "what it accepted before" if case.accepted is not None else f"{witness.probe.operation} as before"

    async def _after_restart(self, case: Case, again: Answer, limited: bool) -> Answer:
        """The answer once the server listens again; what `case` did to it is known only then."""
        for wait in _RESTARTS:
            await asyncio.sleep(wait)
            try:
                await self._target.require()
            except TargetError:
                continue
            again = await self._send(case, limited)
            if not _is(again, "connect"):
                return again
        assert isinstance(again, Failure)
        self.gone = TargetError(f"{self._target.name} is gone: {again.message}; {self._suspected()}")
        if [id(one) for one in self._broken] != [id(case)]:
            raise self.gone
        return again

    def _suspected(self) -> str:
        """The requests that may have ended the server, as a part of a sentence."""
        named = [f"{case.probe.operation} ({case.probe.note})" for case in self._broken]
        if not named:
            before = f" after {self._last.probe.operation} ({self._last.probe.note})" if self._last is not None else ""
            return f"the server ended{before}"
        if len(named) == 1:
            return f"it ended with the request of {named[0]}"
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        return f"it ended with one of the requests that were under way: {', '.join(named[:_NAMED])}{more}"

    async def _judged(
        self, case: Case, answer: Answer, again: Answer, cause: Hashable, crowded: bool, limited: bool
    ) -> Answer:
        """The answer that counts, of the two."""
        if isinstance(answer, Failure) and answer.reused and not blames_server(case.probe, again):
            self._broken = []
            return again
        self._repeated += 1
        if blames_server(case.probe, again) and isinstance(again, Response) and await self._is_damaged(case, limited):
            return DAMAGED
        if _is(again, "timeout") and (silent := await self._silence(case, limited)):
            assert isinstance(again, Failure)
            last = self._last.probe if self._last is not None else None
            after = f"; the last answer was to {last.operation} ({last.note})" if last is not None else ""
            self.gone = TargetError(
                f"{self._target.name} gives no answer any more, not even to {silent}: {again.message}{after}"
            )
            raise self.gone
        if blames_server(case.probe, again):
            self._confirmed[cause] += 1
            self._breaking += _is(again, "disconnect")
            self._hanging += _is(again, "timeout")
            return answer if self.gone is not None else again
        if not isinstance(again, Response):
            # It keeps coming, so that it blames nobody, or was never sent.
            return again
        if isinstance(answer, Response) and may_be_left_behind(again):
            left = (case.probe.operation, answer.status)
            is_second = self._left_behind[left] > 0 and self._vanished == self._left_behind.total()
            if case.probe.expect == "accept" or not crowded or is_second:
                self._confirmed[cause] += 1
                return answer
            self._left_behind[left] += 1
        else:
            self._flaws[case.probe.operation] += 1
            self._alone.append(again.seconds)
            if crowded and again.status not in _OF_CALLER and not self._may_be_of_a_restart(answer):
                self._of_crowd += 1
                self._weight += _VANISH if _is(answer, "timeout") else 1
                await self._slow_down()
        self._vanished += 1
        self._broken, self._abandoned = [], 0
        operation = case.probe.operation
        kept = self._keep(operation, exchange_of(f"{operation}-unconfirmed-{self._vanished:04d}", case, answer))
        # Words about what is under way name a reason, which has passed.
        is_said = isinstance(answer, Response) and speaks_of_the_past(answer)
        if not (crowded or is_said or again.status in _OF_CALLER or self._may_be_of_a_restart(answer)):
            self._at_random[operation] += 1
            self._kinds[_what(kept)] = None
            self._first = self._first or kept
        return again

    @property
    def flaky(self) -> Observation | None:
        """That the server, or one of its operations, fails at random; None where it does not."""
        if self._first is None:
            return None
        count, operation = self._at_random.total(), next(iter(self._at_random))
        is_of_one = len(self._at_random) == 1 and count >= _MANY
        answers = self._answers[operation] if is_of_one else self._answers.total()
        rate = count / answers
        requests = f"{count} of {counted(answers, 'request')} ({rate:.1%}) got {' or '.join(self._kinds)}"
        subject = operation if is_of_one else "the server"
        message = f"{subject} fails now and then, whatever is sent: {requests}, and another answer when sent again"
        severity: Severity = "error" if count >= _MANY and rate >= _OFTEN else "warning"
        return Observation.of("flaky", operation, self._first, message, severity=severity)

    def _may_be_of_a_restart(self, answer: Answer) -> bool:
        """Whether `answer` may be missing because another request ended the server."""
        return self._breaking > 0 and (_is(answer, "disconnect") or _is(answer, "connect"))

    async def _slow_down(self) -> None:
        """Send fewer requests at once, if failures keep vanishing; only one where that is no slower.

        What was believed until then has to be confirmed anew.
        """
        if self._weight < _VANISH or self._traffic.limit == 1:
            return
        alone = sum(self._alone) / len(self._alone)
        is_no_slower = alone <= self._traffic.seconds_per_answer
        self._traffic.slow_down(1 if is_no_slower else self._traffic.limit // 2)
        self._weight = 0
        self._confirmed.clear()
        # A server that works on one connection at a time would wait for those that are idle now.
        await self._reconnect()

    def _leave_undecided(self, probe: Probe, answer: Answer, spent: BudgetSpent) -> None:
        what = f"the answer {answer.status}" if isinstance(answer, Response) else f"a missing answer ({answer.message})"
        reason = UntestedReason("undecided", f"{what} was not confirmed by a second request: {spent}")
        for key in {*probe.breaks, *probe.keeps, *([probe.clause] if probe.clause is not None else [])}:
            self.undecided.setdefault(key, reason)


def blames_server(probe: Probe, answer: Answer) -> bool:
    """Whether `answer` is a crash, or is missing although the request was sent."""
    if isinstance(answer, Failure):
        # What keeps coming was not kept from coming by our traffic.
        return answer.was_sent and answer.kind != "endless"
    return answer.status >= 500 and answer.status != probe.asks_for


def may_be_left_behind(answer: Response) -> bool:
    """Whether an answer may come from what an earlier request left behind: by its status or, of a refusal of what was
    sent, by its words."""
    return answer.status in _OF_STATE or (answer.status in ABOUT_VALUES and speaks_of_the_past(answer))


def _cause_of(case: Case, answer: Answer) -> tuple[Hashable, int]:
    """What identifies the cause of a failure, and how many confirmations of it are enough."""
    probe = case.probe
    seen = answer.status if isinstance(answer, Response) else answer.kind
    row = phase_row(probe.phase)
    if seen == "timeout":
        return (probe.operation, seen), _HANGS
    if probe.explores:
        return (probe.operation, probe.phase, seen), _EXPLORED
    if not row.locates_crashes:
        return (probe.operation, probe.phase, seen), 1
    if not row.deviates:
        # Its requests differ in more than their notes say.
        return (probe.operation, seen, case.request), 1
    return (probe.operation, seen, probe.clause, probe.aspect, "" if probe.clause else probe.note), 1


def _is(answer: Answer, kind: str) -> bool:
    return isinstance(answer, Failure) and answer.kind == kind


def _what(exchange: Exchange) -> str:
    """What came in the place of an answer, for people."""
    return str(exchange.response.status) if exchange.response is not None else "no answer"
