"""A limit on time that holds also where no event loop runs, and interruptions that a busy event loop cannot overlook.

`asyncio` ends a run at an `await`. Before the loop starts there is none, and an app in this process that computes or
sleeps without one keeps the loop busy for as long as it likes. Only the main thread can be interrupted: in another one
the limit holds at an `await` alone.
"""

from __future__ import annotations

import signal
import threading
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from types import FrameType
from typing import TYPE_CHECKING, Any

import msgspec

from clausewise.errors import UsageError

if TYPE_CHECKING:
    import asyncio

#: seconds that a loop may take to react before it is interrupted in the middle of what it does
_PATIENCE = 1.5


class Deadline(msgspec.Struct, frozen=True):
    """The limit on the time of a command, which began to read its document at `begun`."""

    #: None for no limit
    seconds: float | None
    #: by `monotonic`, which is also the time of an event loop
    begun: float

    @classmethod
    def of(cls, seconds: float | None) -> Deadline:
        """A limit of so many seconds from now on."""
        return cls(seconds, monotonic())

    @property
    def at(self) -> float | None:
        """When it is reached, by `monotonic`; None for never."""
        return self.begun + self.seconds if self.seconds is not None else None

    @property
    def left(self) -> float | None:
        """Seconds that are left; None for any number."""
        return max(0.0, self.at - monotonic()) if self.at is not None else None

    def passed(self, doing: str) -> UsageError:
        """The error where it is reached before anything is sent; `doing` completes "... while"."""
        return UsageError(f"the limit of {self.seconds:g} s was reached while {doing}", remedy="set a longer max-time")

    @contextmanager
    def cutting(self, doing: str) -> Iterator[None]:
        """Interrupt the body when it is reached. A body that takes an interruption ends then as it does otherwise;
        UsageError as by `limiting` where it does not. It runs no event loop."""
        heard = threading.Event()
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or not callable(before):
            yield
            return

        def hear(number: int, frame: FrameType | None) -> None:
            heard.set()
            before(number, frame)

        signal.signal(signal.SIGINT, hear)
        try:
            with self.limiting(doing, heard):
                yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextmanager
    def limiting(self, doing: str, heard: threading.Event | None = None) -> Iterator[None]:
        """Raise UsageError, which says `doing` what, where the body does not end in time. An interruption that was
        `heard` is none that is still on its way."""
        if self.left is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        lock, state = threading.Lock(), {"ended": False, "passed": False}

        def end() -> None:
            with lock:
                if not state["ended"]:
                    state["passed"] = True
                    interrupt()

        timer = threading.Timer(self.left, end)
        timer.daemon = True
        try:
            timer.start()
            yield
            with lock:
                state["ended"] = True
            while state["passed"] and not (heard is not None and heard.is_set()):
                # The interruption is on its way.
                sleep(0.01)
        except KeyboardInterrupt:
            if not state["passed"]:
                raise
            raise self.passed(doing) from None
        finally:
            timer.cancel()


class Insistence:
    """Interrupts an event loop again that does not react to an interruption, or to the end of its time."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._is_main = threading.current_thread() is threading.main_thread()
        self._before = signal.getsignal(signal.SIGINT) if self._is_main else None
        self._ended = threading.Event()
        #: whether the loop was interrupted because its time was over, and by nobody else
        self.is_over = False
        #: whether the next signal is our own
        self._insists = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """Watch the loop that is running from now on."""
        inner = signal.getsignal(signal.SIGINT) if self._is_main else None
        if not callable(inner) or not callable(self._before):
            return
        # A command that sends nothing has a deadline, and no event loop.
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_complain)
        if self._deadline.left is not None:
            self._watch(self._deadline.left, is_limit=True)

        def insist(number: int, frame: FrameType | None) -> None:
            if self._insists:
                self._insists = False
                raise KeyboardInterrupt
            self._watch(0.0, is_limit=False)
            inner(number, frame)

        signal.signal(signal.SIGINT, insist)

    def end(self) -> None:
        """The loop has come to its end."""
        self._ended.set()
        if self._loop is not None:
            signal.signal(signal.SIGINT, self._before)

    def _watch(self, after: float, *, is_limit: bool) -> None:
        """Look from then on, `after` so many seconds, whether the loop reacts."""
        threading.Thread(target=self._insist, args=(after, is_limit), daemon=True, name="clausewise insistence").start()

    def _insist(self, after: float, is_limit: bool) -> None:
        assert self._loop is not None
        if self._ended.wait(after):
            return
        while not self._ended.is_set():
            heard = threading.Event()
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(heard.set)
            if heard.wait(_PATIENCE):
                self._ended.wait(_PATIENCE)
            elif not self._ended.is_set():
                self.is_over = self.is_over or is_limit
                self._insists = True
                interrupt()


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what went wrong in a task that nobody waits for; an interruption is nothing wrong."""
    if not isinstance(context.get("exception"), KeyboardInterrupt):
        loop.default_exception_handler(context)


def interrupt() -> None:
    """Have the main thread handle SIGINT, and wake it where it waits for the system."""
    mask: Callable[..., set[int]] | None = getattr(signal, "pthread_sigmask", None)
    thread = threading.main_thread().ident
    if mask is None or thread is None or signal.SIGINT in mask(signal.SIG_BLOCK, ()):
        interrupt_main()
    else:
        signal.pthread_kill(thread, signal.SIGINT)
