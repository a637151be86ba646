"""Compares the schemas of two documents for one direction, place by place.

A place has the schemas that apply to it in the old document and those in the new one. Places are kept, so that a
component of thousands of messages is compared once, and recursion ends.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import msgspec

from clausewise.comparison.annotations import compare_annotations, with_formats_alike
from clausewise.comparison.assertions import compare_assertions
from clausewise.comparison.change import Kind
from clausewise.comparison.constraints import (
    AppliedSchema,
    AppliedSchemas,
    Constraints,
    MessageSchemas,
    SchemaUnion,
    UnionBranch,
    Unknown,
)
from clausewise.comparison.difference import (
    ADVICE,
    UNKNOWN,
    Difference,
    assertion_difference,
    comparison_sentence,
    fixed_sentence,
    impact,
)
from clausewise.comparison.lifecycle import removal
from clausewise.comparison.places import ComparedPlace
from clausewise.comparison.strictness import Assertion
from clausewise.contract.clause import STEPS, Direction
from clausewise.contract.keywords import show
from clausewise.contract.unjudged import Unjudged

_REFERENCE = re.compile(rb'"#/\$defs/((?:[^"\\]|\\.)*)"')

#: depth of nested unions without names beyond which branches are not matched by their assertions
_DEEP = 20


class SchemaComparison:
    """Compares the schemas of two documents that apply to messages of one direction."""

    def __init__(self, old: MessageSchemas, new: MessageSchemas, today: date) -> None:
        self.direction: Direction = new.direction
        self.old = old
        self.new = new
        self._today = today
        self._places: dict[tuple[AppliedSchemas, AppliedSchemas], ComparedPlace] = {}
        self._yielded: set[ComparedPlace] = set()
        self._depth = 0
        self._unchanged = _unchanged(old, new)

    def place(self, old: Sequence[AppliedSchema], new: Sequence[AppliedSchema]) -> ComparedPlace:
        """The place of these schemas in the two documents."""
        key = (tuple(old), tuple(new))
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = ComparedPlace(*key)
        return found

    def compare(self, root: ComparedPlace) -> Iterator[ComparedPlace]:
        """Compare every place at and below `root`, and yield those that were not yielded before."""
        pending = [root]
        while pending:
            place = pending.pop()
            if place not in self._yielded:
                self._yielded.add(place)
                if place.differences is None:
                    self._compare_place(place)
                yield place
                pending.extend(below for _, _, below in place.below)

    def _equal(self, old: AppliedSchemas, new: AppliedSchemas) -> bool:
        """Whether there is no difference at and below a place; False where unions are nested too deeply to compare."""
        if self._depth > _DEEP:
            return False
        self._depth += 1
        seen, pending = set(), [self.place(old, new)]
        while pending:
            place = pending.pop()
            if place in seen:
                continue
            seen.add(place)
            if place.differences is None:
                self._compare_place(place)
            if place.differences:
                break
            pending.extend(below for _, _, below in place.below)
        self._depth -= 1
        return not place.differences

    def _compare_place(self, place: ComparedPlace) -> None:
        place.differences = []
        if place.old == place.new and all(applied.location in self._unchanged for applied in place.old):
            return
        old, new = self.old.constraints(place.old), self.new.constraints(place.new)
        if _written(old.unknown) != _written(new.unknown):
            place.differences.append(_not_compared(place, old.unknown, new.unknown))
            return
        if self.direction == "response" and new.forbidden and not old.forbidden and place.old:
            # To clients it is what they miss where it is no longer documented.
            sentence, places = (
                fixed_sentence("{} is never sent any more"),
                (place.old[0].location, place.new[0].location),
            )
            difference = Difference("removed", "breaking", "clients miss it", sentence, "member", *places)
            place.differences.append(self._by_severity(difference, place.new))
            return
        if old.forbidden or new.forbidden:
            # Other assertions of a value that is not allowed have no effect.
            old, new = (
                Constraints([each for each in constraints.assertions if each.keyword == "false"])
                for constraints in (old, new)
            )
            place.differences.extend(compare_assertions(self.direction, old, new, self.old, self.new))
            return
        place.differences.extend(compare_annotations(self.direction, old, new, self._today))
        old, new = with_formats_alike(old, new)
        if len(old.unions) + len(new.unions) == 1 and self._one_of_several(place, old, new):
            return
        place.differences.extend(compare_assertions(self.direction, old, new, self.old, self.new))
        self._members(place, old, new)
        self._unnamed(place, old, new)
        self._unions(place, old, new)

    def _members(self, place: ComparedPlace, old: Constraints, new: Constraints) -> None:
        assert place.differences is not None
        for name in [*old.members, *(name for name in new.members if name not in old.members)]:
            one, two = old.members.get(name, []), new.members.get(name, [])
            removed = name in old.members and name not in new.members and one
            added = name in new.members and name not in old.members and two
            if removed and not self.old.constraints(tuple(one)).forbidden:
                place.differences.append(self._by_severity(self._removed_member(one[0], name), one))
            elif added and not self.new.constraints(tuple(two)).forbidden:
                place.differences.append(self._by_severity(self._added_member(two[0], name, old, new), two))
                if rest := old.rest_of(name) if not old.closed else ():
                    place.below.append(((name,), (), self.place(rest, two)))
            elif one or two:
                place.below.append(((name,), (), self.place(one or old.rest_of(name), two or new.rest_of(name))))

    @staticmethod
    def _by_severity(difference: Difference, schemas: Sequence[AppliedSchema]) -> Difference:
        """The difference, not breaking where all the schemas that assert it are advisory."""
        if any(applied.severity == "error" for applied in schemas):
            return difference
        return msgspec.structs.replace(difference, level="compatible", reason=ADVICE)

    def _removed_member(self, applied: AppliedSchema, name: str) -> Difference:
        annotations = self.old.constraints((applied,)).annotations
        announced = removal({keyword: value for keyword, (value, _) in annotations.items()}, self._today)
        request = self.direction == "request"
        level, reason = announced or (
            "breaking",
            "requests that hold it are no longer understood" if request else "clients miss it",
        )
        sentence = fixed_sentence("{} is no longer documented")
        return Difference("removed", level, reason, sentence, "member", applied.location, None, (name,))

    def _added_member(self, applied: AppliedSchema, name: str, old: Constraints, new: Constraints) -> Difference:
        is_new = fixed_sentence("{} is new")
        needed = [each for each in new.assertions if each.member == name and each.severity == "error"]
        if self.direction == "request":
            required = next((each for each in needed if each.keyword == "required"), None)
            if required is not None:
                reason = "requests that were valid are refused"
                rest = " under a condition" if required.conditions else ""
                sentence = fixed_sentence(f"{{}} is new, and required{rest}")
                return Difference("added", "breaking", reason, sentence, "member", None, required.location, (name,))
        elif old.closed:
            reason = "clients were told that there are no further members"
            return Difference("added", "breaking", reason, is_new, "member", None, applied.location, (name,))
        reason = "what was valid still is" if self.direction == "request" else "clients need not know it"
        if not self.old.constraints(old.rest_of(name)).unconstrained:
            reason = "it was one of the members without a name"
        return Difference("added", "compatible", reason, is_new, "member", None, applied.location, (name,))

    def _unnamed(self, place: ComparedPlace, old: Constraints, new: Constraints) -> None:
        assert place.differences is not None
        for key in [*old.unnamed, *(key for key in new.unnamed if key not in old.unnamed)]:
            one, two = tuple(old.unnamed.get(key, ())), tuple(new.unnamed.get(key, ()))
            step = STEPS[key[0]] or key[1]
            if one and two:
                place.below.append(((step,), (), self.place(one, two)))
                continue
            side, schemas, own, other = (self.old, one, old, new) if one else (self.new, two, new, old)
            is_told = {"items": other.ends, "prefixItems": False}.get(key[0], other.closed and not own.closed)
            if is_told:
                continue  # what forbids them is a difference by itself
            if rest := other.rest(key[0]):
                place.below.append(((step,), (), self.place(one or rest, two or rest)))
                if not side.constraints(schemas).unconstrained and self._equal(one or rest, two or rest):
                    place.differences.append(_like_the_others(key[0], step, (one or rest)[0], (two or rest)[0]))
                continue
            if side.constraints(schemas).unconstrained:
                continue
            if side.constraints(schemas).unknown:
                place.below.append(((step,), (), self.place(one, two)))
                continue
            kind: Kind = "loosened" if one else "tightened"
            sentence = fixed_sentence("{} no longer has a schema" if one else "{} has a schema; before, it had none")
            level, reason = impact(self.direction, kind)
            removed, added = (schemas[0].location, None) if one else (None, schemas[0].location)
            difference = Difference(kind, level, reason, sentence, key[0], removed, added, (step,))
            place.differences.append(self._by_severity(difference, schemas))

    def _unions(self, place: ComparedPlace, old: Constraints, new: Constraints) -> None:
        assert place.differences is not None
        for one, two in zip(old.unions, new.unions, strict=False):
            if {one.keyword, two.keyword} == {"oneOf", "anyOf"}:
                # "Exactly one" is stricter than "at least one".
                kind: Kind = "tightened" if two.keyword == "oneOf" else "loosened"
                before, after = _as_assertion(one), _as_assertion(two)
                sentence = comparison_sentence([before], [after])
                place.differences.append(assertion_difference(self.direction, kind, before, after, sentence))
            self._branches(place, one.branches, two.branches)
        common = min(len(old.unions), len(new.unions))
        for union in old.unions[common:]:
            assertion = _as_assertion(union)
            place.differences.append(
                assertion_difference(self.direction, "loosened", assertion, None, comparison_sentence([assertion], []))
            )
        for union in new.unions[common:]:
            assertion = _as_assertion(union)
            place.differences.append(
                assertion_difference(self.direction, "tightened", None, assertion, comparison_sentence([], [assertion]))
            )

    def _one_of_several(self, place: ComparedPlace, old: Constraints, new: Constraints) -> bool:
        """Compare a schema that became a branch of a union, or the other way round; False where it did not."""
        union = (old.unions or new.unions)[0]
        within, alone, schemas = (old, new, place.new) if old.unions else (new, old, place.old)
        if alone.unconstrained or not _stands_alone(within, union, alone):
            return False
        single = (UnionBranch(_type_label(alone), "alone", schemas),)
        self._branches(place, *((union.branches, single) if old.unions else (single, union.branches)))
        return True

    def _branches(self, place: ComparedPlace, old: Sequence[UnionBranch], new: Sequence[UnionBranch]) -> None:
        assert place.differences is not None
        matched, removed, added = self._match(old, new)
        for one, two in matched:
            label = one.label if two.named_by == "alone" else two.label
            place.below.append(((), (label,), self.place(one.schemas, two.schemas)))
        request = self.direction == "request"
        for branch in removed:
            reason = "requests of this form are refused" if request else "responses stay valid under the old contract"
            sentence = fixed_sentence(f"{{}} no longer has the alternative {show(branch.label)}")
            difference = Difference(
                "removed",
                "breaking" if request else "compatible",
                reason,
                sentence,
                "branch",
                branch.schemas[0].location,
                None,
            )
            place.differences.append(self._by_severity(difference, branch.schemas))
        for branch in added:
            reason = "valid requests stay valid" if request else "responses may be invalid under the old contract"
            sentence = fixed_sentence(f"{{}} has the new alternative {show(branch.label)}")
            difference = Difference(
                "added",
                "compatible" if request else "breaking",
                reason,
                sentence,
                "branch",
                None,
                branch.schemas[0].location,
            )
            place.differences.append(self._by_severity(difference, branch.schemas))

    def _match(
        self, old: Sequence[UnionBranch], new: Sequence[UnionBranch]
    ) -> tuple[list[tuple[UnionBranch, UnionBranch]], list[UnionBranch], list[UnionBranch]]:
        """Branches of both versions; removed ones; and added ones."""
        matched: list[tuple[UnionBranch, UnionBranch]] = []
        removed, added = list(old), list(new)

        def match_by(same: Callable[[UnionBranch, UnionBranch], bool]) -> None:
            for one in tuple(removed):
                at = old.index(one)
                near = [new[at]] if at < len(new) and new[at] in added else []
                two = next((each for each in (*near, *added) if same(one, each)), None)
                if two is not None:
                    matched.append((one, two))
                    removed.remove(one)
                    added.remove(two)

        labels = [[branch.label for branch in side if branch.named_by != "number"] for side in (old, new)]
        unique = {label for label in labels[0] if labels[0].count(label) == labels[1].count(label) == 1}
        match_by(lambda one, two: one.label == two.label and one.label in unique)
        # A schema that moved to a component has another name; its assertions show that it is the same.
        match_by(
            lambda one, two: (
                not one.named_by == two.named_by == "discriminator" and self._equal(one.schemas, two.schemas)
            )
        )
        match_by(lambda one, two: one.label == two.label and one.named_by != "number")
        match_by(
            lambda one, two: (
                {one.named_by, two.named_by} & {"alone", "type", "number"} != set()
                and _type_label(self.old.constraints(one.schemas)) == _type_label(self.new.constraints(two.schemas))
            )
        )
        return matched, removed, added


def _written(unknown: Sequence[Unknown]) -> list[str]:
    return sorted(each.canonical for each in unknown)


def _like_the_others(keyword: str, step: str, old: AppliedSchema, new: AppliedSchema) -> Difference:
    """The difference of items or members that have a schema of their own in one version, which says the same as that of
    all others."""
    sentence = fixed_sentence("{} is written differently, the same for clients")
    reason = "its schema is that of the others"
    return Difference("changed", "editorial", reason, sentence, keyword, old.location, new.location, (step,))


def _not_compared(place: ComparedPlace, old: Sequence[Unknown], new: Sequence[Unknown]) -> Difference:
    """The difference at a place of which one version says what nobody knows the meaning of, and the other does not."""
    one = next((each for each in old if each.canonical not in _written(new)), None)
    two = next((each for each in new if each.canonical not in _written(old)), None)
    first = two or one or [*new, *old][0]
    before, after = (
        each.location if each is not None else next((applied.location for applied in side), None)
        for each, side in ((one, place.old), (two, place.new))
    )
    sentence = fixed_sentence("{} is not compared")
    return Difference("changed", "not-compared", first.reason, sentence, UNKNOWN, before, after)


def _unchanged(old: MessageSchemas, new: MessageSchemas) -> frozenset[str]:
    """Locations of the definitions that are equal in both, with everything that they refer to."""
    one, two = ((schemas.generated.schema or {}) for schemas in (old, new))
    assert isinstance(one, dict) and isinstance(two, dict)
    before, after = one.get("$defs", {}), two.get("$defs", {})
    encoder = msgspec.json.Encoder()
    leading: dict[str, list[str]] = {}
    alike, pending = set(), deque(after.keys() - before.keys())
    for name in after.keys() & before.keys():
        written = encoder.encode(after[name])
        if written != encoder.encode(before[name]) or _unjudged(old, name) != _unjudged(new, name):
            pending.append(name)
            continue
        alike.add(name)
        for found in set(_REFERENCE.findall(written)):
            leading.setdefault(msgspec.json.decode(b'"' + found + b'"'), []).append(name)
    while pending:
        for name in leading.get(pending.popleft(), ()):
            if name in alike:
                alike.remove(name)
                pending.append(name)
    return frozenset(f"/$defs/{name}" for name in alike)


def _unjudged(schemas: MessageSchemas, name: str) -> list[Unjudged]:
    """What cannot be judged in a definition."""
    at, found = f"/$defs/{name}", schemas.generated.unjudged.items()
    return [each for node, keywords in found if f"{node}/".startswith(f"{at}/") for each in keywords]


def _stands_alone(constraints: Constraints, union: SchemaUnion, alone: Constraints) -> bool:
    """Whether a union has no assertions beside it except the type that `alone` has too."""
    own = f"{union.schema.location}/"
    types = [each.canonical for each in alone.assertions if each.keyword == "type"]
    return (
        not constraints.unnamed
        and all(each.location.startswith(own) or each.canonical in types for each in constraints.assertions)
        and all(applied.location.startswith(own) for schemas in constraints.members.values() for applied in schemas)
    )


def _as_assertion(union: SchemaUnion) -> Assertion:
    """A union as an assertion about its branches."""
    keyword = "oneOf" if union.keyword == "discriminator" else union.keyword
    at = union.schema
    return Assertion(keyword, list(union.branches), "", at.location, at.severity, at.note, at.conditions)


def _type_label(constraints: Constraints) -> str:
    """The asserted type, as a label."""
    return " ".join(sorted(each.canonical for each in constraints.assertions if each.keyword == "type")).strip('"')
