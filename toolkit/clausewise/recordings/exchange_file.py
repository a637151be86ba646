"""The exchanges of a run in a file: each is appended as it comes, and read back when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

import msgspec

from clausewise.exchange import Exchange
from clausewise.recordings import ndjson
from clausewise.recordings.line_file import LineFile

#: bytes of each body that are kept; how many more there were is in the record
KEPT_BODY = 256 * 1024


class ExchangeFile(Mapping[str, Exchange]):
    """The exchanges of a recording by their ids, in the order in which they came. They are read as they are asked for:
    only their ids are kept in memory."""

    def __init__(self, lines: LineFile) -> None:
        self._lines = lines
        #: id -> number of its line; of two lines with one id, the later counts
        self._numbers = {_id_of(line): number for number, line in enumerate(lines)}

    def add(self, exchange: Exchange) -> None:
        """Append an exchange. Raises OSError when it cannot be written."""
        self._lines.add(ndjson.encode(shortened(exchange)))
        self._numbers[exchange.id] = len(self._lines) - 1

    def change(self, change: Callable[[Exchange], Exchange]) -> None:
        """Write all exchanges anew, as `change` makes them. Raises OSError when that fails."""
        self._lines.change(lambda line: ndjson.encode(change(_exchange(line))))

    def forget(self, name: str) -> None:
        """Leave out an exchange; its line stays."""
        del self._numbers[name]

    def __getitem__(self, name: str) -> Exchange:
        return _exchange(self._lines[self._numbers[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class Ordered(Sequence[Exchange]):
    """Exchanges in the order of their ids, each read as it is asked for."""

    def __init__(self, exchanges: Mapping[str, Exchange]) -> None:
        self._exchanges = exchanges
        self._names = sorted(exchanges)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Exchange]: ...
    def __getitem__(self, index: int | slice) -> Exchange | Sequence[Exchange]:
        if isinstance(index, slice):
            return [self._exchanges[name] for name in self._names[index]]
        return self._exchanges[self._names[index]]

    def __len__(self) -> int:
        return len(self._names)


def shortened(exchange: Exchange) -> Exchange:
    """The exchange with at most KEPT_BODY bytes of each body."""
    request, response = exchange.request, exchange.response
    if request.body is not None and len(request.body) > KEPT_BODY:
        kept = _start(request.body)
        request = msgspec.structs.replace(request, body=kept, cut=request.cut + len(request.body) - len(kept))
    if response is not None and len(response.body) > KEPT_BODY:
        kept = _start(response.body)
        response = msgspec.structs.replace(response, body=kept, cut=response.cut + len(response.body) - len(kept))
    if request is exchange.request and response is exchange.response:
        return exchange
    return msgspec.structs.replace(exchange, request=request, response=response)


def _start(body: bytes) -> bytes:
    """What is kept of a longer body: no character of UTF-8 is cut in two."""
    end = next((end for end in range(KEPT_BODY, KEPT_BODY - 4, -1) if body[end] & 0xC0 != 0x80), KEPT_BODY)
    return body[:end]


class _Named(msgspec.Struct):
    id: str


def _id_of(line: bytes) -> str:
    return _NAMED.decode(line).id


_NAMED = msgspec.json.Decoder(_Named)


def _exchange(line: bytes) -> Exchange:
    exchange = ndjson.decode(line, "")
    assert isinstance(exchange, Exchange)
    return exchange
