"""Which of two versions of a keyword lets more values pass."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import inf
from typing import Any

import msgspec

from clausewise.contract.clause import Severity
from clausewise.diff.change import Kind

#: keywords that assert the same kind of thing -> the family they are compared in
_FAMILIES = {
    "maximum": "upper",
    "exclusiveMaximum": "upper",
    "minimum": "lower",
    "exclusiveMinimum": "lower",
    "enum": "values",
    "const": "values",
    "additionalProperties": "closed",
    "unevaluatedProperties": "closed",
}
_AT_MOST = frozenset({"upper", "maxLength", "maxItems", "maxProperties"})
_AT_LEAST = frozenset({"lower", "minLength", "minItems", "minProperties"})


class Assertion(msgspec.Struct, frozen=True):
    """A keyword that constrains the value at a place."""

    keyword: str
    value: Any
    #: the value in canonical form: with references resolved, without annotations
    canonical: str
    #: of the keyword, in the generated schema
    location: str
    severity: Severity
    #: what the author wrote beside an advisory assertion
    note: str
    #: the `if`s it depends on, each in canonical form, and whether it must hold
    conditions: frozenset[tuple[str, bool]]
    #: the member that a `required` demands; "" for other keywords
    member: str = ""

    @property
    def family(self) -> str:
        """What it is compared with."""
        return _FAMILIES.get(self.keyword, self.keyword)


def compare(old: Sequence[Assertion], new: Sequence[Assertion]) -> Kind | None:
    """How `new` differs from `old`, both of one family at one place, where all of them hold; None when it does not."""
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
        return None
    return _of_sets({each.canonical for each in new}, {each.canonical for each in old})


def strictest(assertions: Sequence[Assertion]) -> Assertion:
    """The one to quote of several of one family."""
    family = assertions[0].family
    if family in _AT_MOST or family in _AT_LEAST:
        return min(assertions, key=lambda each: _bound(each, 1 if family in _AT_MOST else -1))
    if family == "values":
        return min(assertions, key=lambda each: len(_values(each)))
    return assertions[0]


def always_holds(keyword: str, value: Any) -> bool:
    """Whether every value satisfies it: at least none."""
    return keyword in ("minLength", "minItems", "minProperties") and value == 0


def allowed(assertions: Sequence[Assertion]) -> dict[str, Any]:
    """The values that every `enum` and `const` of these allows, in the order of the first, by what they are."""
    first, *others = [_values(each) for each in assertions]
    return {canonical: value for canonical, value in first.items() if all(canonical in other for other in others)}


def canonical(value: Any) -> str:
    """A JSON value as text, the same for values that are equal to JSON Schema (1 and 1.0; not 1 and true)."""
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
    """What it is ordered by: the lower, the stricter."""
    value = assertion.value if isinstance(assertion.value, int | float) else inf
    return sign * value, 0 if assertion.keyword.startswith("exclusive") else 1


def _types(assertions: Sequence[Assertion]) -> set[str]:
    """The types that all of them allow; "number" as the two kinds of number that there are."""
    sides = []
    for each in assertions:
        names = set(each.value if isinstance(each.value, list) else [each.value])
        sides.append(names - {"number"} | {"integer", "fraction"} if "number" in names else names)
    return set.intersection(*sides)


def _multiples(old: Sequence[Assertion], new: Sequence[Assertion]) -> Kind | None:
    from fractions import Fraction

    # Of the decimal digits: 0.3 as a float is no multiple of 0.1.
    before, after = ([Fraction(str(each.value)) for each in side] for side in (old, new))
    tighter = all(any(value % limit == 0 for value in after) for limit in before)
    looser = all(any(limit % value == 0 for limit in before) for value in after)
    if tighter and looser:
        return None
    return "tightened" if tighter else "loosened" if looser else "changed"


def _of_sets(before: Any, after: Any) -> Kind | None:
    """How what is allowed has changed."""
    one, other = set(before), set(after)
    if one == other:
        return None
    return "tightened" if other < one else "loosened" if one < other else "changed"
