"""Refusals of valid requests that break no clause: reasons for them that no contract lists.

A resource may not be there or be in another state, an identifier may have to be
the one in the path, a text may have to follow a grammar that the contract tells in prose, and a query parameter may not
be empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any, Literal

from clausewise.conformance.clause_places import LIMITS
from clausewise.conformance.prose import is_told
from clausewise.conformance.refusal_words import (
    compares,
    excludes,
    gives_another_reason_than_length,
    knows_no_member,
    names_what_is_not_there,
    says_different,
    says_mismatch,
    says_not_alike,
    says_not_unique,
    speaks_of_credentials,
    speaks_of_setup,
    speaks_of_state,
    text_of,
)
from clausewise.contract.clause import Clause
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import has_own_form
from clausewise.contract.request import RequestJudgement, judge_request
from clausewise.exchange import Exchange, Probe, Request, Response, header, query_pairs
from clausewise.media.json import values_in
from clausewise.media.types import essence
from clausewise.values.edit import get, path_of
from clausewise.values.shape import Shape, shape_at, shape_of
from clausewise.values.strings import FORMATS, is_backwards
from clausewise.values.words import end_alike, plain, words

#: `state`: of what the server holds; `identifier`: that of the path is another; `text`: it follows no grammar; `empty`:
#: nothing stands behind the name of a query parameter, or of a field; `form`: OpenAPI leaves open how it is written;
#: `together`: it excludes another member, or parameter, that is there; `told`: the contract says it in prose
Excuse = Literal["state", "identifier", "text", "empty", "form", "together", "told"]

#: statuses of refusals that may be because of the grammar or the length of a text
_ABOUT_TEXT = frozenset({400, 413, 414, 422, 431})

#: statuses of refusals of a media type that a request asks for or names
_ABOUT_MEDIA_TYPES = frozenset({406, 415})

#: keywords that name the very value which a probe on their boundary sends
_BOUNDARIES = frozenset(
    (
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "pattern", "enum"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems", "const", "format"),
    )
)

#: those on the length of a text, or of an array
_LENGTHS = frozenset({"minLength", "maxLength", "minItems", "maxItems"})

#: shortest id that a sentence has by no accident, in characters
_SHORTEST_ID = 3

#: what tells apart the names of two members that have to be alike: `password` and `password_confirmation`
_SECOND = re.compile(
    r"\d+$|confirm(?:ation|ed)?|repeat(?:ed)?|again|verif(?:y|ication)|re(?=type|enter|password)|retyped?"
)

#: members by which somebody logs in, as `plain` writes them
_LOGIN = re.compile(r"(?:password|passwd|passphrase|username|login|email|user|otp|pin|secret|token)\d?$")

_DATE = re.compile(r"\d{4}-\d\d-\d\d")

#: marks that nothing stands at a place
_ABSENT = object()


def speaks_of_the_past(response: Response) -> bool:
    """Whether a refusal speaks of what happened before: a name is in use already, a resource is closed."""
    return speaks_of_state(text_of(response))


def excuse_of(operation: OperationContract, exchange: Exchange, clause: Clause | None) -> Excuse | None:
    """Why the refusal of a valid request breaks no clause; None where the contract promises to accept the request.

    `clause` is the one that the probe is about. A value that the contract itself names (an example, a default, a member
    of an `enum`, a limit) has no excuse but the state of what the server holds.
    """
    probe, response = exchange.probe, exchange.response
    assert probe is not None and response is not None
    if _is_empty_in_query(operation, exchange.request, probe):
        return "empty"
    text = text_of(response)
    if (not probe.deviates_at or _is_of_login(probe)) and speaks_of_credentials(text):
        # Others may use it, or with other credentials, such as those that a login takes.
        return "state"
    is_patched = _is_patch(exchange.request) and "body" in probe.deviates_at[:1]
    if speaks_of_state(text) or speaks_of_setup(text) or is_patched:
        return "state"
    judgement = judge_request(operation, exchange.request, operation.match(exchange.request.target), evidence=False)
    if _says_what_it_is(judgement, probe, text) or _is_in_backwards_range(judgement, probe):
        return "state"
    value = _value_at(judgement, probe)
    if _is_compared(judgement, probe, value, text):
        return "state"
    if not isinstance(value, list) and says_not_unique(text):
        # Of a list it says that two of its own items are alike.
        return "state"
    if _is_of_another_alternative(clause, probe, text):
        return "together"
    is_boundary = clause is not None and clause.keyword in _BOUNDARIES and probe.keeps == (clause.key,)
    # A limit that the schema has is no more than what a description says of it.
    is_limit = is_boundary and clause is not None and clause.keyword in LIMITS
    if not is_limit and is_told(operation, _descriptions(operation, judgement, probe), text):
        return "told"
    if _has_to_be_alike(judgement, probe, value, text):
        return "together"
    if value is not _ABSENT and (
        _is_exclusive(judgement, probe, text) or _is_of_another(judgement, probe, value, text)
    ):
        return "together"
    if value in ("", [""]) and _is_in_form(operation, judgement, probe):
        return "empty"
    if probe.deviates_at and _has_own_form(operation, judgement, str(probe.deviates_at[0])):
        return "form"
    named = not probe.deviates_at or (value is not _ABSENT and not isinstance(value, bool))
    if value is _ABSENT:
        return "state" if named and names_what_is_not_there(text) else None
    message = _message(operation, str(probe.deviates_at[0]), judgement)
    shape = _shape(message, clause, probe)
    if shape is not None and value in (shape.enum or ()):
        return None
    if named and names_what_is_not_there(text):
        # The example of an id names what no server has to hold.
        return "state"
    if shape is not None and value in shape.examples:
        return None
    if _is_another_identifier(judgement, probe, value, text):
        return "identifier"
    if is_boundary and not _is_of_texts(clause, value, text):
        return None
    documented = response.status in _ABOUT_TEXT and operation.response_for(response.status) is not None
    # A media type is a text with a grammar; where such a status is undocumented, a finding of its own says so.
    documented = documented or response.status in _ABOUT_MEDIA_TYPES
    root = message.schema if message is not None else True
    return "text" if documented and _is_free_text(value, shape or shape_of([], root), root) else None


def _is_patch(request: Request) -> bool:
    """Whether the body is a JSON Patch. What its operations may be depends on each other and on what they are applied
    to (RFC 6902 sections 4 and 5), of which no schema speaks."""
    return essence(header(request.headers, "Content-Type") or "") == "application/json-patch+json"


def _has_own_form(operation: OperationContract, judgement: RequestJudgement, part: str) -> bool:
    place, _, name = part.partition(".")
    contract = operation.parameter(place, name)
    return contract is not None and has_own_form(contract.parameter, judgement.parameters.get((place, name)))


def _is_empty_in_query(operation: OperationContract, request: Request, probe: Probe) -> bool:
    """Whether the request deviates at a query parameter that has no value, which `allowEmptyValue` would have to allow
    (OpenAPI 3.1 section 4.8.12.2.1): many servers read such a parameter as one that is missing."""
    place, _, name = str(probe.deviates_at[0] if probe.deviates_at else "").partition(".")
    if place != "query" or (name, "") not in query_pairs(request.target.partition("?")[2]):
        return False
    contract = operation.parameter("query", name)
    return contract is None or not contract.parameter.allows_empty


def _is_in_form(operation: OperationContract, judgement: RequestJudgement, probe: Probe) -> bool:
    """Whether the request deviates at a field of a form: many servers read one without a value as one that is missing,
    as in a query."""
    entry = next((each for each in operation.bodies if each.message is judgement.message), None)
    return len(probe.deviates_at) > 1 and probe.deviates_at[0] == "body" and entry is not None and entry.is_form


def _says_what_it_is(judgement: RequestJudgement, probe: Probe, text: str) -> bool:
    """Whether a refusal says of the resource that the path names, and not of the value tried, what it is or is not."""
    tried = str(probe.deviates_at[0]) if probe.deviates_at else ""
    return any(
        tried != f"{place}.{name}" and re.search(rf"(?<!\w){re.escape(value)}\W{{0,2}} is (?:not )?an? \w", text)
        for (place, name), value in judgement.parameters.items()
        if place == "path" and isinstance(value, str) and len(value) >= _SHORTEST_ID
    )


def _value_at(judgement: RequestJudgement, probe: Probe) -> Any:
    """What was sent where the request deviates."""
    if not probe.deviates_at:
        return _ABSENT
    part, *location = probe.deviates_at
    place, _, name = str(part).partition(".")
    root = judgement.body if part == "body" else judgement.parameters.get((place, name), _ABSENT)
    try:
        return get(root, tuple(location))
    except (KeyError, IndexError, TypeError):
        return _ABSENT


def ends_before_it_begins(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether the request deviates at an end of a range that ends before it begins."""
    request, probe = exchange.request, exchange.probe
    assert probe is not None
    judgement = judge_request(operation, request, operation.match(request.target), evidence=False)
    return _is_in_backwards_range(judgement, probe)


