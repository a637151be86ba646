"""The collector: everything that was observed of a contract, and the Run record made from it.

A run has one, and so has each process of a pytest session. Collectors merge in any order, as their ledgers do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.recordings.curl import to_curl
from clausewise.results import record
from clausewise.results.coverage import TOOL, reach_verdicts, spec_of
from clausewise.results.defects import fold_defects
from clausewise.results.evidence import Checked, Observation, UntestedReason, may_be_accepted
from clausewise.results.excerpts import places_in
from clausewise.results.faults import Fault, faults_of, merge_faults
from clausewise.results.findings import Folded, fold, to_finding
from clausewise.results.ledger import Ledger
from clausewise.results.merging import merge_structs
from clausewise.results.order import worst_first
from clausewise.spec.defects import Defect
from clausewise.spec.pointer import Source
from clausewise.surrogates import without_surrogates

#: name of the file of recorded exchanges, beside the record
EXCHANGES = "exchanges.ndjson"


#: the disagreement of a second schema engine about a fault, as a further fault; None where the engines agree
SecondOpinion = Callable[[Contract, Fault[Observation]], Fault[Observation] | None]


class RunInfo(msgspec.Struct, frozen=True):
    """The circumstances of a run: when, how and against what its requests were sent."""

    started: datetime
    #: duration of the run
    seconds: float
    seed: int
    target: record.TargetInfo
    #: put before a request's path in curl commands
    base_url: str
    #: requests sent
    requests: int
    #: why clauses may have gone without a request; "" where every phase ran to its end
    unfinished: str = ""
    #: defects of the document by which operations accepted nothing
    defects: tuple[Defect, ...] = ()


class Observed(Protocol):
    """What was observed of a contract, for the record."""

    @property
    def ledger(self) -> Ledger:
        """The evidence on each clause."""

    @property
    def accepted(self) -> Set[str]:
        """Keys of the operations that accepted a request which they should accept."""

    @property
    def untested(self) -> Mapping[str, UntestedReason]:
        """Clause key -> why there was no probe of it."""

    @property
    def causes(self) -> Mapping[str, tuple[str, str]]:
        """Exchange id -> subject and aspect of the finding that explains its failure."""

    @property
    def exchanges(self) -> Mapping[str, Exchange]:
        """Exchange id -> exchange, secrets masked; at least those that faults were seen in."""

    def by_exchange(self) -> Iterable[tuple[str, Sequence[Observation]]]:
        """The faults that were seen, by the exchange that shows them."""


class Collector(msgspec.Struct, frozen=True):
    """The observations of one process about some operations of a contract. Processes exchange and merge collectors."""

    ledger: Ledger = msgspec.field(default_factory=Ledger)
    observations: list[Observation] = []
    #: exchange id -> exchange, secrets masked; at least those that observations refer to
    exchanges: dict[str, Exchange] = {}
    #: keys of the operations that accepted a request which they should accept
    accepted: set[str] = set()
    #: clause key -> why there was no probe of it
    untested: dict[str, UntestedReason] = {}
    #: exchange id -> subject and aspect of the finding that explains its failure
    causes: dict[str, tuple[str, str]] = {}

    def add(self, operation: OperationContract, exchange: Exchange, checked: Checked) -> None:
        """Add what `exchange` shows, but not the exchange itself."""
        self.ledger.add(checked.evidence)
        self.observations.extend(checked.observations)
        if accepts(operation, exchange):
            self.accepted.add(operation.key)

    @classmethod
    def of(cls, observed: Observed) -> Collector:
        """What was observed, in memory, with only those exchanges that faults were seen in."""
        seen = dict(observed.by_exchange())
        return cls(
            observed.ledger,
            [observation for observations in seen.values() for observation in observations],
            {name: observed.exchanges[name] for name in seen},
            set(observed.accepted),
            dict(observed.untested),
            dict(observed.causes),
        )

    def by_exchange(self) -> Iterable[tuple[str, Sequence[Observation]]]:
        """The observations, by the exchange that shows them."""
        found: dict[str, list[Observation]] = {}
        for observation in self.observations:
            found.setdefault(observation.exchange, []).append(observation)
        return found.items()

    def merge(self, other: Collector) -> Collector:
        """Both as one, in any order; merging one twice changes nothing."""
        return merge_structs(self, other)

    def renamed(self, suffix: str) -> Collector:
        """The same, with `suffix` added to the ids of the exchanges."""
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
        """The same, with only those exchanges that observations refer to."""
        shown = {observation.exchange for observation in self.observations}
        return msgspec.structs.replace(self, exchanges={name: self.exchanges[name] for name in sorted(shown)})


def accepts(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether `operation` accepted a request which it should accept."""
    return exchange.probe is not None and may_be_accepted(exchange.probe) and operation.accepted(exchange)


def to_run(
    contract: Contract,
    operations: tuple[OperationContract, ...],
    observed: Observed,
    info: RunInfo,
    second_opinion: SecondOpinion,
    received: Sequence[OperationContract] = (),
) -> record.Run:
    """The Run record of `operations`, and of the callbacks that were `received`, with the `second_opinion` on each
    fault."""
    folded = _folded(contract, (*operations, *received), observed, info.base_url, second_opinion)
    verdicts = reach_verdicts(
        contract,
        operations,
        observed.ledger,
        untested=lambda key, _: observed.untested.get(key),
        explained=folded.explained,
        accepted=observed.accepted,
        unfinished=info.unfinished,
        received=received,
    )
    document = fold_defects([*contract.defects(operations), *info.defects])
    findings = worst_first((*folded.findings, *document.findings))
    parts = (*folded.parts, *document.parts)
    run = record.Run(
        version=record.VERSION,
        tool=TOOL,
        started=info.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(info.seconds, 3),
        seed=info.seed,
        spec=spec_of(contract, places_in(verdicts.clauses, (*findings, *parts))),
        target=info.target,
        requests=info.requests,
        findings=findings,
        clauses=verdicts.clauses,
        coverage=verdicts.coverage,
        exchanges=EXCHANGES,
        faults=parts or msgspec.UNSET,
    )
    return without_surrogates(run)


def _folded(
    contract: Contract,
    operations: tuple[OperationContract, ...],
    observed: Observed,
    base_url: str,
    second_opinion: SecondOpinion,
) -> Folded:
    clauses = {clause.key: clause for operation in operations for clause in operation.clauses}

    def render(fault: Fault[Observation]) -> record.Finding:
        assert fault.exchange is not None
        place = locate(contract, clauses, fault.shown)
        request = fault.exchange.request
        return to_finding(fault, place, None if request.cut else to_curl(request, base_url))

    faults = faults_of(observed.by_exchange(), observed.exchanges, observed.causes)
    return fold(with_opinions(contract, faults, second_opinion), render)


def with_opinions(
    contract: Contract, faults: Iterable[Fault[Observation]], second_opinion: SecondOpinion
) -> Iterator[Fault[Observation]]:
    """The faults, merged, each followed by the second engine's disagreement, if any."""
    for fault in merge_faults(faults).values():
        yield fault
        opinion = second_opinion(contract, fault)
        if opinion is not None:
            yield opinion


def locate(contract: Contract, clauses: Mapping[str, Clause], observation: Observation) -> Location:
    """The place in the contract of an observation: that of its clause, else of what the contract says about it, else of
    its operation."""
    clause = clauses.get(observation.clause or "")
    if clause is not None:
        return contract.locate(clause.source)
    if observation.documented_at:
        return contract.locate(Source.read(observation.documented_at))
    return contract.locate(contract.operation(observation.operation).operation.source)
