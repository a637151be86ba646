"""Runs of one contract in parts (shards) come in, the whole Run goes out, as if one run had made it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from clausewise.errors import UsageError
from clausewise.exchange import Exchange
from clausewise.results import findings, record
from clausewise.results.evidence import SEVERITIES
from clausewise.results.record import ClauseVerdict, Finding, Run, Verdict

#: the first that any part found is the verdict of the whole
_VERDICTS: tuple[Verdict, ...] = ("violated", "upheld", "untested")


class Part(msgspec.Struct, frozen=True):
    """One of the runs, with its exchanges and a name for people."""

    name: str
    run: Run
    exchanges: tuple[Exchange, ...] = ()


def merge(parts: Sequence[Part]) -> tuple[Run, tuple[Exchange, ...]]:
    """The whole of several parts: verdicts clause by clause, findings by id, and all exchanges.

    No gate has judged the whole. Raises UsageError when the parts were not run against one and the same contract.
    """
    first = parts[0]
    for other in parts[1:]:
        if other.run.spec.sha256 != first.run.spec.sha256:
            raise UsageError(
                f"{first.name} and {other.name} are runs of different contracts: {first.run.spec.file} has the SHA-256 "
                f"{first.run.spec.sha256[:12]} in one and {other.run.spec.sha256[:12]} in the other"
            )
    parts = _with_own_ids(parts)
    exchanges = tuple(exchange for part in parts for exchange in part.exchanges)
    clauses = _clauses(clause for part in parts for clause in part.run.clauses)
    merged = msgspec.structs.replace(
        first.run,
        started=min(part.run.started for part in parts),
        seconds=_seconds([part.run for part in parts]),
        target=msgspec.structs.replace(
            first.run.target, name=", ".join(dict.fromkeys(part.run.target.name for part in parts))
        ),
        requests=sum(part.run.requests for part in parts),
        findings=_findings(finding for part in parts for finding in part.run.findings),
        clauses=clauses,
        coverage=_coverage(clauses, exchanges, [part.run for part in parts]),
        gate=None,
    )
    return merged, exchanges


def _with_own_ids(parts: Sequence[Part]) -> list[Part]:
    """The parts with exchanges that are called otherwise where an earlier part has one of that name."""
    taken: set[str] = set()
    renamed = []
    for number, part in enumerate(parts, 1):
        new = {each.id: f"{each.id}@{number}" for each in part.exchanges if each.id in taken}
        exchanges = tuple(msgspec.structs.replace(each, id=new.get(each.id, each.id)) for each in part.exchanges)
        found = tuple(
            msgspec.structs.replace(each, exchange=new.get(each.exchange or "", each.exchange))
            for each in part.run.findings
        )
        taken |= {each.id for each in exchanges}
        renamed.append(Part(part.name, msgspec.structs.replace(part.run, findings=found), exchanges))
    return renamed


def _clauses(clauses: Iterable[ClauseVerdict]) -> tuple[ClauseVerdict, ...]:
    merged: dict[tuple[str, str, str, str], ClauseVerdict] = {}
    for clause in clauses:
        key = (clause.operation, clause.where, clause.id, clause.keyword)
        known = merged.get(key)
        if known is None:
            merged[key] = clause
        else:
            telling = min(known, clause, key=lambda one: _VERDICTS.index(one.verdict))
            merged[key] = msgspec.structs.replace(telling, tried=known.tried + clause.tried)
    return tuple(merged.values())


def _findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
    merged: dict[str, Finding] = {}
    for finding in found:
        known = merged.get(finding.id)
        if known is None:
            merged[finding.id] = finding
            continue
        # the one that a reader has less to read of
        shown = min(known, finding, key=lambda one: (len(one.curl or ""), one.message))
        merged[finding.id] = msgspec.structs.replace(
            shown,
            count=known.count + finding.count,
            operations=tuple(sorted({*known.operations, *finding.operations})),
            severity=min(known.severity, finding.severity, key=SEVERITIES.index),
        )
    return tuple(sorted(merged.values(), key=findings.rank))


def _coverage(clauses: tuple[ClauseVerdict, ...], exchanges: tuple[Exchange, ...], runs: list[Run]) -> record.Coverage:
    counts = {verdict: sum(clause.verdict == verdict for clause in clauses) for verdict in _VERDICTS}
    statuses = [clause for clause in clauses if clause.keyword == "status"]
    # As `clausewise.runner.run` counts them; a part without its exchanges tells at least how many it had.
    accepted = {
        exchange.probe.operation
        for exchange in exchanges
        if exchange.accepted and exchange.probe is not None and exchange.probe.expect != "refuse"
    }
    operations = {clause.operation for clause in clauses}
    most = max(run.coverage.operations.accepted for run in runs)
    return record.Coverage(
        clauses=record.ClauseCounts(**counts, total=len(clauses)),
        operations=record.OperationCounts(max(len(accepted & operations), most), len(operations)),
        responses=record.ResponseCounts(sum(clause.tried > 0 for clause in statuses), len(statuses)),
    )


def _seconds(runs: list[Run]) -> float:
    """From the start of the first to the end of the last, for shards run at once; their sum where no start is known."""
    try:
        starts = [datetime.fromisoformat(run.started) for run in runs]
    except ValueError:
        return round(sum(run.seconds for run in runs), 3)
    ends = [start + timedelta(seconds=run.seconds) for start, run in zip(starts, runs, strict=True)]
    return round((max(ends) - min(starts)).total_seconds(), 3)
