"""For one clause: values on its boundary that keep it, and values just beyond that break it.

A value that is meant to break one clause may break another as well, so callers check it with the validator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import combinations, islice, product
from types import NoneType
from typing import Any

import msgspec

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import show
from clausewise.contract.pattern_parser import parse
from clausewise.contract.patterns import alternatives, matcher
from clausewise.contract.validators import checker
from clausewise.values.drawing import conditions, draw, others, without
from clausewise.values.edit import take_out
from clausewise.values.names import forbidden_names, further_names
from clausewise.values.repetitions import at_ends
from clausewise.values.several import canonical, several
from clausewise.values.shape import Shape
from clausewise.values.sizes import LARGEST, LONGEST, MOST, sample, size_of
from clausewise.values.strings import for_pattern, of_length
from clausewise.values.typical import NoValueError, bounds, json_types, typical, vary
from clausewise.wording import counted

#: values of each type, for a place where none may be, or whose value has to keep a schema that is not known
_ANYTHING: tuple[Any, ...] = ("text", 12345, None, True, {}, [])

#: pairs of alternatives of which a value keeps both
_PAIRS = 12

#: alternatives of a pattern of which a value is sent, and its conditions of each of which one is sent that breaks it
_ALTERNATIVES = 8
_CONDITIONS = 8

#: texts with a repetition of the pattern at its end
_ENDS = 4


class Deviation(msgspec.Struct, frozen=True):
    """A value to put where a clause applies, and how a sentence describes it."""

    value: Any
    #: completes "`name` ...": "has 65 characters"
    note: str
    #: stable code of what many a server takes everywhere: a wrong type ("null", "quoted"), a line break at the end of a
    #: text ("final-line-break"); else ""
    aspect: str = ""


class ValueSite(msgspec.Struct, frozen=True, eq=False):
    """The value that a clause constrains in an accepted request, and its schema."""

    #: the value itself
    value: Any
    shape: Shape
    #: the generated schema that the parts of the shape belong to
    root: Any
    rng: random.Random
    #: whether the request keeps every clause with another value in its place
    fits: Callable[[Any], bool]


def beyond(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Values that break `clause`, the nearest to its boundary first."""
    make = _BEYOND.get(clause.keyword)
    if make is not None and not clause.unjudged:
        yield from make(clause, site)


