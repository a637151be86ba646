"""`clausewise test`: drive a target and check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from clausewise.cli.help import Command
from clausewise.cli.options import Display, configured, flags_of, read_contract, resumed, run_options
from clausewise.errors import UsageError
from clausewise.options import GatePolicy


@click.command("test", cls=Command)
@run_options
@flags_of(GatePolicy, "unaccepted", "known_unaccepted")
def command(
    spec: str | None,
    config_file: Path | None,
    exit_zero: bool,
    color: str,
    verbose: int,
    quiet: bool,
    resume: Path | None,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Test every clause of the contract against a target, and check every response.

    SPEC is the OpenAPI document; it defaults to the configuration's.
    """
    from clausewise.cli.drive import drive, rehearse
    from clausewise.runner.interruption import Deadline
    from clausewise.runner.targets import open_target

    config = configured(config_file, **resumed(resume, flags))
    deadline = Deadline.of(config.run.max_time)
    with deadline.limiting("the contract was read"):
        contract = read_contract(spec, config)
    contract.select(config.run.operations)
    if config.target is None:
        raise UsageError("no target is named", remedy="give --url URL, --app module:app or --mock")
    with deadline.limiting("the target was opened"):
        target = open_target(config.target, contract, config.run)
    # Only the gate has a threshold for coverage: a run of one phase or operation leaves clauses out on purpose.
    policy = msgspec.structs.replace(config.policy, min_coverage=None)
    display = Display(exit_zero, color, verbose, quiet)
    if dry_run:
        return rehearse(contract, target, config.run, display)
    resumes = resume is not None
    status, _ = drive(contract, target, config.run, policy, config.output, display, deadline=deadline, resumes=resumes)
    return status
