"""Seeded values that keep every clause of a message."""

from __future__ import annotations

import random
from typing import Any

from clausewise.contract.breaches import Breach
from clausewise.contract.message import Message
from clausewise.values.edit import put, take_out
from clausewise.values.shape import shape_at
from clausewise.values.typical import NoValueError, typical

#: rounds of repairing a finished value that breaks a condition
_REPAIRS = 6

#: union branches that are tried where a value of the first is valid for another one as well
_TURNS = 3


def generate(message: Message, rng: random.Random, *, optional: bool, name: str = "") -> Any:
    """A value that keeps every clause of `message`, advisory ones included; `name` is that of its member, if any.

    With `optional` it has every documented member, else only the required ones. Raises NoValueError.
    """
    reason = NoValueError()
    for turn in range(_TURNS):
        try:
            value = typical([message.schema], message.schema, rng, optional=optional, turn=turn, name=name)
            return repair(message, value, rng)
        except NoValueError as error:
            reason = reason if reason.args else error
    raise reason


def repair(message: Message, value: Any, rng: random.Random) -> Any:
    """`value` with members added, removed or set until it keeps every clause of `message`. Raises NoValueError."""
    for _ in range(_REPAIRS):
        broken = message.breaches(value)
        if not broken:
            return value
        value = _repaired(value, message, broken, rng)
    raise NoValueError(f"no valid value was found for {message.direction}.{message.part}")


def _repaired(value: Any, message: Message, broken: tuple[Breach, ...], rng: random.Random) -> Any:
    """`value` with the `broken` clause repaired, where one step is enough: adding, removing or setting a member."""
    for breach in broken:
        clause = breach.clause
        if clause.keyword in ("required", "dependentRequired"):
            shape = shape_at(message, clause.path)
            value = put(value, breach.location, typical(shape, message.schema, rng, optional=False))
        elif clause.keyword == "false" and breach.location:
            value = take_out(value, breach.location)
        elif clause.keyword == "not" and isinstance(clause.value, dict) and len(clause.value.get("required", ())) == 1:
            value = take_out(value, (*breach.location, clause.value["required"][0]))
        elif clause.keyword == "const":
            value = put(value, breach.location, clause.value)
        elif clause.keyword == "enum":
            value = put(value, breach.location, clause.value[0])
    return value
