"""What lines about findings have in common on a terminal: the summary by rule, cut commands, where to read more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from clausewise.report.terminal import Line, Span
from clausewise.report.text import one_line
from clausewise.results.record import Finding
from clausewise.results.rules import rule_of
from clausewise.wording import counted

#: new findings that are listed without a summary before them
_FEW = 10

_CUT = "..."


def by_rule(findings: Sequence[Finding]) -> Iterator[Line]:
    """How many new findings each rule has, worst first; nothing where they are few. `findings` are in their order."""
    new = [finding for finding in findings if finding.state == "new"]
    if len(new) <= _FEW:
        return
    yield (f"{counted(len(new), 'new finding')}:",)
    for (severity, rule), alike in groupby(new, key=lambda finding: (finding.severity, finding.rule)):
        yield "  ", Span(counted(len(list(alike)), severity), severity), f": {rule_of(rule).title} [{rule}]"
    yield ()


def folded(command: str, width: int | None) -> str:
    """A command on one line of `width` columns, its indentation of four included; whole where that is None.

    What is left out shows as `...`: a command that was changed is never taken for the whole one.
    """
    if width is None or ("\n" not in command and len(command) + 4 <= width):
        return command
    return one_line(command)[: width - 4 - len(_CUT)] + _CUT


def explained(findings: Sequence[Finding]) -> str:
    """Where to read what the rule of the worst finding means. There is at least one finding."""
    return f"what a rule means, how to fix and to waive it: clausewise explain {findings[0].rule}"
