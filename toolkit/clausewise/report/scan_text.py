"""The Run of a validation as lines for a terminal: each finding with the line of its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clausewise.errors import Location
from clausewise.report.finding_text import by_rule, explained, folded
from clausewise.report.places import summary
from clausewise.report.run_text import coverage, not_tested
from clausewise.report.terminal import WIDTH, Line, Span
from clausewise.report.text import printable
from clausewise.report.untested import unjudged, unlisted
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Run, Scan
from clausewise.results.rules import Severity
from clausewise.wording import counted

#: gives a line of a file without its line break; None where it cannot be read again
LineOf = Callable[[str, int], str | None]

#: unmatched paths that are shown without -v
_SHOWN = 10


def lines(run: Run, line_of: LineOf, verbose: int = 0, width: int | None = None) -> Iterator[Line]:
    """Findings, unreadable and skipped entries, the coverage of traffic, and the verdict.

    Commands are cut to lines of `width` columns, unless that is None.
    """
    findings = worst_first(run.findings)
    yield from by_rule(findings)
    for finding in findings:
        yield from _finding(finding, line_of, width)
    if findings:
        yield (Span(explained(findings), "dim"),)
        yield ()
    if run.scan is not None:
        yield from _scan(run.scan, verbose)
    if run.clauses:
        yield from not_tested(run, verbose)
        rate = f" ({run.requests / run.seconds:.0f} a second)" if run.seconds > 0.5 else ""
        yield (f"{coverage(run, 'exchange')}{rate}",)
        if untouched := run.coverage.operations.total - len({clause.operation for clause in run.clauses}):
            yield (f"{counted(untouched, 'operation')} had no exchange: their clauses count with --all-operations",)
        if left_out := unlisted(run):
            yield (left_out,)
    yield from verdict(run)


def sight(severity: Severity, place: str, rule: str, message: str) -> Line:
    """A fault on one line, while the scan goes on."""
    return Span(severity, severity), f" {place} [{rule}] {message}"


def verdict(run: Run) -> Iterator[Line]:
    """Whether the validation passed, and the reasons why it did not."""
    reasons = run.gate.reasons if run.gate else ()
    for sentence in unjudged(run):
        yield (Span(sentence, "attention"),)
    if not reasons:
        yield (Span(f"PASSED: {_tally(run)}", "passed"),)
        return
    yield (_tally(run),)
    for reason in reasons:
        yield (Span(f"FAILED: {reason}", "failed"),)


def _tally(run: Run) -> str:
    """What was checked, what was found, and what was not checked, in numbers."""
    found = [
        counted(count, severity)
        for severity in ("error", "warning", "note")
        if (count := sum(finding.severity == severity for finding in run.findings))
    ]
    scan = run.scan
    if scan is None:
        return ", ".join(["0 checked", *found])
    left = [
        f"{count} {what}"
        for count, what in (
            (scan.unrecorded_bodies, "without its body"),
            (scan.skipped_entries, "skipped"),
            (scan.unreadable_entries, "unreadable"),
            (scan.unmatched_exchanges, "without an operation"),
        )
        if count
    ]
    return ", ".join([f"{scan.checked} checked", *found, *left])


def _finding(finding: Finding, line_of: LineOf, width: int | None) -> Iterator[Line]:
    state = "" if finding.state == "new" else f" ({finding.state})"
    place = finding.source or finding.location or ""
    yield (
        Span(finding.severity, finding.severity if finding.state == "new" else "dim"),
        f" {place}{state} [{finding.rule}]",
    )
    yield (f"  {finding.message}",)
    if finding.source is None and finding.exchange is None and finding.clause is not None:
        yield (Span(f"  at {finding.clause}", "dim"),)
    if finding.source is not None and finding.curl is None:
        # A line of a recording is a whole exchange; the curl command shows it better.
        yield from _excerpt(finding.source, line_of)
    if finding.source is not None and finding.location is not None:
        yield (Span(f"  contract: {finding.location}", "dim"),)
    if finding.curl is not None or finding.count > 1:
        for line in summary(finding, "--format json"):
            yield (Span(f"  {line}", "dim"),)
    if finding.curl is not None:
        yield (Span(f"    {folded(finding.curl, width)}", "dim", exact=True),)
    yield ()


def _excerpt(source: Location, line_of: LineOf) -> Iterator[Line]:
    line = line_of(source.file, source.line)
    if line is None:
        return
    start = max(0, source.column - 1 - WIDTH // 2) if len(line) > WIDTH else 0
    # The text before the mark must be as wide as its part of the excerpt.
    excerpt = line[start : start + WIDTH].replace("\t", " ")
    before = printable(line[start : source.column - 1].replace("\t", " "))
    yield Span(f"{source.line:>6} |", "dim"), " ", Span(excerpt, exact=True)
    yield Span("       |", "dim"), f" {' ' * len(before)}", Span("^", "error")


def _further(count: int) -> str:
    return f"{count} more {'entry' if count == 1 else 'entries'}"


def _scan(scan: Scan, verbose: int) -> Iterator[Line]:
    for trouble in scan.unreadable:
        yield Span("unreadable", "error"), f" {trouble.source}: {trouble.message}"
    if scan.unreadable_entries > len(scan.unreadable):
        yield (f"{_further(scan.unreadable_entries - len(scan.unreadable))} could not be read",)
    for trouble in scan.failed:
        yield Span("failed", "error"), f" {trouble.source}: {trouble.message}"
    for trouble in scan.skipped:
        yield Span("skipped", "note"), f" {trouble.source}: {trouble.message}"
    if scan.skipped_entries > len(scan.skipped):
        further = scan.skipped_entries - len(scan.skipped)
        yield (f"{_further(further)} {'was' if further == 1 else 'were'} skipped",)
    if scan.unreadable or scan.failed or scan.skipped:
        yield ()
    yield from _unmatched(scan, verbose)


def _unmatched(scan: Scan, verbose: int) -> Iterator[Line]:
    if not scan.unmatched_exchanges:
        return
    yield (f"{counted(scan.unmatched_exchanges, 'request')} without an operation in the contract:",)
    shown = scan.unmatched if verbose else scan.unmatched[:_SHOWN]
    for kind in shown:
        first = f"{'first ' if kind.count > 1 else ''}at {kind.first}"
        near = f"; the contract has {kind.near}" if kind.near else ""
        yield (f"  {kind.count:>6} {kind.method} {kind.path}, {first}{near}",)
    left = scan.unmatched_exchanges - sum(kind.count for kind in shown)
    if left:
        yield (f"  {left:>6} with other methods or paths{'' if verbose else '; -v shows more'}",)
    yield ()
