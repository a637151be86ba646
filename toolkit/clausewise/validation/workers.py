"""Chunks checked by many workers, given back in their order: processes of this machine, or those of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Protocol

import msgspec

from clausewise.errors import UsageError
from clausewise.recordings.chunks import Chunk
from clausewise.validation.chunk import Examined, Setup, examine

#: how often a chunk is tried
_ATTEMPTS = 3

#: seconds after which it is asked whether there are workers at all
_PATIENCE = 15.0

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


class Pool(Protocol):
    """Where workers come from."""

    #: errors after which a further attempt is of no use
    lost: tuple[type[Exception], ...]

    def open(self) -> Executor:
        """An executor with new workers."""
        ...

    def close(self, executor: Executor) -> None:
        """Let go of its workers, and of what they have not begun."""
        ...

    def count(self) -> int:
        """How many workers there are now."""
        ...

    def gone(self) -> str:
        """Why there will be no workers any more; "" where there are some."""
        ...


class Workers:
    """The executor of a pool, which is opened anew when its processes die."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._executor = pool.open()
        #: why there are no workers any more
        self._gone = ""

    def close(self) -> None:
        """Let go of the workers, and of what they have not begun."""
        self._pool.close(self._executor)

    def check(self, setup: Setup, chunks: Iterator[Chunk]) -> Iterator[Outcome]:
        """Check chunks at once and tell of them in their order. One whose workers die is tried again, alone."""
        pending: deque[tuple[Chunk, Future[Examined]]] = deque()
        ended = False
        while not ended or pending:
            while not (ended or self._gone) and len(pending) < _AHEAD * self._pool.count():
                chunk = next(chunks, None)
                ended = chunk is None
                if chunk is not None:
                    pending.append((chunk, self._submitted(setup, chunk)))
            if self._gone:
                yield from (Outcome(chunk, None, self._gone) for chunk in (*(each for each, _ in pending), *chunks))
                return
            if pending:
                chunk, future = pending.popleft()
                try:
                    outcome = Outcome(chunk, self._result(future))
                except Exception as error:
                    outcome = self._again(setup, chunk, error)
                    pending = self._resumed(setup, pending)
                yield outcome

    def _submitted(self, setup: Setup, chunk: Chunk) -> Future[Examined]:
        """`chunk` on its way to a worker; where the last one has just died, a future that failed with it."""
        try:
            return self._executor.submit(examine, setup, chunk)
        except BrokenExecutor as error:
            failed: Future[Examined] = Future()
            failed.set_exception(error)
            return failed

    def _result(self, future: Future[Examined]) -> Examined:
        while True:
            try:
                return future.result(timeout=_PATIENCE)
            except TimeoutError:
                if future.done():
                    raise
                self._gone = self._pool.gone()
                if self._gone:
                    raise

    def _again(self, setup: Setup, chunk: Chunk, error: Exception) -> Outcome:
        for _ in range(_ATTEMPTS - 1):
            self._gone = self._gone or self._pool.gone()
            if self._gone or isinstance(error, self._pool.lost):
                break
            try:
                self._renew(error)
                return Outcome(chunk, self._result(self._executor.submit(examine, setup, chunk)))
            except Exception as another:
                error = another
        self._renew(error)
        return Outcome(chunk, None, self._gone or _reason(error))

    def _renew(self, error: Exception) -> None:
        if isinstance(error, BrokenExecutor):
            self._pool.close(self._executor)
            self._executor = self._pool.open()

    def _resumed(
        self, setup: Setup, pending: deque[tuple[Chunk, Future[Examined]]]
    ) -> deque[tuple[Chunk, Future[Examined]]]:
        """What is waited for, with those sent again that died with their workers."""
        return deque((chunk, self._submitted(setup, chunk) if _died(future) else future) for chunk, future in pending)


def _died(future: Future[Examined]) -> bool:
    return future.cancelled() or (future.done() and isinstance(future.exception(), BrokenExecutor))


def _reason(error: Exception) -> str:
    if isinstance(error, BrokenExecutor):
        return f"the process that checked it died, {_ATTEMPTS} times"
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


class Processes:
    """Processes of this machine. Where they can be forked they are, and know the contract at once."""

    lost: tuple[type[Exception], ...] = ()

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._context = multiprocessing.get_context("fork" if forks() else "spawn")

    def open(self) -> Executor:
        """So many processes."""
        return ProcessPoolExecutor(self._jobs, mp_context=self._context, initializer=_leave_interrupts_to_the_parent)

    def close(self, executor: Executor) -> None:
        """Let them end what they are doing, and no more."""
        executor.shutdown(wait=False, cancel_futures=True)

    def count(self) -> int:
        """As many as there were to be: one that dies is replaced."""
        return self._jobs

    def gone(self) -> str:
        """There can always be new ones."""
        return ""


def forks() -> bool:
    """Whether processes are forks of this one."""
    return "fork" in multiprocessing.get_all_start_methods() and multiprocessing.get_start_method() != "spawn"


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
