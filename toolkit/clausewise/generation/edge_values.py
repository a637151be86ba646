"""The catalogue of edge values: strings, numbers and arrays that a contract allows and that often make servers fail.

A contract without a limit rarely means that there is none. A sensible server may refuse some values that the contract
allows (a NUL in a name, a number beyond 64 bits). For those a refusal is no fault; a crash is, and so is an answer that
breaks the contract.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.contract.keywords import show
from clausewise.exchange import Expectation
from clausewise.values.deviation import ValueSite
from clausewise.values.strings import of_length
from clausewise.wording import counted

#: length of a string where the contract sets no limit: beyond common column widths, short of common body limits
_LONG = 5_000


class EdgeValue(msgspec.Struct, frozen=True):
    """A value to put in a place."""

    value: object
    #: completes "`name` ...": "is an empty string"
    note: str
    #: code of what may make a server fail here, which identifies the fault and is never shown ("quote")
    aspect: str
    expect: Expectation = "accept"


#: a string, the code of what it holds, the words for it, and whether a server has to accept it where its contract
#: allows it; first one that holds nothing: where that crashes a server, the others say nothing
_TEXTS: tuple[tuple[str, str, str, Expectation], ...] = (
    ("abcde", "other-text", "", "any"),
    ("Żółć ☃ 名前", "non-ascii", "non-ASCII text", "accept"),
    ("a😀b", "emoji", "an emoji", "accept"),
    ("ae\u0301z", "combining-mark", "a combining mark", "accept"),
    ("a'b", "quote", "a quote", "accept"),
    ('a"b', "double-quote", "a double quote", "accept"),
    ("a\\b", "backslash", "a backslash", "accept"),
    ("a%b", "percent-sign", "a percent sign", "accept"),
    ("a%27b", "percent-escape", "a percent escape", "accept"),
    ("{{7*7}}", "template-token", "a template token", "any"),
    ("${7*7}", "expression-token", "an expression token", "any"),
    ("<b>a", "markup", "markup", "any"),
    ("../a", "path-token", "a path token", "any"),
    ("a/b", "slash", "a slash", "any"),
    (" a", "leading-blank", "a leading blank", "any"),
    ("a ", "trailing-blank", "a trailing blank", "any"),
    ("a\nb", "line-break", "a line break", "any"),
    ("a\x07b", "control-character", "a control character", "any"),
    ("a\x00b", "nul", "a NUL", "any"),
    ("a\u202eb", "right-to-left-mark", "a right-to-left mark", "any"),
)

_NUMBERS = (
    (2**31 - 1, "32-bit-edge", "is 2^31 - 1"),
    (2**31, "32-bit-edge", "is 2^31"),
    (-(2**31), "lower-32-bit-edge", "is -2^31"),
    (-(2**31) - 1, "lower-32-bit-edge", "is -2^31 - 1"),
    (2**63 - 1, "64-bit-edge", "is 2^63 - 1"),
    (2**63, "64-bit-edge", "is 2^63"),
    (-(2**63) - 1, "lower-64-bit-edge", "is -2^63 - 1"),
    (-0.0, "minus-zero", "is -0.0"),
    (1e22, "exponent", "is 1e+22"),
)


def edge_values(site: ValueSite) -> Iterator[EdgeValue]:
    """Values for `site`. Not all keep the contract there: the proof decides that."""
    value, shape = site.value, site.shape
    if isinstance(value, str) and shape.enum is None and not shape.formats:
        yield from _texts(site)
        yield EdgeValue("", "is an empty string", "empty-string")
        if "maxLength" not in shape.facets:
            long = of_length(value or "a", _LONG, site.fits)
            if long is not None:
                yield EdgeValue(long, f"has {counted(_LONG, 'character')}", "long-string")
    elif isinstance(value, list):
        yield EdgeValue([], "is an empty array", "empty-array")
        if value:
            yield EdgeValue([*value, value[-1]], "holds an item twice", "duplicate-item", "any")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield EdgeValue(0, "is 0", "zero")
        for number, aspect, note in _NUMBERS:
            yield EdgeValue(number, note, aspect, "any")
    if value is not None and "null" in shape.types:
        yield EdgeValue(None, "is null", "null")


#: aspects of a string that one of its characters shows, the simplest first
_SIGNS = (
    ("'", "quote"), ('"', "double-quote"), ("\\", "backslash"), ("%", "percent-sign"), ("/", "slash"),
)  # fmt: skip


def aspect_of(value: Any) -> str:
    """The aspect of `value` that may make a server fail, as a code of the catalogue; "" for none."""
    if isinstance(value, str):
        found = next((aspect for sign, aspect in _SIGNS if sign in value), "")
        if not value:
            found = "empty-string"
        elif not found and any(character.isascii() and not character.isprintable() for character in value):
            found = "control-character"
        elif not found and not value.isascii():
            found = "non-ascii"
        return found or ("long-string" if len(value) >= _LONG else "")
    if value == []:
        return "empty-array"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "null" if value is None else ""
    if value == 0:
        return "zero"
    return "" if -(2**31) < value < 2**31 - 1 else f"{'lower-' if value < 0 else ''}32-bit-edge"


def may_be_refused(value: Any) -> bool:
    """Whether a sensible server may refuse `value`, or a value in it, though its contract allows it."""
    if isinstance(value, dict):
        return any(map(may_be_refused, value)) or any(map(may_be_refused, value.values()))
    if isinstance(value, list):
        items = {json.dumps(item, sort_keys=True, default=repr) for item in value}
        return len(items) < len(value) or any(map(may_be_refused, value))
    if isinstance(value, str):
        odd = any(unicodedata.category(character)[0] in "CZM" for character in value.replace(" ", "a"))
        return odd or value != value.strip() or any(sign in value for sign in "<>{}$/\\")
    return isinstance(value, int | float) and not isinstance(value, bool) and not -(2**31) < value < 2**31 - 1


def _texts(site: ValueSite) -> Iterator[EdgeValue]:
    shortest = site.shape.facets.get("minLength", 0)
    for text, aspect, words, expect in _TEXTS:
        # A string that is too short is extended in the middle, which keeps its special characters at their place.
        long_enough = text if len(text) >= shortest else of_length(text, shortest, site.fits)
        if long_enough is not None:
            note = f"holds {words}" if words else f"is {show(long_enough)}"
            yield EdgeValue(long_enough, note, aspect, expect)
