"""The collector of a contract: what was seen of it, by whoever saw it, and the Run record that comes of it.

A run keeps one; so does each process of a pytest session. Collectors merge as their ledgers do, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from clausewise.results.findings import Fault, Folded, faults_of, fold, join, to_finding
from clausewise.results.ledger import Ledger

#: name of the file of recorded exchanges, beside the record
EXCHANGES = "exchanges.ndjson"


#: what a second engine finds wrong with a fault, as one more fault; None where it agrees
SecondOpinion = Callable[[Contract, Fault], Fault | None]


class RunInfo(msgspec.Struct, frozen=True):
    """When, how and against what the exchanges of a collector were made."""

    started: datetime
    #: how long it took
    seconds: float
    seed: int
    target: record.TargetInfo
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

    def to_run(self, info: RunInfo, second_opinion: SecondOpinion) -> record.Run:
        """The Run record, with what `second_opinion` says of each fault."""
        folded = self._folded(info.base_url, second_opinion)
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
            faults=folded.parts or msgspec.UNSET,
        )

    def _folded(self, base_url: str, second_opinion: SecondOpinion) -> Folded:
        clauses = self.clauses

        def render(fault: Fault) -> record.Finding:
            assert isinstance(fault.shown, Observation) and fault.exchange is not None
            place = locate(self.contract, clauses, fault.shown)
            return to_finding(fault, place, to_curl(fault.exchange.request, base_url))

        faults = faults_of(self.observations, self.exchanges, self.causes)
        return fold(with_opinions(self.contract, faults, second_opinion), render)


def with_opinions(contract: Contract, faults: Iterable[Fault], second_opinion: SecondOpinion) -> Iterator[Fault]:
    """The faults, joined, and what a second engine says of each."""
    for fault in join(faults).values():
        yield fault
        opinion = second_opinion(contract, fault)
        if opinion is not None:
            yield opinion


def locate(contract: Contract, clauses: Mapping[str, Clause], observation: Observation) -> Location:
    """The line that an observation speaks of: its clause's, else its operation's."""
    clause = clauses.get(observation.clause or "")
    if clause is not None:
        return contract.locate(clause.source)
    return contract.locate(contract.operation(observation.operation).operation.source)
