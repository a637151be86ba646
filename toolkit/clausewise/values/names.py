"""Names for further members of an object: of a map, or of what its schemas leave open."""

from __future__ import annotations

import random
from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any

from clausewise.contract.validators import checker
from clausewise.values.shape import Shape, matches_name, shape_of
from clausewise.values.sizes import MOST
from clausewise.values.strings import for_pattern, of_length

#: names drawn for each pattern
_DRAWS = 12


def further_names(shape: Shape, root: Any, rng: random.Random) -> Iterator[str]:
    """Names that a member of a value of `shape` may have beside those with a schema of their own, each once: plain ones
    where they are allowed, and no patterns say which names are meant."""
    keeps = checker(shape.names, root)
    is_closed = False in shape.additional

    def allowed(name: str) -> bool:
        matched = [part for pattern, part in shape.patterned if matches_name(pattern, name)]
        return name not in shape.properties and keeps(name) and False not in matched and bool(matched or not is_closed)

    plain = (f"member{number}" for number in range(1, MOST + 1))
    is_meant = bool(shape.additional) or not shape.patterned
    found = plain if is_meant and allowed("member1") else _fitting(shape, root, rng)
    return (name for name in dict.fromkeys(found) if allowed(name)) if found is not plain else filter(allowed, plain)


def _fitting(shape: Shape, root: Any, rng: random.Random) -> Iterator[str]:
    """Names that what the schemas say of names suggests; not all of them are allowed."""
    rules = shape_of([{"type": "string"}, *shape.names], root)
    yield from (name for name in rules.enum or () if isinstance(name, str))
    for pattern in dict.fromkeys([*rules.patterns, *(pattern for pattern, _ in shape.patterned)]):
        drawn = (for_pattern(pattern, rng, lambda _: True) for _ in range(_DRAWS))
        yield from filter(None, drawn)
    yield from ascii_lowercase
    shortest = of_length("member", int(rules.facets.get("minLength", 0)), lambda _: True)
    yield from (f"{shortest}{letter}" for letter in ascii_lowercase if shortest)


def forbidden_names(shape: Shape, root: Any) -> Iterator[str]:
    """Names that break what the schemas say of every name."""
    keeps = checker(shape.names, root)
    longest = int(shape_of(shape.names, root).facets.get("maxLength", 0))
    tries = ("clausewise", "Clausewise", "clausewise member!", "clausewise1", "1", "", "a" * (longest + 1))
    return (name for name in dict.fromkeys(tries) if not keeps(name))
