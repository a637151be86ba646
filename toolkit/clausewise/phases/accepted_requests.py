"""Gives each case the accepted request that it changes: sent again, that shows whether the change is to blame."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from functools import partial

import msgspec

from clausewise.exchange import Request
from clausewise.generation.prover import BaselineRequest, Case
from clausewise.phase_table import phase_row
from clausewise.phases.base import Baseline, Task
from clausewise.phases.revival import alive
from clausewise.resources.uniqueness import with_fresh_values


def with_accepted(task: Task, baseline: Baseline, batch: Iterable[Case]) -> Iterator[Case]:
    """`batch`, with the accepted request that each case changes, for a living resource and with fresh values."""
    prover, bases = baseline.prover, {base.branch: base for base in reversed(baseline.bases)}

    def again(base: BaselineRequest, case: Case) -> Request:
        rng = random.Random(f"{task.context.options.seed}:{case.request.target}:{case.probe.note}")
        one: Iterable[Case] = alive(task, baseline, [msgspec.structs.replace(case, request=prover.request(base.draft))])
        if baseline.places:
            drafts = [each.draft for each in baseline.bases]
            one = with_fresh_values(prover, iter(one), drafts, baseline.places, rng)
        return next(iter(one)).request

    for case in batch:
        base = bases.get(case.probe.branch)
        if base is None or not phase_row(case.probe.phase).deviates or case.probe.explores:
            yield case
        else:
            yield msgspec.structs.replace(case, accepted=partial(again, base, case))
