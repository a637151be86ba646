"""Runs of parts of one contract (shards) in, one Run out, as if a single run had tested everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Exchange
from clausewise.results import record
from clausewise.results.excerpts import united
from clausewise.results.faults import Fault, merge_faults
from clausewise.results.findings import fault_of, finding_of, fold
from clausewise.results.record import (
    ClauseVerdict,
    Finding,
    Run,
    Scan,
    SlowAnswer,
    TargetInfo,
    Unaccepted,
    Unlisted,
    Unmatched,
    Verdict,
)
from clausewise.results.unaccepted import merge_unaccepted

#: the verdict of the merged run is the first of these that any part reached
_VERDICTS: tuple[Verdict, ...] = ("violated", "upheld", "untested", "unbreakable")


class Part(msgspec.Struct, frozen=True):
    """One of the runs, with its exchanges and a name for messages."""

    name: str
    run: Run
    exchanges: Sequence[Exchange] = ()


def merge(parts: Sequence[Part]) -> tuple[Run, tuple[Exchange, ...]]:
    """Several runs as one: verdicts merged clause by clause, findings by id, and all exchanges.

    The merged run is incomplete where a part is. It has no gate verdict. Raises UsageError when the runs tested
    different contracts.
    """
    first = parts[0]
    for other in parts[1:]:
        if other.run.spec.sha256 != first.run.spec.sha256:
            raise UsageError(
                f"{first.name} and {other.name} are runs of different contracts: {first.run.spec.file} has the SHA-256 "
                f"{first.run.spec.sha256[:12]} in one and {other.run.spec.sha256[:12]} in the other"
            )
    # The result does not depend on the order of the arguments.
    parts = _with_own_ids(sorted(parts, key=lambda part: (part.run.started, record.encode(part.run))))
    first = parts[0]
    exchanges = tuple(exchange for part in parts for exchange in part.exchanges)
    faults = _current([fault for part in parts for fault in _faults(part)])
    folded = fold(faults, finding_of)
    clauses = _clauses((part.run for part in parts), faults, folded.explained)
    unlisted = _unlisted([part.run for part in parts], clauses)
    unaccepted = merge_unaccepted(part.run for part in parts)
    merged = msgspec.structs.replace(
        first.run,
        spec=msgspec.structs.replace(first.run.spec, sources=united(part.run.spec.sources for part in parts)),
        started=min(part.run.started for part in parts),
        seconds=_seconds([part.run for part in parts]),
        target=_target([part.run.target for part in parts]),
        requests=sum(part.run.requests for part in parts),
        findings=folded.findings,
        clauses=clauses,
        coverage=_coverage(clauses, unlisted, exchanges, [part.run for part in parts], unaccepted),
        gate=None,
        scan=_scan([part.run.scan for part in parts if part.run.scan is not None]),
        faults=folded.parts or msgspec.UNSET,
        incomplete=tuple(f"{part.name}: {reason}" for part in parts for reason in part.run.incomplete or ())
        or msgspec.UNSET,
        unaccepted=unaccepted,
        slowest=_slowest(part.run for part in parts),
        unlisted=unlisted or msgspec.UNSET,
    )
    return merged, exchanges


def _with_own_ids(parts: Sequence[Part]) -> list[Part]:
    """The parts, with other ids for the exchanges whose id an earlier part uses."""
    taken: set[str] = set()
    renamed = []
    for number, part in enumerate(parts, 1):
        new = {each.id: f"{each.id}@{number}" for each in part.exchanges if each.id in taken}
        exchanges = tuple(msgspec.structs.replace(each, id=new.get(each.id, each.id)) for each in part.exchanges)
        run = msgspec.structs.replace(
            part.run,
            findings=_renamed(part.run.findings, new),
            faults=_renamed(part.run.faults or (), new),
            slowest=tuple(
                msgspec.structs.replace(each, exchange=new.get(each.exchange, each.exchange))
                for each in part.run.slowest or ()
            ),
        )
        taken |= {each.id for each in exchanges}
        renamed.append(Part(part.name, run, exchanges))
    return renamed


def _slowest(runs: Iterable[Run]) -> tuple[SlowAnswer, ...] | msgspec.UnsetType:
    """The slowest answers of all `runs`, as many as the longest list of one has."""
    lists = [run.slowest for run in runs if run.slowest]
    every = sorted((each for slowest in lists for each in slowest), key=lambda each: -each.seconds)
    return tuple(every[: max(map(len, lists), default=0)]) or msgspec.UNSET


def _renamed(findings: Iterable[Finding], new: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings, with the `new` ids of their exchanges."""
    return tuple(
        msgspec.structs.replace(each, exchange=new.get(each.exchange or "", each.exchange)) for each in findings
    )


