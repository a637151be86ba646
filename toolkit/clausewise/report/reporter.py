"""The registry of reports: finds the module that renders a format."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol, cast

from clausewise.exchange import Exchange
from clausewise.report_table import REPORT_FORMATS
from clausewise.results.record import Run


class Reporter(Protocol):
    """A module that renders one format."""

    def render(self, run: Run, exchanges: Sequence[Exchange], /) -> bytes:
        """The content of the report.

        `exchanges` are those that the run refers to, with masked secrets; formats without requests ignore them.
        """


def reporter(name: str) -> Reporter:
    """The reporter of a format: the module with its name, imported when it is first needed.

    Raises KeyError for a name that is not in `REPORT_FORMATS`.
    """
    return cast(Reporter, importlib.import_module(f"clausewise.report.{REPORT_FORMATS[name].name}"))
