"""Seeded values that keep every clause of a message."""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import islice
from typing import Any

from clausewise.contract.breaches import Breach
from clausewise.contract.message import Message
from clausewise.values.edit import put, take_out
from clausewise.values.names import further_names
from clausewise.values.several import several
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.typical import TURNS, NoValueError, TooLargeError, typical

#: rounds of repairing a finished value that breaks a condition
_REPAIRS = 6

#: names that are tried for the one member of an object
_NAMES = 4

#: values that chance makes where none of the typical ones is valid
_CHANCES = 24


def generate(message: Message, rng: random.Random, *, optional: bool, name: str = "") -> Any:
    """A value that keeps every clause of `message`, advisory ones included; `name` is that of its member, if any.

    With `optional` it has every documented member, else only the required ones. Raises NoValueError.
    """
    reason = NoValueError()
    for turn in range(TURNS + _CHANCES):
        try:
            value = typical([message.schema], message.schema, rng, optional=optional, turn=turn, name=name)
            return repair(message, value, rng)
        except NoValueError as error:
            reason = reason if reason.args else error
            if isinstance(error, TooLargeError):
                break
    raise reason


def generate_filled(message: Message, rng: random.Random, *, name: str = "") -> Any:
    """As `generate` without optional members; but an array or object that would be empty has what it may have, because
    as text an empty one is often the same as none."""
    value = generate(message, rng, optional=False, name=name)
    if value not in ([], {}):
        return value
    with suppress(NoValueError):
        value = generate(message, rng, optional=True, name=name) or value
    shape = shape_of([message.schema], message.schema)
    for member in islice(further_names(shape, message.schema, rng), _NAMES) if value == {} else ():
        with suppress(NoValueError):
            one = {member: typical(shape.member(member), message.schema, rng, optional=False)}
            if message.is_valid(one):
                return one
    return value


def repair(message: Message, value: Any, rng: random.Random) -> Any:
    """`value` with members added, removed or set until it keeps every clause of `message`. Raises NoValueError."""
    broken: tuple[Breach, ...] = ()
    for turn in range(_REPAIRS):
        broken = message.breaches(value)
        if not broken:
            return value
        value = _repaired(value, message, broken, rng, removes=turn > 1)
    why = f": the last one that was tried breaks the clause that {broken[0].clause.text}" if broken else ""
    raise NoValueError(f"no valid value was found for {message.direction}.{message.part}{why}")


def _repaired(value: Any, message: Message, broken: tuple[Breach, ...], rng: random.Random, *, removes: bool) -> Any:
    """`value` with the `broken` clauses repaired, where one step is enough: adding, removing or setting a part.

    With `removes`, an offending part that nothing else repairs is removed.
    """
    # What stands last is removed first, so that the other places stay.
    for breach in sorted(broken, key=lambda breach: [(len(step), step) for step in breach.location], reverse=True):
        clause = breach.clause
        if breach.names:
            # One member less is enough for `not`.
            for name in breach.names[-1:] if clause.keyword == "not" else breach.names:
                value = take_out(value, (*breach.location, name))
        elif clause.keyword in ("required", "dependentRequired"):
            shape = shape_at(message, clause.path)
            value = put(value, breach.location, typical(shape, message.schema, rng, optional=False))
        elif clause.keyword == "false" and breach.location:
            value = take_out(value, breach.location)
        elif clause.keyword == "unevaluatedItems" and breach.value:
            value = put(value, breach.location, breach.value[:-1])
        elif clause.keyword == "oneOf":
            # It keeps two alternatives, or is far from them all.
            schemas = shape_at(message, clause.path)
            value = put(value, breach.location, next(several(schemas, message.schema, rng), breach.value))
        elif clause.keyword == "const":
            value = put(value, breach.location, clause.value)
        elif clause.keyword == "enum":
            value = put(value, breach.location, clause.value[0])
        elif removes and breach.location:
            value = take_out(value, breach.location)
    return value
