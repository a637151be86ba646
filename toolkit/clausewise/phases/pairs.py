"""The phase `pairs`: failures that need two values together.

It sends a pairwise covering array over an operation's factors, which are places in its body and parameters of its
query: any two values of any two places stand together in one of its rows. A row that fails is reduced, one value at a
time, to the smallest set that still fails. The probe that reports the failure names only this set.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from clausewise.contract.clause import Clause
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.draft import ABSENT
from clausewise.generation.edge_values import aspect_of
from clausewise.generation.factors import Level, applied, factors, smallest
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.media.json import parse_json
from clausewise.phases.base import (
    PhaseInterrupted,
    PhaseResult,
    Steps,
    Task,
    branch_of,
    is_failure,
    request_clauses,
    status_of,
)
from clausewise.phases.reach import reach
from clausewise.results.evidence import BESIDE, SMALLEST, TOGETHER
from clausewise.values.edit import Location, get, locate

#: limit on the rows of one array, because a body can have hundreds of places
_ROWS = 300


def run(task: Task) -> Steps:
    """Send every pair of values in the body of each branch, and in the query."""
    assert task.baseline is not None and task.operation is not None
    if not task.baseline.bases or not task.context.wants(task.operation.key, None):
        return PhaseResult()
    result, causes = PhaseResult(), dict[str, tuple[str, str]]()
    try:
        result = yield from reach(task)
        for bases in task.reach or ():
            branch = branch_of(task.operation, bases[0].branch)
            # The member that chooses the branch is no factor: each branch has an array of its own.
            chooses = (branch.discriminator,) if branch and branch.discriminator else None
            clauses = [clause for clause in request_clauses(task.operation, branch) if clause.path != chooses]
            yield from _pairs(task, bases, clauses, causes)
    except PhaseInterrupted:
        pass
    return result.followed_by(PhaseResult(causes=causes))


def _pairs(
    task: Task, reach: Sequence[BaselineRequest], clauses: Sequence[Clause], causes: dict[str, tuple[str, str]]
) -> Generator[Iterable[Case], list[Exchange], None]:
    """Send every pair of values in the requests of one branch, of which `reach` were accepted.

    Earlier failures whose requests hold the failing values go into `causes`.
    """
    assert task.baseline is not None
    base = reach[0]
    prover = task.baseline.prover.of(base.draft)
    draft = smallest(prover, base)
    if draft != base.draft:
        what = "the smallest body is sent" if draft.body is not ABSENT else "the shortest query is sent"
        (exchange,) = yield [_case(prover, base, prover.request(draft), (), what)]
        draft = draft if status_of(exchange) < 300 else base.draft
    base = msgspec.structs.replace(base, draft=draft)
    places = factors(prover, draft, reach, clauses, task.rng)
    rows: list[tuple[Level, ...]] = []

    def explored() -> Iterator[Case]:
        # Generated one by one, so that the server works while the next rows are computed.
        for row, case in islice(_rows(prover, base, places), _ROWS):
            rows.append(row)
            yield case

    exchanges = yield explored()
    causes_found: list[tuple[Level, ...]] = []
    for row, exchange in zip(rows, exchanges, strict=False):
        if not is_failure(exchange) or any(_holds(exchange, cause, row) for cause in causes_found):
            continue
        status = status_of(exchange)
        cause = yield from _reduced(prover, base, row, status)
        cause = yield from _plainer(prover, base, cause, places, status)
        causes_found.append(cause)
        if (yield from _is_repeated(task, prover, base, cause, status)):
            continue
        request, named = prover.request(applied(base.draft, cause)), _named(cause)
        case = _case(prover, base, request, named, _describe(named), status)
        yield [case]
        for other in task.failures:
            if status_of(other) == status and len(named) > 1 and _holds(other, cause):
                causes[other.id] = (named[0].clause.id, case.probe.aspect)


def _rows(prover: Prover, base: BaselineRequest, places: list[list[Level]]) -> Iterator[tuple[tuple[Level, ...], Case]]:
    """Rows that together hold every valid pair of levels, and their cases. The base's own value is a level, too."""
    if len(places) < 2:
        return
    from allpairspy import AllPairs

    message = prover.message("body")

    def valid(row: list[Level | None]) -> bool:
        # This runs thousands of times, so it checks only the body: parameters do not depend on each other.
        return message is None or message.is_valid(applied(base.draft, _chosen(row)).body)

    for row in AllPairs([[*levels, None] for levels in places], filter_func=valid):
        chosen = _chosen(row)
        case = _explore(prover, base, chosen) if len(chosen) > 1 else None
        if case is not None:
            yield chosen, case


def _chosen(row: Sequence[Level | None]) -> tuple[Level, ...]:
    return tuple(level for level in row if level is not None)


