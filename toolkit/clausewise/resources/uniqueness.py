"""Requests that can be sent again: with a fresh value where the server requires unique ones, or on a fresh resource.

A server with unique names answers 409 to the second request with the same name, and a server that has archived a
resource does not archive it again. Without fresh values each probe would be refused because of an earlier one.
"""

from __future__ import annotations

import random
import re
import string
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from clausewise.contract.bodies import sent_value, with_sent_value
from clausewise.contract.message import Message
from clausewise.contract.parameters import decode_path, encode_header, encode_path
from clausewise.contract.parts import BodyContract
from clausewise.exchange import Request, header
from clausewise.generation.differences import value_at
from clausewise.generation.draft import ABSENT, Draft, is_key_of_request, key_of_request
from clausewise.generation.prover import Case, Prover, with_value
from clausewise.resources.naming import path_parameter
from clausewise.resources.types import ResourceType, identifiers
from clausewise.values.edit import Location, get, path_of, put
from clausewise.values.generate import generate
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.strings import for_pattern
from clausewise.values.typical import NoValueError
from clausewise.values.words import end_alike, plain

#: a field of a request: the part ("body", "query.limit") and the location in it
RequestField = tuple[str, Location]

#: a name of a host in a domain, and the number of a telephone
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+\.[a-z]{2,}", re.IGNORECASE)
_PHONE = re.compile(r"\+[0-9]{8,15}")

#: members that are looked at first when one must be unique
_NAMES = re.compile(r"name|slug|key|title|label|email|code|id$", re.IGNORECASE)

#: a UUID as most servers write it
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

#: objects around a text that a server may want to be unique
_ENVELOPES = 2

#: texts that are drawn from one pattern
_DRAWN = 4

_LETTERS = string.ascii_lowercase
_ALPHABET = string.ascii_lowercase + string.digits


def candidates(draft: Draft, resource_type: ResourceType | None = None) -> list[RequestField]:
    """Texts in the body of `draft`, and in the objects in it, that a server may want to be unique, the likeliest
    first; `resource_type` is what the request creates."""
    if not isinstance(draft.body, dict):
        return []
    texts = dict[Location, str](_texts(draft.body, _ENVELOPES))
    # Whoever refers to something by its id cannot choose it.
    ids = {"id"} if resource_type is None else {"id", *identifiers(resource_type)}
    own = [at for at, value in texts.items() if plain(str(at[-1])) in ids or not UUID.fullmatch(value)] or [*texts]
    fields = [("body", at) for at in own]
    return sorted(fields, key=lambda field: (not names_its_owner(field), len(field[1])))


def _texts(body: dict[str, Any], envelopes: int) -> Iterator[tuple[Location, str]]:
    """The texts of an object and of those in it, each with its place: many a server wants what it is sent in one
    envelope, and JSON:API in two."""
    for name, value in body.items():
        if isinstance(value, str):
            yield (name,), value
        elif isinstance(value, dict) and envelopes:
            yield from (((name, *at), text) for at, text in _texts(value, envelopes - 1))


def keys_of_requests(draft: Draft) -> tuple[RequestField, ...]:
    """The headers of `draft` that make requests one, such as `Idempotency-Key`: each further request needs others."""
    return tuple(
        (f"header.{name}", ()) for place, name in draft.parameters if place == "header" and is_key_of_request(name)
    )


def names_its_owner(field: RequestField) -> bool:
    """Whether a field is called as what names an object."""
    return _NAMES.search(str(field[1][-1])) is not None


def renewed(prover: Prover, draft: Draft, places: Sequence[RequestField], rng: random.Random) -> Draft | None:
    """`draft` with a fresh valid value at each of `places`; None where one of them has but the value it has."""
    for part, location in places:
        old = value_at(draft, (part, *location))
        tries = (with_value(draft, part, location, value) for value in _fresh(prover, part, location, old, rng))
        fresh = next((candidate for candidate in tries if prover.keeping(candidate) is not None), None)
        if fresh is None:
            return None
        if part.startswith("path."):
            fresh = _with_same_identifiers(prover, fresh, part.removeprefix("path."), old)
        draft = fresh
    return draft


