"""What a recorder or its user hid in an exchange, and what it left out: none of it is judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, unquote_plus

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, ExchangePath, Headers, header, query_parts
from clausewise.media.json import parse_json
from clausewise.recordings.fields import CONTENT_TYPE
from clausewise.recordings.placeholders import is_mask

#: what every mask has somewhere
_SIGN = re.compile(rb"<|\*\*\*|[xX]{5}|(?i:redacted|filtered|masked|hidden|removed|scrubbed|sanitized|censored)")


def masked_in(
    operation: OperationContract, exchange: Exchange, path_parameters: dict[str, str]
) -> frozenset[ExchangePath]:
    """The places of the values that are masks."""
    request, response = exchange.request, exchange.response
    found: set[ExchangePath] = {
        ("request", "path", name) for name, value in path_parameters.items() if is_mask(unquote(value))
    }
    pairs = query_parts(request.target.partition("?")[2])
    found |= {("request", "query", name) for name, value in pairs if is_mask(unquote_plus(value))}
    named = [each.parameter.name for each in operation.parameters if each.parameter.location == "header"]
    found |= {("request", "header", name) for name in named if is_mask(header(request.headers, name))}
    bodies = {"request": request.body, "response": response.body if response is not None else None}
    for side, body in bodies.items():
        if body and _SIGN.search(body):
            try:
                found |= {(side, "body", *at) for at in _masked(parse_json(body), ())}
            except ValueError:
                continue
    return frozenset(found)


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
