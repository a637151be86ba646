"""`clausewise test`: drive a target and check it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from clausewise.cli.options import (
    config_option,
    output_options,
    report_formats,
    seed_option,
    settings,
    spec_argument,
    spec_path,
)
from clausewise.config import Config
from clausewise.errors import UsageError
from clausewise.phase_table import DEFAULT_PHASES, PHASES

if TYPE_CHECKING:
    from clausewise.contract.contract import Contract
    from clausewise.runner.targets import Target


@click.command("test")
@spec_argument
@click.option("--url", metavar="URL", help="Base URL of a running server.")
@click.option("--app", metavar="MODULE:APP", help="An ASGI or WSGI app, called in this process.")
@click.option("--mock", is_flag=True, help="The contract's own mock, in this process.")
@click.option("--operation", "operations", metavar="ID", multiple=True, help="Only this operation (repeatable).")
@click.option("--phase", metavar="LIST", help=f"Of {', '.join(PHASES)}.  [default: {', '.join(DEFAULT_PHASES)}]")
@click.option("-H", "--header", "headers", metavar="'NAME: VALUE'", multiple=True, help="Sent with every request.")
@click.option("--other-header", "others", metavar="'NAME: VALUE'", multiple=True, help="Another user's credentials.")
@click.option("--connections", type=click.IntRange(1, 256), help="Connections kept open.  [default: 8]")
@click.option("--max-requests", type=click.IntRange(1), metavar="N", help="Stop after so many requests.")
@click.option(
    "--max-examples", type=click.IntRange(1), metavar="N", help="Values drawn in properties and engine.  [default: 100]"
)
@click.option("--max-time", type=click.FloatRange(0, min_open=True), metavar="S", help="Stop after so many seconds.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="Requests per second at most.")
@click.option(
    "--allow-writes", type=click.IntRange(0), metavar="N", help="Requests that may change something, at most."
)
@seed_option
@config_option
@output_options
def command(
    spec: str | None,
    url: str | None,
    app: str | None,
    mock: bool,
    operations: tuple[str, ...],
    phase: str | None,
    headers: tuple[str, ...],
    others: tuple[str, ...],
    connections: int | None,
    max_requests: int | None,
    max_examples: int | None,
    max_time: float | None,
    rate: float | None,
    allow_writes: int | None,
    seed: int | None,
    config_file: Path | None,
    output_dir: Path | None,
    report: str | None,
    exit_zero: bool,
    color: str,
    quiet: bool,
    verbose: int,
) -> int:
    """Drive a target and check every clause of the contract.

    SPEC is the OpenAPI document; it defaults to the configuration's. A header value of the form env:NAME is read from
    the environment.
    """
    from clausewise.cli.drive import Output, drive
    from clausewise.config import header_values
    from clausewise.contract.contract import load

    config = settings(config_file)
    given = {
        "operations": operations or None,
        "phases": _phases(phase),
        "connections": connections,
        "max_requests": max_requests,
        "max_examples": max_examples,
        "max_time": max_time,
        "rate": rate,
        "allow_writes": allow_writes,
        "seed": seed,
    }
    config = msgspec.structs.replace(config, **{name: value for name, value in given.items() if value is not None})
    # How much of the contract must be covered is the gate's to ask; a run of one phase or operation is no failure.
    config = msgspec.structs.replace(config, min_coverage=None)
    formats = report_formats(report, config)
    sent, foreign = header_values(headers, os.environ), header_values(others, os.environ)
    if sum((url is not None, app is not None, mock)) > 1:
        raise UsageError("--url, --app and --mock exclude one another")
    contract = load(spec_path(spec, config))
    contract.select(config.operations)
    if url is None and app is None and not mock:
        if config.target is None:
            raise UsageError("no target is named", remedy="say --url URL, --app module:app or --mock")
        url, app = config.target.url, config.target.app
    output = Output(output_dir or config.output_dir, formats, quiet, verbose, color, exit_zero)
    status, _ = drive(contract, open_target(url, app, contract, config), config, output, headers=sent, others=foreign)
    return status


def open_target(url: str | None, app: str | None, contract: Contract, config: Config) -> Target:
    """The server at `url`, the app named `app`, or with neither the mock. Raises UsageError for bad names."""
    from clausewise.runner.targets import app_target, mock_target, url_target

    if url is not None:
        return url_target(url, config.connections)
    if app is not None:
        return app_target(app, config.connections)
    return mock_target(contract, config.seed, config.connections)


def _phases(written: str | None) -> tuple[str, ...] | None:
    if written is None:
        return None
    phases = tuple(name.strip() for name in written.split(",") if name.strip())
    for name in phases:
        if name not in PHASES:
            raise UsageError(f'there is no phase "{name}"', remedy=f"there are {', '.join(PHASES)}")
    return phases
