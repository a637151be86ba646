"""What a release is made with: the changelog's section, and the files for the hosts of code and for citations."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from clausewise import __version__
from scripts.release_notes import released

_DAY = date(2026, 3, 1)


def test_what_was_unreleased_gets_the_version_and_the_day() -> None:
    older = "\n\n### Added\n\n- A.\n\n## [0.1.0] - 2025-01-01\n\n- B.\n"
    before = f"# Changelog\n\n## [Unreleased]\n\nTo be released as 0.2.0.{older}"
    after = f"# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-03-01{older}"
    assert released(before, "0.2.0", _DAY) == after


@pytest.mark.parametrize(
    "changelog",
    [
        pytest.param("# Changelog\n\n## [0.1.0]\n\n- B.\n", id="no section"),
        pytest.param(
            "# Changelog\n\n## [Unreleased]\n\nTo be released as 0.2.0.\n\n## [0.1.0]\n", id="an empty section"
        ),
    ],
)
def test_a_release_needs_something_to_say(changelog: str) -> None:
    with pytest.raises(ValueError, match="nothing under"):
        released(changelog, "0.2.0", _DAY)


@pytest.mark.process
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="no version"),
        pytest.param(("v1",), id="not a version"),
        pytest.param(("1.2.3rc1", "--force"), id="a candidate"),
    ],
)
def test_the_script_refuses_what_is_no_version(repo: Path, arguments: tuple[str, ...]) -> None:
    refused = subprocess.run([repo / "scripts" / "release", *arguments], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr == "release: give the version, as in: scripts/release 0.2.0\n"


@pytest.mark.process
@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", ".github/workflows/*.yml"),
        ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/[!c]*.yml"),
        ("vendor.github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("vendor.citation-file-format", "CITATION.cff"),
    ],
)
def test_files_for_the_host_of_the_code_keep_their_schemas(repo: Path, schema: str, files: str) -> None:
    found = sorted(map(str, repo.glob(files)))
    assert found
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *found]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_who_cites_cites_this_version(repo: Path) -> None:
    assert f"\nversion: {__version__}\n" in (repo / "CITATION.cff").read_text(encoding="utf-8")
