"""Applies every rule to one exchange."""

from __future__ import annotations

from clausewise.conformance.accept import check_accept
from clausewise.conformance.allow import check_allow
from clausewise.conformance.causes import with_causes
from clausewise.conformance.echo import EarlierAnswers, echoes
from clausewise.conformance.leaks import leaks
from clausewise.conformance.problem import check_problem
from clausewise.conformance.request import judge_outcome, refuses_method
from clausewise.conformance.response import check_response, is_deliberate, severity_of_crash
from clausewise.conformance.routing import Fallback, is_routers
from clausewise.conformance.sequel import judge_sequel
from clausewise.conformance.stored import with_values
from clausewise.conformance.unjudged import unjudged
from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.media.registry import is_stream
from clausewise.phase_table import phase_row
from clausewise.results.evidence import Checked, Observation
from clausewise.results.rules import RULES, Severity
from clausewise.values.words import words

#: words of the names of what makes a server wait, and units with which `after` does: alone it names a page of a list
_WAITING = frozenset({"delay", "wait", "timeout", "sleep"})
_UNITS = frozenset({"seconds", "secs", "s", "minutes", "milliseconds", "ms"})

#: statuses with which our own mock refuses where the contract documents no refusal
_REFUSALS_OF_MOCK = frozenset({400, 401, 404})


