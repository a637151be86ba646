"""Hypothesis strategies for the values of a schema.

Objects, arrays and unions are built here, once for each schema. Their leaves (strings and numbers) come from
hypothesis-jsonschema. For whole bodies, that library merges and resolves the schemas again for each value: it took
1.1 s for 100 requests of the shipped contract, and 4 s for one request with a union of twenty alternatives. Its
objects and arrays also use internals of Hypothesis, which moved in 6.170.10.
"""

from __future__ import annotations

import base64
import json
import math
import random
import warnings
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from clausewise.contract.formats import ASSERTED
from clausewise.contract.message import Message
from clausewise.contract.pattern_parser import parse
from clausewise.contract.patterns import matcher
from clausewise.errors import ClausewiseError
from clausewise.media.types import is_json
from clausewise.spec.pointer import descend, from_pointer
from clausewise.values.drawing import REACHES, draw_any
from clausewise.values.shape import Shape, shape_at, shape_of

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

#: limit on the optional members of an object, by its depth: Hypothesis gives up on values of some thousand choices
_OPTIONAL = (24, 6, 3, 1, 0)

#: limit on the items of an array, unless its schema requires more
_ITEMS = 6

#: limits on the members of each object or array, and on the leaves, of a value of any type
_FREE, _LEAVES = 3, 12

#: the normal numbers of IEEE 754 binary32 nearest to zero and to infinity
_SMALLEST, _LARGEST = 2.0**-126, (2 - 2.0**-23) * 2.0**127

#: how often parts are repeated at most in the texts that show whether any can be drawn
_TRIED = (REACHES[0], REACHES[2], REACHES[-1])

#: prefix of the format that stands for a pattern
_OF_PATTERN = "of pattern "

#: key of the conditions among the choices of a schema; the keys of the other choices are `id`s
_CONDITIONS = -2

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


class NoStrategyError(ClausewiseError):
    """No strategy can be built for a schema."""


def any_value(message: Message, path: tuple[str, ...] = (), codec: str = "utf-8") -> SearchStrategy[Any]:
    """Values that `message` allows at `path`, the path of a clause. `codec` can encode their strings.

    Values of a whole message keep all its clauses. An inner place keeps only the conditions of its own schema.
    Raises NoStrategyError.
    """
    from hypothesis.errors import InvalidArgument

    from clausewise.generation.encodable import know_the_encodable

    know_the_encodable()
    try:
        strategy = _SchemaStrategy(message.schema, codec).value(shape_at(message, path), 0, ())
        strategy.validate()
        empty = strategy.is_empty
    except (InvalidArgument, RecursionError, NotImplementedError) as error:
        first = (str(error).splitlines() or [repr(error)])[0]
        raise NoStrategyError(f"hypothesis-jsonschema: {first}") from None
    if empty:
        raise NoStrategyError("the schema excludes every value")
    return strategy if path else strategy.filter(message.is_valid)


#: what a JSON text holds where nothing describes it
_OBJECT = {"type": "object"}