def within(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Values on the boundary of `clause` that keep it."""
    make = _WITHIN.get(clause.keyword)
    if make is not None and not clause.unjudged:
        yield from make(clause, site)


def _wrong_types(_clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    value = site.value
    if isinstance(value, bool):
        # In a query "true" is the boolean itself.
        for text in (str(value).lower(), "yes"):
            yield Deviation(text, f"is the string {show(text)}", "quoted")
    elif isinstance(value, (int, float)):
        yield Deviation(str(value), f"is the string {show(str(value))}", "quoted")
    if isinstance(value, int) and not isinstance(value, bool):
        yield Deviation(value + 0.5, f"is {value + 0.5}", "fraction")
    is_scalar = value is not None and not isinstance(value, (list, dict))
    for other in (None, "text", 12345, True, ["text"], {"member": "text"}):
        aspect = {NoneType: "null", int: "number", bool: "boolean"}.get(type(other), "")
        yield Deviation(other, f"is {show(other)}", aspect if is_scalar or other is None else "")


def _each_type(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """A value of each other type, where the contract allows several: they are alternatives like those of a union."""
    for name in clause.value if isinstance(clause.value, list) else ():
        if name not in json_types(site.value) and name != "null":
            with suppress(NoValueError):
                value = typical([{"type": name}], site.root, site.rng, optional=False)
                yield Deviation(value, f"is {show(value)}")


def _other_than(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    allowed = clause.value if clause.keyword == "enum" else [clause.value]
    for value in allowed:
        if isinstance(value, str):
            yield Deviation(f"{value}_X", f"is {show(f'{value}_X')}")
            if value.swapcase() not in allowed:
                yield Deviation(value.swapcase(), f"is {show(value.swapcase())}")
        elif isinstance(value, bool):
            yield Deviation(not value, f"is {show(not value)}")
        elif isinstance(value, (int, float)):
            beyond_all = max(item for item in allowed if isinstance(item, (int, float))) + 1
            yield Deviation(beyond_all, f"is {beyond_all}")
        break
    yield from _wrong_types(clause, site)


def _each_allowed(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    allowed = clause.value if clause.keyword == "enum" else [clause.value]
    for value in sample(allowed):
        if value != site.value:
            yield Deviation(value, f"is {show(value)}")


def _malformed(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    near = site.value if isinstance(site.value, str) else ""
    if clause.keyword == "pattern":
        yield from _of_another_pattern(clause, site)
    texts: tuple[str, ...] = (
        f"{near}!",
        "!",
        "not a value",
        f"{near} ",
        f" {near}",
        f"{near}\n",
        near.swapcase(),
        "0",
        "a",
        "A",
        "",
    )
    if clause.keyword == "format":
        texts = ("not a value", near[:-1], f"{near}!", "0", "!", "", "%")
    else:
        texts += tuple(_with_excluded(clause, site, near))
    for text in dict.fromkeys(texts):
        if text != near:
            yield Deviation(text, f"is {show(text)}", "final-line-break" if text == f"{near}\n" else "")


def _of_another_pattern(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """For each condition of a pattern on what stands before or after a place, such as `(?=.*[0-9])`, a value that
    breaks this condition and keeps the rest of the pattern."""
    tree = parse(clause.value)
    keeps_length = _keeps_length(site)
    for condition in conditions(tree)[:_CONDITIONS]:
        low = int(site.shape.facets.get("minLength", 0))
        drawn = for_pattern(without(tree, condition), site.rng, keeps_length, low)
        if drawn is not None:
            yield Deviation(drawn, f"is {show(drawn)}")


def _keeps_length(site: ValueSite) -> Callable[[str], bool]:
    low, high = (site.shape.facets.get(keyword, other) for keyword, other in (("minLength", 0), ("maxLength", LONGEST)))
    return lambda text: low <= len(text) <= high


def _with_excluded(clause: Clause, site: ValueSite, near: str) -> Iterator[str]:
    """`near` with a character in it that some class of the pattern excludes, in the middle, at the end and alone."""
    for character in others(parse(clause.value), site.rng):
        middle = len(near) // 2
        yield from (near[:middle] + character + near[middle + 1 :], near + character, character)


def breaches_of(clause: Clause, fewest: int) -> int:
    """How many values that break `clause` are sent: `fewest`, and one more for each condition of a pattern."""
    return fewest + (len(conditions(parse(clause.value))[:_CONDITIONS]) if clause.keyword == "pattern" else 0)


def _well_formed(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    for alternative in alternatives(clause.value)[:_ALTERNATIVES]:
        tries = (for_pattern(alternative, site.rng, site.fits) for _ in range(4))
        drawn = next((text for text in tries if text not in (None, site.value)), None)
        if drawn is not None:
            yield Deviation(drawn, f"is {show(drawn)}")
    for ending in islice(at_ends(parse(clause.value)), _ENDS):
        # With a seed of its own, so that other values do not depend on how many these are.
        drawn = draw(ending, random.Random(clause.value), site.fits)
        if drawn and drawn != site.value:
            yield Deviation(drawn, f"is {show(drawn)}")


def _lengths(wanted: Callable[[int], tuple[int, ...]], *, fitting: bool) -> Callable[..., Iterator[Deviation]]:
    """Strings with the lengths that `wanted` gives for the limit of the clause."""

    def make(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
        base = site.value if isinstance(site.value, str) else ""
        matches = site.fits if fitting else _matches_but_length(site)
        for length in wanted(int(clause.value)):
            if 0 <= length <= LONGEST:
                text = of_length(base, length, matches) if length else ""
                text = text if text is not None else _drawn_of_length(site, length, matches)
                if text is None and not fitting:
                    # A pattern with the same limit breaks with it.
                    text = of_length(base, length, lambda _: True)
                if text is not None:
                    yield Deviation(text, f"has {counted(length, 'character')}")

    return make


def _drawn_of_length(site: ValueSite, length: int, matches: Callable[[str], bool]) -> str | None:
    """A string of that length drawn from a pattern, where no change of the accepted one gives it."""
    for pattern in site.shape.patterns:
        drawn = for_pattern(pattern, site.rng, lambda text: len(text) >= length - 1, length)
        text = of_length(drawn, length, matches) if drawn is not None else None
        if text is not None:
            return text
    return None


def _matches_but_length(site: ValueSite) -> Callable[[str], bool]:
    """Whether a string matches the patterns, whatever its length."""
    patterns = [matcher(pattern) for pattern in site.shape.patterns]
    return lambda text: all(matches(text) for matches in patterns)


def _step(site: ValueSite) -> float:
    step = site.shape.facets.get("multipleOf", 0)
    return step or (1 if "integer" in site.shape.types or isinstance(site.value, int) else 0.5)


def _numbers(wanted: Callable[[Any, Any], tuple[Any, ...]]) -> Callable[..., Iterator[Deviation]]:
    """The numbers that `wanted` gives for the limit of the clause and the distance between neighbours."""

    def make(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
        for number in wanted(clause.value, _step(site)):
            yield Deviation(number, f"is {number}")

    return make


def _between_multiples(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    low, high = bounds(site.shape, integer="integer" in site.shape.types)
    for number in (site.value + clause.value / 2, site.value + 1, site.value - 1):
        whole = int(number) if float(number).is_integer() else number
        if low <= whole <= high:
            yield Deviation(whole, f"is {whole}")


def _counts(wanted: Callable[[int], tuple[int, ...]]) -> Callable[..., Iterator[Deviation]]:
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


def _twice(_clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    if isinstance(site.value, list) and site.value:
        yield Deviation([*site.value, site.value[0]], "holds an item twice")
    elif isinstance(site.value, list):
        items = _items(site, 1)
        if items:
            yield Deviation(items * 2, "holds an item twice")


def _distinct(_clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    items = _items(site, 2)
    if items is not None:
        yield Deviation(items, "holds two different items")


def _members(wanted: Callable[[int], tuple[int, ...]]) -> Callable[..., Iterator[Deviation]]:
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


def _put_in(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    if isinstance(site.value, dict):
        yield Deviation({**site.value, clause.path[-1]: "clausewise"}, f"has `{clause.path[-1]}`")


def _left_out(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    name = clause.path[-1]
    rest = take_out(site.value, (name,))
    yield Deviation(rest, f"lacks `{name}`")
    if rest == {}:
        # As text, an object without members may be none.
        for other in [other for other in site.shape.properties if other != name] or ["member1"]:
            with suppress(NoValueError):
                value = typical(site.shape.member(other), site.root, site.rng, optional=False)
                yield Deviation({other: value}, f"has `{other}` and lacks `{name}`")


def _one_too_many(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
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


def _misnamed(_clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    if not isinstance(site.value, dict):
        return
    for name in forbidden_names(site.shape, site.root):
        with suppress(NoValueError):
            value = typical(site.shape.member(name), site.root, site.rng, optional=False)
            yield Deviation({**site.value, name: value}, f"has the member {show(name)}")


def _put_anyway(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
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


def _two_alternatives(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    """Values that keep two alternatives of a `oneOf`, then values of a wrong type."""
    for one, other in islice(combinations(clause.value, 2), _PAIRS):
        with suppress(NoValueError, RecursionError):
            value = typical([one, other], site.root, site.rng, optional=False)
            if isinstance(value, dict) and isinstance(site.value, dict):
                value = {**value, **site.value}
            if value != site.value:
                yield Deviation(value, "matches two alternatives")
    yield from _wrong_types(clause, site)


def _forbidden(clause: Clause, site: ValueSite) -> Iterator[Deviation]:
    schema = clause.value
    if isinstance(schema, dict) and isinstance(site.value, dict) and set(schema) == {"required"}:
        added = {name: "text" for name in schema["required"] if name not in site.value}
        yield Deviation({**site.value, **added}, f"has {', '.join(f'`{name}`' for name in added)}")
    elif isinstance(schema, dict):
        try:
            value = typical([schema], site.root, site.rng, optional=False)
        except NoValueError:
            return
        yield Deviation(value, f"is {show(value)}")


def _matching(wanted: Callable[[int, float], tuple[float, ...]]) -> Callable[..., Iterator[Deviation]]:
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


_BEYOND: dict[str, Callable[[Clause, ValueSite], Iterator[Deviation]]] = {
    "type": _wrong_types,
    "enum": _other_than,
    "const": _other_than,
    "format": _malformed,
    "pattern": _malformed,
    "minLength": _lengths(lambda limit: (limit - 1, 0), fitting=False),
    "maxLength": _lengths(lambda limit: (limit + 1, limit * 2 + 100), fitting=False),
    "minimum": _numbers(lambda limit, step: (limit - step, -1 if limit > -1 else limit - 1000 * step)),
    "maximum": _numbers(lambda limit, step: (limit + step, limit + 1000 * step)),
    "exclusiveMinimum": _numbers(lambda limit, step: (limit, limit - step)),
    "exclusiveMaximum": _numbers(lambda limit, step: (limit, limit + step)),
    "multipleOf": _between_multiples,
    "minItems": _counts(lambda limit: (limit - 1, 0)),
    "maxItems": _counts(lambda limit: (limit + 1, limit * 2 + 10)),
    "uniqueItems": _twice,
    "minProperties": _members(lambda limit: (limit - 1,)),
    "maxProperties": _members(lambda limit: (limit + 1,)),
    "required": _left_out,
    "writeOnly": _put_in,
    "dependentRequired": _left_out,
    "additionalProperties": _one_too_many,
    "unevaluatedProperties": _one_too_many,
    "unevaluatedItems": _one_too_many,
    "propertyNames": _misnamed,
    "false": _put_anyway,
    "contains": _matching(lambda low, high: (low - 1, high + 1)),
    "not": _forbidden,
    "oneOf": _two_alternatives,
    "anyOf": _wrong_types,
}

_WITHIN: dict[str, Callable[[Clause, ValueSite], Iterator[Deviation]]] = {
    "type": _each_type,
    "enum": _each_allowed,
    "pattern": _well_formed,
    "minLength": _lengths(lambda limit: (limit,), fitting=True),
    "maxLength": _lengths(lambda limit: (limit,), fitting=True),
    "minimum": _numbers(lambda limit, _: (limit,)),
    "maximum": _numbers(lambda limit, _: (limit,)),
    "exclusiveMinimum": _numbers(lambda limit, step: (limit + step,)),
    "exclusiveMaximum": _numbers(lambda limit, step: (limit - step,)),
    "minItems": _counts(lambda limit: (limit,)),
    "maxItems": _counts(lambda limit: (limit,)),
    "uniqueItems": _distinct,
    "contains": _matching(lambda low, high: (low, high)),
    "minProperties": _members(lambda limit: (limit,)),
    "maxProperties": _members(lambda limit: (limit,)),
}
