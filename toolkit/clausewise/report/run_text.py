"""The Run of a test as lines for a terminal, with findings in the form of compiler messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from clausewise.report.finding_text import by_rule, explained, folded
from clausewise.report.places import summary
from clausewise.report.terminal import Line, Span
from clausewise.report.untested import unjudged, untested
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Run, percent
from clausewise.wording import counted

#: new findings that are shown beside the verdict with --quiet
_NEW = 10

#: reasons for untested clauses shown without -v
_REASONS = 10


def lines(
    run: Run, verbose: int, left: Mapping[str, int] = MappingProxyType({}), width: int | None = None
) -> Iterator[Line]:
    """Findings, untested clauses with reasons, resources left on the server, coverage, and the verdict.

    `left` counts the resources that the run could not delete, by the path of their collection. Commands are cut to
    lines of `width` columns, unless that is None.
    """
    findings = worst_first(run.findings)
    yield from by_rule(findings)
    for finding in findings:
        if finding.state == "new":
            yield from _finding(finding, verbose, width)
    known = [finding for finding in findings if finding.state != "new"]
    for finding in known:
        yield _in_short(finding)
    if known:
        yield ()
    if findings:
        yield (Span(explained(findings), "dim"),)
        yield ()
    yield from not_tested(run, verbose)
    if left:
        yield (Span(_left(left), "attention"),)
        yield ()
    if run.slowest:
        yield ("slowest answers:",)
        for slow in run.slowest:
            yield (f"  {slow.seconds:.3f} s  {slow.exchange}",)
        yield ()
    yield (coverage(run, "request"),)
    if verbose:
        yield (
            f"{run.spec.file}, OpenAPI {run.spec.openapi}, target {run.target.name}{run.target.doubt}, seed {run.seed}",
        )
    yield from verdict(run)


def new_findings(run: Run) -> Iterator[Line]:
    """A line for each new finding, for output with --quiet."""
    new = [finding for finding in worst_first(run.findings) if finding.state == "new"]
    for finding in new[:_NEW]:
        place = f" {finding.location}" if finding.location else ""
        yield Span(f"new: {finding.severity}", finding.severity), f"{place} {finding.message} [{finding.rule}]"
    if len(new) > _NEW:
        yield (f"new: {counted(len(new) - _NEW, 'further finding')}",)


def verdict(run: Run) -> Iterator[Line]:
    """Whether the run passed, the reasons why it did not, and what should be known before."""
    passed = run.gate.passed if run.gate else not run.findings
    for sentence in unjudged(run):
        yield (Span(sentence, "attention"),)
    for warning in run.gate.warnings if run.gate else ():
        yield (Span(f"warning: {warning}", "warning"),)
    if passed:
        yield (Span("PASSED", "passed"),)
    for reason in run.gate.reasons if run.gate else _reasons(run):
        yield (Span(f"FAILED: {reason}", "failed"),)


def coverage(run: Run, noun: str) -> str:
    """Clauses, operations and time in one line; `noun` is what `run.requests` counts."""
    clauses, operations = run.coverage.clauses, run.coverage.operations
    further = f", and {clauses.unbreakable} that nothing can break" if clauses.unbreakable else ""
    return (
        f"clauses: {clauses.upheld} upheld, {clauses.violated} violated, {clauses.untested} untested "
        f"of {clauses.total} ({percent(clauses.upheld, clauses.total)}){further}; operations accepted "
        f"{operations.accepted} of {operations.total}; {counted(run.requests, noun)} in {run.seconds:.1f} s"
    )


def _reasons(run: Run) -> tuple[str, ...]:
    return (counted(len(run.findings), "finding"),) if run.findings else ()


def _left(left: Mapping[str, int]) -> str:
    total = sum(left.values())
    where = ", ".join(f"{count} in {path}" for path, count in sorted(left.items()))
    what = f"{counted(total, 'resource')} that this run created could not be deleted: {where}"
    return f"{what}; delete {'it' if total == 1 else 'them'} by hand"


def _finding(finding: Finding, verbose: int, width: int | None) -> Iterator[Line]:
    place = f" {finding.location}" if finding.location else ""
    yield Span(finding.severity, finding.severity), Span(place, "dim"), f" [{finding.rule}]"
    yield (f"  {finding.message}",)
    for line in summary(finding, "run.json"):
        yield (Span(f"  {line}", "dim"),)
    if verbose:
        yield (Span(f"  finding {finding.id}", "dim"),)
    if finding.trace:
        yield (Span(f"  trace {finding.trace}", "dim"),)
    if finding.curl:
        yield (Span(f"    {folded(finding.curl, width)}", exact=True),)
    yield ()


def _in_short(finding: Finding) -> Line:
    place = f" {finding.location}" if finding.location else ""
    reason = f" ({finding.waiver})" if finding.waiver else ""
    return (Span(f"{finding.state}:{place} {finding.message}{reason} [{finding.rule}]", "dim"),)


def not_tested(run: Run, verbose: int) -> Iterator[Line]:
    """Why clauses were not tested, the commonest reasons first; with `verbose` all, and of which operations."""
    groups = untested(run)
    if not groups:
        return
    yield ("not tested:",)
    shown = groups if verbose else groups[:_REASONS]
    for group in shown:
        operation = f"{group.operation}: " if group.operation else ""
        of = f" (of {', '.join(group.operations)})" if verbose and not group.operation else ""
        yield (f"  {operation}{counted(group.clauses, 'clause')}: {group.reason}{of}",)
    if len(groups) > len(shown):
        yield (f"  {counted(len(groups) - len(shown), 'further reason')} with -v",)
    yield ()
