"""The entries of a recording in JSON, read one by one: a file that is cut off gives those before the cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any

from clausewise.errors import Location
from clausewise.exchange import Unreadable
from clausewise.recordings.entry import Entries, Entry
from clausewise.recordings.passage import Passage
from clausewise.recordings.positions import is_cut_off, skip

_DECODER = json.JSONDecoder()

#: value, place, number from 1 on -> the entry
ReadEntry = Callable[[Any, Location, int], Entry]


def readable(content: bytes, file: str) -> tuple[Passage, list[Unreadable]]:
    """The text of a recording, and what is wrong with it; what is no UTF-8 in it is replaced."""
    try:
        return Passage.of(file, content.decode("utf-8-sig")), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        wrong = Unreadable(f"{file}:{line}:{column}", "is not UTF-8 text; such bytes are replaced in what is checked")
        return Passage.of(file, content.decode("utf-8-sig", "replace")), [wrong]


def rest_of(passage: Passage, at: int, before: str) -> Entries:
    """What is wrong behind the entries, whose array ends at `at`; `before` is JSON that begins like the recording."""
    text = before + passage.text[at:]
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        # It is cut off, but all its entries were read.
        return
    end = skip(text, end)
    if end < len(text):
        place = passage.locate(at + end - len(before))
        yield Unreadable(str(place), "something stands behind the end of the recording, and is not read")


def entries_in(passage: Passage, at: int, read: ReadEntry) -> Generator[Entry, None, int | None]:
    """The entries of the array whose first item, or whose end, stands behind `at`; then where it ends, None where it
    does not."""
    text = passage.text
    number = 0
    while True:
        at = skip(text, at)
        if text[at : at + 1] == "]":
            return at
        number += 1
        place = passage.locate(at)
        try:
            entry, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Unreadable(str(place), f"entry {number} and all after it cannot be read: {reason(error)}")
            return None
        yield read(entry, place, number)
        at = skip(text, at)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "]":
            yield Unreadable(str(passage.locate(at)), f"the recording is cut off after entry {number}")
            return None


def reason(error: Exception) -> str:
    """Why a text is no JSON."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, IndexError) or (isinstance(error, json.JSONDecodeError) and is_cut_off(error.doc, error.pos)):
        return "it ends too early"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} in line {error.lineno}"
    return "it holds a number of too many digits"  # Python converts no more than 4300
