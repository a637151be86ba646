"""The words of a shell command, each character with its place, which `shlex` does not give.

POSIX shells, and what cmd and PowerShell do otherwise: the mark at the end of a line, and escapes.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from clausewise.recordings.passage import Passage

#: the shells whose commands documents show
Shell = Literal["posix", "cmd", "powershell"]

#: what ends a command outside quotes
_ENDS = frozenset("\n|;&)`")
#: characters that a backslash escapes within double quotes (POSIX Shell 2.2.3)
_ESCAPED = frozenset('"\\$`')
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_HERE = re.compile(r"<<-?[ \t]*(['\"]?)([\w.-]+)\1")
#: a placeholder for a value: no redirection
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w .:/-]*>")
#: a redirection (POSIX Shell 2.7); within a word, a digit before it belongs to the word
_REDIRECTION = re.compile(r"\d?(?:&>>?|>[>&|]?|<<<|<)[ \t]*")
_OPEN_REDIRECTION = re.compile(r"(?:&>>?|>[>&|]?|<<<|<)[ \t]*")
#: a caret of cmd, and what it escapes: the rest of a line as well
_CARET = re.compile(r"\^(?:[ \t]*\r?\n|(?=.))")


class UnclosedError(ValueError):
    """A quote or a here-document is not closed; `index` is its place."""

    def __init__(self, index: int, what: str = "this quote") -> None:
        super().__init__(f"{what} is not closed")
        self.index = index


class CommandLine(msgspec.Struct, frozen=True, eq=False):
    """The words of one command."""

    words: list[Passage]
    #: the index behind the command, and behind its here-document
    end: int
    #: the text in the document that is its standard input
    here: Passage | None = None
    #: name of the file that its standard input is redirected from
    source: str | None = None
    #: name of the file that its output goes to
    output: str | None = None
    #: the delimiter of a here-document that begins on a later line: behind the last command of a pipe
    pending: str | None = None


def split(passage: Passage, start: int, shell: Shell = "posix", *, inline: bool = False) -> CommandLine:
    """The words of the command at `start`, and what it reads.

    Variables stay as they are written. An `inline` command ends at the next backtick. Raises UnclosedError.
    """
    if shell == "cmd":
        return _without_carets(passage, start)
    return _Lexer(passage, start, shell, inline).command()


def here_document(passage: Passage, delimiter: str, at: int) -> tuple[Passage, int]:
    """The here-document with this delimiter that begins on the line after `at`, and the index behind it.

    Raises UnclosedError.
    """
    begin = passage.text.find("\n", at) + 1
    closing = re.compile(rf"^[ \t>]*{re.escape(delimiter)}[ \t\r]*$", re.MULTILINE)
    end = closing.search(passage.text, begin) if begin else None
    if end is None:
        raise UnclosedError(at, f"the here-document `{delimiter}`")
    return passage.cut(begin, end.start()), end.end()


def _without_carets(passage: Passage, start: int) -> CommandLine:
    """A command of cmd: carets escape and continue lines there, and are none of its text."""
    text = passage.text
    end = start
    while (end := text.find("\n", end)) >= 0 and text[start:end].rstrip(" \t\r").endswith("^"):
        end += 1
    end = len(text) if end < 0 else end
    parts: list[tuple[int, int]] = []
    at = start
    for caret in _CARET.finditer(text, start, end):
        if caret.start() < at:
            continue
        parts.append((at, caret.start()))
        at = caret.end()
        if not caret[0].endswith("\n"):
            # What is escaped may be a caret.
            parts.append((at, at + 1))
            at += 1
    plain = passage.join([*parts, (at, end)])
    line = _Lexer(plain, 0, "cmd", inline=False).command()
    return msgspec.structs.replace(line, end=end)


class _Lexer:
    def __init__(self, passage: Passage, start: int, shell: Shell, inline: bool) -> None:
        self._passage = passage
        self._text = passage.text
        self._at = start
        self._shell = shell
        self._inline = inline
        self._words: list[Passage] = []
        self._spans: list[tuple[int, int]] = []
        self._replaced: dict[int, str] = {}
        self._open = False
        #: the operator before the word that is read
        self._redirection = ""
        self._string: Passage | None = None
        self._source: str | None = None
        self._output: str | None = None

    def command(self) -> CommandLine:
        here: str | None = None
        while not self._ends():
            text, at = self._text, self._at
            character = text[at]
            if character in " \t\r":
                self._close()
                self._at += 1
            elif character == "\\" and self._shell == "posix":
                self._backslash()
            elif character == "`":
                self._backtick()
            elif character == "'":
                self._quoted(at)
            elif character == '"':
                self._double()
            elif character == "#" and not self._open and self._shell != "cmd":
                self._at = text.find("\n", at) if "\n" in text[at:] else len(text)
            elif text.startswith("$'", at):
                self._ansi()
            elif text.startswith(("$(", "<("), at):
                self._substitution()
            elif found := _HERE.match(text, at):
                self._close()
                here = found[2]
                self._at = found.end()
            elif found := _PLACEHOLDER.match(text, at):
                for index in range(*found.span()):
                    self._take(index)
                self._at = found.end()
            elif found := (_OPEN_REDIRECTION if self._open else _REDIRECTION).match(text, at):
                self._close()
                self._redirection = found[0].strip(" \t0123456789")
                self._at = found.end()
            else:
                self._take(at)
                self._at += 1
        self._close()
        line = CommandLine(self._words, self._at, self._string, self._source, self._output, here)
        if here is None or self._text.startswith("|", self._at):
            return line
        body, end = here_document(self._passage, here, self._at)
        return msgspec.structs.replace(line, here=body, end=end, pending=None)

    def _ends(self) -> bool:
        if self._at >= len(self._text):
            return True
        character = self._text[self._at]
        if character == "`" and self._shell == "powershell" and not self._inline:
            return False
        if character == "&" and self._text.startswith("&>", self._at):
            return False
        return character in _ENDS

    def _substitution(self) -> None:
        """`$(command)`, as it is written."""
        depth = 0
        while self._at < len(self._text):
            character = self._text[self._at]
            depth += (character == "(") - (character == ")")
            self._take(self._at)
            self._at += 1
            if character == ")" and not depth:
                return

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
        if self._redirection == "<<<":
            self._string = word
        elif self._redirection == "<":
            self._source = word.text
        elif self._redirection:
            self._output = word.text
        else:
            self._words.append(word)
        self._redirection = ""
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

    def _backtick(self) -> None:
        """PowerShell's: the line goes on after one at its end, elsewhere it escapes a character."""
        rest = self._text[self._at + 1 :].partition("\n")[0]
        if not rest.strip():
            self._at = self._text.find("\n", self._at) + 1 or len(self._text)
        else:
            self._take(self._at + 1)
            self._at += 2

    def _quoted(self, opening: int) -> None:
        end = self._text.find("'", opening + 1)
        if end < 0:
            raise UnclosedError(opening)
        self._open = True
        # Programs get the quotation marks in an argument of Windows PowerShell only with backslashes before them.
        escaped = self._shell == "powershell"
        self._spans += (
            (index, index + 1)
            for index in range(opening + 1, end)
            if not (escaped and self._text.startswith('\\"', index))
        )
        self._at = end + 1

    def _double(self) -> None:
        opening, self._open = self._at, True
        self._at += 1
        mark = "`" if self._shell == "powershell" else "\\"
        while self._at < len(self._text):
            follows = self._text[self._at + 1 : self._at + 2]
            if self._text[self._at] == '"':
                if self._shell == "posix" or follows != '"':
                    break
                # Doubled, it stands for itself in cmd and PowerShell.
                self._at += 1
            elif self._text[self._at] in (mark, "\\") and (follows == '"' or (follows and follows in _ESCAPED)):
                self._at += 1
            elif self._text.startswith("\\\n", self._at) and self._shell == "posix":
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
