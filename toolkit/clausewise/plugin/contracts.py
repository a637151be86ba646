"""The contracts of a pytest session: each document is compiled once and has one collector per process."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from clausewise.config import is_url
from clausewise.errors import UsageError
from clausewise.plugin.collector import SessionCollector
from clausewise.plugin.options import PluginOptions
from clausewise.retrieval.contracts import open_contract

if TYPE_CHECKING:
    from clausewise.plugin.mock import ContractMock
    from clausewise.plugin.mock_server import MockServer


class Contracts:
    """The contracts that the tests of a session use."""

    def __init__(self, options: PluginOptions, part: str) -> None:
        self.options = options
        #: name of this process
        self.part = part
        own = partial(_own_share, part=part)
        limit, requests = options.run.allow_writes or 0, options.run.max_requests
        #: writes that count on the limit: those that runs of this process have sent, and those of other workers
        self.writes_spent = limit - own(limit)
        #: requests that the runs of this process may still send; None for no limit
        self.requests_left = own(requests) if requests is not None else None
        #: requests per second that a run of this process may send; None for no limit
        self.rate = options.run.rate / _workers() if options.run.rate is not None else None
        #: by the absolute path or the URL of the document; "" for the one that the target is asked for
        self.collectors: dict[str, SessionCollector] = {}
        #: document and purpose -> the running server of its mock
        self._servers: dict[tuple[str, str], MockServer] = {}

    def collector(self, path: str | Path | None = None) -> SessionCollector:
        """The collector of the document at `path`, which may be a URL, else of the configured one.

        Raises UsageError when there is neither, and SpecError when the document is not valid.
        """
        file = self._file(path)
        if file not in self.collectors:
            contract = open_contract(_display_path(file), self.options.project)
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

    def _file(self, path: str | Path | None) -> str:
        """The absolute path or the URL of a document; "" where the target is to be asked."""
        project = self.options.project
        named = str(path) if path is not None else project.spec
        if named is None and (project.target is None or project.target.mock):
            raise UsageError(
                "no OpenAPI document is configured",
                remedy='set clausewise_spec in the ini file, or add @pytest.mark.contract("path/to/openapi.yaml")',
            )
        if named is None or is_url(named):
            return named or ""
        return str((self.options.root / named).resolve())


def _workers() -> int:
    """How many processes of pytest-xdist share the limits of the user."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def _own_share(limit: int, part: str) -> int:
    """How many of the requests that the user allows are for the process called `part`."""
    number = int(part.removeprefix("gw")) if part.removeprefix("gw").isdecimal() else 0
    return limit // _workers() + (number < limit % _workers())


def _display_path(file: str) -> str | None:
    """The path relative to the working directory if it is in it, else as it is; None where there is none."""
    here = Path.cwd().resolve()
    if not file or is_url(file) or not Path(file).is_relative_to(here):
        return file or None
    return os.path.relpath(file, here)
