"""What is installed is the package `clausewise`, whole, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clausewise import __version__


@pytest.fixture(scope="module")
def wheel(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=repo,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (file,) = folder.iterdir()
    with zipfile.ZipFile(file) as archive:
        yield archive


def files_below(folder: Path) -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


@pytest.mark.process
def test_the_wheel_holds_the_package_and_its_metadata_only(wheel: zipfile.ZipFile) -> None:
    top_level = {name.partition("/")[0] for name in wheel.namelist()}

    assert top_level == {"clausewise", f"clausewise-{__version__}.dist-info"}


@pytest.mark.process
def test_the_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile, repo: Path) -> None:
    package = {name.removeprefix("clausewise/") for name in wheel.namelist() if name.startswith("clausewise/")}

    assert package == files_below(repo / "toolkit" / "clausewise")
    assert "py.typed" in package


@pytest.mark.process
def test_the_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    entry_points = wheel.read(f"clausewise-{__version__}.dist-info/entry_points.txt").decode()

    assert "clausewise = clausewise.__main__:run" in entry_points.splitlines()


def imported_names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes(), file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("folder", ["toolkit", "tests"])
def test_toolkit_is_a_folder_and_never_imported(repo: Path, folder: str) -> None:
    # From the root `import toolkit.clausewise` works, and makes every class a second time.
    files = sorted((repo / folder).rglob("*.py"))
    offenders = {
        str(file.relative_to(repo))
        for file in files
        if any(name.partition(".")[0] == "toolkit" for name in imported_names(file))
    }

    assert files
    assert offenders == set()
    assert not (repo / "toolkit" / "__init__.py").exists()


def test_each_dependency_has_a_lowest_version_and_no_highest(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [requirement.partition(";")[0] for requirement in project["dependencies"]]
    # A highest version would hold back the other packages of a user's project.
    assert [written for written in ranges if ">=" not in written or "<" in written or "==" in written] == []


@pytest.mark.process
def test_the_lowest_versions_are_those_of_the_ranges(repo: Path) -> None:
    printed = subprocess.run([repo / "scripts" / "lowest"], capture_output=True, text=True, check=True)
    ranges = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert printed.stdout.splitlines() == [written.partition(";")[0].replace(">=", "==") for written in ranges]
