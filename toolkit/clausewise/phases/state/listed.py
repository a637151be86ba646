"""Where in a list that comes in pages a resource stands."""

from __future__ import annotations

from typing import Any

from clausewise.conformance.sequel import lists
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.phases.queries.listing import items_of
from clausewise.phases.queries.pages import next_of
from clausewise.phases.queries.parameters import Parameters, parameters_of
from clausewise.phases.state.kind import Kind, Steps
from clausewise.resources.identity import Resource, shown_in
from clausewise.values.shape import shape_of

#: pages that are read until one shows a resource
_PAGES = 12

#: choices for parameters of a list that are tried
_CHOICES = 8


def page_with(kind: Kind, one: Resource) -> Steps:
    """The query of the page that shows `one`; {} for the first one, also where no page shows it."""
    listing = kind.type.list
    assert listing is not None
    parameters, query, passed = parameters_of(listing), dict[str, Any](), 0
    for number in range(1, _PAGES + 1):
        exchange = yield from kind.send(listing, one, note="the page that lists it is looked for", query=query)
        document = shown_in(listing, exchange) if exchange.accepted else None
        if lists(document, one.values[-1]):
            return query
        items = items_of(document)
        passed += len(items or ())
        query = _following(parameters, document, number, passed) if items else {}
        if not query:
            return {}
    return {}


def _following(parameters: Parameters, document: Any, number: int, passed: int) -> dict[str, Any]:
    """The query of the page behind so many pages and items, of which `document` is the last; {} where none is known."""
    if parameters.cursor is not None:
        further = next_of(document)
        return {parameters.cursor.parameter.name: further} if further else {}
    if parameters.offset is not None:
        return {parameters.offset.parameter.name: passed}
    return {parameters.page.parameter.name: number + 1} if parameters.page is not None else {}


def lists_elsewhere(kind: Kind, listing: OperationContract, one: Resource) -> Steps:
    """Whether a list that lacks a resource shows it with another choice for one of its parameters, such as
    `?access=manage`: it then lists a part of what there is."""
    whole = yield from kind.send(listing, one, note="what was made is looked for")
    if not whole.accepted or lists(shown_in(listing, whole), one.values[-1]):
        return False
    for name, value in _choices(listing):
        note = "what was made is looked for in another part"
        exchange = yield from kind.send(listing, one, note=note, query={name: value})
        if exchange.accepted and lists(shown_in(listing, exchange), one.values[-1]):
            kind.leave(f"{listing.key}: lists what was made only where `{name}` is {show(value)}")
            return True
    return False


def _choices(listing: OperationContract) -> list[tuple[str, Any]]:
    """The values that the optional parameters in the query of a list may have, where there are few; the first ones."""
    found: list[tuple[str, Any]] = []
    for contract in listing.parameters:
        if contract.parameter.location == "query" and not contract.parameter.required and contract.message is not None:
            shape = shape_of([contract.message.schema], contract.message.schema)
            values = shape.enum or ([True, False] if shape.types == {"boolean"} else [])
            found += [(contract.parameter.name, value) for value in values]
    return found[:_CHOICES]
