"""The one-way imports that pyproject.toml declares hold, and a breach of any of them is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

#: contract -> (module, line): an import that this contract, and no other, forbids
BREACHES = {
    "layers": ("spec/__init__.py", "import clausewise.runner.run"),
    "verdicts": ("results/gate.py", "import jsonschema_rs"),
    "offline": ("results/merge.py", "import aiohttp"),
    "schemathesis": ("runner/run.py", "import schemathesis"),
    "hypothesis": ("values/__init__.py", "import hypothesis"),
    "yaml": ("config.py", "import yaml"),
    "referencing": ("config.py", "import referencing"),
}


def lint_imports(configuration: Path, source_root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(configuration), *chosen],
        # The path comes before the editable install, so that a changed copy of the package can be looked at.
        env={**os.environ, "PYTHONPATH": str(source_root), "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_every_import_points_down(repo: Path) -> None:
    result = lint_imports(repo / "pyproject.toml", repo / "toolkit")

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(BREACHES)} kept, 0 broken" in result.stdout


@pytest.fixture
def copied_package(repo: Path, tmp_path: Path) -> Path:
    shutil.copytree(repo / "toolkit", tmp_path / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "toolkit"


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_noticed(repo: Path, copied_package: Path, contract: str) -> None:
    module, line = BREACHES[contract]
    with (copied_package / "clausewise" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    result = lint_imports(repo / "pyproject.toml", copied_package, contract)

    assert result.returncode == 1, result.stdout + result.stderr
    assert "0 kept, 1 broken" in result.stdout


def test_a_module_without_a_place_in_the_layers_is_noticed(repo: Path, copied_package: Path) -> None:
    (copied_package / "clausewise" / "stray.py").write_text("", encoding="utf-8")

    result = lint_imports(repo / "pyproject.toml", copied_package, "layers")

    assert result.returncode == 1, result.stdout + result.stderr
    assert "clausewise.stray" in result.stdout
