"""Repairs refused requests as their refusals ask.

A contract seldom has every rule of its server: that two members exclude each other, which words a string may be, which
resource an id must name. The refusal usually names the rule.
"""

from __future__ import annotations

import random
import re
from collections.abc import Generator, Iterable, Iterator
from itertools import pairwise
from typing import Any

import msgspec

from clausewise.contract.message import Message
from clausewise.exchange import Exchange, Request
from clausewise.feedback.complaints import (
    NOTHING_VOLATILE,
    Complaint,
    VolatileWords,
    complaints,
    may_be_volatile,
    requested_values,
    signature,
    volatile_words,
)
from clausewise.feedback.forms import named_forms, written_forms
from clausewise.feedback.moments import moved
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.prover import Prover, root_of, with_value
from clausewise.generation.references import References
from clausewise.resources.uniqueness import RequestField
from clausewise.transport.budget import CHANGING_METHODS
from clausewise.values.edit import Location, get, members, path_of, put, take_out
from clausewise.values.literals import literals, strong_literals
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.typical import NoValueError, typical
from clausewise.values.words import plain

#: statuses that blame the request's values; 404 and 409 blame the resources that they name, 406 and 415 a media type
_COMPLAINING = frozenset({400, 404, 406, 409, 415, 422})

#: a condition is wanted, such as `If-Match`
_NO_CONDITION = 428

#: start of an HTML page, whose text is not read as a refusal
_PAGE = re.compile(rb"\s*<(?:!doctype|html)\b", re.IGNORECASE)

#: requests sent to repair one that was refused
_TRIES = 16

#: letters of a word that may be a kind of resource
_WORD = 3

#: how a sentence speaks of the length of a text, and the longest that is made for it, in characters
_OF_LENGTH = re.compile(r"\b(?:characters?|letters|length|longer|shorter|too (?:long|short))\b", re.IGNORECASE)
_NUMBERS = re.compile(r"(?<![\w.-])\d{1,4}(?![\w-]|\.\d)")
_LONGEST = 4096

Answer = Generator[tuple[Draft, Request], Exchange, None]


def repairs(
    prover: Prover,
    draft: Draft,
    refusal: Exchange,
    references: References,
    sent: Iterable[Request],
    tries: int = _TRIES,
) -> Answer:
    """Yields at most so many `tries` at changing the request of `draft`, is sent their exchanges, and continues from
    those with a different refusal.

    It repeats no request that was `sent` before, except for the refused one if its refusal may have volatile words. It
    ends when a request is accepted, or when nothing more can be learnt.
    """
    tried, rng = set(sent), random.Random(f"{prover.operation.key}:mending")
    budget, met, volatile = tries, set[str](), NOTHING_VOLATILE
    conditional = _with_condition(prover, draft, refusal)
    request = prover.keeping(conditional) if conditional is not None else None
    if conditional is not None and request is not None and request not in tried:
        tried.add(request)
        draft, refusal = conditional, (yield conditional, request)
        if refusal.accepted:
            return
    refused_body = _body_of(refusal)
    if refused_body is not None and may_be_volatile(draft, refused_body):
        # A second answer to the same request shows which words of the refusal are only its own id.
        again = yield draft, refusal.request
        if again.accepted:
            return
        volatile = volatile_words(refused_body, _body_of(again) or refused_body)
    while refused_body is not None:
        met.add(signature(draft, refused_body, volatile))
        progress = None
        for changed in _changed(prover, draft, refused_body, volatile, references, rng):
            request = prover.keeping(changed)
            if request is None or request in tried:
                continue
            if budget == 0:
                return
            budget -= 1
            tried.add(request)
            exchange = yield changed, request
            if exchange.accepted:
                return
            # A redirect or a crash says nothing of the request's values: the search goes on from where it was.
            other = _body_of(exchange)
            if other is not None and signature(changed, other, volatile) not in met:
                progress = changed, other
                break
        if progress is None:
            return
        draft, refused_body = progress


def _with_condition(prover: Prover, draft: Draft, refusal: Exchange) -> Draft | None:
    """`draft` with the header that a server wants which answers 428 Precondition Required (RFC 6585 section 3), where
    the operation documents it as optional."""
    if refusal.response is None or refusal.response.status != _NO_CONDITION:
        return None
    names = (each.parameter.name for each in prover.operation.parameters if each.parameter.location == "header")
    name = next((name for name in names if name.lower() == "if-match"), None)
    if name is None or ("header", name) in draft.parameters:
        return None
    return with_value(draft, f"header.{name}", (), "*")


def _body_of(exchange: Exchange) -> bytes | None:
    """The body of a refusal; None where its status does not blame the request's values, or it is an HTML page."""
    response = exchange.response
    if response is None or response.status not in _COMPLAINING or _PAGE.match(response.body):
        return None
    return response.body