class Checker:
    """Checks exchanges of one operation against its contract."""

    def __init__(
        self,
        operation: OperationContract,
        *,
        of_mock: bool = False,
        fallback: Fallback | None = None,
        earlier: EarlierAnswers | None = None,
    ) -> None:
        """Answers `of_mock` come from our own, which must answer also where the contract is silent: 200 where it
        documents no success, 400, 401 and 404 where it documents no refusal, and 501 where nothing satisfies a schema.
        That says nothing of a server, nor do the answers of its `fallback`. What was answered `earlier` may be shared
        with the checkers of other operations."""
        self._operation = operation
        self._fallback = fallback
        self._of_mock = of_mock
        self._documents_success = any(status[0] in "123d" for status in operation.responses)
        self._clauses: dict[str, Clause] = {clause.key: clause for clause in operation.clauses}
        self._earlier = EarlierAnswers() if earlier is None else earlier

    def check(self, exchange: Exchange) -> Checked:
        """Everything that `exchange` shows, in the order of the rules."""
        if exchange.failure is not None:
            explores = exchange.probe is not None and exchange.probe.explores
            if not exchange.failure.was_sent or explores or _asks_to_wait(exchange):
                return Checked((), ())
            _, evidence = judge_outcome(self._operation, exchange, self._clauses)
            if exchange.failure.kind == "endless" and is_stream(exchange.failure.media_type):
                return Checked((), tuple(evidence))
            return Checked((self._caused(self._failed(exchange), exchange),), tuple(evidence))
        observations: list[Observation] = []
        if self._crashed(exchange):
            observations.append(self._crash(exchange))
        outcome, evidence = judge_outcome(self._operation, exchange, self._clauses, self._fallback)
        routed = is_routers(self._operation, exchange, self._fallback)
        facts = check_response(self._operation, exchange) if self._speaks_of_the_operation(exchange) else None
        # What a router says to a path that it reads differently may be as the contract says, and need not be.
        if facts is not None and not (routed and facts.observations):
            found = [each for each in facts.observations if not self._is_of_the_mock(each, exchange)]
            observations += found
            evidence += facts.evidence
            is_earlier = self._earlier.shows_earlier(exchange, facts.body)
            observations += echoes(self._operation, exchange, facts.body) if not is_earlier else ()
            observations += judge_sequel(self._operation, exchange, facts.body)
            observations += check_problem(self._operation, exchange, facts.body)
            observations += check_accept(self._operation, exchange)
        if not routed:
            # An answer that was asked for by its status is made up.
            made_up = exchange.probe is not None and exchange.probe.asks_for is not None
            observations += check_allow(self._operation, exchange) if not made_up else ()
            evidence += unjudged(self._operation, exchange)
        observations += leaks(self._operation, exchange)
        answer = facts.body if facts is not None else None
        every = with_values((*observations, *outcome), self._operation, exchange, answer, self._clauses)
        return Checked(tuple(self._caused(each, exchange) for each in every), tuple(evidence))

    def _is_of_the_mock(self, observation: Observation, exchange: Exchange) -> bool:
        """Whether our own mock had to answer with a status that the contract does not document."""
        if not self._of_mock or observation.rule != "undocumented-status" or exchange.response is None:
            return False
        return not self._documents_success or exchange.response.status in _REFUSALS_OF_MOCK

    def _caused(self, observation: Observation, exchange: Exchange) -> Observation:
        return with_causes(observation, self._operation, exchange, self._clauses.get(observation.clause or ""))

    def _speaks_of_the_operation(self, exchange: Exchange) -> bool:
        """Whether the response is one of this operation: that to a method which the path does not offer is not."""
        return exchange.request.method == self._operation.operation.method

    def _crashed(self, exchange: Exchange) -> bool:
        if exchange.response is None or exchange.response.status < 500 or refuses_method(self._operation, exchange):
            return False
        if self._of_mock and exchange.response.status == 501:
            return False
        probe = exchange.probe
        return probe is None or (probe.asks_for != exchange.response.status and not probe.explores)

    def _failed(self, exchange: Exchange) -> Observation:
        assert exchange.failure is not None
        what = "no complete answer" if exchange.failure.kind == "endless" else "no answer"
        message = f"{self._operation.key} gave {what}{_when(exchange)}: {exchange.failure.message}"
        return self._observation("transport-failure", exchange, message, seen=exchange.failure.kind)

    def _crash(self, exchange: Exchange) -> Observation:
        assert exchange.response is not None
        status, probe = exchange.response.status, exchange.probe
        seen, severity = f"status {status}", severity_of_crash(self._operation, status)
        what = "; the contract documents this status" if severity == "note" else ""
        if is_deliberate(self._operation, status) or (probe is not None and probe.asks_for is not None):
            # No value is to blame, nor the status that was asked for.
            return Observation.of(
                "server-error",
                self._operation.key,
                exchange,
                f"{self._operation.key} answered {status}{what}",
                severity=severity,
                where="response",
                seen=seen,
            )
        message = f"{self._operation.key} answered {status}{_when(exchange)}{what}"
        if probe is not None and phase_row(probe.phase).deviates:
            # A deviation from an accepted request is what crashes the server; other causes are unknown.
            seen = f"{seen} {probe.aspect}".rstrip()
        return self._observation("server-error", exchange, message, severity=severity, seen=seen)

    def _observation(
        self, rule: str, exchange: Exchange, message: str, *, seen: str, severity: Severity | None = None
    ) -> Observation:
        """A fault that is identified by the probe's own clause, else by `seen`."""
        probe = exchange.probe
        clause = self._clauses.get(probe.clause or "") if probe else None
        return Observation.of(
            rule,
            self._operation.key,
            exchange,
            message,
            clause=clause,
            severity=severity or RULES[rule].severity,
            where=f"request.body[{probe.branch}]" if probe and probe.branch else "response",
            seen=(probe.aspect if probe else "") if clause else seen,
        )


def _asks_to_wait(exchange: Exchange) -> bool:
    """Whether the request deviates in how long the server shall wait: an answer that is late is not missing."""
    named = [str(step) for step in exchange.probe.deviates_at] if exchange.probe is not None else []
    is_late = exchange.failure is not None and exchange.failure.kind in ("timeout", "endless")
    return is_late and any(_is_a_wait(set(words(step))) for step in named)


def _is_a_wait(name: set[str]) -> bool:
    return bool(name & _WAITING) or ("after" in name and bool(name & _UNITS))


def _when(exchange: Exchange) -> str:
    probe = exchange.probe
    if probe is None or not probe.note:
        return ""
    if probe.sequel is not None:
        return f" after {probe.note}"
    return f" where {probe.note}" if phase_row(probe.phase).deviates else f" to {probe.note}"
