"""A request as values by name, and its form on the wire."""

from __future__ import annotations

import hashlib
import random
import re
from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec

from clausewise.contract.bodies import write_body
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import encode, encode_header, encode_path, is_written_by_http
from clausewise.contract.parts import HeaderContract, MediaContract, ParameterContract
from clausewise.contract.querystring import write_query
from clausewise.exchange import Headers, Request, header
from clausewise.media.codec import Written
from clausewise.media.json import JSON, json_text
from clausewise.security.credentials import OperationCredentials
from clausewise.security.schemes import with_cookies
from clausewise.spec.fixed_query import fixed_query
from clausewise.spec.operations import Parameter, SecurityScheme
from clausewise.spec.router import as_sent
from clausewise.values.generate import generate_filled
from clausewise.values.typical import NoValueError
from clausewise.values.words import plain

#: headers that make requests one, as `plain` writes them, and the characters of a value that are changed
_KEYS = frozenset({"idempotencykey", "xidempotencykey"})
_KEY = 8

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

#: the marker of a body that is not sent
ABSENT = msgspec.UNSET

#: `Accept` for any media type, which is also what a request without `Accept` means (RFC 9110 section 12.5.1)
ANYTHING = "*/*"


class Draft(msgspec.Struct, frozen=True):
    """The values of one request. Others are derived from it with `msgspec.structs.replace`."""

    #: (location, name) -> value: ("path", "id"), ("query", "limit"), ...
    parameters: dict[tuple[str, str], Any] = {}
    #: value of the body; ABSENT for none
    body: Any = ABSENT
    #: the documented media type that `body` is a value for; "" for the first that is judged
    media: str = ""
    #: bytes sent instead of `body`; None to send `body`
    raw_body: bytes | None = None
    #: None for that of the documented media type
    content_type: str | None = None
    #: None for the operation's own
    method: str | None = None
    #: security schemes whose credentials are left out, with everything else in the same places
    without: tuple[SecurityScheme, ...] = ()
    #: further headers
    headers: Headers = ()


def write(operation: OperationContract, draft: Draft, credentials: OperationCredentials) -> Request:
    """The request that `draft` describes, with a user's `credentials`.

    A credential replaces a parameter in the same place. If the credential is left out, so is the parameter.
    """
    method, path = draft.method or operation.operation.method, operation.operation.path
    authorized = credentials.apply(Request(method, "/", credentials.headers), draft.without)
    query: list[tuple[str, str]] = []
    cookies: list[tuple[str, str]] = []
    whole: str | None = None
    body = _body(operation, draft)
    sent = [*authorized.headers, *draft.headers]
    for contract in operation.parameters:
        parameter = contract.parameter
        key = (parameter.location, parameter.name)
        if key not in draft.parameters or _gives_way(parameter, draft, credentials) or is_written_by_http(parameter):
            continue
        value = draft.parameters[key]
        if parameter.location == "path":
            path = path.replace("{" + parameter.name + "}", encode_path(parameter, value))
        elif contract.whole is not None:
            whole = write_query(contract.whole, value)
        elif parameter.location == "query":
            query += encode(parameter, value)
        elif parameter.location == "cookie":
            cookies += encode(parameter, value)
        else:
            if is_key_of_request(parameter.name):
                value = key_of_request(contract, value, body.content if body is not None else b"")
            sent += encode(parameter, value)
    path, mark, fixed = path.partition("?")
    path = as_sent(path) + mark + fixed
    pairs = [whole] if whole else [f"{name}={value}" for name, value in query]
    if keys := authorized.target.partition("?")[2]:
        pairs.append(keys)
    if pairs:
        path += ("?" if fixed_query(operation.operation.path) is None else "&") + "&".join(pairs)
    if cookies:
        sent = [*with_cookies(tuple(sent), cookies)]
    written = (contract.parameter for contract in operation.parameters if is_written_by_http(contract.parameter))
    sent += [(parameter.name, str(len(body.content) if body is not None else 0)) for parameter in written]
    if body is not None and body.content_type:
        sent.append(("Content-Type", body.content_type))
    if header(authorized.headers, "Accept") is None:
        sent.append(("Accept", _accept(operation) if draft.method is None else ANYTHING))
    return Request(method, path, tuple(sent), body.content if body is not None else None)


def is_key_of_request(name: str) -> bool:
    """Whether a header of this name makes a request one with others that have the same value, as `Idempotency-Key`
    does: a server answers the second of them with what the first has made."""
    return plain(name) in _KEYS


def key_of_request(contract: ParameterContract, value: Any, body: bytes) -> Any:
    """The `value` of such a header in a request with this `body`: requests that differ have different ones. It is as
    valid as before; what has too few characters to differ stays as it is."""
    if not isinstance(value, str) or len(value) < _KEY or not (value.isalnum() or _UUID.fullmatch(value)):
        return value
    own = value[:-_KEY] + hashlib.sha256(body).hexdigest()[:_KEY]
    message = contract.message
    return own if message is None or message.is_valid(own) is message.is_valid(value) else value


def can_write(operation: OperationContract, draft: Draft) -> bool:
    """Whether the body of `draft` has a form in the operation's media type: JSON has one for every value."""
    if draft.body is ABSENT or draft.raw_body is not None:
        return True
    entry = with_part_headers(operation, draft.media)
    return entry is None or entry.codec is JSON or write_body(entry, draft.body) is not None


def _gives_way(parameter: Parameter, draft: Draft, credentials: OperationCredentials) -> bool:
    """Whether the parameter's place belongs to a credential, applied or not."""
    place = parameter.location, parameter.name
    if credentials.may_occupy(*place):
        return credentials.occupies(*place) or bool(draft.without) or not parameter.required
    return credentials.occupies(*place)


def _body(operation: OperationContract, draft: Draft) -> Written | None:
    """The body as its documented media type writes it, even if the draft declares another; JSON where it has no form
    for the value."""
    entry = with_part_headers(operation, draft.media)
    named = draft.content_type or (entry.sent_as if entry is not None else "")
    if draft.raw_body is not None:
        return Written(named, draft.raw_body)
    if draft.body is ABSENT:
        return None
    written = write_body(entry, draft.body) if entry is not None else None
    if written is None:
        return Written(named, json_text(draft.body))
    return Written(draft.content_type or written.content_type, written.content)


@lru_cache(maxsize=256)
def with_part_headers(operation: OperationContract, media: str) -> MediaContract | None:
    """A media type of the request body as in `body_of`, with values for the header fields of its parts."""
    entry = operation.body_of(media)
    if entry is None or not entry.fields:
        return entry
    members = dict(entry.members)
    for field in entry.fields:
        headers = tuple((each.header.name, _header_text(each, operation.key)) for each in field.headers)
        members[field.name] = msgspec.structs.replace(members[field.name], headers=headers)
    return msgspec.structs.replace(entry, members=members)


def _header_text(contract: HeaderContract, key: str) -> str:
    """The value of a header field of a part: the document's example, else a typical one."""
    header, message = contract.header, contract.message
    values = [one.value for one in header.examples if message is None or message.is_valid(one.value)]
    if not values and message is not None:
        with suppress(NoValueError):
            values = [generate_filled(message, random.Random(f"{key}:{header.name}"), name=header.name)]
    return encode_header(header, values[0] if values else "1")


def _accept(operation: OperationContract) -> str:
    types = dict.fromkeys(name for response in operation.responses.values() for name in response.content)
    return ", ".join(types or operation.operation.produces) or ANYTHING
