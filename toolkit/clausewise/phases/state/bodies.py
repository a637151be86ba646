"""Bodies whose members all have values that can be told from others: fuller ones, and ones with other values."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from clausewise.conformance.kept import is_of_the_books, is_same
from clausewise.contract.message import Message
from clausewise.generation.bodies import with_filled_maps
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Prover
from clausewise.resources.uniqueness import drawn_texts, fresh_values
from clausewise.values.edit import Location, get, members, path_of, put
from clausewise.values.generate import generate
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.typical import NoValueError

#: ends of names of members that refer to other resources, whose values a client cannot choose
_REFERRING = re.compile(r"(?:^|[a-z0-9_-])(?:[Ii]ds?|ID|[Uu]uid|[Gg]uid|[Rr]ef)$")

#: what stands in texts whose writing a server may change, the longest of them, and letters that tell them apart
_SCRIPTS = "Zoë Łódź 東京 Ünï"
_LONG = 60
_LETTERS = "abcdefghkmnpqrstuvwxyz"

#: a date, whose year is changed
_YEAR = re.compile(r"^\d{4}(?=-)")

_NONE = msgspec.UNSET


def fuller(prover: Prover, draft: Draft, rng: random.Random) -> Draft | None:
    """`draft` with every documented member that its body lacks, a second item in arrays of one, and a member in empty
    maps; None where it lacks none of these, or cannot have them."""
    message = prover.of(draft).message("body")
    if message is None or not isinstance(draft.body, dict):
        return None
    with suppress(NoValueError):
        more = _merged(draft.body, generate(message, rng, optional=True))
        if single := [each for each in members(more) if _is_single(get(more, each))]:
            more = _with_second_items(message, more, single, generate(message, rng, optional=True))
        filled = with_filled_maps(more, message, rng)
        full = msgspec.structs.replace(draft, body=filled if message.is_valid(filled) else more)
        if full.body != draft.body and prover.of(draft).keeping(full) is not None:
            return full
    return None


def _merged(own: Any, more: Any) -> Any:
    """`own` with what only `more` has."""
    if isinstance(own, dict) and isinstance(more, dict):
        both = {name: _merged(value, more[name]) if name in more else value for name, value in own.items()}
        return both | {name: value for name, value in more.items() if name not in own}
    return more if own in ([], {}) and isinstance(more, type(own)) else own


def _is_single(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1


def _with_second_items(message: Message, body: Any, arrays: Sequence[Location], other: Any) -> Any:
    """`body` with the first item of `other` behind the only one of each of the `arrays`, where the contract allows it:
    a server may keep the first alone."""
    for location in arrays:
        items, more = get(body, location), shown_at(other, location)
        refer = any(map(refers, (location, *members(items[0], location))))
        if isinstance(more, list) and more and more[0] != items[0] and not refer:
            longer = put(body, location, [*items, more[0]])
            body = longer if message.is_valid(longer) else body
    return body


def varied(prover: Prover, draft: Draft, rng: random.Random, shown: Any = None, *, careful: bool = False) -> Draft:
    """`draft` with another valid value for each member that may have one: also other than what was `shown` of the
    resource, and on its other side where that is a number. `careful` changes only texts of no given form."""
    own = prover.of(draft)
    message = own.message("body")
    if message is None or not isinstance(draft.body, dict):
        return draft
    for location in leaves(draft.body):
        old, before = get(draft.body, location), shown_at(shown, location)
        shape = shape_of(shape_at(message, path_of(location)), message.schema)
        if refers(location) or is_of_the_books(_name(location)):
            continue
        if careful and (not isinstance(old, str) or shape.enum or shape.formats or shape.patterns):
            continue
        for value in (*_others(old, before, shape, rng), *drawn_texts(message, location, old, rng)):
            body = put(draft.body, location, value)
            if not is_same(old, value) and not is_same(before, value) and message.is_valid(body):
                candidate = msgspec.structs.replace(draft, body=body)
                if own.keeping(candidate) is not None:
                    draft = candidate
                    break
    return draft


def hardened(prover: Prover, draft: Draft, rng: random.Random) -> Draft | None:
    """`draft` with a text of many scripts, as long as it may be, for each that the contract leaves open, and a fraction
    for each number that may have one; None where it has neither."""
    own = prover.of(draft)
    message = own.message("body")
    if message is None or not isinstance(draft.body, dict):
        return None
    body = draft.body
    for location in leaves(body):
        old, shape = get(body, location), shape_of(shape_at(message, path_of(location)), message.schema)
        if refers(location) or is_of_the_books(_name(location)) or shape.enum or shape.formats or shape.patterns:
            continue
        letters = "".join(rng.choices(_LETTERS, k=4))
        value: Any = old
        if isinstance(old, str):
            value = f"Q{letters} {_SCRIPTS} {letters.upper()}{letters} {_SCRIPTS}"[: _longest(shape)].strip()
        elif "number" in shape.types and isinstance(old, int | float) and not isinstance(old, bool):
            value = int(old) + 0.25
        changed = put(body, location, value)
        body = changed if value != old and message.is_valid(changed) else body
    hard = msgspec.structs.replace(draft, body=body)
    return hard if body != draft.body and own.keeping(hard) is not None else None


def _longest(shape: Shape) -> int:
    """The number of characters that a text may have, as far as it matters here."""
    return int(min(shape.facets.get("maxLength", _LONG), _LONG))


def leaves(body: Any) -> Iterator[Location]:
    """The locations of the members of a body that hold neither members nor items, and of such items."""
    for location in members(body):
        value = get(body, location)
        if not isinstance(value, dict | list):
            yield location
        elif isinstance(value, list) and value and not isinstance(value[0], dict | list):
            yield (*location, 0)


def refers(location: Location) -> bool:
    """Whether the member there refers to another resource by its name."""
    return _REFERRING.search(_name(location)) is not None


def shown_at(shown: Any, location: Location) -> Any:
    """The value at `location` of what was shown; None where there is none."""
    try:
        return get(shown, location)
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _name(location: Location) -> str:
    return next((step for step in reversed(location) if isinstance(step, str)), "")


def _others(old: Any, before: Any, shape: Shape, rng: random.Random) -> Iterator[Any]:
    """Other values than `old`, the plainest first."""
    if isinstance(old, bool):
        # There are but two: the one that is not shown tells something.
        yield not before if isinstance(before, bool) else not old
        return
    if shape.enum is not None:
        yield from rng.sample(shape.enum, len(shape.enum))
        return
    if isinstance(old, str):
        if _YEAR.match(old):
            year = int(old[:4])
            yield from (_YEAR.sub(str(year + step), old) for step in (rng.randrange(2, 9), 1, -1))
        yield from fresh_values(old, rng)
    elif isinstance(old, int | float):
        number = before if isinstance(before, int | float) and not isinstance(before, bool) else old
        side = -1 if old > number else 1
        yield from (number + side * step for step in (rng.randrange(1000, 2000), rng.randrange(10, 100), 2, 1))
        yield from (number - side * step for step in (rng.randrange(10, 100), 2, 1))
