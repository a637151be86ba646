"""What reading a payload, a document or a recording gives: exchanges with their places."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clausewise.errors import Location
from clausewise.exchange import Exchange, ExchangePath, Unreadable
from clausewise.recordings.positions import Positions


class RecordedExchange(msgspec.Struct, frozen=True, eq=False):
    """One exchange that others made, and where it stands."""

    #: its id names the place: "traffic.ndjson:12"
    exchange: Exchange
    location: Location
    #: of a document or payload: names the exchange without its line, "docs/create.md createCluster 1"; "" for traffic,
    #: where one fault is one finding however often it occurs
    written: str = ""
    #: key of the operation, where it is known; None where the path must tell it
    operation: str | None = None
    #: places of the exchange that were left out or masked, and are not judged
    unknown: frozenset[ExchangePath] = frozenset()
    #: where the values of the bodies stand
    request: Positions | None = None
    response: Positions | None = None

    def locate(self, at: ExchangePath) -> Location:
        """Where `at` in the exchange stands in the file."""
        side = self.request if at[:1] == ("request",) else self.response
        if at[1:2] == ("body",) and side is not None:
            return side.locate(at[2:])
        return self.location


class Skipped(msgspec.Struct, frozen=True):
    """Something in a document that is left out on purpose, and why."""

    #: file and line
    source: str
    message: str


#: what reading gives, one entry after the other
Entry = RecordedExchange | Unreadable | Skipped
Entries = Iterator[Entry]
