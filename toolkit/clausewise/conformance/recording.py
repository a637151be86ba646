"""The rules for exchanges of other programs: written in documents, or recorded from traffic."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec

from clausewise.conformance.breach_outcome import outcome_of_breach
from clausewise.conformance.causes import with_causes
from clausewise.conformance.explain import explain, first_by_place
from clausewise.conformance.leaks import leaks
from clausewise.conformance.response import check_response, severity_of_crash
from clausewise.conformance.unjudged import unjudged
from clausewise.contract.breaches import Breach
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import RequestJudgement, judge_request
from clausewise.exchange import Exchange, ExchangePath
from clausewise.media.codec import Malformed
from clausewise.results.evidence import Checked, Evidence, Observation
from clausewise.results.rules import Severity

#: what the server did with a request that breaks a clause
_Fate = Literal["accepted", "refused", "unknown"]


def check_recorded(
    operation: OperationContract,
    exchange: Exchange,
    path_parameters: dict[str, str],
    *,
    written: bool = False,
    unrecorded: frozenset[ExchangePath] = frozenset(),
    evidence: bool = True,
) -> Checked:
    """Everything that `exchange` shows; its path gave `path_parameters`, percent-encoded.

    An exchange that is `written` in a document never happened: its response does not show that a server accepted its
    request. Parts that are `unrecorded`, with all that is in them, were left out or masked and are not judged. Without
    `evidence`, clauses of schemas are not listed as upheld, which is many times as fast.
    """
    check = _Check(operation, exchange, written, unrecorded)
    if exchange.request.method == operation.operation.method:
        check.request(judge_request(operation, exchange.request, path_parameters, evidence=evidence))
    check.answer(evidence)
    return Checked(tuple(check.observations), tuple(check.evidence))


def method_not_offered(operation: OperationContract, exchange: Exchange) -> Checked:
    """Everything that an exchange shows whose method the contract does not offer at the path of `operation`."""
    if not exchange.accepted:
        return Checked((), ())
    assert exchange.response is not None
    clause = operation.methods
    method, status = exchange.request.method, exchange.response.status
    observation = Observation.of(
        "undocumented-method-accepted",
        operation.key,
        exchange,
        f"{method} {operation.operation.path} was accepted ({status}); the contract says {clause.text}",
        clause=clause,
    )
    return Checked((observation,), (Evidence(clause.key, "accepted"),))


@lru_cache(maxsize=256)
def _clauses(operation: OperationContract) -> dict[str, Clause]:
    """The clauses by key, cached because recordings have many faulty exchanges of few operations."""
    return {clause.key: clause for clause in operation.clauses}


class _Check:
    def __init__(
        self, operation: OperationContract, exchange: Exchange, written: bool, unrecorded: frozenset[ExchangePath]
    ) -> None:
        self._operation = operation
        self._exchange = exchange
        self._written = written
        self._unrecorded = unrecorded
        self.observations: list[Observation] = []
        self.evidence: list[Evidence] = []

    def request(self, judgement: RequestJudgement) -> None:
        """Observe what the request breaks, and what its outcome shows of the server."""
        broken = [breach for breach in judgement.breaches if self._is_recorded(("request", *breach.location))]
        upheld = [clause for clause in judgement.upheld if self._is_recorded(("request", *clause.part.split(".", 1)))]
        fate = self._fate(broken)
        if fate == "accepted":
            self.evidence += (Evidence(clause.key, "kept") for clause in upheld)
            self.evidence += (Evidence(breach.clause.key, "accepted") for breach in broken)
        elif fate == "refused" and len(broken) == 1:
            # With several breaches, any of them may be the reason of the refusal.
            self.evidence.append(Evidence(broken[0].clause.key, "refused"))
        for breach in first_by_place(broken):
            self._observe_breach(breach, fate)

    def answer(self, evidence: bool) -> None:
        """Observe what is wrong with the response, or that there is none."""
        failure, response = self._exchange.failure, self._exchange.response
        if failure is not None and failure.was_sent:
            message = f"{self._operation.key} gave no answer: {failure.message}"
            self._observe("transport-failure", message, seen=failure.kind)
        if response is None:
            return
        if response.status >= 500 and not self._written:
            message = f"{self._operation.key} answered {response.status}"
            severity = severity_of_crash(self._operation, response.status)
            self._observe("server-error", message, severity=severity, seen=f"status {response.status}")
        came = frozenset(part[1:] for part in self._unrecorded if part[0] == "response")
        facts = check_response(self._operation, self._exchange, evidence=evidence, unrecorded=came)
        leaked = leaks(self._operation, self._exchange) if response.status >= 400 and not self._written else ()
        recorded = [seen for seen in (*facts.observations, *leaked) if self._is_recorded(seen.in_exchange)]
        clauses = _clauses(self._operation) if recorded else {}
        self.observations += (
            with_causes(seen, self._operation, self._exchange, clauses.get(seen.clause or "")) for seen in recorded
        )
        self.evidence += facts.evidence
        if self._is_recorded(("response", "body")) and self._is_recorded(("request", "body")):
            self.evidence += unjudged(self._operation, self._exchange)

    def _is_recorded(self, place: ExchangePath) -> bool:
        return not any(place[: len(part)] == part for part in self._unrecorded)

    def _fate(self, broken: list[Breach]) -> _Fate:
        response = self._exchange.response
        if response is None or self._written:
            return "unknown"
        if self._exchange.accepted:
            return "accepted"
        outcomes = {outcome_of_breach(self._operation, breach.clause, response.status) for breach in broken}
        return "refused" if "refused" in outcomes else "unknown"

    def _observe_breach(self, breach: Breach, fate: _Fate) -> None:
        clause = breach.clause
        part, within = breach.location[0], breach.reported_at[1:]
        # The server rightly refused it: only the client is at fault.
        severity: Severity = "note" if fate == "refused" else clause.severity
        rule = "request-schema"
        what = "the request"
        if fate == "accepted":
            assert self._exchange.response is not None
            rule = "auth-not-enforced" if clause.keyword == "security" else "invalid-request-accepted"
            what = f"a request that {self._operation.key} accepted ({self._exchange.response.status})"
        elif fate == "refused":
            what = "a request that was refused"
        at = ("request", part, *within)
        self._observe(rule, message_of_breach(breach, what), clause=clause, severity=severity, at=at)

    def _observe(
        self,
        rule: str,
        message: str,
        *,
        clause: Clause | None = None,
        severity: Severity | None = None,
        seen: str = "",
        at: ExchangePath = ("response", "status"),
    ) -> None:
        self.observations.append(
            Observation.of(
                rule,
                self._operation.key,
                self._exchange,
                message,
                clause=clause,
                severity=severity,
                where="response",
                seen=seen,
                in_exchange=at,
            )
        )


def message_of_breach(breach: Breach, what: str) -> str:
    """One sentence about a breach in the request that `what` names ("a request that was refused")."""
    clause, (part, *within) = breach.clause, breach.location
    if clause.keyword == "security":
        return f"{what} carries no credentials; {clause.text}"
    if clause.keyword == "content":
        if isinstance(breach.value, Malformed):
            return f"{what} has a body that {breach.value.predicate}; {clause.text}"
        return f"{what} has {f'the media type {breach.value}' if breach.value else 'no media type'}; {clause.text}"
    if part == "body":
        if not within and clause.keyword == "required" and clause.part == "body" and not clause.path:
            return f"{what} has no body; {clause.text}"
        return explain(msgspec.structs.replace(breach, location=tuple(within)), what)
    named = f"the {part} parameter `{within[0]}`"
    if clause.keyword == "required" and not within[1:] and not clause.path:
        return f"{what} lacks {named}; {clause.text}"
    return explain(msgspec.structs.replace(breach, location=tuple(within[1:])), f"{named} of {what}", has_body=False)
