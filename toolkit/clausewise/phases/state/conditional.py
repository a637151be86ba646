"""The oracle `conditional requests` (RFC 9110 sections 8.8.3 and 13): what has not changed is not sent again, and what
has changed is not overwritten unseen, where the contract documents either; an ETag changes with what it stands for."""

from __future__ import annotations

from itertools import islice

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, header
from clausewise.phases.base import status_of
from clausewise.phases.state.bodies import varied
from clausewise.phases.state.kind import Kind, Steps, case_of, is_done
from clausewise.phases.state.oracle import Oracle
from clausewise.resources.factory import Action
from clausewise.resources.identity import Resource
from clausewise.results.causes import Causes

#: an ETag that no resource has
_NOBODYS = '"clausewise"'

#: actions on a resource that are looked at
_ACTIONS = 4


def _ask(kind: Kind) -> Steps:
    get = kind.type.get
    if get is None:
        return
    if _documents(get, "304", "If-None-Match"):
        yield from _not_modified(kind, get)
    for operation in kind.updates:
        if _documents(operation, "412", "If-Match"):
            yield from _overwritten(kind, operation)
    delete = kind.type.delete
    if delete is not None and _documents(delete, "412", "If-Match"):
        yield from _overwritten(kind, delete)
    for operation in kind.updates[:1]:
        yield from _stale(kind, get, operation)
    known = kind.context.factory.actions.get(kind.type.path, {})
    actions = (action for action in known.values() if action.prover.operation not in kind.updates)
    for action in islice(actions, _ACTIONS):
        yield from _stays(kind, get, action)


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
            kind.find("condition-ignored", get, exchange, message, seen="If-None-Match", causes=_one("If-None-Match"))


def _overwritten(kind: Kind, operation: OperationContract) -> Steps:
    """Change, or remove, two resources with the tag that they had before they were changed; with one that none has
    where nothing changes them."""
    changing = operation if operation is not kind.type.delete else next(iter(kind.updates), None)
    for number in range(2):
        one = yield from kind.create()
        old = (yield from _tagged(kind, one)) if one is not None else None
        if old is None:
            return
        which = "from before a change"
        if changing is not None:
            changed = yield from _sent(kind, changing, one, "If-Match", old, "the resource is changed with its tag")
            new = (yield from _tagged(kind, one)) if is_done(changed) else None
            if new is None or new == old:
                return
        else:
            old, which = _NOBODYS, "that no resource has"
        exchange = yield from _sent(kind, operation, one, "If-Match", old, f"`If-Match` has an ETag {which}")
        if not exchange.accepted:
            return
        if number:
            message = f"{operation.key} answered {status_of(exchange)} to `If-Match` with an ETag {which}, and not 412"
            kind.find("condition-ignored", operation, exchange, message, seen="If-Match", causes=_one("If-Match"))


def _stale(kind: Kind, get: OperationContract, operation: OperationContract) -> Steps:
    """Change two resources, and see whether their ETags change with them, and whether the answer has the new one."""
    for number in range(2):
        one = yield from kind.create()
        names = kind.draft(operation, one)[1].body if one is not None else ()
        before = yield from kind.look(one, "its ETag is compared", names) if isinstance(names, dict) else ()
        old = _etag(before.exchange) if before is not None else None
        if before is None or old is None:
            return
        changed = yield from _sent(kind, operation, one, "If-Match", old, "the resource is changed with its tag")
        after = yield from kind.look(one, "its ETag is compared", names) if is_done(changed) else ()
        if after is None or all(after.shown.get(name) == before.shown.get(name) for name in names):
            return
        new, told = _etag(after.exchange), _etag(changed)
        if new == old and not old.startswith("W/"):
            shown, seen, message = after.exchange, "stays", f"{get.key} has the ETag {old} before and after"
        elif told == old and new not in (old, None):
            shown, seen = changed, "answered"
            message = f"{operation.key} answered with the ETag {old} from before the change, {get.key} has {new} after"
        else:
            return
        if number:
            found = get if shown is after.exchange else operation
            what = f" {operation.key} changed the resource" if found is get else " it"
            where = "response.200.header.ETag"
            kind.find("stale-etag", found, shown, message + what, seen=seen, where=where, causes=_one(f"ETag {seen}"))


def _stays(kind: Kind, get: OperationContract, action: Action) -> Steps:
    """Act on two resources, and see whether GET shows something else of them then, with the ETag from before."""
    for number in range(2):
        one = yield from kind.create()
        if one is None:
            return
        for earlier in action.before:
            yield [earlier.case(one, kind.rng)]
        before = yield from kind.look(one, "its ETag is compared")
        if number:
            # What was made may be shown a little later only: then it is no action that changes what is shown.
            before = yield from kind.look(one, "its ETag is compared", wait=kind.later)
        (acted,) = yield [action.case(one, kind.rng)]
        after = (yield from kind.look(one, "its ETag is compared")) if is_done(acted) else None
        if before is None or after is None or after.shown == before.shown:
            return
        tag = _etag(before.exchange)
        if tag is None or tag.startswith("W/") or _etag(after.exchange) != tag:
            return
        if number:
            did = f"{action.prover.operation.key} changed the resource"
            message = f"{get.key} has the ETag {tag} before and after {did}"
            where = "response.200.header.ETag"
            kind.find("stale-etag", get, after.exchange, message, seen="stays", where=where, causes=_one("ETag stays"))


def _one(key: str) -> Causes:
    """The cause of what is wrong with conditions: one piece of a server makes and compares all ETags."""
    return Causes(frozenset({("condition", key)}))


def _etag(exchange: Exchange) -> str | None:
    return header(exchange.response.headers, "ETag") if exchange.response is not None else None


ORACLE = Oracle(
    name="conditional requests",
    sentence="What has not changed is answered with 304, what has changed has a new ETag and is not lost.",
    rules=("condition-ignored", "stale-etag"),
    budget=80,
    ask=_ask,
)
