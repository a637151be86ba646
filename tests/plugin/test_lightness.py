"""A project that uses nothing of the plugin pays nothing for it; and the plugin uses only what pytest makes public."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import Project

pytestmark = pytest.mark.process

_HEAVY = ("hypothesis", "schemathesis", "jsonschema_rs", "jsonschema", "yaml", "msgspec", "aiohttp", "uvicorn", "rich")

#: runs pytest without the plugins of others, and prints which of the heavy packages came along
_SCRIPT = f"""
import sys, pytest
status = pytest.main([*sys.argv[1:], "-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio"])
print("imported:", sorted(set({_HEAVY!r}) & sys.modules.keys()))
print("of ours:", sorted(name for name in sys.modules if name.startswith("clausewise")))
"""


def run(project: Project, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *arguments],
        cwd=project.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("arguments", [["--collect-only", "-q"], ["-q"], ["--help"]], ids=["collect", "run", "help"])
def test_a_project_that_uses_none_of_it_imports_none_of_it(project: Project, arguments: list[str]) -> None:
    project.write(test_nothing="def test_nothing(): pass")
    printed = run(project, *arguments)
    assert "imported: []" in printed
    assert "of ours: ['clausewise', 'clausewise.pytest_plugin']" in printed


def test_way_one_imports_no_test_generator(project: Project) -> None:
    project.write(test_one="def test_one(contract): assert contract.contract.operations")
    (imported,) = [line for line in run(project, "-q").splitlines() if line.startswith("imported:")]
    assert "yaml" in imported
    assert "hypothesis" not in imported and "schemathesis" not in imported


def plugin_files(repo: Path) -> list[Path]:
    package = repo / "toolkit" / "clausewise"
    return [package / "pytest_plugin.py", *sorted((package / "plugin").glob("*.py"))]


def imported(file: Path) -> set[str]:
    """The modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_nothing_reaches_into_pytest(repo: Path) -> None:
    files = plugin_files(repo)
    assert len(files) > 5
    assert not [file.name for file in files if any(name.startswith("_pytest") for name in imported(file))]
    assert not [file.name for file in files if "_pytest." in file.read_text(encoding="utf-8")]


def test_the_options_have_a_group_of_their_own(project: Project) -> None:
    printed = run(project, "--help")
    assert "clausewise: contract tests from an OpenAPI document:" in printed
    for name in ("spec", "target", "fail-under", "report", "output-dir", "seed", "phase", "header"):
        assert f"--clausewise-{name}=" in printed
        assert f"clausewise_{name.replace('-', '_')} (" in printed