def _changed(
    prover: Prover,
    draft: Draft,
    refused_body: bytes,
    volatile: VolatileWords,
    references: References,
    rng: random.Random,
) -> Iterator[Draft]:
    yield from moved(draft, volatile.remove_from(refused_body.decode("utf-8", "replace"), draft))
    for complaint in complaints(draft, list(_places(prover, draft)), refused_body, volatile):
        part, location = complaint.place
        message = prover.message(part)
        if part.startswith("path.") and prover.operation.operation.method in CHANGING_METHODS:
            # A path must not lead to a resource of others, which the request would change.
            continue
        if message is None or (not location and complaint.missing and part == "body"):
            continue
        root = root_of(draft, part)
        if root is ABSENT:
            if part != "body":
                yield from (
                    with_value(draft, part, (), value)
                    for value in _values(prover, complaint, None, message, references, rng)
                )
            continue
        old = None if complaint.missing else get(root, location)
        for value in _values(prover, complaint, old, message, references, rng):
            if value != old and message.is_valid(put(root, location, value)):
                yield with_value(draft, part, location, value)
        if not complaint.missing:
            yield from _without(draft, part, location)


def _places(prover: Prover, draft: Draft) -> Iterator[RequestField]:
    """Every parameter, every member that the body has, and those that it could have at its outermost."""
    for contract in prover.operation.parameters:
        yield f"{contract.parameter.location}.{contract.parameter.name}", ()
    message = prover.message("body")
    if message is None or draft.body is ABSENT:
        return
    yield from (("body", location) for location in members(draft.body))
    outermost = shape_of([message.schema], message.schema)
    if isinstance(draft.body, dict):
        yield from (("body", (name,)) for name in outermost.properties if name not in draft.body)


def _values(
    prover: Prover, complaint: Complaint, old: Any, message: Message, references: References, rng: random.Random
) -> list[Any]:
    """Values that the complaint may ask for instead of `old`, the likeliest first."""
    part, location = complaint.place
    name = str(location[-1]) if location else part.partition(".")[2]
    words = requested_values(complaint.text)
    found: list[Any] = [*_referred(complaint, name, references)] if complaint.repeats else []
    if old is None or isinstance(old, str):
        found += written_forms(complaint.text)
    found += [value for value in words if value not in (name, str(old))]
    if old is None or isinstance(old, str):
        found += strong_literals([complaint.text])
    if not isinstance(old, dict | list):
        found += named_forms(complaint.text)
    if isinstance(old, str):
        found += _as_long(old, complaint.text)
    if not complaint.repeats:
        found += [*references.reference(name), *references.similar(name)]
    found += [*_described(complaint.place, message, prover), *references.suggested(name)]
    if complaint.missing:
        found += _typical(message, location, name, rng)
    found += _others(message, location)
    typed = [other for value in found for other in _as_any_type(value)]
    fitting = [value for value in typed if value != old]
    return list({repr(value): value for value in fitting}.values())


def _described(place: RequestField, message: Message, prover: Prover) -> list[str]:
    """The values that the descriptions of a place name."""
    part, location = place
    path = path_of(location)
    descriptions = list(shape_of(shape_at(message, path), message.schema).descriptions)
    if not location:
        descriptions += [
            contract.parameter.description
            for contract in prover.operation.parameters
            if f"{contract.parameter.location}.{contract.parameter.name}" == part
        ]
    return literals(descriptions)


def _referred(complaint: Complaint, name: str, references: References) -> Iterator[Any]:
    """What the place may refer to: by the nouns of the sentence, then by its own name."""
    words = re.findall(r"[A-Za-z]+", complaint.text)
    for first, second in pairwise(["", *words]):
        for phrase in (plain(first + second), plain(second)):
            if len(phrase) >= _WORD:
                yield from references.named(phrase)
    yield from references.reference(name)
    yield from references.similar(name)


def _as_any_type(value: Any) -> Iterator[Any]:
    """`value`, and as the number or the boolean that it may be written for, and alone in an array."""
    yield value
    if isinstance(value, str):
        if re.fullmatch(r"-?[0-9]{1,15}", value):
            yield int(value)
        elif value.lower() in ("true", "false"):
            yield value.lower() == "true"
    if not isinstance(value, list):
        yield [value]


def _as_long(old: str, text: str) -> list[str]:
    """`old` with as many characters as a sentence about its length wants."""
    lengths = map(int, _NUMBERS.findall(text)) if old and _OF_LENGTH.search(text) else ()
    return [(old * length)[:length] for length in lengths if 0 < length <= _LONGEST]


def _typical(message: Message, location: Location, name: str, rng: random.Random) -> Iterator[Any]:
    path = path_of(location)
    try:
        yield typical(shape_at(message, path), message.schema, rng, optional=False, name=name)
    except NoValueError:
        return


def _others(message: Message, location: Location) -> list[Any]:
    """The values that the contract lists for a place: another one may go with the rest."""
    path = path_of(location)
    return shape_of(shape_at(message, path), message.schema).enum or []


def _without(draft: Draft, part: str, location: Location) -> Iterator[Draft]:
    """`draft` without the value at a place, or without a parent of it. The caller checks that the rest is valid."""
    if part == "body":
        for depth in range(len(location), 0, -1):
            yield msgspec.structs.replace(draft, body=take_out(draft.body, location[:depth]))
    else:
        key = tuple(part.split(".", 1))
        rest = {other: value for other, value in draft.parameters.items() if other != key}
        yield msgspec.structs.replace(draft, parameters=rest)
