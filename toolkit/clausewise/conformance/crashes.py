"""What may cause a crash, and the same crash in other places: see `causes`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations

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
from clausewise.conformance.symptom import digest_of_text, exceptions_in, raised_at, says_why
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.exchange import CUT_OFF, Exchange, Probe
from clausewise.phase_table import phase_row
from clausewise.results.causes import Causes
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
from clausewise.values.edit import Location

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
    """Crashes that look alike: where several values of one place crash the server, and where one kind of value does.

    `crash` is the rule with the symptom of the answer.
    """
    probe = exchange.probe
    if exchange.response is not None and (status := exchange.response.status) in _OF_WHOLE_SERVER:
        # It is said of the server as a whole, or of a part of it: neither operation nor value is to blame.
        texts = (digest_of_text(exchange, names) for names in ((), (operation.operation.path,)))
        return _causes([crash, *(f"{status} {text}" for text in texts)])
    if probe is None or not phase_row(probe.phase).locates_crashes:
        return Causes()
    # What is raised in the same lines is one crash, whichever handler calls them.
    line = raised_at(exchange)
    raised = _causes([*([f"{observation.rule} {line}"] if line else []), *_of_writing(operation, exchange)])
    named = [step for step in probe.deviates_at if isinstance(step, str)]
    if named:
        # One exception about what is called so is one crash, whatever the page that tells it looks like.
        told = (last_name(clause) if clause is not None else "") or named[-1]
        raised = raised.merge(_causes(f"{observation.rule} {each} {told}" for each in exceptions_in(exchange)))
    if exchange.response is not None and probe.deviates_at and "HEAD" in operation.operation.methods:
        # HEAD is answered as GET is, without the body that says why (RFC 9110 section 9.3.2).
        read = f"{exchange.response.status} {operation.operation.path} {probe.aspect} {to_pointer(probe.deviates_at)}"
        keyword = clause.keyword if clause is not None else ""
        raised = raised.merge(_causes([f"{observation.rule} reading {read} {keyword}"]))
    if is_whole(exchange) or (clause is None and probe.aspect == ACCEPTED_BEFORE):
        # Nothing in it is to blame. Members that a request has may be words of what the answer says to all.
        said = f"{observation.rule} {digest_of_text(exchange, ())} {operation.key} said to whole requests"
        return raised.merge(_causes([f"{crash} {operation.key}", said]))
    if clause is None:
        return raised.merge(_of_request(observation, operation, exchange, probe, crash))
    found = _OfClause(observation, operation, exchange, probe, clause, crash)
    shared = chain(found.by_place(), found.by_value(), found.by_breach(), found.by_name())
    return raised.merge(_causes(shared, found.followed()))


def _of_writing(operation: OperationContract, exchange: Exchange) -> Iterator[str]:
    """What is wrong where an answer began and did not end: whatever was asked, it is written wrongly."""
    failure = exchange.failure
    if failure is not None and failure.kind == CUT_OFF.kind and failure.message.startswith(CUT_OFF.message):
        yield f"cut off {failure.message} {operation.key}"


def _causes(shared: Iterable[str], followed: Iterable[str] = ()) -> Causes:
    return Causes(frozenset(("crash", each) for each in shared), frozenset(("crash", each) for each in followed))


def _of_request(
    observation: Observation, operation: OperationContract, exchange: Exchange, probe: Probe, crash: str
) -> Causes:
    """Those of a request that was sent for no clause: it leaves something out, or has a kind of characters."""
    kind, _, place = probe.aspect.partition(" at ")
    found = [f"{crash} {resource_of(operation)} {probe.aspect}"]
    tells = says_why(exchange, names_of(operation, None))
    whole = [f"{crash} {operation.key}"] if tells else []
    if not probe.aspect:
        # Nothing in it is to blame, and what else fails with the same words does so for its reason.
        return _causes(whole)
    if probe.aspect.startswith(WITHOUT):
        found.append(f"{crash} {operation.key} without {to_pointer(probe.deviates_at)}")
        found += [_unusable(observation, operation, exchange, probe.deviates_at)] if tells else []
    if kind in CHARACTERS:
        found += [f"{crash} {kind}", f"{crash} {operation.key} characters {place}"]
    return _causes(found, whole)


class _OfClause:
    """The causes of a crash on a value that was sent for a clause."""

    def __init__(
        self,
        observation: Observation,
        operation: OperationContract,
        exchange: Exchange,
        probe: Probe,
        clause: Clause,
        crash: str,
    ) -> None:
        self._observation, self._operation, self._exchange = observation, operation, exchange
        self._probe, self._clause, self._crash = probe, clause, crash
        self._aspect, self._at = probe.aspect, to_pointer(probe.deviates_at)
        self._is_breach = probe.expect == "refuse"
        self._is_limit = clause.keyword in LIMITS
        self._tells = says_why(exchange, names_of(operation, clause))
        #: whatever fails in a handler looks alike where the answer does not say why: then only the same place of a
        #: resource may have the same cause. A parameter is text, and one function converts it for all
        self._comparable = self._tells or clause.part != "body"
        self._scope = crash if self._comparable else f"{crash} {resource_of(operation)}"
        #: what fails in one operation
        self._here = f"{crash} {operation.key}"

    def by_place(self) -> Iterator[str]:
        """Whatever stands in one place, or does not, fails there."""
        crash, clause, aspect = self._crash, self._clause, self._aspect
        yield from (f"{crash} {same}" for same in same_member(self._observation, self._operation, clause, self._aspect))
        # Operations that share a schema may each fail on it in a way of their own.
        yield f"{crash} of {clause.id} {self._observation.seen}"
        if aspect in CHARACTERS:
            yield f"{crash} characters {clause.id}"
        if aspect == OTHER_TEXT and clause.part.startswith("path."):
            # Any other text there is an id that was never made.
            yield f"{crash} {resource_of(self._operation)} {UNKNOWN_ID} at {clause.part}"
        if not aspect:
            yield f"{self._here} alone {clause.id}"
        if self._tells and self._probe.deviates_at and not self._is_limit:
            # One step fails on whatever it cannot use there, valid or not, and on what is not there.
            yield _unusable(self._observation, self._operation, self._exchange, self._place_that_lacks())
        if self._probe.deviates_at[-1:] == clause.path[-1:] and (aspect == "null" or clause.keyword == "required"):
            # Whoever looks for a value finds none there, whether it is left out or null.
            yield f"{self._here} without {self._at}"
        if aspect.startswith("free-"):
            # What is open there is read in one way, whatever is in it.
            yield f"{self._here} free at {self._at}"
        if not self._is_breach and not aspect and clause.keyword in _OF_ANY_VALUE:
            # Whatever is put there crashes: the alternative that it is one of says nothing.
            yield f"{self._here} any {place_of_clause(clause)}"

    def by_value(self) -> Iterator[str]:
        """One kind of value fails wherever it stands, and one value whichever clause it was sent for."""
        crash, aspect = self._crash, self._aspect
        for one, other in combinations(self._together(), 2):
            # Where the time for finding out which of several values it is was too short, two that are alike are one.
            yield f"{self._here} {one} {other}"
        if (number := _number_sent(self._exchange)) is not None:
            # Whether it is written as 0 or as 0.0.
            yield f"{self._here} {self._at} is {number}"
        if aspect == ODD_CREDENTIALS:
            # One function reads the credentials for all operations.
            yield f"{crash} {aspect}"
        if self._probe.expect == "accept" and (check := one_check(self._clause, aspect)):
            yield f"{crash} {check}"
        if aspect in CHARACTERS | _TOO_MUCH or (self._comparable and aspect.startswith("free-")):
            # A store that cannot keep a character, or a number, cannot keep it anywhere, and its lowest number fails as
            # its highest does.
            yield f"{crash} {'float' if aspect in _WRITTEN_AS_FLOATS else aspect.removeprefix('lower-')}"

    def by_breach(self) -> Iterator[str]:
        """One missing check fails on whatever breaks a clause in one way."""
        clause, kind = self._clause, _kind_of_breach(self._clause, self._aspect) if self._is_breach else ""
        if kind and (self._comparable or self._aspect == "malformed"):
            # What cannot be read fails before any handler sees it.
            yield f"{self._crash} {kind}"
        if self._is_breach and types_wanted(clause) and self._aspect != "null":
            # What fails on each value of another type, be it with other words, does not look at the type.
            yield f"{self._observation.rule} {self._operation.key} type {place_of_clause(clause)}"
        if self._is_breach and (kind == "type" or clause.keyword in FORMS):
            # What crashes on any value of another type or form checks nothing there.
            yield f"{self._scope} at {place_of_clause(clause)}"

    def by_name(self) -> Iterator[str]:
        """One function reads what is named alike."""
        if self._probe.expect != "accept" or self._is_limit:
            # One value on a limit says nothing of any other.
            return
        if self._tells and (name := last_name(self._clause)):
            yield f"{self._crash} {self._clause.keyword} {name} {self._aspect}"
        yield from self._plain()

    def followed(self) -> Iterator[str]:
        """What others show, and this crash follows from."""
        crash, aspect = self._crash, self._aspect
        if self._probe.unaccepted and not self._is_breach:
            # What it changes was refused: any valid request may crash alike.
            yield self._here
        # One of them may crash the server alone in another place that its schema describes.
        yield from (f"{self._here} alone {one}" for one in self._together())
        if self._probe.expect == "accept" and self._is_limit:
            yield from self._plain()
        if aspect == "empty-string":
            # What fails on one kind of text and on none at all does not look at the text.
            yield f"{crash} characters {self._clause.id}"
        if self._is_breach or aspect in _TOO_MUCH:
            yield from (f"{self._scope} at {each}" for each in around(self._clause))

    def _plain(self) -> Iterator[str]:
        """Any plain value there fails, so that what is in it is not to blame."""
        if not self._aspect and self._probe.deviates_at:
            yield f"{self._here} with {self._at}"
        if not self._aspect and (family := _family(self._clause)):
            yield f"{self._here} {family}"

    def _together(self) -> list[str]:
        """The ids of the clauses whose values were sent together; none where one was sent alone."""
        if not self._aspect.startswith(TOGETHER):
            return []
        return sorted({self._clause.id, *self._aspect.removeprefix(TOGETHER).split()})

    def _place_that_lacks(self) -> Location:
        """Where the request deviates; the member that is missing, where an object lacks it."""
        at, name = self._probe.deviates_at, self._clause.path[-1:]
        return (*at, *name) if self._clause.keyword == "required" and at[-1:] != name else at


def _unusable(observation: Observation, operation: OperationContract, exchange: Exchange, at: Location) -> str:
    """The cause of a crash on what stands in one place, or does not, with the same text whatever it was."""
    return f"{observation.rule} {digest_of_text(exchange, ())} {operation.key} unusable at {to_pointer(at)}"


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
