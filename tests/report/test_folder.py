"""The folder of the reports: who may read it, and who may write to it."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from clausewise.errors import UsageError
from clausewise.recordings.line_file import LineFile
from clausewise.report.folder import LOCK, claimed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other locks and other rights")


def _tries(folder: Path) -> str:
    """What another process gets that claims the folder."""
    try:
        with claimed(folder):
            return "it"
    except UsageError as error:
        return error.message


def _in_another_process(folder: Path) -> str:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_tries, (folder,))


def test_one_process_at_a_time_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    with claimed(folder):
        assert _in_another_process(folder) == f"another command writes to {folder} now"
    assert _in_another_process(folder) == "it"
    assert list(folder.iterdir()) == []


def test_the_lock_of_a_process_that_was_killed_does_not_count(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_bytes(b"")
    with claimed(tmp_path):
        pass


def test_a_new_folder_is_for_its_owner(tmp_path: Path) -> None:
    with claimed(tmp_path / "a" / "reports"):
        assert (tmp_path / "a" / "reports").stat().st_mode & 0o777 == 0o700


def test_a_folder_can_be_used_where_there_are_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.setattr("clausewise.report.folder.fcntl", None)
    monkeypatch.delattr(os, "fchmod")
    with claimed(tmp_path / "reports"), claimed(tmp_path / "reports"):
        LineFile(tmp_path / "reports" / "lines").add(b"a\n")
    assert [file.name for file in (tmp_path / "reports").iterdir()] == ["lines"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UsageError, match=r"^cannot write to .*file.* \(name another folder"),
        claimed(tmp_path / "file"),
    ):
        pass
