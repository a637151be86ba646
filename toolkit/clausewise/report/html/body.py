"""Bodies of messages as the page shows them: JSON with indentation, one place marked, long bodies cut."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any

import msgspec

from clausewise.report.text import visible

#: a part of a line, and whether it is marked
Segment = tuple[str, bool]
Line = tuple[Segment, ...]

#: lines from the start, lines before and after the first marked one, and characters of a line that are shown
_HEAD = 40
_AROUND = 12
_WIDTH = 400
#: bytes of the largest body that gets indentation; of a larger one the start is shown as it is
_LAID_OUT = 2_000_000


class Body(msgspec.Struct, frozen=True):
    """A body as the page shows it."""

    lines: tuple[Line, ...]
    #: its size in bytes
    size: int
    #: whether a part of it is not shown
    cut: bool
    #: bytes at its end that the recording does not have either
    not_kept: int = 0


class _Number(str):
    """A number as written in the body."""


class _Object(list[tuple[str, Any]]):
    """The members of an object as written in the body, with duplicates."""


def laid_out(content: bytes, at: tuple[str, ...] = (), not_kept: int = 0) -> Body:
    """The lines of a body, with the value at the path `at` marked, or the place where it is missing. Of a body that the
    recording has only the beginning of, so many bytes are `not_kept`."""
    lines, cut = _excerpt(_lines(content, at))
    return Body(lines, len(content) + not_kept, cut or not_kept > 0, not_kept)


def value_at(content: bytes, at: tuple[str, ...]) -> str | None:
    """The value at the path `at` with indentation; None where there is none."""
    try:
        value = _parsed(content)
    except (ValueError, RecursionError):
        return None
    for token in at:
        if isinstance(value, _Object):
            found = [member for name, member in value if name == token]
            if not found:
                return None
            value = found[-1]
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return "".join(text for text, _ in _written(value, None, ""))


def cut_short(text: str, limit: int = _WIDTH) -> str:
    """The text, cut to fit a line of the page, with the number of characters that are not shown."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 40]} … ({len(text) - limit + 40:,} more characters)"


def markup(lines: Iterable[Line]) -> str:
    """Lines as HTML, marked parts in `mark`. A page has tens of thousands of lines: too many for a template."""
    return "\n".join("".join(map(_segment, line)) for line in lines)


def _segment(segment: Segment) -> str:
    text = escape(visible(segment[0]))
    if not segment[1]:
        return text
    marked = text.lstrip(" ")
    return f"{text[: len(text) - len(marked)]}<mark>{marked}</mark>"


def _lines(content: bytes, at: tuple[str, ...]) -> list[Line]:
    if len(content) <= _LAID_OUT:
        try:
            return _broken(_written(_parsed(content), at or None, ""))
        except (ValueError, RecursionError):
            pass
    try:
        text = content[:_LAID_OUT].decode("utf-8", "strict" if len(content) <= _LAID_OUT else "replace")
    except UnicodeDecodeError:
        return [((f"{content[start : start + 16].hex(' ')}", False),) for start in range(0, min(len(content), 320), 16)]
    return [((line, False),) for line in text.splitlines()]


def _parsed(content: bytes) -> Any:
    return json.loads(
        content, object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_Number
    )


def _written(value: Any, at: tuple[str, ...] | None, indent: str) -> Iterator[Segment]:
    """A value as JSON with indentation. `at` is the path from it to the marked value; None where that is elsewhere."""
    if at == ():
        yield from ((text, True) for text, _ in _written(value, None, indent))
        return
    deeper = f"{indent}  "
    if isinstance(value, _Object):
        missing = at is not None and len(at) == 1 and all(name != at[0] for name, _ in value)
        if not value and not missing:
            yield "{}", False
            return
        yield "{\n", False
        for number, (name, member) in enumerate(value, 1):
            yield f"{deeper}{json.dumps(name, ensure_ascii=False)}: ", False
            yield from _written(member, at[1:] if at and at[0] == name else None, deeper)
            yield ",\n" if number < len(value) else "\n", False
        if missing and at is not None:
            yield f"{deeper}", False
            yield f"{json.dumps(at[0], ensure_ascii=False)} is missing", True
            yield "\n", False
        yield f"{indent}}}", False
    elif isinstance(value, list):
        if not value:
            yield "[]", False
            return
        yield "[\n", False
        for number, item in enumerate(value):
            yield deeper, False
            yield from _written(item, at[1:] if at and at[0] == str(number) else None, deeper)
            yield ",\n" if number < len(value) - 1 else "\n", False
        yield f"{indent}]", False
    elif isinstance(value, _Number):
        yield value, False
    else:
        yield json.dumps(value, ensure_ascii=False), False


def _broken(segments: Iterable[Segment]) -> list[Line]:
    """Segments, divided into lines."""
    lines: list[list[Segment]] = [[]]
    for text, marked in segments:
        first, *others = text.split("\n")
        lines[-1].append((first, marked))
        for other in others:
            lines.append([(other, marked)])
    return [
        tuple(("".join(text for text, _ in alike), marked) for marked, alike in groupby(line, key=lambda one: one[1]))
        for line in lines
    ]


def _excerpt(lines: list[Line]) -> tuple[tuple[Line, ...], bool]:
    """The first lines, those around the first marked one, and counts of the others; and whether anything is cut."""
    marked = next((number for number, line in enumerate(lines) if any(mark for _, mark in line)), 0)
    start, end = max(marked - _AROUND, 0), marked + _AROUND + 1
    kept: list[Line] = []
    left = 0
    for number, line in enumerate(lines):
        if number >= _HEAD and not start <= number < end:
            left += 1
            continue
        if left:
            kept.append(((f"… {left:,} {'line' if left == 1 else 'lines'} not shown …", False),))
            left = 0
        kept.append(tuple((cut_short(text), mark) for text, mark in line))
    if left:
        kept.append(((f"… {left:,} more {'line' if left == 1 else 'lines'} …", False),))
    cut = len(kept) < len(lines) or any(len(text) > _WIDTH for line in lines for text, _ in line)
    return tuple(kept), cut
