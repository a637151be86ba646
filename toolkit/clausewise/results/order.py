"""The one order of findings, everywhere: in the record, on the terminal and in each report."""

from __future__ import annotations

from collections.abc import Iterable

from clausewise.errors import Location
from clausewise.results.record import Finding
from clausewise.results.rules import SEVERITIES, position

#: what counts before what does not
_STATES = ("new", "known", "waived")

_NOWHERE = Location("", 0, 0)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """New findings, then known, then waived ones; of these the worst first, and equally bad ones by rule and line."""
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, int, int, Location, str, str]:
    return (
        _STATES.index(finding.state),
        SEVERITIES.index(finding.severity),
        position(finding.rule),
        finding.source or finding.location or _NOWHERE,
        finding.where,
        finding.id,
    )
