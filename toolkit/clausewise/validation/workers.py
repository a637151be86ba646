"""Chunks checked by many workers, told in their order: processes of this machine, or those of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor

import msgspec

from clausewise.errors import UsageError
from clausewise.recordings.chunks import Chunk
from clausewise.validation.chunk import Examined, Setup, examine

#: how often a chunk is tried
_ATTEMPTS = 3

#: chunks that are waited for at once, for each worker
_AHEAD = 3


class Outcome(msgspec.Struct, frozen=True, eq=False):
    """A chunk, and what became of it."""

    chunk: Chunk
    #: None where nobody could check it
    examined: Examined | None
    #: why nobody could; "" otherwise
    why: str = ""


def alone(setup: Setup, chunks: Iterator[Chunk]) -> Iterator[Outcome]:
    """Check chunks in this process."""
    for chunk in chunks:
        try:
            yield Outcome(chunk, examine(setup, chunk))
        except (OSError, UsageError) as error:
            yield Outcome(chunk, None, str(error))


class Workers:
    """An executor that is made anew when its processes die."""

    def __init__(
        self, make: Callable[[], Executor], count: Callable[[], int], lost: tuple[type[Exception], ...]
    ) -> None:
        self._make = make
        self._count = count
        #: errors that say that every further attempt would fail as well
        self._lost = lost
        self._executor = make()

    def close(self) -> None:
        """Let go of the workers, and of what they have not begun."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def check(self, setup: Setup, chunks: Iterator[Chunk]) -> Iterator[Outcome]:
        """Check chunks at once and tell of them in their order. One whose workers die is tried again, alone."""
        pending: deque[tuple[Chunk, Future[Examined]]] = deque()
        ended = False
        while not ended or pending:
            while not ended and len(pending) < _AHEAD * self._count():
                chunk = next(chunks, None)
                ended = chunk is None
                if chunk is not None:
                    pending.append((chunk, self._executor.submit(examine, setup, chunk)))
            if not pending:
                return
            chunk, future = pending.popleft()
            try:
                yield Outcome(chunk, future.result())
            except Exception as error:
                outcome = self._again(setup, chunk, error)
                pending = self._resumed(setup, pending)
                yield outcome

    def _again(self, setup: Setup, chunk: Chunk, error: Exception) -> Outcome:
        for _ in range(_ATTEMPTS - 1):
            if isinstance(error, self._lost):
                break
            self._renew(error)
            try:
                return Outcome(chunk, self._executor.submit(examine, setup, chunk).result())
            except Exception as another:
                error = another
        self._renew(error)
        return Outcome(chunk, None, _told(error))

    def _renew(self, error: Exception) -> None:
        if isinstance(error, BrokenExecutor):
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = self._make()

    def _resumed(
        self, setup: Setup, pending: deque[tuple[Chunk, Future[Examined]]]
    ) -> deque[tuple[Chunk, Future[Examined]]]:
        """What is waited for, with those sent again that died with their workers."""
        return deque(
            (chunk, self._executor.submit(examine, setup, chunk) if _died(future) else future)
            for chunk, future in pending
        )


def _died(future: Future[Examined]) -> bool:
    return future.cancelled() or (future.done() and isinstance(future.exception(), BrokenExecutor))


def _told(error: Exception) -> str:
    if isinstance(error, BrokenExecutor):
        return f"the process that checked it died, {_ATTEMPTS} times"
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def processes(jobs: int) -> Workers:
    """So many processes of this machine. Where they can be forks they are, which know the contract at once."""
    context = multiprocessing.get_context("fork" if forks() else "spawn")

    def make() -> Executor:
        return ProcessPoolExecutor(jobs, mp_context=context, initializer=_leave_interrupts_to_the_parent)

    return Workers(make, lambda: jobs, ())


def forks() -> bool:
    """Whether processes are forks of this one."""
    return "fork" in multiprocessing.get_all_start_methods() and multiprocessing.get_start_method() != "spawn"


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
