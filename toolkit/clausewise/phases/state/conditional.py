"""The oracle `conditional requests` (RFC 9110 section 13): what has not changed is not sent again, and what has changed
is not overwritten unseen, where the contract documents either."""

from __future__ import annotations

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import header
from clausewise.phases.base import status_of
from clausewise.phases.state.bodies import varied
from clausewise.phases.state.kind import Kind, Steps, case_of, is_done
from clausewise.phases.state.oracle import Oracle
from clausewise.resources.identity import Resource


def _ask(kind: Kind) -> Steps:
    get = kind.type.get
    if get is None:
        return
    if _documents(get, "304", "If-None-Match"):
        yield from _not_modified(kind, get)
    for operation in kind.updates:
        if _documents(operation, "412", "If-Match"):
            yield from _overwritten(kind, operation)


def _documents(operation: OperationContract, status: str, name: str) -> bool:
    named = any(each.parameter.name.lower() == name.lower() for each in operation.parameters)
    return named or status in operation.responses


def _tagged(kind: Kind, one: Resource) -> Steps:
    """The ETag of `one`; None where GET gives none."""
    exchange, _ = yield from kind.read(one)
    return header(exchange.response.headers, "ETag") if exchange is not None and exchange.accepted else None


def _sent(kind: Kind, operation: OperationContract, one: Resource, name: str, tag: str | None, note: str) -> Steps:
    """The exchange of `operation` with the header `name`, without it where there is no `tag`."""
    prover, draft = kind.draft(operation, one)
    parameters = {place: value for place, value in draft.parameters.items() if place[1].lower() != name.lower()}
    headers = ((name, tag),) if tag is not None else ()
    if operation.operation.method != "GET":
        draft = varied(prover, draft, kind.rng, careful=True)
    draft = msgspec.structs.replace(draft, parameters=parameters, headers=headers)
    (exchange,) = yield [case_of(prover, draft, note)]
    return exchange


def _not_modified(kind: Kind, get: OperationContract) -> Steps:
    """Ask for two resources with the tag that they have."""
    for number in range(2):
        one = yield from kind.create()
        tag = (yield from _tagged(kind, one)) if one is not None else None
        if tag is None:
            return
        exchange = yield from _sent(kind, get, one, "If-None-Match", tag, "the resource has not changed since")
        if status_of(exchange) != 200 or header(exchange.response.headers, "ETag") not in (tag, None):
            return
        if number:
            message = f"{get.key} answered 200 to `If-None-Match` with the ETag that it had just given, and not 304"
            kind.find("condition-ignored", get, exchange, message, seen="If-None-Match")


def _overwritten(kind: Kind, operation: OperationContract) -> Steps:
    """Change two resources with the tag that they had before they were changed."""
    for number in range(2):
        one = yield from kind.create()
        old = (yield from _tagged(kind, one)) if one is not None else None
        if old is None:
            return
        changed = yield from _sent(kind, operation, one, "If-Match", old, "the resource is changed with its tag")
        new = (yield from _tagged(kind, one)) if is_done(changed) else None
        if new is None or new == old:
            return
        exchange = yield from _sent(
            kind, operation, one, "If-Match", old, "the resource is changed with the tag from before"
        )
        if not exchange.accepted:
            return
        if number:
            message = (
                f"{operation.key} answered {status_of(exchange)} to `If-Match` with an ETag from before a change, and "
                "not 412"
            )
            kind.find("condition-ignored", operation, exchange, message, seen="If-Match")


ORACLE = Oracle(
    name="conditional requests",
    sentence="What has not changed is answered with 304, and what has changed is not overwritten unseen.",
    rules=("condition-ignored",),
    budget=30,
    ask=_ask,
)
