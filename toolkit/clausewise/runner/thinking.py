"""A thread in which the phases compute, so that the event loop is free to send requests and to read answers.

There is one thread for all phases of a run: they share what the run knows, and two of them never work at once. It
computes a few cases ahead of those who send them.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from time import perf_counter
from typing import Any, Generic, TypeVar

from clausewise.transport.base import fulfil

T = TypeVar("T")


class _GivenUp(asyncio.CancelledError):
    """What is being computed is no longer wanted."""


#: cases computed at once: at most so many, and for at most so many seconds
_MOST = 16
_SECONDS = 0.01


class Thinker:
    """Calls functions one after the other, in a thread of its own that never keeps the program from ending."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_busy = False
        #: held when `_is_busy` changes, so that only what it stands for is given up
        self._change = threading.Lock()

    async def do(self, function: Callable[[], T]) -> T:
        """The result of `function`. If the caller is cancelled, it is not called, or called to its end for nobody."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True, name="clausewise phases")
            self._thread.start()
        outcome: Future[T] = Future()
        self._calls.put(partial(fulfil, outcome, partial(self._computed, function)))
        return await asyncio.wrap_future(outcome)

    async def rest(self, seconds: float) -> None:
        """Wait for what is being computed, for so many seconds."""
        if self._thread is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.do(lambda: None), seconds)

    def end(self) -> None:
        """Let the thread end. What it computes now is given up: the rest of the run needs the processor."""
        self._calls.put(None)
        with self._change:
            if self._is_busy and self._thread is not None and self._thread.ident is not None:
                thread = ctypes.c_ulong(self._thread.ident)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_GivenUp))

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()

    def _computed(self, function: Callable[[], T]) -> T:
        with self._change:
            self._is_busy = True
        try:
            return function()
        finally:
            with self._change:
                self._is_busy = False


class Ahead(Generic[T]):
    """The items of an iterable, computed by `thinker` shortly before they are taken; those of a list are there."""

    def __init__(self, thinker: Thinker, items: Iterable[T]) -> None:
        self._thinker = thinker
        self._ready: deque[T] = deque(items if isinstance(items, Sequence) else ())
        self._rest: Iterator[T] | None = None if isinstance(items, Sequence) else iter(items)
        self._size = 1
        self._coming: asyncio.Future[list[T]] | None = None
        self._turn = asyncio.Lock()

    async def next(self) -> T | None:
        """The next item; None behind the last."""
        async with self._turn:
            if not self._ready and (self._coming is not None or self._rest is not None):
                self._ready.extend(await (self._coming or self._asked()))
                # While these are sent, the next ones are computed.
                self._coming = self._asked() if self._rest is not None else None
            return self._ready.popleft() if self._ready else None

    def close(self) -> None:
        """Nothing more is taken."""
        if self._coming is not None:
            self._coming.cancel()

    def _asked(self) -> asyncio.Future[list[T]]:
        return asyncio.ensure_future(self._thinker.do(self._some))

    def _some(self) -> list[T]:
        """The next few items. They grow in number, because the first are wanted at once."""
        assert self._rest is not None
        until, found = perf_counter() + _SECONDS, list[Any]()
        for item in self._rest:
            found.append(item)
            if len(found) >= self._size or perf_counter() >= until:
                break
        else:
            self._rest = None
        self._size = min(2 * self._size, _MOST)
        return found
