"""Which members messages of one direction do not carry, as the document says it: read-only ones in requests, write-only
ones in responses.

OpenAPI 3.1 section 4.8.24.2, and JSON Schema 2020-12 Validation section 9.4: where several of these keywords apply to
one value, it counts as soon as one of them is true.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal

import msgspec

from clausewise.contract.discriminator import named_property
from clausewise.errors import SpecError
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.subschemas import NULL, UNIONS

#: keywords by which other schemas apply to the same value; and those that say something of members
_APPLYING = frozenset({"$ref", "allOf", *UNIONS})
_OF_MEMBERS = _APPLYING | {"properties", "required", "then", "else", "dependentSchemas", "discriminator"}


class Members(msgspec.Struct, frozen=True):
    """What a schema says of the members of an object, with everything that applies to the same object."""

    #: members that messages do not carry -> where the document says so
    hidden: Mapping[str, Source] = {}
    #: the other members that it describes
    described: frozenset[str] = frozenset()
    #: members that it requires, hidden or not
    required: frozenset[str] = frozenset()


_NO_MEMBERS = Members()


class Access:
    """Finds the members that messages of one direction do not carry."""

    def __init__(self, sources: Sources, keyword: Literal["readOnly", "writeOnly"]) -> None:
        self.keyword = keyword
        self._sources = sources
        self._marks: dict[Source, Source | None] = {}
        self._members: dict[Source, Members] = {}
        #: schemas whose members are being found -> how many there are above
        self._open: dict[Source, int] = {}
        #: the outermost of these that one below has led back to
        self._led_back = sys.maxsize

    def mark(self, source: Source, schema: Any = None) -> Source | None:
        """Where the document says that messages do not carry the value of the schema at `source`; None where they do.

        It says so in the schema, in what that refers to, in a part of its `allOf`, or in every alternative of a union.
        Who has the `schema` already gives it: a large document has tens of thousands.
        """
        if source not in self._marks:
            # A schema that leads back to itself says nothing new.
            self._marks[source] = None
            self._marks[source] = self._find_mark(source, self._sources.value(source) if schema is None else schema)
        return self._marks[source]

    def _may_mark(self, schema: Any) -> bool:
        """Whether a schema says, or may lead to one that says, that messages do not carry the value."""
        return isinstance(schema, dict) and (self.keyword in schema or not _APPLYING.isdisjoint(schema))

    def _find_mark(self, source: Source, schema: Any) -> Source | None:
        if not isinstance(schema, dict):
            return None
        if schema.get(self.keyword) is True:
            return source.child(self.keyword)
        if _APPLYING.isdisjoint(schema):
            return None
        for part in self._parts(source, schema):
            if (found := self.mark(part)) is not None:
                return found
        for union in UNIONS:
            alternatives = [at for at in _elements(source, schema, union) if self._sources.value(at) != NULL]
            marks = list(map(self.mark, alternatives))
            if marks and None not in marks:
                return marks[0]
        return None

    def hidden(self, source: Source, schema: dict[str, Any]) -> Mapping[str, Source]:
        """The members that messages do not carry, as the `schema` at `source` says it."""
        return _NO_MEMBERS.hidden if _OF_MEMBERS.isdisjoint(schema) else self.members(source, schema).hidden

    def members(self, source: Source, schema: Any = None) -> Members:
        """What the schema at `source` says of an object's members. A member by which a discriminator chooses is carried
        in every message."""
        if source in self._members:
            return self._members[source]
        if source in self._open:
            # A schema that leads back to itself says nothing new; what lies between has not said everything yet.
            self._led_back = min(self._led_back, self._open[source])
            return Members()
        depth = self._open[source] = len(self._open)
        try:
            found = self._find_members(source, self._sources.value(source) if schema is None else schema)
        finally:
            del self._open[source]
        if self._led_back >= depth:
            self._members[source] = found
            self._led_back = sys.maxsize
        return found

    def _find_members(self, source: Source, schema: Any) -> Members:
        if not isinstance(schema, dict) or _OF_MEMBERS.isdisjoint(schema):
            return _NO_MEMBERS
        names = schema.get("properties")
        hidden: dict[str, Source] = {}
        described: set[str] = set()
        for name, member in names.items() if isinstance(names, dict) else ():
            at = self.mark(source.child("properties", name), member) if self._may_mark(member) else None
            if at is None:
                described.add(name)
            else:
                hidden[name] = at
        listed = schema.get("required")
        required = {name for name in (listed if isinstance(listed, list) else ()) if isinstance(name, str)}
        for part in map(self.members, self._parts(source, schema)):
            hidden = {**part.hidden, **hidden}
            described |= part.described
            required |= part.required
        choices = [self.members(at) for at in _choices(source, schema)]
        shown = frozenset[str]().union(*(choice.described for choice in choices))
        for choice in choices:
            hidden |= {name: at for name, at in choice.hidden.items() if name not in shown and name not in hidden}
            required |= choice.required
        described |= shown
        if (name := named_property(schema)) is not None:
            hidden.pop(name, None)
            described.add(name)
        return Members(hidden, frozenset(described - hidden.keys()), frozenset(required))

    def _parts(self, source: Source, schema: dict[str, Any]) -> Iterable[Source]:
        """The schemas that apply to every value that the schema at `source` applies to."""
        if isinstance(schema.get("$ref"), str):
            # One that leads nowhere is an error where the schema is translated.
            with suppress(SpecError):
                yield self._sources.target(source, schema["$ref"])
        yield from _elements(source, schema, "allOf")


def _choices(source: Source, schema: dict[str, Any]) -> Iterable[Source]:
    """The schemas that apply to some of the values that the schema at `source` applies to."""
    for union in UNIONS:
        yield from _elements(source, schema, union)
    yield from (source.child(keyword) for keyword in ("then", "else") if keyword in schema)
    dependent = schema.get("dependentSchemas")
    yield from (source.child("dependentSchemas", name) for name in (dependent if isinstance(dependent, dict) else ()))


def _elements(source: Source, schema: dict[str, Any], keyword: str) -> Iterable[Source]:
    value = schema.get(keyword)
    return [source.child(keyword, index) for index in range(len(value))] if isinstance(value, list) else []
