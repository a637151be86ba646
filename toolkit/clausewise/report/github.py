"""The Run as GitHub workflow commands: annotations of the worst findings at their lines."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

from clausewise.exchange import Exchange
from clausewise.report.region import Regions
from clausewise.report.text import one_line
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Run
from clausewise.results.rules import SEVERITIES
from clausewise.results.unaccepted import failing_sentences
from clausewise.wording import counted

#: the number of annotations of one kind that GitHub shows for a step
SHOWN = 10

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(run: Run, _exchanges: Sequence[Exchange] = (), /) -> bytes:
    """A command for each of the worst new findings, one per line, and one more with the count of the rest.

    What is not tested because no request was accepted comes first, and so do the warnings of the gate.
    """
    new = [finding for finding in worst_first(run.findings) if finding.state == "new"]
    regions = Regions(run)
    lines = [*_untested(run), *(_annotation(finding, regions) for finding in new[:SHOWN])]
    if len(new) > SHOWN:
        left = new[SHOWN:]
        counts = {severity: sum(finding.severity == severity for finding in left) for severity in SEVERITIES}
        rest = " and ".join(counted(count, severity) for severity, count in counts.items() if count)
        worst = next(severity for severity, count in counts.items() if count)
        lines.append(command(worst, {"title": run.tool.name}, f"{rest} more: see the job summary"))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def brackets() -> tuple[str, str]:
    """The lines that stop and resume workflow commands; the token that resumes them cannot be guessed.

    They go around text of a server, which could contain workflow commands.
    """
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}", f"::{token}::"


def _untested(run: Run) -> Iterator[str]:
    for sentence in failing_sentences(run):
        yield command("error", {"title": run.tool.name}, sentence)
    for warning in run.gate.warnings if run.gate is not None else ():
        yield command("warning", {"title": run.tool.name}, warning)


def _annotation(finding: Finding, regions: Regions) -> str:
    region = regions.of(finding)
    if region.is_remote:
        # GitHub shows no file for it, and so no line: the message has the place.
        return command(finding.severity, {"title": finding.rule}, f"{finding.location}: {finding.message}")
    properties = {"file": region.path, "line": str(region.line), "endLine": str(region.line), "col": str(region.column)}
    if region.end_column is not None:
        properties["endColumn"] = str(region.end_column)
    properties["title"] = finding.rule
    return command(finding.severity, properties, finding.message)


def command(severity: str, properties: dict[str, str], message: str) -> str:
    """The line of a workflow command; `message` and properties are escaped."""
    written = ",".join(f"{name}={_escaped_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[severity]} {written}::{_escaped(one_line(message))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(one_line(text)).replace(":", "%3A").replace(",", "%2C")
