"""Runs the phases of one task in order, and changes each request so that the server can accept it again.

A server that accepts a name only once, or archives a resource only once, would refuse each probe because of an earlier
one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from clausewise.exchange import Exchange
from clausewise.generation.prover import Case
from clausewise.phases.accepted_requests import with_accepted
from clausewise.phases.base import (
    Driver,
    Phase,
    PhaseInterrupted,
    PhaseResult,
    Steps,
    Task,
    failures_among,
)
from clausewise.phases.revival import alive, repaired, revived
from clausewise.phases.second_resource import judged, recipe_of, unjudged
from clausewise.resources.factory import on_fresh_resources, supplied
from clausewise.resources.uniqueness import with_fresh_values


def run_phases(phases: Iterable[Phase], task: Task) -> Steps:
    """Run each of `phases` to its end, in order. Failures go into `task`, where later phases find them.

    An interruption ends it with the results so far.
    """
    result = PhaseResult()
    for phase in phases:
        found, interrupted = yield from _run_phase(phase, task)
        result = result.followed_by(found)
        task.baseline = result.baseline or task.baseline
        if interrupted:
            break
    return result


def _run_phase(
    phase: Phase, task: Task
) -> Generator[Iterable[Case] | Driver, list[Exchange], tuple[PhaseResult, bool]]:
    """The result of one phase, and whether it was interrupted."""
    steps, interrupted = phase.run(task), False
    try:
        batch = next(steps)
        while True:
            try:
                exchanges = yield from _repeatable(task, batch)
            except PhaseInterrupted as interruption:
                interrupted = True
                steps.throw(interruption)
                raise
            task.failures += failures_among(exchanges)
            batch = steps.send(exchanges)
    except StopIteration as end:
        return end.value, interrupted
    except PhaseInterrupted:
        return PhaseResult(), True


def _repeatable(
    task: Task, batch: Iterable[Case] | Driver
) -> Generator[Iterable[Case] | Driver, list[Exchange], list[Exchange]]:
    baseline = task.baseline
    if baseline is None or not isinstance(batch, Iterable):
        return (yield batch)
    factory = task.context.factory
    if (spent := baseline.spent_in(factory)) is not None:
        exchanges: Any = yield from on_fresh_resources(factory, baseline.prover, spent, batch, task.rng)
        return list(exchanges)
    if baseline.supply is not None:
        cases = yield from supplied(factory, baseline.supply, baseline.prover, list(batch), task.rng)
        return (yield cases)
    recipe, asked = recipe_of(task), list[Case]()
    living = alive(task, baseline, unjudged(batch, asked) if recipe is not None else batch)
    if baseline.places:
        drafts = [base.draft for base in baseline.bases]
        living = with_fresh_values(baseline.prover, living, drafts, baseline.places, task.rng)
    answers = yield with_accepted(task, baseline, living)
    answers = yield from revived(task, baseline, answers)
    answers = yield from repaired(task, baseline, answers)
    return (yield from judged(task, baseline, recipe, asked, answers)) if recipe is not None else answers
