"""The dossier of a contract: what was seen of it, by whoever saw it, and the Run record that comes of it.

A run keeps one; so does each process of a pytest session. Dossiers merge as their ledgers do, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from clausewise import __version__, record
from clausewise.conformance.checker import Checked
from clausewise.contract.clause import Clause
from clausewise.contract.compile import Contract, OperationContract
from clausewise.errors import Location
from clausewise.evidence import Observation
from clausewise.exchange import Exchange
from clausewise.findings import Folded, fold, identity
from clausewise.ledger import Ledger, reason
from clausewise.recordings.curl import to_curl

#: name of the file of recorded exchanges, beside the record
EXCHANGES = "exchanges.ndjson"


class Occasion(msgspec.Struct, frozen=True):
    """When, how and against what the exchanges of a dossier were made."""

    started: datetime
    #: how long it took
    seconds: float
    seed: int
    target: record.Target
    #: what a curl command puts before a request's path
    base_url: str
    #: requests sent
    requests: int


class Dossier:
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

    def merge(self, other: Dossier) -> None:
        """Take in what another process saw of the same contract; to do so twice changes nothing."""
        self.ledger = self.ledger.merge(other.ledger)
        self.observations = list(dict.fromkeys((*self.observations, *other.observations)))
        self.exchanges = {**other.exchanges, **self.exchanges}
        self.accepted |= other.accepted
        self.untested = {**other.untested, **self.untested}
        self.causes = {**other.causes, **self.causes}

    def to_run(self, occasion: Occasion) -> record.Run:
        """The Run record."""
        clauses = self.clauses
        folded = self._folded(clauses, occasion.base_url)
        statuses = [response.status for operation in self.operations for response in operation.responses.values()]
        answered = frozenset((status.operation, status.part) for status in statuses if self.ledger.counts(status.key))
        verdicts = tuple(self._verdict(clause, clauses, folded.explained, answered) for clause in clauses.values())
        specification = self.contract.specification
        counts = {
            name: sum(clause.verdict == name for clause in verdicts) for name in ("upheld", "violated", "untested")
        }
        return record.Run(
            version=record.VERSION,
            tool=record.Tool("clausewise", __version__),
            started=occasion.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            seconds=round(occasion.seconds, 3),
            seed=occasion.seed,
            spec=record.Spec(
                file=self.contract.name,
                title=specification.title,
                openapi=specification.version,
                sha256=specification.sources.root.sha256,
            ),
            target=occasion.target,
            requests=occasion.requests,
            findings=folded.findings,
            clauses=verdicts,
            coverage=record.Coverage(
                clauses=record.ClauseCounts(**counts, total=len(verdicts)),
                operations=record.OperationCounts(len(self.accepted), len(self.operations)),
                responses=record.ResponseCounts(len(answered), len(statuses)),
            ),
            exchanges=EXCHANGES,
        )

    def _folded(self, clauses: Mapping[str, Clause], base_url: str) -> Folded:
        def located(observation: Observation) -> Location:
            return locate(self.contract, clauses, observation)

        def curl(exchange: Exchange) -> str:
            return to_curl(exchange.request, base_url)

        folded = fold(self.observations, self.exchanges, self._causes(), located, curl)
        findings = tuple(self._with_second_opinion(finding, clauses) for finding in folded.findings)
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

    def _with_second_opinion(self, finding: record.Finding, clauses: Mapping[str, Clause]) -> record.Finding:
        if finding.rule != "response-schema" or finding.exchange is None:
            return finding
        from clausewise.conformance.second_opinion import disagrees

        exchange = self.exchanges[finding.exchange]
        clause = next(clause for clause in clauses.values() if clause.id == finding.clause)
        if exchange.probe is None or not disagrees(self.contract.operation(exchange.probe.operation), exchange, clause):
            return finding
        message = f"{finding.message} (the second schema engine, jsonschema, accepts this: engine-disagreement)"
        return msgspec.structs.replace(finding, message=message)

    def _verdict(
        self,
        clause: Clause,
        clauses: Mapping[str, Clause],
        explained: Mapping[str, str],
        answered: frozenset[tuple[str, str]],
    ) -> record.ClauseVerdict:
        judged = clause
        while judged.governed_by is not None and judged.governed_by in clauses:
            judged = clauses[judged.governed_by]
        verdict = self.ledger.verdict(judged)
        why = ""
        if clause.key in explained:
            verdict, why = "untested", explained[clause.key]
        elif verdict == "untested":
            why = reason(judged, self.ledger, self.untested, answered)
        elif judged is not clause:
            why = f"decided by the choice of branch: {judged.text}"
        return record.ClauseVerdict(
            id=clause.id,
            operation=clause.operation,
            direction=clause.direction,
            where=clause.where,
            keyword=clause.keyword,
            text=clause.text,
            location=self.contract.locate(clause.source),
            verdict=verdict,
            reason=why,
            tried=self.ledger.tried(judged),
        )


def locate(contract: Contract, clauses: Mapping[str, Clause], observation: Observation) -> Location:
    """The line that an observation speaks of: its clause's, else its operation's."""
    clause = clauses.get(observation.clause or "")
    if clause is not None:
        return contract.locate(clause.source)
    return contract.locate(contract.operation(observation.operation).operation.source)
