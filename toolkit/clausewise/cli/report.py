"""`clausewise report`: reports from recorded runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clausewise.cli.help import Command
from clausewise.cli.on_github import workflow_commands
from clausewise.cli.options import config_option, configured, display_options, flags_of
from clausewise.cli.show import say, show, width
from clausewise.errors import UsageError
from clausewise.options import ReportOptions

if TYPE_CHECKING:
    from clausewise.report.terminal import Line
    from clausewise.results.record import Run


@click.command("report", cls=Command)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--merge", "merged", is_flag=True, help="Merge several runs of one contract, and judge the merged run.")
@config_option
@flags_of(ReportOptions)
@display_options
def command(
    runs: tuple[Path, ...],
    merged: bool,
    config_file: Path | None,
    output_dir: Path | None,
    reports: tuple[str, ...] | None,
    exit_zero: bool,
    color: str,
    quiet: bool,
    verbose: int,
) -> int:
    """Write reports from a recorded run: RUN is its run.json, or the folder that holds it.

    Without --output-dir the reports are written beside the record. The exchanges are read from the file beside the
    record. A folder of a run that was killed, or still goes on, gives the reports of what was recorded so far, marked
    incomplete. The exit status is 0; the gate judges a merged run and an incomplete one, by the thresholds and waivers
    of the configuration, and an incomplete one never passes.
    """
    from clausewise.cli.saved_run import judged, read
    from clausewise.recordings import ndjson
    from clausewise.report.folder import SHORT_WAIT, claimed
    from clausewise.report.write import write_reports
    from clausewise.results.collector import EXCHANGES
    from clausewise.results.merge import merge

    if len(runs) > 1 and not merged:
        raise UsageError(f"{len(runs)} runs are named", remedy="give --merge to merge them, or name one")
    config = configured(config_file, output_dir=output_dir, reports=reports)
    formats: tuple[str, ...] = config.output.reports
    parts = [read(path) for path in runs]
    home = Path(parts[0].name).parent
    run, exchanges = merge(parts) if merged else (parts[0].run, parts[0].exchanges)
    folder = config.output.output_dir if merged else output_dir or home
    is_new = run.gate is None
    if is_new:
        run = judged(run, config.policy)
    if any(folder.resolve() == Path(part.name).parent.resolve() for part in parts):
        if merged:
            raise UsageError(
                f"the merged run would replace one of its parts in {folder}", remedy="give another --output-dir"
            )
        if not is_new:
            # The record is already there.
            formats = tuple(name for name in formats if name != "json")
    # A run that still goes on has its folder, and replaces its reports in the end.
    own = folder.resolve() == home.resolve()
    with nullcontext() if own else claimed(folder, SHORT_WAIT):
        write_reports(run, folder, formats, exchanges)
        if merged and exchanges:
            ndjson.write(folder / EXCHANGES, exchanges)
        elif exchanges and not own:
            shutil.copy(home / Path(run.exchanges).name, folder / EXCHANGES)
    with workflow_commands(run):
        show(_text(run, quiet=quiet, verbose=verbose), color)
        if not quiet:
            say(f"reports: {folder}", err=True)
    failed = is_new and run.gate is not None and not run.gate.passed
    return 1 if failed and not exit_zero else 0


def _text(run: Run, *, quiet: bool, verbose: int) -> Iterable[Line]:
    """A run as `test` prints it, or recordings as `validate` does, without their lines, which may have changed."""
    from clausewise.report import run_text, scan_text

    columns = width(verbose)
    if run.scan is None or run.target.kind != "recording":
        return run_text.verdict(run) if quiet else run_text.lines(run, verbose, width=columns)
    return scan_text.verdict(run) if quiet else scan_text.lines(run, lambda _file, _line: None, verbose, columns)
