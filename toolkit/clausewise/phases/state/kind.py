"""One type of resource, as the life of a resource and the oracles work with it: what makes, shows, lists, changes and
removes one, requests for each of these, and a place for what they find."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from clausewise.conformance.sequel import judge_sequel
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe, Sequel
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Case, Prover
from clausewise.phases.base import Baseline, Context
from clausewise.resources.destruction import Destruction, destruction_by
from clausewise.resources.factory import Recipe, new_names, recipe_for, supplied
from clausewise.resources.identity import Resource, items_in, named_in, shown_in
from clausewise.resources.naming import placed
from clausewise.resources.paging import LIMITS
from clausewise.resources.types import ResourceType, erased
from clausewise.resources.uniqueness import moved_to, retargeted
from clausewise.results.causes import Causes
from clausewise.results.evidence import OTHER_VALUES, Observation
from clausewise.results.rules import Severity
from clausewise.security.credentials import Credentials
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.edit import Location, path_of, put
from clausewise.values.edit import get as value_at
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.words import plain

#: steps of an oracle, and of what it is made of: batches of cases, their exchanges in the same order, a result
Steps = Generator[Iterable[Case], list[Exchange], Any]

#: envelopes around a resource
_DEPTH = 2

#: the numbers of items that a list is asked for: the first that the contract allows
_PAGES = (100, 50, 25, 20)


class Sight(msgspec.Struct, frozen=True):
    """A resource as an answer shows it."""

    #: what showed it
    operation: OperationContract
    exchange: Exchange
    #: where in the answer's body its object stands
    at: Location
    shown: dict[str, Any]

    def documents(self, location: Location) -> bool:
        """Whether the contract says that answers have a member at `location` of the resource. A list may show less."""
        message = shown_by(self.operation)
        if message is None or any(isinstance(step, int) for step in self.at) or not location:
            return False
        schemas = shape_at(message, path_of((*self.at, *location[:-1])))
        shape = shape_of(schemas, message.schema)
        return location[-1] in shape.properties or any(isinstance(each, dict) for each in shape.additional)


class Kind:
    """A type of resource that the run can create, and the operations on it.

    Its methods that send something are generators: `one = yield from kind.create()`.
    """

    #: seconds after which what looks wrong is looked at again: some servers show a little later what they have
    later = 0.7

    def __init__(
        self, context: Context, resource_type: ResourceType, rng: random.Random, recipe: Recipe | None = None
    ) -> None:
        self.context = context
        #: what makes, gets, lists, updates and deletes one, as far as the contract has it
        self.type = resource_type
        #: how one is created
        self.recipe: Recipe = recipe or context.factory.recipes[resource_type.path]
        #: the source of every random choice
        self.rng = rng
        #: what was found, and what was not tried and why, one sentence each
        self.findings: list[Observation] = []
        self.notes: list[str] = []
        #: status of the last refusal to create something; None before
        self.refusal: int | None = None
        #: what the last accepted request to create something was answered; None before
        self.creation: Exchange | None = None
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
        """The operations that change one, PATCH before POST and PUT, as far as one of their requests was accepted."""
        own = (each for each in self.context.operations if erased(each.operation.path) == self.type.path)
        making = self.type.create.key if self.type.has_own_path and self.type.create is not None else ""
        changing = [
            each
            for each in own
            if self.baseline(each)
            and (each.operation.method in ("PATCH", "PUT") or (each.operation.method == "POST" and each.key != making))
        ]
        return sorted(changing, key=lambda each: each.operation.method)

    @property
    def parts(self) -> Iterator[Kind]:
        """What one has once and that is read and changed by itself, such as `/things/{id}/options`. What is found there
        is found of this kind."""
        methods: dict[str, dict[str, OperationContract]] = {}
        for operation in self.context.operations:
            path = erased(operation.operation.path)
            below = path.removeprefix(f"{self.type.path}/")
            if below != path and "{" not in below:
                methods.setdefault(path, {})[operation.operation.method] = operation
        for path, own in methods.items():
            update = own.get("PATCH") or own.get("PUT")
            if "GET" in own and update is not None and f"{path}/{{}}" not in self.context.factory.recipes:
                part_type = msgspec.structs.replace(
                    self.type, path=path, through=own["GET"], get=own["GET"], list=None, update=update, delete=None
                )
                part = Kind(self.context, part_type, self.rng, self.recipe)
                part.findings, part.notes = self.findings, self.notes
                yield part

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
        case = recipe.case(self.rng) if draft is None else case_of(recipe.prover, draft, note, aspect=OTHER_VALUES)
        if recipe.supply is not None:
            (case,) = yield from supplied(self.context.factory, recipe.supply, recipe.prover, [case], self.rng)
        (exchange,) = yield [self.inside(recipe, case, parent)]
        if exchange.response is not None and not exchange.accepted:
            self.refusal = exchange.response.status
        self.creation = exchange if exchange.accepted else self.creation
        return self.context.factory.inventory.made(recipe.resource_type, exchange) if is_done(exchange) else None

    def supplied(self, draft: Draft) -> Steps:
        """`draft` with something new to use up, where it is used up by what makes one."""
        supply = self.recipe.supply
        names = (yield from new_names(self.context.factory, supply, self.rng)) if supply is not None else []
        if supply is None or not names or supply.location[0] not in draft.body:
            return draft
        return msgspec.structs.replace(draft, body=put(draft.body, supply.location, names[0]))

    def inside(self, recipe: Recipe, case: Case, parent: Resource | None) -> Case:
        """A `case` that creates a resource, inside `parent` where there is one."""
        if parent is None:
            return case
        values = placed(recipe.prover.operation, parent)
        return msgspec.structs.replace(case, request=retargeted(recipe.prover, case.request, values))

    def read(self, one: Resource, note: str = "", wait: float = 0.0) -> Steps:
        """The exchange that shows `one`, and the JSON that it shows; None for what there is not."""
        if self.type.get is None:
            return None, None
        exchange = yield from self.send(self.type.get, one, note=note, wait=wait)
        return exchange, (shown_in(self.type.get, exchange) if exchange.accepted else None)

    def look(self, one: Resource, note: str, names: Iterable[str] = (), wait: float = 0.0) -> Steps:
        """The `Sight` of `one`: as GET shows it, in the object that has most of the members called `names`; or in the
        list, where there is no GET. None where neither shows it."""
        get, listing = self.type.get, self.type.list
        if get is not None:
            exchange, document = yield from self.read(one, note, wait)
            # A body that is an array has items, and no names.
            called = frozenset(name for name in names if isinstance(name, str))
            at = _object_in(document, called, one.values[-1:])
            return None if at is None else Sight(get, exchange, at, value_at(document, at))
        if listing is None:
            return None
        exchange = yield from self.send(listing, one, note=note, wait=wait)
        document = shown_in(listing, exchange) if exchange.accepted else None
        for at, item in _items_of(document):
            if isinstance(item, dict) and named_in(item, self.type.parameter, self.type.noun) == one.values[-1]:
                return Sight(listing, exchange, at, item)
        return None

    def send(
        self,
        operation: OperationContract,
        one: Resource,
        sequel: Sequel | None = None,
        credentials: Credentials | None = None,
        note: str = "",
        wait: float = 0.0,
        query: Mapping[str, Any] | None = None,
    ) -> Steps:
        """The exchange of `operation` on `one`, or on all resources of its type, with this in its `query`; sent after
        `wait` seconds. What is not as a `sequel` wants it counts only where it is so a little later as well."""
        prover, draft = self.draft(operation, one)
        asked = {("query", name): value for name, value in (query or {}).items()}
        draft = msgspec.structs.replace(draft, parameters=draft.parameters | asked)
        if credentials is not None:
            prover = Prover(operation, credentials)
        case = case_of(prover, draft, sequel.before if sequel else note)
        (exchange,) = yield [msgspec.structs.replace(case, wait=wait) if wait else case]
        if sequel is None or exchange.response is None:
            return exchange
        probe = msgspec.structs.replace(case.probe, sequel=sequel)
        seen = msgspec.structs.replace(exchange, probe=probe)
        if judge_sequel(operation, seen, shown_in(operation, seen)):
            (exchange,) = yield [msgspec.structs.replace(case, probe=probe, wait=self.later)]
        return exchange

    def draft(self, operation: OperationContract, one: Resource) -> tuple[Prover, Draft]:
        """A request of `operation` for `one`, or for all resources of its type."""
        values = self.context.factory.inventory.placed(operation, one)
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
        draft = self._as_made(prover, moved_to(draft, values))
        if operation is self.type.list:
            draft = msgspec.structs.replace(draft, parameters=draft.parameters | dict(_page_size(operation)))
        return prover, draft

    def _as_made(self, prover: Prover, draft: Draft) -> Draft:
        """`draft` with the values that what makes one was sent in the query, in headers and in the body, where it has
        parameters of these names: they may say where the resource belongs, as `?project_id=1` does."""
        making = self.recipe.draft
        members = making.body.items() if isinstance(making.body, dict) else ()
        made = {("query", name): value for name, value in members if isinstance(value, str | int)}
        made |= {key: value for key, value in making.parameters.items() if key[0] in ("query", "header")}
        alike = {key: made[key] for key in draft.parameters.keys() & made.keys()}
        moved = msgspec.structs.replace(draft, parameters=draft.parameters | alike)
        return moved if alike and prover.keeping(moved) is not None else draft

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
        assertion: str | None = None,
        causes: Causes | None = None,
    ) -> None:
        """A finding of `rule`, which `exchange` shows as the last of several. Together with the operation, `seen` is
        its identity: a code or a name that never changes. `at` leads to the value in the response's body. The
        `assertion` of another rule's fault, or `causes`, join both in one finding."""
        if operation.key not in self._tested:
            return
        in_exchange = ("response", "body", *at) if at else ()
        answered = f"response.{exchange.response.status}" if exchange.response is not None else "response"
        found = Observation.of(
            rule,
            operation.key,
            exchange,
            message,
            assertion=assertion,
            where=where or answered,
            seen=seen,
            at=at,
            severity=severity,
            in_exchange=in_exchange,
        )
        self.findings.append(msgspec.structs.replace(found, causes=causes) if causes is not None else found)

    def leave(self, what: str) -> None:
        """Something was not tried; the sentence says what and why."""
        self.notes.append(what)


