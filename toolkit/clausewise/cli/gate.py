"""`clausewise gate`: what CI runs."""

from __future__ import annotations

from pathlib import Path

import click

from clausewise.cli.options import config_option, output_options, report_formats, settings, spec_path
from clausewise.errors import ConfigError, UsageError


@click.command("gate")
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Findings that are known: a baseline file, or the run.json of the base branch.",
)
@click.option("--update-baseline", is_flag=True, help="Write what is found to the baseline file: it is known then.")
@config_option
@output_options
def command(
    baseline: Path | None,
    update_baseline: bool,
    config_file: Path | None,
    output_dir: Path | None,
    report: str | None,
    exit_zero: bool,
    color: str,
    quiet: bool,
    verbose: int,
) -> int:
    """Test what [tool.clausewise] in pyproject.toml names, and judge it by its thresholds, baseline and waivers.

    Only findings that the baseline does not know count.
    """
    from clausewise.cli.drive import Output, drive
    from clausewise.cli.test import open_target
    from clausewise.contract.compile import load
    from clausewise.gate import read_baseline, write_baseline

    config = settings(config_file)
    if config.file is None:
        raise ConfigError(
            "no pyproject.toml with a [tool.clausewise] table was found here or above",
            remedy="write one, or use `clausewise test`",
        )
    if config.target is None:
        raise ConfigError(f"{config.file} names no target", remedy='set target = { url = "http://..." }')
    formats = report_formats(report, config)
    baseline = baseline or config.baseline
    if update_baseline and baseline is None:
        raise UsageError("there is no baseline file to update", remedy=f"set baseline in {config.file}")
    known = read_baseline(baseline) if baseline and not update_baseline else frozenset()
    contract = load(spec_path(None, config))
    output = Output(output_dir or config.output_dir, formats, quiet, verbose, color, exit_zero or update_baseline)
    target = open_target(config.target.url, config.target.app, contract, config)
    status, result = drive(contract, target, config, output, known=known)
    if update_baseline and status == 0 and baseline is not None:
        write_baseline(baseline, result.run)
        click.echo(f"baseline: {len(result.run.findings)} findings are known now ({baseline})", err=True)
    gone = known - {finding.id for finding in result.run.findings}
    if gone and not quiet and result.stopped is None and not result.interrupted:
        were = "finding that the baseline knows was" if len(gone) == 1 else "findings that the baseline knows were"
        click.echo(f"note: {len(gone)} {were} not seen; --update-baseline forgets what is gone", err=True)
    return status
