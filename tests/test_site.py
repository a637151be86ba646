"""The documentation site builds without a warning, and its pages need nothing from other servers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import clausewise
from clausewise.cli import COMMANDS
from clausewise.results.rules import RULES

#: what a browser loads with a page: not the destinations of links, which are `href` of an `a`
_LOADED = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"([^\"]*)\"|<link\b[^>]*\bhref=\"([^\"]*)\"")


@pytest.fixture(scope="module")
def site(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=repo,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_there_is_a_page_for_each_rule(site: Path) -> None:
    assert {page.stem for page in (site / "reference" / "rules").glob("*.html")} == {"index", *RULES}


def test_every_public_name_is_described(repo: Path) -> None:
    page = (repo / "docs" / "reference" / "python-api.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^::: clausewise\.(\w+)$", page, re.MULTILINE)) == sorted(
        set(clausewise.__all__) - {"__version__"}
    )


@pytest.mark.slow
def test_every_command_is_described(site: Path) -> None:
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert re.findall(r'<h2 id="clausewise-(\w+)"', page) == list(COMMANDS)


@pytest.mark.slow
def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = [script or link for script, link in _LOADED.findall(text)]
        assert not [each for each in loaded if re.match(r"(?:https?:)?//", each)], page
        # The theme would fetch the library that draws them.
        assert 'class="mermaid"' not in text, page


@pytest.mark.slow
@pytest.mark.parametrize(("page", "stacked"), [("configuration", True), ("commands", True), ("features", False)])
def test_on_a_phone_a_table_of_sentences_names_its_columns_beside_each_cell(
    page: str, stacked: bool, site: Path
) -> None:
    text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    tables = re.findall(r"<table.*?</table>", text, re.DOTALL)
    assert any(table.startswith("<table data-stacked>") for table in tables) is stacked
    for table in tables:
        heads = re.findall(r"<th[^>]*>(.*?)</th>", table)
        named = re.findall(r'<td data-head="([^"]*)">', table)
        assert named == heads * (len(named) // len(heads))
        assert len(named) == (table.count("<td") if table.startswith("<table data-stacked>") else 0)
