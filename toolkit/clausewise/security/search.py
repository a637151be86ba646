"""Finds many secrets at once, however they are written: the cost of a search does not depend on their number."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import compress, count

from clausewise.security.spellings import Form, Span, fold, forms

#: Secrets shorter than this are not looked for as literals. They occur by chance all over a recording, so masking them
#: would turn it into noise, and where the masks stand would tell what they are. In the places that are secret by name
#: they are masked all the same.
SHORTEST_LITERAL = 6

#: so many characters of the beginning of a secret that looks random are masked, where the rest was cut off
_ENOUGH = 12
#: credentials as HTTP writes them (RFC 9110 section 11.2)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

#: The index holds words of so many bytes, and looks up every such word of a text that begins at a multiple of this. A
#: form that is long enough has one of its first words there, wherever it begins.
_WORD = 4
_FIRST = 2 * _WORD - 1

#: where a text was cut, perhaps within an escape, and how many characters of a secret are masked before or after
_CUT = re.compile(
    rb"(?:&#?[xX]?[0-9A-Za-z]{0,5}|%(?:25)*[0-9A-Fa-f]?|\\+[ux]?[0-9A-Fa-f]{0,3})? ?(?:\.\.\.|\xe2\x80\xa6) ?"
    rb"(?:#?[0-9A-Za-z]{0,5};|\\*[ux]?[0-9A-Fa-f]{0,4}(?=[%\\])|[ux][0-9A-Fa-f]{4}|[0-9A-Fa-f]{1,2}(?=%))?"
)
_AT_A_CUT = 4
#: the same at the end of a text that nobody marked
_AT_THE_END = 6
#: how far from a cut the beginning or end of a secret is looked for
_NEAR = 64


class Search:
    """Secrets, to be found in bytes."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: dict[str, tuple[Form, ...]] = {}
        #: word -> the forms that have it in their first bytes, and where there
        self._words: dict[int, tuple[tuple[Form, int], ...]] = {}
        #: forms that are too short to have such a word in every place
        self._short: list[Form] = []
        #: the first and the last bytes of forms, for what is left of them at a cut
        self._beginnings: defaultdict[bytes, list[bytes]] = defaultdict(list)
        self._endings: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for secret in secrets:
            self.add(secret)

    def __len__(self) -> int:
        return len(self._forms)

    def __contains__(self, secret: str) -> bool:
        return secret in self._forms

    def add(self, secret: str) -> None:
        """Look for `secret` as well."""
        if secret in self._forms or len(secret) < SHORTEST_LITERAL:
            return
        own = self._forms[secret] = tuple(forms(secret, _ENOUGH if looks_random(secret) else len(secret)))
        for form in own:
            self._beginnings[form.folded[:_AT_A_CUT]].append(form.folded)
            self._endings[form.folded[-_AT_A_CUT:]].append(form.folded)
            if len(form.folded) < _FIRST:
                self._short.append(form)
                continue
            for offset in range(_WORD):
                word = int.from_bytes(form.folded[offset : offset + _WORD], sys.byteorder)
                self._words[word] = (*self._words.get(word, ()), (form, offset))

    def spans(self, data: bytes) -> list[Span]:
        """Where secrets stand in `data`, and what is left of them where it was cut."""
        if not self._forms:
            return []
        folded = fold(data)
        found: list[Span] = []
        words = memoryview(folded)[: len(folded) // _WORD * _WORD].cast("I")
        known = self._words
        if not known.keys().isdisjoint(words):
            # No step of Python for each of the words, of which hardly one is known.
            for index in compress(count(), map(known.__contains__, words)):
                found += [
                    span
                    for form, offset in known[words[index]]
                    if (span := _span(form, folded, index * _WORD - offset)) is not None
                ]
        for form in self._short:
            at = folded.find(form.folded)
            while at >= 0:
                found.append((at, at + len(form.folded)))
                at = folded.find(form.folded, at + 1)
        if b"..." in folded or b"\xe2\x80\xa6" in folded:
            for mark in _CUT.finditer(folded):
                found += self._around(folded, mark.start(), mark.end(), _AT_A_CUT)
        return found

    def at_the_end(self, data: bytes) -> list[Span]:
        """What is left of a secret at the end of `data`, where that is one that was cut."""
        if not self._forms or not data[-1:].isalnum():
            return []
        offset = max(0, len(data) - _NEAR)
        end = fold(data[offset:])
        spans = self._around(end, len(end), len(end), _AT_THE_END)
        return [(offset + begin, offset + end) for begin, end in spans]

    def _around(self, folded: bytes, end: int, begin: int, least: int) -> Iterable[Span]:
        """What is left of secrets before a cut, which ends at `end`, and after it, which begins at `begin`."""
        for at in range(max(0, end - _NEAR), end - least + 1):
            near = self._beginnings.get(folded[at : min(at + _AT_A_CUT, end)])
            if near is not None and any(form.startswith(folded[at:end]) for form in near):
                yield at, end
                break
        for at in range(min(len(folded), begin + _NEAR), begin + least - 1, -1):
            near = self._endings.get(folded[max(at - _AT_A_CUT, begin) : at])
            if near is not None and any(form.endswith(folded[begin:at]) for form in near):
                yield begin, at
                break


def looks_random(secret: str) -> bool:
    """Whether a part of a secret is one too: of "https://example.com" or "production" it is not."""
    has_digit = any(character.isdigit() for character in secret)
    mixed = secret != secret.lower() and secret != secret.upper()
    return (has_digit or mixed) and len(secret) > _ENOUGH and _TOKEN.fullmatch(secret) is not None


def _span(form: Form, folded: bytes, at: int) -> Span | None:
    """The form at a place, or as much of its beginning as is enough; None where it does not stand there."""
    whole = form.folded
    if at < 0:
        return None
    if folded.startswith(whole, at):
        end = at + len(whole)
        shares = form.shares_last and folded[end : end + 1].isalnum()
        return at, end + shares
    if form.enough == len(whole) or not folded.startswith(whole[: form.enough], at):
        return None
    end = at + form.enough
    while end < len(folded) and folded[end] == whole[end - at]:
        end += 1
    return at, end
