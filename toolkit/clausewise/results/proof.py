"""The record of `clausewise prove`: which mutants of a contract's mock the gate kills."""

from __future__ import annotations

from typing import Literal

import msgspec

from clausewise.errors import Location
from clausewise.results.record import Spec, Tool

MutantOutcome = Literal["killed", "survived", "equivalent"]


class MutantResult(msgspec.Struct, frozen=True):
    """One mutant of the mock, and whether the gate killed it."""

    #: "unenforced", "broken" or "crash"
    kind: str
    #: the clause that it breaks: pointer, operation, place in the message, sentence, place in the document
    clause: str
    operation: str
    where: str
    text: str
    location: Location
    #: "killed", "survived" or "equivalent"
    outcome: MutantOutcome
    #: rule of the first finding; None where there was none
    rule: str | None
    #: whether that finding names the clause that the mutant breaks
    named: bool
    #: why it survived, or why it is equivalent; "" when killed
    reason: str
    #: requests until the outcome
    requests: int


class Proof(msgspec.Struct, frozen=True):
    """How many of a contract's mutants the gate kills."""

    version: int
    tool: Tool
    seconds: float
    seed: int
    spec: Spec
    #: number of mutants; fewer were tested where the proof was interrupted
    mutants: int
    #: `trials` in the file
    results: tuple[MutantResult, ...] = msgspec.field(name="trials")

    def count(self, outcome: MutantOutcome) -> int:
        """How many mutants have that outcome."""
        return sum(result.outcome == outcome for result in self.results)

    @property
    def score(self) -> float:
        """Percentage of killed mutants, equivalent ones not counted."""
        counted = len(self.results) - self.count("equivalent")
        return 100.0 if counted == 0 else 100 * self.count("killed") / counted
