"""Names compared as people read them: without case, punctuation and number."""

from __future__ import annotations

import re


def plain(name: str) -> str:
    """A name without case and punctuation: `thing_id`, `thingId` and `Thing-ID` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def singular(word: str) -> str:
    """An English plural's singular, as far as endings tell."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word
