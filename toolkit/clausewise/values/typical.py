"""Typical values for schemas: such as a person would write as an example, not extreme ones.

They do not need Hypothesis: the mock answers with them and probes start from them, and both have to be fast and the
same for the same seed.
"""

from __future__ import annotations

import json
import math
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from clausewise.contract.hidden import hidden_in
from clausewise.contract.validators import checker
from clausewise.media.types import is_json
from clausewise.values.edit import without
from clausewise.values.literals import strong_literals
from clausewise.values.names import further_names
from clausewise.values.shape import Shape, shape_of
from clausewise.values.sizes import CHARACTERS, LARGEST, LONGEST, MOST, size_of
from clausewise.values.strings import FORMATS, by_name, for_pattern, in_time, of_length
from clausewise.wording import counted

#: alternatives of each union that are tried in their order
TURNS = 3

#: levels of a value, far from where Python's own stack ends: a run that gives up there could not be stopped
_DEEPEST = 200

#: types of values where the schema leaves them open to chance, and numbers to be near to
_TYPES = ("object", "array", "string", "integer", "boolean", "null")
_NUMBERS = (3, 1, 0, -1, 2.5, 100)

#: optional members are left out below this depth, so that people can read the values
_DEPTH = 5


class NoValueError(Exception):
    """No valid value was found for a schema; the message gives the reason."""


class TooLargeError(NoValueError):
    """A value with all its parts is larger than values are made."""


def typical(schemas: list[Any], root: Any, rng: random.Random, *, optional: bool, turn: int = 0, name: str = "") -> Any:
    """A value for `schemas`, nodes of `root`, all of which apply; conditions (`if`, `not`) are not considered.

    `turn` selects the alternative of each union: 0 is the first possible one. From TURNS on, chance does, and
    decides about conditions, optional members and open types as well. Where the schemas leave a string open, their
    descriptions decide, and then the value's `name`. Raises NoValueError where the schemas exclude every value.
    """
    return _TypicalValue(root, rng, turn, optional=optional).value(schemas, (), name)


