"""Reports on disk are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.errors import UsageError
from clausewise.report.write import write_reports
from clausewise.report_table import REPORT_FILES
from clausewise.results.record import decode, encode
from tests.report.conftest import MakeClause, MakeRun


@pytest.mark.parametrize("formats", [("json",), ("junit", "markdown"), tuple(REPORT_FILES), ()])
def test_the_named_formats_are_written_and_nothing_else(
    formats: tuple[str, ...], make_run: MakeRun, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    written = write_reports(make_run(), folder, formats)
    assert written == tuple(folder / REPORT_FILES[name] for name in formats)
    assert sorted(folder.iterdir()) == sorted(written)
    assert {file.stat().st_mode & 0o077 for file in written} <= {0}, "a report holds what a server answered"


def test_the_record_reads_back_as_it_was(make_run: MakeRun, tmp_path: Path) -> None:
    (file,) = write_reports(make_run(), tmp_path, ["json"])
    assert file.read_bytes().endswith(b"}\n")
    assert decode(file.read_bytes(), str(file)) == make_run()


@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000, 1001, 2500])
def test_the_record_is_written_as_it_is_encoded_however_many_clauses_it_has(
    count: int, make_run: MakeRun, make_clause: MakeClause, tmp_path: Path
) -> None:
    clauses = tuple(
        make_clause(id=f"#/a\n/{number}", where='request.body.\n "clauses": []', text="ä") for number in range(count)
    )
    run = make_run(clauses=clauses)
    (file,) = write_reports(run, tmp_path, ["json"])
    assert file.read_bytes() == encode(run)


def test_an_interrupted_write_leaves_the_earlier_report(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = write_reports(make_run(), tmp_path, ["json"])
    before = file.read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_reports(make_run(seed=2), tmp_path, ["json"])
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named_with_a_remedy(make_run: MakeRun, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UsageError, match=r"cannot write reports to .*file.*--output-dir"):
        write_reports(make_run(), blocked, ["json"])
