"""What a recorder or its user hid in an exchange, and what it left out: none of it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, unquote_plus

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, ExchangePath, Headers, cookie_pairs, header, query_parts
from clausewise.media.json import parse_json
from clausewise.recordings.fields import CONTENT_TYPE
from clausewise.recordings.placeholders import is_mask

#: of these, every mask has one somewhere, in any case
_SIGNS = (
    *(b"<", b"***", b"xxxxx"),
    *(b"redacted", b"filtered", b"masked", b"hidden", b"removed", b"scrubbed", b"sanitized", b"censored"),
)


def masked_in(
    operation: OperationContract, exchange: Exchange, path_parameters: dict[str, str]
) -> frozenset[ExchangePath]:
    """The places of the values that are masks."""
    request, response = exchange.request, exchange.response
    found: set[ExchangePath] = {
        ("request", "path", name) for name, value in path_parameters.items() if is_mask(unquote(value))
    }
    pairs = {"query": query_parts(request.target.partition("?")[2]), "cookie": cookie_pairs(request.headers)}
    for location, written in pairs.items():
        names = {name for name, value in written if is_mask(unquote_plus(value))}
        found |= {("request", location, owner) for name in names for owner in _owners(operation, location, name)}
    if any("=" not in value and is_mask(value) for name, value in request.headers if name.lower() == "cookie"):
        # Nobody knows which cookies it had.
        found.add(("request", "cookie"))
    declared = [each.parameter.name for each in operation.parameters if each.parameter.location == "header"]
    found |= {("request", "header", name) for name in declared if is_mask(header(request.headers, name))}
    if response is not None and (documented := operation.response_for(response.status)) is not None:
        hidden = {name.lower() for name, value in response.headers if is_mask(value)}
        named = [each.header.name for each in documented.headers]
        found |= {("response", "header", name) for name in named if name.lower() in hidden}
    bodies = {"request": request.body, "response": response.body if response is not None else None}
    for side, body in bodies.items():
        if body and (lowered := body.lower()) and any(sign in lowered for sign in _SIGNS):
            try:
                found |= {(side, "body", *at) for at in _masked(parse_json(body), ())}
            except ValueError:
                continue
    return frozenset(found)


def _owners(operation: OperationContract, location: str, name: str) -> Iterator[str]:
    """The parameters that a pair called `name` belongs to: that of this name, or an object that has it as a member."""
    for contract in operation.parameters:
        parameter, message = contract.parameter, contract.message
        if parameter.location == location:
            is_member = message is not None and parameter.explode and name in message.reader.names
            if is_member or name.partition("[")[0] == parameter.name:
                yield parameter.name


def _masked(value: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _masked(member, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _masked(item, (*at, str(index)))
    elif is_mask(value):
        yield at


def with_types(exchange: Exchange, operation: OperationContract, unrecorded: frozenset[ExchangePath]) -> Exchange:
    """The exchange with the documented Content-Type of each body whose own was not recorded."""
    request, response = exchange.request, exchange.response
    if ("request", *CONTENT_TYPE[1:]) in unrecorded and operation.body is not None and operation.body.content:
        headers = _typed(request.headers, next(iter(operation.body.content.values())).sent_as)
        exchange = msgspec.structs.replace(exchange, request=msgspec.structs.replace(request, headers=headers))
    if CONTENT_TYPE in unrecorded and response is not None:
        documented = operation.response_for(response.status)
        entry = documented.with_schema if documented is not None else None
        if entry is not None:
            headers = _typed(response.headers, entry.sent_as)
            exchange = msgspec.structs.replace(exchange, response=msgspec.structs.replace(response, headers=headers))
    return exchange


def _typed(headers: Headers, media_type: str) -> Headers:
    return headers if header(headers, "Content-Type") is not None else (*headers, ("Content-Type", media_type))
