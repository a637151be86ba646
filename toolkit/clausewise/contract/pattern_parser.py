"""The grammar of ECMA-262's regular expressions (section 22.2.1), as far as texts are matched with them.

A pattern is read as with the flag `u`, by which one character is one code point (JSON Schema 2020-12 core, section
6.4). What that flag forbids and the web allows without it (Annex B.1.2) is read as there: `[\\w-.]`, `\\-`, `a{,3}`, a
lone `]`. But an escape of a letter that has no meaning is not read as that letter: `\\A` and `\\Z` of Python are meant
as something else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn

import jsonschema_rs
import msgspec

from clausewise.contract.regular_expression import (
    NOTHING,
    Anchor,
    Characters,
    Choice,
    Group,
    Look,
    Node,
    Reference,
    Repeat,
    Sequence,
)

#: brackets of a pattern that are nested in each other, at most
_DEEPEST = 100

#: escape of a class of characters -> what is in it, as the content of a class that every engine reads alike
_CLASSES = {
    **{"d": "0-9", "D": r"\x00-/:-\u{10FFFF}"},
    **{"w": "A-Za-z0-9_", "W": r"\x00-/:-@\[-\^`{-\u{10FFFF}"},
    **{"s": r"\s", "S": r"\S"},
}
#: pairs of them that together have every character
_WHOLES = ({r"\s", r"\S"}, {_CLASSES["d"], _CLASSES["D"]}, {_CLASSES["w"], _CLASSES["W"]})
_LINE_ENDS = r"\n\r\u2028\u2029"

#: an edge of a word and what is none: `\b` and `\B` of some engines know letters beyond ASCII
_WORD = f"[{_CLASSES['w']}]"
_EDGE = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_EDGE = f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"

_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}

#: characters that may be escaped by a backslash, "-" in classes only; and those that have to be, outside of classes and
#: in them, where a "[" begins another class to some engines
_ESCAPABLE = frozenset("^$\\.*+?()[]{}|/")
_ESCAPED, _ESCAPED_IN_CLASS = frozenset("]{}"), frozenset("[\\]")

#: what other engines have, by how it begins -> what to write instead
_ELSEWHERE = {
    "(?P<": "which names a group in Python: ECMA-262 writes (?<name>...)",
    "(?P=": "which refers to a group in Python: ECMA-262 writes \\k<name>",
    "(?>": "an atomic group, which ECMA-262 does not have",
    "(?#": "a comment, which ECMA-262 does not have",
    r"\A": "which is no escape of ECMA-262: write ^ for the beginning of a text",
    r"\Z": "which is no escape of ECMA-262: write $ for the end of a text",
    r"\z": "which is no escape of ECMA-262: write $ for the end of a text",
}
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_MODIFIERS = re.compile(r"\(\?(?:[ims]+(?:-[ims]*)?|-[ims]+):")
_QUANTIFIER = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_NAME = re.compile(r"[\w$]+")
_POSIX = re.compile(r"\[:\^?[a-z]+:\]")
_PROPERTY = re.compile(r"\\[pP]\{([A-Za-z0-9_]+(?:=[A-Za-z0-9_]+)?)\}")
_NAMED_REFERENCE = re.compile(r"\\k<([^>]*)>")
_NUMBERED_REFERENCE = re.compile(r"\\([0-9]+)")
_OCTAL = re.compile(r"\\0([0-7]{0,2})")
_CONTROL = re.compile(r"\\c([A-Za-z])")
_HEXADECIMAL = re.compile(r"\\x([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\u\{([0-9A-Fa-f]+)\}")
_LOW_HALF = re.compile(r"\\u([dD][c-fC-F][0-9A-Fa-f]{2})")

#: what begins a group that captures, with its name; escapes and classes, in which nothing does
_CAPTURES = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]?|(\((?:\?<(?![=!])([^>]*)>|(?!\?)))", re.DOTALL)

_SURROGATES = range(0xD800, 0xE000)
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)


class UnreadableError(ValueError):
    """A pattern is no regular expression of ECMA-262; the message says why, in the author's spelling."""


class OtherLanguageError(UnreadableError):
    """A pattern is one of ECMA-262 without the flag `u`, which reads something else in it than every author means."""


@lru_cache(maxsize=1024)
def parse(pattern: str) -> Node:
    """The tree of a pattern. Raises UnreadableError."""
    parser = _Parser(pattern)
    tree = parser.choice()
    if parser.at < len(pattern):
        parser.refuse("`)` closes no group")
    return tree


