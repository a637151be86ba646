"""Schemas that are written alike in two documents but for their descriptions, with everything that they lead to:
nothing of them has changed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import unquote

import msgspec

from clausewise.contract.generated import SEVERITY
from clausewise.spec.pointer import Source, from_pointer
from clausewise.spec.resolve import Sources
from clausewise.spec.subschemas import APPLICATORS, subschemas_of, with_subschemas

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
        #: places that were compared: thousands of messages have the same
        self._known: dict[tuple[Source, Source], bool] = {}

    def same(self, old: Source, new: Source) -> bool:
        """Whether the schemas at two places mean the same, as far as their text shows."""
        if not self._is_comparable:
            return False
        known = self._known.get((old, new))
        if known is None:
            one, two = self._old.value(old), self._new.value(new)
            text = self._encoder.encode(one)
            is_alike = text == self._encoder.encode(two) or self._is_alike(one, two)
            known = self._known[old, new] = is_alike and self._changed.isdisjoint(_targets(text))
        return known

    def _is_alike(self, one: Any, two: Any) -> bool:
        """Whether two schemas have the same text but for descriptions."""
        return self._encoder.encode(_without_descriptions(one)) == self._encoder.encode(_without_descriptions(two))

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
            if one is None or two is None or (one != two and not self._is_described_anew(target)):
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

    def _is_described_anew(self, target: _Target) -> bool:
        """Whether what is written otherwise in the other document is a shared schema, and only its descriptions are."""
        if target[:-1] != self._new.dialect.shared_schemas:
            return False
        place = Source("", target)
        return self._is_alike(self._old.value(place), self._new.value(place))

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


def _without_descriptions(schema: Any) -> Any:
    """A schema without its descriptions and those of its parts, of which `diff` tells nothing."""
    if not isinstance(schema, dict) or SEVERITY in schema:
        # The description of an advisory schema says why.
        return schema
    kept: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in APPLICATORS:
            found = list(subschemas_of(keyword, value))
            # Where it holds something else too, that is a fault.
            is_whole = len(found) == (len(value) if APPLICATORS[keyword].holds != "schema" else 1)
            parts = [_without_descriptions(one.schema) for one in found]
            kept[keyword] = with_subschemas(keyword, found, parts) if is_whole else value
        elif keyword != "description" or not isinstance(value, str):
            kept[keyword] = value
    return kept


def _included(schema: Any) -> Iterator[_Target]:
    """What a schema refers to in its `allOf`, at any depth of those."""
    parts = schema.get("allOf") if isinstance(schema, dict) else None
    for part in parts if isinstance(parts, list) else ():
        reference = part.get("$ref") if isinstance(part, dict) else None
        if isinstance(reference, str) and reference.startswith("#/"):
            yield from_pointer(unquote(reference[1:]))
        else:
            yield from _included(part)
