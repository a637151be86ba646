"""The ledger: what was seen of each clause, and the verdict that follows.

Parts of a run (workers, shards, a run taken up again) each keep a ledger under a name of their own. Merging takes the
larger count of each part, so that it does not matter in which order, how grouped or how often ledgers are merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import msgspec

from clausewise.contract.clause import Clause
from clausewise.results.evidence import Evidence, Outcome, UntestedReason
from clausewise.results.record import Verdict

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

#: outcomes that show a clause broken by the server
_AGAINST: frozenset[Outcome] = frozenset({"broken", "rejected", "accepted", "crashed"})


class Ledger(msgspec.Struct, eq=False):
    """Evidence counted by clause."""

    #: name of the part of a run that counts here
    part: str = "run"
    #: clause key -> part -> outcome -> exchanges that show it
    evidence: dict[str, dict[str, dict[Outcome, int]]] = {}

    def add(self, evidence: Iterable[Evidence]) -> None:
        """Count the evidence of one exchange."""
        for item in evidence:
            self.count(item.clause, item.outcome, 1)

    def count(self, clause: str, outcome: Outcome, times: int) -> None:
        """Count what so many exchanges showed of a clause."""
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
        for counts in self.evidence.get(clause, {}).values():
            for outcome, count in counts.items():
                totals[outcome] = totals.get(outcome, 0) + count
        return totals

    def verdict(self, clause: Clause) -> Verdict:
        """A request clause is upheld when a breach of it was refused, a response clause when it held; never broken."""
        seen = self.counts(clause.key)
        if _AGAINST & seen.keys():
            return "violated"
        shows = "refused" if clause.direction == "request" else "held"
        return "upheld" if shows in seen else "untested"

    def tried(self, clause: Clause) -> int:
        """Exchanges that bear on the clause."""
        return sum(self.counts(clause.key).values())


def untested_reason(
    clause: Clause, ledger: Ledger, given: Mapping[str, UntestedReason], answered: frozenset[tuple[str, str]]
) -> UntestedReason:
    """Why a clause is untested: the reason `given` for its key, else what follows from the evidence.

    `answered` holds operation and documented status ("200", "4XX") of the responses that came.
    """
    if clause.key in given:
        return given[clause.key]
    if clause.direction == "request":
        if clause.keyword == "content":
            return UntestedReason("unfinished", f"no request is sent as {clause.value}: another media type serves")
        if ledger.tried(clause):
            message = "no breach of it got an answer that tells whether it was refused for that"
            return UntestedReason("undecided", message)
        return UntestedReason("unfinished", "no request was made that could tell")
    status = clause.part.partition(".")[0]
    if (clause.operation, status) not in answered:
        message = f"no {status} response was seen"
    elif clause.keyword == "content":
        message = f"no {status} response was {clause.value}"
    elif clause.conditions:
        message = f"no {status} response met its condition"
    else:
        message = f"no {status} response held what it speaks of"
    return UntestedReason("unseen", message)
