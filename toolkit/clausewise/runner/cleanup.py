"""The resources that a run created on the server, and the requests that remove them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from clausewise.contract.contract import OperationContract
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.prover import Case, Prover
from clausewise.phases.base import Context
from clausewise.resources.identity import values_in_path
from clausewise.resources.types import erased, resource_paths
from clausewise.runner.journal import TIME, Journal, UndoRequest, Write
from clausewise.runner.undo import Key, Made, Undo, Undoing, key_of

#: statuses that say that there is nothing to remove
GONE = frozenset({404, 410})

#: statuses of what may be removed later: it is still being made, or holds something, or the login is lost just now
LATER = frozenset({401, 407, 409, 423, 425, 429, 503})


class _There(msgspec.Struct, eq=False):
    """Something that the run made and has not removed."""

    #: path of all of its kind
    collection: str
    removal: Case
    #: how many values its path has
    depth: int
    #: its number in the journal, and what names it
    number: int
    id: Any
    #: whether its removal was sent
    tried: bool = False


class Cleanup:
    """Keeps account of the resources that the run created and has not removed, and journals every accepted write."""

    def __init__(self, context: Context, base_url: str, journal: Journal | None = None, app: str | None = None) -> None:
        """`app` names an app in this process, which no URL leads to. Raises UsageError where the options name an
        operation that there is not."""
        self._context = context
        self._inventory = context.factory.inventory
        self._undoing = Undoing(context.contract, self._inventory, context.options.cleanup)
        #: what stands before the target of a request
        self.base_url = base_url
        self._journal = journal
        self._app = app
        #: what is still there, the oldest first; what does not last is here until its removal is answered
        self._there: dict[Key, _There] = {}
        #: path of a kind's collection -> how many of those made cannot be removed
        self._lost: Counter[str] = Counter()
        #: path of a kind's collection -> how many were made, and how many of them are gone again
        self.made: Counter[str] = Counter()
        self.removed: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        #: path of its type, and values of that path, of everything that was ever made
        self._own: set[tuple[str, tuple[str, ...]]] = set()

    @contextmanager
    def at(self, base_url: str) -> Iterator[None]:
        """Requests go to another place meanwhile."""
        before, self.base_url = self.base_url, base_url
        try:
            yield
        finally:
            self.base_url = before

    @property
    def left(self) -> dict[str, int]:
        """How many of those made are there for good, as it looks now, by the path of their collection."""
        return dict(self._lost + Counter(one.collection for one in self._there.values()))

    @property
    def outstanding(self) -> int:
        """How many wait for their removal."""
        return len(self._there)

    @property
    def untried(self) -> int:
        """How many of them nobody has tried to remove so far."""
        return sum(not one.tried for one in self._there.values())

    def may_create(self, operation: OperationContract) -> bool:
        """Whether an accepted request of `operation` creates something."""
        return self._undoing.may_create(operation)

    def creations(self, operations: Iterable[OperationContract]) -> list[tuple[str, str]]:
        """Those of `operations` that may create something, each with the one that undoes it; "" where none does."""
        return [(one.key, self._undoing.undoing(one)) for one in operations if self.may_create(one)]

    def is_own(self, operation: OperationContract, request: Request) -> bool:
        """Whether the path of a request leads to, or through, something that the run made."""
        values = tuple(map(str, values_in_path(operation, request)))
        paths = resource_paths(erased(operation.operation.path))
        return any((path, values[:depth]) in self._own for depth, path in enumerate(paths, 1))

    def can_undo(self, operation: OperationContract) -> bool:
        """Whether what `operation` creates can be removed."""
        return self._undoing.is_known_for(operation)

    def begin(self, number: int, operation: OperationContract, request: Request) -> None:
        """Take note of a request that goes out now and may create something. Raises like `take`."""
        if self._journal is not None:
            self._journal.begin(number, operation.key, self.base_url + self._bare(operation, request).target)

    def end(self, number: int) -> None:
        """Take note that such a request was answered, or did not go out. Raises like `take`."""
        if self._journal is not None:
            self._journal.end(number)

    def take(self, operation: OperationContract | None, exchange: Exchange, *, is_noted: bool = False) -> None:
        """Take note of the answer to a write, before anything else is sent. One that `is_noted` is in the journal.

        Raises UsageError where the journal cannot be written.
        """
        status = exchange.response.status if exchange.response is not None else 0
        is_removal = exchange.probe is not None and exchange.probe.phase == "cleanup"
        if operation is None or not (exchange.accepted or (is_removal and status in GONE)):
            if exchange.accepted and not is_noted:
                self._note(operation, exchange, status)
            return
        gone = self._there.pop(key_of(operation, exchange.request), None)
        if gone is not None:
            self.removed[gone.collection] += 1
        made = self._undoing.made(operation, exchange) if exchange.accepted and not is_removal else None
        there = self._arrived(made) if made is not None else None
        if is_noted:
            if there is not None and self._journal is not None:
                there.number = self._journal.number_of(self._undo_request(there)) or there.number
            return
        self._note(operation, exchange, status, made, there, gone)

    def _arrived(self, made: Made) -> _There | None:
        """Count what was made; how it is there, where it can be removed."""
        if made.resource is not None:
            self._own.add((made.resource.type_path, tuple(map(str, made.resource.values))))
        case = self._removal(made.undo) if made.undo is not None else None
        if case is None or made.undo is None:
            self.made[made.collection] += 1
            self._lost[made.collection] += 1
            return None
        key = self._key(case)
        before = self._there.get(key)
        if before is None:
            self.made[made.collection] += 1
        number = before.number if before is not None else self._number()
        there = _There(made.collection, case, len(made.undo.in_path), number, made.id)
        self._there[key] = there
        return there

    def _number(self) -> int:
        return self._journal.number() if self._journal is not None else next(self._numbers)

    def _note(
        self,
        operation: OperationContract | None,
        exchange: Exchange,
        status: int,
        made: Made | None = None,
        there: _There | None = None,
        gone: _There | None = None,
    ) -> None:
        """Write a line of the journal."""
        if self._journal is None:
            return
        request = self._bare(operation, exchange.request)
        undo: UndoRequest | None = None
        if there is not None and made is not None and made.undo is not None:
            undo = self._undo_request(there)
        number = None if made is None else there.number if there is not None else self._number()
        self._journal.add(
            Write(
                operation=operation.key if operation is not None else f"{request.method} {request.target}",
                method=request.method,
                url=self.base_url + request.target,
                id=made.id if made is not None else gone.id if gone is not None else None,
                time=datetime.now(UTC).strftime(TIME),
                status=status,
                made=number,
                undo=undo,
                removed=gone.number if gone is not None else None,
                app=self._app,
            )
        )

    def _undo_request(self, there: _There) -> UndoRequest:
        """The removal of something, as the journal has it."""
        operation = self._context.contract.operation(there.removal.probe.operation)
        return UndoRequest.of(operation.key, self._bare(operation, there.removal.request), self.base_url)

    def _bare(self, operation: OperationContract | None, request: Request) -> Request:
        """`request` without credentials."""
        credentials = self._context.credentials
        if operation is not None:
            request = credentials.of(operation.operation).strip(request)
        for slot in {*credentials.slots, *credentials.given}:
            request = slot.clear(request)
        own = {name.lower() for name, _ in credentials.headers}
        return msgspec.structs.replace(
            request, headers=tuple(pair for pair in request.headers if pair[0].lower() not in own)
        )

    def removal_of(self, operation: OperationContract, exchange: Exchange) -> Case | None:
        """What removes the resource that `exchange` made; None where it made none, or nothing removes it."""
        made = self._undoing.made(operation, exchange) if exchange.accepted else None
        if made is None or made.undo is None:
            return None
        there = self._there.get(made.undo.key)
        if there is None and (case := self._removal(made.undo)) is not None:
            there = self._there.get(self._key(case))
        return there.removal if there is not None else None

    def trying(self, removal: Case) -> None:
        """Take note that a `removal` is going out."""
        there = self._there.get(self._key(removal))
        if there is not None:
            there.tried = True

    def refused(self, removal: Case, exchange: Exchange) -> None:
        """Take note of what came of a `removal`, where it did not remove anything for good."""
        status = exchange.response.status if exchange.response is not None else None
        if status is None or status in LATER | GONE or exchange.accepted:
            return
        there = self._there.pop(self._key(removal), None)
        if there is not None:
            self._lost[there.collection] += 1

    def rest(self) -> Iterator[Case]:
        """Removals of all that is still there: what lies inside others first, the newest first."""
        newest_first = list(self._there.values())[::-1]
        for there in sorted(newest_first, key=lambda there: -there.depth):
            yield there.removal

    def _key(self, removal: Case) -> Key:
        return key_of(self._context.contract.operation(removal.probe.operation), removal.request)

    def _removal(self, undo: Undo) -> Case | None:
        draft = undo.draft(self._context.options.values, self._inventory, self._context.options.seed)
        if draft is None:
            return None
        request = Prover(undo.operation, self._context.credentials).request(draft)
        return Case(request, Probe(undo.operation.key, "cleanup", "what the run made is removed", "any"))
