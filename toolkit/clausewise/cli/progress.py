"""The progress bar of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import rich.progress
from rich.console import Console

from clausewise.report.text import counted
from clausewise.run import Progress


@contextmanager
def bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on stderr that goes away when the run ends."""
    shown = rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TextColumn("{task.fields[told]}"),
        console=Console(stderr=True),
        transient=True,
    )
    with shown:
        task = shown.add_task("clauses", total=None, told="")

        def update(progress: Progress) -> None:
            told = counted(progress.requests, "request")
            if progress.observations:
                told += f", {counted(progress.observations, 'broken answer')}"
            shown.update(task, completed=progress.decided, total=progress.clauses, told=told)

        yield update
