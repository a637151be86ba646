"""Where the members and elements of a JSON text begin, found without reading more of it than leads to them.

Python's own JSON scanner, which is written in C, steps over the values on the way; nothing of them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder

#: reads the value at an offset and gives where it ends
_read = JSONDecoder(object_pairs_hook=len).raw_decode
_space = re.compile(r"[ \t\n\r]*").match
_BLANKS = " \t\n\r"

#: containers that are kept beside the outermost, which take longest to step over
_MOST_KEPT = 10_000
_OUTERMOST = 2


class _Container:
    """The members or elements of one object or array, read as far as somebody asked."""

    def __init__(self, members: Iterator[tuple[str, int, int]]) -> None:
        self._unread = members
        #: token -> where the member's key or the element begins, and where its value does
        self.places: dict[str, tuple[int, int]] = {}

    def find(self, token: str) -> tuple[int, int] | None:
        """The places of the member or element `token`; None where there is none."""
        found = self.places.get(token)
        while found is None and (member := next(self._unread, None)) is not None:
            name, *_ = member
            self.places[name] = member[1:]
            if name == token:
                found = member[1:]
        return found


class JsonPlaces:
    """The places in one JSON text, which Python's parser has read without an error."""

    def __init__(self, text: str) -> None:
        self._text = text
        #: where a container begins -> its members
        self._outermost: dict[int, _Container] = {}
        self._inner: dict[int, _Container] = {}

    def offset(self, tokens: tuple[str, ...]) -> int:
        """Where the key of the member, or the element, that `tokens` name begins: that of its nearest parent where
        there is none."""
        value = place = self._after_space(0)
        for depth, token in enumerate(tokens):
            found = self._container(depth, value).find(token)
            if found is None:
                break
            place, value = found
        return place

    def _container(self, depth: int, start: int) -> _Container:
        """The container that begins at `start`, inside of `depth` others."""
        kept = self._outermost if depth <= _OUTERMOST else self._inner
        container = kept.get(start)
        if container is None:
            if len(self._inner) > _MOST_KEPT:
                self._inner.clear()
            container = kept[start] = _Container(self._members(start))
        return container

    def _members(self, start: int) -> Iterator[tuple[str, int, int]]:
        """Each member or element of the container at `start`: its token, where it begins, where its value does."""
        opening = self._text[start]
        if opening not in "{[":
            return
        at, index = self._after_space(start + 1), 0
        while self._text[at] not in "]}":
            place = value = at
            token = str(index)
            if opening == "{":
                token, at = _read(self._text, at)
                value = self._after_space(self._after_space(at) + 1)
            yield token, place, value
            _, at = _read(self._text, value)
            at = self._after_space(at)
            if self._text[at] == ",":
                at = self._after_space(at + 1)
            index += 1

    def _after_space(self, at: int) -> int:
        if self._text[at] not in _BLANKS:
            return at
        found = _space(self._text, at)
        return found.end() if found is not None else at
