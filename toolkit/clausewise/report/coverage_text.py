"""The Run of a test session as lines for a terminal: the coverage of each operation, and the findings."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.report.terminal import Line, Span
from clausewise.report.untested import unjudged
from clausewise.results.order import worst_first
from clausewise.results.record import Run, percent
from clausewise.wording import counted, times


def lines(run: Run, *, brief: bool) -> Iterator[Line]:
    """The coverage of a contract as a table, then one line for each finding.

    Operations that no test called are only counted; with `brief` the table has the total only.
    """
    counts: dict[str, dict[str, int]] = {}
    tried: set[str] = set()
    for clause in run.clauses:
        row = counts.setdefault(clause.operation, dict.fromkeys(("upheld", "violated", "untested"), 0))
        if clause.verdict in row:
            # An unbreakable clause does not count.
            row[clause.verdict] += 1
        if clause.tried:
            tried.add(clause.operation)
    shown = [name for name in counts if name in tried] if not brief else []
    width = max((len(name) for name in (*shown, "Operation")), default=0)
    yield (Span(f"{'Operation':<{width}}  Clauses  Upheld  Violated  Untested  Cover", exact=True),)
    yield ("-" * (width + 45),)
    for name in shown:
        yield _row(name, width, **counts[name])
    if len(shown) < len(counts) and not brief:
        uncalled = len(counts) - len(shown)
        was = "was" if uncalled == 1 else "were"
        yield (f"{uncalled} of {counted(len(counts), 'operation')} {was} called by no test",)
    clauses = run.coverage.clauses
    yield _row("TOTAL", width, clauses.upheld, clauses.violated, clauses.untested)
    for unseen in unjudged(run):
        yield (Span(unseen, "attention"),)
    for finding in worst_first(run.findings):
        state = "" if finding.state == "new" else f", {finding.state}"
        sentence = f"{finding.severity}: {finding.message} ({times(finding.count)}{state}) [{finding.rule}]"
        yield (Span(f"{finding.location}: {sentence}", "attention"),)


def _row(name: str, width: int, upheld: int, violated: int, untested: int) -> Line:
    total = upheld + violated + untested
    cells = f"{total:>7}  {upheld:>6}  {violated:>8}  {untested:>8}  {percent(upheld, total):>5}"
    return (Span(f"{name:<{width}}  {cells}", exact=True),)
