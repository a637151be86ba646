"""The faults of a scan that goes on, each as soon as it is seen; the findings that they fold to come at the end."""

from __future__ import annotations

from itertools import islice

import msgspec

from clausewise.contract.contract import Contract
from clausewise.results.evidence import Observation
from clausewise.results.faults import Fault
from clausewise.results.rules import Severity
from clausewise.security.credentials import slots_of
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor
from clausewise.validation.collector import TrafficCollector


class Sight(msgspec.Struct, frozen=True):
    """A fault that is seen for the first time, secrets masked."""

    severity: Severity
    rule: str
    #: file, line and column
    place: str
    message: str


class Sights:
    """Tells the faults that were not seen before."""

    def __init__(self, contract: Contract) -> None:
        specification = contract.specification
        self._redactor = Redactor((), slots_of(specification.operations), declared=declared_in(specification))
        self._seen: set[str] = set()

    @property
    def count(self) -> int:
        """How many faults there are so far."""
        return len(self._seen)

    def new_in(self, collector: TrafficCollector, known: int = 0) -> list[Sight]:
        """The new ones in what was found in a part of a scan, of which the first are `known`."""
        last = islice(reversed(collector.faults.values()), len(collector.faults) - known)
        new = [fault for fault in last if fault.id not in self._seen]
        self._seen.update(fault.id for fault in new)
        self._redactor.learn(collector.secrets.first if new else ())
        return [self._sight(fault) for fault in reversed(new)]

    def _sight(self, fault: Fault[Observation]) -> Sight:
        if fault.exchange is not None:
            self._redactor.learn_from(fault.exchange)
        shown = fault.shown
        return Sight(fault.severity, shown.rule, str(fault.source or ""), self._redactor.message(shown.message))
