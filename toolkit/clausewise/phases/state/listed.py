"""Where in a list that comes in pages a resource stands."""

from __future__ import annotations

from typing import Any

from clausewise.conformance.sequel import lists
from clausewise.phases.queries.listing import items_of
from clausewise.phases.queries.pages import next_of
from clausewise.phases.queries.parameters import Parameters, parameters_of
from clausewise.phases.state.kind import Kind, Steps
from clausewise.resources.identity import Resource, shown_in

#: pages that are read until one shows a resource
_PAGES = 12


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
