"""The collector: what was seen of a contract, by whoever saw it, and the Run record that comes of it.

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
from clausewise.results.coverage import TOOL, reach_verdicts, spec_of
from clausewise.results.evidence import Checked, Observation, UntestedReason
from clausewise.results.findings import Fault, Folded, faults_of, fold, merge_faults, to_finding
from clausewise.results.ledger import Ledger
from clausewise.results.merging import merge_structs

#: name of the file of recorded exchanges, beside the record
EXCHANGES = "exchanges.ndjson"


#: what a second engine finds wrong with a fault, as one more fault; None where it agrees
SecondOpinion = Callable[[Contract, Fault[Observation]], Fault[Observation] | None]


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


class Collector(msgspec.Struct, frozen=True):
    """What one process saw of some operations of a contract. Processes send it to one another, and merge it."""

    ledger: Ledger = msgspec.field(default_factory=Ledger)
    observations: list[Observation] = []
    #: exchange id -> exchange, secrets masked; those that observations speak of are all there
    exchanges: dict[str, Exchange] = {}
    #: keys of the operations that took a request which they should take
    accepted: set[str] = set()
    #: clause key -> why no probe of it was made
    untested: dict[str, UntestedReason] = {}
    #: exchange id -> assertion and sight of the finding that explains its failure
    causes: dict[str, tuple[str, str]] = {}

    def add(self, operation: OperationContract, exchange: Exchange, checked: Checked) -> None:
        """Count what an exchange, which is not kept by this, was found to show."""
        self.ledger.add(checked.evidence)
        self.observations.extend(checked.observations)
        if exchange.accepted and exchange.probe is not None and exchange.probe.expect != "refuse":
            self.accepted.add(operation.key)

    def merge(self, other: Collector) -> Collector:
        """Both as one, in whichever order; to merge one twice changes nothing."""
        return merge_structs(self, other)

    def renamed(self, suffix: str) -> Collector:
        """The same, with exchanges whose ids end in `suffix`."""
        return msgspec.structs.replace(
            self,
            observations=[
                msgspec.structs.replace(seen, exchange=f"{seen.exchange}{suffix}") for seen in self.observations
            ],
            exchanges={
                f"{name}{suffix}": msgspec.structs.replace(exchange, id=f"{name}{suffix}")
                for name, exchange in self.exchanges.items()
            },
            causes={f"{name}{suffix}": cause for name, cause in self.causes.items()},
        )

    def without_plain_exchanges(self) -> Collector:
        """The same, with no other exchanges than those that observations speak of."""
        shown = {observation.exchange for observation in self.observations}
        return msgspec.structs.replace(self, exchanges={name: self.exchanges[name] for name in sorted(shown)})


def to_run(
    contract: Contract,
    operations: tuple[OperationContract, ...],
    collector: Collector,
    info: RunInfo,
    second_opinion: SecondOpinion,
) -> record.Run:
    """The Run record of `operations`, with what `second_opinion` says of each fault."""
    folded = _folded(contract, operations, collector, info.base_url, second_opinion)
    verdicts = reach_verdicts(
        contract,
        operations,
        collector.ledger,
        untested=collector.untested,
        explained=folded.explained,
        accepted=collector.accepted,
    )
    return record.Run(
        version=record.VERSION,
        tool=TOOL,
        started=info.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(info.seconds, 3),
        seed=info.seed,
        spec=spec_of(contract),
        target=info.target,
        requests=info.requests,
        findings=folded.findings,
        clauses=verdicts.clauses,
        coverage=verdicts.coverage,
        exchanges=EXCHANGES,
        faults=folded.parts or msgspec.UNSET,
    )


def _folded(
    contract: Contract,
    operations: tuple[OperationContract, ...],
    collector: Collector,
    base_url: str,
    second_opinion: SecondOpinion,
) -> Folded:
    clauses = {clause.key: clause for operation in operations for clause in operation.clauses}

    def render(fault: Fault[Observation]) -> record.Finding:
        assert fault.exchange is not None
        place = locate(contract, clauses, fault.shown)
        return to_finding(fault, place, to_curl(fault.exchange.request, base_url))

    faults = faults_of(collector.observations, collector.exchanges, collector.causes)
    return fold(with_opinions(contract, faults, second_opinion), render)


def with_opinions(
    contract: Contract, faults: Iterable[Fault[Observation]], second_opinion: SecondOpinion
) -> Iterator[Fault[Observation]]:
    """The faults, merged, and what a second engine says of each."""
    for fault in merge_faults(faults).values():
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