def _clauses(
    runs: Iterable[Run], faults: Iterable[Fault[Finding]], explained: Mapping[str, str]
) -> tuple[ClauseVerdict, ...]:
    """Each clause once. Those in `explained` are untested for the reason given there, whatever their parts say."""
    accepted = {key for fault in faults if fault.related is not None for key in fault.related.together}
    candidates: dict[str, list[tuple[tuple[int, ...], ClauseVerdict]]] = {}
    for run in runs:
        evidence: Counter[tuple[str, ...]] = Counter()
        for clause in run.clauses:
            evidence[_place(clause)] += clause.tried
        for clause in run.clauses:
            key = f"{clause.operation} {clause.where} {clause.id} {clause.keyword}"
            candidates.setdefault(key, []).append((_rank(clause, evidence[_place(clause)]), clause))
    merged = {}
    for key, ranked in candidates.items():
        _, decisive = min(ranked, key=itemgetter(0))
        clause = msgspec.structs.replace(decisive, tried=sum(each.tried for _, each in ranked))
        if key in explained:
            clause = msgspec.structs.replace(clause, verdict="untested", reason=explained[key])
        elif key in accepted:
            # A part explained the fault by another one, but with all parts together that explanation fails.
            clause = msgspec.structs.replace(clause, verdict="violated", reason="")
        merged[key] = clause
    return tuple(merged.values())


def _rank(clause: ClauseVerdict, evidence: int) -> tuple[int, ...]:
    """Sort key of the verdicts on one clause; the lowest one decides, and gives the reason.

    Where no part tested the clause, the reason comes from the part that came closest: rather from one in which the
    operation accepted a request, then from that with most evidence on the clause, then from that with most `evidence`
    on the same part of the message.
    """
    return _VERDICTS.index(clause.verdict), clause.never_accepted is True, -clause.tried, -evidence


def _place(clause: ClauseVerdict) -> tuple[str, ...]:
    """The operation, and the response or the part of the request, that a clause is about."""
    return clause.operation, *clause.where.split(".")[:2]


def _unlisted(runs: Sequence[Run], clauses: Iterable[ClauseVerdict]) -> tuple[Unlisted, ...]:
    """The clauses that no run lists. Of each response, the run that lists most of it gives their reasons."""
    counted: list[dict[tuple[str, ...], list[Unlisted]]] = []
    for run in runs:
        counted.append({})
        for group in run.unlisted or ():
            counted[-1].setdefault((group.operation, *group.where.split(".")), []).append(group)
    if not any(counted):
        return ()
    listed = Counter(map(_place, clauses))
    listed_by = [Counter(map(_place, run.clauses)) for run in runs]
    found: list[Unlisted] = []
    for place in dict.fromkeys(place for groups in counted for place in groups):
        most = max(range(len(runs)), key=lambda index: listed_by[index][place])
        further = listed[place] - listed_by[most][place]
        # Those that only other runs list were untested in this one.
        for group in sorted(
            counted[most].get(place, ()), key=lambda group: (group.verdict != "untested", -group.clauses)
        ):
            left = max(group.clauses - further, 0)
            further -= group.clauses - left
            if left:
                found.append(msgspec.structs.replace(group, clauses=left))
    return tuple(found)


def _current(faults: list[Fault[Finding]]) -> list[Fault[Finding]]:
    """The faults, without disagreements of the second schema engine about exchanges that others now stand for.

    A part asks that engine only about the exchange that shows a fault, and as one run the parts have only one of these.
    """
    shown = {
        (fault.shown.clause, fault.shown.exchange)
        for fault in merge_faults(faults).values()
        if fault.shown.rule == "response-schema"
    }
    return [
        fault
        for fault in faults
        if fault.shown.rule != "engine-disagreement" or (fault.shown.clause, fault.shown.exchange) in shown
    ]


