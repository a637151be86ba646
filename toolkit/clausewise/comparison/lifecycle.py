"""Compares what a document announces of its parts: `deprecated`, `x-sunset` and `x-stability-level`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from clausewise.comparison.change import Level

#: levels of `x-stability-level`, least stable first
_STABILITY = ("draft", "alpha", "beta", "stable")


class Announcement(msgspec.Struct, frozen=True):
    """A change of what is announced."""

    level: Level
    #: what follows the name of the part: "is deprecated"
    text: str
    reason: str
    #: the keyword that says so
    keyword: str


def removal(owner: Mapping[str, Any], today: date) -> tuple[Level, str] | None:
    """The level of the removal of what `owner` describes, and why, where that was announced or is of no consequence;
    None where nobody announced it."""
    if owner.get("x-stability-level") in ("draft", "alpha"):
        return "compatible", f"it was {owner['x-stability-level']}: clients were not to rely on it"
    if owner.get("deprecated") is not True:
        return None
    written = owner.get("x-sunset")
    if written is None:
        return "compatible", "it was deprecated: its removal was announced"
    day = _day(written)
    if day is None:
        return "breaking", f"it was deprecated, and its x-sunset {written} is not a date such as 2031-12-31"
    if day > today:
        return "breaking", f"it was to stay until {day}"
    return "compatible", f"it was deprecated, and to stay until {day}"


def announcements(old: Mapping[str, Any], new: Mapping[str, Any], today: date) -> Iterator[Announcement]:
    """What one version announces of a part and the other does not, on the day `today`."""
    before, after = old.get("deprecated") is True, new.get("deprecated") is True
    earlier, later = old.get("x-sunset"), new.get("x-sunset")
    if after and not before:
        yield _deprecation(later, today)
    elif before and not after:
        yield Announcement("compatible", "is no longer deprecated", "clients can use it as before", "deprecated")
    elif earlier != later:
        yield _sunset(earlier, later)
    now, then = (each.get("x-stability-level", "not named") for each in (new, old))
    if now != then:
        yield _stability(then, now)


def _stability(then: Any, now: Any) -> Announcement:
    text, keyword = f"has the stability level {now}; before, {then}", "x-stability-level"
    one, two = (_STABILITY.index(each) if each in _STABILITY else None for each in (then, now))
    if now != "not named" and two is None:
        return Announcement("risky", text, f"{now} is none of {', '.join(_STABILITY)}", keyword)
    if one is not None and (two is None or two < one):
        return Announcement("risky", text, "it may change sooner than clients expect", keyword)
    return Announcement("compatible", text, "clients can rely on it as before", keyword)


def _deprecation(sunset: Any, today: date) -> Announcement:
    day = _day(sunset)
    if sunset is None or (day is not None and day >= today):
        until = f" and stays until {sunset}" if sunset is not None else ""
        return Announcement("compatible", f"is deprecated{until}", "clients can still use it", "deprecated")
    what = "is past" if day is not None else "is not a date such as 2031-12-31"
    text = f"is deprecated, and its x-sunset {sunset} {what}"
    return Announcement("risky", text, "clients do not know how long it stays", "deprecated")


def _sunset(earlier: Any, later: Any) -> Announcement:
    if later is None:
        text = f"no longer has a sunset date; before, {earlier}"
        return Announcement("risky", text, "clients no longer know how long it stays", "x-sunset")
    one, two = _day(earlier), _day(later)
    if two is None:
        text = f"has the x-sunset {later}, which is not a date such as 2031-12-31"
        return Announcement("risky", text, "clients do not know how long it stays", "x-sunset")
    text = f"stays until {later}; before, " + ("no date was given" if earlier is None else f"until {earlier}")
    if one is None or two >= one:
        return Announcement("compatible", text, "clients have as long as before, or are given a date", "x-sunset")
    return Announcement("risky", text, "clients have less time than before", "x-sunset")


def _day(written: Any) -> date | None:
    """The day of a date or of a time, as RFC 3339 writes them; None for anything else."""
    try:
        return date.fromisoformat(str(written)[:10])
    except ValueError:
        return None
