"""The places of a finding that was seen in several, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.errors import Location
from clausewise.results.record import Finding
from clausewise.wording import times

#: places of one finding, or operations, that a terminal shows
_SHOWN = 5


def summary(finding: Finding, all_in: str) -> Iterator[str]:
    """How often it was seen, and where: its first places, or operations where those are not recorded. `all_in` lists
    each of them."""
    lines = list(places(finding, _SHOWN, all_in))
    if lines:
        yield f"{times(finding.count)}:"
        yield from (f"  {line}" for line in lines)
        return
    names = ", ".join(finding.operations[:_SHOWN])
    more = f" and {len(finding.operations) - _SHOWN} more" if len(finding.operations) > _SHOWN else ""
    where = f" ({finding.where})" if finding.where else ""
    yield f"in {names}{more}{where}, {times(finding.count)}"


def places(finding: Finding, limit: int | None = None, all_in: str = "") -> Iterator[str]:
    """A line for each place: operation, place in the message, and the lines of the contract that are broken there.

    Beyond `limit` they are counted, and `all_in` lists all. Nothing where there is only one place and one line of the
    contract.
    """
    if not has_several(finding):
        return
    broken: dict[tuple[str, str], set[Location]] = {}
    for place in finding.places:
        locations = broken.setdefault((place.operation, place.where), set())
        if place.location is not None:
            locations.add(place.location)
    lines = [
        ", ".join((f"in {operation}{f' ({where})' if where else ''}", *map(str, sorted(locations))))
        for (operation, where), locations in sorted(broken.items())
    ]
    yield from lines[:limit]
    if limit is not None and len(lines) > limit:
        yield f"and in {len(lines) - limit} more: {all_in} lists all"


def has_several(finding: Finding) -> bool:
    """Whether it was seen in several places, or breaks several lines of the contract in one."""
    return len({(place.operation, place.where, place.location) for place in finding.places}) > 1
