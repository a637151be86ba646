"""The phase `clauses`: for each clause of a request, values on its boundary and values that break only this clause."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from clausewise.contract.clause import Clause
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.place import place_name
from clausewise.generation.prover import BaselineRequest, Case, Prover, root_of
from clausewise.phases.base import (
    CLAUSES,
    PhaseInterrupted,
    PhaseResult,
    Steps,
    Task,
    branch_of,
    request_clauses,
    tried_clauses,
)
from clausewise.phases.clause_probes import (
    edge_value_cases,
    free_text_cases,
    free_value_cases,
    grammar_cases,
    omissions,
    probes,
)
from clausewise.phases.fields import field_cases
from clausewise.phases.negotiation import each_media_type, negotiation_cases, unguarded_cases
from clausewise.phases.other_resources import other_resources
from clausewise.phases.promises import follow_promises, makes_promises
from clausewise.phases.reach import reach
from clausewise.phases.refused_members import refused_members
from clausewise.phases.request_shape import (
    access_cases,
    body_cases,
    declared_preference,
    documented_statuses,
    odd_credentials,
    other_methods,
)
from clausewise.phases.unaccepted import (
    breaches_at,
    breaches_in_path,
    breaches_of_refused,
    choices_at,
    odd_values_at,
    other_bodies,
)
from clausewise.phases.unrelated import part_unrelated
from clausewise.results.evidence import Observation, UntestedReason
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.edit import locate
from clausewise.values.sizes import VALUES

#: accepted requests in which a clause is broken until one of them breaks it alone
_NEAREST = 4

#: different answers with one status that are asked for
_BODIES = 64

_LEFT_OUT = UntestedReason("unfinished", f"of one operation, the first {CLAUSES:,} clauses of requests are tried")


def run(task: Task) -> Steps:
    """Probe every clause of the operation's requests, on its boundary and beyond it."""
    assert task.baseline is not None and task.operation is not None
    if not task.baseline.bases:
        with suppress(PhaseInterrupted):
            yield from _refused_cases(task)
        return PhaseResult()
    prover, bases, context = task.baseline.prover, task.baseline.bases, task.context
    result = PhaseResult()
    untested: dict[str, UntestedReason] = {}
    observations: list[Observation] = []
    try:
        result = yield from reach(task)
        if context.wants(task.operation.key, None) and _takes_preferences(task):
            yield from _statuses(prover, bases[0])
        exchanges = yield _without_repeats(_all_cases(task, untested), {prover.request(base.draft) for base in bases})
        if context.wants(task.operation.key, None):
            if prover.operation.operation.method == "DELETE" and task.baseline.spent_in(context.factory) is None:
                # What the accepted request named is gone by now, and no other phase asks for it.
                yield [_again(prover, bases[0], "what it names was removed before")]
            yield from part_unrelated(task, bases[0])
            if prover.operation.operation.method in SAFE_METHODS and not any(each.accepted for each in exchanges):
                exchanges += yield [_again(prover, bases[0], "a repetition of the accepted request")]
            yield list(other_resources(task, prover, bases[0]))
            yield from _negotiation(prover, exchanges)
            yield each_media_type(prover, bases[0])
            if makes_promises(prover.operation, exchanges):
                observations += yield from follow_promises(task)
        yield from _refused_cases(task)
    except PhaseInterrupted:
        pass
    own = PhaseResult(untested=untested, notes=tuple(_notes(task, untested)), observations=tuple(observations))
    return result.followed_by(own)


def _notes(task: Task, untested: Mapping[str, UntestedReason]) -> Iterator[str]:
    """What was not tried although it could be, one sentence each."""
    assert task.operation is not None
    left_out = sum(reason is _LEFT_OUT for reason in untested.values())
    if left_out:
        what = "1 clause is" if left_out == 1 else f"{left_out:,} clauses are"
        yield f"{task.operation.key}: {what} not tried: {_LEFT_OUT.message}"
    for clause in task.operation.clauses:
        reason = untested.get(clause.key)
        if reason is not None and reason.kind == "partly":
            yield f"{task.operation.key}: {place_name(clause)}: {reason.message}"


