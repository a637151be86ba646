"""What may cause an observed fault, and the same fault in other places: see `results.causes`.

A missing check or a wrong handler shows in many places of a server. Which places those are follows from the clause,
from how the request breaks it, and from what the answer looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import combinations
from typing import Any

import msgspec

from clausewise.conformance.response import asks_who, is_deliberate
from clausewise.conformance.symptom import complaint, digest_of_text, says_why, symptom
from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import stated_types, types_of_alternatives
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Response
from clausewise.media.json import digest, parse_json
from clausewise.media.text import encoding_fault
from clausewise.phase_table import phase_row
from clausewise.results.causes import Cause, Causes
from clausewise.results.evidence import (
    ACCEPTED_BEFORE,
    CHARACTERS,
    ODD_CREDENTIALS,
    OTHER_TEXT,
    SMALLEST,
    TOGETHER,
    UNDOCUMENTED_MEMBER,
    UNKNOWN_ID,
    WITHOUT,
    WRONG_TYPES,
    Observation,
)
from clausewise.security.schemes import present
from clausewise.spec.pointer import to_pointer
from clausewise.values.edit import Location, get, path_of

#: statuses of refusals because of a resource: their texts tell apart what is missing or in the way
ABOUT_RESOURCES = frozenset({404, 409, 410, 412, 423, 424})

#: statuses of refusals because of the values of a request
_ABOUT_VALUES = frozenset({400, 422})

#: statuses of a server that is overloaded or away for a while, and of one that does not have what is asked for
#: (RFC 9110 sections 15.6.4 and 15.6.2)
_OF_WHOLE_SERVER = frozenset({503, 501})

#: aspects of valid values that overwhelm a server in one way, wherever they stand
_TOO_MUCH = frozenset(
    {"32-bit-edge", "lower-32-bit-edge", "64-bit-edge", "lower-64-bit-edge", "exponent", "minus-zero", "long-string"}
)

#: those that JSON libraries read as numbers with a fraction, also where an integer is wanted
_WRITTEN_AS_FLOATS = frozenset({"exponent", "minus-zero"})

#: keywords about the form of a text, or the choice of a value, each checked by one function in a server
_FORMS = frozenset({"format", "pattern", "enum", "const"})

#: keywords that every value in a place is probed for
_OF_ANY_VALUE = _FORMS | {"type", "anyOf", "oneOf"}

#: keywords that set limits: a server may have each of two wrong in a way of its own
_LIMITS = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)

#: limits from here on are those of types of integers
_INTEGERS = 2**31 - 1

_NUMBERS = frozenset({"integer", "number"})

#: keywords against undocumented members
_CLOSED = frozenset({"additionalProperties", "unevaluatedProperties", "propertyNames"})

_CRASHES = frozenset({"server-error", "transport-failure"})


def with_causes(
    observation: Observation, operation: OperationContract, exchange: Exchange, clause: Clause | None
) -> Observation:
    """The observation with what may cause it; `clause` is the one that it names."""
    if observation.rule in _CRASHES:
        found = symptom(exchange, _names(operation, clause))
        causes = _of_crash(observation, operation, exchange, clause, f"{observation.rule} {found}")
        seen = observation.seen
        is_crash = exchange.response is None or not is_deliberate(operation, exchange.response.status)
        own = is_crash and says_why(exchange, _names(operation, clause))
        if own and clause is None and _is_whole(exchange):
            # Two texts are two crashes, wherever in the requests their causes are.
            seen = f"{seen} {found}"
        return msgspec.structs.replace(observation, seen=seen, symptom=found, own=own, causes=causes)
    causes = _of_other(observation, operation, exchange, clause)
    return (
        msgspec.structs.replace(observation, causes=causes.merge(observation.causes))
        if causes.shared or causes.followed
        else observation
    )


def _is_whole(exchange: Exchange) -> bool:
    """Whether a request was sent as a whole, and not to try one of its values."""
    return exchange.probe is not None and not phase_row(exchange.probe.phase).deviates


def _names(operation: OperationContract, clause: Clause | None) -> Iterator[str]:
    yield operation.operation.path
    yield operation.key
    if clause is not None:
        yield clause.part
        yield from clause.path


def _of_crash(
    observation: Observation, operation: OperationContract, exchange: Exchange, clause: Clause | None, crash: str
) -> Causes:
    """Crashes that look alike: where several values of one place crash the server, and where one kind of value does."""
    probe = exchange.probe
    if exchange.response is not None and (status := exchange.response.status) in _OF_WHOLE_SERVER:
        # It is said of the server as a whole, or of a part of it: neither operation nor value is to blame.
        return Causes(frozenset({("crash", crash), ("crash", f"{status} {digest_of_text(exchange, ())}")}))
    if probe is None or not phase_row(probe.phase).locates_crashes:
        return Causes()
    if _is_whole(exchange):
        return Causes(frozenset({("crash", f"{crash} {operation.key}")}))
    aspect = probe.aspect
    if clause is None:
        if aspect == ACCEPTED_BEFORE:
            # Nothing in it is to blame, as in a request that was sent as a whole.
            return Causes(frozenset({("crash", f"{crash} {operation.key}")}))
        kind, _, place = aspect.partition(" at ")
        found = {("crash", f"{crash} {resource_of(operation)} {aspect}")}
        tells = says_why(exchange, _names(operation, None))
        whole = frozenset({("crash", f"{crash} {operation.key}")} if tells else ())
        if not aspect:
            # Nothing in it is to blame, and what else fails with the same words does so for its reason.
            return Causes(whole)
        if aspect.startswith(WITHOUT):
            found.add(("crash", f"{crash} {operation.key} without {to_pointer(probe.deviates_at)}"))
            found |= {_unusable(observation, operation, exchange)} if tells else set()
        if kind in CHARACTERS:
            found |= {("crash", f"{crash} {kind}"), ("crash", f"{crash} {operation.key} characters {place}")}
        return Causes(frozenset(found), whole)
    # Whatever fails in a handler looks alike where the answer does not say why: then only the same place of a resource
    # may have the same cause. A parameter is text, and one function converts it for all.
    comparable = says_why(exchange, _names(operation, clause)) or clause.part != "body"
    scope = crash if comparable else f"{crash} {resource_of(operation)}"
    shared = {("crash", f"{crash} {same}") for same in _same_member(observation, operation, clause, aspect)}
    # Operations that share a schema may each fail on it in a way of their own.
    shared.add(("crash", f"{crash} of {clause.id} {observation.seen}"))
    kind = _kind_of_breach(clause, aspect) if probe.expect == "refuse" else ""
    if kind and (comparable or aspect == "malformed"):
        # What cannot be read fails before any handler sees it.
        shared.add(("crash", f"{crash} {kind}"))
    if aspect in CHARACTERS:
        shared.add(("crash", f"{crash} characters {clause.id}"))
    if aspect == OTHER_TEXT and clause.part.startswith("path."):
        # Any other text there is an id that was never made.
        shared.add(("crash", f"{crash} {resource_of(operation)} {UNKNOWN_ID} at {clause.part}"))
    followed: set[Cause] = set()
    if probe.unaccepted and probe.expect != "refuse":
        # What it changes was refused: any valid request may crash alike.
        followed.add(("crash", f"{crash} {operation.key}"))
    if aspect.startswith(TOGETHER):
        together = sorted({clause.id, *aspect.removeprefix(TOGETHER).split()})
        # Where the time for finding out which of several values it is was too short, two that are alike are one.
        for one, other in combinations(together, 2):
            shared.add(("crash", f"{crash} {operation.key} {one} {other}"))
        # One of them may crash the server alone in another place that its schema describes.
        followed |= {("crash", f"{crash} {operation.key} alone {one}") for one in together}
    elif not aspect:
        shared.add(("crash", f"{crash} {operation.key} alone {clause.id}"))
    if comparable and probe.expect == "refuse" and (_types(clause) or clause.keyword == "required"):
        # One step fails on whatever is not of the type that it takes, and on what is not there.
        shared.add(_unusable(observation, operation, exchange))
    if probe.deviates_at[-1:] == clause.path[-1:] and (aspect == "null" or clause.keyword == "required"):
        # Whoever looks for a value finds none there, whether it is left out or null.
        shared.add(("crash", f"{crash} {operation.key} without {to_pointer(probe.deviates_at)}"))
    if (number := _number_sent(exchange)) is not None:
        # Whichever clause it was sent for, and whether it is written as 0 or as 0.0.
        shared.add(("crash", f"{crash} {operation.key} {to_pointer(probe.deviates_at)} is {number}"))
    if aspect == ODD_CREDENTIALS:
        # One function reads the credentials for all operations.
        shared.add(("crash", f"{crash} {aspect}"))
    if probe.expect == "accept" and not aspect:
        # Any plain value there fails, so that what is in it is not to blame; one on a limit says that of no other.
        plain = followed if clause.keyword in _LIMITS else shared
        if probe.deviates_at:
            plain.add(("crash", f"{crash} {operation.key} with {to_pointer(probe.deviates_at)}"))
        if family := _family(clause):
            # One handler reads what is named alike.
            plain.add(("crash", f"{crash} {operation.key} {family}"))
    if probe.expect == "accept" and (check := _one_check(clause, aspect)):
        shared.add(("crash", f"{crash} {check}"))
    if aspect in CHARACTERS | _TOO_MUCH or (comparable and aspect.startswith("free-")):
        # A store that cannot keep a character, or a number, cannot keep it anywhere, and its lowest number fails as its
        # highest does.
        kind = "float" if aspect in _WRITTEN_AS_FLOATS else aspect.removeprefix("lower-")
        shared.add(("crash", f"{crash} {kind}"))
    if aspect.startswith("free-"):
        # What is open there is read in one way, whatever is in it.
        shared.add(("crash", f"{crash} {operation.key} free at {to_pointer(probe.deviates_at)}"))
    if probe.expect != "refuse" and not aspect and clause.keyword in _OF_ANY_VALUE:
        # Whatever is put there crashes: the alternative that it is one of says nothing.
        shared.add(("crash", f"{crash} {operation.key} any {_place(clause)}"))
    # What fails on one kind of text and on none at all does not look at the text.
    if aspect == "empty-string":
        followed.add(("crash", f"{crash} characters {clause.id}"))
    if probe.expect == "refuse" and (kind == "type" or clause.keyword in _FORMS):
        # What crashes on any value of another type or form checks nothing there.
        shared.add(("crash", f"{scope} at {_place(clause)}"))
    if probe.expect == "refuse" or aspect in _TOO_MUCH:
        followed |= {("crash", f"{scope} at {each}") for each in _around(clause)}
    return Causes(frozenset(shared), frozenset(followed))


def _unusable(observation: Observation, operation: OperationContract, exchange: Exchange) -> Cause:
    """The cause of a crash on what is not there, or not of its type, with the same text whatever it was."""
    assert exchange.probe is not None
    place = to_pointer(exchange.probe.deviates_at)
    return "crash", f"{observation.rule} {digest_of_text(exchange, ())} {operation.key} unusable at {place}"


def _number_sent(exchange: Exchange) -> str | None:
    """The number that a request has in the place of its body where it deviates; None where it has no number there."""
    found = _sent(exchange)
    value = found[1] if found else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value) if value == value // 1 else value)


def _object_sent(operation: OperationContract, exchange: Exchange) -> str:
    """A digest of the object, with members that the contract names, that a request has in the place of its body where
    it deviates, or around what it leaves out there; "" where it has none."""
    found = _sent(exchange)
    if found is None or not isinstance(found[1], dict):
        return ""
    path = path_of(found[0])
    below = (
        each.path[len(path)]
        for each in operation.clauses
        if each.part == "body" and len(each.path) > len(path) and each.path[: len(path)] == path
    )
    names = sorted(set(below) - {EACH_ITEM, EACH_PROPERTY})
    return digest([names, found[1]]) if names else ""


def _sent(exchange: Exchange) -> tuple[Location, Any] | None:
    """The place of its body where a request deviates, and what it has there; where it has nothing there, the place
    around that. None where it deviates elsewhere."""
    probe = exchange.probe
    if probe is None or probe.deviates_at[:1] != ("body",):
        return None
    location = probe.deviates_at[1:]
    try:
        body = parse_json(exchange.request.body or b"")
    except ValueError:
        return None
    for place in (location, location[:-1]):
        with suppress(KeyError, IndexError, TypeError, ValueError):
            return place, get(body, place)
    return None


def _family(clause: Clause) -> str:
    """The start of a parameter's name that others of its operation share, as `filter[` in `filter[size]`; else ""."""
    start, mark, _ = clause.part.partition("[")
    return start + mark if mark and clause.part.endswith("]") else ""


