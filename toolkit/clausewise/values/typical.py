"""Typical values for schemas: such as a person would write as an example, not extreme ones.

They do not need Hypothesis: the mock answers with them and probes start from them, and both have to be fast and the
same for the same seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs

from clausewise.contract.formats import CHECKS
from clausewise.values.literals import strong_literals
from clausewise.values.shape import Shape, shape_of
from clausewise.values.strings import FORMATS, by_name, for_pattern, in_time, of_length

#: optional members are left out below this depth, so that people can read the values
_DEPTH = 5

#: longest string that is generated, in characters, and most items or members: a schema may require a billion
_LONGEST = 2_000_000
_MOST = 10_000


class NoValueError(Exception):
    """No valid value was found for a schema; the message gives the reason."""


def typical(schemas: list[Any], root: Any, rng: random.Random, *, optional: bool, turn: int = 0, name: str = "") -> Any:
    """A value for `schemas`, nodes of `root`, all of which apply; conditions (`if`, `not`) are not considered.

    `turn` selects the alternative of each union: 0 is the first possible one. Where the schemas leave a string open,
    their descriptions decide, and then the value's `name`. Raises NoValueError where the schemas exclude every value.
    """
    return _TypicalValue(root, rng, turn, optional=optional).value(schemas, (), name)


class _TypicalValue:
    """Builds one value. `above` holds the references that lead to it: where one would recur, optional values end."""

    def __init__(self, root: Any, rng: random.Random, turn: int, *, optional: bool) -> None:
        self._root = root
        self._rng = rng
        self._turn = turn
        self._optional = optional

    def value(self, schemas: list[Any], above: tuple[str, ...], name: str = "") -> Any:
        """A value for `schemas`, named `name`; a level without a reference is "" in `above`."""
        above = (*above, next(_references(schemas), ""))
        schemas, shape = self._chosen(schemas, above)
        if not shape.possible:
            raise NoValueError("the schema excludes every value")
        if shape.enum is not None:
            if not shape.enum:
                raise NoValueError("the enumerations of the schema have no common value")
            return next((value for value in shape.enum if value is not None), None)
        for example in shape.examples:
            if checker(schemas, self._root)(example):
                return example
        return self._of_type(_main_type(shape), shape, above, name)

    def _chosen(self, schemas: list[Any], above: tuple[str, ...]) -> tuple[list[Any], Shape]:
        """`schemas` with one alternative of each of their unions, and the shape of all of them."""
        shape, decided = shape_of(schemas, self._root), set[int]()
        while undecided := next((union for union in shape.unions if id(union) not in decided), None):
            decided.add(id(undecided))
            possible = [part for part in undecided if shape_of([*schemas, part], self._root).possible] or undecided
            # The first alternative is usually the most ordinary; null is not, and a recursive one may never end.
            ranked = sorted(
                possible, key=lambda part: (part == {"type": "null"}, next(_references([part]), None) in above)
            )
            schemas = [*schemas, ranked[min(self._turn, len(ranked) - 1)]]
            shape = shape_of(schemas, self._root)
        return schemas, shape

    def _of_type(self, kind: str, shape: Shape, above: tuple[str, ...], name: str) -> Any:
        if kind == "object":
            return self._object(shape, above)
        if kind == "array":
            return self._array(shape, above)
        if kind == "string":
            return _string(shape, self._rng, name)
        if kind in ("integer", "number"):
            return _number(shape, integer=kind == "integer")
        return None if kind == "null" else True

    def _object(self, shape: Shape, above: tuple[str, ...]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        extra = [part for part in shape.additional if part is not False] or [True]
        for name in dict.fromkeys([*shape.required, *shape.properties]):
            wanted = name in shape.required
            schemas = shape.properties.get(name) or extra
            if wanted or (self._optional and not _ends(schemas, above)):
                try:
                    value[name] = in_time(name, self.value(schemas, above, name))
                except (NoValueError, RecursionError):
                    if wanted:
                        raise NoValueError(f"no value was found for the required `{name}`") from None
        for index in range(max(0, _feasible(shape, "minProperties", _MOST) - len(value))):
            value[f"member{index + 1}"] = self.value(extra, above)
        return value

    def _array(self, shape: Shape, above: tuple[str, ...]) -> list[Any]:
        items = [self.value(prefix, above) for prefix in shape.prefix]
        few = 0 if False in shape.items or _ends(shape.items, above) else 1
        count = min(max(_feasible(shape, "minItems", _MOST), few), shape.facets.get("maxItems", math.inf))
        while len(items) < count:
            item = self.value(shape.items or [{"type": "string"}], above)
            if shape.facets.get("uniqueItems") and item in items:
                item = vary(item, len(items))
            items.append(item)
        return items


def _feasible(shape: Shape, keyword: str, most: int) -> int:
    """The limit that `keyword` sets, 0 without it. Raises NoValueError where it is above `most`."""
    limit: int = shape.facets.get(keyword, 0)
    if limit > most:
        raise NoValueError(f"the schema requires a value of a size that is not generated: {keyword} {limit:,}")
    return limit


def _references(schemas: list[Any]) -> Iterator[str]:
    return (schema["$ref"] for schema in schemas if isinstance(schema, dict) and "$ref" in schema)


def _ends(schemas: list[Any], above: tuple[str, ...]) -> bool:
    """Whether an optional value of `schemas` is left out, because it is nested deeply or is recursive."""
    return len(above) > _DEPTH or any(reference in above for reference in _references(schemas))


def _main_type(shape: Shape) -> str:
    if shape.types:
        order = ("object", "array", "string", "integer", "number", "boolean", "null")
        return next(name for name in order if name in shape.types)
    if shape.properties or shape.required:
        return "object"
    if shape.items or shape.prefix:
        return "array"
    numeric = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    return "integer" if numeric & shape.facets.keys() else "string"


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


def _string(shape: Shape, rng: random.Random, name: str) -> str:
    rules = [{"pattern": pattern} for pattern in shape.patterns] + [{"format": name} for name in shape.formats]
    lengths = {name: shape.facets[name] for name in ("minLength", "maxLength") if name in shape.facets}
    matches = checker([*rules, lengths], {})
    low, high = _feasible(shape, "minLength", _LONGEST), shape.facets.get("maxLength", math.inf)
    for standard in shape.formats:
        if standard in FORMATS and matches(FORMATS[standard]):
            return FORMATS[standard]
    word = "".join(rng.choice("abcdefghijkmnpqrstuvwxyz") for _ in range(8))
    told = next(filter(matches, strong_literals(shape.descriptions)), None) if shape.descriptions else None
    if told is not None:
        return told
    called = by_name(name)
    if called is not None and not rules and matches(called):
        return called
    candidates = [*(FORMATS[standard] for standard in shape.formats if standard in FORMATS), word]
    candidates += [FORMATS["date-time"], "2024-05-17T09:30:00.000Z", "10.0.0.0/16", "1", "A"]
    loose = []
    for pattern in shape.patterns:
        drawn = for_pattern(pattern, rng, matches)
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


def _number(shape: Shape, *, integer: bool) -> int | float:
    low, high = bounds(shape, integer=integer)
    step = shape.facets.get("multipleOf", 0)
    value: float = min(max(3, low), high)
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


def checker(schemas: list[Any], root: Any) -> Callable[[Any], bool]:
    """Whether a value keeps all `schemas`, nodes of `root`; compiled when first called."""
    compiled: list[Any] = []

    def is_valid(value: Any) -> bool:
        if not compiled:
            definitions = root.get("$defs", {}) if isinstance(root, dict) else {}
            schema = {"$defs": definitions, "allOf": schemas}
            compiled.append(
                jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=CHECKS, offline=True)
            )
        return bool(compiled[0].is_valid(value))

    return is_valid
