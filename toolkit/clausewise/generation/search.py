"""Hypothesis' search over one strategy, as generators.

Hypothesis calls the code that judges an example, whereas a phase is a generator that is sent the answers. So
Hypothesis runs in a thread of its own, and only one of the two works at a time.
"""

from __future__ import annotations

import random
import threading
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from clausewise.generation.strategy import NoStrategyError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: examples that Hypothesis draws in one go: it keeps them all in memory, 20 KB of each, and it draws for all operations
#: at the same time
_ROUND = 100

#: how a warning of Hypothesis about the size of a strategy begins
_LARGE = "Generating overly large repr"

Example = TypeVar("Example")
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Found = TypeVar("Found")


class Search(Generic[Example]):
    """The examples of `strategy`, always the same and in the same order for one `seed` and `name`.

    Both kinds of search raise NoStrategyError where a part of the strategy excludes every value.
    """

    def __init__(self, strategy: SearchStrategy[Example], count: int, seed: int, name: str) -> None:
        self._strategy = strategy
        self._count = count
        self._name = f"{seed}:{name}"

    def draw(self) -> Iterator[Example]:
        """The examples one by one; of many, some may come again."""
        for number, begin in enumerate(range(0, self._count, _ROUND)):
            wanted, found = min(_ROUND, self._count - begin), 0
            for example in self._drawn(wanted, f":{number}" if number else ""):
                found += 1
                yield example
            if found < wanted:
                # There are no others.
                return

    def _drawn(self, count: int, round: str) -> Iterator[Example]:
        def work(fails: Callable[[Example], bool]) -> Example | None:
            return self._find(fails, count, round, shrinks=False)

        steps: Generator[Example, bool, Example | None] = _in_thread(work)
        try:
            example = next(steps)
            while True:
                yield example
                example = steps.send(False)
        except StopIteration:
            return
        finally:
            steps.close()

    def find(
        self, holds: Callable[[Example], Generator[Asked, Answer, bool]]
    ) -> Generator[Asked, Answer, Example | None]:
        """The smallest example for which `holds` returns true; None when there is none.

        `holds` is a generator: it yields its questions, is sent the answers, and returns its decision.
        """

        def work(ask: Callable[[Asked], Answer]) -> Example | None:
            def decided(example: Example) -> bool:
                steps = holds(example)
                try:
                    asked = next(steps)
                    while True:
                        asked = steps.send(ask(asked))
                except StopIteration as end:
                    return bool(end.value)

            return self._find(decided, self._count, shrinks=True)

        return (yield from _in_thread(work))

    def _find(self, holds: Callable[[Example], bool], count: int, round: str = "", *, shrinks: bool) -> Example | None:
        from hypothesis import HealthCheck, Phase, find, settings
        from hypothesis.errors import HypothesisWarning, InvalidArgument, NoSuchExample, Unsatisfiable

        from clausewise.generation.local_constants import without_local_constants

        chosen = settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        # It writes down a strategy to compare it, and warns the user, who did not write it, where it is large.
        warnings.filterwarnings("ignore", _LARGE, HypothesisWarning)
        try:
            with without_local_constants():
                seed = zlib.crc32(f"{self._name}{round}".encode())
                return find(self._strategy, holds, settings=chosen, random=random.Random(seed))
        except (NoSuchExample, Unsatisfiable):
            return None
        except InvalidArgument as error:
            # Hypothesis sees some contradictions in a strategy only when it draws from it.
            raise NoStrategyError(f"Hypothesis: {error}") from None


class _ClosedError(KeyboardInterrupt):
    """The result is no longer wanted. Hypothesis would treat any other exception as a failure, and shrink it."""


def _in_thread(work: Callable[[Callable[[Asked], Answer]], Found]) -> Generator[Asked, Answer, Found]:
    """`work`, which asks its questions by calls, as a generator that yields them and is sent the answers."""
    asked: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    answered: SimpleQueue[tuple[bool, Any]] = SimpleQueue()

    def ask(question: Asked) -> Answer:
        asked.put(("asks", question))
        goes_on, answer = answered.get()
        if not goes_on:
            raise _ClosedError
        return answer  # type: ignore[no-any-return]

    def run() -> None:
        try:
            asked.put(("found", work(ask)))
        except BaseException as error:
            asked.put(("failed", error))

    thread = threading.Thread(target=run, name="hypothesis", daemon=True)
    thread.start()
    try:
        while True:
            kind, what = asked.get()
            if kind == "failed":
                raise what
            if kind == "found":
                return what  # type: ignore[no-any-return]
            answered.put((True, (yield what)))
    finally:
        answered.put((False, None))
        thread.join()
