"""Creates resources for other requests to work on, each like the first one that the server accepted."""

from __future__ import annotations

import random
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Case, Prover
from clausewise.options import Values
from clausewise.resources.identity import Resource, shown_in
from clausewise.resources.inventory import Inventory
from clausewise.resources.naming import by_member, placed
from clausewise.resources.types import ResourceType, erased, resource_paths
from clausewise.resources.uniqueness import RequestField, renewed, replaced, retargeted
from clausewise.values.edit import Location
from clausewise.values.words import plain, singular

#: the end of a member's name that refers to something
_ID = re.compile(r"(id|uuid|key|ref|code|number|no)$")

#: shortest word by which something is found
_WORD = 3

Steps = Generator[Iterable[Case], list[Exchange], Any]


class Action(msgspec.Struct, frozen=True, eq=False):
    """A write that the server accepted for a resource, which may have brought it into another state."""

    prover: Prover
    #: the one that was accepted
    draft: Draft
    #: where each request needs a fresh value
    places: tuple[RequestField, ...] = ()
    #: what it needed before itself
    before: tuple[Action, ...] = ()

    def case(self, resource: Resource, rng: random.Random) -> Case:
        """The request for one resource."""
        prover = self.prover
        draft = renewed(prover, self.draft, self.places, rng) or self.draft
        note = "a request that brings a resource into the state which other requests need"
        request = retargeted(prover.of(draft), prover.request(draft), placed(prover.operation, resource))
        return Case(request, Probe(prover.operation.key, "setup", note, "any"), lasting=True)


class Recipe(msgspec.Struct, frozen=True, eq=False):
    """How to create resources of one type."""

    resource_type: ResourceType
    prover: Prover
    #: one that was accepted
    draft: Draft
    #: where each request needs a fresh value
    places: tuple[RequestField, ...]
    #: what is done to each of them before it is used
    then: tuple[Action, ...] = ()
    #: makes what each of them uses up; None where the requests may name the same
    supply: Supply | None = None
    #: the member of its answer by which requests name it; "" for its id
    called: str = ""

    def case(self, rng: random.Random) -> Case:
        """A request that creates one more."""
        draft = renewed(self.prover, self.draft, self.places, rng) or self.draft
        probe = Probe(
            self.prover.operation.key,
            "setup",
            f"a request that creates a {self.resource_type.noun} which other requests need",
            "any",
        )
        return Case(self.prover.request(draft), probe, lasting=True)


class Supply(msgspec.Struct, frozen=True, eq=False):
    """Makes what a request names in its body and uses up: a copy that is lent cannot be lent again."""

    maker: Recipe | Action
    #: creates what an action works on
    owner: Recipe | None
    #: where in the body the name of it stands
    location: Location
    #: that of the accepted request
    old: Any


class ResourceFactory(msgspec.Struct, frozen=True, eq=False):
    """The known resources of the server, and the recipes for more, which all operations share."""

    inventory: Inventory
    #: the user's own values
    values: Values
    #: whether the server is on this machine: then the run may change resources that it did not create
    local: bool
    #: path of a resource type -> its recipe
    recipes: dict[str, Recipe] = {}
    #: keys of the operations that create something because the user says so
    creating: frozenset[str] = frozenset()
    #: path of a resource type -> name of an action -> what it does to a resource of that type
    actions: dict[str, dict[str, Action]] = {}


def make(
    factory: ResourceFactory, recipe: Recipe, rng: random.Random, count: int = 1
) -> Generator[Iterable[Case], list[Exchange], list[Resource]]:
    """`count` new resources, fewer where the server does not accept them all."""
    cases = [recipe.case(rng) for _ in range(count)]
    if recipe.supply is not None:
        cases = yield from supplied(factory, recipe.supply, recipe.prover, cases, rng)
    exchanges = yield cases
    answers = (factory.inventory.made(recipe.resource_type, exchange) for exchange in exchanges if exchange.accepted)
    made = [resource for resource in answers if resource is not None]
    for action in recipe.then:
        exchanges = (yield [action.case(resource, rng) for resource in made]) if made else []
        made = [resource for resource, exchange in zip(made, exchanges, strict=True) if exchange.accepted]
    return [by_member(resource, recipe.called) for resource in made] if recipe.called else made


