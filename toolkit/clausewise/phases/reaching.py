"""Valid requests that reach further clauses than an accepted one: with one more member, a condition met, another
alternative of a union."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause, Condition
from clausewise.contract.keywords import name_at, show
from clausewise.contract.message import Message
from clausewise.generation.differences import value_at
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import BaselineRequest, Prover, root_of, with_value
from clausewise.generation.suggestions import described_value, example_of
from clausewise.phases.base import request_clauses
from clausewise.phases.exclusion import Reaching
from clausewise.spec.pointer import descend, from_pointer, to_pointer
from clausewise.values.edit import get, locate, put, take_out
from clausewise.values.generate import generate_filled, repair
from clausewise.values.names import further_names
from clausewise.values.places import places_in
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.strings import for_pattern
from clausewise.values.typical import NoValueError, typical

#: names of a further member of a map that are tried
_NAMES = 4

#: part of a request, path in it, and id of the alternative of a union there
Taken = set[tuple[str, tuple[str, ...], int]]


def with_free_parameters(prover: Prover, base: BaselineRequest, rng: random.Random) -> Iterator[Reaching]:
    """`base` with each parameter that it lacks and whose schema allows any value, so that no clause leads to it."""
    for part, message in prover.messages.items():
        if part == "body" or message.clauses or root_of(base.draft, part) is not ABSENT:
            continue
        value = _parameter_value(prover, message, rng, part.partition(".")[2])
        draft = with_value(base.draft, part, (), value)
        request = prover.keeping(draft)
        if request is not None:
            yield Reaching(draft, request, f"{name_at((), part)} is sent", None, f"with {part}", (part,))


def with_alternatives(
    prover: Prover,
    base: BaselineRequest,
    branch: Branch | None,
    taken: Taken,
    rng: random.Random,
) -> Iterator[Reaching]:
    """`base` with each alternative of the unions in it that no request has `taken` yet at its place; those join
    `taken`."""
    unions = {id(clause.value): clause for clause in request_clauses(prover.operation, branch)}
    for part, message in prover.messages.items():
        root = root_of(base.draft, part)
        if root is ABSENT or part.startswith("path."):
            continue
        for place in places_in(message, root):
            # The branches of the body have accepted requests of their own.
            of_branch = part == "body" and not place.path and branch is not None and branch.label
            for alternative in () if of_branch else place.alternatives:
                key = part, place.path, id(alternative.part)
                if key in taken:
                    continue
                taken.add(key)
                try:
                    value = typical(alternative.schemas, message.schema, rng, optional=False)
                    draft = with_value(base.draft, part, place.location, value)
                    new: tuple[str | int, ...] = (part, *place.location)
                    if part == "body" and not message.is_valid(draft.body):
                        draft, new = msgspec.structs.replace(draft, body=repair(message, draft.body, rng)), ()
                except NoValueError:
                    continue
                request = prover.keeping(draft)
                if request is not None:
                    note = f"{name_at(place.path, part)} is {show(value)}"
                    clause = unions.get(id(alternative.union))
                    at = "" if clause else f" at {part}{to_pointer(place.path)}"
                    yield Reaching(draft, request, note, clause, f"alternative {alternative.label}{at}", new)


def reaching_clause(prover: Prover, base: BaselineRequest, clause: Clause, rng: random.Random) -> Reaching | None:
    """A valid request in which `clause` is evaluated, one step from `base`; None when no such step was found."""
    message = prover.message(clause.part)
    if message is None:
        return None
    for step in _steps(prover, message, base, clause, rng):
        draft = step.draft
        is_repaired = clause.part == "body" and not message.is_valid(draft.body)
        if is_repaired:
            try:
                draft = msgspec.structs.replace(draft, body=repair(message, draft.body, rng))
            except NoValueError:
                continue
            if step.new and value_at(draft, step.new) is ABSENT:
                # The contract allows nothing in this place.
                continue
        request = prover.keeping(draft)
        # A repaired value may be another alternative of a union, and which schemas are about a further member of a map
        # its name decides.
        in_map = clause.instance_path[-1:] == (EACH_PROPERTY,)
        is_certain = len(step.new) != len(clause.instance_path) + 1 or not (is_repaired or in_map)
        if request is not None and (is_certain or clause.key in prover.base(draft, request, base.branch).upheld):
            # Meeting a condition changes other values, and those may explain a refusal as well.
            if clause.conditions:
                return Reaching(draft, request, step.note, None, step.code)
            return Reaching(draft, request, step.note, clause, new=step.new)
    return None


class _Step(msgspec.Struct, frozen=True):
    """A draft in which a clause may be evaluated, and how it differs from an accepted one."""

    draft: Draft
    #: for people
    note: str
    #: stable, for identities
    code: str
    #: the place of what is new in it, if nothing else differs; else ()
    new: tuple[str | int, ...] = ()


def _steps(
    prover: Prover, message: Message, base: BaselineRequest, clause: Clause, rng: random.Random
) -> Iterator[_Step]:
    root = root_of(base.draft, clause.part)
    if root is ABSENT:
        try:
            value = _parameter_value(prover, message, rng)
        except NoValueError:
            return
        draft = with_value(base.draft, clause.part, (), value)
        yield _Step(draft, f"{name_at((), clause.part)} is sent", f"with {clause.part}", (clause.part,))
        return
    draft = base.draft
    for condition in clause.conditions:
        met = _meeting(message, root_of(draft, clause.part), condition)
        if met is not None and met != root_of(draft, clause.part):
            draft = with_value(draft, clause.part, (), met)
    if draft is not base.draft:
        conditions = " ".join(f"{'' if each.holds else 'not '}{each.pointer}" for each in clause.conditions)
        yield _Step(draft, _changes(root, root_of(draft, clause.part)), f"where {conditions}")
    for value, note, location in _grown(message, root_of(draft, clause.part), clause.part, clause.instance_path, rng):
        new = (clause.part, *location) if draft is base.draft else ()
        code = f"with {to_pointer(clause.instance_path)}"
        yield _Step(with_value(draft, clause.part, (), value), note, code, new)


def _parameter_value(prover: Prover, message: Message, rng: random.Random, name: str = "") -> Any:
    """A value for the parameter of `message`, called `name`: the document's own, else a typical one. Raises
    NoValueError."""
    for contract in prover.operation.parameters:
        if contract.message is message:
            for value in (example_of(contract), described_value(contract)):
                if value is not None:
                    return value
    return generate_filled(message, rng, name=name)


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


def _grown(
    message: Message, value: Any, part: str, path: tuple[str, ...], rng: random.Random
) -> Iterator[tuple[Any, str, tuple[str | int, ...]]]:
    """`value`, a `part` of a request, with the first missing member or item of `path`; how it differs, for people, and
    where. None when all are there. A further member of a map may have several names."""
    for depth in range(1, len(path) + 1):
        parent, step = locate(value, path[: depth - 1]), path[depth - 1]
        if parent is None or not isinstance(get(value, parent), list if step == EACH_ITEM else dict):
            return
        is_last = depth == len(path)
        shape = shape_of(shape_at(message, path[: depth - 1]), message.schema)
        items = get(value, parent) if step == EACH_ITEM else []
        lacks_item = step == EACH_ITEM and len(items) <= len(shape.prefix)
        if locate(value, path[:depth]) is not None and not lacks_item and not (is_last and step == EACH_PROPERTY):
            continue
        holder = name_at(path[: depth - 1], part)
        notes = {EACH_ITEM: f"{holder} has an item", EACH_PROPERTY: f"{holder} has a member"}
        note = notes.get(step, f"{name_at(path[:depth], part)} is present")
        found: Iterable[str | int] = [len(items) if step == EACH_ITEM else step]
        if step == EACH_PROPERTY:
            further = islice(further_names(shape, message.schema, rng), _NAMES)
            drawn = (for_pattern(pattern, rng, lambda _: True) for pattern, _ in shape.patterned)
            found = dict.fromkeys(filter(None, chain(drawn, further)))
        for token in found:
            schemas = shape.member(str(token)) if step == EACH_PROPERTY else shape_at(message, path[:depth])
            with suppress(NoValueError):
                for before in shape.prefix[len(items) :] if step == EACH_ITEM else ():
                    value = put(value, (*parent, token), typical(before, message.schema, rng, optional=False))
                    token = int(token) + 1
                new = typical(schemas, message.schema, rng, optional=False)
                yield put(value, (*parent, token), new), note, (*parent, token)
        return


def _meeting(message: Message, value: Any, condition: Condition) -> Any:
    """`value` changed so that `condition` applies, as far as its `if` names fixed values; else None."""
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