def _faults(part: Part) -> Iterator[Fault[Finding]]:
    """The faults of a part as they were before some of them were explained or absorbed."""
    exchanges = {exchange.id: exchange for exchange in part.exchanges}
    before = part.run.faults or ()
    changed = {finding.id for finding in before}
    for finding in (*before, *(finding for finding in part.run.findings if finding.id not in changed)):
        yield fault_of(finding, exchanges.get(finding.exchange or ""))


def _coverage(
    clauses: tuple[ClauseVerdict, ...],
    unlisted: tuple[Unlisted, ...],
    exchanges: tuple[Exchange, ...],
    runs: list[Run],
    unaccepted: tuple[Unaccepted, ...] | msgspec.UnsetType,
) -> record.Coverage:
    statuses = [clause for clause in clauses if clause.keyword == "status"]
    # As `Collector.add` counts them; a part whose exchanges are missing still has its own count.
    accepted = {
        exchange.probe.operation
        for exchange in exchanges
        if exchange.accepted and exchange.probe is not None and exchange.probe.expect != "refuse"
    }
    operations = {clause.operation for clause in clauses}
    most = max(run.coverage.operations.accepted for run in runs)
    count = max(len(accepted & operations), most)
    if unaccepted is not msgspec.UNSET and all(run.unaccepted is not msgspec.UNSET for run in runs):
        count = len(operations) - len(unaccepted)
    return record.Coverage(
        clauses=record.count_clauses(clauses, unlisted),
        operations=record.OperationCounts(count, len(operations)),
        responses=record.ResponseCounts(sum(clause.tried > 0 for clause in statuses), len(statuses)),
        unjudged=record.count_unjudged(each for run in runs for each in run.coverage.unjudged or ()),
    )


def _target(targets: list[TargetInfo]) -> TargetInfo:
    """All targets. The kind is that of the first to which requests were sent, if any."""
    kinds = [target.kind for target in targets]
    return TargetInfo(
        kind=next((kind for kind in kinds if kind != "recording"), "recording"),
        name=", ".join(dict.fromkeys(target.name for target in targets)),
        insecure=any(target.insecure for target in targets),
    )


def _scan(scans: list[Scan]) -> Scan | None:
    if not scans:
        return None
    unmatched: dict[tuple[str, str], Unmatched] = {}
    for one in (one for scan in scans for one in scan.unmatched):
        before = unmatched.setdefault((one.method, one.path), one)
        if before is not one:
            unmatched[one.method, one.path] = msgspec.structs.replace(before, count=before.count + one.count)
    return Scan(
        sources=tuple(dict.fromkeys(source for scan in scans for source in scan.sources)),
        checked=sum(scan.checked for scan in scans),
        evidence=", ".join(dict.fromkeys(scan.evidence for scan in scans)),
        unmatched=tuple(sorted(unmatched.values(), key=lambda one: (-one.count, one.method, one.path))),
        unmatched_exchanges=sum(scan.unmatched_exchanges for scan in scans),
        unreadable=tuple(trouble for scan in scans for trouble in scan.unreadable),
        unreadable_entries=sum(scan.unreadable_entries for scan in scans),
        skipped=tuple(trouble for scan in scans for trouble in scan.skipped),
        unrecorded_bodies=sum(scan.unrecorded_bodies for scan in scans),
        skipped_entries=sum(scan.skipped_entries for scan in scans),
        failed=tuple(trouble for scan in scans for trouble in scan.failed),
        interrupted=any(scan.interrupted for scan in scans),
    )


def _seconds(runs: list[Run]) -> float:
    """From the start of the first run to the end of the last; the sum where a start is not readable."""
    try:
        starts = [datetime.fromisoformat(run.started) for run in runs]
    except ValueError:
        return round(sum(run.seconds for run in runs), 3)
    ends = [start + timedelta(seconds=run.seconds) for start, run in zip(starts, runs, strict=True)]
    return round((max(ends) - min(starts)).total_seconds(), 3)
