"""What `test` and `gate` share: the same options, one run, one verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from clausewise.cli.options import (
    Display,
    F,
    configured,
    flags_of,
    read_contract,
    resumed,
    run_options,
    tested_side,
    tested_target,
)
from clausewise.cli.show import say
from clausewise.errors import UsageError
from clausewise.options import GatePolicy
from clausewise.wording import counted


def judged_options(command: F) -> F:
    """The arguments of `judged_run`."""
    for decorate in (
        click.option("--update-baseline", is_flag=True, help="Write the findings to the baseline file."),
        flags_of(GatePolicy),
        run_options,
    ):
        command = decorate(command)
    return command


def judged_run(
    spec: str | None,
    config_file: Path | None,
    exit_zero: bool,
    color: str,
    verbose: int,
    quiet: bool,
    resume: Path | None,
    dry_run: bool,
    update_baseline: bool,
    webhooks: bool,
    *,
    whole: bool,
    **flags: Any,
) -> int:
    """Test a target and judge the run; the exit status.

    Unless the run is the `whole` of what the configuration asks for, `min-coverage` and `baseline` count only where
    they are among the `flags`.
    """
    from clausewise.cli.drive import drive, rehearse
    from clausewise.results.gate import gone, read_baseline, write_baseline
    from clausewise.runner.interruption import Deadline
    from clausewise.runner.selection import narrowed, why_none
    from clausewise.runner.targets import open_target

    config = configured(config_file, **resumed(resume, flags))
    policy = config.policy
    if not whole:
        given = {name: flags[name] for name in ("min_coverage", "baseline")}
        policy = msgspec.structs.replace(policy, **given)
    if config.target is None:
        remedy = "give --url URL, --app module:app or --mock, or let `clausewise init` write a configuration"
        raise UsageError("no target is named", remedy=remedy)
    if update_baseline and policy.baseline is None:
        raise UsageError("there is no baseline file to update", remedy="name it with --baseline FILE")
    known = read_baseline(policy.baseline) if policy.baseline and not update_baseline else frozenset()
    deadline = Deadline.of(config.run.max_time)
    with deadline.limiting("the contract was read"):
        contract = tested_side(read_contract(spec, config), webhooks, config)
        options = narrowed(contract, config.run)
    if options is None:
        say(f"note: {why_none(config.run)}: nothing to test", err=True)
        return 0
    with deadline.limiting("the target was opened"):
        target = open_target(tested_target(contract, config.target), contract, options)
    display = Display(exit_zero or update_baseline, color, verbose, quiet)
    if dry_run:
        return rehearse(contract, target, options, display)
    status, result = drive(
        contract,
        target,
        options,
        policy,
        config.output,
        display,
        deadline=deadline,
        known=known,
        resumes=resume is not None,
    )
    if update_baseline and status == 0 and policy.baseline is not None:
        written = write_baseline(policy.baseline, result.run)
        waived = sum(finding.state == "waived" for finding in result.run.findings)
        without = f"; {counted(waived, 'waived finding')} left out" if waived else ""
        say(f"baseline: {written} written to {policy.baseline}{without}", err=True)
    unseen = gone(result.run, known)
    if unseen and not quiet and result.stopped is None and not result.interrupted:
        findings = counted(len(unseen), "finding")
        say(f"note: {findings} of the baseline did not occur; --update-baseline removes what is gone", err=True)
    return status
