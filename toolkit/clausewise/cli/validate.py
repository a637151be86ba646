"""`clausewise validate`: check payloads, documents and recorded traffic."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import msgspec

from clausewise.cli.completion import COMPLETIONS
from clausewise.cli.help import Command
from clausewise.cli.interruptions import heeded_once, held_off
from clausewise.cli.options import (
    asked_options,
    config_option,
    configured,
    core_count,
    display_options,
    flags_of,
    read_contract,
)
from clausewise.cli.show import say, show, show_remarks, width
from clausewise.config import is_url
from clausewise.errors import UsageError
from clausewise.options import ReportOptions
from clausewise.report_table import PRINTABLE_REPORTS

if TYPE_CHECKING:
    from clausewise.config import Config
    from clausewise.contract.contract import Contract
    from clausewise.options import GatePolicy
    from clausewise.results.record import Run
    from clausewise.security.redact import Redactor
    from clausewise.validation.examiner import EvidenceMode
    from clausewise.validation.scan import Show
    from clausewise.validation.summary import RecordedScan, ScanResult

#: the path of a URL that names an OpenAPI document, and no recording
_DOCUMENT_NAME = re.compile(r"(?:openapi|swagger|schema|api-docs?)[^/]*/?$", re.IGNORECASE)

#: bytes of the largest file whose lines are shown with findings
_LARGEST_SHOWN = 64 * 1024 * 1024


@click.command("validate", cls=Command)
@click.argument("arguments", nargs=-1, metavar="[SPEC] SOURCE...")
@click.option(
    "--operation",
    metavar="ID",
    help="The operation that the payloads belong to.",
    shell_complete=COMPLETIONS["operation"],
)
@click.option(
    "--as", "direction", type=click.Choice(["request", "response"]), help="Whether payloads are requests or responses."
)
@click.option("--status", type=click.IntRange(100, 599), help="Status of the responses, for --as response.")
@click.option("--examples", is_flag=True, help="Check the examples and defaults in the contract itself.")
@click.option("--format", "form", type=click.Choice(["text", *PRINTABLE_REPORTS]), default="text", show_default=True)
@click.option(
    "--evidence",
    type=click.Choice(["all", "sampled", "none"]),
    default="sampled",
    show_default=True,
    help="Valid lines of NDJSON that count as evidence for clauses.",
)
@click.option(
    "--all-operations",
    is_flag=True,
    help="List also the clauses of operations and large responses without an exchange.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Number of processes for NDJSON.  [default: one for each core]"
)
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler, tcp://host:8786, whose workers read NDJSON.")
@config_option
@asked_options
@flags_of(ReportOptions)
@display_options
def command(
    arguments: tuple[str, ...],
    operation: str | None,
    direction: str | None,
    status: int | None,
    examples: bool,
    form: str,
    evidence: EvidenceMode,
    all_operations: bool,
    jobs: int | None,
    cluster: str | None,
    config_file: Path | None,
    exit_zero: bool,
    reports: tuple[str, ...] | None,
    output_dir: Path | None,
    color: str,
    verbose: int,
    quiet: bool,
    **document: Any,
) -> int:
    """Check payloads, documents and recorded traffic against a contract.

    A SOURCE is a JSON or YAML payload (with --operation), a document with curl commands (Markdown, HTML, text), a HAR
    file, NDJSON, a VCR cassette, a folder or glob of these, or - for the standard input. Without one, the document
    itself is checked: what is not valid in it, what no test could show, and its examples.
    """
    from clausewise.validation.scan import ScanOptions, scan

    config = configured(config_file, output_dir=output_dir, reports=reports, **document)
    spec, sources = _spec_and_sources(arguments, config)
    contract = read_contract(spec, config)
    if operation is not None:
        contract.operation(operation)
    if direction == "request" and status is not None:
        raise UsageError("--status is for responses", remedy="give --as response")
    options = ScanOptions(
        sources=sources,
        examples=examples or not sources,
        document=not sources and not examples,
        operation=operation or (contract.operations[0].key if direction and len(contract.operations) == 1 else None),
        direction="response" if direction == "response" or status is not None else "request",
        status=status or 200,
        evidence=evidence,
        jobs=jobs or core_count(),
        cluster=cluster,
        all_operations=all_operations,
    )
    with held_off():
        with heeded_once(), _progress(quiet, color) as progress:
            scanned = scan(contract, options, progress)
        concluded = _concluded(contract, scanned)
        run = _judged(concluded.run, config.policy)
        writes = scanned.traffic or output_dir is not None or reports is not None
        unwritten = _write(run, concluded, config.output) if writes else None
        _print(run, concluded.redactor, form, quiet=quiet, verbose=verbose, color=color)
        if unwritten is not None:
            # What was found is printed all the same.
            raise unwritten
        status = _status(run, exit_zero)
    if status != 130 and not quiet and not options.document:
        show_remarks(contract, [one for one in contract.operations if one.key in scanned.collector.touched])
    return status


def _spec_and_sources(arguments: tuple[str, ...], config: Config) -> tuple[str | None, tuple[str, ...]]:
    """The OpenAPI document and the sources. The first argument is the document when it looks like one, and when neither
    the configuration names one nor a target can be asked for it."""
    from clausewise.recordings.files import HEAD, is_openapi

    first = arguments[0] if arguments else ""
    if is_url(first) and _DOCUMENT_NAME.search(urlsplit(first).path):
        return first, arguments[1:]
    if Path(first).is_file():
        with Path(first).open("rb") as stream:
            if is_openapi(stream.read(HEAD)):
                return first, arguments[1:]
    if config.spec is not None or config.target is not None or not arguments:
        return None, arguments
    return first, arguments[1:]


def _progress(quiet: bool, color: str) -> AbstractContextManager[Show | None]:
    """What a scan that takes a while shows on stderr."""
    if quiet:
        return nullcontext()
    from clausewise.cli.progress import reading

    return reading(color)


def _concluded(contract: Contract, scanned: ScanResult) -> RecordedScan:
    """The record of a scan. Whoever interrupts also this gets the findings alone."""
    from clausewise.validation.summary import record_scan

    try:
        with heeded_once():
            return record_scan(contract, scanned)
    except KeyboardInterrupt:
        return record_scan(contract, msgspec.structs.replace(scanned, interrupted=True), counts_clauses=False)


def _judged(run: Run, policy: GatePolicy) -> Run:
    """The record with its verdict."""
    from datetime import UTC, datetime

    from clausewise.results import gate

    return gate.apply_policy(run, policy, baseline=frozenset(), today=datetime.now(UTC).date())


def _write(run: Run, concluded: RecordedScan, output: ReportOptions) -> UsageError | None:
    """Write the reports; why that was not possible, None where it was."""
    from clausewise.recordings import ndjson
    from clausewise.report.folder import SHORT_WAIT, claimed
    from clausewise.report.write import write_reports
    from clausewise.results.collector import EXCHANGES

    try:
        with claimed(output.output_dir, SHORT_WAIT):
            write_reports(run, output.output_dir, output.reports, concluded.exchanges)
            ndjson.write(output.output_dir / EXCHANGES, concluded.exchanges)
    except UsageError as error:
        return error
    except OSError as error:
        return UsageError(f"cannot write to {output.output_dir}: {error.strerror}")
    return None


def _print(run: Run, redactor: Redactor, form: str, *, quiet: bool, verbose: int, color: str) -> None:
    if form in PRINTABLE_REPORTS:
        from clausewise.report.reporter import reporter

        click.echo(reporter(form).render(run, ()), nl=False)
        return
    from clausewise.report import scan_text

    def line_of(file: str, line: int) -> str | None:
        text = _line_of(file, line)
        # With a mask in it, its columns would not be those of the file.
        return text if text is not None and redactor.message(text) == text else None

    show(scan_text.verdict(run) if quiet else scan_text.lines(run, line_of, verbose, width(verbose)), color)


def _line_of(file: str, line: int) -> str | None:
    """A line of a file, to be shown; None where it cannot be read again, or only at great length."""
    lines = _lines_of(file)
    return lines[line - 1] if line <= len(lines) else None


@lru_cache(maxsize=8)
def _lines_of(file: str) -> list[str]:
    path = Path(file)
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_SHOWN:
            return []
        return path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        return []


def _status(run: Run, exit_zero: bool) -> int:
    scan = run.scan
    assert scan is not None
    if scan.interrupted:
        return 130
    if scan.unreadable_entries or scan.failed:
        return 2
    if not scan.checked:  # and nothing was unreadable
        say("clausewise: error: nothing was checked: no source has an exchange of the contract", err=True)
        return 2
    return 1 if run.gate is not None and not run.gate.passed and not exit_zero else 0
