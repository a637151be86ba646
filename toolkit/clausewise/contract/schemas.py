"""Self-contained JSON Schemas (2020-12) for one direction, from the schemas of an OpenAPI document.

The input is a schema as its author wrote it, in any dialect, with references to any file. The output is self-contained
(every reference leads into its own `$defs`), means the same to every validator, and keeps the place in the document of
each of its nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, NoReturn

import msgspec

from clausewise.contract.discriminator import Discriminator, read_discriminator
from clausewise.contract.formats import INTEGER_RANGES
from clausewise.contract.patterns import portable
from clausewise.contract.regular_expression import UnreadableError
from clausewise.spec.dialects import Dialect
from clausewise.spec.pointer import Source, to_pointer
from clausewise.spec.resolve import CIRCLE, Sources
from clausewise.spec.subschemas import APPLICATORS, UNIONS
from clausewise.spec.written_out import MOST_VALUES, written_out

Direction = Literal["request", "response"]

#: keywords without a meaning for a validator once references and unions are resolved
_DROPPED = frozenset(
    {
        *("discriminator", "xml", "externalDocs", "example", "examples", "$defs", "definitions"),
        *("$schema", "$vocabulary", "$id", "$anchor", "$dynamicAnchor"),
    }
)

SEVERITY = "x-clausewise-severity"

#: schemas in one message. Those that a $ref leads to count once, so that only aliases make so many
_MOST_SCHEMAS = 200_000


#: `$dynamicAnchor`s by name, each of the outermost schema resource that has it (JSON Schema 2020-12 Core 7.1)
_DynamicScope = tuple[tuple[str, Source], ...]


class GeneratedSchema(msgspec.Struct, frozen=True, eq=False):
    """A JSON Schema with the places in the document of its nodes."""

    schema: dict[str, Any] | bool
    #: pointer of a schema node, or of a keyword that was moved, in `schema` -> its place in the document
    origins: dict[str, Source]
    #: pointer of the schema that a discriminator's value selects -> that value
    branches: dict[str, str]
    #: pointer of a discriminated union's selecting part -> the discriminator's property name
    discriminators: dict[str, str]

    def origin(self, pointer: str) -> Source:
        """The place in the document of the node or keyword at `pointer`."""
        tail: list[str] = []
        while pointer not in self.origins:
            if not pointer:
                # Schemas that were generated together have no place as a whole.
                return next(iter(self.origins.values()), Source("", ()))
            pointer, _, token = pointer.rpartition("/")
            tail.append(token.replace("~1", "/").replace("~0", "~"))
        return self.origins[pointer].child(*reversed(tail))


def generate(sources: Sources, dialect: Dialect, source: Source, direction: Direction) -> GeneratedSchema:
    """The schema at `source` as it applies to messages of one direction.

    `readOnly` properties are never required in a request, `writeOnly` ones never in a response (OpenAPI 3.1 section
    4.8.24.2). Raises SpecError for a value that is not a schema and for a reference that cannot be resolved.
    """
    generator = _Generator(sources, dialect, direction)
    root = generator.translate(source, "", frozenset())
    if isinstance(root, bool):
        return GeneratedSchema(root, generator.origins, {}, {})
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **root}
    generator.translate_pending()
    if generator.definitions:
        schema["$defs"] = generator.definitions
    return GeneratedSchema(schema, generator.origins, generator.branches, generator.discriminators)


def generate_together(
    sources: Sources, dialect: Dialect, roots: Iterable[Source], direction: Direction
) -> tuple[GeneratedSchema, dict[Source, str]]:
    """The schemas at all `roots` as one schema of `$defs`, and the pointer of each of them in it.

    A component that many messages share is translated once. Raises SpecError like `generate`.
    """
    generator = _Generator(sources, dialect, direction)
    places = {root: f"/$defs/{generator.definition(root)}" for root in roots}
    generator.translate_pending()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": generator.definitions}
    return GeneratedSchema(schema, generator.origins, generator.branches, generator.discriminators), places


class _Generator:
    """Translates schemas for one direction, and collects the schemas that they refer to as definitions."""

    def __init__(self, sources: Sources, dialect: Dialect, direction: Direction) -> None:
        self._sources = sources
        self._dialect = dialect
        self._hidden_by = "readOnly" if direction == "request" else "writeOnly"
        self.definitions: dict[str, Any] = {}
        self.origins: dict[str, Source] = {}
        self.branches: dict[str, str] = {}
        self.discriminators: dict[str, str] = {}
        self._names: dict[tuple[Source, _DynamicScope], str] = {}
        #: of the schema that is being translated
        self._scope: _DynamicScope = ()
        self._taken: set[str] = set()
        self._pending: list[tuple[Source, _DynamicScope]] = []
        #: schemas translated, and values in them, by now
        self._schemas = 0
        self._values = 0

    def translate_pending(self) -> None:
        """Translate every schema that was referred to and not translated yet."""
        while self._pending:
            source, self._scope = key = self._pending.pop()
            name = self._names[key]
            self.definitions[name] = self.translate(source, f"/$defs/{name}", frozenset())
        self._refuse_circles()
        self.definitions = dict(sorted(self.definitions.items()))

    def _refuse_circles(self) -> None:
        """Raise SpecError for references that only lead to each other: `$ref`s alone are known to lead somewhere, and a
        `$dynamicRef` may lead back."""
        followed: set[str] = set()
        for start in self.definitions:
            name, way = start, set[str]()
            while name not in followed and isinstance(definition := self.definitions[name], dict):
                if name in way:
                    raise self._sources.error(self.origins[f"/$defs/{name}"], *CIRCLE)
                way.add(name)
                if "$ref" not in definition:
                    break
                name = definition["$ref"].removeprefix("#/$defs/")
            followed |= way

    def translate(self, source: Source, pointer: str, hidden: frozenset[str]) -> dict[str, Any] | bool:
        """The schema at `source`, to stand at `pointer`.

        `hidden` names the properties that an enclosing `allOf` hides in this direction.
        """
        outer, self._scope = self._scope, self._scope_at(source)
        translated = self._translated(source, pointer, hidden)
        self._scope = outer
        return translated

    def _translated(self, source: Source, pointer: str, hidden: frozenset[str]) -> dict[str, Any] | bool:
        self.origins[pointer] = source
        schema = self._sources.value(source)
        self._schemas += 1
        if self._schemas > _MOST_SCHEMAS:
            self._too_large(source, f"{_MOST_SCHEMAS:,} schemas")
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise self._sources.error(source, "a schema must be an object or a boolean", "write {} to allow any value")
        if "$ref" in schema and not self._dialect.ref_siblings:
            schema = {"$ref": schema["$ref"]}
        hidden |= self._hidden_properties(source, schema, set())
        translated: dict[str, Any] = {}
        seen: set[str] = set()
        for keyword, value, origin in self._dialect.keywords(schema):
            if keyword in _DROPPED or (keyword.startswith("x-") and keyword != SEVERITY):
                continue
            part, here = self._further(source, pointer, translated) if keyword in seen else (translated, pointer)
            seen.add(keyword)
            at, below = source.child(origin), f"{here}{to_pointer((keyword,))}"
            if origin != keyword:
                self.origins[below] = at
            if keyword == "$ref":
                part["$ref"] = f"#/$defs/{self.definition(self._target(source, keyword, value))}"
            elif keyword == "$dynamicRef":
                self._dynamic_reference(source, value, here, part)
            elif keyword == "required" and isinstance(value, list):
                names = [name for name in value if name not in hidden]
                for index, name in enumerate(names):
                    self.origins[f"{below}/{index}"] = at.child(value.index(name))
                if names:
                    part["required"] = names
            elif keyword in UNIONS and isinstance(value, list) and (found := self._discriminator(source, keyword)):
                self._union(source, keyword, found, here, part)
            elif keyword in APPLICATORS:
                self._subschemas(keyword, value, at, below, hidden, part)
            elif keyword == "pattern" and isinstance(value, str):
                part[keyword] = self._pattern(at, value)
            elif keyword == "format" and value in INTEGER_RANGES:
                part[keyword] = value
                self._integer_range(schema, str(value), at, here, part)
            else:
                part[keyword] = self._counted(at, value)
        written = next((name for name in ("example", "x-example") if name in schema), None)
        examples = [schema[written]] if written is not None else schema.get("examples")
        if isinstance(examples, list):
            translated["examples"] = self._counted(source, examples)
        return translated

    def _counted(self, at: Source, value: Any) -> Any:
        """`value`, which stands at the place `at`, if there is room for it."""
        if isinstance(value, list | dict):
            self._values += written_out(value)
            if self._values > MOST_VALUES:
                self._too_large(at, f"{MOST_VALUES:,} values")
        return value

    def _too_large(self, at: Source, what: str) -> NoReturn:
        message = f"the schema of one message has more than {what} up to here, with its YAML aliases written out"
        raise self._sources.error(at, message, "write a $ref where an alias stands, or describe less")

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
        hidden: frozenset[str],
        translated: dict[str, Any],
    ) -> None:
        """Translate a keyword that holds subschemas and stands at the place `at`; `below` is its new pointer."""
        holds = APPLICATORS[keyword].holds
        if holds == "schema":
            translated[keyword] = self.translate(at, below, frozenset())
        elif holds == "array":
            inherited = hidden if keyword == "allOf" else frozenset()
            # The conditions of a union with a discriminator are there already.
            parts = translated.setdefault(keyword, [])
            for index in range(len(self._array(at, value))):
                parts.append(self.translate(at.child(index), f"{below}/{len(parts)}", inherited))
        else:
            parts = translated[keyword] = {}
            for name in self._members(at, value):
                written = self._pattern(at.child(name), name) if keyword == "patternProperties" else name
                while written in parts:
                    # Two patterns are alike in their portable form.
                    written = f"(?:{written})"
                parts[written] = self.translate(at.child(name), f"{below}{to_pointer((written,))}", frozenset())

    def _pattern(self, at: Source, pattern: str) -> str:
        try:
            return portable(pattern)
        except UnreadableError as error:
            message = f"the pattern {pattern} cannot be read: {error}"
            raise self._sources.error(at, message, "write a regular expression of ECMA-262") from None

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

    def _dynamic_reference(self, source: Source, value: Any, pointer: str, translated: dict[str, Any]) -> None:
        """A `$dynamicRef` as the `$ref` that it is in the dynamic scope of this definition (Core 8.2.3.2)."""
        target = self._target(source, "$dynamicRef", value)
        anchor = str(value).rpartition("#")[2]
        schema = self._sources.value(target)
        if isinstance(schema, dict) and schema.get("$dynamicAnchor") == anchor:
            target = dict(self._scope).get(anchor, target)
        if "$ref" in self._sources.value(source):
            translated, _ = self._further(source, pointer, translated)
        translated["$ref"] = f"#/$defs/{self.definition(target)}"

    def definition(self, target: Source) -> str:
        """The name of the definition for the schema at `target`, which is queued for translation."""
        key = (target, self._scope_at(target))
        name = self._names.get(key)
        if name is None:
            # Fails on references that only lead to each other, which a later walk would follow forever.
            self._sources.follow(target)
            in_components = target.tokens[:2] == ("components", "schemas")
            tokens = target.tokens[2:] if in_components else target.tokens
            parts = [part for part in (target.file, *tokens) if part]
            base = name = re.sub(r"[^A-Za-z0-9_.-]+", "_", ".".join(parts)).strip("_.") or "root"
            number = 2
            while name in self._taken:
                name, number = f"{base}_{number}", number + 1
            self._names[key] = name
            self._taken.add(name)
            self._pending.append(key)
        return name

    def _hidden_properties(self, source: Source, schema: dict[str, Any], seen: set[Source]) -> frozenset[str]:
        """Names of the properties, here and in `allOf`, that messages of this direction do not have."""
        if source in seen:
            return frozenset()
        seen.add(source)
        hidden: set[str] = set()
        properties = schema.get("properties")
        if isinstance(properties, dict):
            for name, value in properties.items():
                if isinstance(value, dict):
                    if "$ref" in value and self._hidden_by not in value:
                        _, value = self._sources.follow(source.child("properties", name))
                    if isinstance(value, dict) and value.get(self._hidden_by) is True:
                        hidden.add(name)
        parts = schema.get("allOf")
        if isinstance(parts, list):
            for index in range(len(parts)):
                at, part = self._sources.follow(source.child("allOf", index))
                if isinstance(part, dict):
                    hidden |= self._hidden_properties(at, part, seen)
        return frozenset(hidden)

    def _integer_range(
        self, schema: dict[str, Any], name: str, at: Source, pointer: str, translated: dict[str, Any]
    ) -> None:
        """Translate an integer format to its bounds; bounds of the author's own are kept."""
        low, high = INTEGER_RANGES[name]
        for keyword, exclusive, limit in (("minimum", "exclusiveMinimum", low), ("maximum", "exclusiveMaximum", high)):
            if keyword not in schema and exclusive not in schema:
                translated[keyword] = limit
                self.origins[f"{pointer}/{keyword}"] = at

    def _discriminator(self, source: Source, keyword: str) -> Discriminator | None:
        if "discriminator" not in self._sources.value(source):
            return None
        return read_discriminator(self._sources, source, keyword)

    def _union(
        self, source: Source, keyword: str, found: Discriminator, pointer: str, translated: dict[str, Any]
    ) -> None:
        """A union with a discriminator (OpenAPI 3.1 section 4.8.25), as one `if`/`then` for each of its branches.

        A value is then checked against the one branch that it names, which is faster than `oneOf`, and its errors are
        those of that branch.
        """
        at = source.child(keyword)
        property_name, selected = found.property_name, found.selected
        conditions = translated.setdefault("allOf", [])
        here = f"{pointer}/allOf/{len(conditions)}"
        property_at = source.child("discriminator", "propertyName")
        names_at = found.mapping or property_at
        self.origins |= {
            here: source,
            f"{here}/type": at,
            f"{here}/required/0": property_at,
            f"{here}/properties/{to_pointer((property_name,))[1:]}": property_at,
            f"{here}/properties{to_pointer((property_name,))}/enum": names_at,
        }
        self.discriminators[here] = property_name
        conditions.append(
            {"type": "object", "required": [property_name], "properties": {property_name: {"enum": list(selected)}}}
        )
        for value, target in selected.items():
            here = f"{pointer}/allOf/{len(conditions)}"
            then = f"{here}/then"
            self.origins[here] = self.origins[then] = found.branches.get(target, target)
            self.branches[then] = value
            chosen = {"type": "object", "required": [property_name], "properties": {property_name: {"const": value}}}
            conditions.append({"if": chosen, "then": {"$ref": f"#/$defs/{self.definition(target)}"}})
