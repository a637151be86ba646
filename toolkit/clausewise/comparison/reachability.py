"""Finds the differences at and below a place, in a graph of places that can have shared parts and cycles."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator

from clausewise.comparison.difference import Difference
from clausewise.comparison.places import ComparedPlace


class Reachability:
    """The numbered differences in a graph of places; sets of differences are integers with a bit for each."""

    def __init__(self, places: Iterable[ComparedPlace], identity: Callable[[Difference], Hashable]) -> None:
        self._numbers: dict[Hashable, int] = {}
        #: place -> differences at it
        self._own: dict[ComparedPlace, list[tuple[int, Difference]]] = {}
        #: place -> set of the differences at it and below
        self._masks: dict[ComparedPlace, int] = {}
        above: dict[ComparedPlace, list[ComparedPlace]] = {}
        for place in places:
            for _, _, below in place.below:
                above.setdefault(below, []).append(place)
            if place.differences:
                self._own[place] = own = []
                for difference in place.differences:
                    number = self._numbers.setdefault(identity(difference), len(self._numbers))
                    own.append((number, difference))
                    self._masks[place] = self._masks.get(place, 0) | 1 << number
        pending = deque(self._own)
        queued = set(pending)
        while pending:
            place = pending.popleft()
            queued.discard(place)
            for higher in above.get(place, ()):
                mask = self._masks.get(higher, 0)
                if mask | self._masks[place] != mask:
                    self._masks[higher] = mask | self._masks[place]
                    if higher not in queued:
                        queued.add(higher)
                        pending.append(higher)

    def differences_below(self, place: ComparedPlace) -> int:
        """The set of differences at `place` and below."""
        return self._masks.get(place, 0)

    def nearest(
        self, root: ComparedPlace, wanted: int
    ) -> Iterator[tuple[int, Difference, tuple[str, ...], tuple[str, ...]]]:
        """Each of the `wanted` differences below `root` at its nearest place, with its path and branches."""
        pending: deque[tuple[ComparedPlace, tuple[str, ...], tuple[str, ...]]] = deque([(root, (), ())])
        seen = {root}
        while wanted and pending:
            place, path, branch = pending.popleft()
            for number, difference in self._own.get(place, ()):
                if wanted >> number & 1:
                    wanted ^= 1 << number
                    yield number, difference, (*path, *difference.path), branch
            for steps, branches, below in place.below:
                if below not in seen and self.differences_below(below) & wanted:
                    seen.add(below)
                    pending.append((below, (*path, *steps), (*branch, *branches)))
