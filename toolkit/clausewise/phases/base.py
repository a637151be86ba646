"""The interface of phases: what a phase runs on, what it yields and is sent, and what it returns.

A phase is a generator function of one `Task`. It yields batches of cases, is sent their exchanges, and returns a
`PhaseResult`. It knows nothing of how requests are sent or answers checked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import Clause
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange, Request
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.options import RunOptions
from clausewise.phase_table import ROWS, PhaseRow
from clausewise.resources.factory import Recipe, ResourceFactory, Supply, recipe_for
from clausewise.resources.types import ResourceType
from clausewise.resources.uniqueness import RequestField
from clausewise.results.evidence import ACCEPTED_BEFORE, Observation, UntestedReason
from clausewise.results.ledger import Ledger
from clausewise.security.credentials import Credentials
from clausewise.transport.base import Transport
from clausewise.transport.budget import Leave

#: stands for the status of an answer that did not come: no server sends it, and it counts as a crash
NO_ANSWER = 599

#: statuses of refusals that blame the values sent; 401, 404 and 409 blame the state of the server instead
ABOUT_VALUES = frozenset({400, 422})

#: clauses of one operation that requests are made for. More would take hours, as each of them takes many requests, and
#: requests with as many members are large
CLAUSES = 5_000

#: exchange id -> `assertion` and `seen` of the finding that explains its failure
Causes = Mapping[str, tuple[str, str]]


class Baseline(msgspec.Struct, frozen=True, eq=False):
    """What the other phases of an operation start from: its accepted requests, and how they can be sent again."""

    prover: Prover
    #: an accepted request for each branch that has one
    bases: tuple[BaselineRequest, ...]
    #: refused requests and their refusals
    refused: Mapping[Request, Exchange]
    #: for each branch without an accepted request, a valid one that was refused, but not for lack of credentials
    unaccepted: tuple[BaselineRequest, ...] = ()
    #: the request without its body, where no valid body could be made; else None
    without_body: BaselineRequest | None = None
    #: a valid request that is not sent, because a path parameter that is empty in it gives it another path; None where
    #: another one was sent
    without_segment: BaselineRequest | None = None
    #: places where each further request needs a fresh value
    places: tuple[RequestField, ...] = ()
    #: creates what its path names, in the state that its requests need; None where the run made nothing for it
    recipe: Recipe | None = None
    #: whether each further request needs a resource for itself
    spends: bool = False
    #: makes what each further request uses up; None where they may name the same
    supply: Supply | None = None
    #: names of the actions that a resource went through before these requests, in vain
    tried: frozenset[str] = frozenset()
    #: whether an answer showed that the server reads `Prefer`
    prefers: bool = False

    def recipe_in(self, factory: ResourceFactory) -> Recipe | None:
        """Creates a resource that its requests can work on; None where the run can create none."""
        return self.recipe or recipe_for(factory, self.prover.operation)

    def spent_in(self, factory: ResourceFactory) -> Recipe | None:
        """Creates the resource that each further request needs for itself; None where requests share one."""
        return self.recipe_in(factory) if self.spends else None


class Context(msgspec.Struct, frozen=True, eq=False):
    """What all tasks of a run share."""

    contract: Contract
    #: the operations under test
    operations: tuple[OperationContract, ...]
    options: RunOptions
    factory: ResourceFactory
    #: the evidence about each clause so far
    ledger: Ledger
    #: whether the target stores resources; the mock does not
    remembers: bool
    #: the user's credentials
    credentials: Credentials = Credentials()
    #: what may be written
    leave: Leave = Leave()
    #: credentials of another user, who must not see what the run creates; None when none were given
    other_credentials: Credentials | None = None
    #: name of a further user -> credentials, as the options have them
    roles: Mapping[str, Credentials] = {}
    #: operation -> keys of the clauses to probe; operations that are not in it are tested completely
    clauses: Mapping[str, frozenset[str]] = {}
    #: folder that keeps failed examples for the next run; None to keep nothing
    store: Path | None = None
    #: whether some bytes hold a secret, and so are kept in no file
    holds_secret: Callable[[bytes], bool] = lambda _: False
    #: operation key -> its baseline, for operations that have an accepted request
    baselines: dict[str, Baseline] = {}

    def wants(self, operation: str, clause: str | None) -> bool:
        """Whether to send the probes of a clause. Probes that belong to no clause are sent only in complete tests."""
        return operation not in self.clauses or clause in self.clauses[operation]


class Task(msgspec.Struct, eq=False):
    """What a phase runs on: an operation, a resource type, or, with neither, the whole contract."""

    context: Context
    #: the source of every random choice in this task
    rng: random.Random
    operation: OperationContract | None = None
    resource_type: ResourceType | None = None
    #: the result of its phase `baseline`; None before that
    baseline: Baseline | None = None
    #: values in the path of resources that died, and those of the resources that replaced them, in this order
    replaced: list[tuple[dict[str, Any], dict[str, Any]]] = []
    #: requests of all phases that failed although the contract allows them
    failures: list[Exchange] = []
    #: each accepted request of the baseline, and behind it those derived from it, which reach further clauses; None
    #: before a phase needs them
    reach: tuple[tuple[BaselineRequest, ...], ...] | None = None
    #: requests sent to repair those
    repairs: int = 0
    #: whether it may draw one more request; what it has found by then, it may look into
    may_draw: Callable[[], bool] = lambda: True
    #: valid requests that would have reached further clauses, and were refused
    refused_reach: tuple[BaselineRequest, ...] = ()


class PhaseResult(msgspec.Struct, frozen=True):
    """What a phase returns beside its exchanges."""

    #: clause key -> why no probe of it was made
    untested: Mapping[str, UntestedReason] = {}
    #: keys of clauses that an accepted request reaches: earlier reasons for them no longer hold
    reached: frozenset[str] = frozenset()
    causes: Causes = {}
    #: what could not be done, one sentence each
    notes: tuple[str, ...] = ()
    #: faults that only several exchanges together show
    observations: tuple[Observation, ...] = ()
    baseline: Baseline | None = None
    #: why the run has to end; None where it continues
    stopped: ClausewiseError | None = None

    def followed_by(self, later: PhaseResult) -> PhaseResult:
        """Both results as one. The first reason for a clause stays."""
        before = {key: why for key, why in self.untested.items() if key not in later.reached}
        return PhaseResult(
            untested={**later.untested, **before},
            reached=self.reached | later.reached,
            causes={**self.causes, **later.causes},
            notes=(*self.notes, *later.notes),
            observations=(*self.observations, *later.observations),
            baseline=later.baseline or self.baseline,
            stopped=self.stopped or later.stopped,
        )


class PhaseInterrupted(Exception):
    """Thrown into a phase when the run ends early. The phase returns what it has found so far."""


class Sink(Protocol):
    """Receives the exchanges and observations of a driver."""

    @property
    def halted(self) -> bool:
        """Whether no more requests may be sent."""

    def take_exchange(self, operation: OperationContract, exchange: Exchange) -> None:
        """Record and check an exchange."""

    def take_observation(self, observation: Observation) -> None:
        """Record a fault that only several exchanges together show."""


class Line(Transport, Protocol):
    """The run's transport, which enforces the run's limits."""

    @property
    def may_write(self) -> bool:
        """Whether one more request may be sent that can change something."""


class Driver(Protocol):
    """Another program in the place of a batch: it sends its own requests, and passes on what happens."""

    async def drive(self, line: Line, sink: Sink) -> None:
        """Run the program to its end."""


#: what a phase yields and is sent: the exchanges of a batch come back in its order; a driver gets an empty list
Steps = Generator[Iterable[Case] | Driver, list[Exchange], PhaseResult]


class Phase(msgspec.Struct, frozen=True):
    """A row of the table and its implementation."""

    row: PhaseRow
    run: Callable[[Task], Steps]
    #: raises UsageError where it cannot run on this machine
    require: Callable[[], None] | None = None


def phase(name: str) -> Phase:
    """The phase called `name`. Its module is imported here, when it is needed."""
    row = ROWS[name]
    module = import_module(f"clausewise.phases.{row.module or row.name}")
    return Phase(row, module.run, getattr(module, "require", None))


def branch_of(operation: OperationContract, label: str | None) -> Branch | None:
    """The union branch called `label`; None where the operation has none of that name."""
    return next((branch for branch in operation.branches if branch.key == label), None)


def request_clauses(operation: OperationContract, branch: Branch | None) -> list[Clause]:
    """Schema clauses of the request that hold in `branch` and can be judged: its own and those outside every branch."""
    messages = [contract.message for contract in operation.parameters if contract.message is not None]
    entry = operation.body_of(branch.media if branch is not None else "")
    if entry is not None and entry.message is not None:
        messages.append(entry.message)
    clauses = [clause for message in messages for clause in message.clauses if not clause.unjudged]
    return [clause for clause in clauses if branch is None or branch.has(clause)]


def tried_clauses(task: Task, branch: Branch | None) -> list[Clause]:
    """Those of `request_clauses` that are wanted, as many as there is room for: the first ones of the document."""
    assert task.operation is not None
    key = task.operation.key
    wanted = (one for one in request_clauses(task.operation, branch) if task.context.wants(key, one.key))
    return list(islice(wanted, CLAUSES))


def is_failure(exchange: Exchange) -> bool:
    """Whether the answer blames the request's values, or the server failed."""
    status = status_of(exchange)
    return status >= 500 or status in ABOUT_VALUES


def status_of(exchange: Exchange) -> int:
    """The status of the answer; NO_ANSWER where none came."""
    return exchange.response.status if exchange.response is not None else NO_ANSWER


def failures_among(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The exchanges whose requests should have been accepted and were not, and those whose requests might have been
    refused and crashed the server; without those that only explore, and those that change nothing."""
    changed = [e for e in exchanges if e.probe is not None and e.probe.aspect != ACCEPTED_BEFORE]
    judged = [(e, e.probe) for e in changed if e.probe is not None and not e.probe.explores and is_failure(e)]
    return [e for e, probe in judged if probe.expect == "accept" or (probe.expect == "any" and status_of(e) >= 500)]
