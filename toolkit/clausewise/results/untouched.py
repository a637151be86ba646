"""Clauses of large responses that no exchange showed anything of: counted, and not listed one by one.

The objects of some documents lead to each other, so that each response unfolds into thousands of clauses. An exchange
shows a few of them, and a report of all the others would be hundreds of megabytes of the same sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import ResponseContract
from clausewise.contract.unbreakable import unbreakable

#: a response whose schemas have more clauses than this is large
LARGE = 2_000


class Kind(msgspec.Struct, frozen=True):
    """Clauses of one response that have the same verdict for the same reason, as nothing was seen of them."""

    #: one of them
    clause: Clause
    count: int


class Untouched:
    """Tells the clauses that are listed from those that are counted."""

    def __init__(self, is_shown: Callable[[str], bool]) -> None:
        """`is_shown` says whether anything is known of the clause with a key."""
        self._is_shown = is_shown
        #: what messages are made of -> the kinds of their clauses; operations that have the same error share it
        self._kinds: dict[tuple[int, ...], tuple[Kind, ...]] = {}

    def split(self, operation: OperationContract) -> tuple[dict[str, Clause], tuple[Kind, ...]]:
        """The clauses of an operation that are listed, by key, and the kinds of the others."""
        large = {status for status, clauses in operation.sizes.items() if clauses > LARGE}
        if not large:
            return operation.clauses_by_key, ()
        listed = {clause.key: clause for clause in operation.request_clauses}
        counted: list[Kind] = []
        for status, response in operation.responses.items():
            if status not in large:
                listed |= {clause.key: clause for clause in response.clauses}
            elif self._is_shown(response.status.key):
                shown, kinds = self._of_seen(operation, response)
                listed |= shown
                counted += kinds
            else:
                listed |= {clause.key: clause for clause in response.own_clauses}
                counted += self._of_unseen(operation, response)
        return listed, tuple(counted)

    def _of_seen(
        self, operation: OperationContract, response: ResponseContract
    ) -> tuple[dict[str, Clause], Iterable[Kind]]:
        """The clauses of a response that something is known of, with those that decide about them and those of no
        schema, and the kinds of the others."""
        clauses = {clause.key: clause for clause in response.clauses}
        shown = {clause.key for clause in response.own_clauses}
        for key, clause in clauses.items():
            if clause.governed_by is None:
                if self._is_shown(key):
                    shown.add(key)
                continue
            line = [key]
            while (governor := clauses[line[-1]].governed_by) in clauses:
                line.append(governor)
            if any(map(self._is_shown, line)):
                shown.update(line)
        listed = {key: clause for key, clause in clauses.items() if key in shown}
        return listed, _kinds(operation, (clause for key, clause in clauses.items() if key not in shown))

    def _of_unseen(self, operation: OperationContract, response: ResponseContract) -> Iterator[Kind]:
        """The kinds of all clauses of the schemas of a response, of which nothing is known."""
        alike = [message.alike for message in response.messages]
        same = tuple(map(id, alike))
        if same not in self._kinds:
            each = {(clause.where, clause.id, clause.keyword): clause for clause in chain.from_iterable(alike)}
            self._kinds[same] = tuple(_kinds(operation, each.values()))
        for kind in self._kinds[same]:
            own = msgspec.structs.replace(kind.clause, operation=operation.key, governed_by=None)
            yield Kind(own, kind.count)


def _kinds(operation: OperationContract, clauses: Iterable[Clause]) -> Iterable[Kind]:
    """The clauses by what the reason for their verdicts depends on."""
    found: dict[tuple[str, str, bool], Kind] = {}
    for clause in clauses:
        # A clause that another one is reported for is about a type or a name, which a value of any type can break.
        kind = clause.unjudged, unbreakable(operation, clause), bool(clause.conditions)
        found[kind] = Kind(clause, found[kind].count + 1 if kind in found else 1)
    return found.values()
