"""The values that a document has for members and parameters of a name, wherever in it they stand.

An example of an answer shows what `region` may be, and so does the description of a `region` in another schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from clausewise.values.literals import strong_literals
from clausewise.values.words import plain

#: values remembered for a name
_ENOUGH = 8

#: objects and arrays of an example that are looked into, one inside the other
_DEPTH = 64

_PARAMETER = re.compile(r"\{[^{}]+\}")

#: keywords of a schema, a parameter or a body with one value, and with several
_ONE = ("example", "x-example", "const", "default")
_SEVERAL = ("examples", "x-examples", "enum")


class Lexicon:
    """The values in the documents of a contract by name; they are read when the first is asked for."""

    def __init__(self, trees: Iterable[Any]) -> None:
        self._trees = trees

    def values(self, name: str) -> tuple[Any, ...]:
        """Texts and numbers for a member or parameter called `name`: examples and defaults first, in the order of the
        document, then what descriptions announce, then what stands in its place in other paths."""
        return tuple(self._by_name.get(plain(name), ()))

    @cached_property
    def _by_name(self) -> dict[str, list[Any]]:
        ranks: tuple[dict[str, list[Any]], ...] = ({}, {}, {})
        for tree in self._trees:
            told = ((name, value, int(in_prose)) for name, value, in_prose in _named(tree))
            in_paths = ((name, value, 2) for name, value in _in_paths(tree))
            for name, value, rank in (*told, *in_paths):
                values = ranks[rank].setdefault(plain(name), [])
                if len(values) < _ENOUGH and not isinstance(value, bool) and value not in values and value != "":
                    values.append(value)
        names = {name for rank in ranks for name in rank}
        return {name: [value for rank in ranks for value in rank.get(name, ())] for name in names}


def _in_paths(tree: Any) -> Iterator[tuple[str, str]]:
    """The words that stand in paths where others have a parameter, with its name: `/resources/routes/{id}` beside
    `/resources/{type}`."""
    paths = tree.get("paths") if isinstance(tree, dict) else None
    split = [path.split("/") for path in paths if isinstance(path, str)] if isinstance(paths, dict) else []
    words: dict[tuple[str, ...], dict[str, None]] = {}
    for segments in split:
        for depth, segment in enumerate(segments):
            if segment and "{" not in segment:
                words.setdefault(tuple(segments[:depth]), {}).setdefault(segment)
    for segments in split:
        for depth, segment in enumerate(segments):
            # What stands beside a parameter at the root of all paths is another kind of thing.
            if depth > 1 and _PARAMETER.fullmatch(segment):
                yield from ((segment[1:-1], word) for word in words.get(tuple(segments[:depth]), ()))


def _named(tree: Any) -> Iterator[tuple[str, Any, bool]]:
    """Names in a document, each with a value for it, and whether only prose tells that value."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += [item for item in reversed(node) if isinstance(item, dict | list)]
        if not isinstance(node, dict):
            continue
        properties = node.get("properties")
        for name, schema in properties.items() if isinstance(properties, dict) else ():
            yield from _described(name, schema)
        if isinstance(node.get("name"), str) and isinstance(node.get("in"), str):
            yield from _described(node["name"], node)
            yield from _described(node["name"], node.get("schema"))
        for value in _examples(node):
            yield from _members(value, _DEPTH)
        below = [value for key, value in node.items() if key not in _ONE and key not in _SEVERAL]
        waiting += [value for value in reversed(below) if isinstance(value, dict | list)]


def _described(name: str, owner: Any) -> Iterator[tuple[str, Any, bool]]:
    if not isinstance(owner, dict):
        return
    for value in (*_examples(owner), *(owner["enum"] if isinstance(owner.get("enum"), list) else ())):
        if isinstance(value, str | int | float):
            yield name, value, False
    if isinstance(owner.get("description"), str):
        for literal in strong_literals([owner["description"]]):
            yield name, literal, True


def _examples(owner: dict[str, Any]) -> list[Any]:
    found = [owner[keyword] for keyword in _ONE if keyword in owner]
    for keyword in ("examples", "x-examples"):
        written = owner.get(keyword)
        values = list(written.values()) if isinstance(written, dict) else written if isinstance(written, list) else []
        found += [one["value"] if isinstance(one, dict) and "value" in one else one for one in values]
    return found


def _members(value: Any, depth: int) -> Iterator[tuple[str, Any, bool]]:
    """The texts and numbers in an example, by the names of their members."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, member in value.items():
            items = member if isinstance(member, list) else [member]
            for item in items:
                if isinstance(item, str | int | float):
                    yield name, item, False
                else:
                    yield from _members(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item, depth - 1)
