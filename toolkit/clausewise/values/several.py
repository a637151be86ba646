"""Different values for one schema: for arrays whose items have to differ, and for one item more."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice, product
from typing import Any

from clausewise.contract.validators import checker
from clausewise.values.names import further_names
from clausewise.values.shape import Shape, shape_of
from clausewise.values.strings import for_pattern
from clausewise.values.typical import TURNS, NoValueError, typical, vary

#: candidates one after the other that are no further value, before giving up
_MISSES = 48

#: values that chance makes
_CHANCES = 16

#: members of an object whose values are combined, and values of each
_COMBINED = 6
_EACH = 3

#: values in each other whose parts are varied
_DEPTH = 3


def several(schemas: list[Any], root: Any, rng: random.Random, depth: int = _DEPTH) -> Iterator[Any]:
    """Values that keep all `schemas`, nodes of `root`, each one different from those before it, the typical one first;
    no more where no other is found."""
    keeps, seen, misses = checker(schemas, root), set[str](), 0
    for value in _candidates(schemas, root, rng, depth):
        written = canonical(value)
        if written not in seen and keeps(value):
            seen.add(written)
            misses = 0
            yield value
            continue
        misses += 1
        if misses > _MISSES:
            return


def canonical(value: Any) -> str:
    """The same text for the same value."""
    return json.dumps(value, sort_keys=True)


def _candidates(schemas: list[Any], root: Any, rng: random.Random, depth: int) -> Iterator[Any]:
    made: list[Any] = []
    for turn in range(TURNS):
        try:
            made.append(typical(schemas, root, rng, optional=turn == 0, turn=turn))
        except (NoValueError, RecursionError):
            continue
    yield from made
    shape = shape_of(schemas, root)
    yield from shape.enum or ()
    if shape.enum is None and depth:
        yield from _in_turn([_variants(value, shape, root, rng, depth) for value in made])
    for _ in range(_CHANCES):
        try:
            yield typical(schemas, root, rng, optional=True, turn=TURNS)
        except (NoValueError, RecursionError):
            continue


def _variants(value: Any, shape: Shape, root: Any, rng: random.Random, depth: int) -> Iterator[Any]:
    """Values of the type of `value`; many of them keep the schema as well."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        for pattern in shape.patterns:
            yield from (drawn for _ in range(_CHANCES) if (drawn := for_pattern(pattern, rng, lambda _: True)))
        yield from (vary(value, number) for number in count(1))
    elif isinstance(value, int | float):
        step = shape.facets.get("multipleOf", 1)
        for number in count(1):
            yield from (value + number * step, value - number * step, value + 1 / (number + 1))
    elif isinstance(value, dict):
        yield from _objects(value, shape, root, rng, depth)
    elif isinstance(value, list):
        if value:
            schemas = shape.prefix[0] if shape.prefix else shape.items or [True]
            yield from ([other, *value[1:]] for other in several(schemas, root, rng, depth - 1))
        items = shape.items or [{"type": "string"}]
        yield from ([*value, *islice(several(items, root, rng, depth - 1), more)] for more in range(1, 1 + _EACH))


def _objects(value: dict[str, Any], shape: Shape, root: Any, rng: random.Random, depth: int) -> Iterator[Any]:
    """`value` with another value for one of its members, then for several together, then with one member more."""
    members = {name: shape.member(name) for name in dict.fromkeys([*value, *shape.properties])}
    yield from _in_turn(
        [
            ({**value, name: other} for other in several(schemas, root, rng, depth - 1))
            for name, schemas in members.items()
        ]
    )
    combined = list(members)[:_COMBINED]
    each = [list(islice(several(members[name], root, rng, depth - 1), _EACH)) for name in combined]
    for choice in product(*each):
        yield {**value, **dict(zip(combined, choice, strict=True))}
    for name in further_names(shape, root, rng):
        with suppress(NoValueError):
            yield {**value, name: typical(shape.member(name), root, rng, optional=False)}


def _in_turn(sources: list[Iterator[Any]]) -> Iterator[Any]:
    """One value of each source, then the next of each, to the end of them all."""
    while sources:
        for source in list(sources):
            try:
                yield next(source)
            except StopIteration:
                sources.remove(source)
