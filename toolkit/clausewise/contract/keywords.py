"""The sentence that describes what a keyword asserts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY
from clausewise.wording import counted

#: longest value shown inside a sentence, in characters
_SHOWN = 60

#: keywords that assert nothing
_ANNOTATIONS = frozenset({"title", "description", "default", "example", "examples", "deprecated"})


def show(value: Any, limit: int = _SHOWN) -> str:
    """A JSON value as shown in a sentence: shortened in the middle when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def name_of(path: tuple[str, ...], part: str, positions: tuple[int, ...] = ()) -> str:
    """The value at `path` as named in a sentence; at `positions` in it stand indexes of arrays."""
    if not path:
        kind, _, rest = part.partition(".")
        _, of_header, name = f".{rest}".rpartition(".header.")
        if of_header:
            return f"the header `{name}`"
        if kind == "querystring":
            return "the query"
        return (
            f"the {kind} parameter `{rest}`" if kind in ("path", "query", "header", "cookie") and rest else "the body"
        )
    if path[-1] in (EACH_ITEM, EACH_PROPERTY):
        kind = "item" if path[-1] == EACH_ITEM else "member"
        return f"each {kind} of {name_of(path[:-1], part, positions)}"
    if len(path) - 1 in positions:
        return f"item {int(path[-1]) + 1} of {name_of(path[:-1], part, positions)}"
    return f"`{path[-1]}`"


def name_at(path: tuple[str, ...], part: str) -> str:
    """One value at `path` as named in a sentence about a message: the first item of an array, some value of a map."""
    if path and path[-1] in (EACH_ITEM, EACH_PROPERTY):
        kind = "the first item" if path[-1] == EACH_ITEM else "a value"
        return f"{kind} of {name_at(path[:-1], part)}"
    return name_of(path, part)


_WITH_ARTICLES = {"array": "an array", "integer": "an integer", "object": "an object", "null": "null"}


def _type(value: Any) -> str:
    names = value if isinstance(value, list) else [value]
    return " or ".join([_WITH_ARTICLES.get(name) or f"a {name}" for name in names])


def types_of_alternatives(value: Any) -> list[str]:
    """The types that the alternatives of an `anyOf` or `oneOf` state, each once: of a boolean that may be null, both.
    [] where one of them states none, or stands elsewhere."""
    if not isinstance(value, list) or not all(isinstance(each, dict) and "type" in each for each in value):
        return []
    return stated_types(value)


def stated_types(alternatives: Any) -> list[str]:
    """The types that some of the alternatives of an `anyOf` or `oneOf` state, each once."""
    listed = alternatives if isinstance(alternatives, list) else []
    stated = (each["type"] for each in listed if isinstance(each, dict) and "type" in each)
    return list(dict.fromkeys(name for types in stated for name in (types if isinstance(types, list) else [types])))


def name_of_alternative(schema: Any, index: int) -> str:
    """An alternative of a union as named in a sentence: by its title, its component or its number."""
    return _name_of_schema(schema) or f"alternative {index + 1}"


def _name_of_schema(schema: Any) -> str:
    """The title or the component of a schema; "" where it has neither."""
    if isinstance(schema, dict) and ("title" in schema or "$ref" in schema):
        return f"`{schema.get('title') or str(schema['$ref']).rpartition('/')[2]}`"
    return ""


def _schema(value: Any) -> str:
    """A schema as it stands in a sentence."""
    return _name_of_schema(value) or show(value)


def _alternatives(how_many: str, value: Any) -> str:
    sentence = f"matches {how_many} of {len(value)} alternatives"
    others = [name_of_alternative(each, index) for index, each in enumerate(value) if each != {"type": "null"}]
    if len(others) == 1 < len(value) and others[0].startswith("`"):
        return f"matches {others[0]} or is null"
    types = types_of_alternatives(value)
    if not types:
        return sentence
    keywords = {keyword for each in value for keyword in each} - _ANNOTATIONS
    return f"is {_type(types)}" if keywords == {"type"} and len(types) == len(value) else f"{sentence}: {_type(types)}"


def _not(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"required"}:
        return "lacks " + " or ".join(f"`{name}`" for name in value["required"])
    if isinstance(value, dict) and set(value) == {"const"}:
        return f"is not {show(value['const'])}"
    return f"does not match {_schema(value)}"


def _unevaluated(parts: str, value: Any) -> str:
    """The members or items that no other keyword describes are valid against `value`."""
    return f"has no undocumented {parts}" + ("" if value is False else f" but those that match {_schema(value)}")


