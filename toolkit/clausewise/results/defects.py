"""Defects of the document as findings: they need no request, and stand in every record of the contract."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from clausewise.results.findings import fingerprint
from clausewise.results.record import Finding, Place
from clausewise.spec.defects import Defect

RULE = "spec-invalid"


def defect_findings(defects: Iterable[Defect]) -> list[Finding]:
    """One finding for each place with a defect."""
    found: dict[str, Finding] = {}
    for defect in defects:
        finding = _finding(defect)
        before = found.get(finding.id)
        if before is not None:
            finding = msgspec.structs.replace(before, message=f"{before.message}; {finding.message}")
        found[finding.id] = finding
    return list(found.values())


def _finding(defect: Defect) -> Finding:
    id = fingerprint((RULE, defect.at or defect.location.file, defect.kind))
    closed = "" if not defect.closes else "; not tested for it: " + _listed(defect.closes)
    remedy = f" ({defect.remedy})" if defect.remedy else ""
    return Finding(
        id=id,
        rule=RULE,
        severity=defect.severity,
        operations=defect.operations,
        clause=defect.at or None,
        where=defect.at,
        location=defect.location,
        message=f"{defect.message}{remedy}{closed}",
        count=1,
        exchange=None,
        curl=None,
        places=tuple(Place(key, defect.at, defect.at or None, defect.location, id) for key in defect.operations),
    )


def _listed(operations: tuple[str, ...]) -> str:
    """Operations in a sentence: "a, b and 3 more"."""
    shown, more = operations[:3], len(operations) - 3
    return (
        f"{', '.join(shown)} and {more} more"
        if more > 0
        else " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    )
