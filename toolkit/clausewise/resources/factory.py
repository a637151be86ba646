"""Creates resources for other requests to work on, each like the first one that the server accepted."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Case, Prover
from clausewise.options import Values
from clausewise.resources.identity import Resource
from clausewise.resources.inventory import Inventory, placed
from clausewise.resources.types import ResourceType, erased, resource_paths
from clausewise.resources.uniqueness import RequestField, renewed, retargeted

Steps = Generator[Iterable[Case], list[Exchange], Any]


class Recipe(msgspec.Struct, frozen=True, eq=False):
    """How to create resources of one type."""

    resource_type: ResourceType
    prover: Prover
    #: one that was accepted
    draft: Draft
    #: where each request needs a fresh value
    places: tuple[RequestField, ...]

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


def make(
    factory: ResourceFactory, recipe: Recipe, rng: random.Random, count: int = 1
) -> Generator[Iterable[Case], list[Exchange], list[Resource]]:
    """`count` new resources, fewer where the server does not accept them all."""
    exchanges = yield [recipe.case(rng) for _ in range(count)]
    made = (factory.inventory.made(recipe.resource_type, exchange) for exchange in exchanges if exchange.accepted)
    return [resource for resource in made if resource is not None]


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
