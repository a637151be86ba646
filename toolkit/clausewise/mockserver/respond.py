"""The responses of a conformant server: the document's example that fits best, else a generated value, with the values
of the request put in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from clausewise.contract.bodies import example_value, write_body
from clausewise.contract.branches import branches_of
from clausewise.contract.breaches import Breach
from clausewise.contract.contract import OperationContract
from clausewise.contract.message import Message
from clausewise.contract.parameters import encode_header
from clausewise.contract.parts import HeaderContract, MediaContract, ResponseContract
from clausewise.contract.request import RequestJudgement
from clausewise.exchange import Headers, Response
from clausewise.media.codec import Malformed, Written
from clausewise.media.types import quality
from clausewise.values.carried import carried
from clausewise.values.edit import get, put
from clausewise.values.generate import generate, generate_filled
from clausewise.values.places import places_in
from clausewise.values.shape import shape_of
from clausewise.values.typical import NoValueError, typical

#: statuses for a refusal, the best first; the first that the contract documents is used
_NO_CREDENTIALS = ("401", "403", "4XX", "400", "default")
_NOT_SUPPORTED = ("415", "400", "422", "4XX", "default")
_INVALID = ("400", "422", "4XX", "default")

#: headers that say how an answer was sent, and when: whoever sends it writes them, and a value that a schema allows
#: would be false (RFC 9110 sections 6.6.1, 7.6.1, 8.4, 8.6, RFC 9112 section 6.1)
_OF_TRANSPORT = frozenset(
    (
        *("content-length", "content-encoding", "transfer-encoding", "date"),
        *("connection", "keep-alive", "upgrade", "trailer", "te"),
    )
)

#: the body of XML that has no schema
_EMPTY_ROOT = "<clausewise/>"

#: the body that is sent where no schema judges it
_UNJUDGED = "clausewise\n"

#: alternatives of which an array has an item
_ITEMS = 8

#: members of an error body that hold a sentence for people
_SENTENCES = ("message", "detail", "error", "title", "description")


class Responder:
    """Creates the responses of one operation; the same request gets the same response for the same seed."""

    def __init__(self, operation: OperationContract, seed: int) -> None:
        self._operation = operation
        self._seed = seed
        self._templates = cache(self._find_templates)

    def refuse(self, breach: Breach, accept: str = "") -> Response:
        """The refusal of a request because of `breach`, whose `Accept` header is `accept`."""
        keyword = breach.clause.keyword
        wanted = {"security": _NO_CREDENTIALS, "content": _NOT_SUPPORTED}.get(keyword, _INVALID)
        fallback = "401" if keyword == "security" else "400"
        documented = [name for name in self._operation.responses if name[0] == "4" and name.isdigit()]
        status = next((name for name in (*wanted, *documented) if name in self._operation.responses), fallback)
        code = status if status.isdigit() else fallback
        place = ".".join(breach.location)
        return self._answer(int(code), {}, accept, sentence=f"{place}: {breach.clause.text}")

    def accept(self, judgement: RequestJudgement, accept: str = "") -> Response:
        """The answer to a request that keeps the contract, whose `Accept` header is `accept`."""
        fitting = [name for kind in "231" for name in self._operation.responses if name[0] == kind]
        # "2XX" and "default" allow more than one status.
        code = next((int(name) if name.isdigit() else int(name[0]) * 100 for name in fitting), 200)
        given = {name: value for (location, name), value in judgement.parameters.items() if location == "path"}
        message = self._operation.body_message
        body = carried(message, judgement.body) if message is not None else judgement.body
        if isinstance(body, dict):
            given |= body
        return self._answer(code, given, accept)

    def status(self, code: int, accept: str = "") -> Response | None:
        """A response with the status `code`; None when the contract does not document it."""
        return self._answer(code, {}, accept) if self._operation.documents(code) else None

    def _answer(self, code: int, given: dict[str, Any], accept: str, sentence: str | None = None) -> Response:
        contract = self._operation.response_for(code)
        if contract is None:
            return Response(code)
        headers = self._headers(contract)
        entry = _accepted(contract, accept)
        if entry is None:
            return Response(code, headers)
        values = self._templates(contract.documented.status, entry.name)
        message = entry.message
        body: Any = max(values, key=lambda value: _likeness(value, given))
        if message is not None and isinstance(body, dict):
            body = _echoed(body, [value for value in values if isinstance(value, dict)], given, message)
            if sentence is not None:
                body = _with_sentence(body, sentence, message)
        # What came in the request may have no form in the media type: XML has none for control characters.
        forms = (write_body(entry, value) for value in (body, *values))
        written = next(filter(None, forms), None) or Written(entry.sent_as, str(body).encode())
        return Response(code, (("Content-Type", written.content_type), *headers), written.content)

    def _find_templates(self, status: str, media_type: str) -> list[Any]:
        """Possible bodies of a documented response in one of its media types."""
        entry = self._operation.responses[status].content[media_type]
        message = entry.message
        values = _examples(entry)
        if message is not None:
            examples = (carried(message, value) for value in _schema_examples(message))
            values += [value for value in examples if message.is_valid(value)]
        values = [value for value in values if write_body(entry, value) is not None]
        if not values and message is not None:
            values = [_with_each_item(message, self._made(message, status)), *self._of_branches(message, status)]
        return values or [_EMPTY_ROOT if entry.codec.by_schema else _UNJUDGED if entry.not_judged else ""]

    def _made(self, message: Message, name: str) -> Any:
        """A value with every documented member, where there is one, else with the required ones."""
        rng = random.Random(f"{self._seed}:{self._operation.key}:{name}")
        try:
            value = generate(message, rng, optional=True)
        except NoValueError:
            return generate(message, rng, optional=False)
        # An empty map shows nothing of its members.
        return generate_filled(message, rng) if value == {} else value

    def _of_branches(self, message: Message, status: str) -> Iterator[Any]:
        """A value of each alternative of `message`; none where it is no union."""
        branches = branches_of(message.generated, lambda at: self._operation.message_at(at, message).generated)
        for branch in branches if len(branches) > 1 else ():
            with suppress(NoValueError):
                value = self._made(message.of_branch(branch.schema), f"{status} {branch.label}")
                if branch.discriminator is not None and isinstance(value, dict):
                    value = {**value, branch.discriminator: branch.label}
                if message.is_valid(value):
                    yield value

    def _headers(self, contract: ResponseContract) -> Headers:
        headers = (documented for documented in contract.headers if documented.header.name.lower() not in _OF_TRANSPORT)
        return tuple((documented.header.name, self._header(documented)) for documented in headers)

    def _header(self, documented: HeaderContract) -> str:
        header, message = documented.header, documented.message
        values = [one.value for one in header.examples if message is None or message.is_valid(one.value)]
        if not values and message is None:
            return "1"
        if not values and message is not None:
            values = [self._made(message, header.name)]
        return encode_header(header, values[0])


def _accepted(contract: ResponseContract, accept: str) -> MediaContract | None:
    """The media type of an answer: the one that `Accept` wants most, of several the one that a schema judges first;
    where it wants none of them, as without it. None for an answer without a body."""
    first = contract.judged or next(iter(contract.content.values()), None)
    wanted = {id(entry): quality(entry.sent_as, accept) for entry in contract.content.values()}
    return max(contract.content.values(), key=lambda entry: (wanted[id(entry)], entry is first), default=None)


def _examples(entry: MediaContract) -> list[Any]:
    message = entry.message
    values = [example_value(entry, example.value) for example in entry.media.examples]
    if message is None:
        return values
    carry = (carried(message, value) for value in values if not isinstance(value, Malformed))
    return [value for value in carry if message.is_valid(value)]


def _with_each_item(message: Message, value: Any) -> Any:
    """`value` with an item of each alternative that the items of its arrays have."""
    rng = random.Random(0)
    for place in list(places_in(message, value)) if isinstance(value, list | dict) else ():
        array = place.location[:-1]
        if not place.location or place.location[-1] != 0 or not isinstance(get(value, array), list):
            continue
        for alternative in place.alternatives[:_ITEMS]:
            with suppress(NoValueError):
                item = typical(alternative.schemas, message.schema, rng, optional=False)
                longer = put(value, (*array, len(get(value, array))), item)
                value = longer if message.is_valid(longer) else value
    return value


def _schema_examples(message: Message) -> list[Any]:
    return shape_of([message.schema], message.schema).examples


def _likeness(value: Any, given: dict[str, Any]) -> int:
    """How many of the `given` fields have the same value in an example."""
    if not isinstance(value, dict):
        return 0
    return sum(1 for name, wanted in given.items() if name in value and value[name] == wanted)


def _echoed(
    body: dict[str, Any], others: list[dict[str, Any]], given: dict[str, Any], message: Message
) -> dict[str, Any]:
    """`body` with the `given` fields in place of its own, where it stays valid; else the one of `others` that stays
    valid with most of them."""
    names = {*body, *shape_of([message.schema], message.schema).properties}
    changed = body
    for name, value in given.items():
        if name in names:
            changed = put(changed, (name,), _like(changed.get(name), value))
    if message.is_valid(changed):
        return changed
    return max(
        (_partly_echoed(other, given, names, message) for other in (body, *others)),
        key=lambda candidate: _likeness(candidate, given),
    )


def _partly_echoed(body: dict[str, Any], given: dict[str, Any], names: set[str], message: Message) -> dict[str, Any]:
    for name, value in given.items():
        candidate = put(body, (name,), _like(body.get(name), value)) if name in names else body
        if message.is_valid(candidate):
            body = candidate
    return body


def _like(template: Any, value: Any) -> Any:
    """`value` with the members that only the server knows (ids, times), taken from `template`."""
    if isinstance(template, dict) and isinstance(value, dict):
        return {**template, **{name: _like(template.get(name), member) for name, member in value.items()}}
    if isinstance(template, list) and isinstance(value, list) and template:
        return [_like(template[0], item) for item in value]
    return value


def _with_sentence(body: dict[str, Any], sentence: str, message: Message) -> dict[str, Any]:
    for name in _SENTENCES:
        if isinstance(body.get(name), str):
            changed = {**body, name: sentence}
            return changed if message.is_valid(changed) else body
    return body
