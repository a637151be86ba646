"""A difference of two operations with the places where it stands."""

from __future__ import annotations

import msgspec

from clausewise.comparison.change import Kind, Level
from clausewise.comparison.difference import impact
from clausewise.contract.clause import Direction
from clausewise.spec.pointer import Source


class LocatedDifference(msgspec.Struct, frozen=True):
    """A difference, and the place where it was first found."""

    level: Level
    kind: Kind
    where: str
    text: str
    reason: str
    old: Source | None
    new: Source | None
    #: JSON text of a value that only one version admits; "" where it has none
    witness: str = ""


def by_direction(
    direction: Direction,
    message: Direction,
    kind: Kind,
    part: str,
    text: str,
    old: Source | None,
    new: Source | None,
) -> LocatedDifference:
    """The difference of a `part` of a message: a kind that breaks clients where they send the message (`direction` is
    "request") may not where they receive it."""
    level, reason = impact(direction, kind)
    return LocatedDifference(level, kind, f"{message}.{part}", text, reason, old, new)
