"""Sorting: a list that is asked for in the order of a member stands in that order, and reversed in the reverse.

Only members whose values have one order in every program are compared: whole numbers, and texts of ASCII letters,
digits and hyphens, in either case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from clausewise.contract.parts import ParameterContract
from clausewise.phases.queries.listing import Listing, Page, Steps
from clausewise.phases.queries.parameters import ASCENDING, DESCENDING, Parameters, names_values
from clausewise.values.words import plain

_DIRECTIONS = ASCENDING | DESCENDING

#: orders that are asked for
_ORDERS = 8

#: a member with a direction: "-name", "name_desc", "name:asc", "name desc"
_WRITTEN = re.compile(r"(?P<sign>[-+]?)(?P<name>.+?)(?:[_:. ,-](?P<direction>asc|desc|ascending|descending))?", re.I)

#: texts that every collation puts in the same order, but for their case
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


class _Order(msgspec.Struct, frozen=True):
    """One order that the contract offers."""

    query: dict[str, Any]
    member: str
    #: None where the query names none
    descending: bool | None


def check(listing: Listing, parameters: Parameters) -> Steps:
    """Ask for each order."""
    whole = yield from listing.read_all()
    if whole is None or len(whole.items) < 2:
        return
    if parameters.sort is None and parameters.direction is not None:
        yield from _both_ways(listing, parameters.direction)
    found: set[str] = set()
    for order in list(_orders(parameters, whole))[:_ORDERS]:
        name = next(iter(order.query))
        if name in found:
            continue
        page = yield from listing.read({**listing.everything, **order.query})
        if page is None or _is_sorted(order, page):
            continue
        page = yield from listing.read({**listing.everything, **order.query})
        if page is None or _is_sorted(order, page):
            continue
        found.add(name)
        asked = " and ".join(f"`{name}` = {value}" for name, value in order.query.items())
        values = ", ".join(str(_value(item, order.member)) for item in page.items[:4])
        message = (
            f"{listing.operation.key} does not sort by `{order.member}` where {asked} asks for it: it lists {values}"
        )
        listing.find("sort-mismatch", page, message, seen=name)


def _both_ways(listing: Listing, direction: ParameterContract) -> Steps:
    """Whether a list that has one order of its own is the same in both directions."""
    name = direction.parameter.name
    values = {value.lower() in DESCENDING: value for value in names_values(direction) if value.lower() in _DIRECTIONS}
    for attempt in ("first", "again"):
        pages = []
        for value in values.values():
            pages.append((yield from listing.read({**listing.everything, name: value})))
        keys = [listing.keys(page) for page in pages]
        if len(keys) < 2 or None in pages or any(page.is_part for page in pages) or keys[0] != keys[1]:
            return
        if len(set(keys[0])) < 2:
            return
        if attempt == "again":
            asked = " and ".join(f"`{name}` = {value}" for value in values.values())
            message = f"{listing.operation.key} lists the same order for {asked}"
            listing.find("sort-mismatch", pages[1], message, seen=name)


def _orders(parameters: Parameters, whole: Page) -> Iterator[_Order]:
    sort, direction = parameters.sort, parameters.direction
    if sort is None:
        return
    members = {plain(name): name for item in whole.items if isinstance(item, dict) for name in item}
    name = sort.parameter.name
    for value in names_values(sort):
        found = _WRITTEN.fullmatch(value)
        member = members.get(plain(found["name"])) if found is not None else None
        if found is None or member is None:
            continue
        named = (found["direction"] or "").lower()
        if named or found["sign"] == "-" or direction is None:
            is_descending = named in DESCENDING or found["sign"] == "-"
            yield _Order({name: value}, member, is_descending if named or found["sign"] == "-" else None)
            continue
        for each in names_values(direction):
            if each.lower() in _DIRECTIONS:
                yield _Order({name: value, direction.parameter.name: each}, member, each.lower() in DESCENDING)


def _is_sorted(order: _Order, page: Page) -> bool:
    """Whether a page stands in an order, as far as it can be said."""
    values = [_value(item, order.member) for item in page.items]
    if len(set(map(str, values))) < 2:
        return True
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return _stands(values, order.descending)
    if not all(isinstance(value, str) and _PLAIN_TEXT.fullmatch(value) for value in values):
        return True
    folds: tuple[Callable[[str], str], ...] = (str, str.casefold, lambda text: text.replace("-", "").casefold())
    return any(_stands([fold(value) for value in values], order.descending) for fold in folds)


def _stands(values: Sequence[Any], descending: bool | None) -> bool:
    ascends = all(one <= other for one, other in pairwise(values))
    descends = all(one >= other for one, other in pairwise(values))
    return descends if descending else ascends if descending is False else ascends or descends


def _value(item: Any, member: str) -> Any:
    return item.get(member) if isinstance(item, dict) else None