def lacks_its_value(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether nothing stands in the place where the request deviates."""
    request, probe = exchange.request, exchange.probe
    assert probe is not None
    judgement = judge_request(operation, request, operation.match(request.target), evidence=False)
    return bool(probe.deviates_at) and _value_at(judgement, probe) is _ABSENT


def _is_in_backwards_range(judgement: RequestJudgement, probe: Probe) -> bool:
    """Whether the request deviates at an end of a range that ends before it begins: no contract can forbid that."""
    name, beside = _among(judgement, probe)
    return name in beside and is_backwards(beside, name)


def _is_compared(judgement: RequestJudgement, probe: Probe, value: Any, text: str) -> bool:
    """Whether a refusal of a number, or of a date, compares it with another one beside it, which it names: no contract
    can tell how two values have to compare."""
    name, beside = _among(judgement, probe)
    kind = _order_of(value)
    if not kind or name not in beside or not compares(text):
        return False
    return any(_is_named(other, text) for other, one in beside.items() if other != name and _order_of(one) == kind)


def _is_exclusive(judgement: RequestJudgement, probe: Probe, text: str) -> bool:
    """Whether a refusal says that what was tried does not go together with something else that is there, and names
    both."""
    name, beside = _among(judgement, probe)
    if name not in beside or not excludes(text):
        return False
    return _is_named(name, text) and any(_is_named(other, text) for other in beside if other != name)


def _is_of_login(probe: Probe) -> bool:
    """Whether the request deviates at what somebody logs in with."""
    name = probe.deviates_at[-1]
    return isinstance(name, str) and _LOGIN.search(plain(name.rpartition(".")[2])) is not None


def _has_to_be_alike(judgement: RequestJudgement, probe: Probe, value: Any, text: str) -> bool:
    """Whether a refusal says that what was tried is not the same as its second, such as a password and its repetition:
    no contract can tell that two values have to be equal."""
    if not isinstance(value, str) or not says_not_alike(text):
        return False
    name, beside = _among(judgement, probe)
    root = _SECOND.sub("", plain(name))
    others = (one for other, one in beside.items() if other != name and _SECOND.sub("", plain(other)) == root)
    return any(one != value for one in others)


def _is_of_another(judgement: RequestJudgement, probe: Probe, value: Any, text: str) -> bool:
    """Whether a refusal blames a value beside the one that was tried, which was accepted before, and repeats it: what
    one may be depends on the other, and both are as the contract says."""
    name, beside = _among(judgement, probe)
    if name not in beside or _is_named(name, text) or (isinstance(value, str) and value and value in text):
        return False
    return any(
        other != name and isinstance(one, str) and len(one) >= _SHORTEST_ID and one in text and _is_named(other, text)
        for other, one in beside.items()
    )


def _is_of_another_alternative(clause: Clause | None, probe: Probe, text: str) -> bool:
    """Whether a refusal says that the server knows no such member, of one that only an alternative of a union has: what
    the others have beside it may make the value another alternative, which allows that member without naming it."""
    name = next((step for step in reversed(probe.deviates_at) if isinstance(step, str)), "")
    in_union = clause is not None and any("/" not in label for label in clause.branch)
    return in_union and name not in ("", "body") and knows_no_member(text) and _is_named(name, text)


def _is_named(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def _is_of_texts(clause: Clause | None, value: Any, text: str) -> bool:
    """Whether a refusal of a value on a boundary is because of its texts, and not of the boundary."""
    if isinstance(value, dict | list) and _quotes_a_text(text, value):
        return True
    of_length = clause is not None and clause.keyword in _LENGTHS and isinstance(value, str | list)
    return of_length and gives_another_reason_than_length(text)


def _quotes_a_text(text: str, value: Any) -> bool:
    """Whether a refusal repeats one of the texts that an array or an object has."""
    return any(isinstance(each, str) and len(each) >= _SHORTEST_ID and each in text for each in values_in(value))


def _order_of(value: Any) -> str:
    """What a value is compared as; "" where it is neither a number nor a date."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return "date" if isinstance(value, str) and _DATE.match(value) else ""


def _among(judgement: RequestJudgement, probe: Probe) -> tuple[str, dict[str, Any]]:
    """The name of the member, or of the parameter, where the request deviates, and the values there by name, this one
    included."""
    part, *location = probe.deviates_at or ("",)
    place, _, name = str(part).partition(".")
    if part != "body":
        return name, {other: value for (where, other), value in judgement.parameters.items() if where == place}
    with suppress(KeyError, IndexError, TypeError):
        beside = get(judgement.body, tuple(location[:-1]))
        return (str(location[-1]) if location else ""), beside if isinstance(beside, dict) else {}
    return "", {}


def _descriptions(operation: OperationContract, judgement: RequestJudgement, probe: Probe) -> list[str]:
    """What the contract says in prose of the parameters, and of each place on the way to where the request deviates."""
    found = [contract.parameter.description for contract in operation.parameters]
    part, *location = probe.deviates_at or ("",)
    message = _message(operation, str(part), judgement)
    if message is not None:
        ways = (location[:length] for length in range(len(location) + 1))
        shapes = (shape_of(shape_at(message, path_of(tuple(way))), message.schema) for way in ways)
        found += [text for shape in shapes for text in shape.descriptions]
    return found


def _message(operation: OperationContract, part: str, judgement: RequestJudgement) -> Message | None:
    if part == "body":
        return judgement.message
    place, _, name = part.partition(".")
    contract = operation.parameter(place, name)
    return contract.message if contract is not None else None


def _shape(message: Message | None, clause: Clause | None, probe: Probe) -> Shape | None:
    """The shape of the value where the request deviates."""
    if message is None:
        return None
    part, *location = probe.deviates_at
    path = path_of(tuple(location))
    if clause is not None and clause.part == part and len(clause.instance_path) == len(path):
        # It tells the members of a map from those that have a name in the contract.
        path = clause.instance_path
    return shape_of(shape_at(message, path), message.schema)


def _is_another_identifier(judgement: RequestJudgement, probe: Probe, value: Any, text: str) -> bool:
    """Whether the value is an identifier that the path and another part of the request hold, and now only one does."""
    part, *location = probe.deviates_at
    place, _, name = str(part).partition(".")
    if place == "path":
        others = [(name, member, other) for member, other in _members_of(judgement.body)]
    else:
        member = next((step for step in reversed(location) if isinstance(step, str)), name)
        paths = [(parameter, sent) for (where, parameter), sent in judgement.parameters.items() if where == "path"]
        others = [(parameter, member, sent) for parameter, sent in paths]
    if isinstance(value, str) and _names_two_values(value, others, text):
        return True
    return any(
        str(other) != str(value)
        and (words(parameter) == words(member) or (end_alike(parameter, member) and says_different(text)))
        for parameter, member, other in others
        if not isinstance(value, dict | list)
    )


def _names_two_values(value: str, others: Iterable[tuple[str, str, Any]], text: str) -> bool:
    """Whether a refusal says of a value and of another one, which it repeats, that they differ: "expected 'a', got
    'b'". It may write the value tried in another way, as with escapes."""
    is_said = says_mismatch(text) or (value in text and says_different(text))
    return is_said and any(
        isinstance(other, str) and len(other) >= _SHORTEST_ID and other != value and other in text
        for _, _, other in others
    )


def _members_of(body: Any) -> Iterator[tuple[str, Any]]:
    """The members of a body and of the objects in it."""
    for name, member in body.items() if isinstance(body, dict) else ():
        yield from member.items() if isinstance(member, dict) else [(name, member)]


def _is_free_text(value: Any, shape: Shape, root: Any) -> bool:
    """Whether a value is a text, or holds one, whose form the contract leaves open: by no `pattern`, known `format`,
    `enum` or example."""
    if isinstance(value, str):
        return _is_open(value, shape, root)
    if isinstance(value, list):
        return any(
            _is_free_text(item, shape_of(shape.prefix[index] if index < len(shape.prefix) else shape.items, root), root)
            for index, item in enumerate(value)
        )
    if not isinstance(value, dict):
        return False
    named = _named(shape, root)
    return any(
        name not in named or _is_free_text(member, shape_of(named[name], root), root) for name, member in value.items()
    )


def _named(shape: Shape, root: Any) -> dict[str, list[Any]]:
    """The members that the contract names, also in the alternatives of a union, with their schemas."""
    found = dict(shape.properties)
    for alternative in chain.from_iterable(shape.unions):
        found |= shape_of([alternative], root).properties
    return found


def _is_open(value: str, shape: Shape, root: Any) -> bool:
    if shape.enum is not None or shape.patterns or not FORMATS.keys().isdisjoint(shape.formats):
        return False
    if value in shape.examples or (shape.types and "string" not in shape.types):
        return False
    return all(any(_is_open(value, shape_of([one], root), root) for one in union) for union in shape.unions)
