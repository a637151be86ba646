"""For one clause: values on its boundary that keep it, and values just beyond that break it.

A value that is meant to break one clause may break another as well, so callers check it with the validator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, combinations, islice
from types import NoneType
from typing import Any

from clausewise.contract.clause import Clause
from clausewise.contract.keywords import show
from clausewise.values import container_deviations as containers
from clausewise.values import text_deviations as texts
from clausewise.values.deviation import Deviation, ValueSite
from clausewise.values.shape import shape_of
from clausewise.values.sizes import sample
from clausewise.values.typical import NoValueError, bounds, json_types, typical

_SCALARS = frozenset({"string", "integer", "number", "boolean"})

#: pairs of alternatives of which a value keeps both
_PAIRS = 12


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
    # What a server may take on purpose for a value like this one.
    taken: dict[type, str] = {NoneType: "null"}
    if isinstance(value, dict):
        # Some readers take the items for the members, in the order in which these are declared.
        taken[list] = "array"
    if not isinstance(value, dict | list | NoneType) or _may_be_scalar(site):
        taken |= {int: "number", bool: "boolean"}
    for other in (None, "text", 12345, True, ["text"], {"member": "text"}):
        yield Deviation(other, f"is {show(other)}", taken.get(type(other), ""))


def _may_be_scalar(site: ValueSite) -> bool:
    """Whether an alternative of the value is a text, a number or a boolean, for which a server may take another one."""
    alternatives = chain.from_iterable(site.shape.unions)
    return any(not _SCALARS.isdisjoint(shape_of([each], site.root).types) for each in alternatives)


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


_BEYOND: dict[str, Callable[[Clause, ValueSite], Iterator[Deviation]]] = {
    "type": _wrong_types,
    "enum": _other_than,
    "const": _other_than,
    "format": texts.malformed,
    "pattern": texts.malformed,
    "minLength": texts.lengths(lambda limit: (limit - 1, 0), fitting=False),
    "maxLength": texts.lengths(lambda limit: (limit + 1, limit * 2 + 100), fitting=False),
    "minimum": _numbers(lambda limit, step: (limit - step, -1 if limit > -1 else limit - 1000 * step)),
    "maximum": _numbers(lambda limit, step: (limit + step, limit + 1000 * step)),
    "exclusiveMinimum": _numbers(lambda limit, step: (limit, limit - step)),
    "exclusiveMaximum": _numbers(lambda limit, step: (limit, limit + step)),
    "multipleOf": _between_multiples,
    "minItems": containers.counts(lambda limit: (limit - 1, 0)),
    "maxItems": containers.counts(lambda limit: (limit + 1, limit * 2 + 10)),
    "uniqueItems": containers.twice,
    "minProperties": containers.members(lambda limit: (limit - 1,)),
    "maxProperties": containers.members(lambda limit: (limit + 1,)),
    "required": containers.left_out,
    "writeOnly": containers.put_in,
    "dependentRequired": containers.left_out,
    "additionalProperties": containers.one_too_many,
    "unevaluatedProperties": containers.one_too_many,
    "unevaluatedItems": containers.one_too_many,
    "propertyNames": containers.misnamed,
    "false": containers.put_anyway,
    "contains": containers.matching(lambda low, high: (low - 1, high + 1)),
    "not": _forbidden,
    "oneOf": _two_alternatives,
    "anyOf": _wrong_types,
}

_WITHIN: dict[str, Callable[[Clause, ValueSite], Iterator[Deviation]]] = {
    "type": _each_type,
    "enum": _each_allowed,
    "pattern": texts.well_formed,
    "minLength": texts.lengths(lambda limit: (limit,), fitting=True),
    "maxLength": texts.lengths(lambda limit: (limit,), fitting=True),
    "minimum": _numbers(lambda limit, _: (limit,)),
    "maximum": _numbers(lambda limit, _: (limit,)),
    "exclusiveMinimum": _numbers(lambda limit, step: (limit + step,)),
    "exclusiveMaximum": _numbers(lambda limit, step: (limit - step,)),
    "minItems": containers.counts(lambda limit: (limit,)),
    "maxItems": containers.counts(lambda limit: (limit,)),
    "uniqueItems": containers.distinct,
    "contains": containers.matching(lambda low, high: (low, high)),
    "minProperties": containers.members(lambda limit: (limit,)),
    "maxProperties": containers.members(lambda limit: (limit,)),
}
