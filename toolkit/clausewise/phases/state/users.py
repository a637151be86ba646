"""The oracle `users`: what another user may not read by its id stands in no list, search or report for that user.

It is asked where the credentials of a second user are given. A thing is known again by the texts that were made up for
it, and by an id that is long enough to be no other's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.generation.prover import Prover
from clausewise.media.json import values_in
from clausewise.phases.base import status_of
from clausewise.phases.state.kind import Kind, Steps, case_of
from clausewise.phases.state.oracle import Oracle
from clausewise.phases.state.round_trip import made
from clausewise.resources.identity import Resource, json_of
from clausewise.resources.types import erased, resource_paths

#: refusals that keep a thing from a user (RFC 9110 section 15.5.4)
_REFUSALS = frozenset({403, 404})

#: characters from which on a text or an id belongs to one thing alone
_OWN = 8

#: a letter and a digit side by side, as in texts that are made up, and in no date
_MADE_UP = re.compile(r"[a-z][0-9]|[0-9][a-z]")

#: operations that the other user reads
_READ = 20


def _ask(kind: Kind) -> Steps:
    get, others = kind.type.get, kind.context.other_credentials
    if get is None or others is None or not others.of(get.operation).can_call:
        return
    mine, theirs = kind.context.credentials.of(get.operation), others.of(get.operation)
    if (mine.headers, mine.applied) == (theirs.headers, theirs.applied):
        return
    suspects = list(_readings(kind))[:_READ]
    confirmed: dict[str, tuple[OperationContract, Exchange, Any]] | None = None
    refused: Exchange | None = None
    # A second thing shows it again, so that no value is taken for another's by chance.
    for _ in range(2):
        one, sent = yield from made(kind)
        if one is None or not suspects:
            return
        own = _own_values(one, sent.body)
        refused = yield from kind.send(get, one, credentials=others, note="another user asks for the resource")
        if status_of(refused) not in _REFUSALS or not own:
            return
        found: dict[str, tuple[OperationContract, Exchange, Any]] = {}
        for operation in suspects:
            _, draft = kind.draft(operation, one)
            prover = Prover(operation, others, draft.media)
            (exchange,) = yield [case_of(prover, draft, "another user reads it")]
            document = json_of(exchange.response.body) if exchange.accepted and exchange.response else None
            if (value := next((each for each in values_in(document) if _is_one_of(each, own)), None)) is not None:
                found[operation.key] = operation, exchange, value
        suspects = [operation for operation, _, _ in found.values()]
        confirmed = found
    for operation, exchange, value in (confirmed or {}).values():
        assert refused is not None
        kind.find(
            "foreign-access",
            operation,
            exchange,
            f"{operation.key} shows {show(value)} to another user, who may not read it: {get.key} answers "
            f"{status_of(refused)} to that user",
            seen=f"{kind.type.path} of another",
        )


def _readings(kind: Kind) -> Iterator[OperationContract]:
    """The lists, searches and reports whose path leads at most through what the thing is in."""
    outer = set(resource_paths(kind.type.path)) - {kind.type.path}
    for operation in kind.context.operations:
        within = set(resource_paths(erased(operation.operation.path)))
        if operation.operation.method == "GET" and within <= outer and kind.baseline(operation) is not None:
            yield operation


def _own_values(one: Resource, sent: Any) -> frozenset[str]:
    """What stands for the thing alone: its id, and the texts that were made up for it."""
    texts = {value for value in values_in(sent) if isinstance(value, str) and _MADE_UP.search(value)}
    return frozenset(text for text in {*texts, str(one.values[-1])} if len(text) >= _OWN)


def _is_one_of(value: Any, own: frozenset[str]) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value) in own


ORACLE = Oracle(
    name="users",
    sentence="What a user may not read by its id stands in no list, search or report that this user reads.",
    rules=("foreign-access",),
    budget=2 * (_READ + 3),
    ask=_ask,
)
