"""Values of one schema that another may refuse: at the limits of the other's assertions, of each alternative of both,
and different ones of the first.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import combinations, islice
from typing import Any

import msgspec

from clausewise.comparison.strictness import Assertion
from clausewise.contract.pattern_parser import UnreadableError, parse
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import UNIONS
from clausewise.values.drawing import REACHES, draw, draw_any
from clausewise.values.repetitions import at_ends
from clausewise.values.several import several
from clausewise.values.shape import shape_of
from clausewise.values.strings import for_pattern
from clausewise.values.typical import TURNS, NoValueError, typical

#: values of the first schema that differ by chance
_SEVERAL = 40

#: texts of a pattern: with repetitions at their ends, and by chance
_ENDS, _DRAWN = 20, 40

#: alternatives of the second schema of which each is tried alone, and with each other
_ALTERNATIVES = 12

#: values of an enumeration that are tried
_LISTED = 100

#: names of members, and items, that differ by chance, and names of a pattern
_NAMES, _PATTERNED = 6, 3

#: values beyond the limits of a schema of members or items, and those of each schema in it
_REFUSED, _OF_EACH = 60, 6

#: schemas in a schema whose limits are tried
_NESTED = 4

_TYPES = ("string", "integer", "number", "boolean", "null", "array", "object")

#: what is tried where a schema leaves open what a value is
_ANYTHING: tuple[Any, ...] = (
    "",
    "a",
    "A-1",
    "a b",
    "x" * 24,
    0,
    1,
    -1,
    2.5,
    True,
    False,
    None,
    [],
    {},
    ["a"],
    [1],
    {"a": 1},
    {"b": "a"},
)

#: a value of each type, for members
_OF_EACH_TYPE: tuple[Any, ...] = ("a", 1, True, None, [], {})

#: members that are given such values
_MEMBERS = 12

#: the name of a member that no schema describes
_FURTHER = "zzz"


class Refusing(msgspec.Struct, frozen=True):
    """What the second schema asserts, as far as it leads to values that it may refuse."""

    assertions: Sequence[Assertion]
    #: its alternatives and those of the first schema, as schemas of the common root
    alternatives: Sequence[Any]
    #: the names of members that it or the first schema speaks of
    members: Sequence[str]
    #: the schemas of items and of members without a name: keyword, pattern or index, and the schema
    unnamed: Sequence[tuple[str, str, Any]]


def candidates(schemas: list[Any], root: Any, refusing: Refusing, rng: random.Random) -> Iterator[Any]:
    """Values that may keep `schemas`, nodes of `root`, and not what `refusing` asserts; many are of neither kind."""
    # A schema without a type admits values that its other keywords do not speak of.
    yield from _ANYTHING
    for pattern in shape_of(schemas, root).patterns:
        yield from _drawn(pattern, rng)
    for assertion in refusing.assertions:
        yield from _beyond(schemas, root, assertion, rng)
    numbered = [int(name) for keyword, name, _ in refusing.unnamed if keyword == "prefixItems"]
    for keyword, name, schema in refusing.unnamed:
        # `items` is about those after the numbered ones.
        place = name if keyword != "items" else str(max(numbered, default=-1) + 1)
        yield from _unnamed(schemas, root, keyword, place, schema, rng)
    yield from _all_but_one(schemas, root, refusing.members[:_MEMBERS], rng)
    ways = [[each] for each in refusing.alternatives[:_ALTERNATIVES]]
    ways += [list(pair) for pair in combinations(refusing.alternatives[:_ALTERNATIVES], 2)]
    made = []
    for way in [[], *ways]:
        # Each value that is listed may be the one that the other schema lacks.
        shape = shape_of([*schemas, *way], root)
        yield from islice(shape.enum or (), _LISTED)
        yield from ([each] for each in islice(shape_of(shape.items, root).enum or (), _LISTED))
    for way in ways:
        for value in _typical([*schemas, *way], root, rng):
            made.append(value)
            yield value
            yield from _less(value)
    found = list(islice(several(schemas, root, rng), _SEVERAL))
    yield from found
    for value in found:
        yield from _less(value)
    for value in filter(lambda value: isinstance(value, dict), made + found):
        yield from ({**value, _FURTHER: other} for other in _ANYTHING[:4])
        yield from ({**value, name: other} for name in refusing.members[:_MEMBERS] for other in _OF_EACH_TYPE)
    yield from ({name: other} for name in (_FURTHER, *refusing.members[:_MEMBERS]) for other in _OF_EACH_TYPE)


def _drawn(pattern: str, rng: random.Random) -> Iterator[str]:
    """Texts of a pattern: with each repetition as often as it may be, and of characters of every kind."""
    try:
        tree = parse(pattern)
    except UnreadableError:
        return
    for node in islice(at_ends(tree), _ENDS):
        text = draw(node, rng, lambda _text: True)
        if text is not None:
            yield text
    for number in range(_DRAWN):
        text = draw_any(tree, rng, lambda _text: True, REACHES[number % len(REACHES)])
        if text is not None:
            yield text


def _typical(schemas: list[Any], root: Any, rng: random.Random) -> Iterator[Any]:
    for optional, turn in ((False, 0), (True, 0), (True, 1), (True, TURNS)):
        with suppress(NoValueError, RecursionError):
            yield typical(schemas, root, rng, optional=optional, turn=turn)


def _all_but_one(schemas: list[Any], root: Any, names: Sequence[str], rng: random.Random) -> Iterator[Any]:
    """Objects with all members, and with all but one: what requires one member for another may be the other way round
    in the second schema."""
    for value in islice(_typical([*schemas, {"type": "object"}], root, rng), 2):
        if isinstance(value, dict):
            whole = {**dict.fromkeys(names, "a"), **value}
            yield whole
            yield from _less(whole)


def _less(value: Any) -> Iterator[Any]:
    """`value` without one of its members or items."""
    if isinstance(value, dict):
        yield from ({name: member for name, member in value.items() if name != left} for left in value)
    elif isinstance(value, list) and value:
        yield value[:-1]


def _beyond(schemas: list[Any], root: Any, assertion: Assertion, rng: random.Random) -> Iterator[Any]:
    """Values of `schemas` that break `assertion`, where its condition holds."""
    conditions = [
        {"required": [text.removeprefix("present ")]} if text.startswith("present ") else json.loads(text)
        for text, holds in assertion.conditions
        if holds
    ]
    schemas = [*schemas, *conditions]
    for complement in _complements(assertion):
        yield from _typical([*schemas, complement], root, rng)
    value = assertion.value
    match assertion.keyword:
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            # Beyond a limit, and no integer either.
            yield from (value - 0.5, value + 0.5)
        case "required" | "dependentRequired":
            more = [{"required": [value]}] if assertion.keyword == "dependentRequired" else []
            for each in _typical([*schemas, {"type": "object"}, *more], root, rng):
                if isinstance(each, dict):
                    yield {name: member for name, member in each.items() if name != assertion.member}
        case "type":
            # Of a number, most values that come to mind are integers.
            for each in _typical([*schemas, {"type": "number"}], root, rng):
                yield from (each + 0.5, each - 0.5)
        case "multipleOf":
            for each in _typical([*schemas, {"type": "number"}], root, rng):
                yield from (each + 1, each - 1, each + value / 2, each + 0.5)
        case "format":
            yield from ("[", "a b")
        case "pattern":
            for reach in (0, 3):
                drawn = for_pattern(value, rng, lambda _text: True, reach)
                yield from (f"{drawn}\n", f" {drawn}", f"{drawn}!", f"-{drawn}") if drawn is not None else ()
        case "uniqueItems":
            for each in _typical([*schemas, {"type": "array", "minItems": 2}], root, rng):
                if isinstance(each, list) and each:
                    yield [each[0]] * len(each)
        case "contains":
            items = [*_typical([value] if isinstance(value, dict) else [True], root, rng)][:1]
            for wanted, few, _ in shape_of(schemas, root).contains:
                yield from ([one] * max(few, 1) for one in islice(several([wanted], root, rng), _NAMES))
            yield from (items * count for count in range(12))
            for each in _typical([*schemas, {"type": "array", "minItems": 2}], root, rng):
                if isinstance(each, list):
                    yield from (each[:1] * count for count in range(4))
                    yield from (items * count + each for count in range(6))
        case "not" if isinstance(value, dict):
            yield from _typical([*schemas, value], root, rng)
            yield from _typical([value], root, rng)
        case "additionalProperties" | "unevaluatedProperties" | "propertyNames":
            names = [_FURTHER, "", "a", "A", "Z_9", "x" * 24, "x-y", "0"]
            names += _names(schemas, root, True, rng) if shape_of(schemas, root).names else ()
            if assertion.keyword == "propertyNames":
                names = [*_names(schemas, root, value, rng), *names]
            beyond: list[Any] = []
            if assertion.keyword == "unevaluatedProperties":
                beyond = [*islice(_refused(shape_of(schemas, root).additional, root, value, rng), _REFUSED)]
            for each in [*_typical([*schemas, {"type": "object"}], root, rng)][:2]:
                if isinstance(each, dict):
                    yield from ({**each, name: other} for name in (names[0], names[-1]) for other in beyond)
                    yield from ({**each, name: other} for name in names for other in _ANYTHING[:8])
        case "unevaluatedItems":
            shape = shape_of(schemas, root)
            others = [*islice(_refused(shape.items, root, value, rng), _REFUSED), *_ANYTHING]
            for each in _typical([*schemas, {"type": "array", "minItems": len(shape.prefix)}], root, rng):
                if isinstance(each, list):
                    yield from ([*each, other] for other in others)


def _names(schemas: list[Any], root: Any, refusing: Any, rng: random.Random) -> Iterator[str]:
    """Names that `schemas` allow for members, those at the limits of what `refusing` asserts of names first."""
    allowed = [{"type": "string"}, *shape_of(schemas, root).names]
    yield from (name for name in _refused(allowed, root, refusing, rng) if isinstance(name, str))
    yield from islice(several(allowed, root, rng), _NAMES)


def _refused(schemas: list[Any], root: Any, refusing: Any, rng: random.Random, depth: int = _NESTED) -> Iterator[Any]:
    """Values of `schemas` beyond each limit of the schema `refusing`, and of the schemas in it."""
    if not isinstance(refusing, dict) or not depth:
        return
    for assertion in _written(refusing):
        yield from _beyond(schemas, root, assertion, rng)
    for part in _alike(refusing, root):
        yield from _refused(schemas, root, part, rng, depth - 1)
    for name, member in refusing.get("properties", {}).items():
        yield from ({name: value} for value in islice(_refused([], root, member, rng, depth - 1), _OF_EACH))
    yield from ([value] for value in islice(_refused([], root, refusing.get("items"), rng, depth - 1), _OF_EACH))


def _alike(schema: dict[str, Any], root: Any) -> Iterator[Any]:
    """The schemas in `schema` that are about the same value: the one that it refers to, parts and alternatives."""
    if "$ref" in schema:
        yield descend(root, from_pointer(schema["$ref"].removeprefix("#")))
    for keyword in ("allOf", *UNIONS):
        yield from schema.get(keyword, ())


def _written(schema: dict[str, Any]) -> Iterator[Assertion]:
    """The assertions of a schema as it is written, those about a member one by one."""
    for keyword, value in schema.items():
        members: list[tuple[Any, str]] = [(value, "")]
        if keyword == "required":
            members = [(True, name) for name in value]
        elif keyword == "dependentRequired":
            members = [(trigger, name) for trigger, names in value.items() for name in names]
        for what, member in members:
            yield Assertion(keyword, what, "", "", "error", "", frozenset(), member)


def _complements(assertion: Assertion) -> Iterator[Any]:
    """Schemas of values beyond a limit."""
    value = assertion.value
    match assertion.keyword:
        case "maxLength" | "maxItems" | "maxProperties" as keyword:
            kind = {"maxLength": "string", "maxItems": "array", "maxProperties": "object"}[keyword]
            yield {"type": kind, f"min{keyword[3:]}": value + 1}
        case "minLength" | "minItems" | "minProperties" as keyword if value > 0:
            kind = {"minLength": "string", "minItems": "array", "minProperties": "object"}[keyword]
            yield {"type": kind, f"max{keyword[3:]}": value - 1}
        case "maximum":
            yield from ({"type": kind, "exclusiveMinimum": value} for kind in ("integer", "number"))
        case "minimum":
            yield from ({"type": kind, "exclusiveMaximum": value} for kind in ("integer", "number"))
        case "exclusiveMaximum":
            yield from ({"type": kind, "minimum": value} for kind in ("integer", "number"))
        case "exclusiveMinimum":
            yield from ({"type": kind, "maximum": value} for kind in ("integer", "number"))
        case "type" | "enum" | "const":
            yield from ({"type": kind} for kind in _TYPES)
        case "format" | "pattern":
            yield {"type": "string"}


def _unnamed(schemas: list[Any], root: Any, keyword: str, name: str, schema: Any, rng: random.Random) -> Iterator[Any]:
    """Values with an item or a member that `schema` may refuse. `name` is the number of the first such item, or the
    pattern of the names of members."""
    shape = shape_of(schemas, root)
    if keyword in ("items", "prefixItems"):
        number = int(name) if keyword == "prefixItems" else max(int(name), len(shape.prefix))
        allowed = shape.prefix[number] if number < len(shape.prefix) else shape.items
        others = [*islice(_refused(allowed, root, schema, rng), _REFUSED), *_ANYTHING]
        for each in _typical([*schemas, {"type": "array", "minItems": number + 1}], root, rng):
            if isinstance(each, list) and len(each) > number:
                yield from ([*each[:number], other, *each[number + 1 :]] for other in others)
    else:
        others = [*islice(_refused(shape.additional, root, schema, rng), _REFUSED), *_ANYTHING]
        names = [_FURTHER, "a"]
        if keyword == "patternProperties":
            drawn = dict.fromkeys((for_pattern(name, rng, lambda _text: True), *_drawn(name, rng)))
            # A name that no schema describes first: that one may say more of its member.
            names = sorted(filter(None, drawn), key=lambda each: each in shape.properties)[:_PATTERNED]
        for each in [*_typical([*schemas, {"type": "object"}], root, rng)][:2]:
            if isinstance(each, dict):
                yield from ({**each, name: other} for name in names for other in others)
