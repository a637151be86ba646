"""The phase `queries` on one operation."""

from __future__ import annotations

from contextlib import suppress

from clausewise.phases.base import PhaseInterrupted, PhaseResult, Steps, Task, status_of
from clausewise.phases.queries import defaults, filters, next_links, pages, sorting
from clausewise.phases.queries.listing import Listing
from clausewise.phases.queries.listing import Steps as Checks
from clausewise.phases.queries.parameters import parameters_of
from clausewise.resources.factory import Recipe

#: requests for one operation, at most
_BUDGET = 120

#: things that are made where there are fewer, so that there is something to page through
_THINGS = 4


def run(task: Task) -> Steps:
    """Ask the operation for parts of its list, if it lists things, and compare the answers."""
    operation, context = task.operation, task.context
    assert operation is not None and task.baseline is not None
    wanted = context.remembers and context.wants(operation.key, None) and bool(task.baseline.bases)
    if operation.operation.method != "GET" or not wanted:
        return PhaseResult()
    parameters = parameters_of(operation)
    listing, notes = Listing(task, parameters.limit), tuple[str, ...]()
    if parameters.are_used:
        checks = _checks(listing, _recipe(task))
        with suppress(PhaseInterrupted):
            why = yield from _bounded(checks)
            notes = (f"{operation.key}: not all queries were compared: {why}",) if why else ()
    return PhaseResult(notes=notes, observations=tuple(listing.observations))


def _checks(listing: Listing, recipe: Recipe | None) -> Checks:
    parameters = parameters_of(listing.operation)
    whole = yield from listing.read_all()
    if whole is None:
        return
    if recipe is not None:
        for number in range(_THINGS - len(whole.items)):
            note = f"a request that makes something to list, number {number + 1}"
            yield from listing.make(recipe, recipe.draft, note)
    yield from filters.check(listing, parameters.filters, recipe)
    yield from pages.check(listing, parameters)
    if not listing.observations:
        # One piece of a server cuts lists into pages.
        yield from next_links.check(listing, parameters.limit, (yield from listing.read_all()) or whole)
    yield from sorting.check(listing, parameters)
    yield from defaults.check(listing)


def _bounded(checks: Checks) -> Checks:
    """Follow `checks` until they are done; gives why they were ended before, or ""."""
    batch, left = next(checks, None), _BUDGET
    while batch is not None and left > 0:
        cases = list(batch)
        left -= len(cases)
        exchanges = yield cases
        if any(status_of(exchange) >= 500 for exchange in exchanges):
            return "the server failed"
        try:
            batch = checks.send(exchanges)
        except StopIteration:
            return ""
    return f"that takes more than {_BUDGET} requests" if batch is not None else ""


def _recipe(task: Task) -> Recipe | None:
    """How what the operation lists is made; None where the run cannot make it."""
    factory = task.context.factory
    for resource_type in factory.inventory.resource_types.values():
        if resource_type.list is task.operation and resource_type.path in factory.recipes:
            return factory.recipes[resource_type.path]
    return None
