"""The entries that a payload, a document or a recording is read into: exchanges with their places."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange, ExchangePath, Unreadable
from clausewise.recordings.positions import Positions


class RecordedExchange(msgspec.Struct, frozen=True, eq=False):
    """One exchange that others made, and where it stands."""

    #: with an id that names the place: "traffic.ndjson:12"
    exchange: Exchange
    location: Location
    #: in a document or payload, a name without a line number: "docs/create.md createCluster 1"; "" in recorded traffic,
    #: where one fault is one finding however often it occurs
    written: str = ""
    #: key of the operation; None where it follows from the path
    operation: str | None = None
    #: parts of the exchange that were left out or masked, and are not judged
    unrecorded: frozenset[ExchangePath] = frozenset()
    #: where the values in the two bodies stand; None where that is not tracked
    request: Positions | None = None
    response: Positions | None = None

    def locate(self, at: ExchangePath) -> Location:
        """The place in the file of the part `at` of the exchange."""
        side = self.request if at[:1] == ("request",) else self.response
        if at[1:2] == ("body",) and side is not None:
            return side.locate(at[2:])
        return self.location


class Skipped(msgspec.Struct, frozen=True):
    """Something in a document that is left out on purpose, and why."""

    #: file and line
    source: str
    message: str


#: one entry of a source; all its entries in order
Entry = RecordedExchange | Unreadable | Skipped
Entries = Iterator[Entry]
