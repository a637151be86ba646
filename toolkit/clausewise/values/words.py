"""Names compared without case, punctuation and grammatical number."""

from __future__ import annotations

import re


def plain(name: str) -> str:
    """A name without case and punctuation: `thing_id`, `thingId` and `Thing-ID` are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def words(name: str) -> list[str]:
    """The words of a name in lower case: `thingId`, `thing_id` and `Thing-ID` have the same."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)]


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
