"""Arrays and objects on the boundary of what may be in them, and just beyond it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from typing import Any

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import show
from clausewise.contract.validators import checker
from clausewise.values.deviation import Deviation, ValueSite
from clausewise.values.edit import take_out
from clausewise.values.names import forbidden_names, further_names
from clausewise.values.several import canonical, several
from clausewise.values.sizes import LARGEST, MOST, size_of
from clausewise.values.strings import for_pattern
from clausewise.values.typical import NoValueError, typical, vary
from clausewise.wording import counted

#: values of each type, for a place where none may be, or whose value has to keep a schema that is not known
_ANYTHING: tuple[Any, ...] = ("text", 12345, None, True, {}, [])


def counts(wanted: Callable[[int], tuple[int, ...]]) -> Callable[..., Iterator[Deviation]]:
    """Arrays with the numbers of items that `wanted` gives for the limit of the clause."""

    def make(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
        for count in wanted(int(clause.value)):
            items = _items(site, count)
            if items is not None:
                yield Deviation(items, f"has {counted(count, 'item')}")

    return make


def _items(site: ValueSite, count: int) -> list[Any] | None:
    if not 0 <= count <= MOST:
        return None
    items = list(site.value) if isinstance(site.value, list) else []
    if not items and count:
        try:
            items = [typical(site.shape.items or [{"type": "string"}], site.root, site.rng, optional=False)]
        except NoValueError:
            return None
    if items and count * size_of(items[-1]) > LARGEST:
        return None
    first = [checker(schemas, site.root) for schemas in site.shape.prefix]
    rest, others = checker(site.shape.items, site.root), several(site.shape.items, site.root, site.rng)
    written = set(map(canonical, items)) if site.shape.facets.get("uniqueItems") else set[str]()
    while len(items) < count:
        number = len(items)
        item = vary(items[-1], number)
        if canonical(item) in written or not (first[number] if number < len(first) else rest)(item):
            schemas = site.shape.prefix[number] if number < len(first) else []
            further = several(schemas, site.root, site.rng) if schemas else others
            item = next((other for other in further if canonical(other) not in written), items[-1])
        written |= {canonical(item)} if written else set()
        items.append(item)
    return items[:count]


def twice(_clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Arrays that hold an item twice."""
    if isinstance(site.value, list) and site.value:
        yield Deviation([*site.value, site.value[0]], "holds an item twice")
    elif isinstance(site.value, list):
        items = _items(site, 1)
        if items:
            yield Deviation(items * 2, "holds an item twice")


def distinct(_clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """An array of two different items."""
    items = _items(site, 2)
    if items is not None:
        yield Deviation(items, "holds two different items")


def members(wanted: Callable[[int], tuple[int, ...]]) -> Callable[..., Iterator[Deviation]]:
    """Objects with the numbers of members that `wanted` gives for the limit of the clause."""

    def make(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
        for count in wanted(int(clause.value)):
            if not isinstance(site.value, dict) or not 0 <= count <= MOST:
                continue
            members = dict(site.value)
            for name in [name for name in members if name not in site.shape.required][: max(0, len(members) - count)]:
                del members[name]
            for name in further_names(site.shape, site.root, site.rng) if len(members) < count else ():
                members.setdefault(name, typical(site.shape.member(name), site.root, site.rng, optional=False))
                if len(members) == count:
                    break
            yield Deviation(members, f"has {counted(count, 'member')}")

    return make


def put_in(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """An object with the member that the clause does not allow in a request."""
    if isinstance(site.value, dict):
        yield Deviation({**site.value, clause.path[-1]: "clausewise"}, f"has `{clause.path[-1]}`")


def left_out(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """An object without the member that the clause requires."""
    name = clause.path[-1]
    rest = take_out(site.value, (name,))
    yield Deviation(rest, f"lacks `{name}`")
    if rest == {}:
        # As text, an object without members may be none.
        for other in [other for other in site.shape.properties if other != name] or ["member1"]:
            with suppress(NoValueError):
                value = typical(site.shape.member(other), site.root, site.rng, optional=False)
                yield Deviation({other: value}, f"has `{other}` and lacks `{name}`")


def one_too_many(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """An object with a member more, or an array with an item more, than the schema knows."""
    if isinstance(site.value, dict):
        for name in ("clausewise", "clausewise member!"):
            yield Deviation({**site.value, name: "text"}, f'has the member "{name}"')
        for value in _ANYTHING[1:]:
            note = f'has the member "clausewise", which is {show(value)}'
            yield Deviation({**site.value, "clausewise": value}, note)
    elif isinstance(site.value, list):
        yield Deviation([*site.value, "text"], "has one item more")
        for value in _ANYTHING[1:]:
            yield Deviation([*site.value, value], f"has one item more, which is {show(value)}")


def misnamed(_clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Objects with a member whose name the contract forbids."""
    if not isinstance(site.value, dict):
        return
    for name in forbidden_names(site.shape, site.root):
        with suppress(NoValueError):
            value = typical(site.shape.member(name), site.root, site.rng, optional=False)
            yield Deviation({**site.value, name: value}, f"has the member {show(name)}")


def put_anyway(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """A member, or an item, where there must be none."""
    step = clause.path[-1]
    if isinstance(site.value, dict):
        excluded = (pattern for pattern, part in site.shape.patterned if part is False)
        drawn = [for_pattern(pattern, site.rng, lambda _: True) for pattern in excluded]
        for name, value in product(filter(None, drawn) if step == EACH_PROPERTY else [step], _ANYTHING):
            yield Deviation({**site.value, name: value}, f"has `{name}`")
    elif isinstance(site.value, list):
        items = site.value if step == EACH_ITEM else _items(site, int(step))
        for value in _ANYTHING if items is not None else ():
            yield Deviation([*(items or ()), value], f"has {counted(len(items or ()) + 1, 'item')}")


def matching(wanted: Callable[[int, float], tuple[float, ...]]) -> Callable[..., Iterator[Deviation]]:
    """Arrays with the numbers of items matching `contains` that `wanted` gives for its two limits."""

    def make(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
        bounds = [(low, high) for schema, low, high in site.shape.contains if schema == clause.value]
        matches = checker([clause.value], site.root)
        items = site.value if isinstance(site.value, list) else []
        others = [item for item in items if not matches(item)]
        for count in wanted(*bounds[0]) if bounds else ():
            if not 0 <= count <= MOST:
                continue
            found = [item for item in items if matches(item)][: int(count)]
            try:
                while len(found) < count:
                    drawn = typical([clause.value, *site.shape.items], site.root, site.rng, optional=False)
                    found.append(
                        vary(drawn, len(found)) if drawn in found and matches(vary(drawn, len(found))) else drawn
                    )
            except NoValueError:
                continue
            note = f"has {counted(int(count), 'item')} that match" if found or others else "is an empty array"
            yield Deviation([*found, *others], note)

    return make