#: keyword -> the predicate of the sentence, from the keyword's value
_PREDICATES: dict[str, Callable[[Any], str]] = {
    "type": lambda value: f"is {_type(value)}",
    "enum": lambda value: (
        f"is one of {', '.join(show(item, 30) for item in value[:12]) or 'no values'}"
        + (f" and {len(value) - 12} more" if len(value) > 12 else "")
    ),
    "const": lambda value: f"is {show(value)}",
    "format": lambda value: f"has the format {value}",
    "pattern": lambda value: f"matches {value}",
    "minLength": lambda value: f"has at least {counted(value, 'character')}",
    "maxLength": lambda value: f"has at most {counted(value, 'character')}",
    "minimum": lambda value: f"is at least {value}",
    "maximum": lambda value: f"is at most {value}",
    "exclusiveMinimum": lambda value: f"is greater than {value}",
    "exclusiveMaximum": lambda value: f"is less than {value}",
    "multipleOf": lambda value: f"is a multiple of {value}",
    "minItems": lambda value: f"has at least {counted(value, 'item')}",
    "maxItems": lambda value: f"has at most {counted(value, 'item')}",
    "uniqueItems": lambda _: "has no duplicate items",
    "minProperties": lambda value: f"has at least {counted(value, 'member')}",
    "maxProperties": lambda value: f"has at most {counted(value, 'member')}",
    "additionalProperties": lambda _: "has no undocumented members",
    "unevaluatedProperties": lambda value: _unevaluated("members", value),
    "unevaluatedItems": lambda value: _unevaluated("items", value),
    "propertyNames": lambda value: f"has member names that match {_schema(value)}",
    "contains": lambda value: f"has an item that matches {_schema(value)}",
    "not": _not,
    "oneOf": lambda value: _alternatives("exactly one", value),
    "anyOf": lambda value: _alternatives("at least one", value),
    "false": lambda _: "is absent",
    "required": lambda _: "is required",
    "writeOnly": lambda _: "is write-only: no response has its value",
    "dependentRequired": lambda value: f"is required when `{value}` is present",
}

#: keywords that are clauses; every other one holds subschemas or asserts nothing
KEYWORDS = frozenset(_PREDICATES)

#: type of a value -> keywords for that type alone (JSON Schema 2020-12 Validation section 6, Core section 10.3)
_BINDS = {
    str: ("format", "pattern", "minLength", "maxLength"),
    float: ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    list: ("minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"),
    dict: ("minProperties", "maxProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"),
}
_BOUND = {keyword: kind for kind, keywords in _BINDS.items() for keyword in keywords}

_TYPES = {
    str: frozenset({"string"}),
    float: frozenset({"number", "integer"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
}
#: keyword that holds other schemas or names -> the type that it is about
_DESCRIBING = {
    **dict.fromkeys(("properties", "patternProperties", "required", "dependentRequired"), _TYPES[dict]),
    **dict.fromkeys(("items", "prefixItems"), _TYPES[list]),
}

#: the order in which the clauses that one value breaks are reported: the keyword that explains most comes first
PRECEDENCE = ("type", "const", "enum", "false", "required", "format", "pattern")


def describe(keyword: str, value: Any, name: str, note: str = "") -> str:
    """The sentence of a clause; `note` is the author's own description of a rule, which says more than its keyword."""
    sentence = f"{name} {_PREDICATES[keyword](value)}"
    return f"{sentence} ({note})" if note else sentence


def bounds_of_contains(schema: dict[str, Any]) -> str:
    """How many items have to match the `contains` of `schema`, as a note; "" where one or more do."""
    return ", ".join(f"{bound} {schema[bound]}" for bound in ("minContains", "maxContains") if bound in schema)


def binds(keyword: str, value: Any) -> bool:
    """Whether `keyword` constrains a value of this type; where it does not, every value keeps it."""
    kind = _BOUND.get(keyword)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind is None or isinstance(value, kind)


def type_bound_by(keyword: str) -> frozenset[str]:
    """The types of values that `keyword` constrains; none where it constrains any, or nothing."""
    kind = _BOUND.get(keyword) if keyword != "format" else None
    return _TYPES[kind] if kind is not None else _DESCRIBING.get(keyword, frozenset())


def precedence(keyword: str) -> int:
    """Position of `keyword` when the clauses that one value breaks are reported in order."""
    return PRECEDENCE.index(keyword) if keyword in PRECEDENCE else len(PRECEDENCE)
