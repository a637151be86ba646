"""Files of lines that are written as they come: what a process leaves that is killed at any moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clausewise.exchange import Exchange, Request, Response
from clausewise.recordings import ndjson
from clausewise.recordings.exchange_file import KEPT_BODY, ExchangeFile, Ordered
from clausewise.recordings.line_file import LineFile


@pytest.mark.parametrize("name", ["lines", None], ids=["in a folder", "without a name"])
def test_lines_come_back_while_others_are_added(tmp_path: Path, name: str | None) -> None:
    lines = LineFile(tmp_path / name if name is not None else None)
    written = [b"%d\n" % number * 400_000 for number in range(3)] + [b"\n", b"last\n"]
    for line in written:
        lines.add(line)
    assert [lines[number] for number in (4, 0, 3)] == [written[4], written[0], written[3]]
    read = iter(lines)
    assert next(read) == written[0]
    lines.add(b"further\n")
    assert [*read] == [*written[1:], b"further\n"]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"of an earlier run\n")
    (tmp_path / "there").chmod(0o644)
    for name in ("there", "new/folder/file"):
        LineFile(tmp_path / name).add(b"a\n")
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert (tmp_path / name).read_bytes() == b"a\n"
    assert (tmp_path / "new" / "folder").stat().st_mode & 0o777 == 0o700


def test_half_a_line_is_cut_off_before_others_are_added(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\nthr")
    assert [*LineFile(path, "read")] == [b"one\n", b"two\n"]
    assert path.read_bytes() == b"one\ntwo\nthr"
    lines = LineFile(path, "append")
    lines.add(b"four\n")
    assert [*lines] == [b"one\n", b"two\n", b"four\n"]
    assert path.read_bytes() == b"one\ntwo\nfour\n"


def test_a_line_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LineFile(tmp_path / "lines")
    lines.add(b"one\n")
    write = os.pwrite

    def full(handle: int, content: bytes, offset: int) -> int:
        if len(content) < 4:
            raise OSError(28, "No space left on device")
        return write(handle, content[:2], offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            lines.add(b"second\n")
    lines.add(b"2\n")
    assert (tmp_path / "lines").read_bytes() == b"one\n2\n"


def test_changed_lines_leave_nothing_of_the_old_ones_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = LineFile(tmp_path / "lines")
    for line in (b"a secret\n", b"plain\n"):
        lines.add(line)
    lines.change(lambda line: line.replace(b"secret", b"***"))
    assert [*lines] == [b"a ***\n", b"plain\n"]
    assert (tmp_path / "lines").read_bytes() == b"a ***\nplain\n"
    real = os.open

    def full(path: str | Path, *arguments: int) -> int:
        if str(path).endswith(".new"):
            raise OSError(28, "No space left on device")
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", full)
    lines.change(lambda line: line.replace(b"plain", b"**"))
    assert [*lines] == [b"a ***\n", b"**\n"]
    assert [*tmp_path.iterdir()] == []


def test_a_body_is_kept_up_to_a_limit_and_the_rest_counted(tmp_path: Path) -> None:
    exchanges = ExchangeFile(LineFile(tmp_path / "exchanges.ndjson"))
    body = b"x" * (KEPT_BODY - 1) + "é".encode() + b"y" * 50
    exchanges.add(Exchange("b", Request("POST", "/", (), body), Response(200, (), body * 2)))
    exchanges.add(Exchange("a", Request("GET", "/"), Response(200, (), b"x" * KEPT_BODY)))
    kept = exchanges["b"]
    assert (kept.request.body, kept.request.cut) == (b"x" * (KEPT_BODY - 1), 52)
    assert kept.response is not None
    assert (len(kept.response.body), kept.response.cut) == (KEPT_BODY - 1, len(body) * 2 - KEPT_BODY + 1)
    assert [each.id for each in Ordered(exchanges)] == ["a", "b"]
    assert exchanges["a"].response == Response(200, (), b"x" * KEPT_BODY)
    assert b'"cut":52}' in (tmp_path / "exchanges.ndjson").read_bytes()
    assert [*ndjson.read(tmp_path / "exchanges.ndjson")] == [*exchanges.values()]
