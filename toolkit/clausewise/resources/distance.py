"""Ids that were never made and vary no known one.

A fresh id is often a known one with an ending. Many a server reads that as the known one: it stops at the `=` of a
base64 text, or at the end of a number. Only an id that is another one from the inside shows what it does about others.
"""

from __future__ import annotations

import base64
import binascii
import random
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from clausewise.generation.draft import Draft
from clausewise.generation.prover import Prover
from clausewise.resources.uniqueness import UUID, fresh_values, moved_to, renewed

#: endings as `fresh_values` makes them
_ENDINGS = re.compile(r"(?:-[a-z][a-z0-9]{7})+$")

#: a text in one of the two alphabets of base64 (RFC 4648), its padding apart, and the shortest that is taken for one
_BASE64 = re.compile(r"([A-Za-z0-9+/]+|[A-Za-z0-9_-]+)(={0,2})")
_ENCODED = 8

#: what stands for a letter and for a digit: nearly every alphabet of ids has these, that of hexadecimal numbers as well
_LETTERS, _DIGITS = "abcdef", "234567"

#: how long a text has to be so that another of its length is none by chance, and a number at the end of one
_LONG, _FAR = 8, 9


def varies(value: Any, known: Any) -> bool:
    """Whether an id is the text of a known one with an ending."""
    return isinstance(value, str) and value != str(known) and value.startswith(str(known))


def roots(value: Any) -> Iterator[str]:
    """The ids that `value` may have been before it got its ending, or its endings, the longest first."""
    found = _ENDINGS.search(value) if isinstance(value, str) else None
    while found is not None and found.start() > 0:
        cut = value.rindex("-")
        yield value[:cut]
        value = value[:cut]
        found = _ENDINGS.search(value)


def distant(prover: Prover, draft: Draft, name: str, rng: random.Random) -> Draft | None:
    """`draft` with another valid id for its path parameter `name`, one that varies none where the contract allows that;
    None where it allows no other."""
    old = draft.parameters["path", name]
    tries = (moved_to(draft, {name: value}) for value in distant_values(old, rng))
    found = next((candidate for candidate in tries if prover.keeping(candidate) is not None), None)
    return found if found is not None else renewed(prover, draft, [(f"path.{name}", ())], rng)


def distant_values(old: Any, rng: random.Random) -> Iterator[Any]:
    """Ids of the form of `old`, a text or a whole number, that differ from it on the inside, the likeliest first."""
    if not isinstance(old, str) or UUID.fullmatch(old):
        yield from islice(fresh_values(old, rng), 1)
        return
    text = [old, *roots(old)][-1]
    read = _decoded(text)
    if read is None:
        yield from _changed(text, rng)
    else:
        inner, encode = read
        yield from map(encode, _changed(inner, rng))


def _changed(text: str, rng: random.Random) -> Iterator[str]:
    """Texts of the same form: one with a number far away in the place of the one at its end, and one with other
    characters from its middle on."""
    number = re.search(r"[0-9]+$", text)
    if number is not None and len(number[0]) < _FAR:
        first = rng.choice([digit for digit in _DIGITS if digit != number[0][0]])
        yield text[: number.start()] + first + "".join(rng.choices(_DIGITS, k=_FAR - 1))
    half = len(text) // 2 if len(text) >= _LONG else 0
    model = text if half else (text * _LONG)[:_LONG]
    changed = model[:half] + "".join(_other(character, rng) for character in model[half:])
    if changed != model:
        yield changed


def _other(character: str, rng: random.Random) -> str:
    """Another character of the same class; the same one where it is neither a letter nor a digit."""
    if not character.isascii() or not character.isalnum():
        return character
    among = _DIGITS if character.isdigit() else _LETTERS if character.islower() else _LETTERS.upper()
    return rng.choice([each for each in among if each != character])


def _decoded(text: str) -> tuple[str, Callable[[str], str]] | None:
    """The plain text that an id in base64 stands for, and what writes another one so; None where it is none."""
    found = _BASE64.fullmatch(text)
    if found is None or len(text) < _ENCODED:
        return None
    alphabet = b"-_" if re.search("[-_]", text) else b"+/"
    # Of one that needs no padding nobody can tell; those for addresses often go without.
    padded = bool(found[2]) or (len(text) % 4 == 0 and alphabet == b"+/")

    def encode(plain: str) -> str:
        written = base64.b64encode(plain.encode(), alphabet).decode()
        return written if padded else written.rstrip("=")

    try:
        plain = base64.b64decode(found[1] + "=" * (-len(found[1]) % 4), alphabet, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (plain, encode) if plain.isprintable() and encode(plain) == text else None
