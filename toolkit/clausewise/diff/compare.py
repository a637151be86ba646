"""Two contracts in, the changes between them out: which of them break clients, and where.

Operations are matched by method and path, whatever their path parameters are called; messages by status, media type
and parameter; what schemas assert by the place in the message. Where in a document a schema stands does not
count: moving one to the components is no change.
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
from clausewise.diff.constraints import AppliedSchema, AppliedSchemas, MessageSchemas
from clausewise.diff.difference import Difference
from clausewise.diff.operations import (
    LocatedDifference,
    MessagePart,
    added_operation,
    compare_operations,
    removed_operation,
    schemas_of,
)
from clausewise.diff.reachability import Reachability
from clausewise.diff.schemas import SchemaComparison
from clausewise.spec.operations import Operation
from clausewise.spec.pointer import Source


def diff(old: Contract, new: Contract) -> tuple[Change, ...]:
    """The changes from `old` to `new`: those that break clients first, then the rest, each in the order of the lines.

    Raises SpecError where one of them has an invalid schema.
    """
    comparison = _Comparison(old, new)
    matched, removed, added = _match_operations(old.specification.operations, new.specification.operations)
    parts: list[tuple[str, MessagePart]] = []
    for one, two in matched:
        located, its_parts = compare_operations(one, two)
        comparison.add(located, two.key)
        parts.extend((two.key, part) for part in its_parts)
    now = {operation.key: operation for operation in new.specification.operations}
    for operation in removed:
        comparison.add([removed_operation(operation, now.get(operation.key))], operation.key)
    for operation in added:
        comparison.add([added_operation(operation)], operation.key)
    comparison.compare_schemas("request", parts)
    comparison.compare_schemas("response", parts)
    return comparison.changes()


class _Entry(msgspec.Struct):
    """A change while the operations that it affects are gathered."""

    located: LocatedDifference
    #: in the order they were met
    operations: dict[str, None]


class _Comparison:
    def __init__(self, old: Contract, new: Contract) -> None:
        self._old = old
        self._new = new
        self._entries: dict[Hashable, _Entry] = {}

    def add(self, located: Iterable[LocatedDifference], operation: str) -> None:
        """Add differences of an operation; the same one of the same line, of another operation, is one change."""
        for each in located:
            key = (each.where.partition(".")[0], each.kind, each.new or each.old, each.text)
            self._entries.setdefault(key, _Entry(each, {})).operations[operation] = None

    def compare_schemas(self, direction: Direction, parts: list[tuple[str, MessagePart]]) -> None:
        """Compare the schemas of all messages of one direction."""
        parts = [(operation, part) for operation, part in parts if part.direction == direction]
        old, new = _DocumentSchemas(self._old, direction), _DocumentSchemas(self._new, direction)
        schema_comparison = SchemaComparison(old.schemas, new.schemas)
        roots = []
        for operation, part in parts:
            one, two = old.applied(part.old), new.applied(part.new)
            if one and two:
                roots.append((operation, part, schema_comparison.place(one, two)))
            elif not (old.schemas.constraints(one).unconstrained and new.schemas.constraints(two).unconstrained):
                self.add([part.schema_difference()], operation)

        def identity(difference: Difference) -> Hashable:
            places = (new.source(difference.new), None) if difference.new else (None, old.source(difference.old))
            return difference.kind, difference.breaking, difference.keyword, difference.path[-1:], places

        reachability = Reachability(
            (place for _, _, root in roots for place in schema_comparison.compare(root)), identity
        )
        placed = 0
        for operation, part, root in roots:
            reached = reachability.differences_below(root)
            for number, difference, path, branch in reachability.nearest(root, reached & ~placed):
                located = LocatedDifference(
                    breaking=difference.breaking,
                    kind=difference.kind,
                    where=where(direction, part.name, path, branch),
                    text=difference.sentence(name_of(path, part.name)),
                    reason=difference.reason,
                    old=old.source(difference.old),
                    new=new.source(difference.new),
                )
                self._entries[(direction, number)] = _Entry(located, {})
            placed |= reached
            while reached:
                number = reached.bit_length() - 1
                reached ^= 1 << number
                self._entries[(direction, number)].operations[operation] = None

    def changes(self) -> tuple[Change, ...]:
        """All changes, in order."""
        changes = [
            Change(
                breaking=entry.located.breaking,
                kind=entry.located.kind,
                operations=tuple(entry.operations),
                where=entry.located.where,
                text=entry.located.text,
                reason=entry.located.reason,
                old=self._old.locate(entry.located.old) if entry.located.old else None,
                new=self._new.locate(entry.located.new) if entry.located.new else None,
            )
            for entry in self._entries.values()
        ]
        return tuple(
            sorted(
                changes, key=lambda change: (not change.breaking, change.new or change.old, change.where, change.text)
            )
        )


class _DocumentSchemas:
    """Schemas of one document that bind messages of one direction, by their places in it.

    All of them, so that an invalid one is an error even where there is nothing to compare it with.
    """

    def __init__(self, contract: Contract, direction: Direction) -> None:
        specification = contract.specification
        roots = [root for operation in specification.operations for root in schemas_of(operation, direction)]
        generated, self._places = generate_together(specification.sources, specification.dialect, roots, direction)
        Message(specification.sources, generated, "", direction, "").check_schema()
        self.schemas = MessageSchemas(generated, direction)

    def applied(self, schema: Source | None) -> AppliedSchemas:
        """The schemas that apply to the whole message which the schema at `schema` describes."""
        return () if schema is None else (AppliedSchema(self._places[schema]),)

    def source(self, location: str | None) -> Source | None:
        """The place in the document of a place in the generated schema."""
        return None if location is None else self.schemas.generated.origin(location)


def _match_operations(
    old: tuple[Operation, ...], new: tuple[Operation, ...]
) -> tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]:
    """Operations that both have, in the order of the new, then those that were removed, and those that were added."""
    exact = {(operation.method, operation.path): operation for operation in old}
    by_unnamed_path = {(operation.method, _without_names(operation.path)): operation for operation in old}
    matched, added, taken = [], [], set()
    for operation in new:
        located = exact.get((operation.method, operation.path))
        if located is None:
            located = by_unnamed_path.get((operation.method, _without_names(operation.path)))
        if located is None or located.key in taken:
            added.append(operation)
        else:
            taken.add(located.key)
            matched.append((located, operation))
    return matched, [operation for operation in old if operation.key not in taken], added


def _without_names(path: str) -> str:
    """A path template without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path)
