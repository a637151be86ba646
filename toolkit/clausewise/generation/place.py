"""The place in a request that a clause speaks of: where it is, what it is called, what may stand there."""

from __future__ import annotations

import random

from clausewise.contract.clause import Clause
from clausewise.contract.keywords import name_of
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import Prover, root_of, value_at, with_value
from clausewise.values.deviations import ValueSite
from clausewise.values.edit import locate
from clausewise.values.shape import shape_at, shape_of


def place_of(
    prover: Prover, draft: Draft, clause: Clause, rng: random.Random
) -> tuple[tuple[str | int, ...], ValueSite] | None:
    """Where `clause` speaks of a value of `draft`, and what may stand there; None where it speaks of none."""
    message = prover.message(clause.part)
    if message is None:
        return None
    path = clause.path[:-1] if clause.keyword in ("required", "dependentRequired") else clause.path
    root = root_of(draft, clause.part)
    location = locate(root, path) if root is not ABSENT else None
    if location is None:
        return None

    def fits(value: object) -> bool:
        return prover.keeping(with_value(draft, clause.part, location, value)) is not None

    shape = shape_of(shape_at(message, path), message.schema)
    return location, ValueSite(value_at(draft, clause.part, location), shape, message.schema, rng, fits)


def place_name(clause: Clause) -> str:
    """What a sentence calls the place of `clause`; of one that demands a member the object that is to have it."""
    path = clause.path[:-1] if clause.keyword in ("required", "dependentRequired") else clause.path
    return name_of(path, clause.part)
