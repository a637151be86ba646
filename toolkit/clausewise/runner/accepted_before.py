"""Asks, before a value is blamed for a crash or a refusal, whether the server now fails the accepted request as well.

A probe changes one thing in a request that the server accepted. Where an earlier request has left something behind on
which every later one fails, such as a record that the server cannot read, that one thing is not the cause. Another
request may remove what was left behind at any moment: so the crash has to show once more after the accepted request.
And where what both requests name is gone or used up by now, both are refused. Refusals of breaches that look alike,
whatever they break, may be of this kind as well: while the accepted request is refused like them, they show nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

import msgspec

from clausewise.conformance.breach_outcome import ABOUT_FORM
from clausewise.exchange import Failure, Probe, Response
from clausewise.generation.prover import Case
from clausewise.results.evidence import ACCEPTED_BEFORE
from clausewise.runner.canary import Appearance, appearance_of
from clausewise.runner.confirmation import may_be_left_behind
from clausewise.runner.connection import Connection
from clausewise.transport.budget import SAFE_METHODS, BudgetSpent

#: clauses whose breaches are refused alike before the accepted request is asked for
_ALIKE = 3


class Control(msgspec.Struct, frozen=True, eq=False):
    """An accepted request, sent again after a change of it had been refused, or had crashed."""

    accepted: Case
    answer: Response

    @property
    def is_refused(self) -> bool:
        """Whether the server refuses it now."""
        return 400 <= self.answer.status < 500


class _Alike(msgspec.Struct):
    """Breaches of one operation that were refused with answers that look alike."""

    #: keys of the clauses that they break
    clauses: set[str] = msgspec.field(default_factory=set)
    #: how many clauses it takes to ask for the accepted request the next time
    patience: int = _ALIKE
    #: the accepted request, as long as it is refused like them
    refused: Control | None = None

    def is_enough(self, clause: str) -> bool:
        """Count the breach of a clause; whether the accepted request is to be asked for."""
        self.clauses.add(clause)
        return len(self.clauses) >= self.patience

    def wait(self) -> None:
        """Ask again after as many clauses more, or soon where the accepted request is refused."""
        self.patience = len(self.clauses) + (_ALIKE if self.refused is not None else len(self.clauses))


class Repeated(Control, frozen=True, eq=False):
    """One after a crash."""

    #: what comes of the change of it afterwards
    final: Response | Failure


class AcceptedBefore:
    """Repeats the accepted requests of which changes crash or are refused, once for each cause that turns out to be the
    value."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: operation, clause, aspect and status of the crashes and refusals for which the value is to blame
        self._of_values: set[Hashable] = set()
        self._alike: defaultdict[tuple[str, Appearance], _Alike] = defaultdict(_Alike)

    def take_earlier(self, case: Case, answer: Response | None) -> None:
        """Take note of what an earlier process of the run was answered."""
        if answer is not None and answer.status in ABOUT_FORM and case.probe.expect == "refuse" and case.accepted:
            alike = self._alike[case.probe.operation, appearance_of(case.request, answer)]
            if alike.is_enough(case.probe.clause or ""):
                alike.wait()

    async def control(self, case: Case, answer: Response | Failure) -> Control | None:
        """The accepted request that `case` changes, and its answer now, where a refusal of `case` would be told or
        counted; None where nobody need ask, or no limit of the run is left for it."""
        if case.accepted is None or not isinstance(answer, Response) or answer.status not in ABOUT_FORM:
            return None
        if case.probe.expect != "accept":
            return await self._of_many(case, answer) if case.probe.expect == "refuse" else None
        cause = _cause_of(case, answer)
        control = await self._ask_again(case) if cause not in self._of_values else None
        if control is not None and not control.is_refused:
            self._of_values.add(cause)
        return control

    async def _of_many(self, case: Case, answer: Response) -> Control | None:
        """The accepted request that `case` breaks, and its answer, where that is refused like the breach. It is asked
        for where breaches of several clauses were refused alike, and now and then while further ones are."""
        looks = appearance_of(case.request, answer)
        alike = self._alike[case.probe.operation, looks]
        if not alike.is_enough(case.probe.clause or ""):
            return alike.refused
        control = await self._ask_again(case)
        is_alike = control is not None and appearance_of(control.accepted.request, control.answer) == looks
        alike.refused = control if is_alike else None
        alike.wait()
        return control if is_alike or (control is not None and not control.is_refused) else None

    async def repeated(self, case: Case, answer: Response | Failure) -> Repeated | None:
        """The accepted request that `case` changes, and what comes of both now; None where nobody need ask, or no limit
        of the run is left for it."""
        if case.accepted is None or not isinstance(answer, Response) or answer.status < 500:
            return None
        if case.control is not None:
            # The confirmation of the crash has asked already.
            return None
        cause = _cause_of(case, answer)
        if case.probe.asks_for is not None or cause in self._of_values:
            return None
        control = await self._ask_again(case)
        if control is None:
            return None
        if control.answer.status >= 500:
            return Repeated(control.accepted, control.answer, answer)
        try:
            final = await self._connection.ask(case)
        except BudgetSpent:
            final = answer
        if not isinstance(final, Response) or final.status >= 500 or may_be_left_behind(final):
            # What crashed halfway may have made what the repetition now finds.
            self._of_values.add(cause)
            final = answer
        return Repeated(control.accepted, control.answer, final)

    async def _ask_again(self, case: Case) -> Control | None:
        """The accepted request that `case` changes, and its answer now; None where there is no answer."""
        again = _accepted(case)
        # What the request makes must be known, so that it is removed, even where the run ends meanwhile.
        is_safe = again.request.method in SAFE_METHODS
        ask = self._connection.ask if is_safe else self._connection.ask_to_the_end
        try:
            now = await ask(again)
        except BudgetSpent:
            return None
        return Control(again, now) if isinstance(now, Response) else None


def _cause_of(case: Case, answer: Response) -> Hashable:
    return case.probe.operation, case.probe.clause, case.probe.aspect, answer.status


def _accepted(case: Case) -> Case:
    """The accepted request that `case` changes."""
    assert case.accepted is not None
    probe, note = case.probe, "an accepted request is sent again"
    again = Probe(probe.operation, probe.phase, note, "accept", branch=probe.branch, aspect=ACCEPTED_BEFORE)
    return Case(case.accepted(), again)
