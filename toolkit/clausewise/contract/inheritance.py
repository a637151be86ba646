"""Alternatives by inheritance: a discriminator in a base schema, whose children include that schema by `allOf`.

OpenAPI 3.0.3 section 4.7.25: "all schemas comprising the parent schema in an allOf construct may be used as an
alternate schema". The base does not name them, so they are looked up among the components.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from clausewise.contract.discriminator import has_default, mapped, mapping_of, named_property, property_name_of
from clausewise.errors import SpecError
from clausewise.spec.pointer import Source
from clausewise.spec.resolve import Sources
from clausewise.spec.subschemas import UNIONS

#: bases whose discriminator has selected a schema already where that stands
Decided = frozenset[Source]


class Family(msgspec.Struct, frozen=True, eq=False):
    """A base schema with a discriminator, and the schemas that its values select."""

    property_name: str
    #: member of the family -> value of the property -> the schema that it selects, the member or one that inherits from
    #: it; all of them for the base
    kinds: dict[Source, dict[str, Source]]
    #: likewise names of schemas that nothing says are values, and that an answer may hold all the same
    tolerated: dict[Source, dict[str, Source]]
    #: where the document maps values; None where the names of the schemas are the values
    mapping: Source | None
    #: the base, then the bases below it with the same property
    bases: tuple[Source, ...]
    #: schema -> the schemas that it includes, near and far
    above: dict[Source, frozenset[Source]]

    def kinds_at(self, schema: Source, *, tolerant: bool = False) -> dict[str, Source]:
        """The kinds of a value where `schema` stands: itself, and what inherits from it. {} where it is no member."""
        found = self.kinds.get(schema, {})
        further = self.tolerated.get(schema, {}) if found and tolerant else {}
        return {**found, **further, **found}


class Inheritance:
    """Which components of a document include which by `allOf`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        #: where the components are
        self._shared = sources.dialect.shared_schemas
        #: component, with its references followed -> its name
        self._names: dict[Source, str] = {}
        self._parents: dict[Source, tuple[Source, ...]] = {}
        self._children: dict[Source, list[Source]] = {}
        #: base -> the discriminator's property
        self._bases: dict[Source, Any] = {}
        self._families: dict[Source, Family | None] = {}
        self._memberships: dict[Source, list[Family]] = {}
        if any("discriminator" in document.text for document in sources.documents):
            self._read_components()

    def families_of(self, schema: Source) -> list[Family]:
        """The families that `schema` is a member of, its own first.

        Raises SpecError where a discriminator names no property, or maps a value to a schema that does not exist.
        """
        if not self._bases or schema not in self._parents:
            return []
        if schema not in self._memberships:
            found = [self._family(base) for base in (schema, *self._above(schema)) if base in self._bases]
            families = [family for family in found if family is not None and family.kinds_at(schema)]
            self._memberships[schema] = families
        return self._memberships[schema]

    def still_decided(self, schema: Source, decided: Decided) -> Decided:
        """Those of `decided` that `schema` includes: the others have no say where it stands."""
        if not decided:
            return decided
        schema, _ = self._sources.follow(schema)
        return decided & {schema, *self._above(schema)}

    def requirement(self, schema: Source, name: str) -> Source | None:
        """The place that requires the member `name` in `schema` or in what it includes; None where none does."""
        for part in self._parts(schema):
            required = self._sources.value(part).get("required")
            if isinstance(required, list) and name in required:
                return part.child("required", required.index(name))
        return None

    def required(self, schema: Source) -> set[str]:
        """Every member that `schema` requires, or what it includes."""
        lists = (self._sources.value(part).get("required") for part in self._parts(schema))
        return {name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)}

    def listed(self, schema: Source, name: str, without: Source | None = None) -> list[Any] | None:
        """The values that `schema` lists for its member `name`, by itself or by what it includes, but for `without`;
        None where it lists none."""
        for part in self._parts(schema, without):
            properties = self._sources.value(part).get("properties")
            if not isinstance(properties, dict) or name not in properties:
                continue
            try:
                _, member = self._sources.follow(part.child("properties", name))
            except SpecError:
                continue
            if isinstance(member, dict) and "const" in member:
                return [member["const"]]
            if isinstance(member, dict) and isinstance(member.get("enum"), list):
                return list(member["enum"])
        return None

    def kinds(self, schema: Source, name: str) -> tuple[set[str] | None, Decided]:
        """The values that the discriminators `name` in bases of `schema` leave for it, and those bases; None where
        there are none."""
        schema, _ = self._sources.follow(schema)
        found = [family for family in self.families_of(schema) if family.property_name == name]
        values = set(found[0].kinds_at(schema)) if found else None
        return values, Decided(base for family in found for base in family.bases)

    def _read_components(self) -> None:
        read: set[str] = set()
        # A component may lead to a file with further components.
        while unread := [file for file in self._sources.files if file not in read]:
            for file in unread:
                read.add(file)
                for name in self._component_names(file):
                    self._read_component(Source(file, (*self._shared, name)), name)

    def _component_names(self, file: str) -> list[str]:
        try:
            components = self._sources.value(Source(file, self._shared))
        except KeyError:
            return []
        return list(components) if isinstance(components, dict) else []

    def _read_component(self, component: Source, name: str) -> None:
        try:
            schema, value = self._sources.follow(component)
        except SpecError:
            # Told where the reference is used.
            return
        if not isinstance(value, dict):
            return
        if schema in self._names:
            return
        self._names[schema] = _value_of(value, name)
        self._parents[schema] = tuple(dict.fromkeys(self._included(schema)))
        for parent in self._parents[schema]:
            self._children.setdefault(parent, []).append(schema)
        if isinstance(value.get("discriminator"), dict | str):
            self._bases[schema] = named_property(value)

    def _included(self, schema: Source) -> Iterator[Source]:
        """The schemas that `schema` refers to in its `allOf`, at any depth of those."""
        parts = self._sources.value(schema).get("allOf")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            at = schema.child("allOf", index)
            if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                try:
                    yield self._sources.follow(at)[0]
                except SpecError:
                    continue
            elif isinstance(part, dict):
                yield from self._included(at)

    def _above(self, schema: Source) -> list[Source]:
        """The schemas that `schema` includes, near and far."""
        found: list[Source] = []
        waiting = list(self._parents.get(schema, ()))
        while waiting:
            parent = waiting.pop(0)
            if parent not in found and parent != schema:
                found.append(parent)
                waiting += self._parents.get(parent, ())
        return found

    def _below(self, base: Source, property_name: str) -> list[Source]:
        """The schemas that inherit from `base`. What has a discriminator of its own decides about those below it."""
        found = {base: None}
        waiting = [base]
        while waiting:
            schema = waiting.pop(0)
            if schema == base or self._bases.get(schema, property_name) == property_name:
                fresh = [one for one in self._children.get(schema, ()) if one not in found]
                found |= dict.fromkeys(fresh)
                waiting += fresh
        return list(found)[1:]

    def _parts(self, schema: Source, without: Source | None = None) -> Iterator[Source]:
        """`schema` and the schemas in its `allOf`, each with its references followed."""
        waiting, seen = [schema], set[Source]()
        while waiting:
            try:
                part, value = self._sources.follow(waiting.pop(0))
            except SpecError:
                continue
            if part in seen or part == without or not isinstance(value, dict):
                continue
            seen.add(part)
            yield part
            parts = value.get("allOf")
            waiting += [part.child("allOf", index) for index in range(len(parts) if isinstance(parts, list) else 0)]

    def _family(self, base: Source) -> Family | None:
        if base not in self._families:
            self._families[base] = self._read_family(base)
        return self._families[base]

    def _read_family(self, base: Source) -> Family | None:
        """The family of `base`; None where no value can be of one of its kinds."""
        schema = self._sources.value(base)
        if has_default(schema):
            return None
        below = self._below(base, self._bases[base])
        if any(isinstance(schema.get(keyword), list) for keyword in UNIONS) and not self._lists_its_children(
            base, below
        ):
            # A union of others: its discriminator selects one of its branches.
            return None
        name = property_name_of(self._sources, base)
        selected = mapped(self._sources, base, mapping_of(schema))
        kinds = {value: self._sources.follow(target)[0] for value, target in selected.items()}
        above = {one: frozenset(self._above(one)) for one in below}
        listed, tolerated = self.listed(base, name), dict[str, Source]()
        # What stands between the base and a mapped schema is no kind unless it is mapped too.
        between = {one for target in kinds.values() for one in (target, *above.get(target, ()))}
        for child in below:
            if child in between:
                continue
            own = self.listed(child, name, without=base)
            values = [self._names[child]] if own is None or self._names[child] in own else own
            implied = {value: child for value in values if isinstance(value, str) and (not listed or value in listed)}
            # Beside a mapping, a schema that is used by itself may be no kind, but only built on the base.
            (tolerated if selected and child in self._used else kinds).update(implied)
        own_name = self._names[base]
        is_kind = own_name in listed if listed else self._sources.dialect.bases_are_kinds
        if base not in kinds.values() and is_kind:
            kinds.setdefault(own_name, base)
        elif not selected:
            tolerated.setdefault(own_name, base)
        if not kinds or set(kinds.values()) == {base}:
            return None
        bases = (base, *(one for one in below if self._bases.get(one) == name))
        mapping = base.child("discriminator", "mapping") if selected else None
        return Family(name, _by_member(base, kinds, above), _by_member(base, tolerated, above), mapping, bases, above)

    def _lists_its_children(self, base: Source, below: list[Source]) -> bool:
        """Whether the union in `base` lists schemas that inherit from `base` itself: they would include each other
        without end."""
        schema = self._sources.value(base)
        for keyword in UNIONS:
            parts = schema.get(keyword)
            for index in range(len(parts) if isinstance(parts, list) else 0):
                try:
                    if self._sources.follow(base.child(keyword, index))[0] in below:
                        return True
                except SpecError:
                    continue
        return False

    def _is_parent(self, at: Source) -> bool:
        """Whether a reference stands in the `allOf` of a component."""
        depth = len(self._shared)
        return at.tokens[:depth] == self._shared and at.tokens[depth + 1 : depth + 2] == ("allOf",)

    @cached_property
    def _used(self) -> frozenset[Source]:
        """The components that something else than the `allOf` of a component refers to."""
        found: set[Source] = set()
        for file in self._sources.files:
            waiting: list[tuple[Source, Any]] = [(Source(file), self._sources.value(Source(file)))]
            while waiting:
                at, value = waiting.pop()
                if isinstance(value, dict) and isinstance(value.get("$ref"), str) and not self._is_parent(at):
                    try:
                        found.add(self._sources.follow(at)[0])
                    except (SpecError, KeyError):
                        continue
                elif isinstance(value, dict | list):
                    named = value.items() if isinstance(value, dict) else enumerate(value)
                    waiting += [(at.child(name), each) for name, each in named if isinstance(each, dict | list)]
        return frozenset(found)


def _by_member(
    base: Source, kinds: dict[str, Source], above: dict[Source, frozenset[Source]]
) -> dict[Source, dict[str, Source]]:
    """The kinds of each member: its own, and those of what inherits from it."""
    found: dict[Source, dict[str, Source]] = {}
    for value, target in kinds.items():
        for member in {base, target, *above.get(target, ())}:
            found.setdefault(member, {})[value] = target
    return found


def _value_of(component: dict[str, Any], name: str) -> str:
    """The value that selects a component: its name, or what the generators of Swagger 2.0 write beside it, which has no
    `mapping`."""
    written = (component.get(extension) for extension in ("x-discriminator-value", "x-ms-discriminator-value"))
    return next((value for value in written if isinstance(value, str)), name)


@lru_cache(maxsize=8)
def inheritance_of(sources: Sources) -> Inheritance:
    """The inheritance among the components of a document."""
    return Inheritance(sources)
