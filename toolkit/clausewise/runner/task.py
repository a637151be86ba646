"""Scheduled tasks, which a session runs concurrently, and the state that they share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from heapq import nsmallest

import msgspec

from clausewise.errors import ClausewiseError, InternalError
from clausewise.exchange import DAMAGED, Exchange, Failure, Response, sent_at
from clausewise.generation.prover import Case
from clausewise.phases.base import Driver, PhaseResult, Steps, Task
from clausewise.resources.destruction import Destruction
from clausewise.results.faults import size
from clausewise.runner.shares import Turn
from clausewise.runner.thinking import Ahead
from clausewise.runner.untraced import crashed

#: limit on the crashes of a task that are remembered until it has traced them
_EXPLORED = 50


class UnderWay(msgspec.Struct, eq=False):
    """A batch of which some cases were sent."""

    #: the others
    cases: Ahead[Case]
    #: what came of those
    exchanges: list[Exchange] = []


class Aside(msgspec.Struct, eq=False):
    """Steps that wait for what other phases leave of the limits of the run."""

    steps: Steps
    batch: Iterable[Case] | Driver
    under_way: UnderWay


class ScheduledTask(msgspec.Struct, eq=False):
    """A task that is running."""

    #: prefix of the ids of its exchanges
    name: str
    subject: Task
    steps: Steps
    #: what its operation may destroy that others need
    destroys: Destruction = Destruction.NOTHING
    #: what the steps want sent next; None before the first and behind the last
    batch: Iterable[Case] | Driver | None = None
    #: what became of `batch` so far, where it is to go on
    under_way: UnderWay | None = None
    #: earlier steps that are to go on
    aside: Aside | None = None
    #: whether the steps have come to their end
    ended: bool = False
    #: whether they were ended before that
    interrupted: bool = False
    #: what it may use of the share of its stage, where the tasks of that take turns
    turn: Turn | None = None
    #: requests sent, for their ids
    sent: int = 0
    #: what its phase `baseline` gave, the last time; None before that, and while it runs again
    opened: PhaseResult | None = None
    #: what its other phases gave
    result: PhaseResult = PhaseResult()
    #: those of its phase `baseline`
    exchanges: list[Exchange] = []
    #: how many of them the inventory has learnt from
    learnt: int = 0
    #: size of the inventory when its phase `baseline` began; None before
    inventory_size: int | None = None
    #: whether clausewise itself failed on it
    failed: bool = False
    #: whether a phase was ended before it had traced what it met
    cut_off: bool = False
    #: requests that crashed the server: the plainest of those that explored in this phase, and those that were reported
    explored: list[Exchange] = []
    reported: list[Exchange] = []

    @property
    def has_accepted_request(self) -> bool:
        """Whether its phase `baseline` found a request that the server accepts."""
        return self.opened is not None and self.opened.baseline is not None and bool(self.opened.baseline.bases)

    @property
    def deletes(self) -> bool:
        """Whether its operation removes a resource."""
        return self.subject.operation is not None and self.subject.operation.operation.method == "DELETE"

    def begin(self, steps: Steps) -> None:
        """It goes on with `steps`."""
        self.steps, self.batch, self.ended, self.interrupted, self.turn = steps, None, False, False, None

    def put_aside(self) -> None:
        """It does something else before it goes on with its batch."""
        assert self.under_way is not None and self.batch is not None
        self.aside = Aside(self.steps, self.batch, self.under_way)
        self.batch = self.under_way = None

    def go_on(self) -> None:
        """It goes on with what it had put aside, if anything."""
        if self.aside is not None:
            self.begin(self.aside.steps)
            self.batch, self.under_way, self.aside = self.aside.batch, self.aside.under_way, None

    def take(self, exchange: Exchange) -> None:
        """Remember a request that crashed the server, until the same is asked again to be reported: what comes then
        counts."""
        if exchange.probe is None or not exchange.probe.explores:
            self.explored = [one for one in self.explored if not _asks_again(exchange, one)]
            if crashed(exchange):
                self.reported.append(exchange)
            return
        if not crashed(exchange):
            return
        self.explored.append(exchange)
        if len(self.explored) > 2 * _EXPLORED:
            self.explored = nsmallest(_EXPLORED, self.explored, key=size)

    def finish(self, result: PhaseResult) -> None:
        """Its steps have come to their end."""
        self.ended = True
        if not self.cut_off:
            # It has traced them.
            self.explored.clear()
        if result.baseline is not None:
            self.opened = result
        else:
            self.result = self.result.followed_by(result)


def _asks_again(exchange: Exchange, explored: Exchange) -> bool:
    """Whether an exchange asks about what another one explored: the same value for the same clause, maybe on another
    resource and with other names."""
    probe, before = exchange.probe, explored.probe
    if probe is None or before is None or (before.clause is None and not before.aspect):
        return False
    if exchange.failure not in (None, DAMAGED):
        return False
    seen = probe.phase, probe.branch, probe.clause, probe.aspect, probe.note, probe.deviates_at
    return seen == (before.phase, before.branch, before.clause, before.aspect, before.note, before.deviates_at)


class RunState(msgspec.Struct, eq=False):
    """The state that all tasks of a run share."""

    #: why the run ends, or sends less, than its tasks want; None while nothing is in the way
    stopped: ClausewiseError | None = None
    #: the first error in clausewise that ended a task; the others go on
    failed: InternalError | None = None
    #: whether the target has answered anything but 404
    target_has_paths: bool = False
    #: names of the phases of which requests were sent
    phases: set[str] = msgspec.field(default_factory=set)

    def fail(self, task: ScheduledTask | None, error: Exception, doing: str) -> None:
        """Give up one task because of an error in clausewise; the results of the others are kept."""
        failed = InternalError.of(error, f"{doing} for {task.name if task else 'the removal of resources'}")
        if task is None:
            self.stopped = failed
            return
        self.failed = self.failed or failed
        task.failed = True


def exchange_of(
    name: str, case: Case, answer: Response | Failure, asked: datetime | None = None, trace: str = ""
) -> Exchange:
    """The exchange named `name`: what `case` sent, `asked` for at that time and in this trace, and what has just come
    of it."""
    # When it went out is said of the exchange.
    response = msgspec.structs.replace(answer, started=None) if isinstance(answer, Response) else None
    return Exchange(
        id=name,
        request=case.request,
        response=response,
        failure=answer if isinstance(answer, Failure) else None,
        probe=case.probe,
        started=sent_at(answer, asked),
        trace=trace,
    )
