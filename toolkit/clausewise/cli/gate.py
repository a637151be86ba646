"""`clausewise gate`: what CI runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clausewise.cli.help import Command
from clausewise.cli.options import Display, configured, flags_of, read_contract, resumed, run_options
from clausewise.errors import ConfigError, UsageError
from clausewise.options import GatePolicy
from clausewise.wording import counted


@click.command("gate", cls=Command)
@run_options
@flags_of(GatePolicy)
@click.option("--update-baseline", is_flag=True, help="Write the findings to the baseline file.")
def command(
    spec: str | None,
    config_file: Path | None,
    exit_zero: bool,
    color: str,
    verbose: int,
    quiet: bool,
    resume: Path | None,
    dry_run: bool,
    update_baseline: bool,
    **flags: Any,
) -> int:
    """Test the target in [tool.clausewise] of pyproject.toml, and apply its thresholds, baseline and waivers.

    Options given here override the configuration. Only findings that are not in the baseline count.
    """
    from clausewise.cli.drive import drive, rehearse
    from clausewise.results.gate import gone, read_baseline, write_baseline
    from clausewise.runner.interruption import Deadline
    from clausewise.runner.targets import open_target

    config = configured(config_file, **resumed(resume, flags))
    if config.target is None or (config.target.mock and spec is None and config.spec is None):
        missing = "target" if config.target is None else "OpenAPI document"
        if config.file is None:
            raise ConfigError(
                f"there is no {missing}, and no pyproject.toml with a [tool.clausewise] table here or above",
                remedy="write one with `clausewise init`, or use `clausewise test`",
            )
        remedy = 'set target = { url = "http://..." }' if config.target is None else 'set spec = "..."'
        raise ConfigError(f"{config.file} names no {missing}", remedy=remedy)
    baseline = config.policy.baseline
    if update_baseline and baseline is None:
        raise UsageError("there is no baseline file to update", remedy="name it with --baseline")
    known = read_baseline(baseline) if baseline and not update_baseline else frozenset()
    deadline = Deadline.of(config.run.max_time)
    with deadline.limiting("the contract was read"):
        contract = read_contract(spec, config)
    with deadline.limiting("the target was opened"):
        target = open_target(config.target, contract, config.run)
    display = Display(exit_zero or update_baseline, color, verbose, quiet)
    if dry_run:
        return rehearse(contract, target, config.run, display)
    status, result = drive(
        contract,
        target,
        config.run,
        config.policy,
        config.output,
        display,
        deadline=deadline,
        known=known,
        resumes=resume is not None,
    )
    if update_baseline and status == 0 and baseline is not None:
        count = write_baseline(baseline, result.run)
        verb = "is" if count == 1 else "are"
        click.echo(f"baseline: {counted(count, 'finding')} {verb} known now ({baseline})", err=True)
    unseen = gone(result.run, known)
    if unseen and not quiet and result.stopped is None and not result.interrupted:
        findings = counted(len(unseen), "finding")
        click.echo(f"note: {findings} of the baseline did not occur; --update-baseline removes what is gone", err=True)
    return status