def supplied(
    factory: ResourceFactory, supply: Supply, prover: Prover, cases: Sequence[Case], rng: random.Random
) -> Generator[Iterable[Case], list[Exchange], list[Case]]:
    """`cases`, each with something new to use up. What names something else, as a breach of that member does, and those
    for which the server makes nothing more stay as they are."""

    def naming(case: Case, name: Any) -> Case:
        request = replaced(prover, case.request, ("body", supply.location), [supply.old], name)
        return case if request is case.request else msgspec.structs.replace(case, request=request)

    naming_old = [index for index, case in enumerate(cases) if naming(case, supply.old) is not case]
    names = (yield from new_names(factory, supply, rng, len(naming_old))) if naming_old else []
    found = list(cases)
    for index, name in zip(naming_old, names, strict=False):
        found[index] = naming(found[index], name)
    return found


def new_names(
    factory: ResourceFactory, supply: Supply, rng: random.Random, count: int = 1
) -> Generator[Iterable[Case], list[Exchange], list[Any]]:
    """What names `count` new things that requests may use up; fewer where the server makes fewer."""
    maker = supply.maker
    if isinstance(maker, Recipe):
        made = yield from make(factory, maker, rng, count)
        return [resource.values[-1] for resource in made]
    owners = (yield from make(factory, supply.owner, rng)) if supply.owner is not None else []
    exchanges = (yield [maker.case(owner, rng) for owner in owners for _ in range(count)]) if owners else []
    shown = [shown_in(maker.prover.operation, exchange) for exchange in exchanges if exchange.accepted]
    return [name for each in shown if (name := _own_id(each, supply.location)) is not None]


def supplies(factory: ResourceFactory, draft: Draft) -> Iterator[Supply]:
    """What may make what a body names by the ids of other things, by the names of its members."""
    for name, value in draft.body.items() if isinstance(draft.body, dict) else ():
        stem = _ID.sub("", plain(name))
        if stem == plain(name) or isinstance(value, bool) or not isinstance(value, str | int):
            continue
        for recipe in factory.recipes.values():
            if _is_called(stem, recipe.resource_type.noun):
                yield Supply(recipe, None, (name,), value)
        for path, actions in factory.actions.items():
            for action in actions.values():
                operation = action.prover.operation
                last = singular(plain(operation.operation.path.rstrip("/").rpartition("/")[2]))
                is_typed = factory.inventory.type_created_by(operation) is not None
                if operation.operation.method == "POST" and not is_typed and _is_called(stem, last):
                    yield Supply(action, factory.recipes.get(path), (name,), value)


def _is_called(stem: str, noun: str) -> bool:
    """Whether a member may name something that a path calls by `noun`: a `sourceSnapshotId` may name a snapshot."""
    return len(noun) >= _WORD and stem.endswith(noun)


def _own_id(shown: Any, location: Location) -> Any:
    """The id by which an answer calls what it shows, for a member at `location`; None where it has none."""
    called = {plain(name): value for name, value in shown.items()} if isinstance(shown, dict) else {}
    return next((called[key] for key in (plain(str(location[-1])), "id", "pk", "uuid", "key") if key in called), None)


def recipe_for(factory: ResourceFactory, operation: OperationContract) -> Recipe | None:
    """The recipe for a resource that `operation` can work on: the innermost of its path that the run can create."""
    made = factory.inventory.type_created_by(operation)
    for path in reversed(list(resource_paths(erased(operation.operation.path)))):
        if path in factory.recipes and (made is None or made.path != path):
            return factory.recipes[path]
    return None


def on_fresh_resources(
    factory: ResourceFactory, prover: Prover, recipe: Recipe, batch: Iterable[Case], rng: random.Random
) -> Steps:
    """Send `batch`, each of its cases to a resource of its own; gives their exchanges."""
    cases = list(batch)
    resources = yield from make(factory, recipe, rng, len(cases))
    missing = len(cases) - len(resources)
    # Where the server creates no more, the remaining cases keep their paths.
    targets: Sequence[Resource | None] = [*resources, *[None] * missing]
    exchanges = yield list(_placed(prover, cases, targets))
    return exchanges


def _placed(prover: Prover, cases: Sequence[Case], resources: Sequence[Resource | None]) -> Iterator[Case]:
    for case, resource in zip(cases, resources, strict=True):
        if resource is None or case.probe.changes_path:
            yield case
            continue
        values = placed(prover.operation, resource)
        yield msgspec.structs.replace(case, request=retargeted(prover, case.request, values))
