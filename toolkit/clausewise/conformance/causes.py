"""What may cause an observed fault, and the same fault in other places: see `results.causes`.

A missing check or a wrong handler shows in many places of a server. Which places those are follows from the clause,
from how the request breaks it, and from what the answer looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from clausewise.conformance.clause_places import (
    CLOSED,
    LIMITS,
    around,
    last_name,
    names_of,
    one_check,
    parent_of,
    place_of_clause,
    resource_of,
    same_member,
    sent_where_it_deviates,
    types_wanted,
)
from clausewise.conformance.crashes import is_whole, of_crash
from clausewise.conformance.response import asks_who, is_deliberate
from clausewise.conformance.symptom import complaint, digest_of_text, says_why, symptom
from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import stated_types
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Response
from clausewise.media.json import digest
from clausewise.media.text import encoding_fault
from clausewise.results.causes import Cause, Causes
from clausewise.results.evidence import CHARACTERS, SMALLEST, UNDOCUMENTED_MEMBER, WITHOUT, WRONG_TYPES, Observation
from clausewise.security.schemes import present
from clausewise.values.edit import path_of

#: statuses of refusals because of a resource: their texts tell apart what is missing or in the way
_ABOUT_RESOURCES = frozenset({404, 409, 410, 412, 423, 424})

#: statuses of refusals because of the values of a request
_ABOUT_VALUES = frozenset({400, 422})

_NUMBERS = frozenset({"integer", "number"})

#: aspects of values that are taken for those of any other type -> the kind of cause
_ANY_TYPE = {"null": "nulls", "quoted": "strings", "fraction": "fractions", "array": "arrays"}

_CRASHES = frozenset({"server-error", "transport-failure"})


def with_causes(
    observation: Observation, operation: OperationContract, exchange: Exchange, clause: Clause | None
) -> Observation:
    """The observation with what may cause it; `clause` is the one that it names."""
    if observation.rule in _CRASHES:
        found = symptom(exchange, names_of(operation, clause))
        causes = of_crash(observation, operation, exchange, clause, f"{observation.rule} {found}")
        seen = observation.seen
        is_crash = exchange.response is None or not is_deliberate(operation, exchange.response.status)
        own = is_crash and says_why(exchange, names_of(operation, clause))
        if own and clause is None and is_whole(exchange):
            # Two texts are two crashes, wherever in the requests their causes are.
            seen = f"{seen} {found}"
        return msgspec.structs.replace(observation, seen=seen, symptom=found, own=own, causes=causes)
    causes = _of_other(observation, operation, exchange, clause)
    return (
        msgspec.structs.replace(observation, causes=causes.merge(observation.causes))
        if causes.shared or causes.followed
        else observation
    )


def _object_sent(operation: OperationContract, exchange: Exchange) -> str:
    """A digest of the object, with members that the contract names, that a request has in the place of its body where
    it deviates, or around what it leaves out there; "" where it has none."""
    found = sent_where_it_deviates(exchange)
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
        return Causes(frozenset({("malformed-answer", f"{seen} {symptom(exchange, names_of(operation, clause))}")}))
    if rule == "valid-request-rejected":
        return _of_refusal(observation, operation, exchange, clause)
    if clause is None:
        return Causes()
    if rule == "auth-not-enforced":
        kind = "partly-authenticated" if _has_a_part(operation, exchange) else "unauthenticated"
        return Causes(frozenset({(kind, seen)}))
    shared = {("member", same) for same in same_member(observation, operation, clause, seen)}
    if rule == "invalid-request-accepted":
        causes = _of_acceptance(clause, _aspect_sent(exchange, clause, seen))
        return causes.merge(Causes(frozenset(shared)))
    if rule == "response-schema" and seen == "null" and clause.path:
        shared.add(("member", f"{rule} null {last_name(clause)}"))
    if rule == "response-schema" and clause.keyword == "format":
        shared.add(("member", f"{rule} format {clause.value}"))
    return Causes(frozenset(shared))


def _of_status(operation: OperationContract, exchange: Exchange, response: Response, clause: Clause | None) -> Causes:
    """Undocumented answers about resources that look alike, undocumented refusals of who asks, and those of what breaks
    the contract: one check makes those, and each operation makes refusals of its own of what keeps the contract."""
    status, probe = response.status, exchange.probe
    alike: set[Cause] = {("status", symptom(exchange, names_of(operation, clause)))}
    if says_why(exchange, names_of(operation, clause)):
        # The names of an operation may be words of what all say.
        alike.add(("status", f"{status} {digest_of_text(exchange, (operation.operation.path,))}"))
    if named := complaint(exchange, _places(operation, exchange)):
        # One check that every operation goes through.
        alike.add(("status", f"{status} {named}"))
    if status in _ABOUT_RESOURCES:
        # One page for all, which has words of some of the requests by accident.
        return Causes(frozenset(alike | {("status", f"{status} {digest(response.body.hex())}")}))
    if not 400 <= status < 500 or status == 401 or probe is None:
        return Causes()
    if asks_who(operation, exchange):
        return Causes(frozenset({("status", f"{status} to credentials")}))
    if status in _ABOUT_VALUES:
        return Causes(frozenset({("status", f"{status} to what breaks the contract")} if probe.breaks else alike))
    # One handler refuses for many reasons, and several handlers share the checks that give the same reason.
    reason = alike if says_why(exchange, names_of(operation, clause)) else {("status", f"{status} without a reason")}
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
    found = symptom(exchange, names_of(operation, clause))
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
    if (object_sent := _object_sent(operation, exchange)) and says_why(exchange, names_of(operation, clause)):
        # One check reads such an object wherever it stands, and whichever of its members was tried or left out.
        alike = symptom(exchange, (*names_of(operation, None), "body"))
        shared.add(("refusal", f"{alike} of {object_sent}"))
    if clause is None and says_why(exchange, names_of(operation, clause)):
        # One handler may serve several methods of a path.
        shared.add(("refusal", f"{found} {resource_of(operation)} {observation.seen}"))
        if not request.body and "?" not in request.target:
            # One check asks for what the contract leaves out, in every operation.
            said = digest_of_text(exchange, (operation.operation.path,))
            shared |= {("refusal", f"{found} of nothing"), ("refusal", f"{said} of nothing")}
    if clause is None and exchange.probe is not None and exchange.probe.deviates_at:
        # One rule about what is called so may be that of several operations.
        (name,) = _places(operation, exchange)
        shared.add(("refusal", f"{digest_of_text(exchange, (name,))} {name} {observation.seen}"))
    if clause is not None:
        shared |= {("member", same) for same in same_member(observation, operation, clause, observation.seen)}
        if observation.seen in CHARACTERS:
            shared.add(("text", found))
        if check := one_check(clause, observation.seen):
            shared.add(("refusal", check))
        if observation.seen == "empty-string" and says_why(exchange, names_of(operation, clause)):
            # One function refuses empty texts, whatever they are called.
            shared.add(("refusal", f"{digest_of_text(exchange, names_of(operation, clause))} {observation.seen}"))
        # What is refused of a value on a limit says nothing of the others in its place.
        limit = f"{clause.keyword} {clause.value}" if clause.keyword in LIMITS else ""
        shared.add(("refusal", f"{found} {operation.key} at {place_of_clause(clause)} {limit}"))
        if name := last_name(clause):
            # One function checks what is called so, whichever operation takes it.
            shared.add(("refusal", f"{found} {name} {limit}"))
        followed = {("refusal", f"{found} {operation.key} at {each} ") for each in around(clause)}
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


def _has_a_part(operation: OperationContract, exchange: Exchange) -> bool:
    """Whether the request has a part of the credentials that must go together: the server checks some of them."""
    alternatives = operation.security[0].alternatives if operation.security is not None else ()
    sent = [[present(scheme, exchange.request) for scheme in alternative] for alternative in alternatives]
    return any(any(one) for one in sent) and not any(all(one) for one in sent)


def _aspect_sent(exchange: Exchange, clause: Clause, aspect: str) -> str:
    """The aspect of a value that breaks a clause: also an empty array is one where an object is wanted."""
    types, found = set(types_wanted(clause)), sent_where_it_deviates(exchange)
    # The alternatives of a whole body are objects, where they do not say their types themselves.
    is_body = clause.keyword in ("anyOf", "oneOf") and clause.part == "body" and not clause.path
    is_for_object = types <= {"object", "null"} and ("object" in types or is_body)
    return "array" if not aspect and is_for_object and found is not None and found[1] == [] else aspect


def _of_acceptance(clause: Clause, aspect: str) -> Causes:
    """Checks that a server lacks everywhere, or for one value and what is in it."""
    shared: set[Cause] = set()
    followed: set[Cause] = {("unchecked", f"{clause.operation} {each}") for each in around(clause)}
    keyword = clause.keyword
    if keyword == "content":
        return Causes(frozenset({(aspect or "media-types", "")}))
    if clause.part.startswith("path."):
        # Who answers for what was never made does not look at what its id is like.
        followed.add(unknown_id(clause.operation, clause.part))
    if keyword == "required" and clause.part == "body" and not clause.path:
        return Causes(frozenset({("no-body", "")}))
    if keyword in CLOSED:
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
        shared.add(("unchecked", f"{clause.operation} within {parent_of(clause)}"))
    if keyword in ("enum", "const") and clause.part == "body":
        # Whoever takes any type in an object takes any value there.
        followed.add(("unchecked", f"{clause.operation} within {parent_of(clause)}"))
    types = types_wanted(clause) or stated_types(clause.value)
    if aspect in WRONG_TYPES and (types or (keyword in ("anyOf", "oneOf") and aspect in _ANY_TYPE)):
        # Alternatives may say their types behind a `$ref`.
        shared.add((_conversion(types, aspect), ""))
    elif keyword == "type" and clause.value == "boolean" and clause.part.startswith("query."):
        # One function reads the booleans of all queries.
        shared.add(("booleans", ""))
        shared.add(("unchecked", f"{clause.operation} {place_of_clause(clause)}"))
    elif keyword in ("type", "anyOf", "oneOf"):
        shared.add(("unchecked", f"{clause.operation} {place_of_clause(clause)}"))
        shared.add(("unchecked", f"{clause.operation} within {parent_of(clause)}"))
    return Causes(frozenset(shared), frozenset(followed))


def unknown_id(operation: str, part: str) -> Cause:
    """The cause of an operation's answers for ids in a part of its path, "path.id", that were never made."""
    return "unknown-id", f"{operation} {part}"


def lenient_ids() -> Cause:
    """The cause of a server's answers for ids that it takes for others: one function reads them all."""
    return "lenient-ids", ""


def _conversion(types: Sequence[str], aspect: str) -> str:
    """The kind of cause where a server takes one type for another on purpose."""
    if aspect in _ANY_TYPE:
        return _ANY_TYPE[aspect]
    # A boolean that a number or a text may stand for is read as a number: every language has 1 for true.
    is_number = aspect == "boolean" and not _NUMBERS.isdisjoint(types)
    return "scalars" if "string" in types and not is_number else "numbers"