def renewable(prover: Prover, draft: Draft, places: Iterable[RequestField]) -> list[RequestField]:
    """Those of `places` that can have another valid value: an `enum` may leave none."""
    return [place for place in places if renewed(prover, draft, [place], random.Random(0)) is not None]


def _with_same_identifiers(prover: Prover, draft: Draft, name: str, old: Any) -> Draft:
    """`draft` with the new value of the path parameter `name` also where its body had the `old` one again."""
    body = _again(draft.body, name, old, draft.parameters["path", name]) if draft.body is not ABSENT else ABSENT
    same = msgspec.structs.replace(draft, body=body)
    return same if prover.keeping(same) is not None else draft


def _fresh(prover: Prover, part: str, location: Location, old: Any, rng: random.Random) -> Iterator[Any]:
    """Values like `old` that were hardly used before, the plainest first; whether they are valid is not known yet."""
    yield from fresh_values(old, rng)
    message = prover.message(part)
    if message is not None:
        yield from drawn_texts(message, location, old, rng)
    if message is not None and not location:
        try:
            made = generate(message, rng, optional=False)
        except NoValueError:
            return
        # By itself it is as short as it can be, and others have it soon.
        yield from fresh_values(made, rng)
        yield made


def drawn_texts(message: Message, location: Location, old: Any, rng: random.Random) -> Iterator[str]:
    """Other texts than `old` that the pattern of a member, or of a parameter, describes, such as the number of a
    book."""
    schemas = shape_at(message, path_of(location)) if location else [message.schema]
    shape = shape_of(schemas, message.schema)
    # An example of the document may be what exists.
    known = [old, *shape.examples]
    for pattern in shape.patterns if isinstance(old, str) else ():
        drawn = (for_pattern(pattern, rng, lambda text: text not in known) for _ in range(_DRAWN))
        yield from (text for text in drawn if text is not None)


