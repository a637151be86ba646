"""The progress bar of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import rich.progress
from rich.console import Console

from clausewise.run import Progress


@contextmanager
def bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on stderr that goes away when the run ends."""
    shown = rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TextColumn("{task.fields[seen]}"),
        console=Console(stderr=True),
        transient=True,
    )
    with shown:
        task = shown.add_task("requests", total=None, seen="")

        def update(progress: Progress) -> None:
            seen = f"{progress.observations} broken answers" if progress.observations else ""
            shown.update(task, completed=progress.done, total=progress.planned, seen=seen)

        yield update