def _kind_of_breach(clause: Clause, aspect: str) -> str:
    """How a value breaks a clause, where that is the same for many places; else ""."""
    if _types(clause):
        # Null crashes whoever uses a value without a look at it, and each does so on its own.
        return f"type {aspect}".rstrip() if aspect != "null" else ""
    if clause.keyword in _FORMS:
        return f"form {clause.keyword}"
    if clause.keyword in _CLOSED:
        return "extra-members"
    if clause.keyword == "required":
        return "missing"
    return f"content {aspect}" if clause.keyword == "content" else ""


def _of_other(
    observation: Observation, operation: OperationContract, exchange: Exchange, clause: Clause | None
) -> Causes:
    rule, seen = observation.rule, observation.seen
    if rule == "undocumented-status" and exchange.response is not None:
        return _of_status(operation, exchange, exchange.response, clause)
    if rule == "malformed-framing":
        return Causes(frozenset({("framing", seen)}))
    if rule == "malformed-body" and exchange.response is not None and exchange.response.undecoded:
        return Causes(frozenset({("coding", exchange.response.undecoded)}))
    if rule == "malformed-body" and seen.startswith("repeated member "):
        return Causes(frozenset({("repeated-member", seen)}))
    if rule == "malformed-body" and exchange.response is not None and (wrong := encoding_fault(exchange.response.body)):
        # Whatever writes all bodies does so.
        return Causes(frozenset({("encoding", wrong)}))
    if rule == "malformed-body" and exchange.response is not None and exchange.response.status >= 400:
        return Causes(frozenset({("malformed-answer", f"{seen} {symptom(exchange, _names(operation, clause))}")}))
    if rule == "valid-request-rejected":
        return _of_refusal(observation, operation, exchange, clause)
    if clause is None:
        return Causes()
    if rule == "auth-not-enforced":
        kind = "partly-authenticated" if _has_a_part(operation, exchange) else "unauthenticated"
        return Causes(frozenset({(kind, seen)}))
    shared = {("member", same) for same in _same_member(observation, operation, clause, seen)}
    if rule == "invalid-request-accepted":
        causes = _of_acceptance(clause, seen)
        return causes.merge(Causes(frozenset(shared)))
    if rule == "response-schema" and seen == "null" and clause.path:
        shared.add(("member", f"{rule} null {_last_name(clause)}"))
    if rule == "response-schema" and clause.keyword == "format":
        shared.add(("member", f"{rule} format {clause.value}"))
    return Causes(frozenset(shared))


