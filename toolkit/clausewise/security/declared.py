"""What an OpenAPI document says of secrets: the members and parameters that hold them, and those that it shows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from clausewise.security.names import is_secret_member, is_secret_parameter, plain
from clausewise.spec.specification import Specification

#: where an object of a document has values that a server or a client would send, by name of the holder's member
_SHOWN = ("example", "examples", "default", "value")


class Declared(msgspec.Struct, frozen=True):
    """The secrets of a document."""

    #: names of members and parameters that hold secrets wherever they stand: `format: password`, `writeOnly`
    names: frozenset[str] = frozenset()
    #: values of secret members and parameters in examples and defaults
    shown: tuple[str, ...] = ()
    #: every name in it, in lower case: a secret of the same letters is masked only in its place
    words: frozenset[str] = frozenset()


NOTHING_DECLARED = Declared()


@lru_cache(maxsize=4)
def declared_in(specification: Specification) -> Declared:
    """What the document and the files that it refers to say of secrets."""
    walk = _Walk()
    for document in specification.sources.documents:
        walk.into(document.tree)
    names = frozenset(walk.secret | (walk.written - walk.read))
    shown = (value for name, value in walk.shown if plain(name) in names or is_secret_member(name))
    return Declared(names, tuple(dict.fromkeys(shown)), frozenset(word.lower() for word in walk.words))


class _Walk:
    """Everything in a document, once. Objects are told apart by their keywords alone, as no name of a member has to be
    followed: what an unusual document hides behind one is not found."""

    def __init__(self) -> None:
        #: names with `format: password`; with `writeOnly`; with neither
        self.secret: set[str] = set()
        self.written: set[str] = set()
        self.read: set[str] = set()
        self.shown: list[tuple[str, str]] = []
        self.words: set[str] = set()
        #: ids of the objects and arrays that were seen: aliases of YAML lead to the same one again
        self._seen: set[int] = set()

    def into(self, tree: Any) -> None:
        # Not recursive: a document may be nested deeper than Python's stack.
        waiting = [tree]
        while waiting:
            value = waiting.pop()
            if not isinstance(value, dict | list) or id(value) in self._seen:
                continue
            self._seen.add(id(value))
            if isinstance(value, dict):
                self.words.update(value)
                self._object(value)
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value

    def _object(self, value: dict[str, Any]) -> None:
        properties = value.get("properties")
        if isinstance(properties, dict):
            for name, schema in properties.items():
                self._named(name, schema)
                self._values(name, schema)
        if isinstance(value.get("in"), str) and isinstance(value.get("name"), str):
            name, schema = value["name"], value.get("schema", value)
            self._named(name, schema)
            if is_secret_parameter(name):
                self.shown += ((name, text) for part in (value, schema) for text in _texts(part))
            else:
                self._values(name, value)
                self._values(name, schema)
        for name, text in value.items():
            if isinstance(text, str) and is_secret_member(name):
                self.shown.append((name, text))

    def _named(self, name: str, schema: Any) -> None:
        if not isinstance(schema, dict):
            return
        is_text = schema.get("type", "string") in ("string", ["string", "null"]) and "$ref" not in schema
        if schema.get("format") == "password":
            self.secret.add(plain(name))
        elif is_text and schema.get("writeOnly") is True:
            self.written.add(plain(name))
        else:
            self.read.add(plain(name))

    def _values(self, name: str, holder: Any) -> None:
        self.shown += ((name, text) for text in _texts(holder))


def _texts(holder: Any) -> Iterator[str]:
    """The texts that a schema or a parameter shows as its value."""
    if not isinstance(holder, dict):
        return
    for keyword in _SHOWN:
        shown = holder.get(keyword)
        shown = list(shown.values()) if isinstance(shown, dict) else shown if isinstance(shown, list) else [shown]
        for each in shown:
            text = each.get("value") if isinstance(each, dict) else each
            if isinstance(text, str):
                yield text
