"""Defects of the document as findings: they need no request, and stand in every record of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from clausewise.media.json import digest
from clausewise.results.causes import Causes
from clausewise.results.faults import fingerprint
from clausewise.results.findings import Folded, fault_of, finding_of, fold
from clausewise.results.record import Finding, Place, Related
from clausewise.spec.defects import Defect
from clausewise.wording import counted

RULE = "spec-invalid"

#: what a defect says of a reference that leads nowhere
_NOWHERE = "cannot be resolved"


def fold_defects(defects: Iterable[Defect]) -> Folded:
    """The findings of defects: one for what is wrong in the same way in many places, such as a name that is defined
    nowhere, and the parts of those."""
    return fold((fault_of(finding, None) for finding in defect_findings(defects)), finding_of)


def defect_findings(defects: Iterable[Defect]) -> list[Finding]:
    """One finding for each place with a defect, and one for all `$ref`s to URLs that were not fetched."""
    found: dict[str, Finding] = {}
    elsewhere: list[Defect] = []
    for defect in defects:
        if defect.kind == "not-fetched":
            elsewhere.append(defect)
            continue
        finding = _finding(defect)
        before = found.get(finding.id)
        if before is not None:
            finding = msgspec.structs.replace(before, message=f"{before.message}; {finding.message}")
        found[finding.id] = finding
    return [*found.values(), *_not_fetched(elsewhere)]


def _not_fetched(defects: Sequence[Defect]) -> Iterator[Finding]:
    """The finding of `$ref`s that lead to URLs. It is an error where an operation is not tested for one of them."""
    if not defects:
        return
    rule = "ref-not-fetched"
    id = fingerprint((rule, "", ""))
    closed = tuple(dict.fromkeys(key for defect in defects for key in defect.closes))
    first = next((defect for defect in defects if defect.closes), defects[0])
    subject = f"{counted(len(defects), '`$ref`')} {'leads' if len(defects) == 1 else 'lead'} elsewhere"
    example = "" if len(defects) == 1 else "for example, "
    remedy = f" ({first.remedy})" if first.remedy else ""
    rest = f"; not tested for it: {_listed(closed)}" if closed else "; what stands there is not judged"
    yield Finding(
        id=id,
        rule=rule,
        severity="error" if closed else "warning",
        operations=tuple(sorted({key for defect in defects for key in defect.operations})),
        clause=first.at or None,
        where=first.at,
        location=first.location,
        message=f"{subject}: {example}{first.message}{remedy}{rest}",
        count=len(defects),
        exchange=None,
        curl=None,
        places=tuple(
            Place(key, defect.at, defect.at or None, defect.location, id)
            for defect in defects
            for key in defect.operations
        ),
    )


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
        related=Related(defect.at or defect.location.file, defect.kind, causes=_causes_of(defect)),
    )


def _causes_of(defect: Defect) -> Causes:
    """What says the same, and quotes what is wrong, is wrong for one reason in all places."""
    quotes = any(mark in defect.message for mark in "`\"'")
    said = {f"{defect.kind} {defect.message}"} if quotes else set[str]()
    if _NOWHERE in defect.message and defect.remedy:
        # References to many names lead nowhere for one reason, such as a part that the document lacks.
        said.add(f"{_NOWHERE} {defect.remedy}")
    return Causes(frozenset(("document", digest(each)[:12]) for each in said))


def _listed(operations: tuple[str, ...]) -> str:
    """Operations in a sentence: "a, b and 3 more"."""
    shown, more = operations[:3], len(operations) - 3
    return (
        f"{', '.join(shown)} and {more} more"
        if more > 0
        else " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    )
