"""Conditional requests (RFC 9110 section 13): tags of what a mock shows, where the contract documents them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Request, Response, header

#: methods that read
_READING = ("GET", "HEAD")


def tagged(operation: OperationContract, response: Response, shown: Callable[[], bytes]) -> Response:
    """`response` with the tag of what is `shown` in its documented `ETag`, if the schema of that allows it."""
    contract = operation.response_for(response.status)
    documented = (
        next((one for one in contract.headers if one.header.name.lower() == "etag"), None) if contract else None
    )
    if documented is None:
        return response
    tag = f'"{hashlib.sha256(shown()).hexdigest()[:16]}"'
    if documented.message is not None and not documented.message.is_valid(tag):
        return response
    own = tuple((name, tag if name.lower() == "etag" else value) for name, value in response.headers)
    return msgspec.structs.replace(response, headers=own)


def failed_condition(operation: OperationContract, request: Request, tag: str | None) -> int | None:
    """The status with which a condition of the request ends it, given the `tag` of what its path shows: 304, or 412.
    None where none fails, and where the contract does not document the status."""
    if tag is None:
        return None
    unless, only = header(request.headers, "If-None-Match"), header(request.headers, "If-Match")
    reads = request.method in _READING
    if only is not None and not _names(only, tag):
        status = 412
    elif unless is not None and _names(unless, tag):
        status = 304 if reads else 412
    else:
        return None
    return status if operation.documents(status) else None


def _names(condition: str, tag: str) -> bool:
    tags = [each.strip().removeprefix("W/") for each in condition.split(",")]
    return "*" in tags or tag in tags
