"""The place in a request that a clause is about: its location, its name, and the values that it may hold."""

from __future__ import annotations

import random

from clausewise.contract.clause import Clause
from clausewise.contract.keywords import name_at
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import Prover, root_of, with_value
from clausewise.values.deviation import ValueSite
from clausewise.values.edit import get
from clausewise.values.places import location_of
from clausewise.values.shape import shape_at, shape_of


def place_of(
    prover: Prover, draft: Draft, clause: Clause, rng: random.Random
) -> tuple[tuple[str | int, ...], ValueSite] | None:
    """The location in `draft` that `clause` is about, and the site there; None where `draft` has none."""
    message = prover.message(clause.part)
    if message is None:
        return None
    root = root_of(draft, clause.part)
    location = location_of(message, root, clause) if root is not ABSENT else None
    if location is None:
        return None

    def fits(value: object) -> bool:
        return prover.keeping(with_value(draft, clause.part, location, value)) is not None

    shape = shape_of(shape_at(message, clause.instance_path), message.schema)
    return location, ValueSite(get(root, location), shape, message.schema, rng, fits)


def place_name(clause: Clause) -> str:
    """The name of the place of `clause` in a sentence; for a required member, the name of its object."""
    return name_at(clause.instance_path, clause.part)
