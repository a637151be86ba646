"""The oracle `states`: actions move a resource from one state to another, in any order, and none of them loses it.

Each action is sent to a new resource, then each pair of actions of which the first was accepted, then each triple of
which the first two were. After each of them what else can be asked of the resource is asked: a 5xx is a finding, which
names the actions before it, and a resource that nobody deleted is still there. A refusal by state, such as 409, is
neither. The resources that a resource names, such as the volume of a file, are acted on as well.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.generation.prover import Case
from clausewise.phases.base import status_of
from clausewise.phases.prior_actions import is_state
from clausewise.phases.state.kind import Kind, Sight, Steps, case_of
from clausewise.phases.state.oracle import Oracle
from clausewise.resources.destruction import Destruction, destruction_by
from clausewise.resources.identity import Resource, fitting
from clausewise.resources.types import erased, parameter_names
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.edit import put
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.words import plain, words

#: moves of one type of resource, values of a member that makes several moves of an operation, and moves in a row
_MOVES = 6
_VALUES = 4
_IN_A_ROW = 3

#: what else is asked of a resource after it was moved
_AFTER = 5

#: words of actions after which a resource need not be where it was
_AWAY = frozenset(
    (
        *("delete", "remove", "destroy", "purge", "trash", "discard", "archive", "hide", "unpublish", "expire"),
        *("merge", "move", "rename", "transfer", "convert", "abort", "unregister", "deregister", "leave", "unlink"),
        *("detach", "terminate", "retire", "withdraw"),
    )
)

#: words of a switch that lets others use something: it is turned off first, so that it is on in the end
_OPENING = re.compile(r"active|enabled|open|public|visible|available|writ|online|allow", re.IGNORECASE)


#: values of path parameters by their names
Places = tuple[tuple[str, Any], ...]


class Move(msgspec.Struct, frozen=True):
    """An operation, with one of the values that decide what it does."""

    operation: OperationContract
    #: as in "markVolume with `readonly` = true"
    text: str
    #: the value of a member of the body, where one decides
    member: tuple[str, Any] | None = None
    #: values in the path of another resource, which the one that is looked at names; None where it is moved itself
    elsewhere: Places | None = None

    def case(self, kind: Kind, one: Resource, before: Sequence[Move]) -> Case:
        """The request that makes the move after those `before`."""
        prover, draft = kind.draft(self.operation, one)
        if self.elsewhere is not None:
            parameters = draft.parameters | {("path", name): value for name, value in self.elsewhere}
            draft = msgspec.structs.replace(draft, parameters=parameters)
        if self.member is not None and isinstance(draft.body, dict):
            draft = msgspec.structs.replace(draft, body=put(draft.body, self.member[:1], self.member[1]))
        return case_of(prover, draft, _after(before) or "the resource is new")


def _ask(kind: Kind) -> Steps:
    one = yield from kind.create()
    sight = (yield from kind.look(one, "the resource was made")) if one is not None else None
    if one is None or sight is None:
        return
    failed: set[str] = set()
    moves = list(_moves(kind))[:_MOVES]
    accepted: list[tuple[Move, ...]] = [()]
    for _ in range(_IN_A_ROW):
        further = []
        for before in accepted:
            for move in moves:
                if (yield from _moved(kind, before, move, failed)):
                    further.append((*before, move))
        accepted = further
    if kind.context.factory.local:
        for variants in list(_elsewhere(kind, sight))[:_MOVES]:
            yield from _moved_elsewhere(kind, one, variants)


def _moved(kind: Kind, before: tuple[Move, ...], move: Move, failed: set[str]) -> Steps:
    """Whether a new resource accepts `before` and then `move`, and is still there; it is looked at from all sides."""
    if move.operation.key in failed:
        return False
    one = yield from kind.create()
    if one is None:
        return False
    for number, each in enumerate((*before, move)):
        case = each.case(kind, one, before[:number])
        (exchange,) = yield [case]
        if not exchange.accepted:
            if status_of(exchange) >= 500:
                failed.add(each.operation.key)
            return False
    taken = (*before, move)
    shown, _ = yield from kind.read(one, _after(taken))
    if shown is not None and status_of(shown) in (404, 410):
        failed.add(move.operation.key)
        yield from _gone(kind, one, taken)
        return False
    for operation in list(_others(kind))[:_AFTER] if len(taken) < _IN_A_ROW else ():
        if operation.key not in failed:
            exchange = yield from kind.send(operation, one, note=_after(taken))
            if status_of(exchange) >= 500:
                failed.add(operation.key)
    return shown is None or shown.accepted


def _moved_elsewhere(kind: Kind, one: Resource, variants: Sequence[Move]) -> Steps:
    """Act on what a resource names, and see that the resource is still there; where it is not, that another value of
    the action brings it back, and the same one takes it away again."""
    for move in variants:
        (exchange,) = yield [move.case(kind, one, ())]
        shown, _ = (yield from kind.read(one, _after([move]))) if exchange.accepted else (None, None)
        if status_of(exchange) >= 500 or shown is None or status_of(shown) not in (404, 410):
            continue
        for undo in (other for other in variants if other is not move):
            yield [undo.case(kind, one, [move])]
            back, _ = yield from kind.read(one, _after([move, undo]))
            if back.accepted:
                yield [move.case(kind, one, [move, undo])]
                again, _ = yield from kind.read(one, _after([move]), kind.later)
                if status_of(again) in (404, 410):
                    _blame(kind, again, (move,))
                break


def _gone(kind: Kind, one: Resource, taken: tuple[Move, ...]) -> Steps:
    """See whether a resource is gone a little later as well, and so a second one."""
    if any(_leads_away(move.operation) for move in taken):
        return
    shown, _ = yield from kind.read(one, _after(taken), kind.later)
    other = (yield from kind.create()) if status_of(shown) in (404, 410) else None
    if other is None:
        return
    there, _ = yield from kind.read(other, "the resource was made")
    if not there.accepted:
        return
    for number, move in enumerate(taken):
        yield [move.case(kind, other, taken[:number])]
    gone, _ = yield from kind.read(other, _after(taken), kind.later)
    if status_of(gone) in (404, 410):
        _blame(kind, gone, taken)


def _blame(kind: Kind, gone: Exchange, taken: tuple[Move, ...]) -> None:
    assert kind.type.get is not None
    noun = kind.type.noun or "resource"
    kind.find(
        "gone-without-delete",
        kind.type.get,
        gone,
        f"{kind.type.get.key} answers {status_of(gone)} for a {noun} that nobody deleted, after {_after(taken)}",
        seen=" ".join(move.operation.key for move in taken),
    )


def _after(taken: Sequence[Move]) -> str:
    """What was accepted before, as a part of a sentence."""
    if not taken:
        return ""
    texts = [move.text for move in taken]
    listed = texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and then {texts[-1]}"
    return f"{listed} had been accepted"


def _moves(kind: Kind) -> Iterator[Move]:
    """The actions on one resource, and its updates that say in which state it is to be."""
    for operation in kind.actions:
        # What is posted to a collection becomes a part of the resource, and moves it nowhere.
        if "GET" not in operation.operation.methods:
            yield from _variants(kind, operation, _any_switch)
    for operation in kind.updates:
        if operation is not kind.maker:
            yield from (move for move in _variants(kind, operation, is_state) if move.member is not None)


def _any_switch(_name: str, shape: Shape) -> bool:
    return shape.enum is not None or shape.types == {"boolean"}


def _variants(
    kind: Kind,
    operation: OperationContract,
    decides: Callable[[str, Shape], bool],
    elsewhere: tuple[tuple[str, Any], ...] | None = None,
) -> Iterator[Move]:
    """The moves of one operation: one for each value of the first member of its body that decides what it does."""
    baseline = kind.baseline(operation)
    body = baseline.bases[0].draft.body if baseline is not None else None
    if isinstance(body, dict) and baseline is not None:
        message = baseline.prover.of(baseline.bases[0].draft).message("body")
        for name in body if message is not None else ():
            assert message is not None
            shape = shape_of(shape_at(message, (name,)), message.schema)
            if not decides(name, shape):
                continue
            switch = (False, True) if _OPENING.search(name) else (True, False)
            values = shape.enum if shape.enum is not None else switch
            for value in [value for value in values if message.is_valid(put(body, (name,), value))][:_VALUES]:
                yield Move(operation, f"{operation.key} with `{name}` = {show(value)}", (name, value), elsewhere)
            return
    yield Move(operation, operation.key, elsewhere=elsewhere)


def _elsewhere(kind: Kind, sight: Sight) -> Iterator[list[Move]]:
    """The actions on resources that a resource names by members which are called as the parameters of their paths, the
    moves of each operation together."""
    called = {plain(name): value for name, value in sight.shown.items() if isinstance(value, str | int)}
    for operation in kind.context.operations:
        names = parameter_names(operation)
        method, path = operation.operation.method, erased(operation.operation.path)
        if method in (*SAFE_METHODS, "DELETE") or not names or path.startswith(kind.type.path) or path.endswith("}"):
            continue
        makes = kind.context.factory.inventory.type_created_by(operation) or kind.baseline(operation) is None
        if makes or destruction_by(operation) > Destruction.NOTHING:
            continue
        values = []
        for name in names:
            contract, value = operation.parameter("path", name), called.get(plain(name))
            fit = fitting(value, contract) if contract is not None and value is not None else None
            values += [(name, fit)] if fit is not None else []
        if len(values) == len(names):
            yield list(_variants(kind, operation, _any_switch, tuple(values)))


def switched_back(kind: Kind) -> Steps:
    """Turn back every switch of what is named by one of few words, such as the volumes `v1` to `v3`: the run may have
    turned them so that nothing can be made any more."""
    for operation in kind.context.operations if kind.context.factory.local else ():
        names = parameter_names(operation)
        named = [_few(operation, name) for name in names]
        baseline = kind.baseline(operation)
        if operation.operation.method in (*SAFE_METHODS, "DELETE") or baseline is None or not all(named) or not named:
            continue
        if destruction_by(operation) > Destruction.NOTHING or operation is kind.maker:
            continue
        for values in islice(itertools.product(*named), _MOVES):
            places = tuple(zip(names, values, strict=True))
            *_, last = _variants(kind, operation, _any_switch, places)
            if last.member is not None:
                yield [last.case(kind, Resource(kind.type.path, ()), ())]


def _few(operation: OperationContract, name: str) -> list[Any]:
    """The values of a path parameter that the contract lists; [] where it lists none."""
    contract = operation.parameter("path", name)
    message = contract.message if contract is not None else None
    return (shape_of([message.schema], message.schema).enum or []) if message is not None else []


def _others(kind: Kind) -> Iterator[OperationContract]:
    """What else can be asked of a resource: what reads its parts, and what updates it."""
    for operation in kind.context.operations:
        below = erased(operation.operation.path).removeprefix(f"{kind.type.path}/")
        is_below = below != erased(operation.operation.path) and "{" not in below
        if is_below and operation.operation.method == "GET" and kind.baseline(operation) is not None:
            yield operation
    yield from (each for each in kind.updates if each is not kind.maker)


def _leads_away(operation: OperationContract) -> bool:
    """Whether the name of an action says that a resource need not be where it was."""
    last = operation.operation.path.rstrip("/").rpartition("/")[2]
    spoken = {*words(last), *(words(operation.key) if " " not in operation.key else ())}
    return bool(spoken & _AWAY)


ORACLE = Oracle(
    name="states",
    sentence="Actions in any order crash nothing, and lose no resource that nobody deleted.",
    rules=("gone-without-delete",),
    budget=150,
    ask=_ask,
    survives_crashes=True,
)
