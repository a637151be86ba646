"""A file of lines that grows: each line is written at once, and read back when somebody asks for it.

Nothing is buffered in this process: what was added is there after it is killed, at whatever moment. The last line may
then be half a line, and is cut off by whoever opens the file again.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

from clausewise.private_file import make_private, open_private

#: "write" begins a file anew, "append" goes on with it, but for half a line at its end, and "read" changes nothing
Use = Literal["write", "append", "read"]

#: bytes read at once
_BLOCK = 1 << 20


class LineFile:
    """The lines of one file. Only where each of them ends is kept in memory."""

    def __init__(self, path: Path | None = None, use: Use = "write") -> None:
        """The file at `path`, which nobody else may read then; a nameless one without a path.

        It is closed when nobody uses it any more. Raises OSError where it cannot be opened.
        """
        #: None for a nameless file
        self.path = path
        self._open(_nameless() if path is None else _named(path, use))
        #: offset behind each line
        self._ends = array("Q")
        if use != "write":
            self._find_lines()
        if use == "append":
            os.ftruncate(self._handle, self._end)

    def _open(self, handle: int) -> None:
        self._handle = handle
        self._close = weakref.finalize(self, os.close, handle)

    def _find_lines(self) -> None:
        read = 0
        while block := self._read(read, _BLOCK):
            at = block.find(b"\n")
            while at >= 0:
                self._ends.append(read + at + 1)
                at = block.find(b"\n", at + 1)
            read += len(block)

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _read(self, start: int, length: int) -> bytes:
        parts = []
        while length and (part := os.pread(self._handle, length, start)):
            parts.append(part)
            start += len(part)
            length -= len(part)
        return b"".join(parts)

    def add(self, line: bytes) -> None:
        """Append a line, with its line break. Raises OSError when that fails; the file is then as it was before."""
        end = self._end
        written = 0
        try:
            # Each call into the system lets other threads run first, so one is better than two.
            while written < len(line):
                written += os.pwrite(self._handle, line[written:] if written else line, end + written)
        except OSError:
            os.ftruncate(self._handle, end)
            raise
        self._ends.append(end + len(line))

    def change(self, change: Callable[[bytes], bytes]) -> None:
        """Write every line anew, as `change` makes it. Where the disk has no room for that, the file is removed, and
        its lines are kept in a nameless one. Raises OSError when that fails as well."""
        beside = self.path.with_name(f".{self.path.name}.new") if self.path is not None else None
        try:
            changed = self._changed(LineFile(beside), change)
        except OSError:
            changed = self._changed(LineFile(), change)
            self.remove()
        if changed.path is not None and self.path is not None:
            changed.path.replace(self.path)
        self.path = self.path if changed.path is not None else None
        self._close()
        self._open(os.dup(changed._handle))
        self._ends = changed._ends

    def _changed(self, into: LineFile, change: Callable[[bytes], bytes]) -> LineFile:
        try:
            for line in self:
                into.add(change(line))
        except BaseException:
            into.remove()
            raise
        return into

    def remove(self) -> None:
        """Delete the file; its lines can be read as long as it is open."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def __getitem__(self, number: int) -> bytes:
        start = self._ends[number - 1] if number else 0
        return self._read(start, self._ends[number] - start)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[bytes]:
        """All lines, in their order. Lines may be read and added meanwhile."""
        start = number = 0
        while number < len(self._ends):
            # As many lines as fit into a block, but one at least.
            first = number
            while number < len(self._ends) and (number == first or self._ends[number] - start <= _BLOCK):
                number += 1
            bounds = [start, *self._ends[first:number]]
            block = self._read(start, bounds[-1] - start)
            yield from (block[one - start : other - start] for one, other in pairwise(bounds))
            start = bounds[-1]


def _nameless() -> int:
    with tempfile.TemporaryFile() as nameless:
        return os.dup(nameless.fileno())


def _named(path: Path, use: Use) -> int:
    if use == "write":
        return make_private(path)
    return open_private(path, os.O_RDWR if use == "append" else os.O_RDONLY)
