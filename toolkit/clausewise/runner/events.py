"""The events of a run, as typed values, and the listeners that receive them.

A listener receives each event as it happens, and may ask the run to stop. The run then sends only the requests that
remove the resources it created. Answers that are still on their way are recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange
from clausewise.results.evidence import Observation
from clausewise.transport.budget import Leave


class RunBegins(msgspec.Struct, frozen=True):
    """The first request is about to go out."""

    #: name of the target
    target: str
    #: what may be written
    leave: Leave
    #: operations that may create something, each with the one that undoes it; "" where none is known
    creates: tuple[tuple[str, str], ...]
    #: file that lists what is written; None where nothing is
    journal: Path | None
    #: how many resources an earlier run left, by that file
    left_before: int
    #: whether a POST to an authorization server asks for a token, which is no write
    asks_for_token: bool


class ExchangeRecorded(msgspec.Struct, frozen=True):
    """An exchange, with its secrets masked. Events for the faults in it follow."""

    operation: OperationContract
    exchange: Exchange


class ObservationMade(msgspec.Struct, frozen=True):
    """A fault. Many of them may fold into one finding."""

    observation: Observation


class ProgressMade(msgspec.Struct, frozen=True):
    """The progress of a run."""

    #: requests answered so far
    requests: int
    #: decided clauses, and all clauses: the number of requests is not known in advance
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


Event = RunBegins | ExchangeRecorded | ObservationMade | ProgressMade | NoteMade | RunEnded


class StopRequest(msgspec.Struct, frozen=True):
    """A listener's request that the run stop."""

    reason: str


#: receives an event; a StopRequest that it returns ends the run
Listener = Callable[[Event], StopRequest | None]


class Events:
    """Passes each event to all listeners, in order."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = tuple(listeners)
        #: the first request to stop; None while there is none
        self.stop_request: StopRequest | None = None

    @property
    def has_listeners(self) -> bool:
        """Whether there are listeners; without them no event needs to be created."""
        return bool(self._listeners)

    def emit(self, event: Event) -> None:
        """Pass `event` to every listener."""
        for listener in self._listeners:
            request = listener(event)
            self.stop_request = self.stop_request or request
