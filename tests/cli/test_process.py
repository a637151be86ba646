"""A command leaves the process as it was: whoever calls it, and the app that it tests, have their own settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from clausewise.cli import group


def test_a_run_leaves_environment_and_import_path_as_they_were(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo)
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    before = dict(os.environ), list(sys.path)
    status = group.main(
        ["test", "--mock", "--phase", "baseline", "--quiet", "--report", "json", "--output-dir", str(tmp_path)],
        standalone_mode=False,
    )
    assert status == 0
    assert (tmp_path / "run.json").is_file()
    assert (dict(os.environ), list(sys.path)) == before
