"""What is written alike in two documents, with everything that it leads to: nothing of it has changed. Of schemas the
descriptions may differ."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import unquote

import msgspec

from clausewise.comparison.servers import unnamed
from clausewise.contract.generated import SEVERITY
from clausewise.contract.inheritance import inheritance_of
from clausewise.contract.selections import MOST_KINDS
from clausewise.errors import Location, SpecError
from clausewise.spec.defects import DefectLog
from clausewise.spec.operations import Form
from clausewise.spec.pointer import Source, from_pointer
from clausewise.spec.resolve import Sources
from clausewise.spec.subschemas import APPLICATORS, subschemas_of, with_subschemas
from clausewise.spec.written_out import written_out

#: what is, or may be, a reference within the document, in its JSON text
_REFERENCE = re.compile(rb'"(#/(?:[^"\\]|\\.)*)"')

#: keywords by which the place of a schema decides what a reference in it means, and references to other files
_BY_PLACE = re.compile(rb'"\$(?:id|anchor|schema|dynamic\w+|recursive\w+)":|"jsonSchemaDialect":|"\$ref":"(?!#/)')

#: a discriminator that maps values to names of schemas, and not by references
_BY_NAME = re.compile(rb'"mapping":\{[^{}]*:"(?!#/)')

#: fields of a document that say nothing of an operation, or only of one that refers to them or names them
_APART = frozenset(
    {
        *("openapi", "swagger", "info", "tags", "externalDocs", "paths", "webhooks", "components"),
        *("definitions", "parameters", "responses", "securityDefinitions"),
    }
)

#: fields of a path item that are about each of its operations
_SHARED = ("parameters", "servers")

#: tokens of the pointer to something that is referred to
_Target = tuple[str, ...]


class Unchanged:
    """Which schemas and operations of two documents are written alike, with everything that they lead to."""

    def __init__(self, old: Sources, new: Sources) -> None:
        self._old, self._new = old, new
        self._encoder = msgspec.json.Encoder()
        #: reference -> what it leads to
        self._read: dict[bytes, _Target] = {}
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
            known = self._known[old, new] = is_alike and self._changed.isdisjoint(self._targets(text))
        return known

    def stays(self, schema: Source | Form) -> bool:
        """Whether the schema at a place means the same in both documents."""
        if not isinstance(schema, Source):
            return False
        try:
            return self.same(schema, schema)
        except KeyError:
            return False

    @property
    def operations(self) -> frozenset[tuple[str, Source]]:
        """Path and place of the operations that are the same in both documents, each with everything that it rests on:
        its path, its servers and credentials, and what it refers to."""
        return frozenset(place for place, same in self._alike.items() if same)

    @property
    def but_for_schemas(self) -> frozenset[tuple[str, Source]]:
        """Those that are the same but for shared schemas that they refer to. The operations themselves have no more to
        do with schemas, but for those of Swagger 2.0."""
        found = (place for place, same in self._alike.items() if not same)
        return frozenset(found) if self._new.dialect.name != "2.0" else frozenset()

    @cached_property
    def _alike(self) -> dict[tuple[str, Source], bool]:
        """The operations that are written alike in both documents, with everything that they rest on but for shared
        schemas, and whether those are the same too."""
        found: dict[tuple[str, Source], bool] = {}
        if not self._is_comparable or not self._is_alike_around:
            return found
        before, after = (_object(sources.value(Source("")), "paths") for sources in (self._old, self._new))
        # Of paths that are one to a client, one may hide the other.
        places = [Counter(map(unnamed, paths)) for paths in (before, after)]
        for path, item in after.items():
            earlier = before.get(path)
            if not isinstance(item, dict) or not isinstance(earlier, dict) or "$ref" in earlier or "$ref" in item:
                continue
            if any(count[unnamed(path)] > 1 for count in places):
                continue
            above = ({field: each[field] for field in _SHARED if field in each} for each in (earlier, item))
            shared = self._text_of_both(*above)
            for method, operation in item.items() if shared is not None else ():
                text = self._text_of_operation(earlier.get(method), operation)
                if text is not None:
                    assert shared is not None
                    targets = self._targets(shared + text) | self._needed(operation)
                    if targets.isdisjoint(self._changed_beside_schemas):
                        found[path, Source("", ("paths", path, method))] = targets.isdisjoint(self._changed)
        return found

    def _text_of_operation(self, old: Any, new: Any) -> bytes | None:
        """The text of an operation that is the same in both documents; None where it is not."""
        # The names of callbacks depend on those of all operations.
        if not isinstance(old, dict) or not isinstance(new, dict) or "callbacks" in new:
            return None
        return self._text_of_both(old, new)

    def _needed(self, operation: dict[str, Any]) -> set[_Target]:
        """The security schemes that an operation names."""
        required = operation.get("security", self._required)
        needed = (each for each in (required if isinstance(required, list) else ()) if isinstance(each, dict))
        return {(*self._new.dialect.shared_security_schemes, name) for each in needed for name in each}

    @cached_property
    def _required(self) -> Any:
        """The credentials that both documents require of operations that do not say it."""
        return self._new.value(Source("")).get("security")

    @cached_property
    def _is_alike_around(self) -> bool:
        """Whether both documents say the same of all their operations: servers, credentials, media types."""
        around, servers = [], []
        for sources in (self._old, self._new):
            tree = sources.value(Source(""))
            if not isinstance(tree, dict):
                return False
            around.append({field: value for field, value in sorted(tree.items()) if field not in _APART})
            # Those of Swagger 2.0 may depend on where the document comes from.
            log = DefectLog(Location(sources.root.name, 1, 1))
            servers.append(sources.dialect.servers(sources, Source(""), log))
        return servers[0] == servers[1] and self._text_of_both(*around) is not None

    def _text_of_both(self, old: Any, new: Any) -> bytes | None:
        """The text of two values that are the same; None where they are not."""
        text = self._encoder.encode(new)
        return text if self._encoder.encode(old) == text else None

    def _is_alike(self, one: Any, two: Any) -> bool:
        """Whether two schemas have the same text but for descriptions."""
        return self._encoder.encode(_without_descriptions(one)) == self._encoder.encode(_without_descriptions(two))

    @cached_property
    def _is_comparable(self) -> bool:
        """Whether a schema means the same wherever it stands, and in both documents."""
        one, two = self._old, self._new
        if (one.dialect.name, one.nullable) != (two.dialect.name, two.nullable) or not all(
            map(_is_written, (one, two))
        ):
            return False
        try:
            texts = self._texts
        except (RecursionError, UnicodeEncodeError):
            # Nested too deeply, or half of a surrogate pair: neither is text.
            return False
        return not any(pattern.search(text) for text in texts for pattern in (_BY_PLACE, _BY_NAME))

    @cached_property
    def _texts(self) -> tuple[bytes, bytes]:
        one, two = (self._encoder.encode(sources.value(Source(""))) for sources in (self._old, self._new))
        return one, two

    @cached_property
    def _changed(self) -> set[_Target]:
        """What is written otherwise in the other document, or leads to such."""
        return _reaching(self._rewritten, [self._leading, self._above])

    @cached_property
    def _changed_beside_schemas(self) -> set[_Target]:
        """What beside shared schemas is written otherwise in the other document, or leads to such."""
        shared = self._new.dialect.shared_schemas

        def beside(targets: Iterable[_Target]) -> list[_Target]:
            return [target for target in targets if target[: len(shared)] != shared]

        leading = {target: beside(self._leading[target]) for target in beside(self._leading)}
        return _reaching(beside(self._rewritten), [leading])

    @cached_property
    def _rewritten(self) -> set[_Target]:
        """What is written otherwise in the other document."""
        found = set()
        for target in self._referred_to:
            one, two = self._text(self._old, target), self._text(self._new, target)
            if one != two and (one is None or two is None or not self._is_described_anew(target)):
                found.add(target)
        return found

    @cached_property
    def _leading(self) -> dict[_Target, list[_Target]]:
        """What is referred to -> what of that leads to it."""
        leading: dict[_Target, list[_Target]] = {}
        for target in self._referred_to:
            for sources in (self._old, self._new):
                text = self._text(sources, target) or b""
                if target in self._of_many_kinds:
                    text = self._encoder.encode(_without_mapping(sources.value(Source("", target))))
                for found in self._targets(text):
                    leading.setdefault(found, []).append(target)
        return leading

    @cached_property
    def _of_many_kinds(self) -> set[_Target]:
        """Shared schemas with so many kinds, the same in both documents, that only the names of these are read."""
        shared = self._new.dialect.shared_schemas
        targets = ((*shared, name) for name, _ in _members(self._new, shared))
        return {target for target in targets if self._has_many_kinds(Source("", target))}

    def _has_many_kinds(self, schema: Source) -> bool:
        try:
            one, two = (_kinds(sources, schema) for sources in (self._old, self._new))
        except SpecError:
            return False
        return one == two and bool(one) and all(len(kinds) > MOST_KINDS for *_, kinds in one)

    @cached_property
    def _referred_to(self) -> set[_Target]:
        """What is, or may be, referred to or named in one of the documents."""
        return {*chain.from_iterable(map(self._targets, self._texts)), *self._above, *self._schemes}

    def _is_described_anew(self, target: _Target) -> bool:
        """Whether what is written otherwise in the other document is a shared schema, and only its descriptions are."""
        if target[:-1] != self._new.dialect.shared_schemas:
            return False
        place = Source("", target)
        return self._is_alike(self._old.value(place), self._new.value(place))

    @property
    def _schemes(self) -> Iterator[_Target]:
        """The security schemes of both documents, which operations name without a reference."""
        shared = self._new.dialect.shared_security_schemes
        return ((*shared, name) for sources in (self._old, self._new) for name, _ in _members(sources, shared))

    @cached_property
    def _above(self) -> dict[_Target, list[_Target]]:
        """Shared schema -> those that it includes by `allOf` and that mean something else by what includes them: they
        have a discriminator, or include such a one (OpenAPI 3.0.3 section 4.7.25)."""
        shared = self._new.dialect.shared_schemas
        included: dict[_Target, list[_Target]] = {}
        pending: deque[_Target] = deque()
        for name, schema in chain(_members(self._old, shared), _members(self._new, shared)):
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
        members -= self._of_many_kinds
        return {target: [one for one in parents if one in members] for target, parents in included.items()}

    def _text(self, sources: Sources, target: _Target) -> bytes | None:
        """The text of what a reference leads to; None where that is nothing."""
        try:
            return self._encoder.encode(sources.value(Source("", target)))
        except (KeyError, IndexError, TypeError, ValueError):
            return None

    def _targets(self, text: bytes) -> set[_Target]:
        """What the references in a text lead to."""
        found = set()
        for reference in set(_REFERENCE.findall(text)):
            target = self._read.get(reference)
            if target is None:
                written: str = msgspec.json.decode(b'"' + reference + b'"')
                target = self._read[reference] = from_pointer(unquote(written[1:]))
            found.add(target)
        return found


def _reaching(found: Iterable[_Target], leading: list[dict[_Target, list[_Target]]]) -> set[_Target]:
    """What leads to something of what is `found`, near or far, and that itself."""
    reaching = set(found)
    pending = deque(reaching)
    while pending:
        target = pending.popleft()
        further = {*chain.from_iterable(each.get(target, ()) for each in leading)} - reaching
        reaching |= further
        pending += further
    return reaching


def _is_written(sources: Sources) -> bool:
    """Whether the aliases of a document in YAML do not make it many times as long as its text."""
    if sources.stands_once(""):
        return True
    length = sum(len(each.text) for each in (sources.root, *sources.overlays))
    return written_out(sources.value(Source("")), length) <= length


def _object(tree: Any, field: str) -> dict[str, Any]:
    found = tree.get(field) if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}


def _members(sources: Sources, tokens: _Target) -> Iterable[tuple[str, Any]]:
    """The members of the object at `tokens`; none where there is no object."""
    try:
        found = sources.value(Source("", tokens))
    except KeyError:
        return ()
    return found.items() if isinstance(found, dict) else ()


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


def _kinds(sources: Sources, schema: Source) -> list[tuple[Any, ...]]:
    """What is known of the kinds of a schema from each of its families, the kinds last."""
    return [
        (one.property_name, one.mapping, one.bases, one.kinds_at(schema, tolerant=True), one.kinds_at(schema))
        for one in inheritance_of(sources).families_of(schema)
    ]


def _without_mapping(schema: Any) -> Any:
    """A schema without the references from values of its discriminator to its kinds."""
    chosen = schema.get("discriminator") if isinstance(schema, dict) else None
    if not isinstance(chosen, dict):
        return schema
    return {**schema, "discriminator": {name: value for name, value in chosen.items() if name != "mapping"}}


def _included(schema: Any) -> Iterator[_Target]:
    """What a schema refers to in its `allOf`, at any depth of those."""
    parts = schema.get("allOf") if isinstance(schema, dict) else None
    for part in parts if isinstance(parts, list) else ():
        reference = part.get("$ref") if isinstance(part, dict) else None
        if isinstance(reference, str) and reference.startswith("#/"):
            yield from_pointer(unquote(reference[1:]))
        else:
            yield from _included(part)
