"""The oracle `replacement`: PUT replaces the whole resource (RFC 9110 section 9.3.4).

Every member is set, and then a PUT is sent with the required ones alone. A member that still shows what was set counts
when another value stays as well: it is no default then.
"""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.conformance.kept import is_computed, is_same
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.phases.state.bodies import fuller, refers, varied
from clausewise.phases.state.kind import Kind, Steps, case_of, is_done
from clausewise.phases.state.oracle import Oracle
from clausewise.phases.state.round_trip import made, within
from clausewise.phases.state.updates import is_partial
from clausewise.resources.identity import Resource
from clausewise.results.causes import Causes
from clausewise.results.evidence import OTHER_VALUES
from clausewise.values.shape import shape_of


def _ask(kind: Kind) -> Steps:
    for own in (kind, *kind.parts):
        for operation in own.updates if (own.type.get or own.type.list) is not None else ():
            if operation.operation.method == "PUT":
                one, _ = yield from made(kind)
                if one is None:
                    return
                yield from _replace(own, operation, one)


def _replace(kind: Kind, operation: OperationContract, one: Resource) -> Steps:
    """Blame the members that kept each of two values that they were set to."""
    _, first = yield from _kept(kind, operation, one, {})
    sight, again = (yield from _kept(kind, operation, one, first)) if first else (None, {})
    stayed = [name for name, value in again.items() if name in first and not is_same(first[name], value)]
    if sight is None or not stayed:
        return
    more = f", nor of {len(stayed) - 1} more members" if len(stayed) > 1 else ""
    kind.find(
        "put-keeps-omitted",
        sight.operation,
        sight.exchange,
        f"{operation.key} was sent nothing of `{stayed[0]}`{more}, and {sight.operation.key} still shows "
        f"{show(again[stayed[0]])}, which an earlier request had set",
        where=f"response.200.body.{stayed[0]}",
        seen=operation.key,
        at=tuple(map(str, (*sight.at, stayed[0]))),
        # What a server keeps of one kind of resource it keeps of the others, by the same code.
        causes=Causes(frozenset(("kept", name) for name in stayed)),
    )


def _kept(kind: Kind, operation: OperationContract, one: Resource, shown: dict[str, Any]) -> Steps:
    """Set all members of `one` to other values than those `shown`, and leave the optional ones out then: what shows
    the resource, and those that still have the values that were set. None, {} where that cannot be tried."""
    own, draft = kind.draft(operation, one)
    prover = own.of(draft)
    message = prover.message("body")
    if not isinstance(draft.body, dict) or message is None or is_partial(kind, prover):
        return None, {}
    full = varied(prover, fuller(prover, draft, kind.rng) or draft, kind.rng, shown)
    required = shape_of([message.schema], message.schema).required
    least = msgspec.structs.replace(full, body={name: full.body[name] for name in full.body if name in required})
    if least.body == full.body or prover.keeping(least) is None:
        return None, {}
    (exchange,) = yield [case_of(prover, full, "every member is set", aspect=OTHER_VALUES)]
    sight = (yield from kind.look(one, f"{operation.key} had set it", full.body)) if is_done(exchange) else None
    if sight is None:
        return None, {}
    sent = within(full.body, sight)
    kept = {name: sent[name] for name in sent if name not in required and _is_set(name, sent[name])}
    for wait in (None, 0.0, kind.later):
        if wait is not None:
            sight = yield from kind.look(one, f"{operation.key} had replaced it", full.body, wait)
        if sight is None:
            return None, {}
        kept = {name: value for name, value in kept.items() if is_same(value, sight.shown.get(name))}
        if not kept:
            return sight, {}
        if wait is None:
            (exchange,) = yield [case_of(prover, least, "only the required members are sent", aspect=OTHER_VALUES)]
            if not is_done(exchange):
                return None, {}
    return sight, kept


def _is_set(name: str, value: Any) -> bool:
    """Whether a client has set the member: it has a value, and is none of those that a server sets by itself."""
    return value not in (None, "", [], {}) and not (is_computed(name) or refers((name,)))


ORACLE = Oracle(
    name="replacement",
    sentence="PUT leaves nothing of what it was not sent.",
    rules=("put-keeps-omitted",),
    budget=50,
    ask=_ask,
)
