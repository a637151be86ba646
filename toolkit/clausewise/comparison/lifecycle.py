"""Compares what a document announces of its parts: `deprecated`, `x-sunset` and `x-stability-level`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from clausewise.comparison.change import Level

#: levels of `x-stability-level`, least stable first; what names none is stable
_STABILITY = ("draft", "alpha", "beta", "stable")

#: levels of what can go at any time
_LOOSE = ("draft", "alpha")


class Announcement(msgspec.Struct, frozen=True):
    """A change of what is announced."""

    level: Level
    #: what follows the name of the part: "is deprecated"
    text: str
    reason: str
    #: the keyword that says so
    keyword: str


def not_relied_on(owner: Mapping[str, Any]) -> str | None:
    """Why no change of what `owner` describes breaks clients; None where they rely on it."""
    level = owner.get("x-stability-level")
    return f"it was {level}: clients were not to rely on it" if level in _LOOSE else None


def removal(owner: Mapping[str, Any], today: date) -> tuple[Level, str] | None:
    """The level of the removal of what `owner` describes, and why, where that was announced or is of no consequence;
    None where nobody announced it."""
    early = not_relied_on(owner)
    if early is not None:
        return "compatible", early
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
    """What one version announces of a part and the other does not, on the day `today`.

    A promise that is taken back breaks clients: what was promised may be gone in the next version, without a further
    word (see `removal`). Clients cannot rely on a day or a level that nobody can read."""
    before, after = old.get("deprecated") is True, new.get("deprecated") is True
    earlier, later = old.get("x-sunset"), new.get("x-sunset")
    found = None
    if after and not before:
        found = _deprecation(later, today)
    elif before and not after:
        found = Announcement("compatible", "is no longer deprecated", "clients can use it as before", "deprecated")
    elif earlier != later:
        found = _sunset(earlier, later, today)
    early = not_relied_on(old)
    if found is not None and found.level == "breaking" and early is not None:
        found = msgspec.structs.replace(found, level="compatible", reason=early)
    if found is not None:
        yield found
    now, then = (each.get("x-stability-level", _NOT_NAMED) for each in (new, old))
    if now != then:
        yield _stability(then, now)


def _stability(then: Any, now: Any) -> Announcement:
    text, keyword = f"has the stability level {now}; before, {then}", "x-stability-level"
    one, two = ("stable" if each == _NOT_NAMED else each for each in (then, now))
    if _rank(two) >= _rank(one):
        return Announcement("compatible", text, "clients can rely on it as before", keyword)
    unknown = f"{now} is none of {', '.join(_STABILITY)}" if two not in _STABILITY else ""
    return Announcement("breaking", text, unknown or "it may change sooner than clients were told", keyword)


#: the level of what names none
_NOT_NAMED = "not named"


def _rank(level: Any) -> int:
    """How stable a level is; one that is none is as bad as the least."""
    return _STABILITY.index(level) if level in _STABILITY else 0


def _deprecation(sunset: Any, today: date) -> Announcement:
    day = _day(sunset)
    if sunset is None or (day is not None and day >= today):
        until = f" and stays until {sunset}" if sunset is not None else ""
        return Announcement("compatible", f"is deprecated{until}", "clients can still use it", "deprecated")
    if day is None:
        text = f"is deprecated, and its x-sunset {sunset} is not a date such as 2031-12-31"
        return Announcement("breaking", text, _UNKNOWN, "deprecated")
    text = f"is deprecated, and its x-sunset {sunset} is past"
    return Announcement("breaking", text, "it may be gone at once, without a notice", "deprecated")


def _sunset(earlier: Any, later: Any, today: date) -> Announcement:
    one, two = _day(earlier), _day(later)
    # Who was told no date, or one that is past, has no time to lose.
    could_be_gone = earlier is None or (one is not None and one <= today)
    if later is None:
        text = f"no longer has a sunset date; before, {earlier}"
        level, reason = _lost(could_be_gone), "clients no longer know how long it stays"
    elif two is None:
        text = f"has the x-sunset {later}, which is not a date such as 2031-12-31"
        level, reason = _lost(could_be_gone), _UNKNOWN
    else:
        text = f"stays until {later}; before, " + ("no date was given" if earlier is None else f"until {earlier}")
        level, reason = "compatible", "clients have as long as before, or are given a date"
        if not could_be_gone and two < (one or today):
            level, reason = "breaking", "clients have less time than they were told"
    return Announcement(level, text, reason, "x-sunset")


def _lost(could_be_gone: bool) -> Level:
    return "risky" if could_be_gone else "breaking"


#: why a date that nobody can read breaks clients
_UNKNOWN = "clients do not know how long it stays"


def _day(written: Any) -> date | None:
    """The day of a date or of a time, as RFC 3339 writes them; None for anything else."""
    try:
        return date.fromisoformat(str(written)[:10])
    except ValueError:
        return None