def _of_status(operation: OperationContract, exchange: Exchange, response: Response, clause: Clause | None) -> Causes:
    """Undocumented answers about resources that look alike, undocumented refusals of who asks, and those of what breaks
    the contract: one check makes those, and each operation makes refusals of its own of what keeps the contract."""
    status, probe = response.status, exchange.probe
    alike: set[Cause] = {("status", symptom(exchange, _names(operation, clause)))}
    if named := complaint(exchange, _places(operation, exchange)):
        # One check that every operation goes through.
        alike.add(("status", f"{status} {named}"))
    if status in ABOUT_RESOURCES:
        # One page for all, which has words of some of the requests by accident.
        return Causes(frozenset(alike | {("status", f"{status} {digest(response.body.hex())}")}))
    if not 400 <= status < 500 or status == 401 or probe is None:
        return Causes()
    if asks_who(operation, exchange):
        return Causes(frozenset({("status", f"{status} to credentials")}))
    if status in _ABOUT_VALUES:
        return Causes(frozenset({("status", f"{status} to what breaks the contract")} if probe.breaks else alike))
    # One handler refuses for many reasons, and several handlers share the checks that give the same reason.
    reason = alike if says_why(exchange, _names(operation, clause)) else {("status", f"{status} without a reason")}
    return Causes(frozenset(reason | {("status", f"{status} of {operation.key}")}))


