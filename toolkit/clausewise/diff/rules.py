"""The rules of one place in two documents, compared keyword by keyword."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clausewise.contract.clause import Direction
from clausewise.contract.keywords import describe
from clausewise.diff.constraints import Said, Tree
from clausewise.diff.difference import Local, rule, sentence
from clausewise.diff.strictness import Assertion, allowed, compare, plain, strictest

#: what can be compared: family, member that is required, and conditions
_Key = tuple[str, str, frozenset[tuple[str, bool]]]


def compare_rules(direction: Direction, old: Said, new: Said, old_tree: Tree, new_tree: Tree) -> Iterator[Local]:
    """How the rules of a place differ, those about members that are new or gone left out."""
    before, after = _grouped(old.assertions), _grouped(new.assertions)
    moved: set[_Key] = set()
    for key, rules in before.items():
        # The same rule under another condition is one change, and not one that went and one that came.
        other = _elsewhere(key, rules, before, after, moved)
        if other is not None:
            moved |= {key, other}
            yield _condition(direction, rules[0], after[other][0], old_tree, new_tree)
    for key in [*before, *(key for key in after if key not in before)]:
        one, two = before.get(key, []), after.get(key, [])
        if key in moved or _implied(key, one, two, before, after):
            continue
        if key[0] == "required" and not one and key[1] not in old.members and new.members[key[1]]:
            continue  # told of the new member
        if key[1] and not two and key[1] not in new.members and old.members[key[1]]:
            continue  # told of the member that is gone
        yield from _group(direction, one, two)


def _group(direction: Direction, old: list[Assertion], new: list[Assertion]) -> Iterator[Local]:
    musts = _musts(old), _musts(new)
    if any(musts):
        kind = compare(*musts)
        old, new = musts[0] or old, musts[1] or new
    else:
        kind = compare(old, new)
    if kind is not None:
        one, two = strictest(old) if old else None, strictest(new) if new else None
        local = rule(direction, kind, one, two, sentence(old, new))
        yield msgspec.structs.replace(local, old=_place(one, two), new=_place(two, one))


def _place(told: Assertion | None, other: Assertion | None) -> str | None:
    """Where a rule stands; of an `enum` the first value that the other version does not have."""
    if told is None or other is None or told.keyword != "enum":
        return told.location if told else None
    there = allowed([other])
    further = (index for index, value in enumerate(told.value) if plain(value) not in there)
    index = next(further, None)
    return told.location if index is None else f"{told.location}/{index}"


def _musts(assertions: list[Assertion]) -> list[Assertion]:
    """Those that are more than advice."""
    return [each for each in assertions if each.severity == "error"]


def _elsewhere(
    key: _Key,
    rules: list[Assertion],
    before: dict[_Key, list[Assertion]],
    after: dict[_Key, list[Assertion]],
    moved: set[_Key],
) -> _Key | None:
    """Where the rules that stood under a condition of the old document stand in the new one."""
    if not key[2] or key in after:
        return None
    for other, candidates in after.items():
        same = other[:2] == key[:2] and other[2] and other not in before and other not in moved
        if same and compare(rules, candidates) is None:
            return other
    return None


def _condition(direction: Direction, old: Assertion, new: Assertion, old_tree: Tree, new_tree: Tree) -> Local:
    def say(name: str) -> str:
        return f"{describe(new.keyword, new.value, name, new.note)}, under another condition than before"

    def asked(tree: Tree, told: Assertion, other: Assertion) -> str:
        texts = sorted(text for text, _ in told.conditions - other.conditions)
        return next((tree.questions[text] for text in texts if text in tree.questions), told.location)

    places = asked(old_tree, old, new), asked(new_tree, new, old)
    local = rule(direction, "changed", old, new, say)
    return msgspec.structs.replace(local, old=places[0], new=places[1], keyword=f"{new.keyword} {new.location}")


def _grouped(assertions: list[Assertion]) -> dict[_Key, list[Assertion]]:
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
    """Whether a rule under a condition, which one side lacks, says no more than the other side says always."""
    always: _Key = (key[0], key[1], frozenset())
    if not key[2] or (old and new):
        return False
    there, rules = (_musts(before.get(always, [])), new) if new else (_musts(after.get(always, [])), old)
    return bool(there) and compare(there, rules) in (None, "loosened")
