"""Asks again with a fresh resource before a refusal of a valid request counts.

What a resource was given first may decide what it takes afterwards: the first vector fixes the dimension, the first
entry the currency. The words of a refusal need not say so, but a resource without a past takes the request.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

import msgspec

from clausewise.conformance.breach_outcome import ABOUT_FORM
from clausewise.conformance.refusals import excuse_of
from clausewise.exchange import Exchange, Expectation, Probe
from clausewise.generation.prover import Case
from clausewise.phases.accepted_requests import with_accepted
from clausewise.phases.base import Baseline, Task, status_of
from clausewise.phases.revival import alive
from clausewise.resources.factory import Recipe, make, recipe_for
from clausewise.resources.naming import placed
from clausewise.resources.uniqueness import retargeted, with_fresh_values

#: refusals that are asked about with fresh resources at once, and excused ones of a batch that are reported
_ASKED = 6
_EXCUSED = 3


def recipe_of(task: Task) -> Recipe | None:
    """The recipe of the resource that the task's requests work on; None where the run cannot create one."""
    if task.operation is None or not task.context.remembers:
        return None
    factory = task.context.factory
    return recipe_for(factory, task.operation) if task.baseline is None else task.baseline.recipe_in(factory)


def unjudged(batch: Iterable[Case], asked: list[Case]) -> Iterator[Case]:
    """`batch` with cases that should be accepted, but may be refused for what was before; `asked` gets them as they
    are."""
    for case in batch:
        asked.append(case)
        waits = _waits(case)
        yield case if not waits else _expecting(case, "any")


def judged(
    task: Task, baseline: Baseline, recipe: Recipe, asked: list[Case], exchanges: list[Exchange]
) -> Generator[Iterable[Case], list[Exchange], list[Exchange]]:
    """`exchanges` of the cases `asked`. Those that were refused are sent again: first with a fresh resource, and where
    this takes them no better, to be judged."""
    found = [
        msgspec.structs.replace(exchange, probe=case.probe) if _waits(case) else exchange
        for case, exchange in zip(asked, exchanges, strict=False)
    ]
    refused = [
        index
        for index, case in enumerate(asked[: len(found)])
        if _waits(case) and status_of(found[index]) in ABOUT_FORM
    ]
    clauses = {clause.key: clause for clause in baseline.prover.operation.clauses}
    excused = [i for i in refused if excuse_of(baseline.prover.operation, found[i], clauses.get(_clause(found[i])))]
    doubtful = [*(index for index in refused if index not in excused), *excused]
    while doubtful:
        some, doubtful = doubtful[:_ASKED], doubtful[_ASKED:]
        answers = yield from _on_fresh(task, baseline, recipe, [_expecting(asked[index], "any") for index in some])
        taken = {index for index, answer in zip(some, answers, strict=False) if answer.accepted}
        if not taken:
            break
        # The resource refuses for what was before, so what else it refused is in doubt as well.
        refused, excused = ([index for index in each if index not in taken] for each in (refused, excused))
    reported = [index for index in refused if index not in excused[_EXCUSED:]]
    if reported:
        again = _again(task, baseline, [asked[index] for index in reported])
        if not (yield from _takes_accepted(task, baseline, recipe)):
            # What the accepted request names beside its path may be gone: then no refusal shows anything.
            again = with_accepted(task, baseline, again)
        answers = yield list(again)
        for index, answer in zip(reported, answers, strict=False):
            found[index] = answer
    return found


def _takes_accepted(task: Task, baseline: Baseline, recipe: Recipe) -> Generator[Iterable[Case], list[Exchange], bool]:
    """Whether a fresh resource still takes the accepted request; also where the server makes none."""
    if not baseline.bases:
        return True
    operation = baseline.prover.operation
    probe = Probe(operation.key, "setup", "the accepted request, with a fresh resource", "any")
    case = Case(baseline.prover.request(baseline.bases[0].draft), probe)
    answers = yield from _on_fresh(task, baseline, recipe, [case])
    return all(answer.accepted for answer in answers)


def _on_fresh(
    task: Task, baseline: Baseline, recipe: Recipe, cases: list[Case]
) -> Generator[Iterable[Case], list[Exchange], list[Exchange]]:
    """The exchanges of `cases`, each sent to a fresh resource; fewer where the server makes fewer resources."""
    made = yield from make(task.context.factory, recipe, task.rng, len(cases))
    moved = [
        msgspec.structs.replace(case, request=retargeted(baseline.prover, case.request, values))
        for case, one in zip(_again(task, baseline, cases), made, strict=False)
        for values in [placed(baseline.prover.operation, one)]
    ]
    return (yield moved)


def _waits(case: Case) -> bool:
    """Whether a case is judged only once a refusal cannot be for what was before."""
    return case.probe.expect == "accept" and not case.probe.changes_path


def _expecting(case: Case, expect: Expectation) -> Case:
    return msgspec.structs.replace(case, probe=msgspec.structs.replace(case.probe, expect=expect))


def _clause(exchange: Exchange) -> str:
    return (exchange.probe.clause or "") if exchange.probe is not None else ""


def _again(task: Task, baseline: Baseline, cases: list[Case]) -> Iterable[Case]:
    """`cases` for living resources, with fresh values where each request needs them."""
    living = alive(task, baseline, cases)
    drafts = [base.draft for base in baseline.bases]
    return with_fresh_values(baseline.prover, living, drafts, baseline.places, task.rng) if drafts else living