def _reduced(
    prover: Prover, base: BaselineRequest, row: tuple[Level, ...], status: int
) -> Generator[Iterable[Case], list[Exchange], tuple[Level, ...]]:
    """The levels of `row` that its failure needs."""
    kept = list(row)
    for level in row:
        fewer = tuple(other for other in kept if other is not level)
        case = _explore(prover, base, fewer) if fewer else None
        if case is not None:
            (exchange,) = yield [case]
            if status_of(exchange) == status:
                kept = list(fewer)
    return tuple(kept)


def _is_repeated(
    task: Task, prover: Prover, base: BaselineRequest, cause: tuple[Level, ...], status: int
) -> Generator[Iterable[Case], list[Exchange], bool]:
    """Whether a failure needs a value that an earlier request had, where each needs a fresh one: a value of the same
    length that nobody had is taken then. The second request of the baseline shows that fault."""
    assert task.baseline is not None
    unique = set(task.baseline.places)
    for level in cause:
        if _place(level) not in unique or not isinstance(level.value, str) or not level.value:
            continue
        fresh = (_as_long(level.value, number) for number in (task.rng.randrange(10**6, 10**7), 7))
        others = (msgspec.structs.replace(level, value=value) for value in fresh)
        cases = (_explore(prover, base, [other if each is level else each for each in cause]) for other in others)
        if (case := next(filter(None, cases), None)) is not None:
            (exchange,) = yield [case]
            return status_of(exchange) != status
    return False


def _as_long(text: str, number: int) -> str:
    """Another text as long as this one, with a `number` in it: at its start, as ends are often fixed."""
    digits = str(number)[: len(text)]
    return f"{digits}{text[len(digits) :]}"


def _plainer(
    prover: Prover, base: BaselineRequest, cause: tuple[Level, ...], places: list[list[Level]], status: int
) -> Generator[Iterable[Case], list[Exchange], tuple[Level, ...]]:
    """`cause` with the mere presence of a member instead of its value, where presence is enough to fail."""
    for index, level in enumerate(cause):
        present = next((other for place in places for other in place if _place(other) == _place(level)), level)
        plainer = (*cause[:index], present, *cause[index + 1 :])
        case = _explore(prover, base, plainer) if present is not level and present.presence else None
        if case is None:
            continue
        (exchange,) = yield [case]
        if status_of(exchange) == status:
            cause = plainer
    return tuple(sorted(cause, key=lambda level: level.clause.id))


def _place(level: Level) -> tuple[str, Location]:
    return level.part, level.location


def _holds(exchange: Exchange, cause: Sequence[Level], row: Sequence[Level] = ()) -> bool:
    """Whether the request of `exchange` holds every level of `cause`; that it was made of those of a `row` is known."""
    others = [level for level in cause if not any(_is_met(level, each) for each in row)]
    if not others:
        return True
    try:
        body = parse_json(exchange.request.body or b"")
    except ValueError:
        return False
    for level in others:
        if level.part != "body":
            return False
        location = locate(body, tuple(map(str, level.location)))
        if location is None or not level.is_met_by(get(body, location)):
            return False
    return True


def _is_met(level: Level, other: Level) -> bool:
    return _place(level) == _place(other) and level.is_met_by(other.value)


def _named(cause: Sequence[Level]) -> tuple[Level, ...]:
    """The levels of `cause`, without the mere presence of an object or array in which another level stands anyhow."""
    around = {(level.part, level.location[:depth]) for level in cause for depth in range(len(level.location))}
    return tuple(level for level in cause if not (level.presence and _place(level) in around))


def _describe(cause: Sequence[Level]) -> str:
    return " and ".join(level.note for level in cause)


def _explore(prover: Prover, base: BaselineRequest, levels: Sequence[Level]) -> Case | None:
    """The case of `base` with `levels`; None where its request breaks the contract, or cannot be sent."""
    request = prover.keeping(applied(base.draft, levels))
    if request is None:
        return None
    probe = Probe(prover.operation.key, "pairs", _describe(levels), "any", branch=base.branch, explores=True)
    return Case(request, probe)


def _aspect(cause: Sequence[Level], status: int) -> str:
    """What identifies a failure beside its first clause; it needs each of the levels. Members may exclude each other.
    Without a cause the smallest body fails."""
    if not cause:
        return SMALLEST
    if len(cause) == 1:
        # An empty string alone is an edge value of its clause, and the fault is the one that those show.
        return aspect_of(cause[0].value) if cause[0].value == "" else ""
    excluding = status < 500 and all(level.presence for level in cause)
    return (BESIDE if excluding else TOGETHER) + " ".join(level.clause.id for level in cause[1:])


def _place_of(level: Level) -> tuple[str | int, ...]:
    return (level.part, *level.location)


def _case(
    prover: Prover, base: BaselineRequest, request: Request, cause: Sequence[Level], note: str, status: int = 0
) -> Case:
    clause = cause[0].clause if cause else None
    return Case(
        request,
        Probe(
            operation=prover.operation.key,
            phase="pairs",
            note=note,
            expect="accept",
            clause=clause.key if clause else None,
            branch=base.branch,
            deviates_at=_place_of(cause[0]) if cause else (),
            aspect=_aspect(cause, status),
        ),
    )
