"""Which changes count: those of a level that fails, which no waiver covers and no baseline knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from clausewise.comparison.change import LEVELS, Change, Level
from clausewise.options import Waiver
from clausewise.results.gate import BaselineFinding, save_baseline
from clausewise.wording import counted


def judged(
    changes: Iterable[Change], waivers: Sequence[Waiver], baseline: frozenset[str], today: date
) -> tuple[Change, ...]:
    """The changes with their states. A waiver names the clause or the id of a change; one that names a rule is about
    findings of a server."""
    valid = [waiver for waiver in waivers if waiver.rule is None and waiver.expires > today]

    def state(change: Change) -> Change:
        if any(_covers(waiver, change) for waiver in valid):
            return msgspec.structs.replace(change, state="waived")
        return msgspec.structs.replace(change, state="known") if change.id in baseline else change

    return tuple(map(state, changes))


def fails(changes: Iterable[Change], fail_on: Level) -> bool:
    """Whether a new change is of the level `fail_on` or a worse one. What was not compared has none of them."""
    worse = set(LEVELS[: LEVELS.index(fail_on) + 1]) - {"not-compared"}
    return any(change.state == "new" and change.level in worse for change in changes)


def uncompared(changes: Iterable[Change]) -> int:
    """How many new changes nobody can judge, because one version is not valid there."""
    return sum(change.state == "new" and change.level == "not-compared" for change in changes)


def write_changes(path: Path, changes: Iterable[Change]) -> str:
    """Write the changes that break clients or may break some, and what was not compared, as the baseline, except waived
    ones. Returns what was written, for people. Raises UsageError when the file cannot be written."""
    worse = LEVELS[: LEVELS.index("risky") + 1]
    known = [change for change in changes if change.level in worse and change.state != "waived"]
    found = {change.id: BaselineFinding(change.id, change.level, change.clause, change.text) for change in known}
    save_baseline(path, found.values())
    return f"{counted(len(found), 'change')} in {path}"


def _covers(waiver: Waiver, change: Change) -> bool:
    if waiver.finding is not None and waiver.finding != change.id:
        return False
    return waiver.clause is None or fnmatchcase(change.clause, waiver.clause)
