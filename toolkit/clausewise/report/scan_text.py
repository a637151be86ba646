"""The Run of a validation as lines for a terminal: each finding with the line of its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clausewise.errors import Location
from clausewise.report.places import summary
from clausewise.report.run_text import coverage
from clausewise.report.terminal import WIDTH, Line, Span
from clausewise.report.text import printable
from clausewise.report.untested import unjudged, untested
from clausewise.results.record import Finding, Run, Scan
from clausewise.wording import counted

#: gives a line of a file without its line break; None where it cannot be read again
LineOf = Callable[[str, int], str | None]

#: unmatched paths, and reasons for untested clauses, that are shown without -v
_SHOWN = 10


def lines(run: Run, line_of: LineOf, verbose: int = 0) -> Iterator[Line]:
    """Findings, unreadable and skipped entries, the coverage of traffic, and the verdict."""
    for finding in sorted(run.findings, key=_order):
        yield from _finding(finding, line_of)
    if run.scan is not None:
        yield from _scan(run.scan, verbose)
    if run.clauses:
        yield from _untested(run, verbose)
        rate = f" ({run.requests / run.seconds:.0f} a second)" if run.seconds > 0.5 else ""
        yield (f"{coverage(run, 'exchange')}{rate}",)
    yield from verdict(run)


def verdict(run: Run) -> Iterator[Line]:
    """Whether the validation passed, and the reasons why it did not."""
    reasons = run.gate.reasons if run.gate else ()
    for sentence in unjudged(run):
        yield (Span(sentence, "attention"),)
    for reason in reasons:
        yield (Span(f"FAILED: {reason}", "failed"),)
    if not reasons:
        checked = run.scan.checked if run.scan else 0
        found = [
            counted(count, severity)
            for severity in ("error", "warning", "note")
            if (count := sum(finding.severity == severity for finding in run.findings))
        ]
        yield (Span(f"PASSED: {checked} checked{''.join(f', {each}' for each in found)}", "passed"),)


def _finding(finding: Finding, line_of: LineOf) -> Iterator[Line]:
    state = "" if finding.state == "new" else f" ({finding.state})"
    place = finding.source or finding.location or ""
    yield (
        Span(f"{finding.severity}[{finding.rule}]", finding.severity if finding.state == "new" else "dim"),
        f" {place}{state}",
    )
    yield (f"  {finding.message}",)
    if finding.source is not None and finding.curl is None:
        # A line of a recording is a whole exchange; the curl command shows it better.
        yield from _excerpt(finding.source, line_of)
    if finding.source is not None and finding.location is not None:
        yield (Span(f"  contract: {finding.location}", "dim"),)
    if finding.curl is not None or finding.count > 1:
        for line in summary(finding):
            yield (Span(f"  {line}", "dim"),)
    if finding.curl is not None:
        yield (Span(f"    {finding.curl}", "dim", exact=True),)
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


def _scan(scan: Scan, verbose: int) -> Iterator[Line]:
    for trouble in scan.unreadable:
        yield Span("unreadable", "error"), f" {trouble.source}: {trouble.message}"
    if scan.unreadable_entries > len(scan.unreadable):
        yield (f"{scan.unreadable_entries - len(scan.unreadable)} more entries could not be read",)
    for trouble in scan.failed:
        yield Span("failed", "error"), f" {trouble.source}: {trouble.message}"
    for trouble in scan.skipped:
        yield Span("skipped", "note"), f" {trouble.source}: {trouble.message}"
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
        yield (f"  {kind.count:>6} {kind.method} {kind.path}, {first}",)
    left = scan.unmatched_exchanges - sum(kind.count for kind in shown)
    if left:
        yield (f"  {left:>6} with other methods or paths{'' if verbose else '; -v shows more'}",)
    yield ()


def _untested(run: Run, verbose: int) -> Iterator[Line]:
    groups = untested(run)
    shown = groups if verbose else groups[:_SHOWN]
    if groups:
        yield ("not tested:",)
    for group in shown:
        yield (f"  {counted(group.clauses, 'clause')}: {group.reason}",)
    if len(groups) > len(shown):
        yield (f"  {counted(len(groups) - len(shown), 'further reason')} with -v",)
    if groups:
        yield ()


def _order(finding: Finding) -> tuple[bool, Location]:
    """The sort key: findings in files first, by line; then findings in traffic, worst first as they are."""
    in_file = finding.curl is None and finding.source is not None
    return not in_file, finding.source if in_file and finding.source is not None else Location("", 0, 0)
