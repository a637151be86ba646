"""What a second request like the accepted one needs: a fresh value, a resource for itself, or new things to use up."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from clausewise.exchange import Exchange, Probe
from clausewise.generation.draft import Draft
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.resources.factory import Recipe, ResourceFactory, Supply, supplied, supplies
from clausewise.resources.types import ResourceType, parameter_names
from clausewise.resources.uniqueness import (
    RequestField,
    candidates,
    keys_of_requests,
    names_its_owner,
    renewable,
    renewed,
)
from clausewise.results.evidence import ACCEPTED_BEFORE

#: strings of a body tried, one by one, as the value that must be unique
_UNIQUE = 6

#: makers of what a request may use up that are tried
_SUPPLIES = 3


class Repetition(msgspec.Struct, frozen=True, eq=False):
    """How the accepted request can be sent again."""

    #: places where each further request needs a fresh value
    places: tuple[RequestField, ...]
    #: whether it needs a resource that no request has used yet
    spends: bool = False
    #: makes what it uses up; None where it may name the same
    supply: Supply | None = None


def repetition(
    prover: Prover,
    factory: ResourceFactory,
    base: BaselineRequest,
    first: Exchange,
    is_accepted: Callable[[Exchange], bool],
    rng: random.Random,
) -> Generator[Iterable[Case], list[Exchange], Repetition]:
    """What a second request like `base` needs to be accepted, and to create a second resource if the `first` did."""
    operation, inventory = prover.operation, factory.inventory
    created = inventory.type_created_by(operation)
    before = inventory.made(created, first) if created is not None else None
    # Only the answer shows whether the request named what it made, or what that is in.
    resource_type = inventory.type_created_by(operation)
    keys = keys_of_requests(base.draft)
    named = own_name(prover, resource_type)
    if named:
        return Repetition((*named, *keys))

    def is_another(exchange: Exchange) -> bool:
        is_taken = is_accepted(exchange)
        made = inventory.made(resource_type, exchange) if resource_type and is_taken else None
        return is_taken and (resource_type is None or made is None or made != before)

    first_again = renewed(prover, base.draft, keys, rng) or base.draft
    (again,) = yield [_case(prover, first_again, "a repetition of the accepted request", ACCEPTED_BEFORE)]
    if is_another(again):
        return Repetition(keys)
    for further in _unique_places(prover, base.draft, resource_type):
        places = [*keys, *further]
        fresh = renewed(prover, base.draft, places, rng)
        if fresh is None:
            continue
        members = " and ".join(f"`{location[-1]}`" for _, location in further if location)
        note = f"a second request with a fresh {members or 'key'} and all else as in the accepted one"
        (other,) = yield [_case(prover, fresh, note)]
        if is_another(other):
            return Repetition(tuple(places))
    for supply in islice(supplies(factory, base.draft), _SUPPLIES):
        case = _case(prover, base.draft, f"a second request with a new `{supply.location[0]}`")
        (other,) = yield (yield from supplied(factory, supply, prover, [case], rng))
        if is_another(other):
            return Repetition(keys, supply=supply)
    return Repetition(keys, spends=True)


def try_put(
    resource_type: ResourceType, prover: Prover, factory: ResourceFactory, base: BaselineRequest, rng: random.Random
) -> Generator[Iterable[Case], list[Exchange], None]:
    """See whether a PUT under a fresh name makes a resource, of a type that no POST was seen to make."""
    recipe = Recipe(resource_type, prover, base.draft, own_name(prover, resource_type))
    if renewed(recipe.prover, recipe.draft, recipe.places, random.Random(0)) is None:
        return
    (exchange,) = yield [recipe.case(rng)]
    if exchange.accepted:
        factory.recipes[resource_type.path] = recipe


def own_name(prover: Prover, resource_type: ResourceType | None) -> tuple[RequestField, ...]:
    """The path parameter by which a create request names its resource; () where it does not."""
    if resource_type is None or not resource_type.named_by_caller:
        return ()
    return ((f"path.{parameter_names(prover.operation)[-1]}", ()),)


def _unique_places(
    prover: Prover, draft: Draft, resource_type: ResourceType | None
) -> Iterator[Sequence[RequestField]]:
    """The places that may need a fresh value in each request: one alone, those that name what is created together,
    and all that can have one."""
    tried = candidates(draft, resource_type)
    yield from ([place] for place in tried[:_UNIQUE])
    free = renewable(prover, draft, tried)
    names = [place for place in free if names_its_owner(place)]
    if 1 < len(names) < len(free):
        yield names
    if len(free) > 1:
        yield free


def _case(prover: Prover, draft: Draft, note: str, aspect: str = "") -> Case:
    probe = Probe(prover.operation.key, "baseline", note, "any", aspect=aspect)
    return Case(prover.request(draft), probe, lasting=True)
