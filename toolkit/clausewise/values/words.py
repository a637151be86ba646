"""Names compared without case, punctuation and grammatical number."""

from __future__ import annotations

import re


def plain(name: str) -> str:
    """A name without case and punctuation: `thing_id`, `thingId` and `Thing-ID` are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def singular(word: str) -> str:
    """The singular of an English plural, as far as its ending shows."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word
