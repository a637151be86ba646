"""A piece of a file's text, with the place in the file of each of its characters."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from clausewise.errors import Location


class Passage(msgspec.Struct, frozen=True, eq=False):
    """A piece of a file, whole or put together from several."""

    #: the file as its user named it
    file: str
    text: str
    #: for each character of `text` its index in the file
    offsets: Sequence[int]
    #: index in the file of the first character of each line
    starts: Sequence[int]

    @classmethod
    def of(cls, file: str, text: str) -> Passage:
        """The whole text of a file."""
        starts = [0, *(found.end() for found in re.finditer("\n", text))]
        return cls(file, text, range(len(text)), starts)

    def locate(self, index: int) -> Location:
        """Line and column of the character at `index`; past the last one, the place where the passage ends."""
        offsets = self.offsets
        behind = offsets[-1] + 1 if len(offsets) else 0
        offset = offsets[index] if index < len(offsets) else behind
        line = bisect_right(self.starts, offset)
        return Location(self.file, line, offset - self.starts[line - 1] + 1)

    def cut(self, start: int, stop: int) -> Passage:
        """The part from `start` up to `stop`."""
        return Passage(self.file, self.text[start:stop], self.offsets[start:stop], self.starts)

    def join(self, parts: Iterable[tuple[int, int]]) -> Passage:
        """The parts from each start up to its stop, joined."""
        spans = list(parts)
        text = "".join(self.text[start:stop] for start, stop in spans)
        offsets = [offset for start, stop in spans for offset in self.offsets[start:stop]]
        return Passage(self.file, text, offsets, self.starts)
