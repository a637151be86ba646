"""A difference of two operations with the places where it stands."""

from __future__ import annotations

import msgspec

from clausewise.comparison.change import Kind
from clausewise.comparison.difference import impact
from clausewise.contract.clause import Direction
from clausewise.spec.pointer import Source


class LocatedDifference(msgspec.Struct, frozen=True):
    """A difference, and the place where it was first found."""

    breaking: bool
    kind: Kind
    where: str
    text: str
    reason: str
    old: Source | None
    new: Source | None


def by_direction(
    direction: Direction, kind: Kind, part: str, text: str, old: Source | None, new: Source | None
) -> LocatedDifference:
    """The difference of a `part` of messages: a kind that breaks clients in one direction may not in the other."""
    breaking, reason = impact(direction, kind)
    return LocatedDifference(breaking, kind, f"{direction}.{part}", text, reason, old, new)
