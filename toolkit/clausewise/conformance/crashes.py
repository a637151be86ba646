"""What may cause a crash, and the same crash in other places: see `causes`."""

from __future__ import annotations

from itertools import combinations

from clausewise.conformance.clause_places import (
    CLOSED,
    FORMS,
    LIMITS,
    around,
    last_name,
    names_of,
    one_check,
    place_of_clause,
    resource_of,
    same_member,
    sent_where_it_deviates,
    types_wanted,
)
from clausewise.conformance.symptom import digest_of_text, raised_at, says_why
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.phase_table import phase_row
from clausewise.results.causes import Cause, Causes
from clausewise.results.evidence import (
    ACCEPTED_BEFORE,
    CHARACTERS,
    ODD_CREDENTIALS,
    OTHER_TEXT,
    TOGETHER,
    UNKNOWN_ID,
    WITHOUT,
    Observation,
)
from clausewise.spec.pointer import to_pointer

#: statuses of a server that is overloaded or away for a while, and of one that does not have what is asked for
#: (RFC 9110 sections 15.6.4 and 15.6.2)
_OF_WHOLE_SERVER = frozenset({503, 501})

#: aspects of valid values that overwhelm a server in one way, wherever they stand
_TOO_MUCH = frozenset(
    {"32-bit-edge", "lower-32-bit-edge", "64-bit-edge", "lower-64-bit-edge", "exponent", "minus-zero", "long-string"}
)

#: those that JSON libraries read as numbers with a fraction, also where an integer is wanted
_WRITTEN_AS_FLOATS = frozenset({"exponent", "minus-zero"})

#: keywords that every value in a place is probed for
_OF_ANY_VALUE = FORMS | {"type", "anyOf", "oneOf"}


def is_whole(exchange: Exchange) -> bool:
    """Whether a request was sent as a whole, and not to try one of its values."""
    return exchange.probe is not None and not phase_row(exchange.probe.phase).deviates


