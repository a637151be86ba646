"""The collector of a contract: what was seen of it, by whoever saw it, and the Run record that comes of it.

A run keeps one; so does each process of a pytest session. Collectors merge as their ledgers do, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract, OperationContract
from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.recordings.curl import to_curl
from clausewise.results import record
from clausewise.results.coverage import TOOL, close, spec_of
from clausewise.results.evidence import Checked, Observation
from clausewise.results.findings import Folded, fold, identity
from clausewise.results.ledger import Ledger

#: name of the file of recorded exchanges, beside the record
EXCHANGES = "exchanges.ndjson"


#: a finding as it is, or as a second engine speaks of it
Confirm = Callable[[record.Finding, OperationContract, Exchange, Clause], record.Finding]


class RunInfo(msgspec.Struct, frozen=True):
    """When, how and against what the exchanges of a collector were made."""

    started: datetime
    #: how long it took
    seconds: float
    seed: int
    target: record.Target
    #: what a curl command puts before a request's path
    base_url: str
    #: requests sent
    requests: int


class Collector:
    """What was seen of some operations of a contract."""

    def __init__(self, contract: Contract, operations: Iterable[OperationContract], part: str = "run") -> None:
        self.contract = contract
        self.operations = tuple(operations)
        self.ledger = Ledger(part)
        self.observations: list[Observation] = []
        #: exchange id -> exchange, secrets masked; those that observations speak of are all there
        self.exchanges: dict[str, Exchange] = {}
        #: keys of the operations that took a request which they should take
        self.accepted: set[str] = set()
        #: clause key -> why no probe of it was made
        self.untested: dict[str, str] = {}
        #: exchange id -> assertion and sight of the finding that explains its failure
        self.causes: dict[str, tuple[str, str]] = {}

    @property
    def clauses(self) -> dict[str, Clause]:
        """Every clause of the operations by key."""
        return {clause.key: clause for operation in self.operations for clause in operation.clauses}

    def add(self, operation: OperationContract, exchange: Exchange, checked: Checked) -> None:
        """Count what an exchange, which is not kept by this, was found to show."""
        self.ledger.add(checked.evidence)
        self.observations += checked.observations
        if exchange.accepted and exchange.probe is not None and exchange.probe.expect != "refuse":
            self.accepted.add(operation.key)

    def merge(self, other: Collector) -> None:
        """Take in what another process saw of the same contract; to do so twice changes nothing."""
        self.ledger = self.ledger.merge(other.ledger)
        self.observations = list(dict.fromkeys((*self.observations, *other.observations)))
        self.exchanges = {**other.exchanges, **self.exchanges}
        self.accepted |= other.accepted
        self.untested = {**other.untested, **self.untested}
        self.causes = {**other.causes, **self.causes}

    def to_run(self, info: RunInfo, confirm: Confirm) -> record.Run:
        """The Run record, with the word of a second engine, `confirm`, on each finding that it can judge."""
        clauses = self.clauses
        folded = self._folded(clauses, info.base_url, confirm)
        account = close(
            self.contract,
            self.operations,
            self.ledger,
            untested=self.untested,
            explained=folded.explained,
            accepted=self.accepted,
        )
        return record.Run(
            version=record.VERSION,
            tool=TOOL,
            started=info.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            seconds=round(info.seconds, 3),
            seed=info.seed,
            spec=spec_of(self.contract),
            target=info.target,
            requests=info.requests,
            findings=folded.findings,
            clauses=account.clauses,
            coverage=account.coverage,
            exchanges=EXCHANGES,
        )

    def _folded(self, clauses: Mapping[str, Clause], base_url: str, confirm: Confirm) -> Folded:
        def located(observation: Observation) -> Location:
            return locate(self.contract, clauses, observation)

        def curl(exchange: Exchange) -> str:
            return to_curl(exchange.request, base_url)

        folded = fold(self.observations, self.exchanges, self._causes(), located, curl)
        findings = tuple(self._confirmed(finding, clauses, confirm) for finding in folded.findings)
        return Folded(findings, folded.explained)

    def _causes(self) -> dict[str, tuple[str, str]]:
        """`causes`, and for crashes that the engine met one for each operation and status: which of its many values it
        takes, nobody can tell. Where another phase has found such a crash, that one tells it."""
        known: dict[tuple[str, str, object], tuple[str, str]] = {}
        found = dict(self.causes)
        for observation in self.observations:
            if observation.rule not in ("server-error", "transport-failure"):
                continue
            exchange = self.exchanges[observation.exchange]
            seen = exchange.response.status if exchange.response else exchange.failure and exchange.failure.kind
            key = (observation.rule, observation.operation, seen)
            if exchange.probe is None or exchange.probe.phase != "engine":
                known.setdefault(key, self.causes.get(observation.exchange, identity(observation)[1:]))
            else:
                found[observation.exchange] = known.get(key, (observation.operation, f"{seen} in the engine"))
        return found

    def _confirmed(self, finding: record.Finding, clauses: Mapping[str, Clause], confirm: Confirm) -> record.Finding:
        if finding.rule != "response-schema" or finding.exchange is None:
            return finding
        exchange = self.exchanges[finding.exchange]
        if exchange.probe is None:
            return finding
        clause = next(clause for clause in clauses.values() if clause.id == finding.clause)
        return confirm(finding, self.contract.operation(exchange.probe.operation), exchange, clause)


def locate(contract: Contract, clauses: Mapping[str, Clause], observation: Observation) -> Location:
    """The line that an observation speaks of: its clause's, else its operation's."""
    clause = clauses.get(observation.clause or "")
    if clause is not None:
        return contract.locate(clause.source)
    return contract.locate(contract.operation(observation.operation).operation.source)
