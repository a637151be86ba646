"""The oracle `address`: `Location` in a 201 answer leads to what was made (RFC 9110 sections 10.2.2 and 15.3.2).

A wrong address counts when a second resource has one as well. Where it leads to another server, or to another kind of
resource, nobody can tell what it means.
"""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Request, header
from clausewise.phases.base import status_of
from clausewise.phases.state.kind import Kind, Sight, Steps
from clausewise.phases.state.oracle import Oracle
from clausewise.resources.identity import Resource, named_in
from clausewise.resources.types import erased
from clausewise.results.rules import Severity


def _ask(kind: Kind) -> Steps:
    if kind.type.get is None:
        return
    for number in range(2):
        one = yield from kind.create()
        creation = kind.creation
        if one is None or one.assumed or creation is None or creation.response is None:
            return
        address = header(creation.response.headers, "Location")
        if creation.response.status != 201 or not address:
            return
        wrong = yield from _wrong(kind, kind.type.get, one, creation.request, address)
        if wrong is None:
            return
        if number:
            message = f"{kind.maker.key} answered 201 with `Location: {address}`, {wrong.what}"
            where = "response.201.header.Location"
            kind.find("wrong-location", kind.maker, creation, message, where=where, severity=wrong.severity)


class _Wrong(msgspec.Struct, frozen=True):
    """What is wrong with an address, to follow its mention, and how bad that is."""

    what: str
    severity: Severity = "error"


def _wrong(kind: Kind, get: OperationContract, one: Resource, making: Request, address: str) -> Steps:
    """What is wrong with the `address` in the answer to the request `making` that made `one`; None where nothing is."""
    sight = yield from kind.look(one, "it is compared with what `Location` leads to")
    own = _name(kind, sight)
    if sight is None or own is None:
        return None
    named = kind.context.factory.inventory.led_to(address, making)
    if named is None:
        if "//" in address:
            # Nothing is known of another server, and a server may not know how it is called.
            return None
        return _Wrong(f"which is no path of the contract; {get.key} shows `{own}`", "warning")
    operation, values = named
    if erased(operation.operation.path) != kind.type.path or list(map(str, values)) == list(map(str, one.values)):
        return None
    other = Resource(one.type_path, values)
    exchange, _ = yield from kind.read(other, "`Location` leads to it")
    if status_of(exchange) in (404, 410):
        return _Wrong(f"where {get.key} answered {status_of(exchange)}; the resource is `{own}`")
    led_to = _name(kind, (yield from kind.look(other, "`Location` leads to it")))
    return None if led_to in (None, own) else _Wrong(f"which is `{led_to}`; the resource is `{own}`")


def _name(kind: Kind, sight: Sight | None) -> Any:
    """What a resource calls itself where an answer shows it; None where it does not."""
    return named_in(sight.shown, kind.type.parameter, kind.type.noun) if sight is not None else None


ORACLE = Oracle(
    name="address",
    sentence="`Location` leads to what was made.",
    rules=("wrong-location",),
    budget=16,
    ask=_ask,
)
