"""Names compared without case, punctuation and grammatical number."""

from __future__ import annotations

import re

#: a word, by the kinds of its characters: "A" for a capital, "a" for any other letter, "0" for a digit
_WORD = re.compile("A?a+|A+(?!a)|0+")


#: names of members that hold a resource, and not what belongs to it, as `plain` writes them
ENVELOPES = frozenset({"data", "result", "item", "attributes", "metadata"})


def plain(name: str) -> str:
    """A name without case and punctuation: `thing_id`, `thingId` and `Thing-ID` are the same."""
    return "".join(filter(str.isalnum, name)).lower()


def words(name: str) -> list[str]:
    """The words of a name in lower case: `thingId`, `thing_id` and `Thing-ID` have the same."""
    return [name[found.start() : found.end()].lower() for found in _WORD.finditer("".join(map(_kind, name)))]


def _kind(character: str) -> str:
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return "0" if character.isdecimal() else " "


def end_alike(one: str, other: str) -> bool:
    """Whether the words of one name end with all those of the other: `id` and `thingId`, but not `petId`."""
    shorter, longer = sorted((words(one), words(other)), key=len)
    return bool(shorter) and longer[-len(shorter) :] == shorter


def singular(word: str) -> str:
    """The singular of an English plural, as far as its ending shows."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word


def noun_of(path: str) -> str:
    """What a path is about: its last word that is no parameter, as `plain` and in the singular; "" where it has
    none."""
    words = [word for word in path.split("/") if word and "{" not in word]
    return singular(plain(words[-1])) if words else ""
