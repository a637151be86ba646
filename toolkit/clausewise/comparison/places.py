"""A place of a message in both versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clausewise.comparison.constraints import AppliedSchemas
from clausewise.comparison.difference import Difference


class ComparedPlace:
    """A place of a message in both versions."""

    def __init__(self, old: AppliedSchemas, new: AppliedSchemas) -> None:
        self.old = old
        self.new = new
        #: None until the place is compared
        self.differences: list[Difference] | None = None
        #: places below: steps of the path, labels of union branches, and the place
        self.below: list[tuple[tuple[str, ...], tuple[str, ...], ComparedPlace]] = []

    def copy(self) -> ComparedPlace:
        """Another place with the same schemas and the same places below."""
        place = ComparedPlace(self.old, self.new)
        place.differences, place.below = self.differences, self.below
        return place


def at_and_below(places: Iterable[ComparedPlace]) -> Iterator[ComparedPlace]:
    """The `places` and all those below them, each once."""
    pending, seen = list(places), set[ComparedPlace]()
    while pending:
        place = pending.pop()
        if place not in seen:
            seen.add(place)
            yield place
            pending += [below for _, _, below in place.below]
