"""Makes text of a server safe for terminals and files.

The patterns are compiled when the first text needs them: that takes 2 ms, and most texts are printable as they are.
"""

from __future__ import annotations

import re

#: terminal commands: CSI sequences (ECMA-48 section 5.4), then strings such as OSC up to their end, then short escapes
_TERMINAL_COMMAND = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]?"
)
#: control characters, marks that change the direction of writing, and what XML 1.0 section 2.2 forbids
_UNPRINTABLE = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"


def printable(text: str) -> str:
    """The text without control characters, terminal commands and direction marks; tabs and line feeds stay."""
    if text.isprintable():
        return text
    return re.sub(_UNPRINTABLE, "", re.sub(_TERMINAL_COMMAND, "", text.replace("\r\n", "\n")))


def one_line(text: str) -> str:
    """Printable text on one line."""
    if text.isprintable():
        return " ".join(text.split())
    return " ".join(printable(text.replace("\r", "\n").replace("\x85", "\n")).split())


def visible(text: str) -> str:
    """The text with control characters and direction marks replaced by visible ones.

    C0 controls become control pictures (from U+2400), the others their code points; tabs and line feeds stay.
    """
    return text if text.isprintable() else re.sub(_UNPRINTABLE, _picture, text.replace("\r\n", "\n"))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\u2039U+{code:04X}\u203a"
