"""The file that was meant, where the one that is named is not there."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path


def near_file(path: Path) -> str | None:
    """What to do about a missing `path`, as a remedy: the nearest name beside it, or beside the first folder of it that
    is missing; None where nothing there is alike."""
    missing = path
    while not missing.parent.exists():
        missing = missing.parent
    try:
        names = [each.name for each in missing.parent.iterdir()]
    except OSError:
        return None
    below = path.relative_to(missing)
    for name in get_close_matches(missing.name, names, n=3):
        meant = missing.parent / name / below
        if meant.exists():
            return f"did you mean {meant}?"
    return None
