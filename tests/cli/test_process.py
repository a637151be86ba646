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


_CONTRACT = """
openapi: 3.1.0
info: {title: echo, version: "1"}
paths:
  /echo:
    get:
      parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1}}]
      responses: {"204": {description: nothing}}
"""

_APP = """
import os

SEEN = []

def app(environ, start_response):
    SEEN.append(dict(os.environ))
    start_response("204 No Content", [])
    return []
"""


def test_hypothesis_stores_nothing_in_the_project_and_the_app_sees_its_own_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hypothesis.configuration import storage_directory

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "echo.yaml").write_text(_CONTRACT)
    (tmp_path / "watching_app.py").write_text(_APP)
    home = storage_directory(intent_to_write=False).home_directory
    before = dict(os.environ)
    group.main(
        [
            "test",
            "echo.yaml",
            "--app",
            "watching_app:app",
            "--phase",
            "baseline,properties",
            "--quiet",
            "--report",
            "json",
            "--output-dir",
            "out",
        ],
        standalone_mode=False,
    )
    seen = sys.modules["watching_app"].SEEN
    assert len(seen) > 10 and all(environ == before for environ in seen)
    assert storage_directory(intent_to_write=False).home_directory == home
    assert not (tmp_path / ".hypothesis").exists()
