"""The values that a shell offers for an option or an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from clausewise.phase_table import ALL, PHASES
from clausewise.report_table import REPORT_FILES

#: gives the values that begin with what is typed
Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def rules(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """The slugs of rules."""
    from clausewise.results.rules import RULES

    return [slug for slug in RULES if slug.startswith(typed)]


def _operations(context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """The operations of the document that the line names, or the configuration, where that is a file."""
    from clausewise.cli.options import configured
    from clausewise.config import is_url
    from clausewise.contract.contract import load
    from clausewise.errors import ClausewiseError
    from clausewise.retrieval.contracts import reading_of

    # The option that is completed has no value yet: of such a line click reads no arguments, and leaves them in `args`.
    spec = next(iter([*context.args, *(context.params.get("arguments") or ())]), context.params.get("spec"))
    file = context.params.get("config_file")
    try:
        config = configured(Path(file) if file else None)
        spec = spec or config.spec
        if spec is None or is_url(spec):
            return []
        contract = load(spec, **reading_of(config))
    except (ClausewiseError, OSError):
        # What is wrong is for the command to say.
        return []
    return [operation.key for operation in contract.operations if operation.key.startswith(typed)]


def _list_of(values: Iterable[str]) -> Complete:
    """Values of a list with commas: the last one is completed, with any that is not there yet."""

    def complete(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
        before, comma, last = typed.rpartition(",")
        taken = before.split(",")
        return [f"{before}{comma}{value}" for value in values if value.startswith(last) and value not in taken]

    return complete


#: name of an option -> what completes it
COMPLETIONS: dict[str, Complete] = {
    "phases": _list_of((*PHASES, ALL)),
    "reports": _list_of(REPORT_FILES),
    "operations": _operations,
    "operation": _operations,
    "known_unaccepted": _operations,
}
