"""Files of lines in parts: each line is in exactly one of them, wherever the parts begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewise.errors import UsageError
from clausewise.recordings.chunks import LIMITS, Chunk, ChunkLimits, blocks, count_breaks, ranges, read_lines
from clausewise.recordings.files import BrokenStreamError

_CONTENTS = {
    "empty": b"",
    "one line": b"a\n",
    "no line break at the end": b"a\nb",
    "blank lines": b"\n\n\na\n\n",
    "CRLF": b"a\r\nb\r\n",
    "a line longer than a part": b"a\n" + b"b" * 50 + b"\nc\n",
    "no UTF-8": b"\xff\n\x00\n",
}


def lines_of(parts: list[Chunk]) -> tuple[list[bytes], int]:
    """The lines that are not blank, and the number of line breaks."""
    read = [read_lines(part) for part in parts]
    return [line for each in read for line in each.lines if line], sum(each.breaks for each in read)


@pytest.mark.parametrize("content", _CONTENTS.values(), ids=_CONTENTS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_every_line_is_in_one_part(tmp_path: Path, content: bytes, size: int) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(content)
    starts = range(0, len(content), size)
    parts = [Chunk(str(file), n, at, min(at + size, len(content))) for n, at in enumerate(starts)]
    assert lines_of(parts) == ([line for line in content.split(b"\n") if line], content.count(b"\n"))


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path, size: int) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n")
    assert lines_of(list(ranges(str(file), 11, ChunkLimits(size)))) == ([b"a", b"\xef\xbb\xbfb"], 2)


def test_ranges_cover_a_file() -> None:
    parts = list(ranges("a", 26, ChunkLimits(size=8, first=3)))
    assert [(part.index, part.start, part.stop) for part in parts] == [
        (0, 0, 3),
        (1, 3, 9),
        (2, 9, 17),
        (3, 17, 25),
        (4, 25, 26),
    ]
    assert list(ranges("a", 0)) == []


@given(st.lists(st.text("ab\n", max_size=9).map(str.encode), max_size=9))
def test_a_stream_gives_its_lines_however_it_comes(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    parts = list(blocks("-", iter(pieces)))
    assert lines_of(parts) == ([line for line in content.split(b"\n") if line], content.count(b"\n"))


def test_a_stream_is_cut_where_a_line_ends() -> None:
    line = b"x" * 50 + b"\n"
    parts = list(blocks("-", iter([line, line[:9], line[9:], line]), ChunkLimits(size=100, first=100)))
    assert len(parts) == 2 and all(part.content and part.content.endswith(b"\n") for part in parts)
    assert parts[1].start == parts[0].stop == 2 * len(line)


def test_what_has_come_is_a_part_when_the_stream_pauses() -> None:
    come: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"a\n", b"b", b"\nc\n", b"d"):
            come.append(piece)
            yield piece

    parts = blocks("-", pieces(), pauses=lambda: len(come) != 1)
    part = next(parts)
    # What is no whole line yet cannot be checked.
    assert (part.content, part.is_latest, come[-1]) == (b"a\nb\nc\n", True, b"\nc\n")
    assert [(part.content, part.start, part.is_latest) for part in parts] == [(b"d", 6, False)]


def test_a_stream_that_breaks_keeps_what_came_before() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a\nb"
        raise BrokenStreamError("is cut off")

    (part,) = blocks("-", pieces())
    assert part.content == b"a\nb" and part.trouble == "is cut off"


def test_a_line_that_is_too_long_is_named_and_not_kept() -> None:
    content = b"a\n" + b"b" * (LIMITS.longest_line + 1) + b"\nc\n"
    read = read_lines(Chunk("-", 0, 0, len(content), content))
    assert read.too_long == (2,) and read.lines == [b"a", b"", b"c", b""] and read.breaks == 3


@pytest.mark.parametrize("short", [0, 15], ids=["alone", "after short lines"])
def test_a_stream_with_a_line_that_is_too_long(short: int) -> None:
    pieces = [b"a\n" * short, *[b"x" * 30] * 10, b"x\nend\n"]
    (part, *none) = blocks("-", iter(pieces), ChunkLimits(size=40, longest_line=100))
    read = read_lines(part)
    assert read.too_long == (short + 1,) and read.lines == [*[b"a"] * short, b"", b"end", b""] and not none
    assert part.stop == sum(map(len, pieces)) and len(part.content or b"") < 200


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    part = Chunk(str(tmp_path / "gone"), 0, 0, 9)
    assert count_breaks(part) is None
    with pytest.raises(UsageError, match=r"cannot read .*gone: No such file"):
        read_lines(part)
