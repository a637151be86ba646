"""The answer of a list: the items that a request asks for, filtered, searched, sorted and cut into pages as its query
says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.contract.request import RequestJudgement
from clausewise.contract.validators import checker
from clausewise.mockserver.collection import Document
from clausewise.mockserver.overlay import View, overlaid
from clausewise.mockserver.respond import Answer
from clausewise.resources.identity import fitting, items_at, named_in, opened
from clausewise.resources.paging import (
    CURSORS,
    DIRECTIONS,
    LIMITS,
    MORE,
    NEXT,
    OFFSETS,
    PAGES,
    SEARCHES,
    SORTS,
    TOTALS,
    member_of_filter,
)
from clausewise.resources.types import ResourceType
from clausewise.values.edit import Location, get, put, take_out
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.words import plain

Named = tuple[str, Document]


class Page(msgspec.Struct, frozen=True):
    """The resources that one answer of a list shows, with what names them."""

    items: Sequence[Named]
    #: how many there are on all pages
    total: int
    #: where the next page begins; None on the last one
    following: int | None


def page_of(every: Sequence[Named], operation: OperationContract, judgement: RequestJudgement) -> Page:
    """Those of `every` resource that a request of an operation asks for in its query. The default of its page size
    counts where a page is asked for: who names none is shown all."""
    query = {name: value for (place, name), value in judgement.parameters.items() if place == "query"}
    found = list(every)
    for name, value in query.items():
        found = _filtered(found, name, value)
    found = _sorted(found, query)
    by_meaning = {plain(name): value for name, value in query.items()}
    limit = _number(by_meaning, LIMITS)
    first = _number(by_meaning, OFFSETS) or _number(by_meaning, CURSORS) or 0
    page = _number(by_meaning, PAGES)
    if limit is None and not by_meaning.keys().isdisjoint(PAGES | OFFSETS | CURSORS):
        limit = _number(_defaults(operation), LIMITS)
    if page is not None and limit is not None:
        first = max(page - 1, 0) * limit
    end = len(found) if limit is None else first + limit
    return Page(found[first:end], len(found), end if end < len(found) else None)


def _defaults(operation: OperationContract) -> dict[str, Any]:
    """The defaults of the query's parameters, by their plain names."""
    query = (one for one in operation.parameters if one.parameter.location == "query")
    schemas = ((plain(one.parameter.name), one.message.schema) for one in query if one.message is not None)
    return {name: schema["default"] for name, schema in schemas if isinstance(schema, dict) and "default" in schema}


def _filtered(found: list[Named], name: str, value: Any) -> list[Named]:
    """Those that have the value in the member that the parameter is named like; where none has such a member those
    that have the words of a search in their texts, and for any other parameter all."""
    if plain(name) in LIMITS | OFFSETS | PAGES | CURSORS | SORTS | DIRECTIONS:
        return found
    wanted = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
    member = plain(member_of_filter(name))
    members = [(named, {plain(own): one for own, one in opened(named[1]).items()}) for named in found]
    if not any(member in each for _, each in members):
        return _searched(found, " ".join(wanted)) if plain(name) in SEARCHES else found
    return [named for named, each in members if not {*map(_text, _several(each.get(member)))}.isdisjoint(wanted)]


def _searched(found: list[Named], text: str) -> list[Named]:
    """Those in whose texts each of the words occurs, in either case."""
    terms = text.casefold().split()
    return [named for named in found if _has_all(terms, "\n".join(_texts(named[1])).casefold())]


def _has_all(terms: list[str], text: str) -> bool:
    return all(term in text for term in terms)


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value, wherever they stand in it."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _sorted(found: list[Named], query: dict[str, Any]) -> list[Named]:
    named = {plain(member): member for _, document in found for member in opened(document)}
    for name, value in query.items():
        if plain(name) not in SORTS or not isinstance(value, str):
            continue
        field, _, direction = value.replace(" ", ":").replace(",", ":").partition(":")
        member = named.get(plain(field))
        if member is not None:
            others = [str(one).lower() for other, one in query.items() if plain(other) in DIRECTIONS and other != name]
            falls = field.startswith("-") or direction.lower().startswith("desc") or "desc" in others
            found = sorted(found, key=lambda one: _order(opened(one[1]).get(member)), reverse=falls)
    return found


