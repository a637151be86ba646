"""The results of a scan so far, in a size that does not grow with the number of exchanges; parts can be merged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.results.evidence import Evidence, Observation, Outcome
from clausewise.results.faults import Fault, faults_in
from clausewise.results.merging import merge_structs

#: unreadable entries, and kinds of unmatched requests, that are kept; more of them are only counted
KEPT = 200


class UnmatchedKind(msgspec.Struct, frozen=True):
    """Requests with one method and path that match no operation."""

    count: int
    first: Location
    #: the path of the contract that differs only in a slash at its end; "" where there is none
    near: str = ""

    def merge(self, other: UnmatchedKind) -> UnmatchedKind:
        """Both, of which this one came first."""
        return UnmatchedKind(self.count + other.count, self.first, self.near)

    def moved(self, lines: int) -> UnmatchedKind:
        """The same, so many lines further down."""
        return UnmatchedKind(self.count, move(self.first, lines), self.near)


class Unmatched(msgspec.Struct, frozen=True):
    """Requests that match no operation."""

    #: how many there are
    count: int = 0
    #: (method, path) -> the requests, for the first kinds
    kinds: dict[tuple[str, str], UnmatchedKind] = {}

    def merge(self, other: Unmatched) -> Unmatched:
        """Both, of which this one came first."""
        kinds = dict(self.kinds)
        for key, kind in other.kinds.items():
            if key in kinds:
                kinds[key] = kinds[key].merge(kind)
            elif len(kinds) < KEPT:
                kinds[key] = kind
        return Unmatched(self.count + other.count, kinds)

    def moved(self, lines: int) -> Unmatched:
        """The same, so many lines further down."""
        return Unmatched(self.count, move(self.kinds, lines))


class Remarks(msgspec.Struct, frozen=True):
    """Places in a source, each with a message."""

    #: how many there are
    count: int = 0
    #: the first of them
    first: tuple[tuple[Location | str, str], ...] = ()

    def merge(self, other: Remarks) -> Remarks:
        """Both, of which this one came first."""
        return Remarks(self.count + other.count, (*self.first, *other.first)[:KEPT])

    def moved(self, lines: int) -> Remarks:
        """The same, so many lines further down."""
        return Remarks(self.count, move(self.first, lines))


class Secrets(msgspec.Struct, frozen=True):
    """Secrets of some exchanges: each may stand anywhere in another."""

    first: tuple[str, ...] = ()

    def merge(self, other: Secrets) -> Secrets:
        """Both, of which this one came first."""
        new = [secret for secret in other.first if secret not in self.first]
        return Secrets((*self.first, *new)[:KEPT]) if new else self


class TrafficCollector(msgspec.Struct):
    """Counts and faults of some exchanges. Workers send theirs to the process that they work for, which merges them."""

    #: number of exchanges that were checked
    checked: int = 0
    #: id -> fault
    faults: dict[str, Fault[Observation]] = {}
    #: bodies that recorders left out
    unrecorded_bodies: int = 0
    #: (clause key, outcome) -> number of exchanges that show it
    evidence: dict[tuple[str, Outcome], int] = {}
    #: keys of the operations of what was checked, and of those that accepted a request
    touched: set[str] = set()
    accepted: set[str] = set()
    unmatched: Unmatched = Unmatched()
    #: what exchanges in documents, archives and cassettes carry or issue; of lines only those that are shown matter
    secrets: Secrets = Secrets()
    #: what could not be read
    unreadable: Remarks = Remarks()
    #: what was left out on purpose
    skipped: Remarks = Remarks()

    def add_faults(
        self, observations: Iterable[tuple[Observation, Location]], exchange: Exchange, *, written: bool = False
    ) -> None:
        """Add the faults of one exchange, each with its place."""
        for fault in faults_in(observations, exchange, written=written):
            before = self.faults.get(fault.id)
            self.faults[fault.id] = fault if before is None else before.merge(fault)

    def count(self, evidence: Iterable[Evidence], times: int = 1) -> None:
        """Count the evidence of `times` exchanges."""
        counts = self.evidence
        for item in evidence:
            key = item.clause, item.outcome
            counts[key] = counts.get(key, 0) + times

    def add_unmatched(self, method: str, path: str, place: Location, near: str = "") -> None:
        """Count a request that matches no operation, and is `near` the path of one."""
        self.unmatched = self.unmatched.merge(Unmatched(1, {(method, path): UnmatchedKind(1, place, near)}))

    def add_unreadable(self, source: Location | str, message: str) -> None:
        """Add an entry that could not be read."""
        self.unreadable = self.unreadable.merge(Remarks(1, ((source, message),)))

    def add_skipped(self, source: Location | str, message: str) -> None:
        """Add an entry that was left out."""
        self.skipped = self.skipped.merge(Remarks(1, ((source, message),)))

    def merge(self, other: TrafficCollector) -> TrafficCollector:
        """Both as one, of which this one came first."""
        return merge_structs(self, other)

    def moved(self, lines: int) -> TrafficCollector:
        """The same, for a part of a file that starts after `lines` lines."""
        fields = self.__struct_fields__
        return TrafficCollector(**{name: move(getattr(self, name), lines) for name in fields}) if lines else self


def move(value: Any, lines: int) -> Any:
    """A value with all places in it `lines` lines further down."""
    if isinstance(value, Location):
        return Location(value.file, value.line + lines, value.column)
    if isinstance(value, Fault):
        return _further_down(value, lines)
    if hasattr(value, "moved"):
        return value.moved(lines)
    if isinstance(value, dict):
        return {key: move(item, lines) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(move(item, lines) for item in value)
    return value


def _further_down(fault: Fault[Observation], lines: int) -> Fault[Observation]:
    """A fault, and its exchange, whose id is its place."""
    assert fault.source is not None and fault.exchange is not None
    source: Location = move(fault.source, lines)
    exchange = msgspec.structs.replace(fault.exchange, id=f"{source.file}:{source.line}")
    shown = msgspec.structs.replace(fault.shown, exchange=exchange.id)
    return msgspec.structs.replace(fault, source=source, exchange=exchange, shown=shown)
