"""The registry of reports: the name of a format in, the module that renders it out."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol, cast

from clausewise.exchange import Exchange
from clausewise.report_table import REPORT_FORMATS
from clausewise.results.record import Run


class Reporter(Protocol):
    """Renders one format."""

    def render(self, run: Run, exchanges: Sequence[Exchange], /) -> bytes:
        """The content of the report.

        `exchanges` are those the run refers to, with secrets masked; formats that show no requests leave them alone.
        """


def reporter(name: str) -> Reporter:
    """The reporter of a format: the module of its name, imported when it is first needed.

    Raises KeyError for a name that is not in `REPORT_FORMATS`.
    """
    return cast(Reporter, importlib.import_module(f"clausewise.report.{REPORT_FORMATS[name].name}"))
