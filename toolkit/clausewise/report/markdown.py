"""The Run as Markdown, for a comment on a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clausewise.exchange import Exchange
from clausewise.report.places import places
from clausewise.report.text import one_line, printable
from clausewise.report.untested import unjudged, unlisted, untested
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Run, percent
from clausewise.results.rules import SEVERITIES
from clausewise.wording import counted, times

#: characters of the summary; a comment on GitHub has 65,536 at most
_ROOM = 60_000
#: findings that are shown, and reasons for untested clauses; the rest is counted
_SHOWN = 50
_REASONS = 30
#: places of one finding
_PLACES = 20
#: characters of the longest command that is shown
_COMMAND = 3000

#: characters with a meaning in Markdown or HTML
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~!@])")


def render(run: Run, _exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of summary.md: at most 60,000 characters, new findings first."""
    head, tail = _head(run), [*_untested(run), *_slowest(run)]
    room = _ROOM - sum(len(line) + 1 for line in (*head, *tail))
    text = "\n".join([*head, *_findings(run, room), *tail]) + "\n"
    return text.encode("utf-8", "replace")


def _head(run: Run) -> list[str]:
    clauses, operations = run.coverage.clauses, run.coverage.operations
    passed = run.gate.passed if run.gate else not run.findings
    further = counted(clauses.unbreakable, "further clause")
    unbreakable = [f"No request can break {further}: not counted.", ""] if clauses.unbreakable else []
    lines = [f"# {'Passed' if passed else 'Failed'}: {escaped(run.spec.title)}", ""]
    lines += [f"- {prose(reason)}" for reason in (run.gate.reasons if run.gate else ())]
    lines += [f"- Warning: {prose(warning)}" for warning in (run.gate.warnings if run.gate else ())]
    lines += [
        *([""] if lines[-1] else []),
        "| clauses | upheld | violated | untested | operations accepted | requests | seconds |",
        "|---|---|---|---|---|---|---|",
        f"| {clauses.total} | {clauses.upheld} ({percent(clauses.upheld, clauses.total)}) | {clauses.violated} "
        f"| {clauses.untested} | {operations.accepted} of {operations.total} | {run.requests} | {run.seconds:.1f} |",
        "",
        *unbreakable,
        *(f"- {prose(sentence[0].upper() + sentence[1:])}" for sentence in unjudged(run)),
        *([""] if run.coverage.unjudged else []),
        f"Contract {code(run.spec.file)}, target {code(run.target.name)}{run.target.doubt}, seed {run.seed}.",
    ]
    return lines


def _findings(run: Run, room: int) -> list[str]:
    by_severity: dict[str, list[str]] = {}
    shown = 0
    for finding in worst_first(run.findings)[:_SHOWN]:
        lines = _finding(finding)
        room -= sum(len(line) + 1 for line in lines)
        if room < 0:
            break
        by_severity.setdefault(finding.severity, []).extend(lines)
        shown += 1
    lines = []
    for severity in SEVERITIES:
        if severity in by_severity:
            lines += ["", f"## {severity.capitalize()}s", "", *by_severity[severity]]
    if len(run.findings) > shown:
        lines += ["", f"{counted(len(run.findings) - shown, 'further finding')} in report.html and run.json."]
    return lines


def _finding(finding: Finding) -> list[str]:
    state = "" if finding.state == "new" else f" ({finding.state})"
    place = f"At {code(str(finding.location))}" if finding.location else "Observed"
    operations = ", ".join(code(name) for name in finding.operations[:5])
    if len(finding.operations) > 5:
        operations += f" and {len(finding.operations) - 5} more"
    lines = [
        f"### {finding.rule}{state}",
        "",
        prose(finding.message),
        "",
        f"{place}, {times(finding.count)}, in {operations}.",
        "",
    ]
    seen = [f"- {escaped(each)}" for each in places(finding, _PLACES)]
    lines += [*seen, ""] if seen else []
    if finding.waiver:
        lines += [f"Waived: {escaped(finding.waiver)}", ""]
    if finding.trace:
        lines += [f"Trace {code(finding.trace)}", ""]
    if finding.curl and len(finding.curl) > _COMMAND:
        lines += [f"The command to reproduce it is long: see finding {code(finding.id)} in report.html.", ""]
    elif finding.curl:
        curl = printable(finding.curl)
        fence = "`" * max(3, max((len(run) for run in re.findall(r"`+", curl)), default=0) + 1)
        lines += [f"{fence}sh", curl, fence, ""]
    return lines


def _untested(run: Run) -> list[str]:
    groups = untested(run)
    if not groups:
        return []
    lines = ["", "## Not tested", ""]
    for group in groups[:_REASONS]:
        operation = f"{code(group.operation)}: " if group.operation else ""
        lines.append(f"- {operation}{counted(group.clauses, 'clause')}: {escaped(group.reason[:500])}")
    if len(groups) > _REASONS:
        lines.append(f"- {counted(len(groups) - _REASONS, 'further reason')} in report.html")
    if left_out := unlisted(run):
        lines += ["", f"{escaped(left_out)}."]
    return lines


def _slowest(run: Run) -> list[str]:
    if not run.slowest:
        return []
    rows = [f"| {slow.seconds:.3f} | {code(slow.operation)} | {code(slow.exchange)} |" for slow in run.slowest]
    return ["", "## Slowest answers", "", "| seconds | operation | exchange |", "|---|---|---|", *rows]


def escaped(text: str) -> str:
    """The text on one line, escaped so that Markdown and HTML show it as it is."""
    return _escaped(one_line(text))


def prose(text: str) -> str:
    """The same, with text in backticks as code."""
    parts = re.split(r"`([^`]+)`", one_line(text))
    return "".join(code(part) if odd % 2 else _escaped(part) for odd, part in enumerate(parts))


def _escaped(line: str) -> str:
    return _SPECIAL.sub(r"\\\1", line).replace("\\<", "&lt;").replace("\\>", "&gt;")


def code(text: str) -> str:
    """The text as an inline code span, longer fences around backticks included (CommonMark section 6.1)."""
    plain = one_line(text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", plain)), default=0) + 1)
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"
