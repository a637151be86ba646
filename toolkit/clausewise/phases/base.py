"""The interface of phases: what a phase runs on, what it yields and is sent, and what it returns.

A phase is a generator function of one `Task`. It yields batches of cases, is sent their exchanges, and returns a
`PhaseResult`. It knows nothing of how requests are sent or answers checked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract, OperationContract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange, Request
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.options import RunOptions
from clausewise.phase_table import ROWS, PhaseRow
from clausewise.resources.factory import Recipe, ResourceFactory
from clausewise.resources.types import ResourceType
from clausewise.resources.uniqueness import RequestField
from clausewise.results.evidence import Observation, UntestedReason
from clausewise.results.ledger import Ledger
from clausewise.security.credentials import Credentials
from clausewise.transport.base import Transport

#: exchange id -> assertion and sight of the finding that explains its failure
Causes = Mapping[str, tuple[str, str]]


class Baseline(msgspec.Struct, frozen=True, eq=False):
    """What the other phases of an operation start from: its accepted requests, and how they can be sent again."""

    prover: Prover
    #: an accepted request for each branch that has one
    bases: tuple[BaselineRequest, ...]
    #: branch label -> why nothing of it was accepted; "" for an operation without branches
    refusals: Mapping[str, UntestedReason]
    #: requests that were refused on the way, and the refusals
    refused: Mapping[Request, Exchange]
    #: where each further request needs a fresh value
    places: tuple[RequestField, ...] = ()
    #: makes what each further request uses up; None where they can share
    spends: Recipe | None = None


class Reach(msgspec.Struct, frozen=True, eq=False):
    """One accepted request of the baseline, and those that were accepted around it."""

    base: BaselineRequest
    #: `base` first
    bases: tuple[BaselineRequest, ...]


class Context(msgspec.Struct, frozen=True, eq=False):
    """What all tasks of a run share."""

    contract: Contract
    #: those that are to be tested
    operations: tuple[OperationContract, ...]
    options: RunOptions
    factory: ResourceFactory
    #: what was seen of each clause so far
    ledger: Ledger
    #: whether the target keeps what it is given, as the mock does not
    remembers: bool
    #: the user's
    credentials: Credentials = Credentials()
    #: those of another user, who must not see what the run makes; None when none are known
    other_credentials: Credentials | None = None
    #: operation -> keys of the clauses whose probes are made; of an operation that is not in it everything is tried
    clauses: Mapping[str, frozenset[str]] = {}
    #: folder in which failed examples are kept for the next run; None to keep nothing
    store: Path | None = None
    #: operation key -> its baseline, of those that have an accepted request
    baselines: dict[str, Baseline] = {}

    def wants(self, operation: str, clause: str | None) -> bool:
        """Whether to make the probes of a clause; those of none are made where everything is tried."""
        return operation not in self.clauses or clause in self.clauses[operation]


class Task(msgspec.Struct, eq=False):
    """What phases run on: an operation, a resource type, or, with neither, the whole contract."""

    context: Context
    #: draws whatever is drawn for it
    rng: random.Random
    operation: OperationContract | None = None
    resource_type: ResourceType | None = None
    #: what its phase `baseline` found; None before that
    baseline: Baseline | None = None
    #: requests that should be accepted and were not, whatever phase sent them
    failures: list[Exchange] = []
    #: accepted requests that reach further; None before a phase needs them
    reach: tuple[Reach, ...] | None = None


class PhaseResult(msgspec.Struct, frozen=True):
    """What a phase says beside its exchanges."""

    #: clause key -> why no probe of it was made
    untested: Mapping[str, UntestedReason] = {}
    #: keys of clauses that an accepted request reaches: reasons that earlier phases gave for them no longer hold
    reached: frozenset[str] = frozenset()
    causes: Causes = {}
    #: what could not be done, one sentence each
    notes: tuple[str, ...] = ()
    baseline: Baseline | None = None
    #: why the run has to end; None where it goes on
    stopped: ClausewiseError | None = None

    def followed_by(self, later: PhaseResult) -> PhaseResult:
        """Both as one. The first reason for a clause stands."""
        before = {key: why for key, why in self.untested.items() if key not in later.reached}
        return PhaseResult(
            untested={**later.untested, **before},
            reached=self.reached | later.reached,
            causes={**self.causes, **later.causes},
            notes=(*self.notes, *later.notes),
            baseline=later.baseline or self.baseline,
            stopped=self.stopped or later.stopped,
        )


class PhaseInterrupted(Exception):
    """Thrown into a phase that cannot go on, because the run ends. The phase returns what it knows by then."""


class Sink(Protocol):
    """Takes what a driver does, as it comes."""

    @property
    def halted(self) -> bool:
        """Whether nothing more is to be sent."""

    def take_exchange(self, operation: OperationContract, exchange: Exchange) -> None:
        """Record and check an exchange."""

    def take_observation(self, observation: Observation) -> None:
        """Record a fault that more than one exchange shows."""


class Line(Transport, Protocol):
    """The run's transport, which keeps its limits."""

    @property
    def may_write(self) -> bool:
        """Whether one more request may be sent that may change something."""


class Driver(Protocol):
    """Another program that makes its own requests, as a batch: it sends them itself, and hands on what happens."""

    async def drive(self, line: Line, sink: Sink) -> None:
        """Run it to its end."""


#: what a phase yields and is sent; the exchanges of a batch come back in its order, those of a driver not at all
Steps = Generator[Iterable[Case] | Driver, list[Exchange], PhaseResult]


class Phase(msgspec.Struct, frozen=True):
    """A row of the table and what implements it."""

    row: PhaseRow
    run: Callable[[Task], Steps]
    #: raises UsageError where it cannot run on this machine
    require: Callable[[], None] | None = None


def phase(name: str) -> Phase:
    """The phase called `name`, its module imported only now."""
    from importlib import import_module

    row = ROWS[name]
    module = import_module(f"clausewise.phases.{row.module or row.name}")
    return Phase(row, module.run, getattr(module, "require", None))


def branch_of(operation: OperationContract, label: str | None) -> Branch | None:
    """The union branch called `label`; None where the operation has none of that name."""
    return next((branch for branch in operation.branches if branch.label == label), None)


def request_clauses(operation: OperationContract, branch: Branch | None) -> list[Clause]:
    """Schema clauses of the request that hold in `branch`: its own and those outside every branch."""
    messages = [contract.message for contract in operation.parameters if contract.message is not None]
    if operation.body_message is not None:
        messages.append(operation.body_message)
    clauses = [clause for message in messages for clause in message.clauses]
    if branch is None or not branch.label:
        return clauses
    return [clause for clause in clauses if not clause.branch or clause.branch[0] == branch.label]


def is_failure(exchange: Exchange) -> bool:
    """Whether a request that should be accepted was not. A refusal because of the server's state (401, 404, 409) says
    nothing of the values."""
    status = status_of(exchange)
    return status >= 500 or status in (400, 422)


def status_of(exchange: Exchange) -> int:
    """The status of the answer, 599 where none came."""
    return exchange.response.status if exchange.response is not None else 599


def failures_among(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Those that should have been accepted and were not."""
    return [e for e in exchanges if e.probe and e.probe.expect == "accept" and is_failure(e)]
