"""Prints the faults of a scan that takes a while as they are seen."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

import click

from clausewise.report.scan_text import sight
from clausewise.report.terminal import Line, text, use_color

if TYPE_CHECKING:
    from clausewise.validation.scan import ScanProgress
    from clausewise.validation.sights import Sight

#: seconds after which a scan prints what it has found so far
SOON = 2.0

#: faults of one rule that are printed before the end
_OF_ONE_RULE = 10


class FirstSights:
    """Prints faults on stderr when they are seen for the first time. A scan that is soon over prints only its findings,
    at its end."""

    def __init__(self, color: str) -> None:
        self._color = color
        self._begun = monotonic()
        self._waiting: list[Sight] = []
        self._counts: Counter[str] = Counter()

    def would_print(self, progress: ScanProgress) -> bool:
        """Whether there is anything to print by now."""
        return bool(self._waiting or progress.new) and monotonic() - self._begun >= SOON

    def show(self, progress: ScanProgress) -> None:
        """Print what is new, if the scan has gone on for a while."""
        would_print = self.would_print(progress)
        self._waiting += progress.new
        if not would_print:
            return
        if not self._counts:
            click.echo("found so far; the end has all of it, with the places in the contract:", err=True)
        colored = use_color(self._color, sys.stderr, os.environ)
        click.echo(text(self._lines(), color=colored), nl=False, err=True, color=colored)
        self._waiting.clear()

    def _lines(self) -> Iterator[Line]:
        for each in self._waiting:
            self._counts[each.rule] += 1
            if self._counts[each.rule] <= _OF_ONE_RULE:
                yield sight(each.severity, each.place, each.rule, each.message)
            elif self._counts[each.rule] == _OF_ONE_RULE + 1:
                yield (f"more of [{each.rule}] are listed at the end",)
