"""The Run of a validation as text, told as a compiler tells its errors: each with the line it stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clausewise.errors import Location
from clausewise.report.text import counted, one_line, printable, times
from clausewise.report.untested import untested
from clausewise.results.record import Finding, Run, Scan, percent

#: gives a line of a file without its line break; None where it cannot be read again
LineOf = Callable[[str, int], str | None]

#: unmatched paths, and reasons for untested clauses, shown without -v
_SHOWN = 10
#: characters of a line that are shown
_WIDTH = 100

_CODES = {"error": "1;31", "warning": "1;33", "note": "1;36", "good": "1;32", "dim": "2", "": ""}


def render(run: Run, line_of: LineOf, *, color: bool, verbose: int = 0) -> str:
    """Findings, what could not be read or was not looked at, coverage where there was traffic, and the verdict."""
    return "".join(f"{line}\n" for line in _Listing(run, line_of, color, verbose).lines())


def render_verdict(run: Run, *, color: bool) -> str:
    """The verdict alone."""
    return "".join(f"{line}\n" for line in _Listing(run, lambda _file, _line: None, color, 0).verdict())


class _Listing:
    def __init__(self, run: Run, line_of: LineOf, color: bool, verbose: int) -> None:
        self._run = run
        self._line_of = line_of
        self._color = color
        self._verbose = verbose

    def lines(self) -> Iterator[str]:
        run = self._run
        for finding in sorted(run.findings, key=_order):
            yield from self._finding(finding)
        if run.scan is not None:
            yield from self._scan(run.scan)
        if run.clauses:
            yield from self._untested()
            yield self._coverage()
        yield from self.verdict()

    def verdict(self) -> Iterator[str]:
        gate = self._run.gate
        reasons = gate.reasons if gate else ()
        for reason in reasons:
            yield self._styled(f"FAILED: {one_line(reason)}", "error")
        if not reasons:
            checked = self._run.scan.checked if self._run.scan else 0
            found = [
                counted(count, severity)
                for severity in ("error", "warning", "note")
                if (count := sum(finding.severity == severity for finding in self._run.findings))
            ]
            yield self._styled(f"PASSED: {checked} checked{''.join(f', {each}' for each in found)}", "good")

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._color and style else text

    def _finding(self, finding: Finding) -> Iterator[str]:
        style = finding.severity if finding.state == "new" else "dim"
        state = "" if finding.state == "new" else f" ({finding.state})"
        place = finding.source or finding.location or ""
        yield f"{self._styled(f'{finding.severity}[{finding.rule}]', style)} {printable(str(place))}{state}"
        yield f"  {one_line(finding.message)}"
        if finding.source is not None and finding.curl is None:
            # A line of a recording is a whole exchange, which the curl command tells better.
            yield from self._excerpt(finding.source)
        if finding.source is not None and finding.location is not None:
            yield self._styled(f"  contract: {finding.location}", "dim")
        if finding.curl is not None or finding.count > 1:
            where = f" ({printable(finding.where)})" if finding.where else ""
            yield self._styled(f"  in {', '.join(finding.operations)}{where}, {times(finding.count)}", "dim")
        if finding.curl is not None:
            yield self._styled(f"    {printable(finding.curl)}", "dim")
        yield ""

    def _excerpt(self, source: Location) -> Iterator[str]:
        line = self._line_of(source.file, source.line)
        if line is None:
            return
        start = max(0, source.column - 1 - _WIDTH // 2) if len(line) > _WIDTH else 0
        # What is shown and what the mark stands below must be of one width.
        shown = printable(line[start : start + _WIDTH].replace("\t", " "))
        before = printable(line[start : source.column - 1].replace("\t", " "))
        yield f"{self._styled(f'{source.line:>6} |', 'dim')} {shown}"
        yield f"{self._styled('       |', 'dim')} {' ' * len(before)}{self._styled('^', 'error')}"

    def _scan(self, scan: Scan) -> Iterator[str]:
        for trouble in scan.unreadable:
            yield f"{self._styled('unreadable', 'error')} {printable(trouble.source)}: {one_line(trouble.message)}"
        if scan.unreadable_entries > len(scan.unreadable):
            yield f"{scan.unreadable_entries - len(scan.unreadable)} more entries could not be read"
        for trouble in scan.failed:
            yield f"{self._styled('failed', 'error')} {printable(trouble.source)}: {one_line(trouble.message)}"
        for trouble in scan.skipped:
            yield f"{self._styled('skipped', 'note')} {printable(trouble.source)}: {one_line(trouble.message)}"
        if scan.unreadable or scan.failed or scan.skipped:
            yield ""
        yield from self._unmatched(scan)

    def _unmatched(self, scan: Scan) -> Iterator[str]:
        if not scan.unmatched_exchanges:
            return
        yield f"{counted(scan.unmatched_exchanges, 'request')} for which the contract has no operation:"
        shown = scan.unmatched if self._verbose else scan.unmatched[:_SHOWN]
        for kind in shown:
            place = f"{kind.method} {printable(kind.path)}"
            yield f"  {kind.count:>6} {place}, {'first ' if kind.count > 1 else ''}at {printable(kind.first)}"
        left = scan.unmatched_exchanges - sum(kind.count for kind in shown)
        if left:
            yield f"  {left:>6} with other methods or paths{'' if self._verbose else '; -v shows more'}"
        yield ""

    def _untested(self) -> Iterator[str]:
        groups = untested(self._run)
        shown = groups if self._verbose else groups[:_SHOWN]
        if groups:
            yield "not tested:"
        for group in shown:
            yield f"  {counted(group.clauses, 'clause')}: {one_line(group.reason)}"
        if len(groups) > len(shown):
            yield f"  {counted(len(groups) - len(shown), 'further reason')} with -v"
        if groups:
            yield ""

    def _coverage(self) -> str:
        run, clauses = self._run, self._run.coverage.clauses
        rate = f" ({run.requests / run.seconds:.0f} a second)" if run.seconds > 0.5 else ""
        return (
            f"clauses: {clauses.upheld} upheld, {clauses.violated} violated, {clauses.untested} untested "
            f"of {clauses.total} ({percent(clauses.upheld, clauses.total)}); operations accepted "
            f"{run.coverage.operations.accepted} of {run.coverage.operations.total}; "
            f"{counted(run.requests, 'exchange')} in {run.seconds:.1f} s{rate}"
        )


def _order(finding: Finding) -> tuple[bool, Location]:
    """What is written is told in the order of its lines, traffic worst first, as it comes."""
    written = finding.curl is None and finding.source is not None
    return not written, finding.source if written and finding.source is not None else Location("", 0, 0)
