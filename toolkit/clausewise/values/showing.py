"""Further values of a schema, until each clause that a value can show is kept by one of them.

One value has neither every alternative of its unions, nor what stands deep in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from clausewise.contract.message import Message
from clausewise.values.edit import Location, put
from clausewise.values.generate import repair
from clausewise.values.names import further_names
from clausewise.values.places import Alternative, Place, places_in
from clausewise.values.shape import shape_of
from clausewise.values.sizes import size_of
from clausewise.values.typical import TURNS, NoValueError, typical

#: levels of unions in each other
_ROUNDS = 4

#: members and items of all values that are made for one message: about a tenth of a second
_WORK = 15_000

#: values that chance makes after the others
_CHANCES = 16


def showing(message: Message, values: list[Any]) -> Iterator[Any]:
    """Values that keep `message`, each of which keeps a clause that neither `values` nor those before it do. The same
    ones each time."""
    rng = random.Random(0)
    missing = {clause.key: clause.path for clause in message.clauses} if values else {}
    for value in values:
        _strike(message, value, missing)
    work, fresh = _Work(), values
    for _ in range(_ROUNDS):
        made: list[Any] = []
        for value in fresh:
            for changed in _changed(message, value, missing, rng, work):
                if not missing or work.is_done:
                    return
                if _strike(message, changed, missing):
                    made.append(changed)
                    yield changed
        if not made:
            break
        fresh = made
    for _ in range(_CHANCES if missing else 0):
        with suppress(NoValueError, RecursionError):
            drawn = typical([message.schema], message.schema, rng, optional=True, turn=TURNS)
            drawn = repair(message, drawn, rng)
            if _strike(message, drawn, missing):
                yield drawn


class _Work:
    """How much has been made, so that a message of thousands of members takes no longer than others."""

    def __init__(self) -> None:
        self._left = _WORK

    @property
    def is_done(self) -> bool:
        return self._left <= 0

    def take(self, size: int) -> bool:
        """Whether there is room for one more value of this size."""
        self._left -= size
        return self._left > 0


def _strike(message: Message, value: Any, missing: dict[str, tuple[str, ...]]) -> bool:
    """Whether `value` keeps clauses that are `missing`, which are taken out."""
    kept = [clause.key for clause in message.judge(value).upheld if clause.key in missing] if missing else []
    for key in dict.fromkeys(kept):
        del missing[key]
    return bool(kept)


def _changed(
    message: Message, value: Any, missing: dict[str, tuple[str, ...]], rng: random.Random, work: _Work
) -> Iterator[Any]:
    """`value` with what it lacks on the way to `missing` clauses, then that with each other alternative there."""
    at = set(missing.values())
    above = {path[:depth] for path in at for depth in range(len(path))}
    grown, size = value, size_of(value)
    for place in places_of(message, value):
        if place.path in above and work.take(size):
            grown = _grown(message, grown, place, rng, work)
    if grown != value:
        yield grown
    for place in places_of(message, grown):
        for alternative in place.alternatives if place.path in above or place.path in at else ():
            if not work.take(size):
                return
            yield from with_alternative(message, grown, place, alternative, rng)


def with_alternative(
    message: Message, value: Any, place: Place, alternative: Alternative, rng: random.Random
) -> Iterator[Any]:
    """`value` with an `alternative` of a union at a `place` in it, full where that is valid, else bare; none where
    neither is."""
    for optional in (True, False):
        with suppress(NoValueError, RecursionError):
            part = typical(alternative.schemas, message.schema, rng, optional=optional)
            changed = put(value, place.location, part)
            if message.is_valid(changed):
                yield changed
                return


def places_of(message: Message, value: Any) -> list[Place]:
    """The places in a value that has parts; none in another."""
    return list(places_in(message, value)) if isinstance(value, list | dict) else []


def _grown(message: Message, value: Any, place: Place, rng: random.Random, work: _Work) -> Any:
    """`value` with every documented member, or an item, that it lacks in `place`, as far as it stays valid."""
    shape = shape_of(place.schemas, message.schema)
    lacking: list[tuple[Location, list[Any]]] = []
    if isinstance(place.value, dict):
        lacking += [((name,), schemas) for name, schemas in shape.properties.items() if name not in place.value]
        rules = [*shape.additional, *(part for _, part in shape.patterned)]
        if any(isinstance(part, dict) and part for part in rules) and place.value.keys() <= shape.properties.keys():
            further = islice(further_names(shape, message.schema, rng), 1)
            lacking += [((name,), shape.member(name)) for name in further]
    elif isinstance(place.value, list):
        rest = [*shape.prefix[len(place.value) :], *([shape.items] if len(place.value) <= len(shape.prefix) else [])]
        lacking += [((len(place.value) + index,), schemas) for index, schemas in enumerate(rest) if schemas]
    else:
        # A text, or null, stands where there may be parts.
        kinds = [kind for kind in ("object", "array") if not shape.types or kind in shape.types]
        lacking += [((), [*place.schemas, {"type": kind}]) for kind in kinds[:1]]
    for step, schemas in lacking:
        try:
            part = typical(schemas, message.schema, rng, optional=True)
        except (NoValueError, RecursionError):
            continue
        longer = put(value, (*place.location, *step), part)
        if work.take(size_of(part)) and message.is_valid(longer):
            value = longer
    return value
