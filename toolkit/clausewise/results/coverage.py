"""From a ledger to the verdicts and the coverage of a record, for runs and for recorded traffic alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.unbreakable import unbreakable
from clausewise.errors import Location
from clausewise.results import record
from clausewise.results.evidence import UntestedReason
from clausewise.results.excerpts import source_text
from clausewise.results.ledger import Grounds, Ledger, tried, untested_reason, verdict_of
from clausewise.results.untouched import Kind, Untouched
from clausewise.version import __version__

TOOL = record.Tool("clausewise", __version__)


class Verdicts(msgspec.Struct, frozen=True):
    """The verdict on each clause, and how much of the contract was tested."""

    clauses: tuple[record.ClauseVerdict, ...]
    coverage: record.Coverage
    #: the clauses that are counted, and not listed
    unlisted: tuple[record.Unlisted, ...] = ()


#: why the clause with a key is untested, as far as the code which makes its requests, or reads them, knows
Given = Callable[[str, Clause], UntestedReason | None]


def reach_verdicts(
    contract: Contract,
    operations: tuple[OperationContract, ...],
    ledger: Ledger,
    *,
    untested: Given,
    explained: Mapping[str, str],
    accepted: Set[str],
    unfinished: str = "",
    received: Sequence[OperationContract] = (),
    lists_untouched: bool = True,
) -> Verdicts:
    """The verdicts on `operations`, and on the requests of those `received`. `explained` gives reasons by clause key;
    `accepted` holds the keys of the operations that accepted a request; `unfinished` says why there may have been no
    request for a clause. The clauses of large responses of which nothing was seen are listed where it
    `lists_untouched`, and else counted."""
    untouched = Untouched(lambda key: key in ledger.evidence or key in explained)
    clauses: dict[str, Clause] = {}
    kinds: list[Kind] = []
    for one in operations:
        listed, counted = (one.clauses_by_key, ()) if lists_untouched else untouched.split(one)
        clauses |= listed
        kinds += counted
    clauses |= {clause.key: clause for operation in received for clause in operation.request_clauses}
    answered = answered_in(operations, ledger)
    by_key = {operation.key: operation for operation in (*operations, *received)}
    grounds = Grounds(answered, {one.key: sent for one in operations if (sent := _sent_as(one))}, unfinished)
    judge = _Judge(contract, by_key, clauses, ledger, untested, explained, grounds)
    verdicts = tuple(judge.verdict(key, clause) for key, clause in clauses.items())
    unlisted = _unlisted((judge.verdict(kind.clause.key, kind.clause), kind.count) for kind in kinds)
    coverage = record.Coverage(
        clauses=record.count_clauses(verdicts, unlisted),
        operations=record.OperationCounts(len(accepted), len(operations)),
        responses=record.ResponseCounts(len(answered), sum(len(one.responses) for one in operations)),
        unjudged=record.count_unjudged(each for one in operations for each in _unjudged(one, ledger)),
    )
    return Verdicts(verdicts, coverage, unlisted)


def answered_in(operations: Iterable[OperationContract], ledger: Ledger) -> frozenset[tuple[str, str]]:
    """Operation, and documented status, of each response that was seen."""
    statuses = (response.status for operation in operations for response in operation.responses.values())
    return frozenset((status.operation, status.part) for status in statuses if ledger.counts(status.key))


def _unlisted(counted: Iterable[tuple[record.ClauseVerdict, int]]) -> tuple[record.Unlisted, ...]:
    """Clauses with the verdicts of one of them each, by response and reason."""
    found: dict[tuple[str, str, record.Verdict, str], int] = {}
    for one, count in counted:
        where = ".".join(one.where.split(".", 2)[:2])
        key = one.operation, where, one.verdict, one.reason
        found[key] = found.get(key, 0) + count
    return tuple(record.Unlisted(*key, count) for key, count in found.items())


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


class _Judge:
    """Reaches the verdict on each clause of a run. There may be hundreds of thousands, so that nothing is asked twice
    of one."""

    def __init__(
        self,
        contract: Contract,
        operations: Mapping[str, OperationContract],
        clauses: Mapping[str, Clause],
        ledger: Ledger,
        untested: Given,
        explained: Mapping[str, str],
        grounds: Grounds,
    ) -> None:
        self._contract = contract
        self._operations = operations
        self._clauses = clauses
        self._ledger = ledger
        self._untested = untested
        self._explained = explained
        self._grounds = grounds
        #: id of a clause -> its place
        self._places: dict[str, Location] = {}

    def verdict(self, key: str, clause: Clause) -> record.ClauseVerdict:
        """The verdict on the clause with this key."""
        operation, grounds = self._operations[clause.operation], self._grounds
        judged, judged_key = clause, key
        while judged.governed_by is not None and judged.governed_by in self._clauses:
            judged_key = judged.governed_by
            judged = self._clauses[judged_key]
        seen = self._ledger.counts(judged_key)
        verdict = verdict_of(seen)
        why, never_accepted = "", False
        given = self._untested(judged_key, judged)
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
        elif key in self._explained:
            verdict, why = "untested", self._explained[key]
        elif verdict == "untested":
            reason = untested_reason(clause, seen, given, grounds)
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
            location=self._place(clause),
            verdict=verdict,
            reason=why,
            tried=tried(seen),
            never_accepted=never_accepted or msgspec.UNSET,
        )

    def _place(self, clause: Clause) -> Location:
        found = self._places.get(clause.id)
        if found is None:
            found = self._places[clause.id] = self._contract.locate(clause.source)
        return found
