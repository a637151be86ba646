"""Reads lists: their items, what identifies each, and whether they are complete."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import msgspec

from clausewise.conformance.sequel import goes_on
from clausewise.contract.parts import ParameterContract
from clausewise.exchange import Exchange, Probe, query_pairs
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Case
from clausewise.media.json import digest
from clausewise.phases.base import Task
from clausewise.resources.factory import Recipe
from clausewise.resources.identity import opened, shown_in
from clausewise.resources.paging import TOTALS
from clausewise.resources.types import parameter_names
from clausewise.resources.uniqueness import renewed
from clausewise.results.causes import Causes
from clausewise.results.evidence import Observation
from clausewise.values.words import plain

#: what the steps of a check give: batches of cases go out, their exchanges come back
Steps = Generator[Iterable[Case], list[Exchange], Any]

#: the number of items that is asked for where all are wanted, the first that the contract allows
_MANY = (100, 50, 20)

#: names of the member that holds the items, where several members hold arrays
_ITEMS = frozenset({"data", "items", "results", "content", "records", "entries", "values", "rows", "elements", "list"})

#: names of a member that identifies an item, as `plain` writes them
_IDS = ("id", "uuid", "guid", "key", "slug", "identifier", "offset", "name", "code", "number")


class Page(msgspec.Struct, frozen=True):
    """What one answer lists."""

    exchange: Exchange
    document: Any
    #: with the members of their envelopes, such as the `attributes` of JSON:API, as their own
    items: list[Any]
    #: whether further items may follow behind these
    is_part: bool


class Listing:
    """An operation that lists things, and what was found of its queries."""

    def __init__(self, task: Task, limit: ParameterContract | None) -> None:
        assert task.operation is not None and task.baseline is not None
        self.task = task
        self.operation = task.operation
        base = task.baseline.bases[0].draft
        self.prover = task.baseline.prover.of(base)
        required = {("query", each.parameter.name) for each in self.operation.parameters if each.parameter.required}
        kept = {key: value for key, value in base.parameters.items() if key[0] != "query" or key in required}
        self._base = msgspec.structs.replace(base, parameters=kept)
        sizes = _MANY if limit is not None and limit.message is not None else ()
        #: what asks for as many items as the contract allows
        self.everything = next(
            (
                {limit.parameter.name: size}
                for size in sizes
                if limit and limit.message and limit.message.is_valid(size)
            ),
            {},
        )
        self.observations: list[Observation] = []

    def draft(self, query: dict[str, Any]) -> Draft:
        """A request with this `query`, and what else is required."""
        parameters = self._base.parameters | {("query", name): value for name, value in query.items()}
        return msgspec.structs.replace(self._base, parameters=parameters)

    def read(self, query: dict[str, Any]) -> Steps:
        """The page that a request with this `query` gives; None where it is not valid, is refused, or lists nothing."""
        request = self.prover.keeping(self.draft(query))
        if request is None:
            return None
        named = " and ".join(f"`{name}` = {value}" for name, value in query.items())
        note = f"a request with {named}" if named else "a request without a query"
        (exchange,) = yield [Case(request, Probe(self.operation.key, "queries", note, "any"))]
        return self._page(exchange)

    def _page(self, exchange: Exchange) -> Page | None:
        """What an answer lists; None where it is refused, or lists nothing."""
        if exchange.response is None or not exchange.accepted or exchange.response.cut:
            return None
        document = shown_in(self.operation, exchange)
        items = items_of(document)
        if items is None:
            return None
        return Page(exchange, document, list(map(opened, items)), _is_part(exchange, document, items))

    def follow(self, address: str) -> Steps:
        """The exchange of a request to an address that an answer has for another part of the list, and its page; None
        for what there is not. An address of something else is not followed."""
        request = self.prover.request(self.draft({}))
        path, _, own = request.target.partition("?")
        try:
            target = urlsplit(address)
        except ValueError:
            return None, None
        if target.path and not target.path.endswith(path):
            return None, None
        # It need not repeat what every request has, such as a key.
        named = {name for name, _ in query_pairs(target.query)}
        kept = [pair for pair in own.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in named]
        query = "&".join(part for part in (target.query, *kept) if part)
        request = msgspec.structs.replace(request, target=f"{path}?{query}" if query else path)
        probe = Probe(self.operation.key, "queries", "the link to the next page is followed", "any")
        (exchange,) = yield [Case(request, probe)]
        return exchange, self._page(exchange)

    def read_all(self) -> Steps:
        """As many items as one request gives."""
        return (yield from self.read(self.everything))

    def keys(self, page: Page | None, whole: Page | None = None) -> list[str]:
        """What identifies the items of a page, in their order, as it does the items of the `whole` list."""
        if page is None:
            return []
        key = key_of((whole or page).items)
        return [key(item) for item in page.items]

    def make(self, recipe: Recipe, draft: Draft, note: str) -> Steps:
        """Make one more of what it lists, as `draft` has it, where it lists them; whether that was accepted."""
        fresh = renewed(recipe.prover, draft, recipe.places, self.task.rng) or draft
        outer = zip(parameter_names(recipe.prover.operation), parameter_names(self.operation), strict=False)
        places = {("path", own): self._base.parameters.get(("path", theirs)) for own, theirs in outer}
        placed = msgspec.structs.replace(fresh, parameters=fresh.parameters | places)
        probe = Probe(recipe.prover.operation.key, "queries", note, "any")
        (exchange,) = yield [Case(recipe.prover.request(placed), probe, lasting=True)]
        return exchange.accepted

    def find(self, rule: str, page: Page, message: str, *, seen: str, cause: str = "") -> None:
        """A fault that `page` shows; `seen` is the name of what was asked for, and never changes. Faults of a rule in
        several lists are one where they have the same `cause`."""
        found = Observation.of(
            rule,
            self.operation.key,
            page.exchange,
            message,
            where="response.200.body",
            seen=seen,
            in_exchange=("response", "body"),
        )
        if cause:
            found = msgspec.structs.replace(found, causes=Causes(frozenset({(rule, cause)})))
        self.observations.append(found)


def items_of(document: Any) -> list[Any] | None:
    """The items of a list, which may stand in an envelope; None where it is not clear which they are."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return None
    arrays = {name: value for name, value in document.items() if isinstance(value, list)}
    named = {name: value for name, value in arrays.items() if plain(name) in _ITEMS}
    chosen = list((named if len(arrays) > 1 else arrays).values())
    if len(chosen) == 1:
        return chosen[0]
    nested = [value for value in document.values() if isinstance(value, dict)]
    return items_of(nested[0]) if not arrays and len(nested) == 1 else None


