"""The text of a document as a reader sees it: without markup, each character with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

from clausewise.recordings.passage import Passage

_HTML = re.compile(r"\s*(?:<!doctype html|<html|<\?xml[^>]*>\s*<!doctype html)", re.IGNORECASE)
#: elements before and after which a line ends
_BLOCKS = frozenset(
    (
        *("p", "div", "pre", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "br", "section", "article"),
        *("ul", "ol", "table", "blockquote"),
    )
)
#: elements whose content is not shown
_HIDDEN = frozenset({"script", "style", "template"})

#: the first line of a listing that was copied with its line numbers: "1curl -X POST", "1{"
_FIRST_NUMBERED = re.compile(r"1[ \t]*(?:curl\b|\$|[{\[])")


def readable(file: str, text: str) -> Passage:
    """`text` without tags, where it is HTML, and without copied line numbers."""
    passage = Passage.of(file, text)
    if file.lower().endswith((".html", ".htm")) or _HTML.match(text):
        passage = _Html(passage).read()
    return _without_numbers(passage)


def _without_numbers(passage: Passage) -> Passage:
    lines = list(_lines(passage.text))
    parts: list[tuple[int, int]] = []
    index = 0
    while index < len(lines):
        start, stop = lines[index]
        if not _FIRST_NUMBERED.match(passage.text, start):
            parts.append((start, stop))
            index += 1
            continue
        number = 1
        while index < len(lines) and passage.text.startswith(str(number), lines[index][0]):
            start, stop = lines[index]
            parts.append((start + len(str(number)), stop))
            number += 1
            index += 1
    return passage.join(parts) if any(_FIRST_NUMBERED.match(passage.text, start) for start, _ in lines) else passage


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line, its line break included."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


class _Html(HTMLParser):
    def __init__(self, passage: Passage) -> None:
        super().__init__(convert_charrefs=False)
        self._passage = passage
        self._text: list[str] = []
        self._offsets: list[int] = []
        self._hidden = 0

    def read(self) -> Passage:
        self.feed(self._passage.text)
        self.close()
        return Passage(self._passage.file, "".join(self._text), self._offsets, self._passage.starts)

    def _here(self) -> int:
        line, column = self.getpos()
        return self._passage.starts[line - 1] + column

    def _break(self) -> None:
        if self._text and not self._text[-1].endswith("\n"):
            self._text.append("\n")
            self._offsets.append(self._here())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0
        if tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            at = self._here()
            self._text.append(data)
            self._offsets += range(at, at + len(data))

    def _reference(self, written: str) -> None:
        if not self._hidden:
            characters = unescape(written).replace("\xa0", " ")
            self._text.append(characters)
            self._offsets += [self._here()] * len(characters)

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")
