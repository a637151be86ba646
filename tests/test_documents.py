"""The documents say what is there: what they copy from the code, and the files that they name."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from clausewise.config import Config
from clausewise.option_table import options_of
from scripts.documents import FILES, TABLES

#: a path in code font, or the destination of a link
_NAMED = re.compile(r"`((?:[\w.-]+/)*[\w.-]+/?)`|\]\(([^)#:]+)\)")
_TOP = {"toolkit", "tests", "scripts", "schemas", "openapi", "ci", ".ci", "reports", "docs"}


@pytest.mark.parametrize("file", FILES)
def test_what_is_copied_from_the_code_is_up_to_date(file: str, repo: Path) -> None:
    assert (repo / file).read_text(encoding="utf-8") == FILES[file](), "scripts/generate writes it anew"


def test_the_documentation_has_every_table_once(repo: Path) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (repo / "docs").rglob("*.md"))
    for name, table in TABLES.items():
        assert text.count(f"<!-- table: {name} -->\n\n{table()}\n<!-- end -->") == 1


def test_the_options_without_a_variable_are_named(repo: Path) -> None:
    page = " ".join((repo / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8").split())
    named = page.split(" have no variable")[0].rpartition(". ")[2]
    assert re.findall(r"`([a-z-]+)`", named) == [option.key for option in options_of(Config) if not option.variable]


def test_the_recorded_exchange_is_one(repo: Path) -> None:
    page = (repo / "docs" / "how-to" / "validate.md").read_text(encoding="utf-8")
    schema = json.loads((repo / "schemas" / "exchange.schema.json").read_text(encoding="utf-8"))
    written = json.loads(page.split("```json\n")[1].split("```")[0])
    jsonschema.Draft202012Validator(schema).validate(written)


def test_the_example_of_a_run_is_a_record(repo: Path) -> None:
    schema = json.loads((repo / "schemas" / "run.schema.json").read_text(encoding="utf-8"))
    record = json.loads((repo / "reports" / "example" / "run.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(record)


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
