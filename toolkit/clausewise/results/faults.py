"""Faults: the observations of one fault as one, in whatever order they come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.phase_table import phase_row
from clausewise.results.evidence import (
    ACCEPTED_BEFORE,
    BESIDE,
    CHARACTERS,
    ODD_CREDENTIALS,
    OTHER_VALUES,
    SMALLEST,
    WIDER,
    Observation,
)
from clausewise.results.record import Finding, Related
from clausewise.results.rules import SEVERITIES, Severity

#: keywords about what stands around values
_AROUND_VALUES = frozenset({"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "contains"})

#: rules without a clause whose fault is the same in every operation
_SAME_EVERYWHERE = frozenset({"undocumented-status", "undocumented-content-type", "allow-header", "leaked-internals"})

#: rules about requests that got no answer, or a 5xx
CRASHES = frozenset({"server-error", "transport-failure"})

#: rules about requests that should have been accepted
_FAILURES = CRASHES | {"valid-request-rejected"}

#: values of a fault that are told apart
_VALUES = 200

#: rules about requests that should have been refused
_ACCEPTANCES = frozenset({"invalid-request-accepted", "auth-not-enforced", "undocumented-method-accepted"})

Identity = tuple[str, str, str]

#: what a fault is shown by: an observation, or the finding of a record
Shown = TypeVar("Shown", Observation, Finding)


class Fault(msgspec.Struct, Generic[Shown], frozen=True):
    """All observations of one fault so far, as one."""

    #: the id of its finding
    id: str
    shown: Shown
    #: the exchange of `shown`; None where a record came without it
    exchange: Exchange | None
    severity: Severity
    #: operation and place in the message of each sight of it
    places: frozenset[tuple[str, str]]
    #: exchanges that show it
    count: int = 1
    #: decides whether it and others are one; None for a rule whose faults never explain each other
    related: Related | None = None
    #: where in a payload, document or recording it stands; None where clausewise sent the request
    source: Location | None = None
    #: whether it stands in a document or a payload, and was never sent
    written: bool = False

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that show it, in order."""
        return tuple(sorted({operation for operation, _ in self.places}))

    @property
    def order(self) -> tuple[bool, bool, bool, bool, int, int, tuple[str, int], str]:
        """Sort key of the exchanges of one fault: the lowest, which is the plainest, smallest, earliest, shows it."""
        adopted = self.related is not None and self.related.adopted
        aspect = self.related.aspect if self.related is not None else ""
        # The smallest body does not say which member is missed.
        special = aspect in WIDER or aspect.endswith(SMALLEST)
        # What is refused for a value in an array is refused as well where the number of its items is tried.
        around = self.shown.rule == "valid-request-rejected" and _keyword(self.shown) in _AROUND_VALUES
        place = (self.source.file, self.source.line) if self.source is not None else ("", 0)
        if self.exchange is not None:
            sent, came = size(self.exchange)
            probe = self.exchange.probe
            # Credentials are masked, so that a reader cannot send made-up ones again.
            odd = probe is not None and probe.aspect == ODD_CREDENTIALS
            return adopted, special, around, odd, sent, came, place, self.exchange.id
        command = self.shown.curl or "" if isinstance(self.shown, Finding) else ""
        return adopted, special, around, False, len(command), 0, place, self.shown.exchange or ""

    def merge(self, other: Fault[Shown]) -> Fault[Shown]:
        """Both as one, under this one's id; the result does not depend on the order of merging."""
        best, further = (self, other) if self.order <= other.order else (other, self)
        return msgspec.structs.replace(
            best,
            id=self.id,
            severity=min(self.severity, other.severity, key=SEVERITIES.index),
            places=self.places | other.places,
            count=self.count + other.count,
            related=_joined(self.related, best.related, further.related),
        )


def _keyword(shown: Observation | Finding) -> str:
    """The keyword of the clause that a fault is about; "" where it is about none."""
    clause = shown.clause if isinstance(shown, Finding) else shown.assertion
    return (clause or "").rpartition("/")[2]


def faults_in(
    observations: Iterable[tuple[Observation, Location | None]],
    exchange: Exchange,
    *,
    cause: tuple[str, str] | None = None,
    written: bool = False,
) -> Iterator[Fault[Observation]]:
    """The faults that one exchange shows, each once; the observations come with their places in what was read.

    `cause` is the subject and the aspect of a finding that explains why the request failed.
    """
    faults: dict[str, Fault[Observation]] = {}
    for observation, source in observations:
        key = identity(observation)
        if observation.rule in CRASHES and _is_guess(exchange):
            key = (observation.rule, observation.operation, f"{_symptom(exchange)} in the engine")
        elif observation.rule in _FAILURES and cause is not None:
            key = (observation.rule, _subject(observation, cause[0]), cause[1])
            if cause[1].startswith(BESIDE):
                observation = msgspec.structs.replace(observation, severity="note")
        fault: Fault[Observation] = Fault(
            id=fingerprint(key),
            shown=observation,
            exchange=exchange,
            severity=observation.severity,
            places=frozenset({(observation.operation, observation.where)}),
            related=_related(key, observation, exchange),
            source=source,
            written=written,
        )
        before = faults.get(fault.id)
        faults[fault.id] = fault if before is None else msgspec.structs.replace(before.merge(fault), count=1)
    yield from faults.values()


