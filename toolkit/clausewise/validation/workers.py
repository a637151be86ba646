"""Checks chunks by many workers, in order: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from typing import Protocol

import msgspec

from clausewise.errors import UsageError
from clausewise.recordings.chunks import Chunk
from clausewise.validation.chunk import Examined, Setup, examine

#: attempts to check a chunk
_ATTEMPTS = 3

#: chunks that are submitted at once, for each worker
_AHEAD = 3


class Outcome(msgspec.Struct, frozen=True, eq=False):
    """A chunk and the result of checking it."""

    chunk: Chunk
    #: None where it could not be checked
    examined: Examined | None
    #: why it could not be checked; "" otherwise
    why: str = ""


def alone(setup: Setup, chunks: Iterator[Chunk]) -> Iterator[Outcome]:
    """Check chunks in this process."""
    for chunk in chunks:
        try:
            yield Outcome(chunk, examine(setup, chunk))
        except (OSError, UsageError) as error:
            yield Outcome(chunk, None, str(error))


class Pool(Protocol):
    """A source of workers."""

    #: errors after which another attempt is useless
    lost: tuple[type[Exception], ...]

    def open(self) -> Executor:
        """An executor with new workers."""
        ...

    def close(self, executor: Executor) -> None:
        """Stop its workers, and cancel the tasks that are not started."""
        ...

    def count(self) -> int:
        """The number of workers at the moment."""
        ...

    def gone(self) -> str:
        """Why there are no workers left; "" where there are some."""
        ...


class Workers:
    """The workers of a pool, which opens new ones when their processes die."""

    def __init__(self, pool: Pool, patience: float) -> None:
        """After `patience` seconds without a result, `pool` is asked whether it still has workers."""
        self._pool = pool
        self._patience = patience
        self._executor = pool.open()
        #: why there are no workers left
        self._gone = ""

    def close(self) -> None:
        """Stop the workers, and cancel the tasks that are not started."""
        self._pool.close(self._executor)

    def check(self, setup: Setup, chunks: Iterator[Chunk]) -> Iterator[Outcome]:
        """Check chunks concurrently and yield the outcomes in order. One whose worker dies is tried again, alone."""
        pending: deque[tuple[Chunk, Future[Examined]]] = deque()
        ended = waits = False
        while not ended or pending:
            waits = waits and bool(pending)
            while not (ended or waits or self._gone) and len(pending) < _AHEAD * self._pool.count():
                chunk = next(chunks, None)
                ended = chunk is None
                if chunk is not None:
                    pending.append((chunk, self._submitted(setup, chunk)))
                    waits = chunk.is_latest
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
        """`chunk`, submitted to a worker; a failed future where the workers have just died."""
        try:
            return self._executor.submit(examine, setup, chunk)
        except BrokenExecutor as error:
            failed: Future[Examined] = Future()
            failed.set_exception(error)
            return failed

    def _result(self, future: Future[Examined]) -> Examined:
        while True:
            try:
                return future.result(timeout=self._patience)
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
        """The pending chunks; those whose workers died are submitted again."""
        return deque((chunk, self._submitted(setup, chunk) if _died(future) else future) for chunk, future in pending)


def _died(future: Future[Examined]) -> bool:
    return future.cancelled() or (future.done() and isinstance(future.exception(), BrokenExecutor))


def _reason(error: Exception) -> str:
    if isinstance(error, BrokenExecutor):
        return f"the process that checked it died {_ATTEMPTS} times"
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


class Processes:
    """Processes of this machine; forks where possible, because those have the contract already."""

    lost: tuple[type[Exception], ...] = ()

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._context = multiprocessing.get_context("fork" if forks() else "spawn")
        #: nothing is ever sent through it: the processes end when it is closed
        self._lifeline: Connection | None = None

    def open(self) -> Executor:
        """An executor with `jobs` processes, which end with this one, however it ends."""
        theirs, self._lifeline = self._context.Pipe(duplex=False)
        lines = theirs, self._lifeline
        return ProcessPoolExecutor(self._jobs, mp_context=self._context, initializer=_begin, initargs=lines)

    def close(self, executor: Executor) -> None:
        """End the processes in the middle of their tasks, and cancel the others."""
        executor.shutdown(wait=False, cancel_futures=True)
        if self._lifeline is not None:
            self._lifeline.close()

    def count(self) -> int:
        """The number of processes; a pool with a dead process is replaced."""
        return self._jobs

    def gone(self) -> str:
        """Always "": new processes can be started at any time."""
        return ""


def forks() -> bool:
    """Whether new processes are forks of this one."""
    return "fork" in multiprocessing.get_all_start_methods() and multiprocessing.get_start_method() != "spawn"


def _begin(lifeline: Connection, others: Connection) -> None:
    """Leave interrupts to the parent, and end when it lets go of its end of the `lifeline`, or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A fork has both ends; as long as it kept this one, the line would stay open.
    others.close()
    threading.Thread(target=_end_with, args=(lifeline,), name="lifeline", daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        # At once: a chunk may take long, and nobody reads its result any more.
        os._exit(0)