def _all_cases(task: Task, untested: dict[str, UntestedReason]) -> Iterator[Case]:
    """Every probe, generated just before it is sent, so that the server works while the next ones are proved."""
    assert task.baseline is not None and task.reach is not None
    prover, context = task.baseline.prover, task.context
    tried: set[str] = set()
    open_places: set[tuple[str, tuple[str, ...]]] = set()
    key = prover.operation.key
    # They are few, and a run that has no time for every clause of a large body still makes them.
    first_of_media = {bases[0].draft.media: bases[0] for bases in reversed(task.reach)}
    for base in first_of_media.values():
        cases = body_cases(prover.of(base.draft), base)
        yield from (case for case in cases if context.wants(key, case.probe.clause))
    for bases in task.reach:
        prover = prover.of(bases[0].draft)
        fields = field_cases(prover, bases, task.rng)
        yield from (case for case in fields if context.wants(key, case.probe.clause))
        if context.wants(key, None):
            yield from omissions(prover, bases[0])
        # The first base that keeps a clause is the one to change, and another one where nothing in it breaks it alone.
        reaching: dict[str, list[BaselineRequest]] = {}
        for base in bases:
            for kept in base.upheld:
                reaching.setdefault(kept, []).append(base)
        branch = branch_of(prover.operation, bases[0].branch)
        clauses = tried_clauses(task, branch)
        if len(clauses) == CLAUSES:
            here = {clause.key for clause in request_clauses(prover.operation, branch)}
            untested |= dict.fromkeys(here - {clause.key for clause in clauses}, _LEFT_OUT)
        if context.wants(key, None):
            for base in bases:
                yield from free_value_cases(prover, base, clauses, open_places)
            yield from free_text_cases(prover, bases[0], task.rng)
        for clause in clauses:
            if clause.key not in tried:
                tried.add(clause.key)
                near = reaching.get(clause.key) or _around_nothing(bases, clause)
                yield from _clause_cases(prover, near[:_NEAREST], clause, task.rng, untested)
    prover = task.baseline.prover
    yield from (case for case in access_cases(prover, task.reach[0][0]) if context.wants(key, case.probe.clause))


def _around_nothing(bases: Sequence[BaselineRequest], clause: Clause) -> list[BaselineRequest]:
    """The requests with the object or the array in which `clause` allows no member or item: what is absent keeps it,
    and nothing shows that."""
    if clause.keyword != "false":
        return []
    return [base for base in bases if locate(root_of(base.draft, clause.part), clause.instance_path) is not None]


def _refused_cases(task: Task) -> Generator[Iterable[Case], list[Exchange], None]:
    """Breaches of what the server refuses as it is: of branches without an accepted request, and at places where it
    took no value; and of what no valid request could be made. Where it takes nothing at all, its refusals are asked for
    with another `Accept` as well."""
    assert task.baseline is not None and task.operation is not None
    if not task.context.wants(task.operation.key, None):
        return
    prover = task.baseline.prover
    refusals = [task.baseline.refused[prover.request(base.draft)] for base in task.baseline.unaccepted]
    for base, refusal in zip(task.baseline.unaccepted, refusals, strict=True):
        prover = prover.of(base.draft)
        clauses = request_clauses(task.operation, branch_of(task.operation, base.branch))
        yield from breaches_of_refused(prover, base, refusal, clauses, task.rng)
        yield [*choices_at(prover, base, clauses, task.rng), *odd_values_at(prover, base, clauses, task.rng)]
    if task.baseline.without_body is not None:
        yield list(other_bodies(task.baseline.prover, task.baseline.without_body))
    if (empty := task.baseline.without_segment) is not None:
        clauses = request_clauses(task.operation, branch_of(task.operation, empty.branch))
        yield list(breaches_in_path(prover.of(empty.draft), empty, clauses, task.rng))
    if refusals and not task.baseline.bases:
        yield list(refused_members(prover, task.baseline.refused))
        yield from _negotiation(prover, refusals, documented=False)
        # What is asked before the values are looked at needs no accepted request.
        base = task.baseline.unaccepted[0]
        prover = prover.of(base.draft)
        yield from part_unrelated(task, base)
        yield [*odd_credentials(prover, base), *other_methods(prover, base)]
    reached = {key for bases in task.reach or () for base in bases for key in base.upheld}
    for base in task.refused_reach:
        wanted = [clause for clause in base.judgement.upheld if clause.key not in reached]
        reached |= {clause.key for clause in wanted}
        yield list(breaches_at(prover.of(base.draft), base, wanted))


