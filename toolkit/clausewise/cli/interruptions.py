"""How a command ends that is interrupted: Ctrl-C, SIGTERM as CI sends it, SIGHUP when a terminal is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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
