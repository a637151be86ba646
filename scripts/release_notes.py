"""Gives the changelog's section "Unreleased" a version and the day, and begins a new one: `release_notes.py 0.2.0`."""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

_SECTION = "## [Unreleased]\n"

#: what the section says of itself until it is released
_PLAN = re.compile(r"\nTo be released as [\w.]+\.\n")


def released(changelog: str, version: str, day: date) -> str:
    """The text of a changelog in which what was unreleased is `version`. Raises ValueError where there is nothing."""
    before, section, rest = changelog.partition(_SECTION)
    notes, following, older = rest.partition("\n## [")
    notes = _PLAN.sub("", notes, count=1)
    if not section or not notes.strip():
        raise ValueError('the changelog has nothing under "Unreleased": a release needs a line that a user can read')
    return f"{before}{_SECTION}\n## [{version}] - {day}\n{notes}{following}{older}"


if __name__ == "__main__":
    file = Path(__file__).parents[1] / "CHANGELOG.md"
    text = released(file.read_text(encoding="utf-8"), sys.argv[1], datetime.now(UTC).date())
    file.write_text(text, encoding="utf-8")
