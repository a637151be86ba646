"""A form of schemas of scalars that is the same however they are written: what each JSON type may be.

`anyOf` of a string and null is a list of two types, a `oneOf` of constants is an `enum`, and a limit beside a union is
one in each of its alternatives. Integers of at least 1 are those above 0, and a boolean is one of two values.
"""

from __future__ import annotations

from math import ceil, floor, isfinite
from typing import Any

from clausewise.comparison.constraints import Constraints, MessageSchemas
from clausewise.comparison.strictness import Assertion, allowed, canonical

#: type -> the values that it may have, in canonical form, or the assertions that they keep
NormalForm = dict[str, frozenset[str]]

_TYPES = ("string", "integer", "fraction", "boolean", "null", "array", "object")

#: keyword -> the types that it says something of
_ABOUT = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), ("string",)),
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), ("integer", "fraction")
    ),
}

#: types of few values, in canonical form
_FEW = {"boolean": frozenset({"= true", "= false"}), "null": frozenset({"= null"})}

#: alternatives of alternatives
_DEEPEST = 4


def normal_form(constraints: Constraints, schemas: MessageSchemas, depth: int = 0) -> NormalForm | None:
    """The normal form of what `constraints` say of a place; None where they say what it has no room for."""
    if constraints.members or constraints.unnamed or constraints.unknown or depth > _DEEPEST:
        return None
    form = _plain(constraints.assertions)
    for union in constraints.unions:
        branches = [normal_form(schemas.constraints(branch.schemas), schemas, depth + 1) for branch in union.branches]
        if form is None or any(branch is None for branch in branches):
            return None
        merged = _either([branch for branch in branches if branch is not None], exactly_one=union.keyword == "oneOf")
        form = _both(form, merged) if merged is not None else None
    return form


def includes(wide: NormalForm, narrow: NormalForm) -> bool:
    """Whether every value of the form `narrow` is one of the form `wide`, as far as the forms show."""

    def within(kind: str) -> bool:
        one, other = wide[kind], narrow[kind]
        return other <= one if _lists(one) else one <= other

    return all(kind in wide and within(kind) for kind in narrow)


def _plain(assertions: list[Assertion]) -> NormalForm | None:
    """The form of assertions, each of which holds."""
    form: NormalForm = {kind: frozenset() for kind in _TYPES}
    listed = [each for each in assertions if each.keyword in ("enum", "const")]
    for each in assertions:
        if each.conditions or each.severity != "error":
            return None
        if each.keyword == "type":
            kinds = {name for kind in _listed(each.value) for name in _parts(kind)}
            form = {kind: kept for kind, kept in form.items() if kind in kinds}
        elif each.keyword in _ABOUT:
            for kind in _ABOUT[each.keyword]:
                if kind in form:
                    form[kind] |= {_of_integers(each) if kind == "integer" else f"{each.keyword} {each.canonical}"}
        elif each not in listed:
            return None
    if listed:
        values = allowed(listed)
        # Other assertions beside values could exclude some of them.
        if any(each.keyword != "type" for each in assertions if each not in listed):
            return None
        found: dict[str, set[str]] = {}
        for text, value in values.items():
            found.setdefault(_type_of(value), set()).add(f"= {text}")
        form = {kind: frozenset(texts) for kind, texts in found.items() if kind in form}
    return {kind: texts or _FEW.get(kind, texts) for kind, texts in form.items()}


def _of_integers(assertion: Assertion) -> str:
    """What a keyword says of integers: less than 2 is at most 1."""
    keyword, value = assertion.keyword, assertion.value
    bound = keyword.removeprefix("exclusive").lower()
    if bound not in ("minimum", "maximum") or not isinstance(value, int | float) or not isfinite(value):
        return f"{keyword} {assertion.canonical}"
    limit = ceil(value) if bound == "minimum" else floor(value)
    if keyword != bound and limit == value:
        limit += 1 if bound == "minimum" else -1
    return f"{bound} {limit}"


def _either(branches: list[NormalForm], *, exactly_one: bool) -> NormalForm | None:
    """The form of a union: of each type one alternative says what it may be, or several list its values."""
    merged: NormalForm = {}
    for branch in branches:
        for kind, texts in branch.items():
            if kind not in merged:
                merged[kind] = texts
            elif exactly_one and (not _lists(merged[kind], texts) or merged[kind] & texts):
                return None
            elif _lists(merged[kind], texts):
                merged[kind] |= texts
            elif merged[kind] != texts:
                return None
    return merged


def _both(one: NormalForm, other: NormalForm) -> NormalForm | None:
    form: NormalForm = {}
    for kind in one.keys() & other.keys():
        sides = one[kind], other[kind]
        if _lists(*sides):
            if common := sides[0] & sides[1]:
                form[kind] = common
        elif all(sides) and any(map(_lists, sides)):
            return None
        else:
            form[kind] = sides[0] | sides[1]
    return form


def _lists(*sides: frozenset[str]) -> bool:
    return all(texts and all(text.startswith("= ") for text in texts) for texts in sides)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _parts(kind: str) -> tuple[str, ...]:
    return ("integer", "fraction") if kind == "number" else (kind,)


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if "." not in canonical(value) else "fraction"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object" if isinstance(value, dict) else "null"
