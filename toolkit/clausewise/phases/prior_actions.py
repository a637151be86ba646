"""What may bring a new resource into the state in which an operation works on it.

An invoice is paid after it was sent, and a cover is read after it was uploaded: on a new resource the server refuses
such an operation, whatever its values.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.generation.prover import BaselineRequest
from clausewise.phases.base import ABOUT_VALUES, Baseline, status_of
from clausewise.resources.factory import Action, Recipe, ResourceFactory
from clausewise.resources.types import erased, parameter_names
from clausewise.values.edit import put
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.words import words

#: actions that are tried for one operation at most
_ACTIONS = 8

#: members that say in which state a resource is to be
_STATES = frozenset({"state", "status", "stage", "phase"})

#: statuses of refusals that may be for the state of a resource; 423 Locked is of RFC 4918 section 11.3
_FOR_STATE = frozenset({400, 404, 409, 412, 422, 423})


def actions_of(baseline: Baseline, recipe: Recipe) -> Iterator[tuple[str, Action]]:
    """What the accepted request of an operation does to a resource of the `recipe`, and what it does with each other
    value of a member that says in which state the resource is to be; each with a name for people."""
    prover, draft = baseline.prover, baseline.bases[0].draft
    plain = Action(prover, draft, baseline.places, recipe.then)
    yield prover.operation.key, plain
    message = prover.of(draft).message("body")
    if message is None or not isinstance(draft.body, dict):
        return
    for name in shape_of([message.schema], message.schema).properties:
        shape = shape_of(shape_at(message, (name,)), message.schema)
        for value in (shape.enum or ()) if is_state(name, shape) else ():
            body = put(draft.body, (name,), value)
            if value != draft.body.get(name) and message.is_valid(body):
                changed = msgspec.structs.replace(plain, draft=msgspec.structs.replace(draft, body=body))
                yield f"{prover.operation.key} with `{name}` = {show(value)}", changed


def is_state(name: str, shape: Shape) -> bool:
    """Whether a member called `name` says in which state a resource is to be."""
    return shape.enum is not None and any(word in _STATES for word in words(name)[-1:])


def untried_actions(operation: OperationContract, factory: ResourceFactory, baseline: Baseline) -> dict[str, Action]:
    """What may lead to the state in which the server takes what it refused of `baseline`, and was not tried yet, by
    its name."""
    recipe = baseline.recipe
    if recipe is None or refused_for_state(operation, baseline, recipe) is None:
        return {}
    known = factory.actions.get(recipe.resource_type.path, {})
    others = (key for key, action in known.items() if action.prover.operation is not operation)
    left = [key for key in others if key not in baseline.tried]
    # An action with a path of its own does one thing; what an update does depends on its values.
    left.sort(key=lambda key: erased(known[key].prover.operation.operation.path) == recipe.resource_type.path)
    return {key: known[key] for key in left[: max(0, _ACTIONS - len(baseline.tried))]}


def refused_for_state(operation: OperationContract, baseline: Baseline, recipe: Recipe) -> BaselineRequest | None:
    """The first valid request whose refusal may be for the state of the resource that the `recipe` made for it."""
    is_whole = len(parameter_names(operation)) == recipe.resource_type.path.count("{}")
    for base in baseline.unaccepted:
        status = status_of(baseline.refused[baseline.prover.of(base.draft).request(base.draft)])
        about_values = status in ABOUT_VALUES and (operation.body is not None or not is_whole)
        if status in _FOR_STATE and not about_values and (status != 404 or is_whole):
            return base
    return None
