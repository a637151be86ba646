"""Untested clauses, grouped by reason, and what a record does not list or no schema judges."""

from __future__ import annotations

from collections import Counter

import msgspec

from clausewise.results.record import Run
from clausewise.wording import counted


class Untested(msgspec.Struct, frozen=True):
    """Clauses that were not tested for one reason."""

    reason: str
    #: the operation, if it never accepted a request; None for other reasons, which many operations can share
    operation: str | None
    #: the number of clauses
    clauses: int
    #: the operations that have them, in the order of the contract
    operations: tuple[str, ...]


def unjudged(run: Run) -> list[str]:
    """The bodies that have a schema and are not judged, one sentence for each media type."""
    return [
        f"not judged: {'1 body' if each.bodies == 1 else f'{each.bodies} bodies'} of {each.media_type}"
        + (f" ({each.reason})" if each.reason else "")
        for each in run.coverage.unjudged or ()
    ]


def unlisted(run: Run) -> str:
    """What the record counts and does not list, as a sentence; "" where it lists all."""
    count = sum(group.clauses for group in run.unlisted or ())
    if not count:
        return ""
    what = f"{counted(count, 'clause')} of large responses, of which no exchange showed anything,"
    return f"{what} {'is' if count == 1 else 'are'} counted and not listed: --all-operations lists all"


def untested(run: Run) -> list[Untested]:
    """Operations that never accepted a request, in the order of the contract, then other reasons, commonest first."""
    alike: dict[tuple[str | None, str], Counter[str]] = {}
    for clause in run.clauses:
        if clause.verdict == "untested":
            key = (clause.operation if clause.never_accepted else None, clause.reason or "unknown reason")
            alike.setdefault(key, Counter())[clause.operation] += 1
    for group in run.unlisted or ():
        if group.verdict == "untested":
            alike.setdefault((None, group.reason), Counter())[group.operation] += group.clauses
    groups = [Untested(reason, name, counts.total(), tuple(counts)) for (name, reason), counts in alike.items()]
    never_accepted = [group for group in groups if group.operation is not None]
    others = [group for group in groups if group.operation is None]
    return never_accepted + sorted(others, key=lambda group: (-group.clauses, group.reason))
