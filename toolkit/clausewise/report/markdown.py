"""The Run as Markdown, for a pull-request comment or a job's summary."""

from __future__ import annotations

import re

from clausewise.evidence import SEVERITIES
from clausewise.record import Finding, Run, percent
from clausewise.report.text import counted, one_line, printable, times
from clausewise.report.untested import untested

#: findings shown in full; the rest is counted
_SHOWN = 50

#: characters that Markdown or HTML would read as more than themselves
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~!@])")


def render(run: Run) -> str:
    """The content of summary.md."""
    return "\n".join([*_head(run), *_findings(run), *_untested(run)]) + "\n"


def _head(run: Run) -> list[str]:
    clauses, operations = run.coverage.clauses, run.coverage.operations
    passed = run.gate.passed if run.gate else not run.findings
    lines = [f"# {'Passed' if passed else 'Failed'}: {escaped(run.spec.title)}", ""]
    lines += [f"- {escaped(reason)}" for reason in (run.gate.reasons if run.gate else ())]
    lines += [
        *([""] if lines[-1] else []),
        "| clauses | upheld | violated | untested | operations accepted | requests | seconds |",
        "|---|---|---|---|---|---|---|",
        f"| {clauses.total} | {clauses.upheld} ({percent(clauses.upheld, clauses.total)}) | {clauses.violated} "
        f"| {clauses.untested} | {operations.accepted} of {operations.total} | {run.requests} | {run.seconds:.1f} |",
        "",
        f"Contract {code(run.spec.file)}, target {code(run.target.name)}, seed {run.seed}.",
    ]
    return lines


def _findings(run: Run) -> list[str]:
    lines: list[str] = []
    shown = run.findings[:_SHOWN]
    for severity in SEVERITIES:
        chosen = [finding for finding in shown if finding.severity == severity]
        if chosen:
            lines += ["", f"## {severity.capitalize()}s", ""]
            for finding in chosen:
                lines += _finding(finding)
    if len(run.findings) > _SHOWN:
        lines += ["", f"{counted(len(run.findings) - _SHOWN, 'further finding')} in run.json."]
    return lines


def _finding(finding: Finding) -> list[str]:
    state = "" if finding.state == "new" else f" ({finding.state})"
    place = f"At {code(str(finding.location))}" if finding.location else "Seen"
    operations = ", ".join(code(name) for name in finding.operations[:5])
    if len(finding.operations) > 5:
        operations += f" and {len(finding.operations) - 5} more"
    lines = [
        f"### {finding.rule}{state}",
        "",
        escaped(finding.message),
        "",
        f"{place}, {times(finding.count)}, in {operations}.",
        "",
    ]
    if finding.curl:
        curl = printable(finding.curl)
        fence = "`" * max(3, max((len(run) for run in re.findall(r"`+", curl)), default=0) + 1)
        lines += [f"{fence}sh", curl, fence, ""]
    return lines


def _untested(run: Run) -> list[str]:
    groups = untested(run)
    if not groups:
        return []
    lines = ["", "## Not tested", ""]
    for group in groups:
        who = f"{code(group.operation)}: " if group.operation else ""
        lines.append(f"- {who}{counted(group.clauses, 'clause')}: {escaped(group.reason)}")
    return lines


def escaped(text: str) -> str:
    """Text of which Markdown and HTML read nothing as markup."""
    return _SPECIAL.sub(r"\\\1", one_line(text)).replace("\\<", "&lt;").replace("\\>", "&gt;")


def code(text: str) -> str:
    """Text as an inline code span, whatever backticks it holds (CommonMark section 6.1)."""
    plain = one_line(text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", plain)), default=0) + 1)
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"
