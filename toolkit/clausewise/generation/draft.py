"""A request in the making: values by name, printed to the wire in one place."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from clausewise.contract.contract import OperationContract
from clausewise.contract.parameters import encode, encode_path
from clausewise.exchange import Headers, Request
from clausewise.media.json import json_text

#: the marker of a body that is not sent
ABSENT = msgspec.UNSET


class Draft(msgspec.Struct, frozen=True):
    """The values of one request. `msgspec.structs.replace` makes the next one from it."""

    #: (location, name) -> value: ("path", "id"), ("query", "limit"), ...
    parameters: dict[tuple[str, str], Any] = {}
    #: value of the body; ABSENT for none
    body: Any = ABSENT
    #: bytes sent in the place of that value; None to send `body`
    raw_body: bytes | None = None
    content_type: str | None = None
    #: the operation's own where None
    method: str | None = None
    #: whether the run's credentials go along
    credentials: bool = True
    #: further headers
    headers: Headers = ()


def write(operation: OperationContract, draft: Draft, headers: Headers, credentials: Headers) -> Request:
    """The request that `draft` describes, with the run's `headers` and, where it wants them, `credentials`."""
    path, query, cookies = operation.operation.path, [], []
    sent: list[tuple[str, str]] = [*headers, *(credentials if draft.credentials else ()), *draft.headers]
    for contract in operation.parameters:
        parameter = contract.parameter
        key = (parameter.location, parameter.name)
        if key not in draft.parameters:
            continue
        value = draft.parameters[key]
        if parameter.location == "path":
            path = path.replace("{" + parameter.name + "}", encode_path(parameter, value))
        elif parameter.location == "query":
            query += encode(parameter, value)
        elif parameter.location == "cookie":
            cookies += encode(parameter, value)
        else:
            sent += encode(parameter, value)
    if query:
        path += "?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    if cookies:
        sent.append(("Cookie", "; ".join(f"{name}={quote(value, safe='')}" for name, value in cookies)))
    body = draft.raw_body
    if body is None and draft.body is not ABSENT:
        body = _content(operation, draft.body)
    if body is not None and draft.content_type:
        sent.append(("Content-Type", draft.content_type))
    if draft.method is None and operation.responses:
        sent.append(("Accept", _accept(operation)))
    return Request(draft.method or operation.operation.method, path, tuple(sent), body)


def _content(operation: OperationContract, value: Any) -> bytes:
    """A body as its documented media type writes it, whatever the request calls it; as JSON without one."""
    entry = operation.body.judged if operation.body is not None else None
    written = entry.write(value) if entry is not None else None
    return written.content if written is not None else json_text(value)


def _accept(operation: OperationContract) -> str:
    types = dict.fromkeys(name for response in operation.responses.values() for name in response.content)
    return ", ".join(types) or "*/*"
