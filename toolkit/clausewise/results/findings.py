"""Folds observations into findings: one for each fault, however often and in however many operations it occurs.

Runs, recordings and merged shards take the same steps: observations become faults, faults of one identity merge, in any
order, and those that no other fault explains become findings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Generic, TypeVar

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.phase_table import phase_row
from clausewise.results.causes import Cause, Causes, grouped, sentence
from clausewise.results.evidence import (
    ACCEPTED_BEFORE,
    BESIDE,
    CHARACTERS,
    COMMON,
    ODD_CREDENTIALS,
    OTHER_TEXT,
    OTHER_VALUES,
    SMALLEST,
    TEXTS,
    WIDER,
    WITHOUT,
    Observation,
)
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Place, Related
from clausewise.results.rules import SEVERITIES, Severity

#: rules without a clause whose fault is the same in every operation
_SAME_EVERYWHERE = frozenset({"undocumented-status", "undocumented-content-type", "allow-header", "leaked-internals"})

#: rules about requests that got no answer, or a 5xx
_CRASHES = frozenset({"server-error", "transport-failure"})

#: rules about requests that should have been accepted
_FAILURES = _CRASHES | {"valid-request-rejected"}

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
    def order(self) -> tuple[bool, bool, bool, int, int, tuple[str, int], str]:
        """Sort key of the exchanges of one fault: the lowest, which is the plainest, smallest, earliest, shows it."""
        adopted = self.related is not None and self.related.adopted
        special = self.related is not None and self.related.aspect in WIDER
        place = (self.source.file, self.source.line) if self.source is not None else ("", 0)
        if self.exchange is not None:
            sent, came = size(self.exchange)
            probe = self.exchange.probe
            # Credentials are masked, so that a reader cannot send made-up ones again.
            odd = probe is not None and probe.aspect == ODD_CREDENTIALS
            return adopted, special, odd, sent, came, place, self.exchange.id
        command = self.shown.curl or "" if isinstance(self.shown, Finding) else ""
        return adopted, special, False, len(command), 0, place, self.shown.exchange or ""

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


class Folded(msgspec.Struct, frozen=True):
    """The result of folding faults."""

    #: worst first
    findings: tuple[Finding, ...]
    #: key of a clause that was only broken together with one that is not enforced -> the reason why it is untested
    explained: dict[str, str]
    #: the faults that others explain or absorbed, and those that absorbed them, each as before; by id
    parts: tuple[Finding, ...] = ()


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
        if observation.rule in _CRASHES and _is_guess(exchange):
            key = (observation.rule, observation.operation, f"{_symptom(exchange)} in the engine")
        elif observation.rule in _FAILURES and cause is not None:
            key = (observation.rule, *cause)
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


def fold(faults: Iterable[Fault[Shown]], render: Callable[[Fault[Shown]], Finding]) -> Folded:
    """One finding for each cause of the faults that no other one explains.

    A crash with one aspect of a value is the fault of the wider aspect, where that crashes as well. A crash without a
    known cause is the one that another phase found with the same symptom; but no breach explains the crash of a valid
    request. An answer that shows what the server should have refused is the fault of accepting it. An accepted breach
    of several clauses is explained by any of them that is also accepted alone. Faults of one cause are one finding,
    with all their places.
    """
    alone = merge_faults(faults)
    joined = dict(alone)
    for adoptions in (_adoptions, _stored):
        for id, into in sorted(adoptions(joined).items()):
            joined[into] = joined[into].merge(_adopted(joined.pop(id)))
    unenforced = {
        key: where
        for fault in joined.values()
        if fault.shown.rule == "invalid-request-accepted" and fault.related is not None
        for key, where in fault.related.alone
    }
    explained: dict[str, str] = {}
    unexplained: dict[str, Fault[Shown]] = {}
    for id, fault in joined.items():
        causes = _explaining(fault, unenforced)
        if causes:
            assert fault.related is not None
            reason = f"it was only broken together with a clause of {unenforced[causes[0]]} that is not enforced"
            explained |= dict.fromkeys(fault.related.together, reason)
        else:
            unexplained[id] = fault
    findings: list[Finding] = []
    unchanged: set[str] = set()
    for severity in SEVERITIES:
        # A note stays one, whatever fails like it.
        causes_of = {id: _causes(fault) for id, fault in unexplained.items() if fault.severity == severity}
        for members, shared in grouped(causes_of):
            of_one_cause = [unexplained[id] for id in members]
            finding = _folded(of_one_cause, shared, render)
            findings.append(finding)
            if len(members) == 1 and alone[finding.id] is of_one_cause[0] and finding == render(of_one_cause[0]):
                unchanged.add(finding.id)
    parts = [render(fault) for id, fault in sorted(alone.items()) if id not in unchanged]
    return Folded(worst_first(findings), explained, tuple(parts))


def _causes(fault: Fault[Shown]) -> Causes:
    return fault.related.causes if fault.related is not None else Causes()


def _folded(
    faults: Sequence[Fault[Shown]], causes: Iterable[Cause], render: Callable[[Fault[Shown]], Finding]
) -> Finding:
    """Faults of one cause as one finding, under the id of the first of them, whichever is shown."""
    merged = reduce(lambda one, other: one.merge(other), faults)
    finding = render(msgspec.structs.replace(merged, id=min(faults, key=_subject).id))
    places = {place for fault in faults for place in render(fault).places}
    spots = len({(place.operation, place.where) for place in places})
    shared = causes if len(faults) > 1 else _causes(faults[0]).shared
    message = sentence(shared, spots, finding.message, faults=len(faults))
    return msgspec.structs.replace(finding, message=message, places=tuple(sorted(places, key=_reading_order)))


def _subject(fault: Fault[Shown]) -> tuple[str, str, str]:
    related = fault.related
    return (related.subject, related.aspect, fault.id) if related is not None else ("", "", fault.id)


def _reading_order(place: Place) -> tuple[str, str, str]:
    return place.operation, place.where, place.fault


def _adoptions(faults: Mapping[str, Fault[Shown]]) -> dict[str, str]:
    """Id of a fault -> id of the one that absorbs it."""
    related = {id: fault.related for id, fault in sorted(faults.items()) if fault.related is not None}
    found: dict[str, str] = {}
    for id, each in related.items():
        rule = faults[id].shown.rule
        wider = [WIDER[each.aspect]] if each.aspect in WIDER else []
        if rule in _CRASHES and each.aspect in TEXTS:
            wider.insert(0, OTHER_TEXT)
        for aspect in wider:
            into = fingerprint((rule, each.subject, aspect))
            # Two crashes that look different have two causes.
            if into in related and (each.symptoms & related[into].symptoms or not each.symptoms):
                found[id] = into
                break
        if each.aspect.endswith(SMALLEST):
            # What it leaves out may fail by itself.
            start = f"{each.aspect.removesuffix(SMALLEST)}{WITHOUT}"
            for other, one in related.items():
                alike = one.subject == each.subject and faults[other].shown.rule == rule
                if alike and one.aspect.startswith(start) and one.symptoms & each.symptoms:
                    found[id] = other
                    break
    causes: dict[tuple[str, tuple[str, str], bool], str] = {}
    for id, each in related.items():
        if not each.guessed:
            for symptom in each.symptoms:
                for valid in {False, each.valid}:
                    causes.setdefault((faults[id].shown.rule, symptom, valid), found.get(id, id))
    for id, each in related.items():
        blamed = [causes.get((faults[id].shown.rule, symptom, each.valid)) for symptom in sorted(each.symptoms)]
        if each.guessed and any(blamed):
            found[id] = next(filter(None, blamed))
    return found


def _stored(faults: Mapping[str, Fault[Shown]]) -> dict[str, str]:
    """Id of a fault that answers show only with values which the server should have refused -> id of the fault that it
    accepted one of them."""
    related = {id: fault.related for id, fault in sorted(faults.items()) if fault.related is not None}
    accepted: dict[tuple[str, Severity], str] = {}
    for id, each in related.items():
        if faults[id].shown.rule == "invalid-request-accepted":
            for value in each.values - {""}:
                accepted.setdefault((value, faults[id].severity), id)
    found: dict[str, str] = {}
    for id, each in related.items():
        blamed = [accepted.get((value, faults[id].severity)) for value in sorted(each.values)]
        own = any(not value.startswith(COMMON) for value in each.values)
        if faults[id].shown.rule == "response-schema" and own and all(blamed):
            found[id] = next(filter(None, blamed))
    return found


def _adopted(fault: Fault[Shown]) -> Fault[Shown]:
    assert fault.related is not None
    # What may cause the one alone says nothing of the other, and a guess knows no place.
    related = msgspec.structs.replace(fault.related, adopted=True, causes=Causes())
    places = frozenset[tuple[str, str]]() if fault.related.guessed else fault.places
    return msgspec.structs.replace(fault, related=related, places=places)


def _explaining(fault: Fault[Shown], unenforced: Mapping[str, str]) -> list[str]:
    """Keys of the clauses that explain why a breach was accepted; none where it was also accepted alone."""
    if fault.related is None or fault.related.alone:
        return []
    return sorted(fault.related.explained_by & unenforced.keys())


def _related(key: Identity, observation: Observation, exchange: Exchange) -> Related | None:
    causes = observation.causes
    if observation.rule not in _FAILURES | _ACCEPTANCES and not causes.shared and not causes.followed:
        return None
    symptom = observation.symptom or _symptom(exchange)
    symptoms = frozenset({(observation.operation, symptom)} if observation.rule in _CRASHES else ())
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
    return _is_guess(exchange) or probe.aspect == OTHER_VALUES or not phase_row(probe.phase).deviates


def _symptom(exchange: Exchange) -> str:
    """The status of the response, or the kind of the failure."""
    if exchange.response is not None:
        return str(exchange.response.status)
    return exchange.failure.kind if exchange.failure is not None else ""


def identity(observation: Observation) -> Identity:
    """The rule, subject and aspect of an observation; two observations with the same ones show the same fault."""
    if observation.assertion is not None:
        refused = observation.rule == "valid-request-rejected" and observation.seen in CHARACTERS
        return observation.rule, observation.assertion, "characters" if refused else observation.seen
    if observation.rule in _SAME_EVERYWHERE and not observation.causes.shared:
        return observation.rule, "", observation.seen
    return observation.rule, observation.operation, observation.seen


def fingerprint(key: Identity) -> str:
    """The id of the finding of one identity, the same in every run."""
    return hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def to_finding(fault: Fault[Observation], location: Location | None, curl: str | None) -> Finding:
    """The finding of an observed fault, at `location` in the contract."""
    shown = fault.shown
    assert fault.exchange is not None
    return Finding(
        id=fault.id,
        rule=shown.rule,
        severity=fault.severity,
        operations=fault.operations,
        clause=shown.assertion if shown.clause is not None else None,
        where=shown.where,
        location=location,
        message=shown.message,
        count=fault.count,
        exchange=fault.exchange.id,
        curl=curl,
        source=fault.source,
        at=shown.at,
        places=tuple(
            Place(operation, where, shown.assertion if shown.clause is not None else None, location, fault.id)
            for operation, where in sorted(fault.places)
        ),
        alternatives=shown.alternatives or msgspec.UNSET,
        related=fault.related or msgspec.UNSET,
        trace=fault.exchange.trace or msgspec.UNSET,
    )


def size(exchange: Exchange) -> tuple[int, int]:
    """The bytes of request and response that a reader has to take in."""
    request, response = exchange.request, exchange.response
    came = len(response.body) + response.cut if response else 0
    return len(request.target) + len(request.body or b"") + request.cut, came
