"""Folds faults into findings: one for each cause, however often and in however many operations it shows.

Runs, recordings and merged shards take the same steps: observations become faults, faults of one identity merge, in any
order, and those that no other fault explains become findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.results.causes import Cause, Causes, grouped, sentence
from clausewise.results.evidence import (
    COMMON,
    OTHER_TEXT,
    SMALLEST,
    TEXTS,
    WIDER,
    WITHOUT,
    Observation,
)
from clausewise.results.faults import CRASHES, Fault, Shown, fingerprint, merge_faults
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Place
from clausewise.results.rules import SEVERITIES, Severity


class Folded(msgspec.Struct, frozen=True):
    """The result of folding faults."""

    #: worst first
    findings: tuple[Finding, ...]
    #: key of a clause that was only broken together with one that is not enforced -> the reason why it is untested
    explained: dict[str, str]
    #: the faults that others explain or absorbed, and those that absorbed them, each as before; by id
    parts: tuple[Finding, ...] = ()


def fold(faults: Iterable[Fault[Shown]], render: Callable[[Fault[Shown]], Finding]) -> Folded:
    """One finding for each cause of the faults that no other one explains.

    A crash with one aspect of a value is the fault of the wider aspect, where that crashes as well. A crash without a
    known cause is the one that another phase found with the same symptom; but no breach explains the crash of a valid
    request. An answer that shows what the server should have refused is the fault of accepting it. An accepted breach
    of several clauses is explained by any of them that is also accepted alone. Faults of one cause are one finding,
    with all their places.
    """
    alone = merge_faults(faults)
    joined = dict(alone)
    for adoptions in (_adoptions, _stored):
        for id, into in sorted(adoptions(joined).items()):
            joined[into] = joined[into].merge(_adopted(joined.pop(id)))
    unenforced = {
        key: where
        for fault in joined.values()
        if fault.shown.rule == "invalid-request-accepted" and fault.related is not None
        for key, where in fault.related.alone
    }
    explained: dict[str, str] = {}
    unexplained: dict[str, Fault[Shown]] = {}
    for id, fault in joined.items():
        causes = _explaining(fault, unenforced)
        if causes:
            assert fault.related is not None
            reason = f"it was only broken together with a clause of {unenforced[causes[0]]} that is not enforced"
            explained |= dict.fromkeys(fault.related.together, reason)
        else:
            unexplained[id] = fault
    findings: list[Finding] = []
    unchanged: set[str] = set()
    for severity in SEVERITIES:
        # A note stays one, whatever fails like it.
        causes_of = {id: _causes(fault) for id, fault in unexplained.items() if fault.severity == severity}
        for members, shared in grouped(causes_of):
            of_one_cause = [unexplained[id] for id in members]
            finding = _folded(of_one_cause, shared, render)
            findings.append(finding)
            if len(members) == 1 and alone[finding.id] is of_one_cause[0] and finding == render(of_one_cause[0]):
                unchanged.add(finding.id)
    parts = [render(fault) for id, fault in sorted(alone.items()) if id not in unchanged]
    return Folded(worst_first(findings), explained, tuple(parts))


def to_finding(fault: Fault[Observation], location: Location | None, curl: str | None) -> Finding:
    """The finding of an observed fault, at `location` in the contract."""
    shown = fault.shown
    assert fault.exchange is not None
    return Finding(
        id=fault.id,
        rule=shown.rule,
        severity=fault.severity,
        operations=fault.operations,
        clause=shown.assertion if shown.clause is not None else None,
        where=shown.where,
        location=location,
        message=shown.message,
        count=fault.count,
        exchange=fault.exchange.id,
        curl=curl,
        source=fault.source,
        at=shown.at,
        places=tuple(
            Place(operation, where, shown.assertion if shown.clause is not None else None, location, fault.id)
            for operation, where in sorted(fault.places)
        ),
        alternatives=shown.alternatives or msgspec.UNSET,
        related=fault.related or msgspec.UNSET,
        trace=fault.exchange.trace or msgspec.UNSET,
    )


def fault_of(finding: Finding, exchange: Exchange | None) -> Fault[Finding]:
    """The fault of a finding in a record, shown by `exchange`; `finding_of` is the way back."""
    return Fault(
        id=finding.id,
        shown=finding,
        exchange=exchange,
        severity=finding.severity,
        places=frozenset((place.operation, place.where) for place in finding.places)
        or frozenset((operation, finding.where) for operation in finding.operations),
        count=finding.count,
        related=finding.related or None,
        source=finding.source,
    )


def finding_of(fault: Fault[Finding]) -> Finding:
    """The finding of a fault that comes from a record."""
    return msgspec.structs.replace(
        fault.shown,
        id=fault.id,
        severity=fault.severity,
        operations=fault.operations,
        count=fault.count,
        places=tuple(
            Place(operation, where, fault.shown.clause, fault.shown.location, fault.id)
            for operation, where in sorted(fault.places)
        ),
        related=fault.related or msgspec.UNSET,
    )


def _causes(fault: Fault[Shown]) -> Causes:
    return fault.related.causes if fault.related is not None else Causes()


def _folded(
    faults: Sequence[Fault[Shown]], causes: Iterable[Cause], render: Callable[[Fault[Shown]], Finding]
) -> Finding:
    """Faults of one cause as one finding, under the id of the first of them, whichever is shown."""
    merged = reduce(lambda one, other: one.merge(other), faults)
    finding = render(msgspec.structs.replace(merged, id=min(faults, key=_subject).id))
    places = {place for fault in faults for place in render(fault).places}
    spots = len({(place.operation, place.where) for place in places})
    shared = causes if len(faults) > 1 else _causes(faults[0]).shared
    message = sentence(shared, spots, finding.message, faults=len(faults))
    return msgspec.structs.replace(finding, message=message, places=tuple(sorted(places, key=_reading_order)))


def _subject(fault: Fault[Shown]) -> tuple[str, str, str]:
    related = fault.related
    return (related.subject, related.aspect, fault.id) if related is not None else ("", "", fault.id)


def _reading_order(place: Place) -> tuple[str, str, str]:
    return place.operation, place.where, place.fault


def _adoptions(faults: Mapping[str, Fault[Shown]]) -> dict[str, str]:
    """Id of a fault -> id of the one that absorbs it."""
    related = {id: fault.related for id, fault in sorted(faults.items()) if fault.related is not None}
    found: dict[str, str] = {}
    for id, each in related.items():
        rule = faults[id].shown.rule
        wider = [WIDER[each.aspect]] if each.aspect in WIDER else []
        if rule in CRASHES and each.aspect in TEXTS:
            wider.insert(0, OTHER_TEXT)
        for aspect in wider:
            into = fingerprint((rule, each.subject, aspect))
            # Two crashes that look different have two causes.
            if into in related and (each.symptoms & related[into].symptoms or not each.symptoms):
                found[id] = into
                break
        if each.aspect.endswith(SMALLEST):
            # What it leaves out may fail by itself.
            start = f"{each.aspect.removesuffix(SMALLEST)}{WITHOUT}"
            for other, one in related.items():
                alike = one.subject == each.subject and faults[other].shown.rule == rule
                if alike and one.aspect.startswith(start) and one.symptoms & each.symptoms:
                    found[id] = other
                    break
    causes: dict[tuple[str, tuple[str, str], bool], str] = {}
    for id, each in related.items():
        if not each.guessed:
            for symptom in each.symptoms:
                for valid in {False, each.valid}:
                    causes.setdefault((faults[id].shown.rule, symptom, valid), found.get(id, id))
    for id, each in related.items():
        blamed = [causes.get((faults[id].shown.rule, symptom, each.valid)) for symptom in sorted(each.symptoms)]
        if each.guessed and any(blamed):
            found[id] = next(filter(None, blamed))
    return found


def _stored(faults: Mapping[str, Fault[Shown]]) -> dict[str, str]:
    """Id of a fault that answers show only with values which the server should have refused -> id of the fault that it
    accepted one of them."""
    related = {id: fault.related for id, fault in sorted(faults.items()) if fault.related is not None}
    accepted: dict[tuple[str, Severity], str] = {}
    for id, each in related.items():
        if faults[id].shown.rule == "invalid-request-accepted":
            for value in each.values - {""}:
                accepted.setdefault((value, faults[id].severity), id)
    found: dict[str, str] = {}
    for id, each in related.items():
        blamed = [accepted.get((value, faults[id].severity)) for value in sorted(each.values)]
        own = any(not value.startswith(COMMON) for value in each.values)
        if faults[id].shown.rule == "response-schema" and own and all(blamed):
            found[id] = next(filter(None, blamed))
    return found


def _adopted(fault: Fault[Shown]) -> Fault[Shown]:
    assert fault.related is not None
    # What may cause the one alone says nothing of the other, and a guess knows no place.
    related = msgspec.structs.replace(fault.related, adopted=True, causes=Causes())
    places = frozenset[tuple[str, str]]() if fault.related.guessed else fault.places
    return msgspec.structs.replace(fault, related=related, places=places)


def _explaining(fault: Fault[Shown], unenforced: Mapping[str, str]) -> list[str]:
    """Keys of the clauses that explain why a breach was accepted; none where it was also accepted alone."""
    if fault.related is None or fault.related.alone:
        return []
    return sorted(fault.related.explained_by & unenforced.keys())
