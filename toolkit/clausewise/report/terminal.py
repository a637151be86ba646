"""The one module that knows about terminals: colours, width, and escaping of what a server wrote.

Other modules build lines of spans with styles. All terminal output goes through `text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TextIO

import msgspec

from clausewise.report.text import one_line, printable

#: the look of a span; "" is plain
Style = Literal["error", "warning", "note", "passed", "failed", "attention", "dim", ""]

#: parameters of "select graphic rendition" (ECMA-48 section 8.3.117)
_CODES: dict[Style, str] = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "passed": "1;32",
    "failed": "1;31",
    "attention": "1;33",
    "dim": "2",
}

#: characters of an excerpt that are shown; sentences and commands are not cut
WIDTH = 100


class Span(msgspec.Struct, frozen=True):
    """A part of one line."""

    text: str
    style: Style = ""
    #: whether line breaks and repeated blanks stay, as in a command; otherwise the text is put on one line
    exact: bool = False


#: spans from left to right; a string is a plain span
Line = tuple[Span | str, ...]


def use_color(choice: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour the output to `stream`, by the value of `--color`: "always", "never" or "auto".

    "auto" colours if the stream is a terminal with colours or FORCE_COLOR is set, unless NO_COLOR is set.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (stream.isatty() and environ.get("TERM") not in ("dumb", "unknown"))


def text(lines: Iterable[Line], *, color: bool) -> str:
    """The lines as printed text, each with a line break."""
    return "".join(f"{''.join(_rendered(span, color) for span in line)}\n" for line in lines)


def _rendered(span: Span | str, color: bool) -> str:
    if isinstance(span, str):
        return _flat(span)
    shown = printable(span.text) if span.exact else _flat(span.text)
    return f"\x1b[{_CODES[span.style]}m{shown}\x1b[0m" if color and span.style and shown else shown


def _flat(text: str) -> str:
    """The text on one line, with the blanks at its ends: they are indentation and spacing."""
    content = text.strip(" ")
    if not content:
        return text
    start = text.index(content)
    return f"{text[:start]}{one_line(content)}{text[start + len(content) :]}"
