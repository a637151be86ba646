"""Accepted requests that reach further: with one more optional member, or with a condition met.

A probe of a member's `maxLength` needs a request that holds the member, and one that the server has accepted: else a
refusal could be blamed on the member's presence. So each such request is a probe of its own first.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause, Condition
from clausewise.contract.keywords import show
from clausewise.contract.message import Message
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import Base, Prover, root_of, with_value
from clausewise.spec.pointer import descend, from_pointer
from clausewise.values.edit import get, locate, put, take_out
from clausewise.values.generate import repair
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.typical import NoValueError, typical


class Carrier(msgspec.Struct, frozen=True):
    """A draft that reaches a clause, and how it differs from the base."""

    draft: Draft
    note: str


def carrier(prover: Prover, base: Base, clause: Clause, rng: random.Random) -> Carrier | None:
    """A valid request in which `clause` is evaluated, one step from `base`; None when no such step was found."""
    message = prover.message(clause.part)
    if message is None:
        return None
    for draft, note in _steps(message, base, clause, rng):
        if clause.part == "body" and not message.is_valid(draft.body):
            try:
                draft = msgspec.structs.replace(draft, body=repair(message, draft.body, rng))
            except NoValueError:
                continue
        if prover.keeping(draft) is not None:
            return Carrier(draft, note)
    return None


def _steps(message: Message, base: Base, clause: Clause, rng: random.Random) -> Iterator[tuple[Draft, str]]:
    root = root_of(base.draft, clause.part)
    if root is ABSENT:
        try:
            value = typical([message.schema], message.schema, rng, optional=False)
        except NoValueError:
            return
        yield with_value(base.draft, clause.part, (), value), f"{clause.part} is sent"
        return
    draft = base.draft
    for condition in clause.conditions:
        met = _meeting(message, root_of(draft, clause.part), condition)
        if met is not None and met != root_of(draft, clause.part):
            draft = with_value(draft, clause.part, (), met)
    if draft is not base.draft:
        yield draft, _changes(root, root_of(draft, clause.part))
    grown = _grown(message, root_of(draft, clause.part), _parent_path(clause), rng)
    if grown is not None:
        value, name = grown
        yield with_value(draft, clause.part, (), value), f"{name} is present"


def _changes(before: Any, after: Any) -> str:
    """How one value differs from another, member by member: "`type` is "HYBRID", `account` is present"."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return f"the value is {show(after)}"
    added = [f"`{name}` is present" for name in after if name not in before]
    gone = [f"`{name}` is left out" for name in before if name not in after]
    changed = [
        f"`{name}` is {show(value)}" for name, value in after.items() if name in before and before[name] != value
    ]
    return ", ".join([*changed, *added, *gone])


def _parent_path(clause: Clause) -> tuple[str, ...]:
    """The path of the value that must be there for the clause to be evaluated."""
    return clause.path[:-1] if clause.keyword in ("required", "dependentRequired") else clause.path


def _grown(message: Message, value: Any, path: tuple[str, ...], rng: random.Random) -> tuple[Any, str] | None:
    """`value` with the first missing member or item of `path`, and a name for it; None when all are there."""
    for depth in range(1, len(path) + 1):
        if locate(value, path[:depth]) is not None:
            continue
        parent = locate(value, path[: depth - 1])
        step = path[depth - 1]
        if parent is None or not isinstance(get(value, parent), list if step == EACH_ITEM else dict):
            return None
        try:
            new = typical(shape_at(message, path[:depth]), message.schema, rng, optional=False)
        except NoValueError:
            return None
        token: str | int = 0 if step == EACH_ITEM else "member" if step == EACH_PROPERTY else step
        name = f"an item of `{path[depth - 2]}`" if step == EACH_ITEM and depth > 1 else f"`{token}`"
        return put(value, (*parent, token), new), name
    return None


def _meeting(message: Message, value: Any, condition: Condition) -> Any:
    """`value` changed so that `condition` applies, as far as its `if` names fixed values; None when it does not."""
    location = locate(value, condition.path)
    if location is None:
        return None
    schema = descend(message.schema, from_pointer(condition.pointer))
    shape = shape_of([schema], message.schema)
    changed = value
    for name, schemas in shape.properties.items():
        wanted = shape_of(schemas, message.schema).enum
        if wanted is None:
            continue
        if not condition.holds:
            allowed = shape_of(shape_at(message, (*condition.path, name)), message.schema).enum or []
            wanted = [other for other in allowed if other not in wanted]
        if wanted:
            changed = put(changed, (*location, name), wanted[0])
            if not condition.holds:
                return changed
    if condition.holds:
        for name in shape.required:
            if locate(changed, (*condition.path, name)) is None:
                rng = random.Random(0)
                try:
                    new = typical(shape_at(message, (*condition.path, name)), message.schema, rng, optional=False)
                except NoValueError:
                    return None
                changed = put(changed, (*location, name), new)
    elif changed == value and len(shape.required) == 1:
        changed = take_out(changed, (*location, shape.required[0]))
    return changed
