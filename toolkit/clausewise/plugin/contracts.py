"""The contracts of a pytest session: each document is compiled once and has one collector per process."""

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

        Raises UsageError when there is neither, and SpecError when the document is not valid.
        """
        file = self._file(path)
        if file not in self.collectors:
            contract = load(_display_path(file), allow_refs=self.options.allow_refs, nullable=self.options.nullable)
            self.collectors[file] = SessionCollector(contract, self.part)
        return self.collectors[file]

    def mock(self, path: str | Path | None, purpose: str) -> ContractMock:
        """A new mock of a document; mocks of one purpose share a server, one after another. Raises like `collector`."""
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
                "no OpenAPI document is configured",
                remedy='set clausewise_spec in the ini file, or add @pytest.mark.contract("path/to/openapi.yaml")',
            )
        return file.resolve()


def _display_path(path: Path) -> str:
    """The path relative to the working directory if it is in it, else as it is."""
    here = Path.cwd().resolve()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
