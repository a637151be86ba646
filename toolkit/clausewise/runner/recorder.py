"""Checks exchanges, collects them with their secrets masked, and emits their events."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clausewise.conformance.checker import Checker
from clausewise.contract.contract import Contract, OperationContract
from clausewise.exchange import Exchange
from clausewise.results.collector import Collector
from clausewise.results.evidence import Evidence, Observation
from clausewise.results.ledger import UNDECIDING, Ledger
from clausewise.runner.events import Events, ExchangeRecorded, ObservationMade, ProgressMade
from clausewise.security.redact import Redactor


class Recorder:
    """Collects the exchanges and observations of a run."""

    def __init__(
        self,
        contract: Contract,
        operations: Sequence[OperationContract],
        part: str,
        redactor: Redactor,
        events: Events,
    ) -> None:
        self.collector = Collector(Ledger(part))
        self._checkers = {operation.key: Checker(operation) for operation in operations}
        self._redactor = redactor
        #: how many secrets were known when the first exchange was kept; None before
        self._known: int | None = None
        self._events = events
        self._clauses = sum(len(operation.clauses) for operation in operations)
        self._decided: set[str] = set()

    @property
    def halted(self) -> bool:
        """Whether a listener wants the run to stop."""
        return self._events.stop_request is not None

    def mask_all(self) -> None:
        """Mask every secret that is known by now in all that is kept, what servers say in refusals included."""
        collector, redactor = self.collector, self._redactor
        exchanges = collector.exchanges
        if self._known is not None and redactor.learned > self._known:
            # What came first may hold secrets that were learned later.
            exchanges = {name: redactor.exchange(each) for name, each in exchanges.items()}
        self.collector = msgspec.structs.replace(
            collector,
            exchanges=exchanges,
            untested={
                key: msgspec.structs.replace(reason, message=redactor.message(reason.message))
                for key, reason in collector.untested.items()
            },
            observations=[
                msgspec.structs.replace(each, message=redactor.message(each.message)) for each in collector.observations
            ],
        )

    def take_exchange(self, operation: OperationContract, exchange: Exchange) -> None:
        """Check an exchange and keep it, without its secrets."""
        self.keep(operation, exchange)
        if operation.key not in self._checkers:
            # It only supports those that are to be tested.
            return
        checked = self._checkers[operation.key].check(exchange)
        self.collector.add(operation, exchange, checked)
        if not self._events.has_listeners:
            return
        for observation in checked.observations:
            self._events.emit(ObservationMade(observation))
        # An accepted request alone decides nothing: what breaks the clause has to be refused.
        self._decided |= {item.clause for item in checked.evidence if item.outcome not in UNDECIDING}
        self._events.emit(
            ProgressMade(
                requests=len(self.collector.exchanges),
                decided=len(self._decided),
                clauses=self._clauses,
                observations=len(self.collector.observations),
            )
        )

    def keep(self, operation: OperationContract, exchange: Exchange) -> None:
        """Keep an exchange, without its secrets, for people: it is no evidence."""
        if self._known is None:
            self._known = self._redactor.learned
        self._redactor.learn_from(exchange)
        masked = self._redactor.exchange(exchange)
        self.collector.exchanges[exchange.id] = masked
        self._events.emit(ExchangeRecorded(operation, masked))

    def take_observation(self, observation: Observation) -> None:
        """Keep a fault that more than one exchange shows."""
        self.collector.observations.append(observation)
        if observation.clause is not None:
            self.collector.ledger.add((Evidence(observation.clause, "broken"),))
        self._events.emit(ObservationMade(observation))
