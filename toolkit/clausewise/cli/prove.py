"""`clausewise prove`: mutation testing of the gate."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import (
    asked_options,
    config_option,
    configured,
    core_count,
    flags_of,
    read_contract,
    spec_argument,
)
from clausewise.cli.show import say, show
from clausewise.options import ReportOptions, RunOptions


@click.command("prove", cls=Command)
@spec_argument
@click.option(
    "--min-score", type=click.FloatRange(0, 100), default=98.0, show_default=True, help="Percentage of mutants to kill."
)
@click.option("--jobs", type=click.IntRange(1), help="Number of processes.  [default: one for each core]")
@flags_of(RunOptions, "operations", "tags", "paths", "changed_since", "shard", "seed")
@config_option
@asked_options
@flags_of(ReportOptions, "output_dir")
@click.option("-v", "--verbose", is_flag=True, help="List equivalent mutants as well.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the score.")
def command(
    spec: str | None,
    min_score: float,
    jobs: int | None,
    config_file: Path | None,
    verbose: bool,
    quiet: bool,
    **flags: Any,
) -> int:
    """Break each clause of the contract in the mock, one at a time, and run the gate against each of these mutants.

    A mutant that the gate does not notice has survived. Equivalent mutants, which no HTTP message can distinguish from
    the intact mock, do not count; -v lists them.
    """
    from clausewise.report.folder import SHORT_WAIT, claimed
    from clausewise.report.mutation import lines
    from clausewise.report.write import write_proof
    from clausewise.runner.mutation import prove
    from clausewise.runner.selection import narrowed, why_none

    config = configured(config_file, **flags)
    contract = read_contract(spec, config)
    options = narrowed(contract, config.run)
    if options is None:
        say(f"note: {why_none(config.run)}: nothing to test", err=True)
        return 0
    with _progress(quiet) as progress:
        proof = prove(contract, options, jobs or core_count(), progress)
    show(lines(proof, quiet=quiet, verbose=verbose))
    folder = config.output.output_dir
    with claimed(folder, SHORT_WAIT):
        write_proof(proof, folder)
    if not quiet:
        say(f"reports: {folder}", err=True)
    if len(proof.results) < proof.mutants:
        return 130
    if not proof.results:
        say("clausewise: error: nothing was tested: the contract has no clause to break", err=True)
        return 2
    return 0 if proof.score >= min_score else 1


def _progress(quiet: bool) -> AbstractContextManager[Callable[[int, int, int], None] | None]:
    """A progress bar on stderr where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        return nullcontext()
    from clausewise.cli.progress import mutants

    return mutants()