class _Parser:
    """Reads a pattern from its first character to its last."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0
        self._depth = 0
        #: names of the groups, "" for one without a name, by number from 1 on
        self._groups = _groups_of(pattern)
        self._opened = 0

    def refuse(self, why: str) -> NoReturn:
        """Raise UnreadableError."""
        raise UnreadableError(why)

    def choice(self) -> Node:
        """Alternatives up to the end of the group or the pattern."""
        self._depth += 1
        if self._depth > _DEEPEST:
            self.refuse(f"its groups are nested more than {_DEEPEST} deep")
        found = [self._sequence()]
        while self._taken("|"):
            found.append(self._sequence())
        self._depth -= 1
        return found[0] if len(found) == 1 else Choice(tuple(found))

    def _peek(self, length: int = 1) -> str:
        return self._pattern[self.at : self.at + length]

    def _taken(self, text: str) -> bool:
        if not self._pattern.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def _match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        found = expression.match(self._pattern, self.at)
        if found:
            self.at = found.end()
        return found

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            term = self._term()
            if isinstance(term, _Halves):
                low = self._term() if self._peek() in ("\\", "[") else None
                pair = _pair_of(term, low) if isinstance(low, _Halves) else None
                if pair is None or self._at_quantifier():
                    self.refuse(f"`{term.spelling}` has halves of surrogate pairs, which are no characters")
                parts.append(pair)
            else:
                parts.append(self._repeated(term))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _at_quantifier(self) -> bool:
        return self._peek() in ("*", "+", "?") or _QUANTIFIER.match(self._pattern, self.at) is not None

    def _term(self) -> Node | _Halves:
        character = self._peek()
        for edge in (_EDGE, _NO_EDGE):
            if self._taken(edge):
                return Anchor(edge)
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape()
        if self._at_quantifier():
            self.refuse(f"`{self._pattern[self.at : self.at + 4]}` has nothing before it to repeat")
        self.at += 1
        if character in "^$":
            return Anchor(character)
        if character == ".":
            return Characters(f"[^{_LINE_ENDS}]")
        if ord(character) in _SURROGATES:
            return _Halves(((ord(character), ord(character)),), f"\\u{ord(character):04x}")
        return Characters(_spelled(ord(character), character, _ESCAPED), character)

    def _repeated(self, part: Node) -> Node:
        start = self.at
        if self._peek() in ("*", "+", "?"):
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[self._peek()]
            self.at += 1
        elif found := self._match(_QUANTIFIER):
            low = int(found[1])
            high = low if found[2] is None else int(found[3]) if found[3] else None
            if high is not None and high < low:
                self.refuse(f"the numbers of `{found[0]}` are in the wrong order")
        else:
            return part
        if isinstance(part, Anchor) or (isinstance(part, Look) and part.behind):
            self.refuse(f"`{self._pattern[start : self.at]}` repeats what has no length")
        self._taken("?")
        if self._at_quantifier():
            text = self._pattern[start : self.at + 1]
            kind = "possessive quantifiers" if text.endswith("+") else "quantifiers of quantifiers"
            self.refuse(f"`{text}`: ECMA-262 has no {kind}")
        if isinstance(part, Look):
            # It holds or not, however often one asks.
            return part if low else Group(Choice((part, Sequence(()))))
        return Repeat(part, low, high, self._pattern[start : self.at])

    def _group(self) -> Node:
        start = self.at
        self._refuse_elsewhere()
        opening = next(filter(self._taken, ("(?:", "(?=", "(?!", "(?<=", "(?<!")), "")
        number = None
        if not opening and (found := self._match(_MODIFIERS)):
            opening = found[0]
        elif not opening:
            self.at += 1
            if self._taken("?") and not (self._taken("<") and self._match(_NAME) and self._taken(">")):
                self.refuse(f"`{self._pattern[start : start + 5]}` begins no group of ECMA-262")
            self._opened += 1
            number = self._opened
        part = self.choice()
        if not self._taken(")"):
            self.refuse(f"the group that `{self._pattern[start : start + 8]}` begins is not closed")
        if "=" in opening or "!" in opening:
            return Look(part, "<" in opening, "!" in opening)
        return Group(part, number, opening or "(?:")

    def _refuse_elsewhere(self) -> None:
        """Raise UnreadableError for what only other engines have here."""
        for beginning, what in _ELSEWHERE.items():
            if self._pattern.startswith(beginning, self.at):
                end = self._pattern.find(">" if beginning == "(?P<" else ")", self.at) + 1
                shown = self._pattern[self.at : end] if beginning.startswith("(?P") and end else beginning
                # Without the flag, an escape of a letter is that letter.
                error = OtherLanguageError if beginning.startswith("\\") else UnreadableError
                raise error(f"it has `{shown}`, {what}")
        if flags := _FLAGS.match(self._pattern, self.at):
            self.refuse(f"it has `{flags[0]}`, which sets flags: ECMA-262 sets them for a group only, as (?i:...)")

    def _escape(self) -> Node | _Halves:
        """An escape outside of classes."""
        letter = self._pattern[self.at + 1 : self.at + 2]
        if letter in ("b", "B"):
            self.at += 2
            return Anchor(_EDGE if letter == "b" else _NO_EDGE)
        if letter == "k":
            return self._named_reference()
        if letter and letter in "123456789":
            return self._numbered_reference()
        if (content := self._several()) is not None:
            if letter in ("D", "W"):
                return Characters(f"[^{_CLASSES[letter.lower()]}]")
            return Characters(content if content.startswith("\\") and letter not in "dw" else f"[{content}]")
        start = self.at
        code = self._code()
        spelling = self._pattern[start : self.at]
        if code in _SURROGATES:
            return _Halves(((code, code),), spelling)
        return Characters(_spelled(code, spelling, _ESCAPED), chr(code))

    def _named_reference(self) -> Node:
        found = _NAMED_REFERENCE.match(self._pattern, self.at)
        if found is None or found[1] not in self._groups or not found[1]:
            self.refuse(f"`{found[0] if found else self._peek(2)}` refers to a group that the pattern does not have")
        self.at = found.end()
        return Reference(self._groups.index(found[1]) + 1)

    def _numbered_reference(self) -> Node:
        found = _NUMBERED_REFERENCE.match(self._pattern, self.at)
        assert found is not None
        if int(found[1][:6]) > len(self._groups):
            self.refuse(f"`{found[0]}` refers to a group that the pattern does not have")
        self.at = found.end()
        return Reference(int(found[1]))

    def _several(self) -> str | None:
        """An escape that stands for several characters, as the content of a class."""
        letter = self._pattern[self.at + 1 : self.at + 2]
        if letter in _CLASSES:
            self.at += 2
            return _CLASSES[letter]
        if letter not in ("p", "P"):
            return None
        found = self._match(_PROPERTY)
        if found is None:
            self.refuse(f"it has `\\{letter}` without a property in braces, as \\p{{L}}")
        if not _is_property(found[1]):
            self.refuse(f"`{found[0]}` names no property of characters")
        return found[0]

    def _code(self) -> int:
        """The code point of an escape for one character, which is taken; of a surrogate pair that of the pair."""
        letter = self._pattern[self.at + 1 : self.at + 2]
        if not letter:
            self.refuse("it ends with `\\`, which escapes nothing")
        self._refuse_elsewhere()
        if letter in _CONTROLS:
            self.at += 2
            return ord(_CONTROLS[letter])
        if found := self._match(_OCTAL):
            return int(found[1] or "0", 8)
        if found := self._match(_CONTROL):
            return ord(found[1]) % 32
        if found := self._match(_HEXADECIMAL):
            code = int(found[1] or found[2] or found[3], 16)
            if code > 0x10FFFF:
                self.refuse(f"`{found[0]}` is beyond the last character of Unicode")
            low = _LOW_HALF.match(self._pattern, self.at)
            if found[2] and code in _HIGH and low is not None:
                self.at = low.end()
                return _pair(code, int(low[1], 16))
            return code
        if letter.isalnum() and letter.isascii():
            self.refuse(f"it has `\\{letter}`, which is no escape of ECMA-262")
        self.at += 2
        return ord(letter)

    def _class(self) -> Node | _Halves:
        """A class of characters in brackets."""
        start = self.at
        self.at += 1
        negated = self._taken("^")
        content: list[str] = []
        halves: list[tuple[int, int]] = []
        while not self._taken("]"):
            begin = self.at
            first = self._atom(start)
            if self._peek() == "-" and self._peek(2) not in ("-", "-]"):
                self.at += 1
                last = self._atom(start)
                if isinstance(first, _Atom) and isinstance(last, _Atom):
                    if first.code > last.code:
                        self.refuse(f"the ends of `{self._pattern[begin : self.at]}` are in the wrong order")
                    if first.code in _SURROGATES or last.code in _SURROGATES:
                        halves.append((first.code, last.code))
                    else:
                        ends = (r"\-" if end.written == "-" else end.written for end in (first, last))
                        content.append("-".join(ends))
                    continue
                content += [str(first), r"\-", str(last)]
            elif isinstance(first, _Atom) and first.code in _SURROGATES:
                halves.append((first.code, first.code))
            else:
                content.append(str(first))
        spelling = self._pattern[start : self.at]
        if halves and not (negated and all(low in _SURROGATES and high in _SURROGATES for low, high in halves)):
            if content or negated:
                self.refuse(f"`{spelling}` has halves of surrogate pairs, which are no characters")
            return _Halves(tuple(halves), spelling)
        content[1:-1] = [r"\-" if each == "-" else each for each in content[1:-1]]
        # Two of them in a row are an operation on sets to some engines.
        text = re.sub(r"([&~|])(?=\1)", lambda found: rf"\x{ord(found[1]):02x}", "".join(content))
        if not text or any(whole <= set(content) for whole in _WHOLES):
            # Every character, or none.
            return Characters(r"[\s\S]" if negated is not bool(text) else NOTHING)
        return Characters(f"[{'^' if negated else ''}{text}]")

    def _atom(self, start: int) -> _Atom | str:
        """One item of the class that begins at `start`: a character, or the content of a class for an escape that
        stands for several."""
        begin = self.at
        if self._peek() != "\\":
            if self.at >= len(self._pattern):
                self.refuse(f"the class that `{self._pattern[start : start + 8]}` begins is not closed")
            if posix := _POSIX.match(self._pattern, begin):
                raise OtherLanguageError(f"it has `{posix[0]}`, a class of POSIX, which ECMA-262 does not have")
            self.at += 1
            code = ord(self._pattern[begin])
        elif self._taken("\\b"):
            code = 8
        elif (content := self._several()) is not None:
            return content
        else:
            code = self._code()
        return _Atom(code, _spelled(code, self._pattern[begin : self.at], _ESCAPED_IN_CLASS))


class _Atom(msgspec.Struct, frozen=True):
    """A character of a class."""

    code: int
    written: str

    def __str__(self) -> str:
        return self.written


class _Halves(msgspec.Struct, frozen=True):
    """Halves of surrogate pairs: characters only together with other halves."""

    #: first and last of each range of them
    ranges: tuple[tuple[int, int], ...]
    spelling: str


def _pair(high: int, low: int) -> int:
    return 0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00


def _pair_of(high: _Halves, low: _Halves) -> Characters | None:
    """The characters that consist of one of `high` and one of `low`; None where these are not such halves."""
    if not all(first in _HIGH and last in _HIGH for first, last in high.ranges):
        return None
    if not all(first in _LOW and last in _LOW for first, last in low.ranges):
        return None
    found = []
    for first, last in high.ranges:
        for least, most in low.ranges:
            # All of the second halves: the characters of several first halves follow each other.
            whole = (least, most) == (_LOW[0], _LOW[-1])
            ends = [(first, last)] if whole else [(each, each) for each in range(first, last + 1)]
            found += [(_pair(begin, least), _pair(end, most)) for begin, end in ends]
    return Characters("[" + "".join(f"\\u{{{begin:X}}}-\\u{{{end:X}}}" for begin, end in found) + "]")


def _spelled(code: int, spelling: str, escaped: frozenset[str]) -> str:
    """A character as every engine reads it: as its author spells it, where that is one of those ways."""
    character = chr(code)
    if spelling[:1] == "\\":
        escapable = _ESCAPABLE | {"-"} if escaped is _ESCAPED_IN_CLASS else _ESCAPABLE
        is_pair = len(spelling) == 12
        if spelling[1:] in escapable or spelling[1:] in _CONTROLS or (spelling[1:2] in ("x", "u") and not is_pair):
            return spelling
    if character in escaped:
        return f"\\{character}"
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:X}}}"


@lru_cache(maxsize=256)
def _is_property(name: str) -> bool:
    """Whether `name` is a property of characters, as in `\\p{name}`."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": f"\\p{{{name}}}"})
    except ValueError:
        return False
    return True


def _groups_of(pattern: str) -> list[str]:
    """The names of the groups that capture, "" of one without, in their order."""
    return [found[2] or "" for found in _CAPTURES.finditer(pattern) if found[1]]