def shown_by(operation: OperationContract) -> Message | None:
    """What the body of a 200 response is described as; None where it is not."""
    documented = operation.response_for(200)
    entry = documented.with_schema if documented is not None else None
    return entry.message if entry is not None else None


def _object_in(document: Any, names: frozenset[str], id: tuple[Any, ...]) -> Location | None:
    """Where in a document the object of a resource stands: of those with members of these `names` the outermost, then
    one that has its `id`, then one with most of the members. An envelope may have others beside it, such as the labels
    of the members. What there is one of has no id."""
    if isinstance(document, list):
        inner = _object_in(document[0], names, id) if len(document) == 1 else None
        return (0, *inner) if inner is not None else None
    if not isinstance(document, dict):
        return None
    found = [(at, value) for at, value in _objects_within(document, _DEPTH) if names & value.keys()]

    def fits(entry: tuple[Location, dict[str, Any]]) -> tuple[int, bool, int]:
        at, value = entry
        return -len(at), any(str(each) in map(str, value.values()) for each in id), len(names & value.keys())

    return max(found, key=fits)[0] if found else ()


def _objects_within(document: dict[str, Any], depth: int) -> Iterator[tuple[Location, dict[str, Any]]]:
    """A document and the objects in it, no deeper than `depth`, each with its place."""
    yield (), document
    for name, value in document.items() if depth else ():
        if isinstance(value, dict):
            yield from (((name, *at), each) for at, each in _objects_within(value, depth - 1))


