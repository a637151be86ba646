"""Statuses and times of the responses, counted for charts; lengths are in the units of the charts' view boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import floor, log10

import msgspec

from clausewise.exchange import Exchange

#: slowest operations that are shown
_SLOWEST = 8
#: bars for each power of ten
_STEPS = 5


class Bar(msgspec.Struct, frozen=True):
    """One bar."""

    label: str
    #: exchanges, or milliseconds
    figure: str
    #: its length, at most 100
    length: float
    #: first digit of a status; "" elsewhere
    kind: str = ""


class Charts(msgspec.Struct, frozen=True):
    """The contents of the charts; times are empty where they were not measured."""

    statuses: tuple[Bar, ...]
    times: tuple[Bar, ...]
    slowest: tuple[Bar, ...]
    #: durations with their unit: the median, the 95th percentile and the maximum
    median: str
    ninety_fifth: str
    longest: str


def charts(exchanges: Sequence[Exchange]) -> Charts:
    """The charts of a run's exchanges."""
    counts = Counter(
        str(exchange.response.status) if exchange.response else (exchange.failure.kind if exchange.failure else "?")
        for exchange in exchanges
    )
    times: dict[str, list[float]] = {}
    for exchange in exchanges:
        if exchange.response is not None and exchange.response.seconds > 0:
            operation = exchange.probe.operation if exchange.probe else exchange.request.target.partition("?")[0]
            times.setdefault(operation, []).append(exchange.response.seconds * 1000)
    together = sorted(time for each in times.values() for time in each)
    most = max(counts.values(), default=1)
    medians = sorted(((_at(sorted(each), 0.5), name) for name, each in times.items()), reverse=True)[:_SLOWEST]
    return Charts(
        statuses=tuple(
            Bar(name, f"{count:,}", 100 * count / most, name[0] if name.isdigit() else "x")
            for name, count in sorted(counts.items())
        ),
        times=_histogram(together),
        slowest=tuple(Bar(name, _duration(time), 100 * time / medians[0][0]) for time, name in medians),
        median=_duration(_at(together, 0.5)),
        ninety_fifth=_duration(_at(together, 0.95)),
        longest=_duration(_at(together, 1)),
    )


def _histogram(times: list[float]) -> tuple[Bar, ...]:
    """Responses by time, in steps that grow by a constant factor: most are fast, and a few are much slower."""
    counts = Counter(floor(log10(time) * _STEPS) for time in times)
    if not counts:
        return ()
    most = max(counts.values())
    return tuple(
        Bar(
            f"{_duration(10 ** (step / _STEPS))} to {_duration(10 ** ((step + 1) / _STEPS))}",
            f"{counts[step]:,}",
            100 * counts[step] / most,
        )
        for step in range(min(counts), max(counts) + 1)
    )


def _at(times: list[float], share: float) -> float:
    return times[min(floor(share * len(times)), len(times) - 1)] if times else 0.0


def _duration(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.3g} s"
    return f"{milliseconds:.2g} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
