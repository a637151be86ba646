"""Observations folded into findings: one fault, one finding, however often and in however many operations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange
from clausewise.results.evidence import CHARACTERS, RULES, SEVERITIES, WIDER, Observation
from clausewise.results.record import Finding

#: rules without a clause whose fault is the same one wherever it shows
_SAME_EVERYWHERE = frozenset({"undocumented-status", "undocumented-content-type"})

#: rules of requests that should have been taken
_FAILURES = frozenset({"server-error", "valid-request-rejected", "transport-failure"})

Identity = tuple[str, str, str]


class Folded(msgspec.Struct, frozen=True):
    """What became of a run's observations."""

    #: worst first
    findings: tuple[Finding, ...]
    #: keys of clauses whose breach was accepted only together with that of another one that is not enforced -> reason
    explained: dict[str, str]


def fold(
    observations: Iterable[Observation],
    exchanges: Mapping[str, Exchange],
    causes: Mapping[str, tuple[str, str]],
    locate: Callable[[Observation], Location | None],
    curl: Callable[[Exchange], str],
    place: Callable[[Observation], Location | None] = lambda _: None,
) -> Folded:
    """One finding for each fault, shown by its smallest exchange.

    `causes` names, by exchange, the assertion and the sight of a finding that explains why its request failed.
    A breach of several clauses that was accepted is explained by any of them that is accepted alone: then it is no
    fault of its own. `locate` gives the place in the contract, `place` that in what was read.
    """
    groups: dict[Identity, list[Observation]] = {}
    for observation in observations:
        key = identity(observation)
        if observation.rule in _FAILURES and observation.exchange in causes:
            key = (observation.rule, *causes[observation.exchange])
        groups.setdefault(key, []).append(observation)
    for key in [key for key in groups if key[2] in WIDER]:
        wider = (*key[:2], WIDER[key[2]])
        if wider in groups:
            groups[wider] += groups.pop(key)
    alone = {
        observation.clause: observation
        for group in groups.values()
        for observation in group
        if observation.rule == "invalid-request-accepted" and not observation.explained_by
    }
    findings, explained = [], {}
    for key, group in groups.items():
        blamed = [cause for observation in group for cause in observation.explained_by if cause in alone]
        if blamed and all(observation.explained_by for observation in group):
            clause = group[0].clause or ""
            explained[clause] = f"it cannot be broken alone, and {alone[blamed[0]].where} takes anything"
            continue
        findings.append(_finding(key, group, exchanges, locate, curl, place))
    return Folded(tuple(sorted(findings, key=rank)), explained)


def identity(observation: Observation) -> Identity:
    """What makes two observations the same fault."""
    if observation.assertion is not None:
        refused = observation.rule == "valid-request-rejected" and observation.seen in CHARACTERS
        return observation.rule, observation.assertion, "characters" if refused else observation.seen
    if observation.rule in _SAME_EVERYWHERE:
        return observation.rule, "", observation.seen
    return observation.rule, observation.operation, observation.seen


def fingerprint(key: Identity) -> str:
    """The id of the finding that observations of one identity make: the same in every run."""
    return hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def rank(finding: Finding) -> tuple[int, int, Location, str, str]:
    """Where a finding stands among others: the worst first, then in the order of the document."""
    nowhere = Location("", 0, 0)
    return (
        SEVERITIES.index(finding.severity),
        RULES[finding.rule].rank,
        finding.location or nowhere,
        finding.where,
        finding.id,
    )


def _finding(
    key: Identity,
    group: list[Observation],
    exchanges: Mapping[str, Exchange],
    locate: Callable[[Observation], Location | None],
    curl: Callable[[Exchange], str],
    place: Callable[[Observation], Location | None],
) -> Finding:
    shown = min(
        group,
        key=lambda observation: (
            identity(observation) != key,
            observation.seen in WIDER,
            *size(exchanges[observation.exchange]),
        ),
    )
    exchange = exchanges[shown.exchange]
    return Finding(
        id=fingerprint(key),
        rule=shown.rule,
        severity=min((observation.severity for observation in group), key=SEVERITIES.index),
        operations=tuple(sorted({observation.operation for observation in group})),
        clause=shown.assertion if shown.clause is not None else None,
        where=shown.where,
        location=locate(shown),
        message=shown.message,
        count=len({observation.exchange for observation in group}),
        exchange=exchange.id,
        curl=curl(exchange),
        source=place(shown),
        at=shown.at,
    )


def size(exchange: Exchange) -> tuple[int, int, str]:
    """How much a reader has to take in; the id makes the choice the same in every run."""
    request, response = exchange.request, exchange.response
    return len(request.target) + len(request.body or b""), len(response.body) if response else 0, exchange.id
