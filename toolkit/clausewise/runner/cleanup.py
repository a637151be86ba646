"""The resources that a run created on the server, and the requests that remove them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.prover import Case, Prover
from clausewise.phases.base import Context
from clausewise.resources.identity import Resource, values_in_path
from clausewise.resources.types import erased, resource_paths
from clausewise.runner.journal import TIME, Journal, UndoRequest, Write
from clausewise.runner.undo import Key, Made, Naming, Undo, Undoing, beside_path, key_of
from clausewise.transport.budget import leads_elsewhere

#: statuses that say that there is nothing to remove
GONE = frozenset({404, 410})

#: statuses of what may be removed later: it is still being made, or holds something, or the login is lost just now
LATER = frozenset({401, 407, 409, 423, 425, 429, 503})


class _There(msgspec.Struct, eq=False):
    """Something that the run made and has not removed."""

    #: path of all of its kind
    collection: str
    removal: Case
    #: what the removal names it by beside its path
    naming: Naming
    #: how many values its path has
    depth: int
    #: its number in the journal, and what names it
    number: int
    id: Any
    #: whether it is gone where the server knows no such thing
    is_named: bool = True
    #: whether its removal was sent
    tried: bool = False
    #: whether its removal found no such thing, although nothing was ever removed in this way
    is_doubted: bool = False
    #: what was made, where the answer showed it
    resource: Resource | None = None


class Cleanup:
    """Keeps account of the resources that the run created and has not removed, and journals every accepted write."""

    def __init__(self, context: Context, base_url: str, journal: Journal | None = None, app: str | None = None) -> None:
        """`app` names an app in this process, which no URL leads to. Raises UsageError where the options name an
        operation that there is not."""
        self._context = context
        self._inventory = context.factory.inventory
        self._undoing = Undoing(context.contract, self._inventory, context.options)
        #: what stands before the target of a request
        self.base_url = base_url
        self._journal = journal
        self._app = app
        #: what is still there, by the path of what removes it; what does not last is here until its removal is answered
        self._there: dict[Key, list[_There]] = {}
        #: path of a kind's collection -> how many of those made cannot be removed
        self._lost: Counter[str] = Counter()
        #: path of a kind's collection -> how many were made, and how many of them are gone again
        self.made: Counter[str] = Counter()
        self.removed: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        #: keys of the operations that removed something
        self._working: set[str] = set()
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
        return dict(self._lost + Counter(one.collection for one in self._everything()))

    @property
    def outstanding(self) -> int:
        """How many wait for their removal."""
        return sum(map(len, self._there.values()))

    @property
    def untried(self) -> int:
        """How many of them nobody has tried to remove so far."""
        return sum(not one.tried for one in self._everything())

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
        gone = self._named_by(operation, exchange.request)
        if gone is not None and not exchange.accepted and not (gone.is_named and operation.key in self._working):
            # What has never removed anything may not know the thing by this name.
            return
        if gone is not None:
            self._take_out(gone, key_of(operation, exchange.request))
            self.removed[gone.collection] += 1
        if exchange.accepted and (gone is not None or operation.operation.method == "DELETE"):
            self._working.add(operation.key)
        made = self._undoing.made(operation, exchange) if exchange.accepted and not is_removal else None
        if made is not None and self._was_there(made):
            made = None
        there = self._arrived(made, exchange.request) if made is not None else None
        if is_noted:
            if there is not None and self._journal is not None:
                self._renumber(there, self._journal.claim(self._undo_request(there)))
            return
        self._note(operation, exchange, status, made, there, gone)

    def _was_there(self, made: Made) -> bool:
        """Whether what a request seems to have made was there before it."""
        if made.resource is None:
            return False
        is_own = _named(made.resource) in self._own
        # On a server elsewhere, what the server has listed before is not ours, whatever an answer says of it.
        is_of_others = self._context.leave.only_own and not is_own and self._inventory.has_listed(made.resource)
        return is_of_others or (is_own and made.undo is None)

    def take_over(self) -> None:
        """Take in what an earlier process of the run made and left, as far as no request that it sent has been planned
        again: it is removed as what this one makes."""
        for write in self._journal.unclaimed if self._journal is not None else ():
            undo = write.undo
            assert undo is not None and write.made is not None
            if not undo.url.startswith(self.base_url):
                continue
            contract = self._context.contract
            operation, collection = contract.operation(undo.operation), self._undoing.collection_of(write.operation)
            bare = Request(undo.method, undo.url.removeprefix(self.base_url), undo.headers, undo.content())
            case = _removal(operation, self._context.credentials.of(operation.operation).added_to(bare))
            depth = len(values_in_path(operation, bare))
            there = _There(collection, case, beside_path(bare), depth, write.made, write.id, undo.names_it)
            self._there.setdefault(key_of(operation, bare), []).append(there)
            self.made[collection] += 1

    def _renumber(self, there: _There, number: int | None) -> None:
        """Give what is `there` its `number` in the journal. What was taken over by this number is the same."""
        if number is None:
            return
        there.number = number
        key = self._key(there.removal)
        for other in [one for one in self._there[key] if one.number == number and one is not there]:
            self._take_out(other, key)
            self.made[other.collection] -= 1

    def _everything(self) -> Iterator[_There]:
        return itertools.chain.from_iterable(self._there.values())

    def _named_by(self, operation: OperationContract, request: Request) -> _There | None:
        """What a request of `operation` removes; of several that it may mean the one whose removal was sent."""
        found = self._there.get(key_of(operation, request), ())
        said = beside_path(request) if any(one.naming for one in found) else frozenset()
        return max((one for one in found if one.naming <= said), key=lambda one: one.tried, default=None)

    def _take_out(self, there: _There, key: Key) -> None:
        self._there[key].remove(there)
        if not self._there[key]:
            del self._there[key]

    def _arrived(self, made: Made, making: Request) -> _There | None:
        """Count what a request made; how it is there, where it can be removed."""
        if made.resource is not None:
            self._own.add(_named(made.resource))
        case = self._removal(made.undo, making) if made.undo is not None else None
        if case is None or made.undo is None:
            self.made[made.collection] += 1
            self._lost[made.collection] += 1
            return None
        naming = made.undo.naming(case.request)
        there = self._there.setdefault(self._key(case), [])
        before = next((one for one in there if one.naming == naming), None) if not made.is_another else None
        if before is not None:
            before.tried, before.id = False, made.id
            return before
        self.made[made.collection] += 1
        is_named = made.undo.names_it(case.request)
        depth = len(made.undo.in_path)
        there.append(
            _There(made.collection, case, naming, depth, self._number(), made.id, is_named, resource=made.resource)
        )
        return there[-1]

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
        bare = self._bare(operation, there.removal.request)
        return UndoRequest.of(operation.key, bare, self.base_url, names_it=there.is_named)

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
        there = self._there.get(made.undo.key, ()) if not made.undo.known else ()
        if not there and (case := self._removal(made.undo, exchange.request)) is not None:
            naming = made.undo.naming(case.request)
            there = [one for one in self._there.get(self._key(case), ()) if one.naming == naming]
        return next((one.removal for one in reversed(there) if not one.tried), None)

    def trying(self, removal: Case) -> None:
        """Take note that a `removal` is going out."""
        there = self._removed_by(removal)
        if there is not None:
            there.tried = True

    def refused(self, removal: Case, exchange: Exchange) -> None:
        """Take note of what came of a `removal`, where it did not remove anything for good."""
        status = exchange.response.status if exchange.response is not None else None
        if status is None or status in LATER or exchange.accepted:
            return
        there = self._removed_by(removal)
        if there is not None and status in GONE and not there.is_doubted:
            # It may be known by another name once the operation has removed something.
            there.is_doubted = True
        elif there is not None:
            self._take_out(there, self._key(removal))
            self._lost[there.collection] += 1

    def rest(self) -> Iterator[Case]:
        """Removals of all that is still there: what lies inside others first, the newest first."""
        self._name_otherwise()
        for there in sorted(self._everything(), key=lambda there: (-there.depth, -there.number)):
            yield there.removal

    def _name_otherwise(self) -> None:
        """Let removals name things as their operations want it, which may have been learnt after they were made."""
        for key, there in [(key, there) for key, every in self._there.items() for there in every]:
            operation = self._context.contract.operation(there.removal.probe.operation)
            if operation.key not in self._inventory.called or there.resource is None:
                continue
            undo = Undo(operation, self._inventory.placed(operation, there.resource))
            case = self._removal(undo, there.removal.request)
            if case is not None and self._key(case) != key:
                self._take_out(there, key)
                there.removal = case
                self._there.setdefault(self._key(case), []).append(there)

    def _removed_by(self, removal: Case) -> _There | None:
        return next((one for one in self._there.get(self._key(removal), ()) if one.removal is removal), None)

    def _key(self, removal: Case) -> Key:
        return key_of(self._context.contract.operation(removal.probe.operation), removal.request)

    def _removal(self, undo: Undo, making: Request) -> Case | None:
        """What removes the thing that a request made; None where that may meet another thing."""
        draft = undo.draft(self._context.options.values, self._inventory, self._context.options.seed)
        if draft is None:
            return None
        request = Prover(undo.operation, self._context.credentials).request(draft)
        # Where a dot segment was in the path of what made it, it is in that of what removes it.
        leads_out = leads_elsewhere(request.target) and not leads_elsewhere(making.target)
        return None if leads_out else _removal(undo.operation, request)


def _named(resource: Resource) -> tuple[str, tuple[str, ...]]:
    return resource.type_path, tuple(map(str, resource.values))


def _removal(operation: OperationContract, request: Request) -> Case:
    """The case of a `request` that removes what the run made."""
    return Case(request, Probe(operation.key, "cleanup", "what the run made is removed", "any"))
