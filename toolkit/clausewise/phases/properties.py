"""The phase `properties`: Hypothesis draws requests from an operation's schemas, and failures are reduced.

The requests are drawn in advance and sent together.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator
from hashlib import blake2b
from itertools import chain, islice, takewhile

import msgspec

from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.differences import with_place_of
from clausewise.generation.draft import Draft
from clausewise.generation.factors import smallest
from clausewise.generation.failure_store import FailureStore
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.generation.request_strategies import Attempt, attempts
from clausewise.generation.search import Search
from clausewise.generation.strategy import NoStrategyError
from clausewise.phases.base import PhaseInterrupted, PhaseResult, Steps, Task, branch_of, status_of
from clausewise.phases.reduction import (
    Experiments,
    exploring,
    failure_of,
    finding_case,
    is_explained,
    is_fault,
    not_shrunk,
    outside,
    size,
    with_smallest_values,
    without,
)
from clausewise.results.ledger import Ledger

#: examples of one branch, where the user gives no number
_EXAMPLES = 25

#: requests of one branch whose answers are in memory together
_BATCH = 100

#: limit on the failures of one branch that are looked into, and on the causes that are found for them
_FAILING = 1_000
_CAUSES = 5


def run(task: Task) -> Steps:
    """Send drawn values for each branch, around its accepted request."""
    assert task.baseline is not None and task.operation is not None
    notes, causes = list[str](), dict[str, tuple[str, str]]()
    try:
        if task.context.wants(task.operation.key, None):
            for base in task.baseline.bases:
                yield from _of_branch(task, base, causes, notes)
    except PhaseInterrupted:
        pass
    return PhaseResult(causes=causes, notes=tuple(notes))


def _of_branch(
    task: Task, base: BaselineRequest, causes: dict[str, tuple[str, str]], notes: list[str]
) -> Generator[Iterable[Case], list[Exchange], None]:
    """Send drawn values for one branch, around its accepted `base`.

    A failure that an earlier phase has traced to one place is not reported again. An earlier failure that is traced to
    a place only now goes into the causes.
    """
    assert task.baseline is not None
    prover, context = task.baseline.prover.of(base.draft), task.context
    branch = branch_of(prover.operation, base.branch)
    count, seed = context.options.max_examples or _EXAMPLES, context.options.seed
    base = yield from _smallest_base(prover, base)
    name = f"{prover.operation.key}:{base.branch or ''}"
    try:
        search = Search(attempts(prover, base, branch), count, seed, name)
    except NoStrategyError as error:
        notes.append(_not_drawn(prover, error, ()))
        return
    store = FailureStore(context.store, name, context.holds_secret)
    tried: Iterable[Attempt] = chain((Attempt(draft) for draft in store.load(base.draft)), search.draw())
    batch: list[tuple[Attempt, Request]] = []
    tried = takewhile(lambda _: task.may_draw(), tried)
    cases = _drawn(prover, base, tried, batch, notes, _not_enforced(context.ledger, prover))
    experiments = Experiments(prover, base)
    failing: list[tuple[Draft, Request]] = []
    crashed: list[Attempt] = []
    is_first = True
    while is_first or len(batch) == _BATCH:
        batch.clear()
        exchanges = yield islice(cases, _BATCH)
        # Keyed by the planned request: the sent one may have a fresh name where the planned name is already in use.
        for (attempt, request), exchange in zip(batch, exchanges, strict=False):
            fails = not attempt.breaches and is_fault(attempt.draft, exchange)
            if fails and len(failing) < _FAILING:
                failing.append((attempt.draft, request))
                experiments.failed[request] = failure_of(prover, exchange)
            elif is_first and not attempt.breaches:
                experiments.failed[request] = None
            elif attempt.breaches and status_of(exchange) >= 500:
                crashed.append(attempt)
        is_first = False
    located = {
        (outside(prover, probe.deviates_at), failure_of(prover, exchange))
        for exchange in task.failures
        if (probe := exchange.probe) is not None and probe.deviates_at
    }
    found: list[Draft] = []
    for draft, request in sorted(failing, key=lambda drawn: size(drawn[1])):
        known = [place for place, failure in located if failure == experiments.failed[request]]
        cause = yield from experiments.cause_of(without(base, draft, known))
        if cause is None:
            continue
        try:
            shrunk = yield from with_smallest_values(prover, cause, count, seed, name, experiments)
        except PhaseInterrupted:
            notes.append(not_shrunk(prover, cause))
            raise
        located |= {(place, cause.failure) for place in cause.places}
        case, clause = finding_case(prover, base, shrunk, cause.places, cause.failure[0])
        yield [case]
        for other in task.failures:
            if clause is not None and is_explained(prover, other, shrunk, cause):
                causes[other.id] = (clause.id, case.probe.aspect)
        found.append(shrunk)
        if len(found) == _CAUSES:
            break
    store.save(found)
    yield [alone for attempt in crashed if (alone := _broken_alone(prover, base, attempt)) is not None]


def _smallest_base(prover: Prover, base: BaselineRequest) -> Generator[Iterable[Case], list[Exchange], BaselineRequest]:
    """`base` without its optional parts, if the server accepts that: a failure then needs only added values."""
    draft = smallest(prover, base)
    if draft == base.draft:
        return base
    request = prover.request(draft)
    (exchange,) = yield [exploring(prover, base, request, "the smallest request is sent")]
    return prover.base(draft, request, base.branch) if exchange.accepted else base


def _broken_alone(prover: Prover, base: BaselineRequest, attempt: Attempt) -> Case | None:
    """The breaches of `attempt` alone, put into the accepted request: other values may have crashed the server."""
    draft = base.draft
    for place in (breach.place for breach in attempt.breaches):
        draft = with_place_of(draft, attempt.draft, place)
    case = _case(prover, base, msgspec.structs.replace(attempt, draft=draft))
    if case is None or len(case.probe.breaks) > len(attempt.breaches):
        return None
    return msgspec.structs.replace(case, probe=msgspec.structs.replace(case.probe, explores=False))


def _drawn(
    prover: Prover,
    base: BaselineRequest,
    tried: Iterable[Attempt],
    batch: list[tuple[Attempt, Request]],
    notes: list[str],
    not_enforced: frozenset[str],
) -> Iterator[Case]:
    """The cases of `tried`, generated while the server works on the ones before; `batch` collects them.

    What breaks a clause that is known as `not_enforced` is left out: its acceptance would show the same fault again.
    """
    # Digests, because there may be very many requests.
    seen: set[bytes] = set()
    try:
        for attempt in tried:
            case = _case(prover, base, attempt)
            if case is None or not not_enforced.isdisjoint(case.probe.breaks):
                continue
            name = blake2b(repr(case.request).encode("utf-8", "surrogatepass"), digest_size=12).digest()
            if name not in seen:
                seen.add(name)
                batch.append((attempt, case.request))
                yield case
    except NoStrategyError as error:
        notes.append(_not_drawn(prover, error, seen))


def _not_enforced(ledger: Ledger, prover: Prover) -> frozenset[str]:
    """The keys of the operation's clauses of which a breach was accepted."""
    return frozenset(clause.key for clause in prover.operation.clauses if "accepted" in ledger.counts(clause.key))


def _not_drawn(prover: Prover, error: NoStrategyError, drawn: Collection[object]) -> str:
    which = "no further values" if drawn else "no values"
    return f"{prover.operation.key}: {which} were drawn for the phase properties: {error}"


def _case(prover: Prover, base: BaselineRequest, attempt: Attempt) -> Case | None:
    """The case of `attempt`; None where its request is not what it should be, or cannot be sent."""
    if not attempt.breaches:
        request = prover.keeping(attempt.draft)
        return exploring(prover, base, request, "generated values are sent") if request is not None else None
    probe = Probe(
        operation=prover.operation.key,
        phase="properties",
        note=" and ".join(breach.note for breach in attempt.breaches),
        expect="refuse",
        branch=base.branch,
        deviates_at=attempt.breaches[0].place,
        aspect=attempt.breaches[0].aspect if len(attempt.breaches) == 1 else "",
        explores=True,
    )
    return prover.breach(attempt.draft, probe)
