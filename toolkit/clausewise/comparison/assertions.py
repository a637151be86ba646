"""Compares the assertions of two documents about one place, keyword by keyword."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clausewise.comparison.constraints import Constraints, MessageSchemas
from clausewise.comparison.difference import Difference, assertion_difference, comparison_sentence
from clausewise.comparison.strictness import Assertion, allowed, canonical, compare, strictest
from clausewise.contract.clause import Direction
from clausewise.contract.keywords import describe

#: what assertions are matched by: family, required member, and conditions
_Key = tuple[str, str, frozenset[tuple[str, bool]]]


def compare_assertions(
    direction: Direction, old: Constraints, new: Constraints, old_schemas: MessageSchemas, new_schemas: MessageSchemas
) -> Iterator[Difference]:
    """The differences of the assertions of a place, without those about members that were added or removed."""
    before, after = _by_family(old.assertions), _by_family(new.assertions)
    moved: set[_Key] = set()
    for key, assertions in before.items():
        # An assertion with another condition is one change, not one removed and one added.
        other = _moved_to(key, assertions, before, after, moved)
        if other is not None:
            moved |= {key, other}
            yield _condition_difference(direction, assertions[0], after[other][0], old_schemas, new_schemas)
    for key in [*before, *(key for key in after if key not in before)]:
        one, two = before.get(key, []), after.get(key, [])
        if key in moved or _implied(key, one, two, before, after):
            continue
        if key[0] == "required" and not one and key[1] not in old.members and new.members[key[1]]:
            continue  # part of the added member
        if key[1] and not two and key[1] not in new.members and old.members[key[1]]:
            continue  # part of the removed member
        yield from _compare_family(direction, one, two)


def _compare_family(direction: Direction, old: list[Assertion], new: list[Assertion]) -> Iterator[Difference]:
    binding = _binding(old), _binding(new)
    if any(binding):
        kind = compare(*binding)
        old, new = binding[0] or old, binding[1] or new
    else:
        kind = compare(old, new)
    if kind is not None:
        one, two = strictest(old) if old else None, strictest(new) if new else None
        difference = assertion_difference(direction, kind, one, two, comparison_sentence(old, new))
        yield msgspec.structs.replace(difference, old=_place(one, two), new=_place(two, one))


def _place(assertion: Assertion | None, other: Assertion | None) -> str | None:
    """The place of an assertion; for an `enum`, of the first value that the other version does not have."""
    if assertion is None or other is None or assertion.keyword != "enum":
        return assertion.location if assertion else None
    there = allowed([other])
    further = (index for index, value in enumerate(assertion.value) if canonical(value) not in there)
    index = next(further, None)
    return assertion.location if index is None else f"{assertion.location}/{index}"


def _binding(assertions: list[Assertion]) -> list[Assertion]:
    """The assertions that are not advisory."""
    return [each for each in assertions if each.severity == "error"]


def _moved_to(
    key: _Key,
    assertions: list[Assertion],
    before: dict[_Key, list[Assertion]],
    after: dict[_Key, list[Assertion]],
    moved: set[_Key],
) -> _Key | None:
    """The key of the same assertions under another condition in the new document; None where there is none."""
    if not key[2] or key in after:
        return None
    for other, candidates in after.items():
        same = other[:2] == key[:2] and other[2] and other not in before and other not in moved
        if same and compare(assertions, candidates) is None:
            return other
    return None


def _condition_difference(
    direction: Direction, old: Assertion, new: Assertion, old_schemas: MessageSchemas, new_schemas: MessageSchemas
) -> Difference:
    def render(name: str) -> str:
        return f"{describe(new.keyword, new.value, name, new.note)}, under a new condition"

    def condition_at(schemas: MessageSchemas, assertion: Assertion, other: Assertion) -> str:
        texts = sorted(text for text, _ in assertion.conditions - other.conditions)
        return next(
            (schemas.condition_locations[text] for text in texts if text in schemas.condition_locations),
            assertion.location,
        )

    places = condition_at(old_schemas, old, new), condition_at(new_schemas, new, old)
    difference = assertion_difference(direction, "changed", old, new, render)
    return msgspec.structs.replace(difference, old=places[0], new=places[1], keyword=f"{new.keyword} {new.location}")


def _by_family(assertions: list[Assertion]) -> dict[_Key, list[Assertion]]:
    groups: dict[_Key, list[Assertion]] = {}
    for each in assertions:
        family = f"{each.family} {each.value}" if each.keyword == "dependentRequired" else each.family
        groups.setdefault((family, each.member, each.conditions), []).append(each)
    return groups


def _implied(
    key: _Key,
    old: list[Assertion],
    new: list[Assertion],
    before: dict[_Key, list[Assertion]],
    after: dict[_Key, list[Assertion]],
) -> bool:
    """Whether a conditional assertion of one version follows from an unconditional one of the other."""
    always: _Key = (key[0], key[1], frozenset())
    if not key[2] or (old and new):
        return False
    there, assertions = (_binding(before.get(always, [])), new) if new else (_binding(after.get(always, [])), old)
    return bool(there) and compare(there, assertions) in (None, "loosened")