def of_crash(
    observation: Observation, operation: OperationContract, exchange: Exchange, clause: Clause | None, crash: str
) -> Causes:
    """Crashes that look alike: where several values of one place crash the server, and where one kind of value does."""
    probe = exchange.probe
    if exchange.response is not None and (status := exchange.response.status) in _OF_WHOLE_SERVER:
        # It is said of the server as a whole, or of a part of it: neither operation nor value is to blame.
        return Causes(frozenset({("crash", crash), ("crash", f"{status} {digest_of_text(exchange, ())}")}))
    if probe is None or not phase_row(probe.phase).locates_crashes:
        return Causes()
    # What is raised in the same lines is one crash, whichever handler calls them.
    raised = frozenset({("crash", f"{observation.rule} {raised_at(exchange)}")} if raised_at(exchange) else ())
    if is_whole(exchange):
        return Causes(raised | {("crash", f"{crash} {operation.key}")})
    aspect = probe.aspect
    if clause is None:
        if aspect == ACCEPTED_BEFORE:
            # Nothing in it is to blame, as in a request that was sent as a whole.
            return Causes(raised | {("crash", f"{crash} {operation.key}")})
        kind, _, place = aspect.partition(" at ")
        found = {("crash", f"{crash} {resource_of(operation)} {aspect}")}
        tells = says_why(exchange, names_of(operation, None))
        whole = frozenset({("crash", f"{crash} {operation.key}")} if tells else ())
        if not aspect:
            # Nothing in it is to blame, and what else fails with the same words does so for its reason.
            return Causes(raised | whole)
        if aspect.startswith(WITHOUT):
            found.add(("crash", f"{crash} {operation.key} without {to_pointer(probe.deviates_at)}"))
            found |= {_unusable(observation, operation, exchange, None)} if tells else set()
        if kind in CHARACTERS:
            found |= {("crash", f"{crash} {kind}"), ("crash", f"{crash} {operation.key} characters {place}")}
        return Causes(raised | found, whole)
    # Whatever fails in a handler looks alike where the answer does not say why: then only the same place of a resource
    # may have the same cause. A parameter is text, and one function converts it for all.
    comparable = says_why(exchange, names_of(operation, clause)) or clause.part != "body"
    scope = crash if comparable else f"{crash} {resource_of(operation)}"
    shared = {("crash", f"{crash} {same}") for same in same_member(observation, operation, clause, aspect)}
    # Operations that share a schema may each fail on it in a way of their own.
    shared.add(("crash", f"{crash} of {clause.id} {observation.seen}"))
    by_name = probe.expect == "accept" and clause.keyword not in LIMITS
    if by_name and (name := last_name(clause)) and says_why(exchange, names_of(operation, clause)):
        # One function reads what is called so, and fails with the same words.
        shared.add(("crash", f"{crash} {clause.keyword} {name} {aspect}"))
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
    if says_why(exchange, names_of(operation, clause)) and probe.deviates_at and clause.keyword not in LIMITS:
        # One step fails on whatever it cannot use there, valid or not, and on what is not there.
        shared.add(_unusable(observation, operation, exchange, clause))
    if probe.expect == "refuse" and types_wanted(clause) and aspect != "null":
        # What fails on each value of another type, be it with other words, does not look at the type.
        shared.add(("crash", f"{observation.rule} {operation.key} type {place_of_clause(clause)}"))
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
        plain = followed if clause.keyword in LIMITS else shared
        if probe.deviates_at:
            plain.add(("crash", f"{crash} {operation.key} with {to_pointer(probe.deviates_at)}"))
        if family := _family(clause):
            # One handler reads what is named alike.
            plain.add(("crash", f"{crash} {operation.key} {family}"))
    if probe.expect == "accept" and (check := one_check(clause, aspect)):
        shared.add(("crash", f"{crash} {check}"))
    if aspect in CHARACTERS | _TOO_MUCH or (comparable and aspect.startswith("free-")):
        # A store that cannot keep a character, or a number, cannot keep it anywhere, and its lowest number fails as its
        # highest does.
        sent = "float" if aspect in _WRITTEN_AS_FLOATS else aspect.removeprefix("lower-")
        shared.add(("crash", f"{crash} {sent}"))
    if aspect.startswith("free-"):
        # What is open there is read in one way, whatever is in it.
        shared.add(("crash", f"{crash} {operation.key} free at {to_pointer(probe.deviates_at)}"))
    if probe.expect != "refuse" and not aspect and clause.keyword in _OF_ANY_VALUE:
        # Whatever is put there crashes: the alternative that it is one of says nothing.
        shared.add(("crash", f"{crash} {operation.key} any {place_of_clause(clause)}"))
    # What fails on one kind of text and on none at all does not look at the text.
    if aspect == "empty-string":
        followed.add(("crash", f"{crash} characters {clause.id}"))
    if probe.expect == "refuse" and (kind == "type" or clause.keyword in FORMS):
        # What crashes on any value of another type or form checks nothing there.
        shared.add(("crash", f"{scope} at {place_of_clause(clause)}"))
    if probe.expect == "refuse" or aspect in _TOO_MUCH:
        followed |= {("crash", f"{scope} at {each}") for each in around(clause)}
    return Causes(raised | shared, frozenset(followed))


def _unusable(
    observation: Observation, operation: OperationContract, exchange: Exchange, clause: Clause | None
) -> Cause:
    """The cause of a crash on what stands in one place, or does not, with the same text whatever it was."""
    assert exchange.probe is not None
    at = exchange.probe.deviates_at
    if clause is not None and clause.keyword == "required" and at[-1:] != clause.path[-1:]:
        # The object deviates that lacks it.
        at = (*at, *clause.path[-1:])
    place = to_pointer(at)
    return "crash", f"{observation.rule} {digest_of_text(exchange, ())} {operation.key} unusable at {place}"


def _number_sent(exchange: Exchange) -> str | None:
    """The number that a request has in the place of its body where it deviates; None where it has no number there."""
    found = sent_where_it_deviates(exchange)
    value = found[1] if found else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value) if value == value // 1 else value)


def _family(clause: Clause) -> str:
    """The start of a parameter's name that others of its operation share, as `filter[` in `filter[size]`; else ""."""
    start, mark, _ = clause.part.partition("[")
    return start + mark if mark and clause.part.endswith("]") else ""


def _kind_of_breach(clause: Clause, aspect: str) -> str:
    """How a value breaks a clause, where that is the same for many places; else ""."""
    if types_wanted(clause):
        # Null crashes whoever uses a value without a look at it, and each does so on its own.
        return f"type {aspect}".rstrip() if aspect != "null" else ""
    if clause.keyword in FORMS:
        return f"form {clause.keyword}"
    if clause.keyword in CLOSED:
        return "extra-members"
    if clause.keyword == "required":
        return "missing"
    return f"content {aspect}" if clause.keyword == "content" else ""
