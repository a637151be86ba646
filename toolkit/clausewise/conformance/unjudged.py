"""Bodies that the contract describes by a schema, and that no schema judges: what is not looked at is counted."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import BodyContract, ResponseContract
from clausewise.exchange import Exchange, Headers, header
from clausewise.results.evidence import Evidence


def unjudged(operation: OperationContract, exchange: Exchange) -> Iterator[Evidence]:
    """Evidence `unjudged` on the media types of the exchange's bodies that have a schema and are not judged by it."""
    request, response = exchange.request, exchange.response
    if request.body and request.method == operation.operation.method:
        yield from _of_body(operation.body, request.headers)
    if response is not None and response.body:
        yield from _of_body(operation.response_for(response.status), response.headers)


def _of_body(part: BodyContract | ResponseContract | None, headers: Headers) -> Iterator[Evidence]:
    content_type = header(headers, "Content-Type") or ""
    entry = part.content_for(content_type) if part is not None else None
    if entry is not None and entry.has_schema and entry.message_of(content_type) is None:
        yield Evidence(entry.clause.key, "unjudged")