class _TypicalValue:
    """Builds one value. `above` holds the references that lead to it: where one would recur, optional values end."""

    def __init__(self, root: Any, rng: random.Random, turn: int, *, optional: bool) -> None:
        self._root = root
        self._rng = rng
        self._turn = turn
        self._optional = optional
        self._by_chance = turn >= TURNS
        #: how much larger the value may become
        self._left = LARGEST
        #: ids of schemas, which the value keeps alive, -> what was found out about them: an array has many alike items
        self._shapes: dict[tuple[int, ...], tuple[list[Any], Shape]] = {}
        self._checks: dict[tuple[int, ...], tuple[list[Any], Callable[[Any], bool]]] = {}
        self._further: dict[tuple[int, ...], tuple[list[Any], Iterator[Any]]] = {}

    def value(self, schemas: list[Any], above: tuple[str, ...], name: str = "") -> Any:
        """A value for `schemas`, named `name`; a level without a reference is "" in `above`."""
        self._take(1)
        above = (*above, next(_references(schemas), ""))
        if len(above) > _DEEPEST:
            raise RecursionError
        schemas, shape = self._chosen(schemas, above)
        if not shape.possible:
            raise NoValueError("the schema excludes every value")
        if shape.enum is not None:
            return self._listed(shape)
        for written in shape.examples:
            example = without(written, hidden_in(schemas, self._root, written))
            if self._fits(schemas, example):
                self._take(size_of(example))
                return example
        kind = _main_type(shape) or (self._rng.choice(_TYPES) if self._by_chance else "string")
        return self._of_type(kind, shape, above, name)

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooLargeError(f"the schema requires a value of more than {LARGEST:,} members and items")

    def _shape(self, schemas: list[Any]) -> Shape:
        """The shape of `schemas`, which must not be changed."""
        key = tuple(map(id, schemas))
        if key not in self._shapes:
            self._shapes[key] = schemas, shape_of(schemas, self._root)
        return self._shapes[key][1]

    def _fits(self, schemas: list[Any], value: Any) -> bool:
        key = tuple(map(id, schemas))
        if key not in self._checks:
            self._checks[key] = schemas, checker(schemas, self._root)
        return self._checks[key][1](value)

    def _listed(self, shape: Shape) -> Any:
        """The first value of the shape's enumeration that its types allow; null only where there is no other."""
        listed = [value for value in shape.enum or () if not shape.types or json_types(value) & shape.types]
        if not listed:
            raise NoValueError("the enumerations of the schema have no common value")
        return next((value for value in listed if value is not None), None)

    def _chosen(self, schemas: list[Any], above: tuple[str, ...]) -> tuple[list[Any], Shape]:
        """`schemas` with one alternative of each of their unions, and the shape of all of them."""
        shape, decided = self._shape(schemas), set[int]()
        while undecided := next((union for union in shape.unions if id(union) not in decided), None):
            decided.add(id(undecided))
            possible = [part for part in undecided if self._shape([*schemas, part]).possible] or undecided
            # The first alternative is usually the most ordinary; null is not, and a recursive one may never end.
            ranked = sorted(
                possible, key=lambda part: (part == {"type": "null"}, next(_references([part]), None) in above)
            )
            turn = self._rng.randrange(len(ranked)) if self._by_chance else min(self._turn, len(ranked) - 1)
            schemas = [*schemas, ranked[turn]]
            shape = self._shape(schemas)
        for schema in shape.conditions if self._by_chance else ():
            met = self._rng.random() < 0.5
            schemas = [*schemas, *([schema["if"], schema.get("then", True)] if met else [schema.get("else", True)])]
        return schemas, self._shape(schemas) if self._by_chance else shape

    def _of_type(self, kind: str, shape: Shape, above: tuple[str, ...], name: str) -> Any:
        if kind == "object":
            return self._object(shape, above)
        if kind == "array":
            return self._array(shape, above)
        if kind == "string":
            text = self._content(shape, above) or _string(shape, self._rng, name)
            self._take(len(text) // CHARACTERS)
            return text
        if kind in ("integer", "number"):
            near = self._rng.choice(_NUMBERS) if self._by_chance else _NUMBERS[0]
            return _number(shape, near, integer=kind == "integer")
        return None if kind == "null" else True

    def _content(self, shape: Shape, above: tuple[str, ...]) -> str | None:
        """A JSON text for a string that holds one (JSON Schema 2020-12 Validation sections 8.3 to 8.5); None for any
        other string, and where it would not keep the other rules."""
        for holder in shape.contents:
            encoding = holder.get("contentEncoding")
            if is_json(str(holder["contentMediaType"])) and encoding in (None, "base64"):
                text = _json(self.value([holder.get("contentSchema", {"type": "object"})], above))
                text = text if encoding is None else b64encode(text.encode()).decode()
                if _keeps(shape)(text):
                    return text
        return None

    def _object(self, shape: Shape, above: tuple[str, ...]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name in dict.fromkeys([*shape.required, *shape.properties]):
            wanted = name in shape.required
            schemas = shape.member(name)
            if not wanted and shape.names and not self._fits(shape.names, name):
                continue
            if wanted or (self._has_optional() and not _ends(schemas, above)):
                try:
                    value[name] = in_time(name, self.value(schemas, above, name))
                except TooLargeError:
                    raise
                except (NoValueError, RecursionError) as error:
                    if wanted:
                        raise NoValueError(_without(name, error)) from None
        missing = _feasible(shape, "minProperties", MOST) - len(value)
        for name in islice(further_names(shape, self._root, self._rng), max(0, missing)):
            value[name] = self.value(shape.member(name), above)
        return value

    def _has_optional(self) -> bool:
        """Whether an optional member is there. Half of a value is for those that are required."""
        if self._left < LARGEST // 2:
            return False
        return self._rng.random() < 0.5 if self._by_chance else self._optional

    def _array(self, shape: Shape, above: tuple[str, ...]) -> list[Any]:
        items: list[Any] = []
        written: set[str] | None = set() if shape.facets.get("uniqueItems") else None
        least = _feasible(shape, "minItems", MOST)
        for prefix in shape.prefix:
            try:
                self._append(items, written, prefix, above)
            except NoValueError:
                if len(items) < least:
                    raise
                # No array is longer.
                return items
        for schema, low, _ in shape.contains:
            missing = low - sum(self._fits([schema], item) for item in items) if low else 0
            for _ in range(min(missing, MOST)):
                self._append(items, written, [schema, *shape.items], above)
        few = 0 if False in shape.items or _ends(shape.items, above) else 1
        count = min(max(least, few), shape.facets.get("maxItems", math.inf))
        while len(items) < count:
            self._append(items, written, shape.items or [{"type": "string"}], above)
        return items

    def _append(self, items: list[Any], written: set[str] | None, schemas: list[Any], above: tuple[str, ...]) -> None:
        """Append an item, unlike all others where they have to be: `written` holds those as JSON then. Raises
        NoValueError where none is."""
        item = self.value(schemas, above)
        if written is not None:
            if _json(item) in written:
                item = self._unlike(item, len(items), written, schemas)
            written.add(_json(item))
        items.append(item)

    def _unlike(self, item: Any, number: int, written: set[str], schemas: list[Any]) -> Any:
        """A value for `schemas` that is not `written` yet, a plain variation of `item` if possible. Raises
        NoValueError."""
        varied = vary(item, number)
        for other in chain([varied] if self._fits(schemas, varied) else (), self._several(schemas)):
            if _json(other) not in written:
                return other
        was = "was" if number == 1 else "were"
        raise NoValueError(f"no more than {counted(number, 'different item')} {was} found")

    def _several(self, schemas: list[Any]) -> Iterator[Any]:
        """Different values for `schemas`, which go on where they were left."""
        from clausewise.values.several import several  # It makes typical values.

        key = tuple(map(id, schemas))
        if key not in self._further:
            self._further[key] = schemas, several(schemas, self._root, self._rng)
        return self._further[key][1]


def _json(value: Any) -> str:
    """The same text for the same value."""
    return json.dumps(value, sort_keys=True)


def _without(name: str, error: Exception) -> str:
    """Why there is no value for a required member: the innermost reason, where there is one."""
    if isinstance(error, RecursionError):
        return f"no value was found for the required `{name}`: it would be nested without end"
    reason = str(error)
    return (
        reason
        if reason.startswith("no value was found for the required")
        else (f"no value was found for the required `{name}`: {reason}")
    )


def _feasible(shape: Shape, keyword: str, most: int) -> int:
    """The limit that `keyword` sets, 0 without it. Raises NoValueError where it is above `most`."""
    limit = shape.facets.get(keyword, 0)
    if limit > most:
        raise NoValueError(f"its schema has {keyword} {limit:,}, and values are made up to {most:,}")
    return int(limit)


def _references(schemas: list[Any]) -> Iterator[str]:
    return (schema["$ref"] for schema in schemas if isinstance(schema, dict) and "$ref" in schema)


def _ends(schemas: list[Any], above: tuple[str, ...]) -> bool:
    """Whether an optional value of `schemas` is left out, because it is nested deeply or is recursive."""
    return len(above) > _DEPTH or any(reference in above for reference in _references(schemas))


def _main_type(shape: Shape) -> str | None:
    """The type that the shape allows or, where it allows any, that its keywords are about; None where none is."""
    if shape.types:
        order = ("object", "array", "string", "integer", "number", "boolean", "null")
        return next(name for name in order if name in shape.types)
    if shape.properties or shape.required:
        return "object"
    if shape.items or shape.prefix or shape.contains:
        return "array"
    numeric = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    return "integer" if numeric & shape.facets.keys() else None


def json_types(value: Any) -> set[str]:
    """The names of the types of a JSON value: an integer is a number as well."""
    if value is None or isinstance(value, bool):
        return {"null" if value is None else "boolean"}
    if isinstance(value, int | float):
        return {"number", "integer"} if float(value).is_integer() else {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"}


def vary(value: Any, number: int) -> Any:
    """A value of the type of `value` that differs from it, for arrays with unique items."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return f"{value[: -len(str(number))]}{number}" if len(value) > len(str(number)) else f"{value}{number}"
    if isinstance(value, (int, float)):
        return value + number
    if isinstance(value, dict):
        for name, member in value.items():
            varied = vary(member, number)
            if varied != member:
                return {**value, name: varied}
    return value


@lru_cache(maxsize=256)
def _matcher(
    patterns: tuple[str, ...], formats: tuple[str, ...], lengths: tuple[tuple[str, float], ...]
) -> Callable[[Any], bool]:
    """Whether a string has the patterns, the formats and the lengths."""
    rules = [{"pattern": pattern} for pattern in patterns] + [{"format": name} for name in formats]
    return checker([*rules, dict(lengths)], {})


def _keeps(shape: Shape) -> Callable[[Any], bool]:
    """Whether a string keeps the rules of its shape."""
    lengths = tuple((name, shape.facets[name]) for name in ("minLength", "maxLength") if name in shape.facets)
    return _matcher(tuple(shape.patterns), tuple(shape.formats), lengths)


def _string(shape: Shape, rng: random.Random, name: str) -> str:
    rules = *shape.patterns, *shape.formats
    matches = _keeps(shape)
    low, high = _feasible(shape, "minLength", LONGEST), shape.facets.get("maxLength", math.inf)
    for standard in shape.formats:
        if standard in FORMATS and matches(FORMATS[standard]):
            return FORMATS[standard]
    word = "".join(rng.choice("abcdefghijkmnpqrstuvwxyz") for _ in range(8))
    described = next(filter(matches, strong_literals(shape.descriptions)), None)
    if described is not None:
        return described
    called = by_name(name)
    if called is not None and not rules and matches(called):
        return called
    candidates = [*(FORMATS[standard] for standard in shape.formats if standard in FORMATS), word]
    candidates += [FORMATS["date-time"], "2024-05-17T09:30:00.000Z", "10.0.0.0/16", "1", "A"]
    loose = []
    for pattern in shape.patterns:
        drawn = for_pattern(pattern, rng, matches, low)
        if drawn is not None:
            return drawn
        loose.append(for_pattern(pattern, rng, lambda _: True) or "")
    # One pattern may be about the start of a string, and another one about its end.
    candidates += [*loose, "".join(loose)]
    for candidate in candidates:
        wanted = int(min(max(len(candidate), low), high))
        fitted = of_length(candidate, wanted, matches)
        if fitted is not None:
            return fitted
    raise NoValueError("no string was found that matches the schema")


def _number(shape: Shape, near: float, *, integer: bool) -> int | float:
    low, high = bounds(shape, integer=integer)
    step = shape.facets.get("multipleOf", 0)
    value: float = min(max(math.floor(near) if integer else near, low), high)
    if step:
        value = math.ceil(low / step) * step if value == low else math.floor(value / step) * step
        value = value if low <= value <= high else math.ceil(low / step) * step
    if not low <= value <= high:
        raise NoValueError("the bounds of the schema exclude every number")
    return int(value) if integer or float(value).is_integer() else value


def bounds(shape: Shape, *, integer: bool) -> tuple[float, float]:
    """The lowest and the highest number of a shape, infinite where it sets none."""
    facets = shape.facets
    smallest = 1 if integer else 0.5
    low = max(facets.get("minimum", -math.inf), facets.get("exclusiveMinimum", -math.inf) + smallest)
    high = min(facets.get("maximum", math.inf), facets.get("exclusiveMaximum", math.inf) - smallest)
    if integer:
        return math.ceil(low) if math.isfinite(low) else low, math.floor(high) if math.isfinite(high) else high
    return (low, high) if low <= high else ((low + high) / 2,) * 2
