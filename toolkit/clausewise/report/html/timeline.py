"""The exchanges of a run over its time: how many were sent in each slice of it, by what came of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import msgspec

from clausewise.exchange import Exchange

#: slices of the whole time
_SLICES = 60
#: kind -> what it is called; those at the bottom of a column first
_KINDS = {**{digit: f"{digit}xx" for digit in "123456789"}, "x": "without an answer"}


class Piece(msgspec.Struct, frozen=True):
    """The exchanges of one kind in a slice; lengths are in percent of the highest column."""

    #: first digit of their statuses; "x" where no answer came
    kind: str
    #: from the top
    y: float
    height: float


class Slice(msgspec.Struct, frozen=True):
    """What was sent in one slice of the time."""

    #: "2.0 s to 2.5 s: 30 of 2xx, 2 without an answer"
    label: str
    pieces: tuple[Piece, ...]


class Timeline(msgspec.Struct, frozen=True):
    """The slices of a run's time, from its first request to its last."""

    slices: tuple[Slice, ...]
    #: seconds from the first request to the last, as they are shown
    seconds: str


def timeline(exchanges: Sequence[Exchange]) -> Timeline | None:
    """The exchanges over time; None where their times are not known, or are all the same."""
    sent = [(each.started.timestamp(), _kind(each)) for each in exchanges if each.started is not None]
    begin, end = min((at for at, _ in sent), default=0.0), max((at for at, _ in sent), default=0.0)
    if end <= begin:
        return None
    counts: list[Counter[str]] = [Counter() for _ in range(_SLICES)]
    for at, kind in sent:
        counts[min(int((at - begin) / (end - begin) * _SLICES), _SLICES - 1)][kind] += 1
    most = max(each.total() for each in counts)
    width = (end - begin) / _SLICES
    # As many digits as tell one slice from the next.
    digits = max(1, math.ceil(-math.log10(width)))
    edges = [f"{number * width:.{digits}f}" for number in range(_SLICES + 1)]
    slices = [
        Slice(f"{start} s to {stop} s: {_in_words(each)}", _column(each, most))
        for start, stop, each in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return Timeline(tuple(slices), edges[-1])


def _kind(exchange: Exchange) -> str:
    return str(exchange.response.status)[0] if exchange.response is not None else "x"


def _in_words(counts: Counter[str]) -> str:
    words = [f"{counts[kind]:,}{' ' if kind == 'x' else ' of '}{name}" for kind, name in _KINDS.items() if counts[kind]]
    return ", ".join(words) or "nothing was sent"


def _column(counts: Counter[str], most: int) -> tuple[Piece, ...]:
    pieces, top = [], 100.0
    for kind in _KINDS:
        if height := 100 * counts[kind] / most:
            top -= height
            pieces.append(Piece(kind, top, height))
    return tuple(pieces)
