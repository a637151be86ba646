"""`--allow-refs`: every command that reads a document reads files outside its folder only where this allows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_diff import git
from tests.conftest import RunClausewise

_DOCUMENT = """\
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /things:
    post:
      operationId: make
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '../shared/thing.yaml'}
      responses:
        "201": {description: made}
        "400": {description: refused}
"""

_COMMANDS = {
    "clauses": ["clauses", "api.yaml"],
    "schemas": ["schemas", "api.yaml"],
    "validate": ["validate", "api.yaml", "thing.json", "--operation", "make"],
    "test": ["test", "api.yaml", "--mock", "--phase", "baseline"],
    "prove": ["prove", "api.yaml", "--jobs", "1"],
    "diff": ["diff", "api.yaml", "api.yaml"],
    "diff with a revision": ["diff", "--base", "HEAD", "api.yaml"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a document that refers to a file beside the folder."""
    shared, folder = tmp_path / "shared", tmp_path / "api"
    shared.mkdir()
    folder.mkdir()
    (shared / "thing.yaml").write_text("{type: object, properties: {name: {type: string, maxLength: 9}}}")
    (folder / "api.yaml").write_text(_DOCUMENT)
    (folder / "thing.json").write_text('{"name": "a"}')
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    return folder


@pytest.mark.parametrize("command", _COMMANDS.values(), ids=_COMMANDS)
def test_a_file_outside_the_folder(run_clausewise: RunClausewise, folder: Path, command: list[str]) -> None:
    done = run_clausewise(*command, cwd=folder)
    # A payload is judged by what else its schema says, and what is the same in both versions is no change.
    assert done.returncode == {"validate": 1, "diff": 0}.get(command[0], 2)
    told = " ".join((done.stdout + done.stderr).split())
    assert "api.yaml:11:22" in told
    assert '"../shared/thing.yaml" is outside the folder of the document' in told
    assert command[0] == "diff" or "(to allow it, name the folder of that file with --allow-refs DIR)" in told
    done = run_clausewise(*command, "--allow-refs", "../shared", cwd=folder)
    assert (done.returncode, "error" in done.stderr) == (0, False)


def test_the_folders_of_the_configuration_are_beside_it(run_clausewise: RunClausewise, folder: Path) -> None:
    configuration = folder.parent / "pyproject.toml"
    configuration.write_text('[tool.clausewise]\nspec = "api/api.yaml"\nallow-refs = ["shared"]\n')
    assert run_clausewise("clauses", "--config", str(configuration), cwd=folder).returncode == 0
