"""Which differences lie at and below a place, when places share what is below them and lead back to themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator

from clausewise.diff.difference import Local
from clausewise.diff.schemas import Pair


class Reach:
    """The differences in a graph of pairs, numbered; sets of them are integers with a bit for each."""

    def __init__(self, pairs: Iterable[Pair], identity: Callable[[Local], Hashable]) -> None:
        self._numbers: dict[Hashable, int] = {}
        #: differences of a pair's own
        self._own: dict[Pair, list[tuple[int, Local]]] = {}
        #: differences at a pair and below
        self._masks: dict[Pair, int] = {}
        above: dict[Pair, list[Pair]] = {}
        for pair in pairs:
            for _, _, below in pair.below:
                above.setdefault(below, []).append(pair)
            if pair.locals:
                self._own[pair] = own = []
                for local in pair.locals:
                    number = self._numbers.setdefault(identity(local), len(self._numbers))
                    own.append((number, local))
                    self._masks[pair] = self._masks.get(pair, 0) | 1 << number
        waiting = deque(self._own)
        queued = set(waiting)
        while waiting:
            pair = waiting.popleft()
            queued.discard(pair)
            for higher in above.get(pair, ()):
                mask = self._masks.get(higher, 0)
                if mask | self._masks[pair] != mask:
                    self._masks[higher] = mask | self._masks[pair]
                    if higher not in queued:
                        queued.add(higher)
                        waiting.append(higher)

    def of(self, pair: Pair) -> int:
        """The differences at `pair` and below."""
        return self._masks.get(pair, 0)

    def nearest(self, root: Pair, wanted: int) -> Iterator[tuple[int, Local, tuple[str, ...], tuple[str, ...]]]:
        """Each of the `wanted` differences below `root` at the nearest place: path and branches that lead there."""
        waiting: deque[tuple[Pair, tuple[str, ...], tuple[str, ...]]] = deque([(root, (), ())])
        seen = {root}
        while wanted and waiting:
            pair, path, branch = waiting.popleft()
            for number, local in self._own.get(pair, ()):
                if wanted >> number & 1:
                    wanted ^= 1 << number
                    yield number, local, (*path, *local.path), branch
            for steps, branches, below in pair.below:
                if below not in seen and self.of(below) & wanted:
                    seen.add(below)
                    waiting.append((below, (*path, *steps), (*branch, *branches)))
