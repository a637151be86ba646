"""The contracts of a pytest session: each document is compiled once, and has one collector in each process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from clausewise.contract.contract import load
from clausewise.errors import UsageError
from clausewise.plugin.collector import SessionCollector
from clausewise.plugin.options import PluginOptions

if TYPE_CHECKING:
    from clausewise.plugin.mock import ContractMock
    from clausewise.plugin.mock_server import MockServer


class Contracts:
    """The contracts that the tests of a session use."""

    def __init__(self, options: PluginOptions, part: str) -> None:
        self.options = options
        #: name of this process
        self.part = part
        self.collectors: dict[Path, SessionCollector] = {}
        #: document and purpose -> the running server of its mock
        self._servers: dict[tuple[Path, str], MockServer] = {}

    def collector(self, path: str | Path | None = None) -> SessionCollector:
        """The collector of the document at `path`, else of the configured one.

        Raises UsageError when neither names a document, and SpecError when it cannot be understood.
        """
        file = self._file(path)
        if file not in self.collectors:
            self.collectors[file] = SessionCollector(load(_display_path(file)), self.part)
        return self.collectors[file]

    def mock(self, path: str | Path | None, purpose: str) -> ContractMock:
        """A fresh mock of a document; those of one purpose follow one another on one server. Raises as `collector`."""
        key = self._file(path), purpose
        if key not in self._servers:
            from clausewise.plugin.mock_server import MockServer

            self._servers[key] = MockServer(self.collector(path).contract, self.options.run.seed)
        return self._servers[key].fresh()

    def close(self) -> None:
        """Stop the servers."""
        while self._servers:
            self._servers.popitem()[1].close()

    def _file(self, path: str | Path | None) -> Path:
        file = self.options.root / path if path is not None else self.options.spec
        if file is None:
            raise UsageError(
                "no OpenAPI document is named",
                remedy='set clausewise_spec in the ini file, or say @pytest.mark.contract("path/to/openapi.yaml")',
            )
        return file.resolve()


def _display_path(path: Path) -> str:
    """A path as people want to read it: from the working directory, where it lies below that."""
    here = Path.cwd().resolve()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
