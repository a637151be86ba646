"""The entries of a recording in JSON, read one by one: a file that is cut off gives those before the cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from clausewise.errors import Location
from clausewise.exchange import Unreadable
from clausewise.recordings.entry import Entries, Entry
from clausewise.recordings.passage import Passage
from clausewise.recordings.positions import is_cut_off, skip

_DECODER = json.JSONDecoder()

#: value, place, number from 1 on -> the entry
ReadEntry = Callable[[Any, Location, int], Entry]


def entries_in(passage: Passage, at: int, read: ReadEntry) -> Entries:
    """The entries of the array whose first item, or whose end, stands behind `at`."""
    text = passage.text
    number = 0
    while True:
        at = skip(text, at)
        if text[at : at + 1] == "]":
            return
        number += 1
        place = passage.locate(at)
        try:
            entry, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Unreadable(str(place), f"entry {number} and all after it cannot be read: {reason(error)}")
            return
        yield read(entry, place, number)
        at = skip(text, at)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "]":
            yield Unreadable(str(passage.locate(at)), f"the recording is cut off after entry {number}")
            return


def reason(error: Exception) -> str:
    """Why a text is no JSON."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, IndexError) or (isinstance(error, json.JSONDecodeError) and is_cut_off(error.doc, error.pos)):
        return "it ends too early"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} in line {error.lineno}"
    return "it holds a number of too many digits"  # Python converts no more than 4300
