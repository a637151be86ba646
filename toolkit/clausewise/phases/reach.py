"""Accepted requests that reach further clauses: with one more optional member, or with a condition met.

A probe of a member's `maxLength` needs a request that has this member and that the server has accepted: otherwise the
member's presence could explain a refusal. So each such request is first a probe of its own.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause, Condition
from clausewise.contract.keywords import name_of, show
from clausewise.contract.message import Message
from clausewise.exchange import Exchange, Probe, Request
from clausewise.feedback.repair import repairs
from clausewise.generation.candidates import examples
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import BaselineRequest, Case, Prover, root_of, with_value
from clausewise.generation.suggestions import told_of
from clausewise.media.json import digest
from clausewise.phases.base import PhaseResult, Task, branch_of, request_clauses, status_of
from clausewise.phases.exclusion import Reaching, judged_answers
from clausewise.results.evidence import UntestedReason
from clausewise.spec.pointer import descend, from_pointer, to_pointer
from clausewise.values.edit import get, locate, put, take_out
from clausewise.values.generate import repair
from clausewise.values.places import places_in
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.typical import NoValueError, typical

#: requests sent to repair a refused one, and all refused ones of an operation
_TRIES = 4
_REPAIRS = 24

#: limit on the rounds of such requests; each goes one level deeper into the body
_ROUNDS = 4


def reach(task: Task) -> Generator[Iterable[Case], list[Exchange], PhaseResult]:
    """Find further accepted requests around each one of the baseline, once, and put them into `task`.

    The result names the clauses that no valid request reaches.
    """
    assert task.baseline is not None
    if task.reach is not None:
        return PhaseResult()
    untested: dict[str, UntestedReason] = {}
    found, refused = [], list[BaselineRequest]()
    for base in task.baseline.bases:
        bases = yield from _around(task, base, untested, refused)
        found.append(tuple(bases))
    task.reach = tuple(found)
    task.refused_reach = tuple(refused)
    reached = frozenset(key for bases in found for base in bases for key in base.upheld)
    return PhaseResult(untested=untested, reached=reached)


def _around(
    task: Task, base: BaselineRequest, untested: dict[str, UntestedReason], refused: list[BaselineRequest]
) -> Generator[Iterable[Case], list[Exchange], list[BaselineRequest]]:
    """`base` and further accepted requests, until each reachable clause is kept by one of them; what is refused on the
    way joins `refused`."""
    assert task.baseline is not None
    prover, context = task.baseline.prover, task.context
    bases = [base]
    branch = branch_of(prover.operation, base.branch)
    if branch is not None:
        drafts = [
            Reaching(draft, prover.request(draft), f"{note} is sent", None, aspect=f"example {digest(body)[:12]}")
            for body, note in examples(prover.operation, branch, context.options.values)
            if body != base.draft.body
            for draft in (msgspec.structs.replace(base.draft, body=body),)
        ]
        bases += yield from _accepted(task, base, drafts, refused)
    if context.wants(prover.operation.key, None):
        bases += yield from _accepted(task, base, list(_with_free_parameters(prover, base, task.rng)), refused)
    tried: set[str] = set()
    sent: set[Request] = set()
    taken: set[tuple[str, tuple[str, ...], int]] = set()
    for _ in range(_ROUNDS):
        drafts = [
            found
            for other in bases
            for found in _of_alternatives(prover, other, branch, taken, task.rng)
            if context.wants(prover.operation.key, found.clause.key if found.clause else None)
        ]
        sent |= {found.request for found in drafts}
        covered = {key for other in bases for key in other.upheld}
        nearest: dict[tuple[str, tuple[str, ...]], BaselineRequest] = {}
        for clause in request_clauses(prover.operation, branch):
            if clause.key in tried or clause.governed_by or clause.key in covered:
                continue
            if not context.wants(prover.operation.key, clause.key):
                continue
            place = clause.part, clause.path
            if place not in nearest:
                nearest[place] = max(bases, key=lambda other: other.nearness(*place))
            found = _reaching(prover, nearest[place], clause, task.rng)
            if found is None:
                reason = UntestedReason("unreachable", "no valid request was found that reaches this clause")
                untested.setdefault(clause.key, reason)
                tried.add(clause.key)
            elif found.request not in sent:
                sent.add(found.request)
                drafts.append(found)
        if not drafts:
            break
        accepted = yield from _accepted(task, base, drafts, refused)
        if not accepted:
            break
        bases += accepted
    for key in {key for other in bases for key in other.upheld} & untested.keys():
        del untested[key]
    return bases


def _with_free_parameters(prover: Prover, base: BaselineRequest, rng: random.Random) -> Iterator[Reaching]:
    """`base` with each parameter that it lacks and whose schema allows any value, so that no clause leads to it."""
    for part, message in prover.messages.items():
        if part == "body" or message.clauses or root_of(base.draft, part) is not ABSENT:
            continue
        value = typical([message.schema], message.schema, rng, optional=False, name=part.partition(".")[2])
        draft = with_value(base.draft, part, (), value)
        request = prover.keeping(draft)
        if request is not None:
            yield Reaching(draft, request, f"{name_of((), part)} is sent", None, f"with {part}", (part,))


def _of_alternatives(
    prover: Prover,
    base: BaselineRequest,
    branch: Branch | None,
    taken: set[tuple[str, tuple[str, ...], int]],
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
                    note = f"{name_of(place.path, part)} is {show(value)}"
                    clause = unions.get(id(alternative.union))
                    at = "" if clause else f" at {part}{to_pointer(place.path)}"
                    yield Reaching(draft, request, note, clause, f"alternative {alternative.label}{at}", new)


def _accepted(
    task: Task, base: BaselineRequest, drafts: list[Reaching], refused: list[BaselineRequest]
) -> Generator[Iterable[Case], list[Exchange], list[BaselineRequest]]:
    """Send `drafts`; the accepted ones become bases too. The others join `refused`, and are changed as their refusals
    ask."""
    assert task.baseline is not None
    prover = task.baseline.prover
    answers = yield from judged_answers(prover, base, drafts)
    accepted = []
    for reaching, exchange in answers:
        reached = prover.base(reaching.draft, reaching.request, base.branch)
        if exchange.accepted:
            accepted.append(reached)
        elif status_of(exchange) in (400, 422):
            refused.append(reached)
            if task.repairs < _REPAIRS:
                mended = yield from _repaired(task, reached, exchange)
                accepted += [mended] if mended is not None else []
    return accepted


def _repaired(
    task: Task, reached: BaselineRequest, refusal: Exchange
) -> Generator[Iterable[Case], list[Exchange], BaselineRequest | None]:
    """A refused request, changed as its refusal asks until the server accepts it; else None."""
    assert task.baseline is not None
    prover, references = task.baseline.prover, task.context.factory.inventory
    steps = repairs(prover, reached.draft, refusal, references, (), _TRIES)
    changed = next(steps, None)
    while changed is not None and task.repairs < _REPAIRS:
        task.repairs += 1
        draft, request = changed
        mended = prover.base(draft, request, reached.branch)
        if not reached.upheld <= mended.upheld:
            # Without what was added it would be accepted, and reach nothing.
            return None
        note = "a request is changed as its refusal asks"
        (exchange,) = yield [Case(request, Probe(prover.operation.key, "clauses", note, "any", branch=reached.branch))]
        if exchange.accepted:
            return mended
        try:
            changed = steps.send(exchange)
        except StopIteration:
            break
    return None


def _reaching(prover: Prover, base: BaselineRequest, clause: Clause, rng: random.Random) -> Reaching | None:
    """A valid request in which `clause` is evaluated, one step from `base`; None when no such step was found."""
    message = prover.message(clause.part)
    if message is None:
        return None
    for step in _steps(prover, message, base, clause, rng):
        draft = step.draft
        if clause.part == "body" and not message.is_valid(draft.body):
            try:
                draft = msgspec.structs.replace(draft, body=repair(message, draft.body, rng))
            except NoValueError:
                continue
        request = prover.keeping(draft)
        if request is not None:
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
        value = next(
            (told_of(contract) for contract in prover.operation.parameters if contract.message is message), None
        )
        try:
            value = typical([message.schema], message.schema, rng, optional=False) if value is None else value
        except NoValueError:
            return
        draft = with_value(base.draft, clause.part, (), value)
        yield _Step(draft, f"{clause.part} is sent", f"with {clause.part}", (clause.part,))
        return
    draft = base.draft
    for condition in clause.conditions:
        met = _meeting(message, root_of(draft, clause.part), condition)
        if met is not None and met != root_of(draft, clause.part):
            draft = with_value(draft, clause.part, (), met)
    if draft is not base.draft:
        conditions = " ".join(f"{'' if each.holds else 'not '}{each.pointer}" for each in clause.conditions)
        yield _Step(draft, _changes(root, root_of(draft, clause.part)), f"where {conditions}")
    grown = _grown(message, root_of(draft, clause.part), clause.instance_path, rng)
    if grown is not None:
        value, name, location = grown
        new = (clause.part, *location) if draft is base.draft else ()
        code = f"with {to_pointer(clause.instance_path)}"
        yield _Step(with_value(draft, clause.part, (), value), f"{name} is present", code, new)


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
    message: Message, value: Any, path: tuple[str, ...], rng: random.Random
) -> tuple[Any, str, tuple[str | int, ...]] | None:
    """`value` with the first missing member or item of `path`, its name and its place; None when all are there."""
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
        return put(value, (*parent, token), new), name, (*parent, token)
    return None


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
