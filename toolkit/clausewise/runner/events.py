"""What a run says while it goes on: typed events, for whoever listens.

A listener takes each event as it comes, and may ask the run to stop. The run then sends nothing more but what removes
what it created; answers that are on their way are still recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from clausewise.contract.contract import OperationContract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange
from clausewise.results.evidence import Observation


class ExchangeRecorded(msgspec.Struct, frozen=True):
    """An exchange, its secrets masked. What was found in it follows."""

    operation: OperationContract
    exchange: Exchange


class ObservationMade(msgspec.Struct, frozen=True):
    """A fault, which may be one of many that fold into one finding."""

    observation: Observation


class ProgressMade(msgspec.Struct, frozen=True):
    """How far a run is."""

    #: requests answered so far
    requests: int
    #: clauses decided and all there are: nobody knows beforehand how many requests a run takes
    decided: int
    clauses: int
    #: faults seen so far, not yet folded
    observations: int


class NoteMade(msgspec.Struct, frozen=True):
    """Something that could not be done, as one sentence."""

    message: str


class RunEnded(msgspec.Struct, frozen=True):
    """The last event."""

    #: why it ended early; None when it ran to its end, or a listener or the keyboard stopped it
    stopped: ClausewiseError | None
    interrupted: bool


Event = ExchangeRecorded | ObservationMade | ProgressMade | NoteMade | RunEnded


class StopRequest(msgspec.Struct, frozen=True):
    """A listener's wish that the run should stop."""

    reason: str


#: takes an event; what it returns asks the run to stop
Listener = Callable[[Event], StopRequest | None]


class Events:
    """Hands each event to all listeners, in their order."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = tuple(listeners)
        #: the first wish to stop; None while nobody has one
        self.stop_request: StopRequest | None = None

    @property
    def has_listeners(self) -> bool:
        """Whether anybody listens: else an event need not be made."""
        return bool(self._listeners)

    def emit(self, event: Event) -> None:
        """Hand on `event`."""
        for listener in self._listeners:
            request = listener(event)
            self.stop_request = self.stop_request or request
