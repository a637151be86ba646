"""A relation that is none: two resources that the run has just made are parted, which nobody has brought together.

`DELETE /groups/{groupId}/members/{userId}` names a group and a user that are there. Servers that take one out of the
other often forget that it may not be in it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

import msgspec

from clausewise.exchange import Exchange, Probe
from clausewise.generation.prover import BaselineRequest, Case
from clausewise.phases.base import Task
from clausewise.resources.factory import Recipe, ResourceFactory, make
from clausewise.resources.naming import placed
from clausewise.resources.types import erased, identifiers, parameter_names, resource_paths
from clausewise.values.words import plain


def part_unrelated(task: Task, base: BaselineRequest) -> Generator[Iterable[Case], list[Exchange], None]:
    """Send `base`, a DELETE of a relation, for two new resources; nothing where the run cannot make both."""
    assert task.baseline is not None
    prover, factory = task.baseline.prover, task.context.factory
    operation, names = prover.operation, parameter_names(prover.operation)
    paths = list(resource_paths(erased(operation.operation.path)))
    if operation.operation.method != "DELETE" or len(paths) < 2 or not operation.operation.path.endswith("}"):
        return
    owner, other = factory.recipes.get(paths[-2]), _called(names[-1], paths[-2], factory)
    if owner is None or other is None:
        return
    owners = yield from make(factory, owner, task.rng)
    others = yield from make(factory, other, task.rng)
    if not owners or not others:
        return
    places = placed(operation, owners[0]) | {names[-1]: others[0].values[-1]}
    parameters = base.draft.parameters | {("path", name): value for name, value in places.items()}
    draft = msgspec.structs.replace(base.draft, parameters=parameters)
    note = f"the {other.resource_type.noun} does not belong to the {owner.resource_type.noun}"
    yield [Case(prover.request(draft), Probe(operation.key, "clauses", note, "any", branch=base.branch))]


def _called(name: str, owner: str, factory: ResourceFactory) -> Recipe | None:
    """The recipe of the type whose resources a parameter called `name` names, outside of those of the path `owner`."""
    outside = (recipe for path, recipe in factory.recipes.items() if path != owner and not path.startswith(f"{owner}/"))
    return next((recipe for recipe in outside if plain(name) in identifiers(recipe.resource_type)), None)
