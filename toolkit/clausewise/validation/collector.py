"""What was seen so far, in a size that does not grow with the number of exchanges; parts of a scan are put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.results.evidence import Evidence, Observation, Outcome
from clausewise.results.findings import Fault, faults_in

#: entries that could not be read and kinds of unmatched requests of which more is kept than their number
KEPT = 200


class Unmatched(msgspec.Struct, frozen=True):
    """Requests that no operation is for."""

    count: int
    first: Location


class Tally:
    """Counts and faults of some exchanges."""

    def __init__(self) -> None:
        #: exchanges held against an operation
        self.checked = 0
        #: by id
        self.faults: dict[str, Fault] = {}
        #: (clause key, outcome) -> exchanges that show it
        self.evidence: Counter[tuple[str, Outcome]] = Counter()
        #: keys of operations that took a request
        self.accepted: set[str] = set()
        #: (method, path) -> the requests
        self.unmatched: dict[tuple[str, str], Unmatched] = {}
        self.unmatched_exchanges = 0
        #: place and what is wrong there; the first ones
        self.unreadable: list[tuple[Location | str, str]] = []
        self.unreadable_entries = 0
        #: place and why it was left out; the first ones
        self.skipped: list[tuple[Location | str, str]] = []

    def see(
        self, observations: Iterable[tuple[Observation, Location]], exchange: Exchange, *, written: bool = False
    ) -> None:
        """Note the faults of one exchange, each with its place."""
        for fault in faults_in(observations, exchange, written=written):
            self._add(fault)

    def _add(self, fault: Fault) -> None:
        known = self.faults.get(fault.id)
        self.faults[fault.id] = fault if known is None else known.join(fault)

    def count(self, evidence: Iterable[Evidence], times: int = 1) -> None:
        """Count what so many exchanges show."""
        for item in evidence:
            self.evidence[item.clause, item.outcome] += times

    def miss(self, method: str, path: str, first: Location, times: int = 1) -> None:
        """Count requests that no operation is for."""
        self.unmatched_exchanges += times
        known = self.unmatched.get((method, path))
        if known is not None:
            self.unmatched[method, path] = Unmatched(known.count + times, known.first)
        elif len(self.unmatched) < KEPT:
            self.unmatched[method, path] = Unmatched(times, first)

    def complain(self, source: Location | str, message: str) -> None:
        """Note an entry that could not be read."""
        self.unreadable_entries += 1
        if len(self.unreadable) < KEPT:
            self.unreadable.append((source, message))

    def skip(self, source: Location | str, message: str) -> None:
        """Note an entry that was left out."""
        if len(self.skipped) < KEPT:
            self.skipped.append((source, message))

    def absorb(self, other: Tally, lines: int = 0) -> None:
        """Add what was seen in a later part of a file, before which `lines` lines stand."""
        self.checked += other.checked
        for fault in other.faults.values():
            self._add(_further_down(fault, lines) if lines else fault)
        self.evidence.update(other.evidence)
        self.accepted |= other.accepted
        for (method, path), unmatched in other.unmatched.items():
            self.miss(method, path, _moved(unmatched.first, lines), unmatched.count)
        # Of those that were too many to keep by path only the number is known.
        self.unmatched_exchanges += other.unmatched_exchanges - sum(kind.count for kind in other.unmatched.values())
        for source, message in other.unreadable:
            self.complain(source if isinstance(source, str) else _moved(source, lines), message)
        self.unreadable_entries += other.unreadable_entries - len(other.unreadable)
        for source, message in other.skipped:
            self.skip(source, message)


def _further_down(fault: Fault, lines: int) -> Fault:
    """The same fault, so many lines further down in its file."""
    assert fault.source is not None and fault.exchange is not None and isinstance(fault.shown, Observation)
    source = _moved(fault.source, lines)
    exchange = msgspec.structs.replace(fault.exchange, id=f"{source.file}:{source.line}")
    shown = msgspec.structs.replace(fault.shown, exchange=exchange.id)
    return msgspec.structs.replace(fault, source=source, exchange=exchange, shown=shown)


def _moved(location: Location, lines: int) -> Location:
    return Location(location.file, location.line + lines, location.column)
