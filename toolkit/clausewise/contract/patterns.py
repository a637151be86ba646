"""ECMA-262 regular expressions, in a form that Python and Rust read alike.

JSON Schema takes its regular expressions from ECMA-262 (2020-12 core, section 6.4), where `\\d` and `\\w` are ASCII.
In Python they are Unicode classes: of 1,000 strings that a Python generator gave for a pattern with `\\d`, the Rust
validator accepted 112. Engines agree on them when they are written out as character classes. They do not agree on named
groups either, nor on what ECMA-262 allows for the web alone (Annex B): `[\\w-.]`, `a{,3}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

import jsonschema_rs

_OUTSIDE_CLASS = {
    **{r"\d": "[0-9]", r"\D": "[^0-9]", r"\w": "[A-Za-z0-9_]", r"\W": "[^A-Za-z0-9_]"},
    # The class of no character, and that of every one.
    **{"[]": "(?!)", "[^]": r"[\s\S]"},
    # Not the beginning of a quantifier: that is one token with it.
    "{": r"\{",
}
_INSIDE_CLASS = {r"\d": "0-9", r"\w": "A-Za-z0-9_", r"\b": r"\x08"}

_SURROGATES = r"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})"
_ESCAPE = rf"\\c[A-Za-z]|\\[pP]\{{[^}}]*\}}|\\u\{{[^}}]*\}}|{_SURROGATES}|\\0(?![0-9])"
#: what a pattern consists of outside of classes, and inside: escapes, groups with a name and references to them, the
#: beginnings of other groups that are no captures, classes without characters, quantifiers, single characters
_OUTSIDE = re.compile(
    rf"{_ESCAPE}|\\k<[^>]*>|\(\?<(?![=!])[^>]*>|\(\?|\[\^?\]|\{{[0-9]+(?:,[0-9]*)?\}}|\\.|.", re.DOTALL
)
_INSIDE = re.compile(rf"{_ESCAPE}|\\.|.", re.DOTALL)

#: an escape that stands for several characters, and so is no end of a range
_SEVERAL = re.compile(r"\\[dDwWsSpP]")

#: characters that Python may read as operations on sets in a class
_SET_OPERATIONS = frozenset("[&~|")


def portable(pattern: str) -> str:
    """`pattern` with ASCII classes for `\\d` and its like, numbers for the names of groups, and all that only some
    engines read in a form that each reads."""
    parts = list(tokens_of(pattern))
    groups = [token for token, in_class in parts if not in_class and (token == "(" or token.startswith("(?<"))]
    written = []
    for index, (token, in_class) in enumerate(parts):
        if not in_class:
            written.append(_outside(token, groups))
        elif token == "-" and _is_no_range(parts[index - 1][0], parts[index + 1 : index + 2]):
            written.append(r"\-")
        else:
            written.append(_INSIDE_CLASS.get(token) or _escape(token))
    return "".join(written)


def for_python(pattern: str) -> str:
    """A portable pattern for `re`: `$` ends the text only, where Python's also matches before a last line break."""
    written = []
    for token, in_class in tokens_of(pattern):
        if token == "$" and not in_class:
            written.append(r"\Z")
        elif token.startswith(r"\u{"):
            written.append(rf"\U{token[3:-1]:0>8}")
        else:
            written.append(rf"\{token}" if in_class and token in _SET_OPERATIONS else token)
    return "".join(written)


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches a portable pattern, found out in bounded time; no text does where it is no pattern.

    Python's `re` may take years for a pattern such as `^(a+)+$`, and nothing but its end stops it. This engine gives up
    after a million steps, and takes the text for one that does not match.
    """
    try:
        matches: Callable[[str], bool] = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
    except ValueError:
        return lambda text: False
    return matches


def tokens_of(pattern: str) -> Iterator[tuple[str, bool]]:
    """The parts of a pattern, and whether each stands in a class, of which the "[" is outside and the "]" inside."""
    at, in_class = 0, False
    while found := (_INSIDE if in_class else _OUTSIDE).match(pattern, at):
        token, at = found[0], found.end()
        yield token, in_class
        in_class = token == "[" if not in_class else token != "]"


def alternatives(pattern: str) -> tuple[str, ...]:
    """The alternatives of a pattern, as `a` and `b+` of `a|b+`; the pattern itself where it has none."""
    found, depth = [""], 0
    for token, in_class in tokens_of(pattern):
        if not in_class:
            depth += token.startswith("(") - (token == ")")
        if token == "|" and not in_class and depth == 0:
            found.append("")
        else:
            found[-1] += token
    return tuple(found)


def _outside(token: str, groups: list[str]) -> str:
    if token.startswith(r"\k<"):
        group = f"(?<{token[3:]}"
        # In a group of its own, no digit that follows belongs to the number.
        return rf"(?:\{groups.index(group) + 1})" if group in groups else token
    return "(" if token.startswith("(?<") else _OUTSIDE_CLASS.get(token) or _escape(token)


def _is_no_range(before: str, after: list[tuple[str, bool]]) -> bool:
    """Whether the "-" between two parts of a class is a character like any other."""
    ends = not after or after[0][0] == "]"
    return not ends and (_SEVERAL.match(before) is not None or _SEVERAL.match(after[0][0]) is not None)


def _escape(token: str) -> str:
    """An escape in a form that all engines read."""
    if token == r"\0":
        return r"\x00"
    if token.startswith(r"\c") and len(token) == 3:
        return rf"\x{ord(token[2]) % 32:02x}"
    pair = re.fullmatch(_SURROGATES, token)
    if pair is None:
        return token
    return rf"\u{{{0x10000 + (int(pair[1], 16) - 0xD800) * 0x400 + int(pair[2], 16) - 0xDC00:X}}}"
