"""What tests of every part share: where things are, and the command line as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

_ROOT = Path(__file__).resolve().parent.parent


class RunClausewise(Protocol):
    """Runs `clausewise` with arguments and gives what it printed and its exit status."""

    def __call__(
        self, *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def repo() -> Path:
    """The root of the checkout."""
    return _ROOT


@pytest.fixture(scope="session")
def contract_file(repo: Path) -> Path:
    """The contract that clausewise ships."""
    return repo / "openapi" / "astro-create-cluster.yaml"


@pytest.fixture(scope="session")
def shared(repo: Path) -> Path:
    """The folder of source pages and facts, which stands beside a developer's checkout and is not part of it."""
    folder = repo.parent / "shared"
    if not folder.is_dir():
        pytest.skip("there is no folder shared/ beside the checkout")
    return folder


@pytest.fixture(scope="session")
def run_clausewise(repo: Path) -> RunClausewise:
    """The command line as users meet it: a process of its own, without colours, in the root unless `cwd` is given."""

    def run(
        *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "clausewise", *map(str, arguments)],
            cwd=cwd or repo,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run
