"""The progress bars of commands that take a while; they go away when the command is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import rich.progress
from rich.console import Console

from clausewise.report.text import counted
from clausewise.runner.run import Progress


@contextmanager
def bar() -> Iterator[Callable[[Progress], None]]:
    """How many of a run's clauses are decided."""
    with _shown("clauses") as update:

        def tell(progress: Progress) -> None:
            told = counted(progress.requests, "request")
            if progress.observations:
                told += f", {counted(progress.observations, 'broken answer')}"
            update(progress.decided, progress.clauses, told)

        yield tell


@contextmanager
def mutants() -> Iterator[Callable[[int, int, int], None]]:
    """How many mutants have been tried."""
    with _shown("mutants") as update:

        def tell(tried: int, total: int, survived: int) -> None:
            update(tried, total, counted(survived, "survivor") if survived else "")

        yield tell


@contextmanager
def _shown(what: str) -> Iterator[Callable[[int, int, str], None]]:
    shown = rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TextColumn("{task.fields[told]}"),
        console=Console(stderr=True),
        transient=True,
    )
    with shown:
        task = shown.add_task(what, total=None, told="")
        yield lambda done, total, told: shown.update(task, completed=done, total=total, told=told)
