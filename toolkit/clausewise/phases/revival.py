"""Replaces resources that have died in the middle of a phase, and asks of the new ones what was asked of the dead.

A probe may end the life of what it works on: it closes, archives or expires it. Every later answer is then 404 or 410,
whatever the request. Or it damages the resource, which then fails with every request: whatever crashed on it is asked
again, each with a resource of its own, which shows what did the damage.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any

import msgspec

from clausewise.exchange import DAMAGED, Exchange, Probe
from clausewise.generation.prover import Case
from clausewise.phases.base import Baseline, Task, status_of
from clausewise.resources.factory import make
from clausewise.resources.identity import values_in_path
from clausewise.resources.naming import placed
from clausewise.resources.types import parameter_names
from clausewise.resources.uniqueness import retargeted

#: 404 Not Found and 410 Gone (RFC 9110 sections 15.5.5 and 15.5.11)
_GONE = frozenset({404, 410})

#: resources that are made for one batch, because the one before died
_LIVES = 3

#: requests of one batch that are asked again because of damage
_DAMAGES = 24


def alive(task: Task, baseline: Baseline, batch: Iterable[Case]) -> Iterator[Case]:
    """`batch` with the paths of dead resources replaced by those of the living."""
    controls = _may_damage(task, baseline)
    for case in batch:
        moved = _moved(task, baseline, case) if task.replaced else case
        yield _controlled(task, baseline, moved) if controls and not moved.probe.changes_path else moved


def revived(
    task: Task, baseline: Baseline, exchanges: list[Exchange]
) -> Generator[Iterable[Case], list[Exchange], list[Exchange]]:
    """`exchanges`, those with a dead resource replaced by the same with a living one."""
    prover = baseline.prover
    names = parameter_names(prover.operation)
    for _ in range(_LIVES):
        gone = [index for index, exchange in enumerate(exchanges) if _is_gone(exchange)]
        recipe = baseline.recipe_in(task.context.factory)
        if not names or not gone or recipe is None or not baseline.bases:
            return exchanges
        probe = Probe(prover.operation.key, "setup", "a request that looks whether its resource is there", "any")
        canary = _moved(task, baseline, Case(prover.request(baseline.bases[0].draft), probe))
        (seen,) = yield [canary]
        if status_of(seen) not in _GONE:
            return exchanges
        made = yield from make(task.context.factory, recipe, task.rng)
        if not made:
            return exchanges
        old = dict(zip(names, values_in_path(prover.operation, canary.request), strict=False))
        new = placed(prover.operation, made[0])
        task.replaced.append(({name: old.get(name) for name in new}, new))
        cases = [Case(exchanges[index].request, _probe(exchanges[index])) for index in gone]
        again = yield [_moved(task, baseline, case) for case in cases]
        exchanges = list(exchanges)
        for index, exchange in zip(gone, again, strict=True):
            exchanges[index] = exchange
    return exchanges


def repaired(
    task: Task, baseline: Baseline, exchanges: list[Exchange]
) -> Generator[Iterable[Case], list[Exchange], list[Exchange]]:
    """`exchanges`, those with a damaged resource replaced by the same with a resource of their own each."""
    damaged = [index for index, exchange in enumerate(exchanges) if exchange.failure == DAMAGED][:_DAMAGES]
    recipe = baseline.recipe_in(task.context.factory)
    if not damaged or recipe is None:
        return exchanges
    made = yield from make(task.context.factory, recipe, task.rng, len(damaged) + 1)
    if len(made) < 2:
        return exchanges
    prover = baseline.prover
    own = [placed(prover.operation, one) for one in made]
    cases = [
        Case(retargeted(prover, exchanges[index].request, values), _probe(exchanges[index]))
        for index, values in zip(damaged, own[1:], strict=False)
    ]
    old = dict(
        zip(
            parameter_names(prover.operation),
            values_in_path(prover.operation, exchanges[damaged[0]].request),
            strict=False,
        )
    )
    task.replaced.append(({name: old.get(name) for name in own[0]}, own[0]))
    again = yield cases
    exchanges = list(exchanges)
    for index, exchange in zip(damaged, again, strict=False):
        exchanges[index] = exchange
    return exchanges


def _may_damage(task: Task, baseline: Baseline) -> bool:
    """Whether the requests of an operation change a resource that the run can replace."""
    operation = baseline.prover.operation
    changes = operation.operation.method in ("PUT", "PATCH") and bool(parameter_names(operation))
    return changes and bool(baseline.bases) and baseline.recipe_in(task.context.factory) is not None


def _controlled(task: Task, baseline: Baseline, case: Case) -> Case:
    """`case` with the accepted request to its resource."""
    operation = baseline.prover.operation
    base = Case(baseline.prover.request(baseline.bases[0].draft), case.probe)
    control = _moved(task, baseline, base).request
    same = values_in_path(operation, control) == values_in_path(operation, case.request)
    return msgspec.structs.replace(case, control=control) if same else case


def _is_gone(exchange: Exchange) -> bool:
    """Whether the answer says that a resource is not there, which the request itself did not ask for."""
    probe = exchange.probe
    asked_for = probe is None or probe.asks_for is not None or probe.changes_path
    return status_of(exchange) in _GONE and not asked_for


def _probe(exchange: Exchange) -> Probe:
    assert exchange.probe is not None
    return exchange.probe


def _moved(task: Task, baseline: Baseline, case: Case) -> Case:
    """`case` with every dead resource in its path replaced, in the order in which they died."""
    prover, request = baseline.prover, case.request
    names = parameter_names(prover.operation)
    for old, new in task.replaced:
        values: dict[str, Any] = dict(zip(names, values_in_path(prover.operation, request), strict=False))
        if all(values.get(name) == value for name, value in old.items()):
            request = retargeted(prover, request, new)
    return case if request is case.request else msgspec.structs.replace(case, request=request)