def fresh_values(old: Any, rng: random.Random) -> Iterator[Any]:
    """Values like `old`, a text or a whole number, that were hardly used before, the plainest first."""
    letters = rng.choice(_LETTERS) + "".join(rng.choices(_ALPHABET, k=7))
    number = rng.randrange(10**8, 10**9)
    if isinstance(old, str):
        if UUID.fullmatch(old):
            yield str(uuid.UUID(int=rng.getrandbits(128), version=4))
        user, at, host = old.partition("@")
        if user and at and host:
            yield f"{letters}@{host}"
        if _HOST.fullmatch(old):
            yield f"{letters}.{old.partition('.')[2]}"
        if _PHONE.fullmatch(old):
            yield f"{old[:-4]}{number % 10_000:04}"
        yield f"{old}-{letters}"
        yield f"{old}{letters}"
        yield old[: -len(letters)] + letters
        yield letters
        yield str(number)
        yield f"{old}{number}"
    elif isinstance(old, int) and not isinstance(old, bool):
        yield from (number, number // 10**4, number // 10**6)


def with_fresh_values(
    prover: Prover, cases: Iterator[Case], drafts: Sequence[Draft], places: Sequence[RequestField], rng: random.Random
) -> Iterator[Case]:
    """`cases` with fresh values at `places`, wherever they have those of `drafts`, from which they were made."""
    taken = {(part, location): [value_at(draft, (part, *location)) for draft in drafts] for part, location in places}
    for case in cases:
        request = case.request
        for (part, location), old in taken.items():
            fresh = renewed(prover, drafts[0], [(part, location)], rng)
            if fresh is not None:
                request = replaced(prover, request, (part, location), old, value_at(fresh, (part, *location)))
        yield case if request is case.request else msgspec.structs.replace(case, request=request)


def replaced(prover: Prover, request: Request, place: RequestField, old: Sequence[Any], new: Any) -> Request:
    """`request` with `new` at `place`, if it has one of the `old` values there; else unchanged."""
    part, location = place
    if part.startswith("path."):
        name = part.removeprefix("path.")
        parameter = path_parameter(prover.operation, name).parameter
        written = [encode_path(parameter, value) for value in old if value is not ABSENT]
        if prover.operation.match(request.target).get(name) not in written:
            return request
        return retargeted(prover, request, {name: new})
    if part.startswith("header."):
        name = part.removeprefix("header.")
        own = prover.operation.parameter("header", name)
        written = [value for value in old if value is not ABSENT]
        if own is not None and is_key_of_request(name):
            written += [key_of_request(own, value, request.body or b"") for value in written]
        # What is tried in its place stays: it is what the server has to refuse.
        if own is None or header(request.headers, name) not in [encode_header(own.parameter, each) for each in written]:
            return request
        headers = tuple(
            (each, encode_header(own.parameter, new)) if each.lower() == name.lower() else (each, value)
            for each, value in request.headers
        )
        return msgspec.structs.replace(request, headers=headers)
    try:
        body = sent_value(prover.operation.body, request)
        now = get(body, location)
        # True is 1 for Python alone.
        if not any(now == value and type(now) is type(value) for value in old):
            return request
    except (KeyError, IndexError, TypeError, ValueError):
        # What does not have its format, or is not what it should be, is refused for that.
        return request
    return with_sent_value(prover.operation.body, request, put(body, location, new))


def retargeted(prover: Prover, request: Request, values: dict[str, Any]) -> Request:
    """`request` with other values for some of its path parameters, also where its body has them again; unchanged where
    its path is another one."""
    operation = prover.operation
    written = operation.match(request.target)
    if not written:
        return request
    path = operation.operation.path
    for name, segment in written.items():
        if name in values:
            contract = path_parameter(operation, name)
            old = decode_path(contract.parameter, contract.message, segment)
            request = _rewritten(prover.operation.body, request, name, old, values[name])
            segment = encode_path(contract.parameter, values[name])
        path = path.replace("{" + name + "}", segment)
    _, mark, query = request.target.partition("?")
    return msgspec.structs.replace(request, target=path + mark + query)


def moved_to(draft: Draft, values: Mapping[str, Any]) -> Draft:
    """`draft` with other `values` for some of its path parameters, also where its body has the old ones again."""
    parameters, body = dict(draft.parameters), draft.body
    for name, value in values.items():
        old = parameters.get(("path", name), ABSENT)
        body = _again(body, name, old, value) if old is not ABSENT else body
        parameters["path", name] = value
    return msgspec.structs.replace(draft, parameters=parameters, body=body)


def _rewritten(contract: BodyContract | None, request: Request, name: str, old: Any, new: Any) -> Request:
    """`request` with `new` where its body has the value `old` of the path parameter `name` again."""
    value = sent_value(contract, request)
    changed = _again(value, name, old, new)
    return request if changed == value else with_sent_value(contract, request, changed)


def _again(body: Any, name: str, old: Any, new: Any) -> Any:
    """`body` with `new` for each member, in it or in an object in it, that is named and valued as the path parameter.

    Many a server refuses a body whose identifier is not the one in the path.
    """
    if not isinstance(body, dict):
        return body
    changed = dict(body)
    for member, value in body.items():
        if isinstance(value, dict):
            changed[member] = {
                inner: _typed_as(beside, new) if _is_same(inner, beside, name, old) else beside
                for inner, beside in value.items()
            }
        elif _is_same(member, value, name, old):
            changed[member] = _typed_as(value, new)
    return changed


def _is_same(member: str, value: Any, name: str, old: Any) -> bool:
    same_kind = isinstance(value, str | int) and not isinstance(value, bool)
    return same_kind and str(value) == str(old) and (end_alike(member, name) or plain(member) == "id")


def _typed_as(value: Any, new: Any) -> Any:
    """`new` as text where `value` is one, else as it is."""
    return str(new) if isinstance(value, str) else new
