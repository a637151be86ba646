"""Finds the changes between two contracts, and which of them break clients.

Operations are matched by method and URL, of server and path together; messages by status, media type and
parameter; assertions of schemas by the place in the message. The place of a schema in the document does not matter:
moving it to the components is not a change.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date

import msgspec

from clausewise.comparison.change import LEVELS, Change, Level
from clausewise.comparison.constraints import AppliedSchema, AppliedSchemas, MessageSchemas
from clausewise.comparison.difference import Difference
from clausewise.comparison.faults import PassedOver, changed_fault, closing, not_compared, passed_over
from clausewise.comparison.lifecycle import not_relied_on
from clausewise.comparison.located import LocatedDifference
from clausewise.comparison.matching import Matching, match
from clausewise.comparison.operations import (
    MessagePart,
    Versions,
    added_operation,
    compare_operations,
    compare_schemas_of,
    followed,
    removed_operation,
)
from clausewise.comparison.places import ComparedPlace, at_and_below
from clausewise.comparison.reachability import Reachability
from clausewise.comparison.schemas import SchemaComparison
from clausewise.comparison.servers import compare_servers
from clausewise.comparison.settlement import Settlement
from clausewise.comparison.unchanged import Unchanged
from clausewise.contract.clause import Direction, where
from clausewise.contract.contract import Contract
from clausewise.contract.keywords import name_of
from clausewise.contract.message import Message
from clausewise.contract.schemas import carry_over, generate_together
from clausewise.spec.accessors import object_at
from clausewise.spec.operations import Form
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.specification import Specification, read_specification


class Comparison(msgspec.Struct, frozen=True):
    """What came of a comparison."""

    #: breaking ones first, then the others, each in the order of the lines
    changes: tuple[Change, ...]
    #: what is not valid in the new document, and is the reason of no change
    passed_over: tuple[PassedOver, ...]
    #: whether somebody interrupted it: then there may be further changes
    is_cut: bool = False


def diff(old: Contract, new: Contract, *, today: date | None = None) -> tuple[Change, ...]:
    """The changes from `old` to `new`, as `compare` finds them. Raises KeyboardInterrupt: some of the changes would be
    taken for all."""
    documents = read_versions(old.specification.sources, new.specification.sources)
    comparison = compare(documents, today=today)
    if comparison.is_cut:
        raise KeyboardInterrupt
    return comparison.changes


class Documents(msgspec.Struct, frozen=True, eq=False):
    """Two versions of a document."""

    #: their contents; operations that are the same in both may be left out
    old: Specification
    new: Specification
    unchanged: Unchanged


def read_versions(old: Sources, new: Sources) -> Documents:
    """Two versions of a document without the operations that are the same in both, with everything that they rest on:
    of most documents nearly all. Raises SpecError like `read_specification`."""
    unchanged = Unchanged(old, new)
    same = unchanged.operations
    later = read_specification(new, same)
    # What both write alike is read once, unless something in it is not valid.
    faulty = {key for defect in later.defects for key in defect.operations}
    alike = {(one.path, one.source): one for one in later.operations if one.key not in faulty}
    shared = {place: alike[place] for place in unchanged.but_for_schemas if place in alike}
    earlier = read_specification(old, same | shared.keys())
    earlier = msgspec.structs.replace(earlier, operations=(*earlier.operations, *shared.values()))
    return Documents(earlier, later, unchanged)


def compare(documents: Documents, *, today: date | None = None) -> Comparison:
    """Compare two versions of a contract.

    What was to stay until a day after `today` (by default the day on which it is called) cannot be removed yet. What
    rests on something that is not valid in one version, and is written otherwise in the other, is a change that is
    "not-compared". An interruption (Ctrl-C) ends it with what was found until then. Raises SpecError for schemas that
    are too large, or nested too deeply.
    """
    comparison = _Comparison(documents, today or date.today())
    try:
        matching = comparison.run()
    except KeyboardInterrupt:
        return Comparison(comparison.changes(), (), is_cut=True)
    changes = comparison.changes()
    reported = {change.reason for change in changes}
    found = passed_over(documents.old, documents.new, matching, documents.unchanged)
    return Comparison(changes, tuple(each for each in found if each.fault not in reported))


def _is_unchanged(part: MessagePart, unchanged: Unchanged) -> bool:
    return isinstance(part.old, Source) and isinstance(part.new, Source) and unchanged.same(part.old, part.new)


#: why losing null is no certain break where its author did not list it
_ONLY_MEANT = (
    "by the letter of OpenAPI 3.0.3, the `enum` beside `nullable` refuses null; clausewise does not, as authors mean it"
)


class _Entry(msgspec.Struct):
    """A change whose affected operations are still collected."""

    located: LocatedDifference
    #: the affected operations, in order
    operations: dict[str, None]


class _Comparison:
    def __init__(self, documents: Documents, today: date) -> None:
        self._today = today
        self._old, self._new = documents.old, documents.new
        self._unchanged = documents.unchanged
        self._entries: dict[Hashable, _Entry] = {}
        #: operation -> why clients were not to rely on it
        self._early: dict[str, str] = {}

    def run(self) -> Matching:
        """Compare all operations, and then the schemas of their messages."""
        old, new = self._old, self._new
        versions = Versions(old.sources, new.sources, self._today)
        matching = match(old, new)
        parts: list[tuple[str, MessagePart]] = []
        before, after = closing(old), closing(new)
        for (earlier, its_servers), (later, servers) in matching.matched:
            early = not_relied_on(object_at(versions.old, earlier.source))
            if early is not None:
                self._early[later.key] = early
            fault = changed_fault(before.get(earlier.key), after.get(later.key))
            if fault is not None:
                self._add([not_compared(fault, earlier, later)], later.key)
                continue
            if its_servers is not None and servers is not None:
                self._add(compare_servers(earlier, later, its_servers, servers), later.key)
            if earlier is later:
                located, its_parts = compare_schemas_of(versions, later, self._unchanged)
            else:
                located, its_parts = compare_operations(versions, earlier, later)
            self._add(located, later.key)
            parts.extend((later.key, part) for part in its_parts)
        now = {operation.key: operation for operation in new.operations}
        for operation in matching.removed:
            self._add([removed_operation(versions, operation, now.get(operation.key))], operation.key)
        for operation in matching.added:
            self._add([added_operation(operation)], operation.key)
        # Most parts are as they were, and to read them all takes longer than to see that.
        parts = [(key, part) for key, part in parts if not _is_unchanged(part, self._unchanged)]
        self._compare_schemas("request", parts)
        self._compare_schemas("response", parts)
        return matching

    def _add(self, located: Iterable[LocatedDifference], operation: str) -> None:
        """Add differences of an operation; the same difference at the same line is one change of several operations."""
        for each in located:
            key = (each.where.partition(".")[0], each.kind, each.new or each.old, each.text)
            self._entries.setdefault(key, _Entry(each, {})).operations[operation] = None

    def _compare_schemas(self, direction: Direction, parts: list[tuple[str, MessagePart]]) -> None:
        """Compare the schemas of all messages of one direction."""
        parts = [(operation, part) for operation, part in parts if part.direction == direction]
        old = _DocumentSchemas(self._old.sources, direction, [part.old for _, part in parts if part.old is not None])
        carry_over(self._old.sources, self._new.sources, direction, self._unchanged.stays)
        new = _DocumentSchemas(self._new.sources, direction, [part.new for _, part in parts if part.new is not None])
        schema_comparison = SchemaComparison(old.schemas, new.schemas, self._today)
        roots = []
        for operation, part in parts:
            one, two = old.applied(part.old), new.applied(part.new)
            if one and two:
                roots.append((operation, part, schema_comparison.place(one, two)))
            elif not (old.schemas.constraints(one).unconstrained and new.schemas.constraints(two).unconstrained):
                self._add([part.schema_difference(never=new.schemas.constraints(two).forbidden)], operation)

        compared = [place for _, _, root in roots for place in schema_comparison.compare(root)]
        try:
            Settlement(direction, old.schemas, new.schemas).settle(compared, [root for _, _, root in roots])
        finally:
            # Of an interruption too: what is settled by then is found.
            self._add_reached(direction, old, new, roots)

    def _add_reached(
        self,
        direction: Direction,
        old: _DocumentSchemas,
        new: _DocumentSchemas,
        roots: list[tuple[str, MessagePart, ComparedPlace]],
    ) -> None:
        """Add the differences of schemas, each at the nearest place in its messages."""

        def identity(difference: Difference) -> Hashable:
            places = (new.source(difference.new), None) if difference.new else (None, old.source(difference.old))
            return difference.kind, difference.level, difference.keyword, difference.path[-1:], places

        reachability = Reachability(at_and_below(root for _, _, root in roots), identity)
        placed = 0
        for operation, part, root in roots:
            reached = reachability.differences_below(root)
            for number, difference, path, branch in reachability.nearest(root, reached & ~placed):
                side, at = (old, difference.old) if direction == "request" else (new, difference.new)
                if difference.breaking and difference.keyword == "enum" and side.is_only_meant(at):
                    difference = msgspec.structs.replace(difference, level="risky", reason=_ONLY_MEANT)
                located = LocatedDifference(
                    level=difference.level,
                    kind=difference.kind,
                    where=where(part.message, part.name, (*part.path, *path), branch),
                    text=difference.sentence(name_of((*part.path, *path), part.name)),
                    reason=difference.reason,
                    old=old.source(difference.old),
                    new=new.source(difference.new),
                    witness=difference.witness,
                )
                self._entries[(direction, number)] = _Entry(located, {})
            placed |= reached
            while reached:
                number = reached.bit_length() - 1
                reached ^= 1 << number
                self._entries[(direction, number)].operations[operation] = None

    def _effect(self, entry: _Entry) -> tuple[Level, str]:
        """The level of a change, and why: what only touches operations that could be gone as well breaks nobody."""
        level, reason = entry.located.level, entry.located.reason
        if level in ("breaking", "risky") and all(operation in self._early for operation in entry.operations):
            return "compatible", self._early[next(iter(entry.operations))]
        return level, reason

    def changes(self) -> tuple[Change, ...]:
        """All changes, in order."""
        changes = [
            Change(
                level=level,
                kind=entry.located.kind,
                operations=tuple(entry.operations),
                where=entry.located.where,
                text=entry.located.text,
                reason=reason,
                witness=entry.located.witness,
                clause=str(entry.located.new or entry.located.old or ""),
                old=self._old.sources.locate(entry.located.old) if entry.located.old else None,
                new=self._new.sources.locate(entry.located.new) if entry.located.new else None,
            )
            for entry, (level, reason) in ((each, self._effect(each)) for each in self._entries.values())
        ]
        return tuple(
            sorted(
                changes,
                key=lambda change: (LEVELS.index(change.level), change.new or change.old, change.where, change.text),
            )
        )


class _DocumentSchemas:
    """The schemas of one document that are compared for messages of one direction, by their places in it."""

    def __init__(self, sources: Sources, direction: Direction, compared: list[Source | Form]) -> None:
        self._sources = sources
        self._roots = {schema: followed(sources, schema) for schema in dict.fromkeys(compared)}
        generated, self._places = generate_together(sources, self._roots.values(), direction, checked=True)
        Message(sources, generated, "", direction, "").check_schema()
        self.schemas = MessageSchemas(generated, direction)

    def applied(self, schema: Source | Form | None) -> AppliedSchemas:
        """The schemas that apply to the message with the schema at `schema`."""
        return () if schema is None else (AppliedSchema(self._places[self._roots[schema]]),)

    def is_only_meant(self, location: str | None) -> bool:
        """Whether the value of an `enum` at `location` is the null that its author did not list beside `nullable`."""
        source = self.source(location)
        if source is None or not source.tokens[-1].isdigit():
            return False
        listed = self._sources.value(Source(source.file, source.tokens[:-1]))
        return isinstance(listed, list) and int(source.tokens[-1]) == len(listed)

    def source(self, location: str | None) -> Source | None:
        """The place in the document for a place in the generated schema."""
        return None if location is None else self.schemas.generated.origin(location)
