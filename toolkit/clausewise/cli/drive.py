"""The shared part of `test` and `gate`: run, apply the gate's policy, write reports, print, return the exit status."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clausewise.cli.interruptions import held_off
from clausewise.cli.on_github import workflow_commands
from clausewise.cli.options import Display
from clausewise.cli.show import say, show, width
from clausewise.cli.writes import after, announce, rehearsed
from clausewise.contract.contract import Contract
from clausewise.errors import UsageError
from clausewise.exchange import Exchange
from clausewise.options import GatePolicy, ReportOptions, RunOptions
from clausewise.report.folder import claimed
from clausewise.results import gate
from clausewise.results.logbook import beginning_of
from clausewise.results.record import Run
from clausewise.runner.events import Listener
from clausewise.runner.interruption import Deadline
from clausewise.runner.journal import JOURNAL
from clausewise.runner.run import Result, run
from clausewise.runner.storage import storing_examples
from clausewise.runner.targets import Target
from clausewise.runner.verdict import INTERRUPTED, judged, nothing_tested
from clausewise.transport.budget import BudgetSpent


def drive(
    contract: Contract,
    target: Target,
    options: RunOptions,
    policy: GatePolicy,
    output: ReportOptions,
    display: Display,
    *,
    deadline: Deadline,
    known: frozenset[str] = frozenset(),
    resumes: bool = False,
) -> tuple[int, Result]:
    """Test `target`, write the reports and print the outcome: the exit status, and the result with its verdict.

    A run that `resumes` goes on with the one in the folder of the reports. The limit on its time is that of `deadline`.
    """
    _say_how_it_is_reached(target, display)
    with claimed(output.output_dir):
        store, journal = output.output_dir / "hypothesis", output.output_dir / JOURNAL
        begun = datetime.now(UTC)
        try:
            with storing_examples(store, options.phases), _progress(display) as listeners:
                result = run(
                    contract,
                    target,
                    options,
                    (*_announcing(display), *listeners),
                    folder=output.output_dir,
                    resumes=resumes,
                    store=store / "examples",
                    journal=journal,
                    deadline=deadline,
                )
        except KeyboardInterrupt:
            # Interrupted once more, while it came to its end.
            with held_off():
                _report_record(begun, resumes, policy, output, display, known)
            raise
        with held_off():
            result = judged(result, policy, known, [operation.key for operation in contract.operations])
            unwritten = _write(result.run, result.exchanges, output)
            if result.stopped is None and not result.interrupted and unwritten is None:
                result.logbook.close()
            with workflow_commands(result.run):
                _print(result, output, display)
                status = _status(result, display)
            if unwritten is not None:
                # What was found is on the terminal all the same.
                say(f"clausewise: error: {unwritten}", err=True)
                status = 2
    return status, result


def _report_record(
    begun: datetime,
    resumes: bool,
    policy: GatePolicy,
    output: ReportOptions,
    display: Display,
    known: frozenset[str],
) -> None:
    """Report what a run has written down by now, if anything."""
    from clausewise.report import run_text
    from clausewise.runner.resumption import unfinished_run

    beginning = beginning_of(output.output_dir)
    if beginning is None or (beginning.started < begun and not resumes):
        return
    unfinished = unfinished_run(output.output_dir)
    assert unfinished is not None
    record, exchanges = unfinished
    record = msgspec.structs.replace(record, incomplete=(INTERRUPTED,))
    record = gate.apply_policy(record, policy, baseline=known, today=datetime.now(UTC).date())
    unwritten = _write(record, exchanges, output)
    columns = width(display.verbose)
    shown = run_text.verdict(record) if display.quiet else run_text.lines(record, display.verbose, width=columns)
    show(shown, display.color)
    if unwritten is not None:
        say(f"clausewise: error: {unwritten}", err=True)


def _say_how_it_is_reached(target: Target, display: Display) -> None:
    if target.recorded.insecure:
        say(
            f"warning: --insecure: {target.name} is trusted whatever its certificate says; credentials and data may go "
            "to somebody else",
            err=True,
        )
    if display.verbose and target.proxy is not None:
        say(f"requests go through the proxy {target.proxy.name}, which {target.proxy.variable} names", err=True)


def rehearse(contract: Contract, target: Target, options: RunOptions, display: Display) -> int:
    """Print what a run would send, and send nothing; the exit status."""
    from clausewise.runner.rehearsal import rehearse as rehearsal_of

    with tempfile.TemporaryDirectory() as folder, storing_examples(Path(folder), options.phases):
        found = rehearsal_of(contract, target, options, _announcing(display))
    for line in rehearsed(found, options.allow_writes):
        say(line)
    return 0


def _write(run: Run, exchanges: Sequence[Exchange], output: ReportOptions) -> UsageError | None:
    """Write the reports; why that was not possible, None where it was."""
    from clausewise.report.write import write_reports

    try:
        write_reports(run, output.output_dir, output.reports, exchanges)
    except UsageError as error:
        return error
    return None


def _print(result: Result, output: ReportOptions, display: Display) -> None:
    from clausewise.report import run_text

    if display.quiet:
        if result.run.gate is not None and not result.run.gate.passed:
            show(run_text.new_findings(result.run), display.color)
        show(run_text.verdict(result.run), display.color)
        if result.left:
            _tell_writes(result, output)
        return
    show(run_text.lines(result.run, display.verbose, result.left, width(display.verbose)), display.color)
    if result.stopped is not None and isinstance(result.stopped, BudgetSpent):
        say(f"note: {result.stopped}; clauses that were not reached are untested", err=True)
    for note in result.notes:
        say(f"note: {note}", err=True)
    if display.verbose and result.sending:
        rate = result.run.requests / result.sending
        say(f"{rate:.0f} requests/s between the first request and the last answer", err=True)
    _tell_writes(result, output)
    say(f"reports: {output.output_dir}", err=True)


def _tell_writes(result: Result, output: ReportOptions) -> None:
    """What the run created, removed and left; the mock keeps nothing."""
    if result.run.target.kind != "mock":
        for line in after(result.written, output.output_dir / JOURNAL):
            say(line, err=True)


def _status(result: Result, display: Display) -> int:
    if result.interrupted:
        return 130
    if result.stopped is not None and not isinstance(result.stopped, BudgetSpent):
        say(f"clausewise: error: {result.stopped}", err=True)
        return 2
    reason = nothing_tested(result)
    if reason:
        say(f"clausewise: error: nothing was tested: {reason}", err=True)
        return 2
    if result.run.gate is None or result.run.gate.passed or display.exit_zero:
        return 0
    return 1


def _progress(display: Display) -> AbstractContextManager[tuple[Listener, ...]]:
    """The listeners of the run: a progress bar on stderr where that is a terminal."""
    if display.quiet or not sys.stderr.isatty():
        return nullcontext(())
    from clausewise.cli.progress import clauses

    return clauses()


def _announcing(display: Display) -> tuple[Listener, ...]:
    """The listener that says what the run may write."""
    return () if display.quiet else (announce,)
