"""`test` and `gate`: the same options, and the one difference between them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from clausewise.cli import group
from tests.conftest import RunClausewise

_DOCUMENT = """\
openapi: 3.1.0
info: { title: Things, version: "1" }
paths:
  /things:
    get:
      operationId: listThings
      responses: { "200": { description: All. }, "404": { description: None. } }
"""

_CONFIGURATION = """\
[tool.clausewise]
spec = "api.yaml"
target = { mock = true }
phases = ["baseline"]
min-coverage = 100
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A contract of which a run of one phase leaves clauses untested, although all must be upheld."""
    (tmp_path / "api.yaml").write_text(_DOCUMENT)
    (tmp_path / "pyproject.toml").write_text(_CONFIGURATION)
    return tmp_path


def test_both_take_the_same_options() -> None:
    test, gate = (group.get_command(click.Context(group), name) for name in ("test", "gate"))
    assert test is not None and gate is not None
    assert [each.opts for each in test.params] == [each.opts for each in gate.params]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(["gate"], 1, id="gate applies what is configured"),
        pytest.param(["gate", "--min-coverage", "1"], 0, id="gate with another threshold"),
        pytest.param(["test"], 0, id="test does not"),
        pytest.param(["test", "--min-coverage", "100"], 1, id="test applies what it is given"),
    ],
)
def test_a_threshold_of_coverage(
    arguments: list[str], status: int, project: Path, run_clausewise: RunClausewise
) -> None:
    done = run_clausewise(*arguments, cwd=project)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("min-coverage" in done.stdout) is bool(status)


def test_an_updated_baseline_says_what_it_holds(project: Path, run_clausewise: RunClausewise) -> None:
    (project / "app.py").write_text(
        """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""
    )
    arguments = ("--app", "app:app", "--baseline", "known.json", "--unaccepted", "warn", "--min-coverage", "0")
    done = run_clausewise("gate", *arguments, "--update-baseline", cwd=project)
    written = json.loads((project / "known.json").read_text())["findings"]
    assert done.returncode == 0 and len(written) == 1, done.stdout
    assert "baseline: 1 finding written to known.json" in done.stderr
    again = run_clausewise("test", *arguments, cwd=project)
    assert again.returncode == 0 and "known:" in again.stdout