def _of_refusal(
    observation: Observation, operation: OperationContract, exchange: Exchange, clause: Clause | None
) -> Causes:
    """Refusals of one request, those of a value and of what is in it, and those of one kind of text or member."""
    if observation.seen == UNDOCUMENTED_MEMBER:
        return Causes(frozenset({("closed", "")}))
    request = exchange.request
    sent = digest([request.target, request.headers, (request.body or b"").hex()])
    shared = {("refusal", f"{operation.key} {sent}")}
    followed: set[Cause] = set()
    found = symptom(exchange, _names(operation, clause))
    lacking = "refusal", f"{digest_of_text(exchange, ())} {operation.key} lacks a member"
    if named := complaint(exchange, _places(operation, exchange)):
        # One rule refuses, in every operation and for every place that it speaks of.
        shared.add(("refusal", f"{exchange.response and exchange.response.status} {named}"))
        if observation.seen.startswith(WITHOUT):
            shared.add(lacking)
    if observation.seen.endswith(SMALLEST):
        # What it leaves out may be missed by itself, and one rule may ask for it in several operations.
        followed.add(lacking)
        members = {each.path[0] for each in operation.clauses if each.part == "body" and each.path}
        if named := complaint(exchange, sorted(members)):
            shared.add(("refusal", f"{found.partition(' ')[0]} {named} {SMALLEST}"))
    if (object_sent := _object_sent(operation, exchange)) and says_why(exchange, _names(operation, clause)):
        # One check reads such an object wherever it stands, and whichever of its members was tried or left out.
        alike = symptom(exchange, (*_names(operation, None), "body"))
        shared.add(("refusal", f"{alike} of {object_sent}"))
    if clause is None and says_why(exchange, _names(operation, clause)):
        # One handler may serve several methods of a path.
        shared.add(("refusal", f"{found} {resource_of(operation)} {observation.seen}"))
        if not request.body and "?" not in request.target:
            # One check asks for what the contract leaves out, in every operation.
            shared.add(("refusal", f"{found} of nothing"))
    if clause is None and exchange.probe is not None and exchange.probe.deviates_at:
        # One rule about what is called so may be that of several operations.
        (name,) = _places(operation, exchange)
        shared.add(("refusal", f"{digest_of_text(exchange, (name,))} {name} {observation.seen}"))
    if clause is not None:
        shared |= {("member", same) for same in _same_member(observation, operation, clause, observation.seen)}
        if observation.seen in CHARACTERS:
            shared.add(("text", found))
        if check := _one_check(clause, observation.seen):
            shared.add(("refusal", check))
        # What is refused of a value on a limit says nothing of the others in its place.
        limit = f"{clause.keyword} {clause.value}" if clause.keyword in _LIMITS else ""
        shared.add(("refusal", f"{found} {operation.key} at {_place(clause)} {limit}"))
        if name := _last_name(clause):
            # One function checks what is called so, whichever operation takes it.
            shared.add(("refusal", f"{found} {name} {limit}"))
        followed = {("refusal", f"{found} {operation.key} at {each} ") for each in _around(clause)}
    return Causes(frozenset(shared), frozenset(followed))


