"""The documents say what is there: what they copy from the code, and the files that they name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from scripts.documents import FILES, TABLES

#: a path in code font, or the destination of a link
_NAMED = re.compile(r"`((?:[\w.-]+/)*[\w.-]+/?)`|\]\(([^)#:]+)\)")
_TOP = {"toolkit", "tests", "scripts", "schemas", "openapi", "ci", ".ci", "reports"}


@pytest.mark.parametrize("file", FILES)
def test_what_is_copied_from_the_code_is_up_to_date(file: str, repo: Path) -> None:
    assert (repo / file).read_text(encoding="utf-8") == FILES[file](), "scripts/generate writes it anew"


def test_the_readme_has_every_table_once(repo: Path) -> None:
    text = (repo / "README.md").read_text(encoding="utf-8")
    for name, table in TABLES.items():
        assert text.count(f"<!-- table: {name} -->\n\n{table()}\n<!-- end -->") == 1


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/production.md", "reports/example/README.md"]
)
def test_every_file_that_is_named_is_there(document: str, repo: Path) -> None:
    package = repo / "toolkit" / "clausewise"
    parts = {*_TOP, *(folder.name for folder in package.iterdir() if folder.is_dir())}
    text = re.sub(r"^```.*?^```", "", (repo / document).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    names = {code or link for code, link in _NAMED.findall(text)}
    paths = {name for name in names if (name.partition("/")[0] in parts and "/" in name) or name.endswith(".py")}
    # Only a run, or whoever adds something, writes these.
    paths = {path for path in paths if not path.startswith("reports/latest") and "NAME" not in path}
    assert [path for path in sorted(paths) if not (repo / path).exists() and not (package / path).exists()] == []


def test_contributing_describes_every_folder_in_the_order_of_the_layers(repo: Path) -> None:
    configuration = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    folders = [
        name for layer in layers for name in layer.split(" | ") if (repo / "toolkit" / "clausewise" / name).is_dir()
    ]
    described = re.findall(r"^\| `(\w+)/`", (repo / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert described == folders
