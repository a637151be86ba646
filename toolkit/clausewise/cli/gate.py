"""`clausewise gate`: what CI runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from clausewise.cli.options import config_option, output_options, report_formats, settings, spec_argument, spec_path
from clausewise.config import Config, Target
from clausewise.errors import ConfigError, UsageError


@click.command("gate")
@spec_argument
@click.option("--url", metavar="URL", help="Base URL of a running server.")
@click.option("--app", metavar="MODULE:APP", help="An ASGI or WSGI app, called in this process.")
@click.option("--mock", is_flag=True, help="The contract's own mock, in this process.")
@click.option("-H", "--header", "headers", metavar="'NAME: VALUE'", multiple=True, help="Sent with every request.")
@click.option("--allow-writes", type=click.IntRange(0), metavar="N", help="Requests that may change something.")
@click.option(
    "--min-coverage", type=click.FloatRange(0, 100), metavar="PERCENT", help="Clauses that must be upheld, of all."
)
@click.option("--max-errors", type=click.IntRange(0), metavar="N", help="New errors that are let pass.")
@click.option("--max-warnings", type=click.IntRange(0), metavar="N", help="New warnings that are let pass.")
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
    spec: str | None,
    url: str | None,
    app: str | None,
    mock: bool,
    headers: tuple[str, ...],
    allow_writes: int | None,
    min_coverage: float | None,
    max_errors: int | None,
    max_warnings: int | None,
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

    What is given here goes before what is written there. Only findings that the baseline does not know count.
    """
    from clausewise.cli.drive import Output, drive
    from clausewise.cli.test import open_target
    from clausewise.config import header_values
    from clausewise.contract.contract import load
    from clausewise.results.gate import read_baseline, write_baseline

    config = settings(config_file)
    config = _with(config, allow_writes=allow_writes, min_coverage=min_coverage, target=_target(url, app, mock))
    limits = {name: value for name, value in (("error", max_errors), ("warning", max_warnings)) if value is not None}
    config = _with(config, max_findings=msgspec.structs.replace(config.max_findings, **limits))
    if config.target is None or (spec is None and config.spec is None):
        missing = "target" if config.target is None else "OpenAPI document"
        if config.file is None:
            raise ConfigError(
                f"no {missing} is named, and no pyproject.toml with a [tool.clausewise] table was found here or above",
                remedy="write one, or use `clausewise test`",
            )
        remedy = 'set target = { url = "http://..." }' if config.target is None else 'set spec = "..."'
        raise ConfigError(f"{config.file} names no {missing}", remedy=remedy)
    formats = report_formats(report, config)
    baseline = baseline or config.baseline
    if update_baseline and baseline is None:
        raise UsageError("there is no baseline file to update", remedy="name it with --baseline")
    known = read_baseline(baseline) if baseline and not update_baseline else frozenset()
    sent = header_values(headers, os.environ)
    contract = load(spec_path(spec, config))
    output = Output(output_dir or config.output_dir, formats, quiet, verbose, color, exit_zero or update_baseline)
    target = open_target(config.target.url, config.target.app, contract, config)
    status, result = drive(contract, target, config, output, headers=sent, known=known)
    if update_baseline and status == 0 and baseline is not None:
        write_baseline(baseline, result.run)
        click.echo(f"baseline: {len(result.run.findings)} findings are known now ({baseline})", err=True)
    gone = known - {finding.id for finding in result.run.findings}
    if gone and not quiet and result.stopped is None and not result.interrupted:
        were = "finding that the baseline knows was" if len(gone) == 1 else "findings that the baseline knows were"
        click.echo(f"note: {len(gone)} {were} not seen; --update-baseline forgets what is gone", err=True)
    return status


def _with(config: Config, **fields: Any) -> Config:
    return msgspec.structs.replace(config, **{name: value for name, value in fields.items() if value is not None})


def _target(url: str | None, app: str | None, mock: bool) -> Target | None:
    """The target that was given; None where none was. Raises UsageError for more than one, and for odd ones."""
    if url is None and app is None and not mock:
        return None
    if sum((url is not None, app is not None, mock)) > 1:
        raise UsageError("--url, --app and --mock exclude one another")
    try:
        return Target(url=url, app=app, mock=mock)
    except ValueError as error:
        raise UsageError(str(error)) from None