def _places(operation: OperationContract, exchange: Exchange) -> Iterator[str]:
    """The name of the place where a request deviates; of one that was sent as a whole, those of its parameters."""
    probe = exchange.probe
    if probe is None or not probe.deviates_at:
        yield from (contract.parameter.name for contract in operation.parameters)
        return
    part, *steps = probe.deviates_at
    named = [step for step in steps if isinstance(step, str)]
    yield named[-1] if named else str(part).partition(".")[2]


def _one_check(clause: Clause, aspect: str) -> str:
    """What one function of a server checks, wherever it stands: values of one kind against a pattern or a format, and
    the range of a type of integers; else ""."""
    is_limit = clause.keyword in _LIMITS and isinstance(clause.value, int | float) and abs(clause.value) >= _INTEGERS
    is_form = clause.keyword in ("pattern", "format") and aspect
    return f"{clause.keyword} {clause.value} {aspect}" if is_limit or is_form else ""


def _has_a_part(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether the request has a part of the credentials that must go together: the server checks some of them."""
    alternatives = operation.security[0].alternatives if operation.security is not None else ()
    sent = [[present(scheme, exchange.request) for scheme in alternative] for alternative in alternatives]
    return any(any(one) for one in sent) and not any(all(one) for one in sent)


def _of_acceptance(clause: Clause, aspect: str) -> Causes:
    """Checks that a server lacks everywhere, or for one value and what is in it."""
    shared: set[Cause] = set()
    followed: set[Cause] = {("unchecked", f"{clause.operation} {each}") for each in _around(clause)}
    keyword = clause.keyword
    if keyword == "content":
        return Causes(frozenset({(aspect or "media-types", "")}))
    if clause.part.startswith("path."):
        # Who answers for what was never made does not look at what its id is like.
        followed.add(unknown_id(clause.operation, clause.part))
    if keyword == "required" and clause.part == "body" and not clause.path:
        return Causes(frozenset({("no-body", "")}))
    if keyword in _CLOSED:
        shared.add(("extra-members", ""))
    if aspect == "final-line-break":
        # The end of a line is the end of the text to some engines of regular expressions.
        shared.add((aspect, ""))
    elif keyword in ("format", "pattern"):
        shared.add(("form", f"{keyword} {clause.value}"))
    elif keyword in ("minimum", "maximum") and clause.id.endswith("/format"):
        # The server keeps all its integers in wider ones than the contract says.
        shared.add(("wider", ""))
    if keyword in ("enum", "const") and clause.part.partition(".")[0] in ("query", "header", "cookie"):
        # Whoever reads parameters without a look at what they may be reads all of them so.
        shared.add(("unchecked", f"{clause.operation} within {_parent(clause)}"))
    if aspect in WRONG_TYPES and (types := _types(clause) or stated_types(clause.value)):
        shared.add((_conversion(types, aspect), ""))
    elif keyword == "type" and clause.value == "boolean" and clause.part.startswith("query."):
        # One function reads the booleans of all queries.
        shared.add(("booleans", ""))
        shared.add(("unchecked", f"{clause.operation} {_place(clause)}"))
    elif keyword in ("type", "anyOf", "oneOf"):
        shared.add(("unchecked", f"{clause.operation} {_place(clause)}"))
        shared.add(("unchecked", f"{clause.operation} within {_parent(clause)}"))
    return Causes(frozenset(shared), frozenset(followed))


def unknown_id(operation: str, part: str) -> Cause:
    """The cause of an operation's answers for ids in a part of its path, "path.id", that were never made."""
    return "unknown-id", f"{operation} {part}"


def lenient_ids() -> Cause:
    """The cause of a server's answers for ids that it takes for others: one function reads them all."""
    return "lenient-ids", ""


def _conversion(types: Sequence[str], aspect: str) -> str:
    """The kind of cause where a server takes one type for another on purpose."""
    kinds = {"null": "nulls", "quoted": "strings", "fraction": "fractions", "array": "arrays"}
    if aspect in kinds:
        return kinds[aspect]
    # A boolean that a number or a text may stand for is read as a number: every language has 1 for true.
    is_number = aspect == "boolean" and not _NUMBERS.isdisjoint(types)
    return "scalars" if "string" in types and not is_number else "numbers"


def _types(clause: Clause) -> list[str]:
    """The types that a clause wants; [] where it is about something else."""
    if clause.keyword == "type":
        return clause.value if isinstance(clause.value, list) else [clause.value]
    return types_of_alternatives(clause.value) if clause.keyword in ("anyOf", "oneOf") else []


def _same_member(observation: Observation, operation: OperationContract, clause: Clause, aspect: str) -> Iterator[str]:
    """What the same assertion about the same member shares, in sibling branches of a union and in other operations."""
    what = f"{observation.rule} {clause.keyword} {digest(clause.value)[:12]} {aspect}"
    yield f"{what} {operation.key} {_place(clause)}"
    part, _, rest = clause.part.partition(".")
    if clause.direction == "response":
        # An error is written by the same handler for every operation.
        is_error = part[:1] in ("4", "5", "d")
        scope = "" if is_error or rest.startswith("header") else resource_of(operation)
        within = tuple(step for step in _below_list(clause.path) if step != EACH_ITEM)
        if within or rest.startswith("header"):
            yield f"{what} {scope} {'error ' if is_error else ''}{rest}{to_pointer(within)}"
    elif part == "body":
        if clause.path:
            yield f"{what} {resource_of(operation)} body{to_pointer(clause.path)}"
    else:
        yield f"{what} {clause.part}{to_pointer(clause.path)}"


def resource_of(operation: OperationContract) -> str:
    """The path of the collection that an operation is about, without the names of parameters."""
    steps = ["{}" if step.startswith("{") else step for step in operation.operation.path.strip("/").split("/")]
    while steps and steps[-1] == "{}":
        steps.pop()
    return "/" + "/".join(steps)


def _below_list(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path from an item of a list that is the whole answer, or a member of it; else `path`."""
    return next((path[depth + 1 :] for depth in (0, 1) if path[depth : depth + 1] == (EACH_ITEM,)), path)


def _last_name(clause: Clause) -> str:
    named = [step for step in clause.path if step not in (EACH_ITEM, EACH_PROPERTY)]
    return named[-1] if named else ""


def _place(clause: Clause) -> str:
    """The place in the message of an operation, without branches of unions."""
    return f"{clause.part}{to_pointer(clause.path)}"


def _around(clause: Clause) -> Iterator[str]:
    """The places that a clause's value is in, its own included."""
    for depth in range(len(clause.path) + 1):
        yield f"{clause.part}{to_pointer(clause.path[:depth])}"


def _parent(clause: Clause) -> str:
    """The object that the value is a member of, or the kind of the parameters beside it."""
    return f"{clause.part}{to_pointer(clause.path[:-1])}" if clause.path else clause.part.partition(".")[0]
