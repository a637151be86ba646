"""What a record keeps of a large document: the parts that the run was about.

A run of one operation of a document of 20 MB would otherwise write 200 MB of reports, nearly all of them about nothing
that was tested.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any

import msgspec

from clausewise.errors import Location
from clausewise.results.record import ClauseVerdict, Finding, SourceText
from clausewise.spec.document import Document
from clausewise.spec.pointer import from_pointer

#: characters of the longest document that is recorded whole
_WHOLE = 2**20
#: characters of an average line, from which a document is minified: its places are pointers, and not lines
_LONG = 400
#: lines that are kept before and after one that the run is about
_AROUND = 10

#: what stands for an object or array that is left out of a minified document
LEFT_OUT = "…"

#: token -> what is kept below it; None where all of it is. Of a token that is not in it, nothing is kept
_Kept = dict[str, Any]


def places_in(clauses: Iterable[ClauseVerdict], findings: Iterable[Finding]) -> frozenset[Location]:
    """The places in the contract that a run is about."""
    found = (place for one in findings for place in (one.location, *(each.location for each in one.places)))
    return frozenset(chain((clause.location for clause in clauses), (place for place in found if place is not None)))


def source_text(document: Document, about: Iterable[Location]) -> SourceText:
    """The text of a document for the record of a run `about` these places; of a large one, an excerpt.

    An excerpt has the lines of the document, those far from every place empty. Where the document is minified JSON, it
    is that with LEFT_OUT in place of each object and array that no place is in.
    """
    text = document.text
    if len(text) <= _WHOLE:
        return SourceText(document.name, text)
    own = [place for place in about if place.file == document.name]
    if document.is_json and len(text) > _LONG * (text.count("\n") + 1):
        pointers = (place.pointer for place in own if place.pointer is not None)
        excerpt = _written(_pruned("", json.loads(text), _kept(pointers)))
    else:
        excerpt = _near(text.split("\n"), {place.line for place in own})
    return SourceText(document.name, excerpt, excerpt=True)


def united(sources: Iterable[tuple[SourceText, ...]]) -> tuple[SourceText, ...]:
    """The texts of the same documents, with all that any of the runs kept of them."""
    by_file: dict[str, SourceText] = {}
    for source in chain.from_iterable(sources):
        before = by_file.get(source.file)
        if before is None or (before.excerpt and not source.excerpt):
            by_file[source.file] = source
        elif before.excerpt and source.excerpt and before.text != source.text:
            by_file[source.file] = msgspec.structs.replace(before, text=_united(before.text, source.text))
    return tuple(by_file.values())


def _near(lines: list[str], numbers: set[int]) -> str:
    """The lines, those far from all of these `numbers` empty."""
    kept = {near for number in numbers for near in range(number - _AROUND, number + _AROUND + 1)}
    return "\n".join(line if number in kept else "" for number, line in enumerate(lines, 1))


def _kept(pointers: Iterable[str]) -> _Kept:
    """What is kept of a tree, which is the value of the token "": all that is below one of the `pointers`."""
    kept: _Kept = {"": {}}
    # What is around a place comes before it.
    for pointer in sorted(set(pointers)):
        *outer, last = ("", *from_pointer(pointer))
        at: _Kept | None = kept
        for token in outer:
            at = at.setdefault(token, {}) if at is not None else None
        if at is not None:
            at[last] = None
    return kept


def _pruned(token: str, value: Any, kept: _Kept) -> Any:
    """`value`, which `token` names, without the objects and arrays in it of which nothing is kept."""
    if not isinstance(value, dict | list) or not value:
        return value
    if token not in kept:
        return LEFT_OUT
    inner = kept[token]
    if inner is None:
        return value
    if isinstance(value, list):
        return [_pruned(str(index), item, inner) for index, item in enumerate(value)]
    return {name: _pruned(name, member, inner) for name, member in value.items()}


def _written(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def _united(one: str, other: str) -> str:
    """Two excerpts of one document as one."""
    if "\n" not in one and "\n" not in other:
        return _written(_more(json.loads(one), json.loads(other)))
    pairs = zip_longest(one.split("\n"), other.split("\n"), fillvalue="")
    return "\n".join(first or second for first, second in pairs)


def _more(one: Any, other: Any) -> Any:
    """What either of two excerpts of one value has."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _more(member, other.get(name, LEFT_OUT)) for name, member in one.items()}
    if isinstance(one, list) and isinstance(other, list):
        return [_more(*pair) for pair in zip_longest(one, other, fillvalue=LEFT_OUT)]
    return other if one == LEFT_OUT else one