def _items_of(document: Any) -> Iterator[tuple[Location, Any]]:
    """The items of a list as `items_in` finds them, each with its place."""
    items = items_in(document)
    if isinstance(document, list):
        yield from (((index,), item) for index, item in enumerate(items))
    elif isinstance(document, dict):
        for name, value in document.items():
            if value is items:
                yield from (((name, index), item) for index, item in enumerate(items))
                return
        for name, value in document.items():
            yield from (((name, *at), item) for at, item in _items_of(value) if isinstance(value, dict))


def is_done(exchange: Exchange) -> bool:
    """Whether the server has done what was asked. 202 only promises it (RFC 9110 section 15.3.3)."""
    return exchange.accepted and exchange.response is not None and exchange.response.status != 202


def case_of(prover: Prover, draft: Draft, note: str, sequel: Sequel | None = None, *, aspect: str = "") -> Case:
    """The request of `draft`, whose answer may be any. What it creates stays until the run ends, as what
    a PUT made, or what was added to a resource, is looked at afterwards."""
    probe = Probe(prover.operation.key, "lifecycle", note, "any", sequel=sequel, aspect=aspect)
    return Case(prover.request(draft), probe, lasting=True)


def _page_size(operation: OperationContract) -> Iterator[tuple[tuple[str, str], int]]:
    for contract in operation.parameters:
        parameter, message = contract.parameter, contract.message
        if parameter.location == "query" and plain(parameter.name) in LIMITS:
            sizes = (size for size in _PAGES if message is None or message.is_valid(size))
            yield from (((parameter.location, parameter.name), size) for size in islice(sizes, 1))
