"""Self-contained JSON Schemas (2020-12) for one direction, from the schemas of an OpenAPI document.

The input is a schema as its author wrote it, in any dialect, with references to any file. The output is self-contained
(every reference leads into its own `$defs`), means the same to every validator, and keeps the place in the document of
each of its nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, NoReturn

import msgspec

from clausewise.contract.access import Access
from clausewise.contract.around import ALONE, Around, around_part
from clausewise.contract.discriminator import Discriminator
from clausewise.contract.formats import INTEGER_RANGES
from clausewise.contract.generated import SEVERITY, GeneratedSchema
from clausewise.contract.inheritance import Family, inheritance_of
from clausewise.contract.invalid import invalid_in
from clausewise.contract.pattern_parser import OtherLanguageError, UnreadableError
from clausewise.contract.patterns import portable
from clausewise.contract.selections import Selections
from clausewise.contract.unjudged import Found, Unjudged, relax
from clausewise.errors import SpecError
from clausewise.spec.dialects import RECURSIVE
from clausewise.spec.operations import Form
from clausewise.spec.pointer import Source, descend, escaped, from_pointer, to_pointer
from clausewise.spec.resolve import CIRCLE, Sources
from clausewise.spec.subschemas import APPLICATORS, UNIONS
from clausewise.spec.written_out import MOST_VALUES, written_out

Direction = Literal["request", "response"]

#: keywords without a meaning for a validator once references and unions are resolved
_DROPPED = frozenset(
    {
        *("discriminator", "externalDocs", "example", "examples", "$defs", "definitions"),
        *("$schema", "$vocabulary", "$id", "$anchor", "$dynamicAnchor"),
        # They stand only where a message does not carry a member.
        *("readOnly", "writeOnly"),
    }
)

#: keywords that are not only copied, whatever their value is
_TRANSLATED = frozenset({"$ref", "$dynamicRef", "pattern", *APPLICATORS})

#: extensions that say something of a value
_EXTENSIONS = frozenset({SEVERITY, "x-extensible-enum", "x-sunset", "x-stability-level"})

#: what a write-only member in a response must not be: a value. Null, an empty value and a mask ("****") are none
_VALUE = {
    "type": ["boolean", "number", "string", "array", "object"],
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 1),
    "pattern": "[^*\u2022\u25cf]",
}

#: keywords beside which the single part of a union that may be null says everything
_BESIDE_NULLABLE = frozenset({"nullable", "x-nullable", "description", "deprecated", "readOnly", "writeOnly"})

#: what is wrong with an array in `items`, and what to write
_ARRAY_OF_ITEMS = (
    "`items` must be a schema, not an array",
    "write one schema for all items, or from OpenAPI 3.1 on `prefixItems`",
)

#: keywords of a base schema that say something of every value of its kinds, and assert nothing
_ANNOTATIONS = frozenset({"title", "description", "default", SEVERITY})

#: schemas in one message. Those that a $ref leads to count once, so that only aliases make so many
_MOST_SCHEMAS = 200_000


#: `$dynamicAnchor`s by name, each of the outermost schema resource that has it (JSON Schema 2020-12 Core 7.1)
_DynamicScope = tuple[tuple[str, Source], ...]

#: what a definition is made of: a schema, its dynamic scope, and what the schemas around it say
_Key = tuple[Source, _DynamicScope, Around]


class TooLargeError(SpecError):
    """A schema is larger than what can be judged."""


def generate(
    sources: Sources,
    source: Source | Form,
    direction: Direction,
    *,
    array: Source | None = None,
    checked: bool = False,
) -> GeneratedSchema:
    """The schema at `source`, or of a form, as it applies to messages of one direction; or where it describes the items
    of an array that stands at the place `array`, the schema of that.

    Members that messages of this direction do not carry (`contract.access`) are not required in it. Read-only ones may
    have any value in a request; their schemas have `readOnly`, which stands nowhere else. Write-only ones have no value
    in a response; their schemas have `writeOnly`. What is not valid is left out, and listed in `errors`; what only the
    metaschema refuses, where it is to be `checked`: validators refuse that anyway. Raises TooLargeError.
    """
    generator = _Generator(sources, direction)
    if isinstance(source, Form):
        root: dict[str, Any] | bool = generator.form(source)
    elif array is not None:
        generator.origins[""] = array
        root = {"type": "array", "items": generator.translate(source, "/items")}
    else:
        root = generator.translate(source, "")
    if isinstance(root, bool):
        return GeneratedSchema(root, generator.origins, {}, {})
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **root}
    generator.translate_pending()
    if generator.definitions:
        schema["$defs"] = generator.definitions
    if checked:
        generator.take_out_invalid(schema)
    return generator.generated(schema)


def generate_together(
    sources: Sources,
    roots: Iterable[Source | Form],
    direction: Direction,
    *,
    checked: bool = False,
    shares: bool = True,
) -> tuple[GeneratedSchema, dict[Source | Form, str]]:
    """The schemas at all `roots`, and those of forms, as one schema of `$defs`, and the pointer of each of them in it.

    A component that many messages share is translated once; with `shares`, it is kept for schemas that are generated
    later. What is not valid is left out like in `generate`.
    """
    generator = _Generator(sources, direction, shares=shares)
    places = {root: f"/$defs/{generator.root_definition(root)}" for root in dict.fromkeys(roots)}
    generator.translate_pending()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": generator.definitions}
    if checked:
        generator.take_out_invalid(schema)
    return generator.generated(schema), places


def carry_over(old: Sources, new: Sources, direction: Direction, is_same: Callable[[Source], bool]) -> None:
    """Keep the definitions of schemas of one document for another one, where the schema at their place `is_same`, with
    everything that it leads to."""
    made = _definitions_of(old, direction).items()
    _definitions_of(new, direction).update((key, definition) for key, definition in made if is_same(key[0][0]))


class _Definition(msgspec.Struct, frozen=True, eq=False):
    """A translated definition, for every message that names it and what it refers to alike. Nothing changes it."""

    schema: dict[str, Any] | bool
    #: what it refers to, in order, and the name of each
    references: tuple[tuple[_Key, str], ...]
    #: what is known of its parts: an excerpt of each of `_Generator._places`
    places: tuple[dict[str, Any], ...]
    #: schemas, and values, in it
    schemas: int
    values: int


@lru_cache(maxsize=8)
def _definitions_of(_sources: Sources, _direction: Direction) -> dict[tuple[_Key, str], _Definition]:
    """The definitions that were translated so far for messages of one direction, by what they are made of and name."""
    return {}


class _Generator:
    """Translates schemas for one direction, and collects the schemas that they refer to as definitions."""

    def __init__(self, sources: Sources, direction: Direction, *, shares: bool = True) -> None:
        """`shares` says whether other messages are generated later, for which definitions are kept."""
        self._sources = sources
        self._inheritance = inheritance_of(sources)
        self._direction = direction
        self._access = Access(sources, "readOnly" if direction == "request" else "writeOnly")
        self.definitions: dict[str, Any] = {}
        self.origins: dict[str, Source] = {}
        self.unjudged: Found = {}
        self.spelled: dict[str, str] = {}
        self.errors: list[SpecError] = []
        self.meant: list[SpecError] = []
        self.faults: dict[str, list[SpecError]] = {}
        self._selections = Selections(sources, direction, self.origins, self.definition)
        self._names: dict[_Key, str] = {}
        #: of the schema that is being translated
        self._scope: _DynamicScope = ()
        self._taken: set[str] = set()
        self._pending: list[_Key] = []
        self._shares = shares
        self._shared = _definitions_of(sources, direction) if shares else {}
        #: what the definition that is being translated refers to
        self._references: list[tuple[_Key, str]] = []
        #: the dictionaries by pointer that a definition adds to
        self._places: tuple[dict[str, Any], ...] = (
            *(self.origins, self.spelled),
            *(self._selections.branches, self._selections.discriminators, self._selections.exclusive),
        )
        #: schemas translated, and values in them, by now
        self._schemas = 0
        self._values = 0

    def generated(self, schema: dict[str, Any]) -> GeneratedSchema:
        """What was made: `schema`, and what is known of its parts."""
        if self.unjudged:
            _own_definitions(schema)
            relax(schema, self.unjudged, self.origins)
        return GeneratedSchema(
            schema,
            self.origins,
            self._selections.branches,
            self._selections.discriminators,
            self._selections.exclusive,
            self.unjudged,
            self.spelled,
            tuple(self.errors),
            self.faults,
            meant=tuple(self.meant),
        )

    def form(self, form: Form, pointer: str = "") -> dict[str, Any]:
        """The schema of a form, to stand at `pointer`, from those of its fields."""
        self.origins |= dict.fromkeys((pointer, f"{pointer}/type", f"{pointer}/properties"), form.source)
        required = [(field.name, field.required) for field in form.fields if field.required is not None]
        self.origins |= {f"{pointer}/required/{index}": at for index, (_, at) in enumerate(required)}
        properties = {
            field.name: self.translate(field.schema, f"{pointer}/properties{to_pointer((field.name,))}")
            for field in form.fields
        }
        return {"type": "object", "properties": properties, "required": [name for name, _ in required]}

    def root_definition(self, root: Source | Form) -> str:
        """The name of the definition for a schema that a message begins with, or for a form; one that allows everything
        where it leads nowhere."""
        name = self._free_name("form") if isinstance(root, Form) else ""
        try:
            if isinstance(root, Form):
                self.definitions[name] = self.form(root, f"/$defs/{name}")
            else:
                name = self.definition(root)
        except TooLargeError:
            raise
        except SpecError as error:
            name = name or self._free_name("invalid")
            self.definitions[name] = True
            self.origins[f"/$defs/{name}"] = root.source if isinstance(root, Form) else root
            self._note(f"/$defs/{name}", error)
        return name

    def take_out_invalid(self, schema: dict[str, Any]) -> None:
        """Take the keywords out of a generated schema, in place, that the metaschema refuses."""
        every = list(invalid_in(schema))
        if every:
            _own_definitions(schema)
        for invalid in every:
            node = descend(schema, from_pointer(invalid.node))
            at = self._origin(invalid.node, invalid.keyword)
            error = self._sources.error(at, invalid.message, invalid.remedy)
            self._leave_out(invalid.node, invalid.keyword, node.pop(invalid.keyword), error)

    def _origin(self, node: str, keyword: str) -> Source:
        below = f"{node}{to_pointer((keyword,))}"
        return self.origins.get(below) or GeneratedSchema({}, self.origins, {}, {}).origin(node).child(keyword)

    def _leave_out(self, pointer: str, keyword: str, value: Any, error: SpecError) -> None:
        """Note that the schema at `pointer` lacks a keyword because of an `error` in its value."""
        self.errors.append(error)
        unjudged = Unjudged(keyword, value, to_pointer((keyword,)), f"{error.message}, {error.location}", True)
        self.unjudged.setdefault(pointer, []).append(unjudged)

    def _note(self, pointer: str, error: SpecError) -> None:
        """Note an error of the schema at `pointer`, which allows more for it."""
        self.errors.append(error)
        self.faults.setdefault(pointer, []).append(error)

    def translate_pending(self) -> None:
        """Translate every schema that was referred to and not translated yet."""
        while self._pending:
            key = self._pending.pop()
            name = self._names[key]
            shared = self._shared.get((key, name))
            is_ours = shared is not None and self._takes(key, shared)
            self.definitions[name] = shared.schema if shared and is_ours else self._new_definition(key, name)
        self._leave_out_circles()
        self.definitions = dict(sorted(self.definitions.items()))

    def _takes(self, key: _Key, shared: _Definition) -> bool:
        """Take over what is known of a definition; whether what it refers to has the same names here."""
        if any(self._named(reference) != expected for reference, expected in shared.references):
            return False
        for places, more in zip(self._places, shared.places, strict=True):
            places.update(more)
        self._count(key[0], shared.schemas, shared.values)
        return True

    def _new_definition(self, key: _Key, name: str) -> dict[str, Any] | bool:
        source, self._scope, around = key
        known = [len(places) for places in self._places]
        faults, schemas, values = self._wrong, self._schemas, self._values
        self._references = []
        translated = self.translate(source, f"/$defs/{name}", around)
        if self._shares and self._wrong == faults:
            self._shared[key, name] = _Definition(
                translated,
                tuple(self._references),
                tuple(map(_since, self._places, known)),
                self._schemas - schemas,
                self._values - values,
            )
        return translated

    @property
    def _wrong(self) -> int:
        """How many places were not valid so far."""
        return len(self.unjudged) + len(self.errors) + len(self.meant)

    def _leave_out_circles(self) -> None:
        """Leave out references that only lead to each other: `$ref`s alone are known to lead somewhere, and a
        `$dynamicRef` may lead back."""
        followed: set[str] = set()
        for start in self.definitions:
            name, way = start, set[str]()
            while name not in followed and isinstance(definition := self.definitions[name], dict):
                if name in way:
                    error = self._sources.error(self.origins[f"/$defs/{name}"], *CIRCLE)
                    self.definitions[name] = {word: value for word, value in definition.items() if word != "$ref"}
                    self._leave_out(f"/$defs/{name}", "$ref", definition["$ref"], error)
                    break
                way.add(name)
                if "$ref" not in definition:
                    break
                name = definition["$ref"].removeprefix("#/$defs/")
            followed |= way

    def translate(
        self, source: Source, pointer: str, around: Around = ALONE, schema: Any = None
    ) -> dict[str, Any] | bool:
        """The schema at `source`, to stand at `pointer`; one that allows everything where that is none. Who has the
        `schema` already gives it: a large document has tens of thousands."""
        outer = self._scope
        try:
            self._scope = self._scope_at(source)
            schema = self._sources.value(source) if schema is None else schema
            return self._translated(source, schema, pointer, around)
        except TooLargeError:
            raise
        except SpecError as error:
            self.origins.setdefault(pointer, source)
            self._note(pointer, error)
            return True
        finally:
            self._scope = outer

    def _or_null(
        self, nullable: Source, source: Source, schema: dict[str, Any], pointer: str, around: Around
    ) -> dict[str, Any]:
        """The `schema` at `source`, whose author allows null beside what its other keywords allow, by the one at
        `nullable`."""
        at = f"{pointer}/anyOf"
        self.origins |= {at: nullable, f"{at}/1": nullable}
        only = next((keyword for keyword in ("allOf", *UNIONS) if schema.keys() - _BESIDE_NULLABLE == {keyword}), "")
        if only and isinstance(schema[only], list) and len(schema[only]) == 1:
            # Authors of 3.0 write `allOf` around a `$ref` so that something can stand beside it.
            inner = self.translate(source.child(only, 0), f"{at}/0", around_part("allOf", schema[only][0], around))
        else:
            inner = self._translated(source, schema, f"{at}/0", around, or_null=False)
        return {"anyOf": [inner, {"type": "null"}]}

    def _translated(
        self, source: Source, schema: Any, pointer: str, around: Around, *, or_null: bool = True
    ) -> dict[str, Any] | bool:
        self.origins[pointer] = source
        self._count(source, 1, 0)
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise self._sources.error(source, "a schema must be an object or a boolean", "write {} to allow any value")
        dialect = self._sources.schemas_at(source)
        if or_null and (keyword := dialect.or_null(schema)):
            return self._or_null(source.child(keyword), source, schema, pointer, around)
        hidden = {**self._access.hidden(source, schema), **dict(around.hidden)}
        if "$ref" in schema and not dialect.ref_siblings:
            schema = {"$ref": schema["$ref"]}
        families = self._families_of(source, pointer)
        members = [(one, self._selections.kinds(one, source)) for one in families if one.bases[0] not in around.decided]
        decides = next((one for one, kinds in members if self._selections.selects(source, kinds)), None)
        if hidden or families or around is not ALONE:
            # The kinds include this schema, and there its other families have their say.
            decided = around.decided.union(*(one.bases for one in ([decides] if decides is not None else families)))
            around = Around(tuple(sorted(hidden.items(), key=lambda each: each[0])), decided)
        translated: dict[str, Any] = {}
        seen: set[str] = set()
        for keyword, value, origin in dialect.keywords(schema):
            if keyword in _DROPPED or (keyword.startswith("x-") and keyword not in _EXTENSIONS):
                continue
            if decides is not None and keyword not in _ANNOTATIONS:
                # Every value is of a kind, which includes this schema.
                continue
            if keyword in UNIONS and "discriminator" in schema and any(one.bases[0] == source for one in families):
                # The alternatives include this schema: where it stands, one of them has been selected.
                continue
            if origin == "items" and keyword != origin and keyword not in dialect.unknown:
                # Who writes it, or a generator of older schemas, means the first items.
                self.meant.append(self._sources.error(source.child(origin), *_ARRAY_OF_ITEMS))
            if keyword == origin and keyword not in seen and _is_plain(keyword, value):
                seen.add(keyword)
                translated[keyword] = value
                continue
            part, here = self._further(source, pointer, translated) if keyword in seen else (translated, pointer)
            seen.add(keyword)
            at, below = source.child(origin), f"{here}/{escaped(keyword)}"
            if origin != keyword:
                self.origins[below] = at
            try:
                self._keyword(keyword, value, schema, source, at, here, around, hidden, part)
            except TooLargeError:
                raise
            except SpecError as error:
                if not part.get(keyword):
                    part.pop(keyword, None)
                self._leave_out(here, keyword, value, error)
        written = next((name for name in ("example", "x-example") if name in schema), None)
        examples = [schema[written]] if written is not None else schema.get("examples")
        if isinstance(examples, list):
            translated["examples"] = self._counted(source, examples)
        if decides is not None:
            self._selections.inherited(source, decides, pointer, around, translated)
        else:
            for family, kinds in members:
                self._selections.kind(source, family, list(kinds), pointer, translated)
        return translated

    def _keyword(
        self,
        keyword: str,
        value: Any,
        schema: dict[str, Any],
        source: Source,
        at: Source,
        here: str,
        around: Around,
        hidden: dict[str, Source],
        part: dict[str, Any],
    ) -> None:
        """Translate a keyword of the `schema` at `source` into `part`, which stands at `here`; it stands at the place
        `at` in the document. Raises SpecError where its value is none that it can have."""
        below = f"{here}/{escaped(keyword)}"
        is_union = keyword in UNIONS and isinstance(value, list)
        found = self._discriminator(source, keyword, here) if is_union else None
        if keyword == "$ref":
            part["$ref"] = f"#/$defs/{self.definition(self._target(source, keyword, value), around)}"
        elif keyword == "$dynamicRef":
            self._dynamic_reference(source, at.tokens[-1], value, here, around, part)
        elif keyword == "required" and isinstance(value, list):
            names = [name for name in value if not isinstance(name, str) or name not in hidden]
            for index, name in enumerate(names):
                self.origins[f"{below}/{index}"] = at.child(value.index(name))
            if names:
                part["required"] = names
        elif found is not None:
            self._selections.union(source, keyword, found, here, around, part)
        elif keyword in APPLICATORS:
            self._subschemas(keyword, value, at, below, around, part)
        elif keyword == "pattern" and isinstance(value, str):
            pattern = self._pattern(keyword, value, here, below)
            part |= {keyword: pattern} if pattern is not None else {}
        elif keyword == "format" and value in INTEGER_RANGES:
            part[keyword] = value
            self._integer_range(schema, str(value), at, here, part)
        else:
            part[keyword] = self._counted(at, value)

    def _counted(self, at: Source, value: Any) -> Any:
        """`value`, which stands at the place `at`, if there is room for it."""
        if isinstance(value, list | dict):
            self._count(at, 0, written_out(value))
        return value

    def _count(self, at: Source, schemas: int, values: int) -> None:
        """Count what was translated up to `at`. Raises TooLargeError where it is too much for one message."""
        self._schemas += schemas
        self._values += values
        if self._schemas > _MOST_SCHEMAS:
            self._too_large(at, f"{_MOST_SCHEMAS:,} schemas")
        if self._values > MOST_VALUES:
            self._too_large(at, f"{MOST_VALUES:,} values")

    def _too_large(self, at: Source, what: str) -> NoReturn:
        message = f"the schema of one message has more than {what} up to here, with its YAML aliases written out"
        remedy = "write a $ref where an alias stands, or describe less"
        raise TooLargeError(message, location=self._sources.locate(at), remedy=remedy, at=str(at))

    def _families_of(self, source: Source, pointer: str) -> list[Family]:
        try:
            return self._inheritance.families_of(source)
        except SpecError as error:
            # It selects nothing then.
            self._note(pointer, error)
            return []

    def _discriminator(self, source: Source, keyword: str, pointer: str) -> Discriminator | None:
        try:
            return self._selections.discriminator(source, keyword)
        except SpecError as error:
            # The union holds without it.
            self._note(pointer, error)
            return None

    def _further(self, source: Source, pointer: str, translated: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """A further part of the schema at `pointer`, for a keyword that it has already, with its pointer."""
        parts = translated.setdefault("allOf", [])
        here = f"{pointer}/allOf/{len(parts)}"
        self.origins[here] = source
        part: dict[str, Any] = {}
        parts.append(part)
        return part, here

    def _subschemas(
        self,
        keyword: str,
        value: Any,
        at: Source,
        below: str,
        around: Around,
        translated: dict[str, Any],
    ) -> None:
        """Translate a keyword that holds subschemas and stands at the place `at`; `below` is its new pointer."""
        holds = APPLICATORS[keyword].holds
        if holds == "schema":
            translated[keyword] = self.translate(at, below, around_part(keyword, value, around), value)
        elif holds == "array":
            # The conditions of a union with a discriminator are there already.
            parts = translated.setdefault(keyword, [])
            for index, each in enumerate(self._array(at, value)):
                here = f"{below}/{len(parts)}"
                parts.append(self.translate(at.child(index), here, around_part(keyword, each, around), each))
        else:
            parts = translated[keyword] = {}
            hidden = dict(around.hidden) if keyword == "properties" else {}
            for name, each in self._members(at, value).items():
                if not isinstance(each, dict | bool):
                    self._leave_out_member(keyword, name, at, below, each)
                    continue
                written: str | None = name
                if keyword == "patternProperties":
                    written = self._pattern(keyword, name, below.removesuffix("/patternProperties"), below)
                if written is None:
                    continue
                while written in parts:
                    # Two patterns are alike in their portable form.
                    written = f"(?:{written})"
                here = f"{below}{to_pointer((written,))}"
                if name in hidden:
                    parts[written] = self._not_carried(at.child(name), here, hidden[name])
                else:
                    parts[written] = self.translate(at.child(name), here, around_part(keyword, each, around), each)

    def _leave_out_member(self, keyword: str, name: str, at: Source, below: str, value: Any) -> None:
        """Note that an object of schemas lacks what is none."""
        message, remedy = f"`{name}` in `{at.tokens[-1]}` must be a schema", "write {} to allow any value"
        if name == "$ref":
            remedy = f"`{keyword}` has no `$ref`: refer to a schema, or list the members here"
        error = self._sources.error(at.child(name), message, remedy)
        self.errors.append(error)
        step = to_pointer((keyword, name))
        unjudged = Unjudged(keyword, value, step, f"{error.message}, {error.location}", True)
        self.unjudged.setdefault(below.removesuffix(f"/{keyword}"), []).append(unjudged)

    def _not_carried(self, source: Source, pointer: str, marked_at: Source) -> dict[str, Any]:
        """The schema of a member that messages of this direction do not carry: the keyword at `marked_at` says so."""
        self.origins[pointer] = source
        self.origins[f"{pointer}/{self._access.keyword}"] = self.origins[f"{pointer}/not"] = marked_at
        # A server may ignore what is read-only, whatever its value is, and may refuse it.
        return {"readOnly": True} if self._access.keyword == "readOnly" else {"writeOnly": True, "not": _VALUE}

    def _pattern(self, keyword: str, pattern: str, node: str, below: str) -> str | None:
        """The portable form of a pattern, the value of a keyword at `below` or a name in it, of the schema at `node`;
        None where it cannot be read, and so cannot be judged."""
        try:
            written = portable(pattern)
        except UnreadableError as error:
            at = below if keyword == "pattern" else f"{below}{to_pointer((pattern,))}"
            reason = f"the pattern {pattern} cannot be read: {error}"
            unjudged = Unjudged(
                keyword,
                pattern,
                at.removeprefix(node),
                reason,
                is_meant_otherwise=isinstance(error, OtherLanguageError),
            )
            self.unjudged.setdefault(node, []).append(unjudged)
            return None
        if written != pattern and keyword == "pattern":
            self.spelled[below] = pattern
        return written

    def _array(self, at: Source, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self._sources.error(at, f'"{at.tokens[-1]}" must be an array of schemas', "write a list of schemas")
        return value

    def _members(self, at: Source, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._sources.error(at, f'"{at.tokens[-1]}" must be an object of schemas', "map names to schemas")
        return value

    def _scope_at(self, source: Source) -> _DynamicScope:
        """The dynamic scope after a step to `source`: its resource adds the anchors that no resource before it has."""
        anchors = self._sources.dynamic_anchors(source)
        return tuple(sorted({**anchors, **dict(self._scope)}.items())) if anchors else self._scope

    def _target(self, source: Source, keyword: str, reference: Any) -> Source:
        if not isinstance(reference, str):
            raise self._sources.error(source.child(keyword), f"a {keyword} must be a string", "write #/path/to/it")
        return self._sources.target(source, reference, keyword)

    def _dynamic_reference(
        self, source: Source, keyword: str, value: Any, pointer: str, around: Around, translated: dict[str, Any]
    ) -> None:
        """A `$dynamicRef` as the `$ref` that it is in the dynamic scope of this definition (Core 8.2.3.2); 2019-09 has
        `$recursiveRef` instead."""
        target = self._target(source, keyword, value)
        anchor = RECURSIVE if keyword == "$recursiveRef" else str(value).rpartition("#")[2]
        if self._sources.is_dynamic(target, anchor):
            target = dict(self._scope).get(anchor, target)
        if "$ref" in self._sources.value(source):
            translated, _ = self._further(source, pointer, translated)
        translated["$ref"] = f"#/$defs/{self.definition(target, Around(around.hidden))}"

    def definition(self, target: Source, around: Around = ALONE) -> str:
        """The name of the definition for the schema at `target`, which is queued for translation. Where the schemas
        around the reference say something of it, the definition is for this place."""
        decided = self._inheritance.still_decided(target, around.decided)
        key = (target, self._scope_at(target), Around(self._hidden_in(target, around), decided))
        name = self._named(key)
        self._references.append((key, name))
        return name

    def _named(self, key: _Key) -> str:
        """The name of a definition, which is queued for translation when it is first named."""
        target, name = key[0], self._names.get(key)
        if name is None:
            # Fails on references that only lead to each other, which a later walk would follow forever.
            self._sources.follow(target)
            shared = self._sources.dialect.shared_schemas
            is_shared = target.tokens[: len(shared)] == shared
            tokens = target.tokens[len(shared) :] if is_shared else target.tokens
            parts = [part for part in (target.file, *tokens) if part]
            base = re.sub(r"[^A-Za-z0-9_.-]+", "_", ".".join(parts)).strip("_.") or "root"
            self._names[key] = name = self._free_name(base)
            self._pending.append(key)
        return name

    def _free_name(self, base: str) -> str:
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name

    def _hidden_in(self, target: Source, around: Around) -> tuple[tuple[str, Source], ...]:
        """Those of the hidden members that the schema at `target` requires or describes, and does not hide itself."""
        if not around.hidden:
            return ()
        members = self._access.members(target)
        spoken_of = (members.described | members.required) - members.hidden.keys()
        return tuple((name, marked_at) for name, marked_at in around.hidden if name in spoken_of)

    def _integer_range(
        self, schema: dict[str, Any], name: str, at: Source, pointer: str, translated: dict[str, Any]
    ) -> None:
        """Translate an integer format to its bounds; bounds of the author's own are kept."""
        low, high = INTEGER_RANGES[name]
        for keyword, exclusive, limit in (("minimum", "exclusiveMinimum", low), ("maximum", "exclusiveMaximum", high)):
            if keyword not in schema and exclusive not in schema:
                translated[keyword] = limit
                self.origins[f"{pointer}/{keyword}"] = at


def _is_plain(keyword: str, value: Any) -> bool:
    """Whether a keyword stays as it is: most do, and are one text or number."""
    return not isinstance(value, dict | list) and keyword not in _TRANSLATED and value not in INTEGER_RANGES


def _since(places: dict[str, Any], known: int) -> dict[str, Any]:
    """What was added to `places` since there were `known` ones. From the end: a contract has hundreds of thousands."""
    return dict(reversed([*islice(reversed(places.items()), len(places) - known)]))


def _own_definitions(schema: dict[str, Any]) -> None:
    """Give a generated schema definitions of its own, which can be changed: others share those that it has."""
    if "$defs" in schema:
        schema["$defs"] = deepcopy(schema["$defs"])
