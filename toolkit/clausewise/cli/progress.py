"""The progress bars of commands that take a while; they go away when the command is done. Rich draws them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING, Any

from clausewise.cli.first_sights import FirstSights
from clausewise.wording import counted

if TYPE_CHECKING:
    from rich import progress as rich_progress

    from clausewise.runner.events import Event, Listener
    from clausewise.validation.scan import ScanProgress, Show

#: seconds between two looks of the bar of `validate`
_EVERY = 0.2


@contextmanager
def clauses() -> Iterator[tuple[Listener, ...]]:
    """How many of a run's clauses are decided."""
    from clausewise.runner.events import ProgressMade

    with _counting("clauses") as update:

        def show(event: Event) -> None:
            if isinstance(event, ProgressMade):
                detail = counted(event.requests, "request")
                if event.observations:
                    detail += f", {counted(event.observations, 'broken answer')}"
                update(event.decided, event.clauses, detail)

        yield (show,)


@contextmanager
def mutants() -> Iterator[Callable[[int, int, int], None]]:
    """How many mutants have been tried."""
    with _counting("mutants") as update:

        def show(tried: int, total: int, survived: int) -> None:
            update(tried, total, counted(survived, "survivor") if survived else "")

        yield show


@contextmanager
def reading(color: str) -> Iterator[Show]:
    """The faults of a scan as they are seen, and on a terminal how much of a file is read, at which rate, and how long
    the rest takes; all of it where reading takes a while."""
    with ExitStack() as stack:
        bar: _ReadingBar | None = None
        sights = FirstSights(color)
        draws = sys.stderr.isatty()

        def show(progress: ScanProgress) -> None:
            nonlocal bar
            if bar is None and draws and progress.done is not None and progress.done != progress.total:
                bar = _ReadingBar(stack)
            with bar.away() if bar is not None and sights.would_print(progress) else nullcontext():
                sights.show(progress)
            if bar is not None:
                bar.show(progress)

        yield show


@contextmanager
def _counting(noun: str) -> Iterator[Callable[[int, int, str], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

    with _bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()) as bar:
        task = bar.add_task(noun, total=None, detail="")
        yield lambda done, total, detail: bar.update(task, completed=done, total=total, detail=detail)


class _ReadingBar:
    """Without a thread of its own: worker processes are forks of this one."""

    def __init__(self, stack: ExitStack) -> None:
        from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn

        columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
        self._bar = _bar(*columns, auto_refresh=False)
        stack.enter_context(self._bar)
        self._task = self._bar.add_task("", total=None, detail="")
        self._last = 0.0

    @contextmanager
    def away(self) -> Iterator[None]:
        """The bar is not drawn meanwhile, so that something else can be printed."""
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()

    def show(self, progress: ScanProgress) -> None:
        detail = counted(progress.exchanges, "exchange")
        if progress.faults:
            detail += f", {counted(progress.faults, 'fault')}"
        if progress.done is not None:
            self._bar.update(self._task, completed=progress.done, total=progress.total)
        self._bar.update(self._task, detail=detail)
        if monotonic() - self._last >= _EVERY:
            self._last = monotonic()
            self._bar.refresh()


def _bar(*columns: rich_progress.ProgressColumn, **options: Any) -> rich_progress.Progress:
    """A bar on stderr with its detail behind it; rich colours it where the terminal can and NO_COLOR is not set."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    detail = TextColumn("{task.fields[detail]}")
    return Progress(*columns, detail, console=Console(stderr=True), transient=True, **options)
