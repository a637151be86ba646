"""The files that the names of sources stand for: files, folders, globs and URLs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from clausewise.errors import UsageError
from clausewise.near_file import near_file
from clausewise.recordings.files import STDIN, plain_name
from clausewise.recordings.formats import SUFFIXES
from clausewise.recordings.remote import expand_url


def expand(names: Iterable[str]) -> list[str]:
    """The files that `names` stand for: the sources in a folder at any depth, the matches of a glob, sorted.

    Raises UsageError for a file that does not exist, and for a folder or glob without a file to read.
    """
    return list(dict.fromkeys(file for name in names for file in _expanded(name)))


def _expanded(name: str) -> list[str]:
    path = Path(name)
    if "://" in name:
        return expand_url(name, _is_source)
    if name == STDIN or path.is_file():
        return [name]
    if path.is_dir():
        found = sorted(str(each) for each in path.rglob("*") if each.is_file() and _is_source(each.name))
        if not found:
            raise UsageError(
                f"the folder {name} has no files to check", remedy=f"such files end in {', '.join(SUFFIXES)}"
            )
        return found
    if path.exists():  # a pipe, a device
        return [name]
    if any(character in name for character in "*?["):
        import glob

        # Path.glob does not accept absolute patterns
        found = sorted(each for each in glob.glob(name, recursive=True) if Path(each).is_file())  # noqa: PTH207
        if found:
            return found
        raise UsageError(f"nothing matches {name}")
    raise UsageError(f"{name}: no such file", remedy=near_file(path))


def _is_source(name: str) -> bool:
    return plain_name(name).endswith(SUFFIXES)
