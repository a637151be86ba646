"""Renders the changes between two contracts: as lines for a terminal, as JSON, and as annotations for GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from clausewise.comparison.change import LEVELS, Change, Level
from clausewise.errors import Location
from clausewise.report.github import SHOWN, command
from clausewise.report.terminal import Line, Span
from clausewise.wording import counted


def lines(changes: Sequence[Change], old: str, new: str, *, verbose: bool) -> Iterator[Line]:
    """The changes that break clients or may break some, the others if `verbose`, and how many there are of each.

    `old` and `new` are the names of the documents.
    """
    for change in changes:
        place = f" {change.new or change.old}" + ("" if change.new else " (removed)")
        sentence = f"{where(change)}: {change.text}"
        if change.state != "new":
            if verbose:
                yield Span(change.state, "dim"), f"{place} {called(change.level)}: {sentence} ({change.id})"
        elif change.level in ("breaking", "not-compared", "risky"):
            yield Span(called(change.level), "failed" if change.breaking else "attention"), place
            yield (f"  {sentence}",)
            yield (f"  {change.reason}",)
            yield ()
        elif verbose:
            why = f" ({change.reason})" if change.level == "editorial" else ""
            yield Span(change.level, "passed"), f"{place} {sentence}{why}"
    quiet = any(change.level in ("compatible", "editorial") for change in changes) and not verbose
    hint = " (-v lists the compatible ones)" if quiet else ""
    yield (f"{summary(changes)} between {old} and {new}{hint}",)


def summary(changes: Sequence[Change]) -> str:
    """How many changes there are of each level: "2 breaking, 1 risky and 3 compatible changes"."""
    new = [change for change in changes if change.state == "new"]
    counts = {level: sum(change.level == level for change in new) for level in LEVELS}
    named = [level for level in LEVELS if counts[level] or level in ("breaking", "compatible")]
    last = named.pop()
    first = ", ".join(f"{counts[level]} {called(level)}" for level in named)
    states = {state: sum(change.state == state for change in changes) for state in ("known", "waived")}
    rest = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    return f"{first} and {counted(counts[last], f'{last} change')}" + (f" ({rest})" if rest else "")


def called(level: Level) -> str:
    """What people call a level."""
    return level.replace("-", " ")


def render_json(changes: Sequence[Change], old: str, new: str) -> str:
    """One object: {"version", "old", "new", the number of changes of each level by its name, "changes"}."""
    written: dict[str, Any] = {"version": 1, "old": old, "new": new}
    written |= {level: sum(change.level == level for change in changes) for level in LEVELS}
    written["changes"] = [
        {"id": change.id, "breaking": change.breaking} | msgspec.to_builtins(change) for change in changes
    ]
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def render_github(changes: Sequence[Change], _old: str, new: str) -> str:
    """An annotation for each change that breaks clients, or that nobody can judge; beyond the number that GitHub shows,
    one more with the count of the rest.

    A removed part has no line in the new document: its annotation is at the first line.
    """
    shown = [change for change in changes if change.level in _TITLES and change.state == "new"]
    lines = []
    for change in shown[:SHOWN]:
        place = change.new or Location(new, 1, 1)
        text = change.text if change.new else f"{change.text}; it was at {change.old}"
        properties = {"file": place.file, "line": str(place.line), "col": str(place.column)}
        properties["title"] = _TITLES[change.level]
        lines.append(command("error", properties, f"{where(change)}: {text}: {change.reason}"))
    if len(shown) > SHOWN:
        broken = sum(change.breaking for change in shown[SHOWN:])
        unknown = len(shown) - SHOWN - broken
        counts = [counted(broken, "more breaking change")] if broken else []
        counts += [f"{unknown} more not compared"] if unknown else []
        lines.append(command("error", {"title": "clausewise"}, " and ".join(counts)))
    return "".join(f"{line}\n" for line in lines)


#: levels that have annotations -> their titles
_TITLES: dict[Level, str] = {"breaking": "breaking change", "not-compared": "not compared"}


def where(change: Change) -> str:
    """The operations, and the place in their messages: "createCluster request.body.name"."""
    first, *others = change.operations
    if others:
        return f"in {first} and {len(others)} more" + (f", {change.where}" if change.where else "")
    return f"{first} {change.where}".rstrip()
