"""Lines on the standard output, in colour where `--color` and the terminal allow it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

from clausewise.report.terminal import Line, text, use_color


def show(lines: Iterable[Line], color: str = "auto") -> None:
    """Print `lines`; `color` is what `--color` says: "auto", "always" or "never"."""
    colored = use_color(color, sys.stdout, os.environ)
    click.echo(text(lines, color=colored), nl=False, color=colored)
