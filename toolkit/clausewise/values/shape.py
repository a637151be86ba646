"""The shape that schemas give a value: their references, `allOf` parts and keywords combined."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import msgspec

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY
from clausewise.contract.hidden import is_hidden
from clausewise.contract.message import Message
from clausewise.contract.patterns import matcher
from clausewise.spec.pointer import descend, from_pointer
from clausewise.spec.subschemas import UNIONS, subschemas

#: keyword -> how its values in several schemas are combined: the tighter one wins
_LARGER_WINS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SMALLER_WINS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


class Shape(msgspec.Struct, eq=False):
    """The combined constraints on a value; built by `shape_of`, read-only afterwards."""

    #: JSON types allowed; empty when any is
    types: set[str]
    #: keyword -> value, for the keywords that constrain numbers, strings and arrays
    facets: dict[str, Any]
    #: values allowed; None when not enumerated
    enum: list[Any] | None
    patterns: list[str]
    formats: list[str]
    #: property name -> its schemas, all of which apply; without members that messages of this direction do not carry
    properties: dict[str, list[Any]]
    required: list[str]
    #: schemas of the items after `prefix`, all of which apply; empty when there are none
    items: list[Any]
    prefix: list[list[Any]]
    #: of each `contains`: the schema, how many items have to match it, and how many may
    contains: list[tuple[Any, int, float]]
    #: pattern of names -> the schema of the properties that it matches, with all of which a name may comply
    patterned: list[tuple[str, Any]]
    #: schemas that the name of every member keeps
    names: list[Any]
    #: schemas of properties without a name of their own
    additional: list[Any]
    #: unions, in each of which one schema is to be chosen
    unions: list[list[Any]]
    #: schemas with an `if`
    conditions: list[dict[str, Any]]
    #: the author's examples and defaults
    examples: list[Any]
    descriptions: list[str]
    #: schemas with a `contentMediaType`: the string holds a document
    contents: list[dict[str, Any]]
    #: False when no value is valid
    possible: bool = True

    def member(self, name: str) -> list[Any]:
        """The schemas of the property `name`, all of which apply."""
        schemas = [*self.properties.get(name, ()), *(part for text, part in self.patterned if matches_name(text, name))]
        return schemas or self.additional or [True]


def shape_of(schemas: list[Any], root: Any) -> Shape:
    """The shape of a value to which all `schemas`, nodes of the self-contained schema `root`, apply."""
    shape = Shape(set(), {}, None, [], [], {}, [], [], [], [], [], [], [], [], [], [], [], [])
    seen: set[str] = set()
    rests: list[tuple[int, Any]] = []
    for schema in schemas:
        _add(shape, schema, root, seen, rests)
    for first, items in rests:
        shape.items.append(items)
        for prefix in shape.prefix[first:]:
            # `items` knows the `prefixItems` of its own schema only (Core 10.3.1.2).
            prefix.append(items)
    return shape


def matches_name(pattern: str, name: str) -> bool:
    """Whether the name of a property matches a portable pattern."""
    return matcher(pattern)(name)


def _add(shape: Shape, schema: Any, root: Any, seen: set[str], rests: list[tuple[int, Any]]) -> None:
    if isinstance(schema, bool):
        shape.possible = shape.possible and schema
        return
    reference = schema.get("$ref")
    if reference is not None and reference not in seen:
        seen.add(reference)
        _add(shape, descend(root, from_pointer(reference.removeprefix("#"))), root, seen, rests)
    for part in schema.get("allOf", ()):
        _add(shape, part, root, seen, rests)
    _add_types(shape, schema)
    for keyword in _LARGER_WINS:
        if keyword in schema:
            shape.facets[keyword] = max(schema[keyword], shape.facets.get(keyword, -math.inf))
    for keyword in _SMALLER_WINS:
        if keyword in schema:
            shape.facets[keyword] = min(schema[keyword], shape.facets.get(keyword, math.inf))
    if "multipleOf" in schema:
        shape.facets["multipleOf"] = _common_multiple(schema["multipleOf"], shape.facets.get("multipleOf"))
    if schema.get("uniqueItems"):
        shape.facets["uniqueItems"] = True
    allowed = [schema["const"]] if "const" in schema else schema.get("enum")
    if allowed is not None:
        shape.enum = allowed if shape.enum is None else [value for value in shape.enum if value in allowed]
    shape.patterns += [schema["pattern"]] if "pattern" in schema else []
    shape.formats += [schema["format"]] if "format" in schema else []
    # It asserts nothing (JSON Schema 2020-12 Validation section 8.2), but who reads the string decodes it.
    shape.formats += ["byte"] if schema.get("contentEncoding") == "base64" else []
    shape.contents += [schema] if "contentMediaType" in schema else []
    for name, value in schema.get("properties", {}).items():
        if not is_hidden(value):
            shape.properties.setdefault(name, []).append(value)
    shape.required += [name for name in schema.get("required", ()) if name not in shape.required]
    rests += [(len(schema.get("prefixItems", ())), schema["items"])] if "items" in schema else []
    if "contains" in schema:
        few, many = schema.get("minContains", 1), schema.get("maxContains", math.inf)
        shape.contains.append((schema["contains"], int(few), many))
    shape.patterned += schema.get("patternProperties", {}).items()
    shape.names += [schema["propertyNames"]] if "propertyNames" in schema else []
    for index, value in enumerate(schema.get("prefixItems", ())):
        if index == len(shape.prefix):
            shape.prefix.append([])
        shape.prefix[index].append(value)
    shape.additional += [schema["additionalProperties"]] if "additionalProperties" in schema else []
    shape.unions += [schema[keyword] for keyword in UNIONS if keyword in schema]
    shape.conditions += [schema] if "if" in schema else []
    shape.descriptions += [schema["description"]] if isinstance(schema.get("description"), str) else []
    shape.examples += [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else [])]


def _common_multiple(one: float, other: float | None) -> float:
    """The least number that is a multiple of both."""
    if other is None or one == other:
        return one
    from fractions import Fraction

    first, second = Fraction(str(one)), Fraction(str(other))
    numerator = math.lcm(first.numerator, second.numerator)
    common = Fraction(numerator, math.gcd(first.denominator, second.denominator))
    return int(common) if common.denominator == 1 else float(common)


def _add_types(shape: Shape, schema: dict[str, Any]) -> None:
    declared = schema.get("type")
    if declared is None:
        return
    types = {declared} if isinstance(declared, str) else set(declared)
    if not shape.types:
        shape.types = types
        return
    both = shape.types & types
    if "integer" in shape.types | types and "number" in shape.types | types:
        both.add("integer")
    shape.types = both
    shape.possible = shape.possible and bool(both)


@lru_cache(maxsize=4096)
def shape_at(message: Message, path: tuple[str, ...]) -> list[Any]:
    """The schemas of `message` that apply at a clause's `path`, conditions aside; they must not be changed."""
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
        elif step.isdecimal() and int(step) < len(shape.prefix):
            chosen = shape.prefix[int(step)]
        if not chosen:
            chosen = _in_branches(schemas, message.schema, step)
        schemas = chosen or [True]
    return schemas


def _in_branches(schemas: list[Any], root: Any, step: str) -> list[Any]:
    """The schemas of the property `step` in union branches and conditions."""
    for schema in _alternatives(schemas, root, set()):
        shape = shape_of([schema], root)
        if step in shape.properties:
            return shape.properties[step]
        if step == EACH_ITEM and shape.items:
            return shape.items
        if step == EACH_PROPERTY and shape.additional:
            return shape.additional
    return []


def _alternatives(schemas: list[Any], root: Any, seen: set[int]) -> list[Any]:
    found: list[Any] = []
    for schema in schemas:
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        reached = list(schema.get("allOf", ()))
        parts = [
            each.schema
            for each in subschemas(schema)
            if each.applies == "in place" and each.keyword not in ("allOf", "if", "not")
        ]
        if "$ref" in schema:
            reached.append(descend(root, from_pointer(schema["$ref"].removeprefix("#"))))
        found += parts
        found += _alternatives([*reached, *parts], root, seen)
    return found