def key_of(items: Sequence[Any]) -> Callable[[Any], str]:
    """What identifies each of `items`, and of lists like theirs: the member that is different in all of them, or else
    all of an item."""
    if items and all(isinstance(item, dict) for item in items):
        names = {plain(name): name for name in items[0]}
        likeliest = (names[each] for each in _IDS if each in names)
        for name in dict.fromkeys((*likeliest, *items[0])):
            values = [item.get(name) for item in items]
            if all(isinstance(value, str | int) for value in values) and len(set(values)) == len(values):
                return partial(_named, name)
    return digest


def _named(name: str, item: Any) -> str:
    return f"{item[name]}" if isinstance(item, dict) and name in item else digest(item)


def _is_part(exchange: Exchange, document: Any, items: Sequence[Any]) -> bool:
    """Whether further items may follow behind these."""
    totals = document.items() if isinstance(document, dict) else ()
    counted = [value for name, value in totals if plain(name) in TOTALS and isinstance(value, int)]
    counted += [value for _, value in totals_in_headers(exchange)]
    return goes_on(document) or any(value > len(items) for value in counted)


def totals_in_headers(exchange: Exchange) -> Iterator[tuple[str, int]]:
    """The headers of an answer that count the items of all pages, by their names: `X-Total-Count`."""
    for name, text in exchange.response.headers if exchange.response is not None else ():
        if plain(name).removeprefix("x") in TOTALS - {"count"} and text.isascii() and text.isdecimal():
            yield name, int(text)
