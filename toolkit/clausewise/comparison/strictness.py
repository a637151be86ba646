"""Compares two versions of a keyword: which of them allows more values."""

from __future__ import annotations

import json
from collections import abc
from contextlib import suppress
from json.encoder import encode_basestring
from math import inf
from typing import Any

import msgspec

from clausewise.comparison.change import Kind
from clausewise.contract.clause import Severity
from clausewise.contract.keywords import KEYWORDS
from clausewise.contract.pattern_parser import UnreadableError, parse
from clausewise.contract.regular_expression import Choice, Group, Node, Repeat, Sequence
from clausewise.spec.subschemas import APPLICATORS

#: keyword -> family of keywords that are compared with each other
_FAMILIES = {
    "maximum": "upper",
    "exclusiveMaximum": "upper",
    "minimum": "lower",
    "exclusiveMinimum": "lower",
    "enum": "values",
    "const": "values",
    "additionalProperties": "closed",
    "unevaluatedProperties": "closed",
    "unevaluatedItems": "closed",
}
_EXCLUSIVE = ("exclusiveMinimum", "exclusiveMaximum")

#: keyword -> the types that it says something of (JSON Schema 2020-12 Validation section 6)
_ABOUT = {
    keyword: types
    for types, keywords in {
        frozenset({"string"}): ("minLength", "maxLength", "pattern"),
        frozenset({"integer", "fraction"}): ("minimum", "maximum", *_EXCLUSIVE, "multipleOf"),
        frozenset({"array"}): ("minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"),
        frozenset({"object"}): ("minProperties", "maxProperties", "propertyNames", "unevaluatedProperties"),
    }.items()
    for keyword in keywords
}
#: the types of all values: integers are numbers
_ANY_TYPE = frozenset({"string", "number", "boolean", "null", "array", "object"})

_AT_MOST = frozenset({"upper", "maxLength", "maxItems", "maxProperties"})
_AT_LEAST = frozenset({"lower", "minLength", "minItems", "minProperties"})


class Assertion(msgspec.Struct, frozen=True):
    """A keyword that constrains the value at a place."""

    keyword: str
    value: Any
    #: the value in canonical form: with resolved references and without annotations
    canonical: str
    #: JSON Pointer of the keyword in the generated schema
    location: str
    severity: Severity
    #: the description beside an advisory assertion
    note: str
    #: the `if` schemas that it depends on, in canonical form, and whether the value must be valid against them
    conditions: frozenset[tuple[str, bool]]
    #: the member in `required`; "" for other keywords
    member: str = ""

    @property
    def family(self) -> str:
        """The family of keywords that it is compared with."""
        return _FAMILIES.get(self.keyword, self.keyword)


def compare(old: abc.Sequence[Assertion], new: abc.Sequence[Assertion]) -> Kind | None:
    """How `new` differs from `old`: assertions of one family about one place, all of which apply; None when equal."""
    if not old or not new:
        return "tightened" if new else "loosened" if old else None
    family = old[0].family
    if family in _AT_MOST or family in _AT_LEAST:
        sign = 1 if family in _AT_MOST else -1
        before, after = (min(_bound(each, sign) for each in side) for side in (old, new))
        return None if before == after else "tightened" if after < before else "loosened"
    if family == "values":
        return _of_sets(allowed(old), allowed(new))
    if family == "type":
        return _of_sets(_types(old), _types(new))
    if family == "multipleOf":
        return _multiples(old, new)
    if family == "closed":
        return _of_closed({each.canonical for each in old}, {each.canonical for each in new})
    if family == "contains" and len(old) == len(new) == 1:
        return _of_contains(json.loads(old[0].canonical), json.loads(new[0].canonical))
    return _of_sets({each.canonical for each in new}, {each.canonical for each in old})


def strictest(assertions: abc.Sequence[Assertion]) -> Assertion:
    """The strictest of several assertions of one family, for sentences."""
    family = assertions[0].family
    if family in _AT_MOST or family in _AT_LEAST:
        return min(assertions, key=lambda each: _bound(each, 1 if family in _AT_MOST else -1))
    if family == "values":
        return min(assertions, key=lambda each: len(_values(each)))
    return assertions[0]


def always_holds(keyword: str, value: Any) -> bool:
    """Whether every value satisfies it, such as a minimum of 0, a list of all types, a pattern that an empty text
    anywhere matches, or what names of members are anyway: texts."""
    if keyword == "pattern" and isinstance(value, str):
        with suppress(UnreadableError):
            return _is_anywhere(parse(value))
        return False
    if keyword == "type":
        return isinstance(value, list) and set(value) >= _ANY_TYPE
    if keyword == "propertyNames":
        return isinstance(value, dict) and all(_holds_for_texts(name, each) for name, each in value.items())
    return keyword in ("minLength", "minItems", "minProperties") and value == 0


