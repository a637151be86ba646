"""Renders the changes between two contracts: as lines for a terminal, as JSON, and as annotations for GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from clausewise.comparison.change import Change
from clausewise.errors import Location
from clausewise.report.github import SHOWN, command
from clausewise.report.terminal import Line, Span
from clausewise.wording import counted


def lines(changes: Sequence[Change], old: str, new: str, *, verbose: bool) -> Iterator[Line]:
    """The breaking changes, the compatible ones if `verbose`, and the number of both.

    `old` and `new` are the names of the documents.
    """
    for change in changes:
        place = f" {change.new or change.old}" + ("" if change.new else " (removed)")
        sentence = f"{_where(change)}: {change.text}"
        if change.breaking:
            yield Span("breaking", "failed"), place
            yield (f"  {sentence}",)
            yield (f"  {change.reason}",)
            yield ()
        elif verbose:
            yield Span("compatible", "passed"), f"{place} {sentence}"
    breaking = sum(change.breaking for change in changes)
    compatible = len(changes) - breaking
    hint = " (-v lists the compatible ones)" if compatible and not verbose else ""
    yield (f"{breaking} breaking and {counted(compatible, 'compatible change')} between {old} and {new}{hint}",)


def render_json(changes: Sequence[Change], old: str, new: str) -> str:
    """One object: {"version", "old", "new", "breaking", "compatible", "changes"}."""
    breaking = sum(change.breaking for change in changes)
    written: dict[str, Any] = {
        "version": 1,
        "old": old,
        "new": new,
        "breaking": breaking,
        "compatible": len(changes) - breaking,
        "changes": msgspec.to_builtins(changes),
    }
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def render_github(changes: Sequence[Change], _old: str, new: str) -> str:
    """An annotation for each breaking change; beyond the number that GitHub shows, one more with the count of the rest.

    A removed part has no line in the new document: its annotation is at the first line.
    """
    breaking = [change for change in changes if change.breaking]
    lines = []
    for change in breaking[:SHOWN]:
        place = change.new or Location(new, 1, 1)
        text = change.text if change.new else f"{change.text}; it was at {change.old}"
        properties = {"file": place.file, "line": str(place.line), "col": str(place.column), "title": "breaking change"}
        lines.append(command("error", properties, f"{_where(change)}: {text}: {change.reason}"))
    if len(breaking) > SHOWN:
        lines.append(command("error", {"title": "clausewise"}, f"{len(breaking) - SHOWN} more breaking changes"))
    return "".join(f"{line}\n" for line in lines)


#: format of `diff --format` besides text -> its renderer: changes and the names of both documents in, output out
RENDERERS: dict[str, Callable[[Sequence[Change], str, str], str]] = {"json": render_json, "github": render_github}


def _where(change: Change) -> str:
    """The operations, and the place in their messages: "createCluster request.body.name"."""
    first, *others = change.operations
    if others:
        return f"in {first} and {len(others)} more" + (f", {change.where}" if change.where else "")
    return f"{first} {change.where}".rstrip()
