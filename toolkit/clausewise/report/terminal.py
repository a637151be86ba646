"""The Run on a terminal, told as a compiler tells its errors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from clausewise.record import Finding, Run, percent
from clausewise.report.text import counted, one_line, printable, times
from clausewise.report.untested import untested

#: reasons for untested clauses shown without -v
_REASONS = 10

_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def render(run: Run, console: Console, verbose: int, left: Mapping[str, int] = MappingProxyType({})) -> None:
    """Print findings, what was not tested and why, what is left on the server, one line of coverage, and the verdict.

    `left` counts the resources that the run could not remove, by the path of their collection.
    """
    for finding in run.findings:
        _finding(finding, console)
    _untested(run, console, verbose)
    if left:
        _line(console, _left(left), "bold yellow")
        _line(console, "")
    clauses, operations = run.coverage.clauses, run.coverage.operations
    _line(
        console,
        f"clauses: {clauses.upheld} upheld, {clauses.violated} violated, {clauses.untested} untested "
        f"of {clauses.total} ({percent(clauses.upheld, clauses.total)}); operations accepted "
        f"{operations.accepted} of {operations.total}; {counted(run.requests, 'request')} in {run.seconds:.1f} s",
    )
    if verbose:
        _line(console, f"{run.spec.file}, OpenAPI {run.spec.openapi}, target {run.target.name}, seed {run.seed}")
    render_verdict(run, console)


def render_verdict(run: Run, console: Console) -> None:
    """Print whether the run passed, and if not, why."""
    passed = run.gate.passed if run.gate else not run.findings
    if passed:
        _line(console, "PASSED", "bold green")
    for reason in run.gate.reasons if run.gate else _findings(run):
        _line(console, f"FAILED: {one_line(reason)}", "bold red")


def _findings(run: Run) -> tuple[str, ...]:
    return (counted(len(run.findings), "finding"),) if run.findings else ()


def _left(left: Mapping[str, int]) -> str:
    total = sum(left.values())
    where = ", ".join(f"{count} in {printable(path)}" for path, count in sorted(left.items()))
    made = f"{counted(total, 'resource')} that this run made could not be removed: {where}"
    return f"{made}; remove {'it' if total == 1 else 'them'} by hand"


def _line(console: Console, text: str, style: str = "") -> None:
    # Text and not a string: what a server wrote is never read as markup. Soft wrap: a command can be copied whole.
    console.print(Text(text, style=style), soft_wrap=True)


def _finding(finding: Finding, console: Console) -> None:
    dim = "" if finding.state == "new" else "dim"
    state = "" if finding.state == "new" else f" ({finding.state})"
    head = Text(f"{finding.severity}[{finding.rule}]", style=dim or _STYLES[finding.severity])
    head.append(f" {finding.location or ''}{state}", style="dim")
    console.print(head, soft_wrap=True)
    _line(console, f"  {one_line(finding.message)}", dim)
    names = ", ".join(finding.operations[:5]) + (
        f" and {len(finding.operations) - 5} more" if len(finding.operations) > 5 else ""
    )
    where = f" ({printable(finding.where)})" if finding.where else ""
    _line(console, f"  in {printable(names)}{where}, {times(finding.count)}", "dim")
    if finding.curl:
        _line(console, f"    {printable(finding.curl)}", dim)
    _line(console, "")


def _untested(run: Run, console: Console, verbose: int) -> None:
    groups = untested(run)
    if not groups:
        return
    _line(console, "not tested:")
    shown = groups if verbose else groups[:_REASONS]
    for group in shown:
        who = f"{group.operation}: " if group.operation else ""
        _line(console, f"  {printable(who)}{counted(group.clauses, 'clause')}: {one_line(group.reason)}")
    if len(groups) > len(shown):
        _line(console, f"  {counted(len(groups) - len(shown), 'further reason')} with -v")
    _line(console, "")
