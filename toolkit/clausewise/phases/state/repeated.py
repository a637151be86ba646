"""The oracle `sent twice`: PUT and DELETE are idempotent (RFC 9110 section 9.2.2), and so is a request with a key.

The second PUT changes nothing. The second DELETE removes nothing else, whatever it answers. Two requests that are
alike, with the same `Idempotency-Key`, make one resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.conformance.kept import is_of_the_books, is_same
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.generation.draft import Draft, is_key_of_request
from clausewise.phases.base import status_of
from clausewise.phases.state.bodies import fuller, leaves, shown_at, varied
from clausewise.phases.state.kind import Kind, Sight, Steps, case_of, is_done
from clausewise.phases.state.oracle import Oracle
from clausewise.phases.state.round_trip import within
from clausewise.resources.identity import Resource
from clausewise.resources.uniqueness import fresh_values, renewed
from clausewise.values.shape import shape_of
from clausewise.wording import path_text

#: bodies with one optional member that are sent twice with one key
_BODIES = 6

#: characters of a key, where the contract does not say how long it is
_KEY = "clausewise-0001"


def _ask(kind: Kind) -> Steps:
    for operation in kind.updates:
        if operation.operation.method == "PUT" and operation is not kind.maker:
            yield from _put_twice(kind, operation)
    if kind.type.delete is not None and kind.type.get is not None:
        yield from _deleted_twice(kind, kind.type.delete)
    yield from _made_twice(kind)


def _put_twice(kind: Kind, operation: OperationContract) -> Steps:
    """Send the same PUT twice, with two bodies one after the other."""
    one = yield from kind.create()
    if one is None:
        return
    _, draft = kind.draft(operation, one)
    for number in range(2):
        draft = varied(kind.draft(operation, one)[0], draft, kind.rng, careful=True)
        before = yield from _put(kind, operation, one, draft, draft.body)
        if before is None:
            return
        sent = within(draft.body, before)
        places = [at for at in leaves(sent) if not is_of_the_books(str(at[-1]))]
        expected = {at: shown_at(before.shown, at) for at in places}
        after = yield from _put(kind, operation, one, draft, before.shown)
        other = [at for at in places if after is not None and not is_same(expected[at], shown_at(after.shown, at))]
        if after is None or not other:
            return
        if number:
            name, was, shown = path_text(map(str, other[0])), expected[other[0]], shown_at(after.shown, other[0])
            message = f"changed `{name}` from {show(was)} to {show(shown)}"
            kind.find(
                "not-idempotent",
                operation,
                after.exchange,
                f"{operation.key} was sent the same request twice, and the second {message}",
                seen="PUT",
            )


def _put(kind: Kind, operation: OperationContract, one: Resource, draft: Draft, expected: Any) -> Steps:
    """What shows `one` after a PUT, a little later where it does not show what is `expected`; None without a sight."""
    exchange = yield from _sent(kind, operation, one, draft, "the resource is sent twice")
    names = draft.body if isinstance(draft.body, dict) else ()
    sight: Sight | None = None
    for wait in (0.0, kind.later) if is_done(exchange) else ():
        sight = yield from kind.look(one, f"{operation.key} had changed it", names, wait)
        if sight is None or all(
            is_same(shown_at(expected, at), shown_at(sight.shown, at)) for at in leaves(draft.body)
        ):
            break
    return sight


def _sent(kind: Kind, operation: OperationContract, one: Resource, draft: Draft, note: str) -> Steps:
    prover, _ = kind.draft(operation, one)
    (exchange,) = yield [case_of(prover.of(draft), draft, note)]
    return exchange


def _deleted_twice(kind: Kind, delete: OperationContract) -> Steps:
    """Delete one of two resources twice, and see that the other is still there; twice, where it is not."""
    gone: list[Exchange] = []
    for _ in range(2):
        one, other = (yield from kind.create()), (yield from kind.create())
        if one is None or other is None or one.values == other.values:
            return
        there, _ = yield from kind.read(other, "the resource was made")
        if not there.accepted:
            return
        for note in ("the resource is deleted", "the resource is deleted again"):
            exchange = yield from kind.send(delete, one, note=note)
            if note == "the resource is deleted" and not is_done(exchange):
                return
        shown, _ = yield from kind.read(other, f"{delete.key} was sent twice for another one")
        if shown is None or status_of(shown) not in (404, 410):
            return
        gone.append(shown)
    noun = kind.type.noun or "resource"
    kind.find(
        "not-idempotent",
        delete,
        gone[-1],
        f"{delete.key} was sent twice for the {noun} {show(one.values[-1])}, and the {noun} {show(other.values[-1])}, "
        "which nobody deleted, is gone, too",
        seen="DELETE",
    )


def _made_twice(kind: Kind) -> Steps:
    """Send requests that make something twice with the same key: each body, and again where it made two."""
    maker = kind.maker
    header = next((each for each in maker.parameters if is_key_of_request(each.parameter.name)), None)
    if header is None or header.parameter.location != "header":
        return
    prover, place = kind.recipe.prover, ("header", header.parameter.name)
    for note, body in _bodies(kind):
        made: list[tuple[Resource, Resource]] = []
        for _ in range(2):
            draft = renewed(prover, body, kind.recipe.places, kind.rng) or body
            keys = (
                key for key in fresh_values(_KEY, kind.rng) if header.message is None or header.message.is_valid(key)
            )
            key = next(keys, None) or draft.parameters.get(place)
            if key is None:
                return
            draft = msgspec.structs.replace(draft, parameters={**draft.parameters, place: key})
            case = case_of(prover.of(draft), draft, "the resource is sent twice with one key")
            (first,) = yield [case]
            (second,) = yield [case]
            if not (is_done(first) and is_done(second)):
                break
            inventory, of_type = kind.context.factory.inventory, kind.recipe.resource_type
            one, other = inventory.made(of_type, first), inventory.made(of_type, second)
            if one is None or other is None or one.assumed or other.assumed or one.values == other.values:
                break
            made.append((one, other))
        if len(made) == 2:
            one, other = made[-1]
            kind.find(
                "idempotency-key-ignored",
                maker,
                second,
                f"{maker.key} made two of one request that was sent twice with the same `{header.parameter.name}`"
                f"{note}: {show(one.values[-1])} and {show(other.values[-1])}",
            )
            return


def _bodies(kind: Kind) -> Iterator[tuple[str, Draft]]:
    """Drafts to make something with, each with what is special about it."""
    prover, accepted = kind.recipe.prover, kind.recipe.draft
    message = prover.of(accepted).message("body")
    if message is None or not isinstance(accepted.body, dict):
        yield "", accepted
        return
    required = shape_of([message.schema], message.schema).required
    least = {name: value for name, value in accepted.body.items() if name in required}
    smallest = msgspec.structs.replace(accepted, body=least)
    smallest = smallest if prover.of(smallest).keeping(smallest) is not None else accepted
    yield "", smallest
    full = fuller(prover, accepted, kind.rng) or accepted
    for name in [name for name in full.body if name not in smallest.body][:_BODIES]:
        more = msgspec.structs.replace(smallest, body={**smallest.body, name: full.body[name]})
        if prover.of(more).keeping(more) is not None:
            yield f", where it has `{name}`", more


ORACLE = Oracle(
    name="sent twice",
    sentence="The same PUT or DELETE sent again changes nothing more, and neither does a request with the same key.",
    rules=("not-idempotent", "idempotency-key-ignored"),
    budget=60,
    ask=_ask,
)
