"""A case that was sent, and what came of it, which may not count yet."""

from __future__ import annotations

import msgspec

from clausewise.exchange import Exchange
from clausewise.generation.prover import Case
from clausewise.results.evidence import Observation
from clausewise.runner.canary import Appearance, appearance_of
from clausewise.runner.task import ScheduledTask
from clausewise.security.schemes import Slot


class Sent(msgspec.Struct, eq=False):
    """A case that was sent. Where its answer is void, it is sent again, and has another one then."""

    case: Case
    #: id of its exchange
    name: str
    #: the task that it belongs to; None where nobody can send it again
    task: ScheduledTask | None = None
    exchange: Exchange | None = None
    #: faults that it and earlier exchanges show together
    observations: list[Observation] = []
    #: the places of the run's credentials in its request
    slots: frozenset[Slot] = frozenset()
    #: number of the login that it was sent with
    login: int = 0
    #: answers of the run before it was sent, and with its own
    before: int = 0
    number: int = 0
    #: whether an earlier process of the run sent it, and wrote down what came of it
    is_earlier: bool = False
    #: whether its answer does not count, and it is to be sent again
    void: bool = False
    #: whether its phase has gone on with its answer
    passed_on: bool = False

    @property
    def result(self) -> Exchange:
        """What came of it."""
        assert self.exchange is not None
        return self.exchange

    @property
    def was_sent(self) -> bool:
        """Whether it went out at all."""
        return self.result.failure is None or self.result.failure.was_sent

    @property
    def appearance(self) -> Appearance:
        """What its answer looks like."""
        answer = self.result.response or self.result.failure
        assert answer is not None
        return appearance_of(self.result.request, answer)
