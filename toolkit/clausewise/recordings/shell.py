"""The words of a POSIX shell command, each character with its place, which `shlex` does not give."""

from __future__ import annotations

import re

from clausewise.recordings.passage import Passage

#: what ends a command outside quotes
_ENDS = frozenset("\n|;&>)`")
#: characters that a backslash escapes within double quotes (POSIX Shell 2.2.3)
_ESCAPED = frozenset('"\\$`')
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_HERE = re.compile(r"<<-?[ \t]*(['\"]?)(\w+)\1")


class UnclosedError(ValueError):
    """A quote is not closed; `index` is its place."""

    def __init__(self, index: int) -> None:
        super().__init__("this quote is not closed")
        self.index = index


def split(passage: Passage, start: int) -> tuple[list[Passage], int, Passage | None]:
    """The words of the command at `start`, the index after it, and the here-document that it reads, if any.

    Variables stay as they are written. Raises UnclosedError.
    """
    return _Lexer(passage, start).command()


class _Lexer:
    def __init__(self, passage: Passage, start: int) -> None:
        self._passage = passage
        self._text = passage.text
        self._at = start
        self._words: list[Passage] = []
        self._spans: list[tuple[int, int]] = []
        self._replaced: dict[int, str] = {}
        self._open = False

    def command(self) -> tuple[list[Passage], int, Passage | None]:
        here = None
        text = self._text
        while self._at < len(text) and text[self._at] not in _ENDS:
            character = text[self._at]
            if character in " \t\r":
                self._close()
                self._at += 1
            elif character == "\\":
                self._backslash()
            elif character == "'":
                self._quoted(self._at)
            elif character == '"':
                self._double()
            elif text.startswith("$'", self._at):
                self._ansi()
            elif found := _HERE.match(text, self._at):
                self._close()
                here = found[2]
                self._at = found.end()
            else:
                self._take(self._at)
                self._at += 1
        self._close()
        return self._words, *self._rest(here)

    def _rest(self, here: str | None) -> tuple[int, Passage | None]:
        """Where the command ends, and the here-document that follows its line."""
        if here is None:
            return self._at, None
        begin = self._text.find("\n", self._at) + 1
        closing = re.compile(rf"^[ \t]*{re.escape(here)}[ \t\r]*$", re.MULTILINE)
        end = closing.search(self._text, begin) if begin else None
        if end is None:
            raise UnclosedError(self._at)
        return end.end(), self._passage.cut(begin, end.start())

    def _take(self, index: int, instead: str | None = None) -> None:
        """Add the character at `index` to the word; `instead` is the character that it stands for, if another."""
        self._open = True
        self._spans.append((index, index + 1))
        if instead is not None:
            self._replaced[len(self._spans) - 1] = instead

    def _close(self) -> None:
        if not self._open:
            return
        word = self._passage.join(self._spans)
        if self._replaced:
            characters = list(word.text)
            for index, instead in self._replaced.items():
                characters[index] = instead
            word = Passage(word.file, "".join(characters), word.offsets, word.starts)
        self._words.append(word)
        self._spans, self._replaced, self._open = [], {}, False

    def _backslash(self) -> None:
        follows = self._text[self._at + 1 : self._at + 3]
        if follows.startswith(("\n", "\r\n")):
            self._at += 2 + follows.startswith("\r")
        elif follows[:1] in (" ", "\t") and not self._text[self._at + 1 :].partition("\n")[0].strip():
            # A blank after the backslash that ends a line is the commonest mistake in copied commands.
            self._at = self._text.find("\n", self._at) + 1 or len(self._text)
        else:
            if follows:
                self._take(self._at + 1)
            self._at += 2

    def _quoted(self, opening: int) -> None:
        end = self._text.find("'", opening + 1)
        if end < 0:
            raise UnclosedError(opening)
        self._open = True
        self._spans += ((index, index + 1) for index in range(opening + 1, end))
        self._at = end + 1

    def _double(self) -> None:
        opening, self._open = self._at, True
        self._at += 1
        while self._at < len(self._text) and self._text[self._at] != '"':
            if self._text[self._at] == "\\" and self._text[self._at + 1 : self._at + 2] in _ESCAPED:
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
                continue
            self._take(self._at)
            self._at += 1
        if self._at >= len(self._text):
            raise UnclosedError(opening)
        self._at += 1

    def _ansi(self) -> None:
        opening, self._open = self._at, True
        self._at += 2
        while self._at < len(self._text) and self._text[self._at] != "'":
            if self._text[self._at] == "\\" and self._at + 1 < len(self._text):
                self._at += 1
                self._take(self._at, _ANSI.get(self._text[self._at], self._text[self._at]))
            else:
                self._take(self._at)
            self._at += 1
        if self._at >= len(self._text):
            raise UnclosedError(opening)
        self._at += 1
