"""From a ledger to the verdicts and the coverage of a record, for runs and for recorded traffic alike."""

from __future__ import annotations

from collections.abc import Mapping, Set

import msgspec

from clausewise import __version__
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract, OperationContract
from clausewise.results import record
from clausewise.results.evidence import UntestedReason
from clausewise.results.ledger import Ledger, untested_reason

TOOL = record.Tool("clausewise", __version__)


class Verdicts(msgspec.Struct, frozen=True):
    """The verdict on each clause, and how much of the contract was tested."""

    clauses: tuple[record.ClauseVerdict, ...]
    coverage: record.Coverage


def reach_verdicts(
    contract: Contract,
    operations: tuple[OperationContract, ...],
    ledger: Ledger,
    *,
    untested: Mapping[str, UntestedReason],
    explained: Mapping[str, str],
    accepted: Set[str],
) -> Verdicts:
    """The verdicts on `operations`. `untested` and `explained` give reasons by clause key; `accepted` holds the keys of
    the operations that accepted a request."""
    clauses = {clause.key: clause for operation in operations for clause in operation.clauses}
    statuses = [response.status for operation in operations for response in operation.responses.values()]
    answered = frozenset((status.operation, status.part) for status in statuses if ledger.counts(status.key))
    verdicts = tuple(
        _verdict(contract, clause, clauses, ledger, untested, explained, answered) for clause in clauses.values()
    )
    counts = {name: sum(clause.verdict == name for clause in verdicts) for name in ("upheld", "violated", "untested")}
    coverage = record.Coverage(
        clauses=record.ClauseCounts(**counts, total=len(verdicts)),
        operations=record.OperationCounts(len(accepted), len(operations)),
        responses=record.ResponseCounts(len(answered), len(statuses)),
    )
    return Verdicts(verdicts, coverage)


def spec_of(contract: Contract) -> record.Spec:
    """The document, described for a record."""
    specification = contract.specification
    return record.Spec(
        file=contract.name,
        title=specification.title,
        openapi=specification.version,
        sha256=specification.sources.root.sha256,
        sources=tuple(record.SourceText(file.name, file.text) for file in specification.sources.documents),
    )


def _verdict(
    contract: Contract,
    clause: Clause,
    clauses: Mapping[str, Clause],
    ledger: Ledger,
    untested: Mapping[str, UntestedReason],
    explained: Mapping[str, str],
    answered: frozenset[tuple[str, str]],
) -> record.ClauseVerdict:
    judged = clause
    while judged.governed_by is not None and judged.governed_by in clauses:
        judged = clauses[judged.governed_by]
    verdict = ledger.verdict(judged)
    why, never_accepted = "", False
    if clause.key in explained:
        verdict, why = "untested", explained[clause.key]
    elif verdict == "untested":
        reason = untested_reason(judged, ledger, untested, answered)
        why, never_accepted = reason.message, reason.kind == "never-accepted"
    elif judged is not clause:
        why = f"judged by the clause that selects the branch: {judged.text}"
    return record.ClauseVerdict(
        id=clause.id,
        operation=clause.operation,
        direction=clause.direction,
        where=clause.where,
        keyword=clause.keyword,
        text=clause.text,
        location=contract.locate(clause.source),
        verdict=verdict,
        reason=why,
        tried=ledger.tried(judged),
        never_accepted=never_accepted or msgspec.UNSET,
    )
