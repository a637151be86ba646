"""Gives Hypothesis the characters that a codec can encode, where they are known, instead of having it look for them.

It tries every character there is, and keeps a list of a million: 1.2 s and 200 MB for UTF-8, in each new folder that it
stores its files in. What it finds is the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_origin

from hypothesis.internal import charmap
from hypothesis.internal.intervalsets import IntervalSet

_looked_for = charmap.intervals_from_codec

#: name of a codec -> the first and the last of each range of its characters; UTF-8 leaves out the surrogates (RFC 3629
#: section 3)
_RANGES = {"ascii": ((0, 0x7F),), "utf-8": ((0, 0xD7FF), (0xE000, 0x10FFFF))}


@cache
def _known(codec_name: str) -> Any:
    if codec_name not in _RANGES:
        return _looked_for(codec_name)
    found = IntervalSet(_RANGES[codec_name])
    # Newer versions also want those that do not come back as they were encoded.
    is_pair = get_origin(_looked_for.__annotations__["return"]) is tuple
    return (found, IntervalSet()) if is_pair else found


def know_the_encodable() -> None:
    """Hypothesis looks for no characters that are known here, until the process ends."""
    charmap.intervals_from_codec = _known
