"""Lines that a server prints while it serves. It never waits for whoever reads them."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clausewise.report.text import one_line
from clausewise.wording import counted

#: lines that wait for a reader; more are left out, and counted
_WAITING = 10_000

#: seconds that the last lines have at the end
_AT_THE_END = 1.0


class LineLog:
    """Prints lines on the standard output, from a thread of its own: a program that started the server and does not
    read what it prints would otherwise stop it when the pipe is full."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(_WAITING)
        self._left_out = 0
        self._thread = threading.Thread(target=self._print, name="log", daemon=True)

    def __call__(self, line: str) -> None:
        """Print a line, which may hold what others sent."""
        try:
            if self._left_out:
                self._lines.put_nowait(f"{counted(self._left_out, 'line')} left out, because nobody read them")
                self._left_out = 0
            self._lines.put_nowait(one_line(line))
        except queue.Full:
            self._left_out += 1

    @contextmanager
    def printing(self) -> Iterator[LineLog]:
        """Prints meanwhile; at the end what still waits, if somebody reads it."""
        sys.stdout.flush()
        self._thread.start()
        try:
            yield self
        finally:
            try:
                self._lines.put_nowait(None)
                self._thread.join(_AT_THE_END)
            except queue.Full:
                pass

    def _print(self) -> None:
        output = sys.stdout.fileno()
        while (line := self._lines.get()) is not None:
            written = f"{line}\n".encode("utf-8", "replace")
            try:
                while written:
                    written = written[os.write(output, written) :]
            except OSError:
                # Its reader has ended; the server goes on.
                return
