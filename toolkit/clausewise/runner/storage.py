"""Where Hypothesis stores its files during a run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from clausewise.phase_table import ROWS


def storing_examples(folder: Path, phases: Iterable[str]) -> AbstractContextManager[None]:
    """Makes Hypothesis store its files in `folder`, not in the working directory, unless the user named another one.

    Hypothesis is imported only if one of the `phases` uses it.
    """
    if "HYPOTHESIS_STORAGE_DIRECTORY" in os.environ or not any(ROWS[name].uses_hypothesis for name in phases):
        return nullcontext()
    from clausewise.generation.hypothesis_home import hypothesis_home

    return hypothesis_home(folder)