class _SchemaStrategy:
    """Builds the strategies of one message's schemas."""

    def __init__(self, root: Any, codec: str) -> None:
        self._root = root
        self._codec = codec
        self._made: dict[tuple[int, ...], SearchStrategy[Any]] = {}

    def value(self, schemas: Sequence[Any], depth: int, decided: tuple[int, ...]) -> SearchStrategy[Any]:
        """Values that keep all of `schemas`, which are nodes of the root, with the choices in `decided`."""
        from hypothesis import strategies as st

        depth = min(depth, len(_OPTIONAL) - 1)
        key = (depth, *map(id, schemas), -1, *decided)
        if key not in self._made:
            # A recursive schema finds the strategy that is being built.
            self._made[key] = st.deferred(lambda: self._made[key])
            self._made[key] = self._chosen(list(schemas), depth, decided)
        return self._made[key]

    def _chosen(self, schemas: list[Any], depth: int, decided: tuple[int, ...]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        shape = shape_of(schemas, self._root)
        if not shape.possible:
            return st.nothing()
        for choice, alternatives in self._choices(schemas, shape):
            if choice not in decided:
                parts = [self.value([*schemas, *part], depth, (*decided, choice)) for part in alternatives]
                return st.one_of(parts)
        if shape.enum is not None:
            return st.sampled_from(shape.enum) if shape.enum else st.nothing()
        if not shape.types:
            shape.types |= _types_meant(shape)
        return st.one_of([self._of_type(name, shape, depth) for name in sorted(shape.types)] or [self._anything()])

    def _choices(self, schemas: list[Any], shape: Shape) -> Iterator[tuple[int, list[list[Any]]]]:
        """Each union of `schemas`, by its `id`, and the schemas that each alternative adds; likewise their conditions.

        At most one of several conditions is met: most exclude each other, and there are too many combinations.
        """
        for union in shape.unions:
            yield id(union), [[part] for part in union]
        found = [schema for schema in _parts(schemas, self._root, set()) if {"then", "else"} & schema.keys()]
        conditions = [schema for schema in found if "if" in schema]
        unmet = [schema.get("else", True) for schema in conditions]
        met = [
            [schema["if"], schema.get("then", True), *unmet[:index], *unmet[index + 1 :]]
            for index, schema in enumerate(conditions)
        ]
        if conditions:
            yield _CONDITIONS, [unmet, *met]

    def _of_type(self, name: str, shape: Shape, depth: int) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        if name == "object":
            return self._object(shape, depth)
        if name == "array":
            return self._array(shape, depth)
        if name == "null":
            return st.none()
        if name == "string":
            documents = (each for each in shape.contents if is_json(str(each["contentMediaType"])))
            holder = next((each for each in documents if "contentEncoding" not in each), None)
            if holder is None:
                return self._text(shape)
            return self.value([holder.get("contentSchema", _OBJECT)], depth + 1, ()).map(json.dumps)
        facets = {keyword: value for keyword, value in shape.facets.items() if keyword in _NUMBERS}
        drawn = self._end({"type": name, **(facets if name in ("integer", "number") else {})})
        return drawn.map(_as_float).filter(_is_float) if "float" in shape.formats else drawn

    def _object(self, shape: Shape, depth: int) -> SearchStrategy[dict[str, Any]]:
        from hypothesis import strategies as st

        def member(name: str) -> SearchStrategy[Any]:
            return self.value(shape.member(name), depth + 1, ())

        required = {name: member(name) for name in shape.required}
        if not shape.properties and (_is_map(shape) or not (required or shape.additional)):
            # The schema lists no names: the object is a map.
            others = self._map(shape, depth)
            return st.builds(lambda other, own: {**other, **own}, others, st.fixed_dictionaries(required))
        most = _OPTIONAL[depth]
        optional = {name: member(name) for name in shape.properties if name not in required} if most else {}
        if len(optional) <= most:
            return st.fixed_dictionaries(required, optional=optional)

        @st.composite
        def some(draw: DrawFn) -> dict[str, Any]:
            possible = [name for name, strategy in optional.items() if not strategy.is_empty]
            chosen = draw(st.lists(st.sampled_from(possible), unique=True, max_size=most)) if possible else []
            return draw(st.fixed_dictionaries(required | {name: optional[name] for name in chosen}))

        return some()

    def _map(self, shape: Shape, depth: int) -> SearchStrategy[dict[str, Any]]:
        """Objects with members of any name that the schema allows."""
        from hypothesis import strategies as st

        low, high = int(shape.facets.get("minProperties", 0)), shape.facets.get("maxProperties", _ITEMS)
        text = {"type": "string", "minLength": 1, "maxLength": 20}
        named = [
            (self._of_pattern(pattern), self.value([part], depth + 1, ()))
            for pattern, part in shape.patterned
            if part is not False
        ]
        if False not in shape.additional:
            names = self.value([{"type": "string"}, *shape.names], depth + 1, ()) if shape.names else self._end(text)
            named.append((names, self.value(shape.additional or [True], depth + 1, ())))
        members = st.one_of([st.tuples(names, values) for names, values in named])
        drawn = st.lists(members, min_size=low, max_size=int(max(low, high)), unique_by=lambda member: member[0])
        return drawn.map(dict)

    def _array(self, shape: Shape, depth: int) -> SearchStrategy[list[Any]]:
        from hypothesis import strategies as st

        possible = list(takewhile(lambda schemas: False not in schemas, shape.prefix))
        first = [self.value(schemas, depth + 1, ()) for schemas in possible]
        low = max(0, int(shape.facets.get("minItems", 0)) - len(first))
        high = int(min(shape.facets.get("maxItems", low + _ITEMS), low + _ITEMS)) - len(first)
        if len(possible) < len(shape.prefix) or False in shape.items:
            high = 0
        item = self.value(shape.items or [True], depth + 1, ())
        unique = json.dumps if shape.facets.get("uniqueItems") else None
        rest = st.lists(item, min_size=low, max_size=max(low, high), unique_by=unique)
        for schema, few, many in shape.contains if high else ():
            matching = self.value([schema, *shape.items], depth + 1, ())
            some = st.lists(matching, min_size=few, max_size=int(min(many, few + 1)), unique_by=unique)
            rest = st.builds(lambda found, others: [*found, *others], some, rest)
        if not first:
            return rest
        return st.builds(lambda prefix, others: [*prefix, *others], st.tuples(*first), rest)

    def _anything(self) -> SearchStrategy[Any]:
        """Values of any type."""
        from hypothesis import strategies as st

        text = self._end({"type": "string"})
        flat = [st.none(), st.booleans(), *(self._end({"type": name}) for name in ("integer", "number")), text]
        return st.recursive(
            st.one_of(flat),
            lambda part: st.lists(part, max_size=_FREE) | st.dictionaries(text, part, max_size=_FREE),
            max_leaves=_LEAVES,
        )

    def _text(self, shape: Shape) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        schema: dict[str, Any] = {"type": "string"}
        if shape.facets.get("minLength", 0) > shape.facets.get("maxLength", math.inf):
            return st.nothing()
        schema |= {keyword: shape.facets[keyword] for keyword in ("minLength", "maxLength") if keyword in shape.facets}
        formats = [name for name in shape.formats if name in ASSERTED] + [_OF_PATTERN + text for text in shape.patterns]
        # The first pattern is drawn; the check of the whole value decides whether it keeps the others.
        return self._end(schema | ({"format": formats[0]} if formats else {}))

    def _end(self, schema: dict[str, Any]) -> SearchStrategy[Any]:
        """Values of a schema that contains no other schemas."""
        from hypothesis import strategies as st
        from hypothesis_jsonschema import from_schema

        # Formats that hypothesis-jsonschema does not know.
        custom: dict[str, SearchStrategy[str]] = {
            "byte": st.binary(max_size=24).map(lambda content: base64.b64encode(content).decode()),
            "duration": st.builds("P{}DT{}S".format, st.integers(0, 999), st.integers(0, 86_399)),
            "uuid": st.uuids().map(str),
        }
        name = schema.get("format", "")
        if name.startswith(_OF_PATTERN):
            custom[name] = self._of_pattern(name.removeprefix(_OF_PATTERN))
        with warnings.catch_warnings():
            # It resolves references with a deprecated part of jsonschema.
            warnings.simplefilter("ignore")
            strategy: SearchStrategy[Any] = from_schema(
                schema, custom_formats=custom, allow_x00=False, codec=self._codec
            )
        return strategy

    def _of_pattern(self, pattern: str) -> SearchStrategy[str]:
        """Texts that match a portable pattern. Hypothesis has a strategy of its own, which draws the conditions of a
        pattern as if they were parts of the text, and knows no properties of characters."""
        from hypothesis import strategies as st

        tree, matches = parse(pattern), matcher(pattern)

        def fits(text: str) -> bool:
            return "\0" not in text and _is_encodable(text, self._codec) and matches(text)

        def drawn(seed: int, reach: int) -> str | None:
            return draw_any(tree, random.Random(seed), fits, reach)

        # Of what no text is found for, Hypothesis would look for one again and again.
        if all(drawn(seed, reach) is None for seed, reach in enumerate(_TRIED)):
            return st.nothing()
        # The smallest is the shortest.
        texts = st.builds(drawn, st.integers(0, 2**20), st.sampled_from(REACHES))
        return texts.filter(lambda text: text is not None)  # type: ignore[return-value]


def _is_map(shape: Shape) -> bool:
    """Whether the schemas say anything of members of any name, but not only that there are none."""
    of_any_name = shape.additional or shape.names or shape.patterned or "minProperties" in shape.facets
    return bool(of_any_name and (False not in shape.additional or shape.patterned))


def _as_float(number: float) -> float:
    """A number near to this one that a 32-bit float gives back: it holds six decimal digits (FLT_DIG of C)."""
    return number if isinstance(number, int) else float(f"{number:.6g}")


def _is_float(number: float) -> bool:
    """Whether a 32-bit float holds `number`, and not zero or infinity in its place."""
    return number == 0 or _SMALLEST <= abs(number) <= _LARGEST


def _is_encodable(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _parts(schemas: Sequence[Any], root: Any, seen: set[int]) -> Iterator[dict[str, Any]]:
    """`schemas` and the schemas that they include by `$ref` or `allOf`."""
    for schema in schemas:
        if isinstance(schema, dict) and id(schema) not in seen:
            seen.add(id(schema))
            yield schema
            if "$ref" in schema:
                yield from _parts([descend(root, from_pointer(schema["$ref"].removeprefix("#")))], root, seen)
            yield from _parts(schema.get("allOf", ()), root, seen)


def _types_meant(shape: Shape) -> set[str]:
    """The type that the keywords apply to, where `type` is missing."""
    if shape.properties or shape.required or _is_map(shape):
        return {"object"}
    if shape.items or shape.prefix or shape.contains:
        return {"array"}
    if shape.patterns or shape.formats or {"minLength", "maxLength"} & shape.facets.keys():
        return {"string"}
    return {"number"} if {*_NUMBERS} & shape.facets.keys() else set()