def _order(value: Any) -> tuple[int, Any]:
    """Numbers by their size, then texts, then the rest."""
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, "")


def _number(query: dict[str, Any], names: Iterable[str]) -> int | None:
    found = (query[name] for name in query if name in names)
    numbers = (int(value) for value in found if str(value).isdecimal() and len(str(value)) < 10)
    return next(numbers, None)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _own_items(body: Any) -> list[Any]:
    """The items of a body that lists some."""
    items = get(body, items_at(body) or ())
    return items if isinstance(items, list) else []


class ListView:
    """The answer of a list of one type, with other items in the place of its own."""

    def __init__(self, answer: Answer, of_type: ResourceType) -> None:
        self._type = of_type
        self._message = answer.entry.message if answer.entry is not None else None
        bodies = [body for body in answer.templates if items_at(body) is not None]
        self._body = bodies[0] if bodies else None
        self._at = items_at(self._body)
        items = get(self._body, self._at) if self._at is not None else None
        #: the items that the answer has by itself, and where it has none those of another possible answer
        self._items: list[Any] = items if isinstance(items, list) else []
        self._like = next((own for own in map(_own_items, bodies) if own), [])
        self._view: View | None = None
        self._most = len(self._items)
        if self._message is not None and self._at is not None and isinstance(items, list):
            root = self._message.schema
            shape = shape_of(shape_at(self._message, tuple(map(str, self._at))) if self._at else [root], root)
            self._view = View(shape.items or [True], root, checker(shape.items, root))
            self._most = int(shape.facets.get("maxItems", 0))

    @property
    def shows_names(self) -> bool:
        """Whether items of the list name their resources."""
        return self._view is not None and all(
            named_in(item, self._type.parameter, self._type.noun) is not None for item in self._items[:1]
        )

    def item(self, own: str, document: Document) -> Any:
        """The item that shows the resource called `own`; None where there is none."""
        if self._view is None:
            return None
        objects = [item for item in self._like if isinstance(item, dict)]
        if objects:
            return overlaid(objects, document, self._view)
        forms = [document] if document else []
        return next(filter(self._view.is_valid, [*forms, fitting(own, self._type.parameter)]), None)

    def body(self, items: Sequence[Any]) -> Any:
        """The body with these items; the oldest are left out where it cannot hold them all. UNSET where it can hold
        none of them."""
        if self._at is None or self._message is None:
            return msgspec.UNSET
        for length in dict.fromkeys((len(items), min(self._most, len(items)), min(1, len(items)), 0)):
            changed = put(self._body, self._at, list(items[len(items) - length :]))
            if self._message.is_valid(changed):
                return changed
        return msgspec.UNSET

    def with_totals(self, body: Any, page: Page) -> Any:
        """`body` with what it says of all pages, and of the next one, as it is."""
        listed = plain(str(self._at[-1])) if self._at else ""
        totals = {*TOTALS, f"{listed}count", f"{listed}total", f"total{listed}", f"{self._type.noun}count"}
        beside = [(name,) for name, value in body.items() if isinstance(value, dict)] if isinstance(body, dict) else []
        for around in ((), *beside) if isinstance(body, dict) else ():
            for name, value in get(body, around).items():
                body = self._with_total(body, (*around, name), value, page, totals)
        return body

    def _with_total(self, body: Any, at: Location, value: Any, page: Page, totals: set[str]) -> Any:
        """`body` with the `value` of the member `at` a place as it is, where that speaks of all pages or the next."""
        name, following = plain(str(at[-1])), list[Any]()
        if name in totals and isinstance(value, int) and not isinstance(value, bool):
            following = [page.total]
        elif name in MORE and isinstance(value, bool):
            following = [page.following is not None]
        elif name in NEXT and (value is None or isinstance(value, str | int)):
            following = [None, ""] if page.following is None else [str(page.following), page.following]
            if page.following is None:
                following.insert(0, msgspec.UNSET)
        changes = (take_out(body, at) if each is msgspec.UNSET else put(body, at, each) for each in following)
        assert self._message is not None
        return next(filter(self._message.is_valid, changes), body)
