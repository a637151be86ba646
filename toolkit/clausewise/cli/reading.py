"""The progress bar of `clausewise validate`, which appears only where reading takes a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import Any

from clausewise.report.text import counted
from clausewise.validation.scan import Progress, Show

#: seconds between two looks of the bar
_EVERY = 0.2


@contextmanager
def reading() -> Iterator[Show]:
    """How much of a file is read, at which rate, and how long the rest takes; on stderr."""
    with ExitStack() as stack:
        bar: _Bar | None = None

        def show(progress: Progress) -> None:
            nonlocal bar
            if bar is None and (progress.total is None or progress.done < progress.total):
                bar = _Bar(stack)
            if bar is not None:
                bar.show(progress)

        yield show


class _Bar:
    """Without a thread of its own: worker processes are forks of this one."""

    def __init__(self, stack: ExitStack) -> None:
        from rich import progress
        from rich.console import Console

        self._shown: Any = progress.Progress(
            progress.BarColumn(),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[told]}"),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
        )
        stack.enter_context(self._shown)
        self._task = self._shown.add_task("", total=None, told="")
        self._last = 0.0

    def show(self, progress: Progress) -> None:
        told = counted(progress.exchanges, "exchange")
        if progress.faults:
            told += f", {counted(progress.faults, 'fault')}"
        self._shown.update(self._task, completed=progress.done, total=progress.total, told=told)
        if monotonic() - self._last >= _EVERY:
            self._last = monotonic()
            self._shown.refresh()
