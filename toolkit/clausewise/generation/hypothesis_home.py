"""Where Hypothesis stores its files, for the time of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir, storage_directory


@contextmanager
def hypothesis_home(folder: Path) -> Iterator[None]:
    """Hypothesis stores its files in `folder` until the context ends; the environment stays as it is."""
    before = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(folder)
    try:
        yield
    finally:
        set_hypothesis_home_dir(before)
