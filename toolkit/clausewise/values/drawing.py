"""Texts that a regular expression describes, drawn from its tree.

A text is drawn part by part, and then looked at as a whole: conditions on what stands before or after a place (`(?=`,
`(?<!`) only decide about a text, so the parts are drawn with their characters in mind. What is drawn is short, and the
number of steps is limited, however often repetitions are nested in each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, islice

from clausewise.contract.patterns import matcher
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
    changed,
    children,
)
from clausewise.values.sizes import LONGEST

#: texts that are drawn before giving up: of a pattern without conditions, and with some
_DRAWS, _DRAWS_WITH_CONDITIONS = 24, 160

#: matching texts of which the shortest is used: the first is seldom short
_ENOUGH = 3

#: parts that one text is drawn from, at most
_STEPS = 5_000

#: how many times more than it must be a part is repeated, in one draw after the other
REACHES = (0, 1, 3, 8, 20)

#: characters of a class that are known
_KNOWN = 64

_LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_MARKS = "-_.,!$%&*+/:;=?@^|~#'\"()<>[]{}\\` "
#: characters of many scripts and kinds, of two, three and four bytes
_FURTHER = (
    "\u00e9\u00df\u00d1\u0142\u03b1\u0416\u05d0\u0639\u0905\u4e2d\u3042\uac00"
    "\u20ac\u00b2\u2460\u0301\u00a0\u2003\U0001f600\U0001d400"
)


class _TooLongError(Exception):
    """A text has more parts than are drawn."""


def draw(pattern: Node, rng: random.Random, fits: Callable[[str], bool], low: int = 0) -> str | None:
    """A short text of `low` characters or more, where the pattern leaves that open, that `fits`; None when none was
    found."""
    found: list[str] = []
    for turn in range(_draws(pattern)):
        # The shortest come first.
        reach = max(REACHES[turn % len(REACHES)], low if turn >= len(REACHES) else 0)
        text = _drawn(pattern, rng, fits, reach, wide=False)
        found += [text] if text is not None else []
        if len(found) == _ENOUGH:
            break
    return min(found, key=lambda text: (len(text), text), default=None)


def draw_any(pattern: Node, rng: random.Random, fits: Callable[[str], bool], reach: int) -> str | None:
    """A text that `fits`, of characters of every kind that the pattern allows, in which each part is repeated up to
    `reach` times more than it must be."""
    drawn = (_drawn(pattern, rng, fits, reach, wide=True) for _ in range(_draws(pattern)))
    return next((text for text in drawn if text is not None), None)


def _draws(pattern: Node) -> int:
    return _DRAWS_WITH_CONDITIONS if conditions(pattern) else _DRAWS


def _drawn(pattern: Node, rng: random.Random, fits: Callable[[str], bool], reach: int, *, wide: bool) -> str | None:
    try:
        drawing = _Drawing(rng, reach, pattern, wide=wide)
        return next(filter(fits, drawing.around(drawing.of(pattern))), None)
    except _TooLongError:
        return None


def conditions(pattern: Node) -> tuple[Look, ...]:
    """The conditions of a pattern on what stands before or after a place."""
    return (*_looks(pattern, negative=False), *_looks(pattern, negative=True))


def without(pattern: Node, condition: Look) -> Node:
    """The pattern with the opposite of one of its conditions."""
    opposite = Look(condition.part, condition.behind, not condition.negative)
    return changed(pattern, lambda node: opposite if node is condition else None)


def others(pattern: Node, rng: random.Random) -> Iterator[str]:
    """Characters that some class of the pattern excludes, each class once."""
    for node in _walk(pattern):
        if isinstance(node, Characters) and not node.only:
            excluded = _excluded(node.written)
            if excluded:
                yield rng.choice(excluded)


class _Drawing:
    """Draws one text."""

    def __init__(self, rng: random.Random, reach: int, pattern: Node, *, wide: bool) -> None:
        self._rng = rng
        self._reach = reach
        self._wide = wide
        self._steps = _STEPS
        self._groups: dict[int, str] = {}
        #: whether it matters what stands next to the text
        self._has_edges = any(isinstance(part, Anchor) and len(part.written) > 1 for part in _walk(pattern))
        #: texts that have to be somewhere, and characters that should not
        self._wanted: list[str] = []
        self._unwanted: frozenset[str] = frozenset()
        self._wanted = [self.of(look.part, reach=0) for look in _looks(pattern, negative=False)]
        if rng.random() < 0.75:
            self._unwanted = frozenset(chain.from_iterable(map(_named, _looks(pattern, negative=True))))

    def of(self, node: Node, reach: int | None = None) -> str:
        """A text of the pattern `node`, its conditions aside."""
        reach = self._reach if reach is None else reach
        self._steps -= 1
        if self._steps < 0:
            raise _TooLongError
        match node:
            case Characters():
                return node.only or self._character(node)
            case Sequence():
                return "".join([self.of(part, reach) for part in node.parts])
            case Choice():
                return self.of(self._rng.choice(node.alternatives), reach)
            case Group():
                text = self.of(node.part, reach)
                if node.number is not None:
                    self._groups[node.number] = text
                return text
            case Reference():
                return self._groups.get(node.number, "")
            case Repeat():
                return self._repeated(node, reach)
            case Look():
                return self.of(node.part, 0) if node.behind and not node.negative and self._rng.random() < 0.5 else ""
            case Anchor():
                return ""

    def around(self, text: str) -> Iterator[str]:
        """`text`, and `text` with what has to be somewhere before it or after it."""
        yield text
        if self._has_edges:
            yield from (f"a{text}a", f" {text} ")
        if self._wanted:
            together = "".join(self._rng.sample(self._wanted, len(self._wanted)))
            yield text + together
            yield together + text

    def _character(self, node: Characters) -> str:
        known = _characters(node.written, self._wide)
        if not known:
            return ""
        return self._rng.choice([each for each in known if each not in self._unwanted] or known)

    def _repeated(self, node: Repeat, reach: int) -> str:
        most = reach if node.high is None else min(reach, node.high - node.low)
        count = node.low + (self._rng.randint(0, most) if most > 0 else 0)
        if count > LONGEST:
            raise _TooLongError
        part = node.part.part if isinstance(node.part, Group) else node.part
        if isinstance(part, Characters) and not part.only:
            return self._run(part, count, node)
        # What is in a repetition is repeated less often, so that the whole stays short.
        return "".join([self.of(node.part, reach // 2) for _ in range(count)])

    def _run(self, node: Characters, count: int, repeat: Repeat) -> str:
        """`count` characters of a class, among them what has to be somewhere, where it has room and they allow it."""
        self._steps -= count // 10
        allowed = matcher(f"^(?:{node.written})*$")
        pieces = [piece for piece in self._wanted if piece and allowed(piece)]
        room = max(count, sum(map(len, pieces)) if repeat.high is None else min(count + 20, repeat.high))
        self._rng.shuffle(pieces)
        placed: list[str] = []
        for piece in pieces:
            if sum(map(len, placed)) + len(piece) <= room:
                placed.append(piece)
        placed += [self._character(node) for _ in range(count - sum(map(len, placed)))]
        self._rng.shuffle(placed)
        return "".join(placed)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from _walk(child)


def _looks(node: Node, *, negative: bool) -> Iterator[Look]:
    """The conditions of one kind, those in other conditions aside."""
    if isinstance(node, Look):
        if node.negative is negative:
            yield node
        return
    for child in children(node):
        yield from _looks(child, negative=negative)


def _named(look: Look) -> Iterator[str]:
    """The characters that a condition names, classes of very many aside."""
    for node in _walk(look.part):
        if isinstance(node, Characters):
            known = node.only or _characters(node.written, wide=False)
            if len(known) < _KNOWN // 2:
                yield from known


@lru_cache(maxsize=1024)
def _characters(written: str, wide: bool) -> str:
    """Some characters of a class: letters and digits where it has some, or else marks, or else what there is. `wide`:
    some of all these."""
    if written == NOTHING:
        return ""
    has = matcher(f"^(?:{written})$")
    kinds = (_LETTERS_AND_DIGITS, _MARKS, _FURTHER)
    found = ["".join(filter(has, kind)) for kind in kinds]
    if wide and any(found):
        return "".join(found)
    return next(filter(None, found[:2]), "") or _looked_for(has)


def _looked_for(has: Callable[[str], bool]) -> str:
    """Characters that are no plain ASCII, control characters last of those that are common."""
    controls = chain(range(0x20), range(0x7F, 0xA0))
    for codes in (range(0xA0, 0x3000), controls, range(0x3000, 0xD800), range(0xE000, 0x110000)):
        found = "".join(islice(filter(has, map(chr, codes)), _KNOWN // 4))
        if found:
            return found
    return ""


@lru_cache(maxsize=1024)
def _excluded(written: str) -> str:
    """Printable characters, or else line breaks, that a class does not have."""
    has = matcher(f"^(?:{written})$")
    kinds = (_MARKS + _LETTERS_AND_DIGITS, _FURTHER, "\n\r")
    return next(filter(None, ("".join(each for each in kind if not has(each)) for kind in kinds)), "")
