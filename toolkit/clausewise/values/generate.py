"""Seeded values from a schema: typical ones, such as a person would write as an example, not extreme ones.

No Hypothesis here: the mock answers with these values and the probes start from them, and both are to be fast and
the same for the same seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY
from clausewise.contract.formats import CHECKS
from clausewise.contract.message import Judgement, Message
from clausewise.spec.pointer import descend, from_pointer
from clausewise.values.edit import put, take_out
from clausewise.values.shape import Shape, shape_of
from clausewise.values.strings import FORMATS, for_pattern, of_length

#: optional members are left out below this depth: values are for people, too
_DEPTH = 5

#: rounds in which what a condition demands of a finished value is put right
_REPAIRS = 6


class NoValueError(Exception):
    """No valid value was found for a schema; the message says why."""


def generate(message: Message, rng: random.Random, *, optional: bool) -> Any:
    """A value that keeps every clause of `message`, advisory ones included.

    With `optional` every documented member is there, else only the required ones. Raises NoValueError.
    """
    return repair(message, typical([message.schema], message.schema, rng, optional=optional), rng)


def repair(message: Message, value: Any, rng: random.Random) -> Any:
    """`value` with members added, removed or set until it keeps every clause of `message`. Raises NoValueError."""
    for _ in range(_REPAIRS):
        if message.is_valid(value):
            return value
        value = _repaired(value, message, message.judge(value), rng)
    raise NoValueError(f"no valid value was found for {message.direction}.{message.part}")


def typical(schemas: list[Any], root: Any, rng: random.Random, *, optional: bool, above: tuple[str, ...] = ()) -> Any:
    """A value for `schemas`, nodes of `root`, all at once; conditions (`if`, `not`) are not looked at.

    `above` holds the references that lead here, with "" for a level without one: what is optional ends where it would
    begin again. Raises NoValueError where the schemas exclude every value.
    """
    above = (*above, next(_references(schemas), ""))
    schemas, shape = _chosen(schemas, root, above)
    if not shape.possible:
        raise NoValueError("the schema excludes every value")
    if shape.enum is not None:
        if not shape.enum:
            raise NoValueError("the schema's enumerations exclude one another")
        return next((value for value in shape.enum if value is not None), None)
    for example in shape.examples:
        if _fits(schemas, root)(example):
            return example
    return _of_type(_main_type(shape), shape, root, rng, optional=optional, above=above)


def _chosen(schemas: list[Any], root: Any, above: tuple[str, ...]) -> tuple[list[Any], Shape]:
    """`schemas` with one alternative of each of their unions, and the shape of it all."""
    shape, decided = shape_of(schemas, root), set[int]()
    while undecided := next((union for union in shape.unions if id(union) not in decided), None):
        decided.add(id(undecided))
        possible = [part for part in undecided if shape_of([*schemas, part], root).possible] or undecided
        # The first alternative is the one an author thinks of first; null is nobody's first thought, and one that leads
        # back to where we come from may never end.
        chosen = min(
            possible, key=lambda part: (part == {"type": "null"}, any(r in above for r in _references([part])))
        )
        schemas = [*schemas, chosen]
        shape = shape_of(schemas, root)
    return schemas, shape


def _references(schemas: list[Any]) -> Iterator[str]:
    return (schema["$ref"] for schema in schemas if isinstance(schema, dict) and "$ref" in schema)


def _ends(schemas: list[Any], above: tuple[str, ...]) -> bool:
    """Whether an optional value of `schemas` is left out, for it is deep down or holds itself."""
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


def _of_type(name: str, shape: Shape, root: Any, rng: random.Random, *, optional: bool, above: tuple[str, ...]) -> Any:
    if name == "object":
        return _object(shape, root, rng, optional=optional, above=above)
    if name == "array":
        return _array(shape, root, rng, optional=optional, above=above)
    if name == "string":
        return _string(shape, rng)
    if name in ("integer", "number"):
        return _number(shape, integer=name == "integer")
    return None if name == "null" else True


def _object(shape: Shape, root: Any, rng: random.Random, *, optional: bool, above: tuple[str, ...]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name in dict.fromkeys([*shape.required, *shape.properties]):
        wanted = name in shape.required
        schemas = shape.properties.get(name) or [part for part in shape.additional if part is not False] or [True]
        if wanted or (optional and not _ends(schemas, above)):
            try:
                value[name] = typical(schemas, root, rng, optional=optional, above=above)
            except (NoValueError, RecursionError):
                if wanted:
                    raise NoValueError(f"no value was found for the required `{name}`") from None
    missing = shape.facets.get("minProperties", 0) - len(value)
    extra = [part for part in shape.additional if part is not False] or [True]
    for index in range(max(0, missing)):
        value[f"member{index + 1}"] = typical(extra, root, rng, optional=False, above=above)
    return value


def _array(shape: Shape, root: Any, rng: random.Random, *, optional: bool, above: tuple[str, ...]) -> list[Any]:
    items = [typical(prefix, root, rng, optional=optional, above=above) for prefix in shape.prefix]
    few = 0 if False in shape.items or _ends(shape.items, above) else 1
    count = min(max(shape.facets.get("minItems", 0), few), shape.facets.get("maxItems", math.inf))
    while len(items) < count:
        item = typical(shape.items or [{"type": "string"}], root, rng, optional=optional, above=above)
        if shape.facets.get("uniqueItems") and item in items:
            item = vary(item, len(items))
        items.append(item)
    return items


def vary(value: Any, number: int) -> Any:
    """A value of the same kind as `value` that differs from it, for arrays whose items are unique."""
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


def _string(shape: Shape, rng: random.Random) -> str:
    rules = [{"pattern": pattern} for pattern in shape.patterns] + [{"format": name} for name in shape.formats]
    lengths = {name: shape.facets[name] for name in ("minLength", "maxLength") if name in shape.facets}
    fits = _fits([*rules, lengths], {})
    low, high = shape.facets.get("minLength", 0), shape.facets.get("maxLength", math.inf)
    for name in shape.formats:
        if name in FORMATS and fits(FORMATS[name]):
            return FORMATS[name]
    word = "".join(rng.choice("abcdefghijkmnpqrstuvwxyz") for _ in range(8))
    candidates = [*(FORMATS[name] for name in shape.formats if name in FORMATS), word]
    candidates += [FORMATS["date-time"], "2024-05-17T09:30:00.000Z", "10.0.0.0/16", "1", "A"]
    loose = []
    for pattern in shape.patterns:
        drawn = for_pattern(pattern, rng, fits)
        if drawn is not None:
            return drawn
        loose.append(for_pattern(pattern, rng, lambda _: True) or "")
    # What begins and what ends a string may be the affair of two patterns.
    candidates += [*loose, "".join(loose)]
    for candidate in candidates:
        wanted = int(min(max(len(candidate), low), high))
        fitted = of_length(candidate, wanted, fits)
        if fitted is not None:
            return fitted
    raise NoValueError("no string was found that fits the schema")


def _number(shape: Shape, *, integer: bool) -> int | float:
    low, high = bounds(shape, integer=integer)
    step = shape.facets.get("multipleOf", 0)
    value: float = min(max(3, low), high)
    if step:
        value = math.ceil(low / step) * step if value == low else math.floor(value / step) * step
        value = value if low <= value <= high else math.ceil(low / step) * step
    if not low <= value <= high:
        raise NoValueError("the schema's bounds exclude every number")
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


def _fits(schemas: list[Any], root: Any) -> Callable[[Any], bool]:
    """Whether a value keeps `schemas`, nodes of `root`, all at once; compiled at the first question."""
    compiled: list[Any] = []

    def fits(value: Any) -> bool:
        if not compiled:
            definitions = root.get("$defs", {}) if isinstance(root, dict) else {}
            schema = {"$defs": definitions, "allOf": schemas}
            compiled.append(
                jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=CHECKS, offline=True)
            )
        return bool(compiled[0].is_valid(value))

    return fits


def _repaired(value: Any, message: Message, judgement: Judgement, rng: random.Random) -> Any:
    """`value` with what `judgement` found wrong put right, where that is one step: a member added, removed or set."""
    for breach in judgement.broken:
        clause = breach.clause
        if clause.keyword in ("required", "dependentRequired"):
            shape = shape_at(message, clause.path)
            value = put(value, breach.location, typical(shape, message.schema, rng, optional=False))
        elif clause.keyword == "false" and breach.location:
            value = take_out(value, breach.location)
        elif clause.keyword == "not" and isinstance(clause.value, dict) and len(clause.value.get("required", ())) == 1:
            value = take_out(value, (*breach.location, clause.value["required"][0]))
        elif clause.keyword == "const":
            value = put(value, breach.location, clause.value)
        elif clause.keyword == "enum":
            value = put(value, breach.location, clause.value[0])
    return value


def shape_at(message: Message, path: tuple[str, ...]) -> list[Any]:
    """The schemas of `message` that bind the value at a clause's `path`, conditions left aside."""
    schemas: list[Any] = [message.schema]
    for step in path:
        shape = shape_of(schemas, message.schema)
        chosen: list[Any] = []
        if step == EACH_ITEM:
            chosen = shape.items
        elif step == EACH_PROPERTY:
            chosen = shape.additional
        elif step in shape.properties:
            chosen = shape.properties[step]
        elif step.isdigit() and int(step) < len(shape.prefix):
            chosen = shape.prefix[int(step)]
        if not chosen:
            chosen = _in_branches(schemas, message.schema, step)
        schemas = chosen or [True]
    return schemas


def _in_branches(schemas: list[Any], root: Any, step: str) -> list[Any]:
    """Schemas of the property `step` where only a union's branch or a condition's outcome names it."""
    for schema in _alternatives(schemas, root, set()):
        shape = shape_of([schema], root)
        if step in shape.properties:
            return shape.properties[step]
        if step == EACH_ITEM and shape.items:
            return shape.items
    return []


def _alternatives(schemas: list[Any], root: Any, seen: set[int]) -> list[Any]:
    found: list[Any] = []
    for schema in schemas:
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        parts = [part for keyword in ("oneOf", "anyOf") for part in schema.get(keyword, ())]
        parts += [schema[keyword] for keyword in ("then", "else") if keyword in schema]
        reached = list(schema.get("allOf", ()))
        if "$ref" in schema:
            reached.append(descend(root, from_pointer(schema["$ref"].removeprefix("#"))))
        found += parts
        found += _alternatives([*reached, *parts], root, seen)
    return found
