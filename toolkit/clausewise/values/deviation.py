"""What a deviation is, and the value that it starts from."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from clausewise.values.shape import Shape


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
