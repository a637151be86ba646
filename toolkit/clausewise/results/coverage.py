"""From a ledger to the verdicts and the coverage of a record, for runs and for recorded traffic alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.unbreakable import unbreakable
from clausewise.errors import Location
from clausewise.results import record
from clausewise.results.evidence import UntestedReason
from clausewise.results.excerpts import source_text
from clausewise.results.ledger import Grounds, Ledger, untested_reason
from clausewise.version import __version__

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
    unfinished: str = "",
    received: Sequence[OperationContract] = (),
) -> Verdicts:
    """The verdicts on `operations`, and on the requests of those `received`. `untested` and `explained` give reasons by
    clause key; `accepted` holds the keys of the operations that accepted a request; `unfinished` says why there may
    have been no request for a clause."""
    clauses = {clause.key: clause for operation in operations for clause in operation.clauses}
    clauses |= {clause.key: clause for operation in received for clause in operation.request_clauses}
    statuses = [response.status for operation in operations for response in operation.responses.values()]
    answered = frozenset((status.operation, status.part) for status in statuses if ledger.counts(status.key))
    by_key = {operation.key: operation for operation in (*operations, *received)}
    grounds = Grounds(untested, answered, {one.key: sent for one in operations if (sent := _sent_as(one))}, unfinished)
    verdicts = tuple(
        _verdict(contract, by_key[clause.operation], clause, clauses, ledger, explained, grounds)
        for clause in clauses.values()
    )
    coverage = record.Coverage(
        clauses=record.count_clauses(verdicts),
        operations=record.OperationCounts(len(accepted), len(operations)),
        responses=record.ResponseCounts(len(answered), len(statuses)),
        unjudged=record.count_unjudged(each for one in operations for each in _unjudged(one, ledger)),
    )
    return Verdicts(verdicts, coverage)


def _unjudged(operation: OperationContract, ledger: Ledger) -> Iterator[record.Unjudged]:
    """The bodies of an operation that have a schema, and that no schema judges."""
    contents = [operation.body.content] if operation.body is not None else []
    contents += [response.content for response in operation.responses.values()]
    for entry in (entry for content in contents for entry in content.values()):
        bodies = ledger.counts(entry.clause.key).get("unjudged", 0)
        if bodies:
            yield record.Unjudged(entry.name, bodies, entry.not_judged)


def spec_of(contract: Contract, about: Iterable[Location]) -> record.Spec:
    """The document, described for the record of a run `about` these places in it."""
    specification, places = contract.specification, frozenset(about)
    return record.Spec(
        file=contract.name,
        title=specification.title,
        openapi=specification.version,
        sha256=specification.sources.root.sha256,
        sources=tuple(source_text(file, places) for file in specification.sources.documents),
    )


def _sent_as(operation: OperationContract) -> str:
    """The media type of the bodies that a run sends; "" where the operation takes none."""
    body = operation.body
    entry = (body.judged or next(iter(body.content.values()), None)) if body is not None else None
    return entry.media.name if entry is not None else ""


def _verdict(
    contract: Contract,
    operation: OperationContract,
    clause: Clause,
    clauses: Mapping[str, Clause],
    ledger: Ledger,
    explained: Mapping[str, str],
    grounds: Grounds,
) -> record.ClauseVerdict:
    judged = clause
    while judged.governed_by is not None and judged.governed_by in clauses:
        judged = clauses[judged.governed_by]
    verdict = ledger.verdict(judged)
    why, never_accepted = "", False
    given = grounds.given.get(judged.key)
    if verdict == "upheld" and clause.direction == "request" and given and given.kind == "never-accepted":
        # Who refuses every request does not show why.
        verdict = "untested"
    may_break = verdict == "violated" or clause.unjudged or operation.operation.kind == "callback"
    cannot_break = "" if may_break else unbreakable(operation, judged)
    if operation.closed is not None and verdict == "untested":
        why = f"the operation is not tested: {operation.closed.message}, {operation.closed.location}"
    elif clause.unjudged:
        verdict, why = "untested", f"it cannot be judged: {clause.unjudged}"
    elif cannot_break:
        verdict, why = "unbreakable", cannot_break
    elif clause.key in explained:
        verdict, why = "untested", explained[clause.key]
    elif verdict == "untested":
        reason = untested_reason(judged, ledger, grounds)
        why, never_accepted = reason.message, reason.kind == "never-accepted"
    elif verdict == "upheld" and given and given.kind in ("partly", "not-allowed"):
        why = given.message
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