def faults_of(
    observations: Iterable[tuple[str, Iterable[Observation]]],
    exchanges: Mapping[str, Exchange],
    causes: Mapping[str, tuple[str, str]],
) -> Iterator[Fault[Observation]]:
    """The faults that the exchanges of a run show; the observations come by exchange, and `causes` gives for some of
    these why their requests failed."""
    for name, seen in observations:
        yield from faults_in([(each, None) for each in seen], exchanges[name], cause=causes.get(name))


def merge_faults(faults: Iterable[Fault[Shown]]) -> dict[str, Fault[Shown]]:
    """The faults by id, with those of one id merged."""
    joined: dict[str, Fault[Shown]] = {}
    for fault in faults:
        before = joined.get(fault.id)
        joined[fault.id] = fault if before is None else before.merge(fault)
    return joined


def identity(observation: Observation) -> Identity:
    """The rule, subject and aspect of an observation; two observations with the same ones show the same fault."""
    if observation.assertion is not None:
        refused = observation.rule == "valid-request-rejected" and observation.seen in CHARACTERS
        subject = _subject(observation, observation.assertion)
        return observation.rule, subject, "characters" if refused else observation.seen
    if observation.rule in _SAME_EVERYWHERE and not observation.causes.shared:
        return observation.rule, "", observation.seen
    return observation.rule, observation.operation, observation.seen


def _subject(observation: Observation, assertion: str) -> str:
    return f"{assertion} in {observation.operation}" if observation.own else assertion


def fingerprint(key: Identity) -> str:
    """The id of the finding of one identity, the same in every run."""
    return hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def size(exchange: Exchange) -> tuple[int, int]:
    """The bytes of request and response that a reader has to take in."""
    request, response = exchange.request, exchange.response
    came = len(response.body) + response.cut if response else 0
    return len(request.target) + len(request.body or b"") + request.cut, came


def _related(key: Identity, observation: Observation, exchange: Exchange) -> Related | None:
    causes = observation.causes
    if observation.rule not in _FAILURES | _ACCEPTANCES and not causes.shared and not causes.followed:
        return None
    symptom = observation.symptom or _symptom(exchange)
    symptoms = frozenset({(observation.operation, symptom)} if observation.rule in CRASHES else ())
    clause, together = observation.clause or "", bool(observation.explained_by)
    accepted = observation.rule in _ACCEPTANCES
    return Related(
        subject=key[1],
        aspect=key[2],
        alone=frozenset({(clause, observation.where)} if accepted and not together else ()),
        together=frozenset({clause} if together else ()),
        explained_by=frozenset(observation.explained_by),
        symptoms=symptoms,
        guessed=bool(symptoms) and _is_unlocated(exchange),
        valid=bool(symptoms) and _is_valid(exchange),
        adopted=identity(observation) != key,
        causes=causes,
        values=frozenset({observation.value}),
    )


def _joined(own: Related | None, best: Related | None, further: Related | None) -> Related | None:
    if own is None or best is None or further is None:
        return own
    return Related(
        subject=own.subject,
        aspect=own.aspect,
        alone=best.alone | further.alone,
        together=best.together | further.together,
        explained_by=best.explained_by | further.explained_by,
        symptoms=best.symptoms | further.symptoms,
        guessed=best.guessed and further.guessed,
        valid=best.valid or further.valid,
        adopted=best.adopted,
        causes=best.causes.merge(further.causes),
        values=_few(best.values | further.values),
    )


def _few(values: frozenset[str]) -> frozenset[str]:
    """Digests of values, or that of any value where they are many: what a fault shows so often, nobody has sent."""
    return values if len(values) <= _VALUES else frozenset({""})


def _is_guess(exchange: Exchange) -> bool:
    """Whether it is unknown which of a request's many values causes a crash, and another program chose them."""
    return exchange.probe is not None and not phase_row(exchange.probe.phase).locates_crashes


def _is_valid(exchange: Exchange) -> bool:
    """Whether a request that clausewise made keeps the contract."""
    return exchange.probe is not None and exchange.probe.expect != "refuse" and not _is_guess(exchange)


def _is_unlocated(exchange: Exchange) -> bool:
    """Whether it is unknown which of a request's many values causes a crash."""
    probe = exchange.probe
    # None of the values causes it where all were accepted before: what the server keeps does.
    if probe is None or probe.aspect == ACCEPTED_BEFORE:
        return False
    # A change of what was refused may crash like any valid request that the server takes.
    is_step = probe.unaccepted and probe.expect != "refuse"
    return is_step or _is_guess(exchange) or probe.aspect == OTHER_VALUES or not phase_row(probe.phase).deviates


def _symptom(exchange: Exchange) -> str:
    """The status of the response, or the kind of the failure."""
    if exchange.response is not None:
        return str(exchange.response.status)
    return exchange.failure.kind if exchange.failure is not None else ""
