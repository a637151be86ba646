"""The Run on a terminal, told as a compiler tells its errors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from clausewise.report.text import counted, one_line, printable, times
from clausewise.report.untested import untested
from clausewise.results.record import Finding, Run, percent

#: new findings named where only the verdict is asked for
_NEW = 10

#: reasons for untested clauses shown without -v
_REASONS = 10

_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def render(run: Run, console: Console, verbose: int, left: Mapping[str, int] = MappingProxyType({})) -> None:
    """Print findings, what was not tested and why, what is left on the server, one line of coverage, and the verdict.

    `left` counts the resources that the run could not remove, by the path of their collection.
    """
    # What is known is told in short, and what is new behind it, where one looks first.
    known = [finding for finding in run.findings if finding.state != "new"]
    for finding in known:
        _known(finding, console)
    if known:
        _line(console, "")
    for finding in run.findings:
        if finding.state == "new":
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


def console(color: str) -> Console:
    """Where to print, for "auto", "always" or "never"."""
    return Console(
        force_terminal={"always": True, "never": False}.get(color),
        no_color=True if color == "never" else None,
        highlight=False,
    )


def render_new(run: Run, console: Console) -> None:
    """Name what makes the run fail, a line each: for those who want the verdict only."""
    new = [finding for finding in run.findings if finding.state == "new"]
    for finding in new[:_NEW]:
        place = f" {finding.location}" if finding.location else ""
        head = Text(f"new: {finding.severity}[{finding.rule}]", style=_STYLES[finding.severity])
        head.append(f"{place} {one_line(finding.message)}", style="default")
        console.print(head, soft_wrap=True)
    if len(new) > _NEW:
        _line(console, f"new: {counted(len(new) - _NEW, 'further finding')}")


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
    head = Text(f"{finding.severity}[{finding.rule}]", style=_STYLES[finding.severity])
    head.append(f" {finding.location or ''}", style="dim")
    console.print(head, soft_wrap=True)
    _line(console, f"  {one_line(finding.message)}")
    names = ", ".join(finding.operations[:5]) + (
        f" and {len(finding.operations) - 5} more" if len(finding.operations) > 5 else ""
    )
    where = f" ({printable(finding.where)})" if finding.where else ""
    _line(console, f"  in {printable(names)}{where}, {times(finding.count)}", "dim")
    if finding.curl:
        _line(console, f"    {printable(finding.curl)}")
    _line(console, "")


def _known(finding: Finding, console: Console) -> None:
    place = f" {finding.location}" if finding.location else ""
    why = f" ({one_line(finding.waiver)})" if finding.waiver else ""
    _line(console, f"{finding.state}: {finding.rule}{place} {one_line(finding.message)}{why}", "dim")


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