def is_idle(assertion: Assertion, beside: abc.Sequence[Assertion]) -> bool:
    """Whether no value of the types that the assertions `beside` it allow is one that its keyword says something of."""
    about = _ABOUT.get(assertion.keyword)
    types = [each for each in beside if each.keyword == "type" and each.severity == "error" and not each.conditions]
    return about is not None and bool(types) and not about & _types(types)


def _holds_for_texts(keyword: str, value: Any) -> bool:
    """Whether every text satisfies it."""
    if keyword == "type":
        return "string" in (value if isinstance(value, list) else [value])
    if keyword in KEYWORDS:
        return "string" not in _ABOUT.get(keyword, {"string"}) or always_holds(keyword, value)
    return keyword not in APPLICATORS and not keyword.startswith("$")


def _is_anywhere(node: Node) -> bool:
    """Whether the empty text matches a part of a pattern, wherever it stands."""
    match node:
        case Sequence():
            return all(map(_is_anywhere, node.parts))
        case Choice():
            return any(map(_is_anywhere, node.alternatives))
        case Group():
            return _is_anywhere(node.part)
        case Repeat():
            return node.low == 0 or _is_anywhere(node.part)
    return False


def allowed(assertions: abc.Sequence[Assertion]) -> dict[str, Any]:
    """The values that all of these `enum` and `const` allow, by canonical form, in the order of the first."""
    first, *others = [_values(each) for each in assertions]
    return {canonical: value for canonical, value in first.items() if all(canonical in other for other in others)}


def canonical(value: Any) -> str:
    """A JSON value as text, equal for values that are equal in JSON Schema (1 and 1.0, but not 1 and true)."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is True or value is False or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return json.dumps(_normalized(value), sort_keys=True, ensure_ascii=False, default=str)


def _normalized(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_normalized(item) for item in value]
    if isinstance(value, dict):
        return {name: _normalized(member) for name, member in value.items()}
    return value


def _values(assertion: Assertion) -> dict[str, Any]:
    values = assertion.value if assertion.keyword == "enum" else [assertion.value]
    return {canonical(value): value for value in values}


def _bound(assertion: Assertion, sign: int) -> tuple[Any, int]:
    """The sort key of a limit: the lower, the stricter."""
    value = assertion.value if isinstance(assertion.value, int | float) else inf
    return sign * value, 0 if assertion.keyword.startswith("exclusive") else 1


def _types(assertions: abc.Sequence[Assertion]) -> set[str]:
    """The types that all of them allow, "number" as "integer" and "fraction"."""
    sides = []
    for each in assertions:
        names = set(each.value if isinstance(each.value, list) else [each.value])
        sides.append(names - {"number"} | {"integer", "fraction"} if "number" in names else names)
    return set.intersection(*sides)


def _multiples(old: abc.Sequence[Assertion], new: abc.Sequence[Assertion]) -> Kind | None:
    from fractions import Fraction

    # From the decimal digits: as floats, 0.3 is not a multiple of 0.1.
    before, after = ([Fraction(str(each.value)) for each in side] for side in (old, new))
    tighter = all(any(value % limit == 0 for value in after) for limit in before)
    looser = all(any(limit % value == 0 for limit in before) for value in after)
    if tighter and looser:
        return None
    return "tightened" if tighter else "loosened" if looser else "changed"


def _of_closed(before: set[str], after: set[str]) -> Kind | None:
    """How the schemas of members or items without one of their own have changed: `false` allows none of them."""
    if before == after or "false" in before & after:
        return None
    return "loosened" if "false" in before else "tightened" if "false" in after else "changed"


def _of_contains(before: dict[str, Any], after: dict[str, Any]) -> Kind | None:
    """How the number of items that have to match has changed, or what they have to match."""
    if before == after or before["schema"] != after["schema"]:
        return None if before == after else "changed"
    least = after["min"], before["min"]
    most = tuple(inf if each["max"] is None else each["max"] for each in (after, before))
    tightens, loosens = least[0] > least[1] or most[0] < most[1], least[0] < least[1] or most[0] > most[1]
    return "changed" if tightens and loosens else "tightened" if tightens else "loosened"


def _of_sets(before: Any, after: Any) -> Kind | None:
    """How a set of allowed values has changed."""
    one, other = set(before), set(after)
    if one == other:
        return None
    return "tightened" if other < one else "loosened" if one < other else "changed"
