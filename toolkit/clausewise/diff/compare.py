"""Two contracts in, the changes between them out: which of them break clients, and where.

Operations are matched by method and path, whatever their path parameters are called; messages by status, media type
and parameter; what schemas say by the place in the message (`lockstep`). Where in a document a rule stands decides
nothing, so that moving a schema to the components is no change.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

import msgspec

from clausewise.contract.clause import Direction, where
from clausewise.contract.contract import Contract
from clausewise.contract.keywords import name_of
from clausewise.contract.message import Message
from clausewise.contract.schemas import generate_together
from clausewise.diff.change import Change
from clausewise.diff.constraints import Node, Nodes, Tree
from clausewise.diff.difference import Local
from clausewise.diff.operations import (
    Found,
    Part,
    compare_operations,
    gone_operation,
    new_operation,
    schemas_of,
)
from clausewise.diff.reach import Reach
from clausewise.diff.schemas import Lockstep
from clausewise.spec.operations import Operation
from clausewise.spec.pointer import Source


def diff(old: Contract, new: Contract) -> tuple[Change, ...]:
    """What is different: what breaks clients first, then the rest, each in the order of the lines.

    Raises SpecError where one of them has a schema that is none.
    """
    comparison = _Comparison(old, new)
    matched, gone, come = _matched(old.specification.operations, new.specification.operations)
    parts: list[tuple[str, Part]] = []
    for one, two in matched:
        found, its_parts = compare_operations(one, two)
        comparison.tell(found, two.key)
        parts.extend((two.key, part) for part in its_parts)
    now = {operation.key: operation for operation in new.specification.operations}
    for operation in gone:
        comparison.tell([gone_operation(operation, now.get(operation.key))], operation.key)
    for operation in come:
        comparison.tell([new_operation(operation)], operation.key)
    comparison.schemas("request", parts)
    comparison.schemas("response", parts)
    return comparison.changes()


class _Entry(msgspec.Struct):
    """A change while the operations that it reaches are gathered."""

    found: Found
    #: in the order they were met
    operations: dict[str, None]


class _Comparison:
    def __init__(self, old: Contract, new: Contract) -> None:
        self._old = old
        self._new = new
        self._entries: dict[Hashable, _Entry] = {}

    def tell(self, found: Iterable[Found], operation: str) -> None:
        """Note differences of an operation; the same one of the same line of another operation is no further change."""
        for each in found:
            key = (each.where.partition(".")[0], each.kind, each.new or each.old, each.text)
            self._entries.setdefault(key, _Entry(each, {})).operations[operation] = None

    def schemas(self, direction: Direction, parts: list[tuple[str, Part]]) -> None:
        """Compare what the schemas of all messages of one direction say."""
        parts = [(operation, part) for operation, part in parts if part.direction == direction]
        old, new = _Schemas(self._old, direction), _Schemas(self._new, direction)
        lockstep = Lockstep(old.tree, new.tree)
        roots = []
        for operation, part in parts:
            one, two = old.nodes(part.old), new.nodes(part.new)
            if one and two:
                roots.append((operation, part, lockstep.pair(one, two)))
            elif not (old.tree.said(one).nothing and new.tree.said(two).nothing):
                self.tell([part.bound()], operation)

        def identity(local: Local) -> Hashable:
            places = (new.source(local.new), None) if local.new else (None, old.source(local.old))
            return local.kind, local.breaking, local.keyword, local.path[-1:], places

        reach = Reach((pair for _, _, root in roots for pair in lockstep.compare(root)), identity)
        placed = 0
        for operation, part, root in roots:
            reached = reach.of(root)
            for number, local, path, branch in reach.nearest(root, reached & ~placed):
                found = Found(
                    breaking=local.breaking,
                    kind=local.kind,
                    where=where(direction, part.name, path, branch),
                    text=local.say(name_of(path, part.name)),
                    reason=local.reason,
                    old=old.source(local.old),
                    new=new.source(local.new),
                )
                self._entries[(direction, number)] = _Entry(found, {})
            placed |= reached
            while reached:
                number = reached.bit_length() - 1
                reached ^= 1 << number
                self._entries[(direction, number)].operations[operation] = None

    def changes(self) -> tuple[Change, ...]:
        """Everything that was noted, in order."""
        changes = [
            Change(
                breaking=entry.found.breaking,
                kind=entry.found.kind,
                operations=tuple(entry.operations),
                where=entry.found.where,
                text=entry.found.text,
                reason=entry.found.reason,
                old=self._old.locate(entry.found.old) if entry.found.old else None,
                new=self._new.locate(entry.found.new) if entry.found.new else None,
            )
            for entry in self._entries.values()
        ]
        return tuple(
            sorted(
                changes, key=lambda change: (not change.breaking, change.new or change.old, change.where, change.text)
            )
        )


class _Schemas:
    """Schemas of one document that bind messages of one direction, by their places in it.

    All of them, so that one which is none is told even where there is nothing to compare it with.
    """

    def __init__(self, contract: Contract, direction: Direction) -> None:
        specification = contract.specification
        roots = [root for operation in specification.operations for root in schemas_of(operation, direction)]
        generated, self._places = generate_together(specification.sources, specification.dialect, roots, direction)
        Message(specification.sources, generated, "", direction, "").check_schema()
        self.tree = Tree(generated, direction)

    def nodes(self, schema: Source | None) -> Nodes:
        """What is said of the whole message that the schema at `schema` binds."""
        return () if schema is None else (Node(self._places[schema]),)

    def source(self, location: str | None) -> Source | None:
        """The place in the document of a place in the generated schema."""
        return None if location is None else self.tree.generated.origin(location)


def _matched(
    old: tuple[Operation, ...], new: tuple[Operation, ...]
) -> tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]:
    """Operations that are the same in both, in the order of the new, and those of the old and the new that are left."""
    exact = {(operation.method, operation.path): operation for operation in old}
    nameless = {(operation.method, _nameless(operation.path)): operation for operation in old}
    matched, come, taken = [], [], set()
    for operation in new:
        found = exact.get((operation.method, operation.path))
        if found is None:
            found = nameless.get((operation.method, _nameless(operation.path)))
        if found is None or found.key in taken:
            come.append(operation)
        else:
            taken.add(found.key)
            matched.append((found, operation))
    return matched, [operation for operation in old if operation.key not in taken], come


def _nameless(path: str) -> str:
    """A path template without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path)
