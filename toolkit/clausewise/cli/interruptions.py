"""How a command ends that is interrupted: Ctrl-C, SIGTERM as CI sends it, SIGHUP when a terminal is closed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: seconds after which an interruption that was lost comes again
_AGAIN = 0.05


def end_like_ctrl_c() -> None:
    """Make SIGTERM and SIGHUP end a command as Ctrl-C does, with a report."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and hasattr(signal, "pthread_sigmask"):
        # A job that a shell starts in the background ignores SIGINT. Blocking it has the same effect, and lets asyncio
        # install its own handler, which cancels a run at an `await` and not in the middle of a statement.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    here = os.getpid()

    def end(number: int, frame: FrameType | None) -> None:
        interrupt = signal.getsignal(signal.SIGINT)
        if os.getpid() != here or not callable(interrupt):
            # A forked worker ends as it would without this handler.
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        else:
            interrupt(signal.SIGINT, frame)

    if not isinstance(sys.unraisablehook, _OnceMore):
        sys.unraisablehook = _OnceMore(sys.unraisablehook)
    signal.signal(signal.SIGTERM, end)
    hang_up = getattr(signal, "SIGHUP", None)
    # Under `nohup` a command outlives its terminal.
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        signal.signal(hang_up, end)


def interrupt_no_more() -> None:
    """The exit status is known: nothing that comes now changes it."""
    numbers = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}
    if hasattr(signal, "pthread_sigmask"):
        # At once, before the first handler is replaced.
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


class _Once:
    """A handler of SIGINT that interrupts once, however often the signal comes; forks it never interrupts."""

    def __init__(self) -> None:
        self._here = os.getpid()
        self.has_interrupted = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() == self._here and not self.has_interrupted:
            self.has_interrupted = True
            raise KeyboardInterrupt


@contextmanager
def heeded_once() -> Iterator[None]:
    """The body is interrupted once, and can then come to its end in peace. To be used while signals are `held_off`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _Once())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _OnceMore:
    """Python drops what is raised in a callback, after a fork or of the garbage collector: an interruption that hit one
    comes again a moment later."""

    def __init__(self, otherwise: Callable[[sys.UnraisableHookArgs], object]) -> None:
        self._otherwise = otherwise

    def __call__(self, lost: sys.UnraisableHookArgs) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            self._otherwise(lost)
            return
        handler = signal.getsignal(signal.SIGINT)
        if isinstance(handler, _Once):
            handler.has_interrupted = False
        timer = threading.Timer(_AGAIN, _interrupt)
        timer.daemon = True
        timer.start()


def _interrupt() -> None:
    from clausewise.runner.interruption import interrupt

    interrupt()


@contextmanager
def held_off() -> Iterator[None]:
    """Nothing interrupts meanwhile: what a run found is written and told, however often somebody presses Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
