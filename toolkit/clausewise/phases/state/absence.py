"""The oracle `absence`: what is not there is answered as that, and what is there is found.

An id that was never made is asked for, changed and removed; a collection is read before anything is in it; and an
operation that accepted nothing so far is asked about a resource that GET shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from clausewise.conformance.causes import lenient_ids, unknown_id
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Case, Prover
from clausewise.phases.base import status_of
from clausewise.phases.state.bodies import leaves, refers
from clausewise.phases.state.kind import Kind, Steps, case_of
from clausewise.phases.state.oracle import Oracle
from clausewise.resources.destruction import Destruction, destruction_by
from clausewise.resources.distance import distant, roots, varies
from clausewise.resources.identity import Resource
from clausewise.resources.naming import placed
from clausewise.resources.types import erased, parameter_names
from clausewise.resources.uniqueness import renewed
from clausewise.results.causes import Causes
from clausewise.results.evidence import UNKNOWN_ID
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.shape import shape_of

#: refusals that say nothing of the id: of who asks, and of when
_OF_OTHER_THINGS = frozenset({401, 408, 429})

#: operations on one type of resource that are asked about ids that were never made, and about one that is there
_ASKED = 12
_IMPLEMENTED = 6

#: requests of an operation whose answers are all 404
_TRIES = 3

#: how large a number, and how long a text has to be that is no id by chance
_LARGE = 100_000
_LONG = 6

#: values that a parameter may have which names no resource, but a level or a place
_FEW = 100

#: how a router says that it has no such path
_ROUTER = re.compile(
    rb"(?:no such|unknown|invalid|no matching|undefined) (?:path|route|url|uri|endpoint)"
    rb"|(?:path|route|url|uri|endpoint|page|resource path) (?:was |is |could )?not (?:be )?(?:found|exist|match)"
    rb"|no route|cannot (?:get|post|put|patch|delete) /|not (?:yet )?implemented",
    re.IGNORECASE,
)


class _Stranger(msgspec.Struct, frozen=True):
    """An id that was never made."""

    id: Any
    #: the one in the place of which it stands
    known: Any
    #: a request about it
    case: Case

    @property
    def shown(self) -> str:
        """Itself in a sentence."""
        return show(str(self.id))


def _ask(kind: Kind) -> Steps:
    one = yield from kind.create()
    if one is None:
        return
    if kind.type.list is not None and kind.outer is not None:
        yield from _empty_collection(kind)
    if (yield from _unknown_ids(kind, one)):
        # What was asked about others was done to it.
        one = (yield from kind.create()) or one
    yield from _not_implemented(kind, one)


def _empty_collection(kind: Kind) -> Steps:
    """List what is in a new parent before anything is in it: its answer is judged as every other is."""
    assert kind.outer is not None and kind.type.list is not None
    parent = yield from kind.create_by(kind.outer)
    if parent is not None:
        empty = Resource(kind.type.path, (*parent.values, "1"))
        yield from kind.send(kind.type.list, empty, note="the list is still empty")


def _unknown_ids(kind: Kind, one: Resource) -> Steps:
    """Ask every operation about ids that were never made, each about two; gives whether the server took one of them for
    the id of `one`."""
    asked = list(islice(_on_one(kind), _ASKED))
    own_answer: Exchange | None = None
    suspects: list[tuple[OperationContract, _Stranger, Exchange]] = []
    for operation in asked:
        first = _unknown(kind, operation, one)
        if first is None:
            continue
        (exchange,) = yield [first.case]
        if operation is kind.type.get:
            own_answer = exchange
        is_documented = "404" in operation.responses
        is_of_parent = own_answer is not None and status_of(own_answer) == 404 and _is_collection(kind, operation)
        if exchange.accepted and (is_documented or is_of_parent):
            suspects.append((operation, first, exchange))
    is_lenient = False
    for operation, first, exchange in suspects:
        is_variation = varies(first.id, first.known)
        second = _unknown(kind, operation, one, is_far=is_variation)
        if second is None:
            continue
        (answer,) = yield [second.case]
        if answer.accepted:
            _blame_unknown(kind, operation, answer, second)
        elif is_variation and 400 <= status_of(answer) < 500 and status_of(answer) not in _OF_OTHER_THINGS:
            is_lenient = True
            _note_lenient(kind, operation, exchange, first)
    return is_lenient


def _blame_unknown(kind: Kind, operation: OperationContract, exchange: Exchange, asked: _Stranger) -> None:
    is_documented, noun = "404" in operation.responses, kind.type.noun or "resource"
    known = "404 is documented" if is_documented else f"{kind.type.get.key if kind.type.get else 'GET'} answers 404"
    kind.find(
        "unknown-id-accepted",
        operation,
        exchange,
        f"{operation.key} answered {status_of(exchange)} for the {noun} {asked.shown}, which was never made; {known}",
        # Many a server takes what is not there for removed, and a collection below it for empty.
        severity="warning" if operation.operation.method == "DELETE" or not is_documented else None,
        causes=Causes(frozenset({unknown_id(operation.key, f"path.{_own_parameter(kind, operation)}")})),
    )


def _note_lenient(kind: Kind, operation: OperationContract, exchange: Exchange, asked: _Stranger) -> None:
    """Say that the server took an id for the one that it varies: of others it knows that they were never made."""
    # What was made by such an id has that of another.
    earlier = [root for root in roots(asked.known) if kind.context.factory.inventory.has_named(root)]
    read = [str(asked.known), *earlier][-1]
    kind.find(
        "unknown-id-accepted",
        operation,
        exchange,
        f"{operation.key} answered {status_of(exchange)} for the {kind.type.noun or 'resource'} {asked.shown}: the "
        f"server ignores what follows the id {show(read)}",
        seen="lenient-id",
        severity="note",
        causes=Causes(frozenset({lenient_ids()})),
    )


def _on_one(kind: Kind) -> Iterator[OperationContract]:
    """The operations on one resource and on what belongs to it, GET of it first, and what changes something last."""
    found = []
    for operation in kind.context.operations:
        path = erased(operation.operation.path)
        if not f"{path}/".startswith(f"{kind.type.path}/") or "{" in path.removeprefix(kind.type.path):
            continue
        made = kind.context.factory.inventory.type_created_by(operation)
        makes_itself = made is not None and made.path == kind.type.path
        may_make = operation.operation.method == "PUT" and "201" in operation.responses
        if not makes_itself and not may_make and destruction_by(operation) <= Destruction.COLLECTION:
            found.append(operation)
    order = (*SAFE_METHODS, "POST", "PATCH", "PUT", "DELETE")
    turn = {method: number for number, method in enumerate(order)}
    return iter(
        sorted(found, key=lambda each: (each is not kind.type.get, turn.get(each.operation.method, len(order))))
    )


def _is_collection(kind: Kind, operation: OperationContract) -> bool:
    is_below = erased(operation.operation.path) != kind.type.path
    types = kind.context.factory.inventory.resource_types.values()
    return is_below and any(each.list is operation for each in types)


def _own_parameter(kind: Kind, operation: OperationContract) -> str:
    return parameter_names(operation)[kind.type.path.count("{}") - 1]


def _unknown(kind: Kind, operation: OperationContract, one: Resource, *, is_far: bool = False) -> _Stranger | None:
    """What `operation` is asked about in the place of `one`; None where the contract leaves only few ids. One that
    `is_far` varies the id of `one` in no way."""
    prover, draft = kind.draft(operation, one)
    name = _own_parameter(kind, operation)
    nowhere = (
        distant(prover, draft, name, kind.rng) if is_far else renewed(prover, draft, [(f"path.{name}", ())], kind.rng)
    )
    if nowhere is None or prover.keeping(nowhere) is None:
        return None
    value = nowhere.parameters["path", name]
    if (isinstance(value, int) and abs(value) < _LARGE) or (isinstance(value, str) and len(value) < _LONG):
        return None
    case = case_of(prover, nowhere, "its id was never made", aspect=f"{UNKNOWN_ID} at path.{name}")
    return _Stranger(value, draft.parameters.get(("path", name)), case)


def _not_implemented(kind: Kind, one: Resource) -> Steps:
    """Ask the operations that accepted nothing about a resource that GET shows."""
    unaccepted = [
        each for each in kind.context.operations if kind.baseline(each) is None and _may_be_missing(kind, each)
    ]
    for operation in unaccepted[:_IMPLEMENTED]:
        prover = Prover(operation, kind.context.credentials)
        exchanges = []
        for draft in islice(_drafts(kind, operation, one), _TRIES):
            exchange, _ = yield from kind.read(one)
            if exchange is None or not exchange.accepted:
                return
            (exchange,) = yield [case_of(prover, draft, f"the {kind.type.noun or 'resource'} is there")]
            exchanges.append(exchange)
            if status_of(exchange) != 404:
                break
        is_missing = bool(exchanges) and all(status_of(each) == 404 for each in exchanges)
        if is_missing and (_is_sure(kind, operation) or all(_is_routers(each) for each in exchanges)):
            assert kind.type.get is not None
            kind.find(
                "not-implemented",
                operation,
                exchanges[-1],
                f"{operation.key} answered 404 to every request, also for a {kind.type.noun or 'resource'} that "
                f"{kind.type.get.key} shows: the server seems to have no such operation",
            )


def _may_be_missing(kind: Kind, operation: OperationContract) -> bool:
    """Whether an operation is about one resource of the kind, and about no other that may not be there."""
    path = erased(operation.operation.path)
    if kind.type.get is None or not f"{path}/".startswith(f"{kind.type.path}/"):
        return False
    if destruction_by(operation) > Destruction.COLLECTION or operation is kind.type.get:
        return False
    others = parameter_names(operation)[kind.type.path.count("{}") :]
    return all(_is_of_few(operation, name) for name in others)


def _is_of_few(operation: OperationContract, name: str) -> bool:
    """Whether a path parameter has few values, so that it names a level or a place and no resource."""
    contract = operation.parameter("path", name)
    if contract is None or contract.message is None:
        return False
    shape = shape_of([contract.message.schema], contract.message.schema)
    least, most = shape.facets.get("minimum"), shape.facets.get("maximum")
    return shape.enum is not None or (least is not None and most is not None and most - least <= _FEW)


def _is_sure(kind: Kind, operation: OperationContract) -> bool:
    """Whether 404 can mean nothing else: neither a part that the resource does not have yet, nor another resource that
    the body refers to."""
    _, draft = kind.draft(operation, Resource(kind.type.path, ()))
    refers_to_others = isinstance(draft.body, dict) and any(map(refers, leaves(draft.body)))
    return operation.operation.method in ("POST", "PUT") and not refers_to_others


def _is_routers(exchange: Exchange) -> bool:
    return exchange.response is not None and _ROUTER.search(exchange.response.body) is not None


def _drafts(kind: Kind, operation: OperationContract, one: Resource) -> Iterator[Draft]:
    factory, values = kind.context.factory, placed(operation, one)
    sources = ValueSources(factory.values, values, any_path=True, references=factory.inventory)
    branch = operation.branches[0] if operation.branches else None
    for candidate in candidates(operation, branch, sources, kind.context.options.seed):
        parameters: dict[tuple[str, str], Any] = {("path", name): value for name, value in values.items()}
        yield msgspec.structs.replace(candidate.draft, parameters=candidate.draft.parameters | parameters)


ORACLE = Oracle(
    name="absence",
    sentence="What is not there is answered with 404, and what is there is not.",
    rules=("unknown-id-accepted", "not-implemented"),
    budget=60,
    ask=_ask,
)