def _again(prover: Prover, base: BaselineRequest, note: str) -> Case:
    """An accepted request once more."""
    probe = Probe(prover.operation.key, "clauses", note, "any", branch=base.branch)
    return Case(prover.request(base.draft), probe)


def _negotiation(
    prover: Prover, exchanges: Iterable[Exchange], *, documented: bool = True
) -> Generator[Iterable[Case], list[Exchange], None]:
    """Ask for what was answered with another `Accept`, and without credentials for what only that gives."""
    answered = yield negotiation_cases(prover, exchanges, documented=documented)
    yield unguarded_cases(prover, answered)


def _clause_cases(
    prover: Prover,
    bases: Sequence[BaselineRequest],
    clause: Clause,
    rng: random.Random,
    untested: dict[str, UntestedReason],
) -> list[Case]:
    if clause.governed_by is not None:
        return []
    if not bases:
        reason = UntestedReason("unreachable", "no accepted request reaches this clause")
        untested.setdefault(clause.key, reason)
        return []
    if clause.keyword == "enum" and len(clause.value) > VALUES:
        reason = UntestedReason("partly", f"of its {len(clause.value):,} values, {VALUES} were tried")
        untested.setdefault(clause.key, reason)
    base = bases[0]
    cases, unbreakable = probes(prover, base, clause, rng)
    for other in bases[1:] if unbreakable else ():
        further, why_not = probes(prover, other, clause, rng)
        if not why_not:
            cases, unbreakable = [*cases, *further], ""
            break
    if unbreakable:
        untested.setdefault(clause.key, UntestedReason("untestable", unbreakable))
    if clause.keyword == "type":
        cases += edge_value_cases(prover, base, clause, rng)
        cases += grammar_cases(prover, base, clause, rng)
    return cases


def _without_repeats(batch: Iterable[Case], sent: set[Request]) -> Iterator[Case]:
    """`batch` without repeated requests, unless they are about different clauses.

    Two branches of a union often share probes, and a boundary value is often an edge value as well.
    """
    seen: set[tuple[Request, str | None]] = {(request, None) for request in sent}
    for case in batch:
        key = (case.request, case.probe.clause)
        if key not in seen and (case.probe.clause is not None or (case.request, None) not in seen):
            seen |= {key, (case.request, None)}
            yield case


def _takes_preferences(task: Task) -> bool:
    """Whether `Prefer` may be sent: to the mock, and to a server that shows, or whose contract says, that it reads it.

    Other servers are tested as their clients use them.
    """
    assert task.baseline is not None
    asked_for = task.baseline.prefers or declared_preference(task.baseline.prover) is not None
    return asked_for or not task.context.remembers


def _statuses(prover: Prover, base: BaselineRequest) -> Generator[Iterable[Case], list[Exchange], None]:
    """Ask for each documented status, as long as the server answers with it, and until an answer comes again."""
    for status, case in documented_statuses(prover, base):
        bodies: set[bytes] = set()
        while len(bodies) < _BODIES:
            (exchange,) = yield [case]
            if exchange.response is None or exchange.response.status != status:
                return
            if exchange.response.body in bodies:
                break
            bodies.add(exchange.response.body)
