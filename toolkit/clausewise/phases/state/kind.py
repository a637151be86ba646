"""One type of resource, as the life of a resource and the oracles work with it: what makes, shows, lists, changes and
removes one, requests for each of these, and a place for what they find."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import msgspec

from clausewise.contract.contract import OperationContract
from clausewise.exchange import Exchange, Probe, Sequel
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Case, Prover
from clausewise.phases.base import Baseline, Context
from clausewise.resources.destruction import Destruction, destruction_by
from clausewise.resources.factory import Recipe, recipe_for
from clausewise.resources.identity import Resource, json_of
from clausewise.resources.inventory import placed
from clausewise.resources.types import ResourceType, erased
from clausewise.resources.uniqueness import retargeted
from clausewise.results.evidence import Observation
from clausewise.results.rules import Severity
from clausewise.security.credentials import Credentials
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.words import plain

#: steps of an oracle, and of what it is made of: batches of cases, their exchanges in the same order, a result
Steps = Generator[Iterable[Case], list[Exchange], Any]

#: names of query parameters for the number of items, and the number asked for
_LIMITS = frozenset({"limit", "size", "pagesize", "perpage", "maxresults", "top", "take"})
_PAGE = 100


class Kind:
    """A type of resource that the run can create, and the operations on it.

    Its methods that send something are generators: `one = yield from kind.create()`.
    """

    def __init__(self, context: Context, resource_type: ResourceType, rng: random.Random) -> None:
        self.context = context
        #: what makes, gets, lists, updates and deletes one, as far as the contract has it
        self.type = resource_type
        #: how one is created
        self.recipe: Recipe = context.factory.recipes[resource_type.path]
        #: the source of every random choice
        self.rng = rng
        #: what was found, and what was not tried and why, one sentence each
        self.findings: list[Observation] = []
        self.notes: list[str] = []
        self._parent: Resource | None = None
        self._tested = frozenset(operation.key for operation in context.operations)

    def asked_by(self, name: str) -> Kind:
        """The same kind for the oracle called `name`, with random choices and findings of its own."""
        return Kind(self.context, self.type, random.Random(f"{self.context.options.seed}:{name}:{self.type.path}"))

    @property
    def maker(self) -> OperationContract:
        """The operation that creates one."""
        return self.recipe.prover.operation

    @property
    def updates(self) -> list[OperationContract]:
        """The operations that change one, PATCH before PUT, as far as one of their requests was accepted."""
        own = (each for each in self.context.operations if erased(each.operation.path) == self.type.path)
        changing = [each for each in own if each.operation.method in ("PATCH", "PUT") and self.baseline(each)]
        return sorted(changing, key=lambda each: each.operation.method)

    @property
    def actions(self) -> list[OperationContract]:
        """The operations that do something to one, such as `POST /jobs/{id}/reset`: they create nothing, and what they
        destroy is at most their own resource."""
        found = []
        for operation in self.context.operations:
            path = erased(operation.operation.path)
            below = path.removeprefix(f"{self.type.path}/")
            if operation.operation.method in SAFE_METHODS or below == path or "{" in below:
                continue
            creates = self.context.factory.inventory.type_created_by(operation)
            if destruction_by(operation) <= Destruction.COLLECTION and not creates:
                found.append(operation)
        return found

    @property
    def outer(self) -> Recipe | None:
        """How its parent is created; None where it has none that the run can create."""
        return recipe_for(self.context.factory, self.maker)

    def baseline(self, operation: OperationContract) -> Baseline | None:
        """The accepted requests of `operation`; None where there are none."""
        return self.context.baselines.get(operation.key)

    def create(self, draft: Draft | None = None, note: str = "") -> Steps:
        """A new resource, made by `draft` or like the one that was accepted first; in a parent of its own, where it has
        one that the run can create. None where the server does not create one at once."""
        if self._parent is None and self.outer is not None:
            self._parent = yield from self.create_by(self.outer)
        return (yield from self.create_by(self.recipe, self._parent, draft, note))

    def create_by(
        self, recipe: Recipe, parent: Resource | None = None, draft: Draft | None = None, note: str = ""
    ) -> Steps:
        """As `create`, of any type and inside any `parent`."""
        case = recipe.case(self.rng) if draft is None else lasting(recipe.prover, draft, note)
        (exchange,) = yield [self.inside(recipe, case, parent)]
        return self.context.factory.inventory.made(recipe.resource_type, exchange) if is_done(exchange) else None

    def inside(self, recipe: Recipe, case: Case, parent: Resource | None) -> Case:
        """A `case` that creates a resource, inside `parent` where there is one."""
        if parent is None:
            return case
        values = placed(recipe.prover.operation, parent)
        return msgspec.structs.replace(case, request=retargeted(recipe.prover, case.request, values))

    def read(self, one: Resource, note: str = "its life goes on") -> Steps:
        """The exchange that shows `one`, and the JSON that it shows; None for what there is not."""
        if self.type.get is None:
            return None, None
        exchange = yield from self.send(self.type.get, one, note=note)
        return exchange, (json_of(exchange.response.body) if exchange.accepted else None)

    def send(
        self,
        operation: OperationContract,
        one: Resource,
        sequel: Sequel | None = None,
        credentials: Credentials | None = None,
        note: str = "its life goes on",
    ) -> Steps:
        """The exchange of `operation` on `one`, or on all resources of its type."""
        prover, draft = self.draft(operation, one)
        if credentials is not None:
            prover = Prover(operation, credentials)
        (exchange,) = yield [case_of(prover, draft, sequel.before if sequel else note, sequel)]
        return exchange

    def draft(self, operation: OperationContract, one: Resource) -> tuple[Prover, Draft]:
        """A request of `operation` for `one`, or for all resources of its type."""
        values = placed(operation, one)
        baseline = self.baseline(operation)
        if baseline is not None:
            prover, draft = baseline.prover, baseline.bases[0].draft
        else:
            prover = Prover(operation, self.context.credentials)
            factory = self.context.factory
            sources = ValueSources(factory.values, values, references=factory.inventory)
            branch = operation.branches[0] if operation.branches else None
            candidate = next(candidates(operation, branch, sources, self.context.options.seed), None)
            draft = candidate.draft if candidate is not None else Draft()
        parameters = draft.parameters | {("path", name): value for name, value in values.items()}
        if operation is self.type.list:
            parameters |= dict(_page_size(operation))
        return prover, msgspec.structs.replace(draft, parameters=parameters)

    def find(
        self,
        rule: str,
        operation: OperationContract,
        exchange: Exchange,
        message: str,
        *,
        where: str = "",
        seen: str = "",
        at: tuple[str, ...] = (),
        severity: Severity | None = None,
    ) -> None:
        """A finding of `rule`, which `exchange` shows as the last of several. Together with the operation, `seen` is
        its identity: a code or a name that never changes. `at` leads to the value in the response's body."""
        if operation.key not in self._tested:
            return
        in_exchange = ("response", "body", *at) if at else ()
        answered = f"response.{exchange.response.status}" if exchange.response is not None else "response"
        self.findings.append(
            Observation.of(
                rule,
                operation.key,
                exchange,
                message,
                where=where or answered,
                seen=seen,
                at=at,
                severity=severity,
                in_exchange=in_exchange,
            )
        )

    def leave(self, what: str) -> None:
        """Something was not tried; the sentence says what and why."""
        self.notes.append(what)


def is_done(exchange: Exchange) -> bool:
    """Whether the server has done what was asked. 202 only promises it (RFC 9110 section 15.3.3)."""
    return exchange.accepted and exchange.response is not None and exchange.response.status != 202


def case_of(prover: Prover, draft: Draft, note: str, sequel: Sequel | None = None) -> Case:
    """The request of `draft`, whose answer may be any."""
    return Case(prover.request(draft), Probe(prover.operation.key, "lifecycle", note, "any", sequel=sequel))


def lasting(prover: Prover, draft: Draft, note: str) -> Case:
    """As `case_of`; what it creates stays until the run ends."""
    return msgspec.structs.replace(case_of(prover, draft, note), lasting=True)


def _page_size(operation: OperationContract) -> Iterator[tuple[tuple[str, str], int]]:
    for contract in operation.parameters:
        parameter = contract.parameter
        wanted = parameter.location == "query" and plain(parameter.name) in _LIMITS
        if wanted and (contract.message is None or contract.message.is_valid(_PAGE)):
            yield (parameter.location, parameter.name), _PAGE
