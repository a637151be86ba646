"""What the names of sources mean: files, folders and globs, on this machine and behind URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.errors import UsageError
from clausewise.recordings.sources import expand

_FILES = ("a.ndjson", "b.har.gz", "deep/c.ndjson", "deep/picture.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    for name in _FILES:
        (tmp_path / name).write_text("{}")
    return tmp_path


@pytest.mark.parametrize("remote", [False, True], ids=["here", "behind a URL"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("a.ndjson", ["a.ndjson"], id="a file"),
        pytest.param("", ["a.ndjson", "b.har.gz", "deep/c.ndjson"], id="a folder"),
        pytest.param("*.ndjson", ["a.ndjson"], id="a glob"),
        pytest.param("**/*.ndjson", ["a.ndjson", "deep/c.ndjson"], id="a glob at any depth"),
    ],
)
def test_a_name_is_the_files_that_are_meant(folder: Path, name: str, expected: list[str], remote: bool) -> None:
    root = folder.as_uri() if remote else str(folder)
    assert expand([f"{root}/{name}"]) == [f"{root}/{file}" for file in expected]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        pytest.param("file://{folder}/no*.har", "nothing matches file://{folder}/no*.har", id="no match behind a URL"),
        pytest.param(
            "file://{folder}/none/", "the folder file://{folder}/none/ has no files to check", id="no such folder"
        ),
        pytest.param("{folder}/no*.har", "nothing matches {folder}/no*.har", id="no match here"),
        pytest.param("{folder}/none", "{folder}/none: no such file", id="no such file here"),
        pytest.param("nosuch://a/*", "cannot read nosuch://a/*: Protocol not known", id="a scheme that nobody knows"),
    ],
)
def test_what_is_not_there_is_told_by_name(folder: Path, name: str, complaint: str) -> None:
    with pytest.raises(UsageError) as raised:
        expand([name.format(folder=folder)])
    assert complaint.format(folder=folder) in str(raised.value)


def test_a_misspelt_name_gets_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "traffic.har").write_text("")
    with pytest.raises(UsageError, match=r"trafic\.har: no such file \(did you mean .*/traffic\.har\?\)$"):
        expand([str(tmp_path / "trafic.har")])


def test_a_question_mark_in_a_url_is_no_pattern() -> None:
    assert expand(["https://example.com/traffic.ndjson?part=1"]) == ["https://example.com/traffic.ndjson?part=1"]
