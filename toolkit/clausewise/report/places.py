"""The places of a finding that was seen in several, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.results.record import Finding, Place
from clausewise.wording import times


def seen(finding: Finding, limit: int) -> Iterator[str]:
    """How often it was seen, and where: at most `limit` places, or operations where those are not recorded."""
    lines = list(places(finding, limit))
    if lines:
        yield f"{times(finding.count)}:"
        yield from (f"  {line}" for line in lines)
        return
    names = ", ".join(finding.operations[:limit])
    more = f" and {len(finding.operations) - limit} more" if len(finding.operations) > limit else ""
    where = f" ({finding.where})" if finding.where else ""
    yield f"in {names}{more}{where}, {times(finding.count)}"


def places(finding: Finding, limit: int | None = None) -> Iterator[str]:
    """A line for each place: operation, place in the message and in the contract. Beyond `limit` they are counted.

    Nothing where there is only one.
    """
    first = {(place.operation, place.where): place for place in reversed(finding.places)}
    if len(first) < 2:
        return
    lines = [_line(place) for _, place in sorted(first.items())]
    yield from lines[:limit]
    if limit is not None and len(lines) > limit:
        yield f"and in {len(lines) - limit} more: run.json lists all"


def _line(place: Place) -> str:
    where = f" ({place.where})" if place.where else ""
    return f"in {place.operation}{where}{f', {place.location}' if place.location else ''}"
