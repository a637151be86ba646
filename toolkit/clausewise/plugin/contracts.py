"""The contracts of a pytest session: each document is compiled once, and has one tally in each process."""

from __future__ import annotations

import os
from pathlib import Path

from clausewise.contract.compile import load
from clausewise.errors import UsageError
from clausewise.plugin.options import Options
from clausewise.plugin.tally import Tally


class Contracts:
    """The contracts that the tests of a session use."""

    def __init__(self, options: Options, part: str) -> None:
        self.options = options
        #: name of this process
        self.part = part
        self.tallies: dict[Path, Tally] = {}

    def tally(self, path: str | Path | None = None) -> Tally:
        """The tally of the document at `path`, else of the configured one.

        Raises UsageError when neither names a document, and SpecError when it cannot be understood.
        """
        file = self.options.root / path if path is not None else self.options.spec
        if file is None:
            raise UsageError(
                "no OpenAPI document is named",
                remedy='set clausewise_spec in the ini file, or say @pytest.mark.contract("path/to/openapi.yaml")',
            )
        resolved = file.resolve()
        if resolved not in self.tallies:
            self.tallies[resolved] = Tally(load(shown(resolved)), self.part)
        return self.tallies[resolved]


def shown(path: Path) -> str:
    """A path as people want to read it: from the working directory, where it lies below that."""
    here = Path.cwd().resolve()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
