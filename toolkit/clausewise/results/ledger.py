"""The ledger: the evidence on each clause, and the verdict that follows from it.

Each part of a run (a worker, a shard, a resumed run) keeps a ledger under its own name. Merging takes the larger count
of each part, so that ledgers can be merged in any order and grouping, and more than once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import get_args

import msgspec

from clausewise.contract.clause import Clause
from clausewise.results.evidence import Evidence, Outcome, UntestedReason
from clausewise.results.record import Verdict

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

#: outcomes that show that the server breaks a clause
_AGAINST: frozenset[Outcome] = frozenset({"broken", "rejected", "accepted", "crashed"})

#: outcome of a request that breaks a clause, and shows nothing of it -> how it was answered
_UNTELLING: dict[Outcome, str] = {
    "denied": "denied (401, 403, 407)",
    "missing": "answered as if something did not exist (404, 410)",
    "put-off": "put off (429)",
    "redirected": "redirected (3xx)",
    "otherwise": "refused with a status for something else, such as a conflict (409)",
    "unanswered": "not answered",
}

#: outcomes that decide nothing of a clause of a request
UNDECIDING: frozenset[Outcome] = frozenset({"kept", "unjudged", *_UNTELLING})


class Ledger(msgspec.Struct, eq=False):
    """Evidence counted by clause."""

    #: name of the part of a run whose evidence is counted here
    part: str = "run"
    #: clause key -> part -> outcome -> exchanges that show it
    evidence: dict[str, dict[str, dict[Outcome, int]]] = {}

    def add(self, evidence: Iterable[Evidence]) -> None:
        """Count the evidence of one exchange."""
        for item in evidence:
            self.count(item.clause, item.outcome, 1)

    def count(self, clause: str, outcome: Outcome, times: int) -> None:
        """Count `times` exchanges that show the outcome of a clause."""
        counts = self.evidence.setdefault(clause, {}).setdefault(self.part, {})
        counts[outcome] = counts.get(outcome, 0) + times

    def merge(self, other: Ledger) -> Ledger:
        """Both ledgers as a new one; associative, commutative and idempotent."""
        merged = Ledger(self.part)
        for ledger in (self, other):
            for clause, parts in ledger.evidence.items():
                for part, counts in parts.items():
                    into = merged.evidence.setdefault(clause, {}).setdefault(part, {})
                    for outcome, count in counts.items():
                        into[outcome] = max(count, into.get(outcome, 0))
        return merged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self.evidence == other.evidence

    __hash__ = None  # type: ignore[assignment]

    def counts(self, clause: str) -> dict[Outcome, int]:
        """How many exchanges showed each outcome of the clause with this key."""
        totals: dict[Outcome, int] = {}
        if clause not in self.evidence:
            return totals
        for counts in self.evidence[clause].values():
            for outcome, count in counts.items():
                totals[outcome] = totals.get(outcome, 0) + count
        return totals


def verdict_of(seen: Mapping[Outcome, int]) -> Verdict:
    """The verdict on a clause of which exchanges showed these outcomes: it is violated when any shows it broken; else
    upheld when a request that breaks it was refused, or a response, or a request of the server itself, kept it."""
    if not _AGAINST.isdisjoint(seen):
        return "violated"
    return "upheld" if "refused" in seen or "held" in seen else "untested"


def tried(seen: Mapping[Outcome, int]) -> int:
    """The number of exchanges with evidence on a clause, of these outcomes."""
    return sum(count for outcome, count in seen.items() if outcome != "unjudged")


class Grounds(msgspec.Struct, frozen=True):
    """What, beside the evidence, decides why a clause is untested."""

    #: operation, and documented status ("200", "4XX"), of each response that was seen
    answered: frozenset[tuple[str, str]] = frozenset()
    #: operation -> the media type of the bodies that it is sent
    sent_as: Mapping[str, str] = {}
    #: why clauses may have gone without a request; "" where every phase ran to its end
    unfinished: str = ""


def untested_reason(
    clause: Clause, seen: Mapping[Outcome, int], given: UntestedReason | None, grounds: Grounds
) -> UntestedReason:
    """Why a clause is untested: the reason `given` for it, else what follows from the outcomes that were `seen`."""
    if given is not None and given.kind != "partly":
        return given
    if clause.direction == "request":
        return _unrefused(clause, seen, grounds)
    status = clause.part.partition(".")[0]
    if (clause.operation, status) not in grounds.answered:
        message = f"no {status} response was seen"
    elif clause.keyword == "content":
        message = f"no {status} response had the media type {clause.value}"
    elif clause.conditions:
        message = f"no {status} response met its condition"
    else:
        message = f"no {status} response had the value it constrains"
    return _unseen(message)


@lru_cache
def _unseen(message: str) -> UntestedReason:
    """One reason for all the clauses that have it: there may be a hundred thousand."""
    return UntestedReason("unseen", message)


def _unrefused(clause: Clause, seen: Mapping[Outcome, int], grounds: Grounds) -> UntestedReason:
    """Why no answer shows whether a request that breaks the clause is refused."""
    answered_otherwise = [how for outcome, how in _UNTELLING.items() if outcome in seen]
    if answered_otherwise:
        message = f"requests that break it were {' or '.join(answered_otherwise)}: that is no refusal of the breach"
        return UntestedReason("undecided", message)
    if clause.keyword == "content" and (sent_as := grounds.sent_as.get(clause.operation)):
        if sent_as != clause.value and not seen:
            return UntestedReason("unfinished", f"bodies are sent as {sent_as}, and not as {clause.value}")
        if seen and not grounds.unfinished:
            message = f"bodies are sent as {clause.value}, and no request has one that is something else"
            return UntestedReason("untestable", message)
    if grounds.unfinished:
        return UntestedReason("unfinished", grounds.unfinished)
    if seen:
        return UntestedReason("undecided", "no answer shows whether a request that breaks it is refused")
    return UntestedReason("unfinished", "no request tested it")
