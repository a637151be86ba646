"""The Run as JSON: the record itself, for programs and for comparisons with later runs."""

from __future__ import annotations

from collections.abc import Sequence

from clausewise.exchange import Exchange
from clausewise.results.record import Run, encode


def render(run: Run, _exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of run.json."""
    return encode(run)
