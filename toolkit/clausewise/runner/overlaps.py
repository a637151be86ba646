"""What a recorded run does not tell of the state that an answer shows.

Nobody knows which of two requests that were on their way together the server carried out first. And to be sure of a
refusal, a run sends again what was accepted before, of which its record has nothing. Sent one after the other, and
without those, the requests may come to another end without any fault of the server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from clausewise.conformance.comparison import Race
from clausewise.exchange import Exchange
from clausewise.resources.identity import members_sent
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.words import plain


class Overlaps:
    """The writes of a recorded run by their paths."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._writes: defaultdict[str, list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            if exchange.request.method not in SAFE_METHODS and exchange.started is not None:
                self._writes[_path(exchange)].append(exchange)

    def of(self, exchange: Exchange) -> Race:
        """What other requests of the run leave unknown of the answer to `exchange`."""
        if exchange.started is None:
            return Race()
        own, overlaps, last = _path(exchange), False, list[dict[str, Any]]()
        for path, writes in self._writes.items():
            if path == own or path.startswith(f"{own}/") or own.startswith(f"{path}/"):
                met = any(_meet(each, exchange) for each in writes if each.id != exchange.id)
                possible = _possibly_last(writes, exchange)
                overlaps = overlaps or met
                last += possible if met or len(possible) > 1 else ()
        return Race(overlaps, tuple(last))


def _possibly_last(writes: list[Exchange], read: Exchange) -> list[dict[str, Any]]:
    """What was sent by those of the `writes` to one thing of which the server may have carried out any as the last one
    before it answered `read`."""
    # A POST to a collection makes a thing of its own: it overwrites nothing.
    sent = [each for each in writes if each.request.method != "POST" and _begins(each) < _ends(read)]
    before = [each for each in sent if each.accepted]
    done = max((_begins(each) for each in before if _ends(each) <= _begins(read)), default=None)
    is_open = done is not None and any(not each.accepted and _ends(each) > done for each in sent)
    possible = before if is_open else [each for each in before if done is None or _ends(each) > done]
    return [{plain(name): value for name, value in members_sent(each.request).items()} for each in possible]


def _path(exchange: Exchange) -> str:
    return exchange.request.target.partition("?")[0].rstrip("/")


def _begins(exchange: Exchange) -> float:
    return exchange.started.timestamp() if exchange.started is not None else 0.0


def _ends(exchange: Exchange) -> float:
    return _begins(exchange) + (exchange.response.seconds if exchange.response is not None else 0.0)


def _meet(one: Exchange, other: Exchange) -> bool:
    return _begins(one) < _ends(other) and _begins(other) < _ends(one)
