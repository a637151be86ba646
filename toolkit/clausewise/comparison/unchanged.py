"""Schemas that are written alike in two documents, with everything that they lead to: nothing of them has changed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import unquote

import msgspec

from clausewise.spec.pointer import Source, from_pointer
from clausewise.spec.resolve import Sources

#: what is, or may be, a reference within the document, in its JSON text
_REFERENCE = re.compile(rb'"(#/(?:[^"\\]|\\.)*)"')

#: keywords by which the place of a schema decides what a reference in it means, and references to other files
_BY_PLACE = re.compile(rb'"\$(?:id|anchor|schema|dynamic\w+|recursive\w+)":|"jsonSchemaDialect":|"\$ref":"(?!#/)')

#: a discriminator that maps values to names of schemas, and not by references
_BY_NAME = re.compile(rb'"mapping":\{[^{}]*:"(?!#/)')

#: tokens of the pointer to something that is referred to
_Target = tuple[str, ...]


class Unchanged:
    """Which schemas of two documents are written alike, with everything that they lead to."""

    def __init__(self, old: Sources, new: Sources) -> None:
        self._old, self._new = old, new
        self._encoder = msgspec.json.Encoder()

    def same(self, old: Source, new: Source) -> bool:
        """Whether the schemas at two places mean the same, as far as their text shows."""
        if not self._is_comparable:
            return False
        text = self._encoder.encode(self._old.value(old))
        return text == self._encoder.encode(self._new.value(new)) and self._changed.isdisjoint(_targets(text))

    @cached_property
    def _is_comparable(self) -> bool:
        """Whether a schema means the same wherever it stands, and in both documents."""
        one, two = self._old, self._new
        if (one.dialect.name, one.nullable) != (two.dialect.name, two.nullable):
            return False
        return not any(pattern.search(text) for text in self._texts for pattern in (_BY_PLACE, _BY_NAME))

    @cached_property
    def _texts(self) -> tuple[bytes, bytes]:
        one, two = (self._encoder.encode(sources.value(Source(""))) for sources in (self._old, self._new))
        return one, two

    @cached_property
    def _changed(self) -> set[_Target]:
        """What is written otherwise in the other document, or leads to such."""
        above = self._above
        changed: set[_Target] = set()
        leading: dict[_Target, list[_Target]] = {}
        for target in {*chain.from_iterable(map(_targets, self._texts)), *above}:
            one, two = self._text(self._old, target), self._text(self._new, target)
            if one is None or one != two:
                changed.add(target)
            for found in {*_targets(one or b""), *_targets(two or b"")}:
                leading.setdefault(found, []).append(target)
        pending = deque(changed)
        while pending:
            target = pending.popleft()
            further = {*leading.get(target, ()), *above.get(target, ())} - changed
            changed |= further
            pending += further
        return changed

    @cached_property
    def _above(self) -> dict[_Target, list[_Target]]:
        """Shared schema -> those that it includes by `allOf` and that mean something else by what includes them: they
        have a discriminator, or include such a one (OpenAPI 3.0.3 section 4.7.25)."""
        shared = self._new.dialect.shared_schemas
        included: dict[_Target, list[_Target]] = {}
        pending: deque[_Target] = deque()
        for name, schema in chain(self._shared(self._old), self._shared(self._new)):
            target = (*shared, name)
            included.setdefault(target, []).extend(_included(schema))
            if isinstance(schema, dict) and "discriminator" in schema:
                pending.append(target)
        including: dict[_Target, list[_Target]] = {}
        for target, parents in included.items():
            for parent in parents:
                including.setdefault(parent, []).append(target)
        members = set(pending)
        while pending:
            further = {*including.get(pending.popleft(), ())} - members
            members |= further
            pending += further
        return {target: [one for one in parents if one in members] for target, parents in included.items()}

    @staticmethod
    def _shared(sources: Sources) -> Iterable[tuple[str, Any]]:
        try:
            schemas = sources.value(Source("", sources.dialect.shared_schemas))
        except KeyError:
            return ()
        return schemas.items() if isinstance(schemas, dict) else ()

    def _text(self, sources: Sources, target: _Target) -> bytes | None:
        """The text of what a reference leads to; None where that is nothing."""
        try:
            return self._encoder.encode(sources.value(Source("", target)))
        except (KeyError, IndexError, TypeError, ValueError):
            return None


def _targets(text: bytes) -> Iterator[_Target]:
    """What the references in the text of a schema lead to."""
    for found in set(_REFERENCE.findall(text)):
        reference: str = msgspec.json.decode(b'"' + found + b'"')
        yield from_pointer(unquote(reference[1:]))


def _included(schema: Any) -> Iterator[_Target]:
    """What a schema refers to in its `allOf`, at any depth of those."""
    parts = schema.get("allOf") if isinstance(schema, dict) else None
    for part in parts if isinstance(parts, list) else ():
        reference = part.get("$ref") if isinstance(part, dict) else None
        if isinstance(reference, str) and reference.startswith("#/"):
            yield from_pointer(unquote(reference[1:]))
        else:
            yield from _included(part)
