"""Accepted requests that reach further clauses: with one more optional member, or with a condition met.

A probe of a member's `maxLength` needs a request that has this member and that the server has accepted: otherwise the
member's presence could explain a refusal. So each such request is first a probe of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from operator import methodcaller

import msgspec

from clausewise.conformance.response import is_deliberate
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe, Request
from clausewise.feedback.repair import repairs
from clausewise.generation.candidates import examples
from clausewise.generation.prover import BaselineRequest, Case
from clausewise.media.json import digest
from clausewise.phases.base import ABOUT_VALUES, PhaseResult, Task, branch_of, status_of, tried_clauses
from clausewise.phases.exclusion import Reaching, judged_answers
from clausewise.phases.reaching import Taken, reaching_clause, with_alternatives, with_free_parameters
from clausewise.results.evidence import UntestedReason

#: accepted requests, the nearest first, from which one step is made to a clause in a round
_NEAREST = 3

#: requests of one round that put a value in the same place of a request
_ALIKE = 2

_UNREACHED = UntestedReason("unreachable", "no valid request was found that reaches this clause")

#: crashes after which no further request is made that reaches the same clause
_CRASHES = 2

#: requests made from refused ones, for each branch
_BEYOND_REFUSED = 8

#: requests sent to repair a refused one, and all refused ones of an operation
_TRIES = 4
_REPAIRS = 24

#: limit on the rounds of such requests; each goes one level deeper into the body
_ROUNDS = 4


#: statuses of refusals whatever else a request holds: they are about who asks, and how often
_ABOUT_CALLERS = frozenset({401, 403, 407, 429})


class _Refused(msgspec.Struct, frozen=True):
    """A valid request that was not accepted."""

    request: BaselineRequest
    #: of the answer
    status: int


def reach(task: Task) -> Generator[Iterable[Case], list[Exchange], PhaseResult]:
    """Find further accepted requests around each one of the baseline, once, and put them into `task`.

    The result names the clauses that no valid request reaches.
    """
    assert task.baseline is not None
    if task.reach is not None:
        return PhaseResult()
    untested: dict[str, UntestedReason] = {}
    found, refused = [], list[_Refused]()
    for base in task.baseline.bases:
        bases = yield from _around(task, base, untested, refused)
        found.append(tuple(bases))
    task.reach = tuple(found)
    operation = task.baseline.prover.operation
    task.refused_reach = tuple(each.request for each in refused if _is_refusal(operation, each.status))
    reached = frozenset(key for bases in found for base in bases for key in base.upheld)
    return PhaseResult(untested=untested, reached=reached)


def _around(
    task: Task, base: BaselineRequest, untested: dict[str, UntestedReason], refused: list[_Refused]
) -> Generator[Iterable[Case], list[Exchange], list[BaselineRequest]]:
    """`base` and further accepted requests, until each reachable clause is kept by one of them; what is refused on the
    way joins `refused`."""
    assert task.baseline is not None
    prover, context = task.baseline.prover.of(base.draft), task.context
    bases = [base]
    branch = branch_of(prover.operation, base.branch)
    if branch is not None:
        drafts = [
            Reaching(draft, prover.request(draft), f"{note} is sent", None, aspect=f"example {digest(body)[:12]}")
            for body, note in examples(prover.operation, branch, context.options.values)
            if body != base.draft.body
            for draft in (msgspec.structs.replace(base.draft, body=body),)
        ]
        bases += yield from _accepted(task, base, drafts, refused)
    if context.wants(prover.operation.key, None):
        bases += yield from _accepted(task, base, list(with_free_parameters(prover, base, task.rng)), refused)
    tried: set[tuple[str, int]] = set()
    sent: set[Request] = set()
    taken: Taken = set()
    # What is refused for want of something may be accepted with one thing more.
    refused_before, beyond, unaccepted = len(refused), _BEYOND_REFUSED, list[BaselineRequest]()
    fresh = bases
    for _ in range(_ROUNDS):
        drafts = [
            found
            for other in fresh
            for found in with_alternatives(prover, other, branch, taken, task.rng)
            if context.wants(prover.operation.key, found.clause.key if found.clause else None)
        ]
        sent |= {found.request for found in drafts}
        # What has been reached by a request that was refused is refused from elsewhere as well.
        covered = {key for other in (*bases, *unaccepted) for key in other.upheld} | _crashing(refused[refused_before:])
        nearest: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[BaselineRequest]] = {}
        added = Counter[tuple[int, tuple[str | int, ...]]]()
        for clause in tried_clauses(task, branch):
            # Only a breach evaluates a schema that allows nothing.
            if clause.governed_by or clause.key in covered or clause.keyword == "false":
                continue
            place = clause.part, clause.path, clause.branch
            if place not in nearest:
                near = sorted([*bases, *unaccepted], key=methodcaller("nearness", clause), reverse=True)
                nearest[place] = near[:_NEAREST]
            untried = (other for other in nearest[place] if (clause.key, id(other)) not in tried)
            for other in untried:
                of_refused = other in unaccepted
                if of_refused and not beyond:
                    continue
                found = reaching_clause(prover, other, clause, task.rng)
                if found is not None and found.new and added[id(other), found.new] >= _ALIKE:
                    # The next round goes on from where this place has a value.
                    untested.setdefault(clause.key, _UNREACHED)
                    break
                tried.add((clause.key, id(other)))
                if found is not None and found.request not in sent:
                    added[id(other), found.new] += 1
                    sent.add(found.request)
                    beyond -= of_refused
                    drafts.append(msgspec.structs.replace(found, expect="any") if of_refused else found)
                    break
            else:
                untested.setdefault(clause.key, _UNREACHED)
        if not drafts:
            break
        accepted = yield from _accepted(task, base, drafts, refused)
        before = len(unaccepted)
        unaccepted = [each.request for each in refused[refused_before:] if each.status in ABOUT_VALUES]
        if not accepted and len(unaccepted) == before:
            break
        bases, fresh = [*bases, *accepted], accepted
    for key in {key for other in (*bases, *(each.request for each in refused)) for key in other.upheld}:
        untested.pop(key, None)
    return bases


def _is_refusal(operation: OperationContract, status: int) -> bool:
    """Whether a server that answers `status` refuses a value, or what it names, on purpose."""
    return status not in _ABOUT_CALLERS if status < 500 else is_deliberate(operation, status)


def _crashing(refused: Iterable[_Refused]) -> set[str]:
    """The keys of the clauses that two requests reached on which the server failed: another value fails as well."""
    crashed = Counter(key for each in refused if each.status >= 500 for key in each.request.upheld)
    return {key for key, number in crashed.items() if number >= _CRASHES}


def _accepted(
    task: Task, base: BaselineRequest, drafts: list[Reaching], refused: list[_Refused]
) -> Generator[Iterable[Case], list[Exchange], list[BaselineRequest]]:
    """Send `drafts`; the accepted ones become bases too. The others join `refused`, and are changed as their refusals
    ask."""
    assert task.baseline is not None
    prover = task.baseline.prover.of(base.draft)
    answers = yield from judged_answers(prover, base, drafts)
    accepted = []
    for reaching, exchange in answers:
        reached = prover.base(reaching.draft, reaching.request, base.branch)
        if exchange.accepted:
            accepted.append(reached)
            continue
        refused.append(_Refused(reached, status_of(exchange)))
        if refused[-1].status in ABOUT_VALUES and task.repairs < _REPAIRS:
            mended = yield from _repaired(task, reached, exchange)
            accepted += [mended] if mended is not None else []
    return accepted


def _repaired(
    task: Task, reached: BaselineRequest, refusal: Exchange
) -> Generator[Iterable[Case], list[Exchange], BaselineRequest | None]:
    """A refused request, changed as its refusal asks until the server accepts it; else None."""
    assert task.baseline is not None
    prover, references = task.baseline.prover.of(reached.draft), task.context.factory.inventory
    steps = repairs(prover, reached.draft, refusal, references, (), _TRIES)
    changed = next(steps, None)
    while changed is not None and task.repairs < _REPAIRS:
        task.repairs += 1
        draft, request = changed
        mended = prover.base(draft, request, reached.branch)
        if not reached.upheld <= mended.upheld:
            # Without what was added it would be accepted, and reach nothing.
            return None
        note = "a request is changed as its refusal asks"
        (exchange,) = yield [Case(request, Probe(prover.operation.key, "clauses", note, "any", branch=reached.branch))]
        if exchange.accepted:
            return mended
        try:
            changed = steps.send(exchange)
        except StopIteration:
            break
    return None
