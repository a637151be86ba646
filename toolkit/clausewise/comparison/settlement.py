"""Settles by values what structure says of two versions of a schema: a change breaks clients where a value shows it.

The alternatives of a union are judged together with it: what one of them no longer admits, another one may. Where no
value shows that a change breaks, it does not; where none shows a difference either way, the schemas are the same to
clients, written differently.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from clausewise.comparison.change import Kind
from clausewise.comparison.constraints import MessageSchemas
from clausewise.comparison.difference import UNKNOWN, Difference, fixed_sentence, impact
from clausewise.comparison.normal_form import includes, normal_form
from clausewise.comparison.places import ComparedPlace
from clausewise.comparison.strictness import is_idle
from clausewise.comparison.witnesses import Search, Witness
from clausewise.contract.clause import Direction
from clausewise.contract.keywords import show

#: keywords of differences that no value shows: they are about what is documented
_PROMISES = frozenset(
    {
        *("default", "deprecated", "x-sunset", "x-stability-level", "x-extensible-enum"),
        *("contentEncoding", "contentMediaType", "contentSchema"),
    }
)

#: keywords whose effect depends on others, so that looser parts may be stricter together
_ENTANGLED = frozenset({"oneOf", "not", "if", "unevaluatedProperties", "unevaluatedItems", "contains"})

#: why schemas with one normal form are the same
_BY_TYPE = "each type may have the same values"

#: longest value in a sentence, in characters
_SHOWN = 200


class Settlement:
    """Settles the places of the messages of one direction."""

    def __init__(self, direction: Direction, old: MessageSchemas, new: MessageSchemas) -> None:
        self._direction = direction
        self._old, self._new = old, new

    def settle(self, places: Sequence[ComparedPlace], roots: Iterable[ComparedPlace]) -> None:
        """Change the differences of the `places`, and of those that are the `roots` of messages, to what values show of
        them. Where that is interrupted, those that no value was tried for are taken away: they may be none."""
        own = {*roots, *(below for place in places for steps, _, below in place.below if steps)}
        pending = deque(place for place in places if place in own)
        try:
            while pending:
                self._settle(pending[0])
                pending.popleft()
        finally:
            for place in pending:
                self._replace(list(_with_alternatives(place)), lambda _difference: None, [])

    def _settle(self, place: ComparedPlace) -> None:
        group = list(_with_alternatives(place))
        found = [each for one in group for each in one.differences or () if self._is_about_values(each)]
        if not found or not _same_conditions(place):
            return
        one, two = self._old.constraints(place.old), self._new.constraints(place.new)
        forms = normal_form(one, self._old), normal_form(two, self._new)
        wide, narrow = forms[::-1] if self._direction == "request" else forms
        if wide is not None and wide == narrow:
            self._replace(group, lambda _difference: None, [self._same(place, _BY_TYPE, found)])
            return
        if (one.unions or two.unions) and wide is not None and narrow is not None and includes(wide, narrow):
            self._without_evidence(group, found, 0)
            return
        breaking = [each for each in found if each.level == "breaking"]
        search = self._search(place, breaks=True)
        if breaking:
            shown = self._shown(breaking, search)
            idle = self._idle(group)
            untested = {
                each
                for each in breaking
                if each not in shown and not {each.old, each.new} & idle and not self._is_tested(each, search)
            }
            if not shown and not untested:
                self._without_evidence(group, found, search.admitted)
            else:
                self._replace(group, lambda each: _as_shown(each, shown, untested, self._direction), [])
        elif self._is_entangled(place):
            witness = next((each for each in search.witnesses() if search.confirmed(each)), None)
            if witness is not None:
                self._replace(group, lambda each: each, [self._further(place, witness)])

    def _shown(self, breaking: list[Difference], search: Search) -> dict[Difference, Witness]:
        """A value for each of the differences that one shows; for the first where nobody can say which one it shows."""
        shown: dict[Difference, Witness] = {}
        unassigned = None
        for witness in search.witnesses():
            fitting = [each for each in breaking if each not in shown and self._is_shown_by(each, witness, search)]
            if (fitting or unassigned is None) and search.confirmed(witness):
                shown |= dict.fromkeys(fitting, witness)
                unassigned = unassigned or witness
            if len(shown) == len(breaking):
                break
        return shown or ({} if unassigned is None else {breaking[0]: unassigned})

    def _search(self, place: ComparedPlace, *, breaks: bool) -> Search:
        """A search for values that only one version admits: those that break clients, or the others."""
        sides = (self._old, place.old), (self._new, place.new)
        first, second = sides if (self._direction == "request") is breaks else sides[::-1]
        return Search(*first, *second)

    def _is_shown_by(self, difference: Difference, witness: Witness, search: Search) -> bool:
        """Whether a value that breaks clients does so because of the difference, as far as one can say."""
        old, new = difference.old, difference.new
        admitting, refusing = (old, new) if self._direction == "request" else (new, old)
        if difference.keyword == "branch":
            return admitting is None or search.is_of(admitting, witness)
        return refusing is None or search.is_refused_by(refusing, witness)

    def _is_tested(self, difference: Difference, search: Search) -> bool:
        """Whether the values tried would have shown the difference."""
        if search.is_exhausted:
            return True
        refusing = difference.new if self._direction == "request" else difference.old
        if refusing is None or difference.keyword == "branch":
            return search.found_enough
        return search.found_enough and search.has_tried(refusing)

    def _idle(self, group: list[ComparedPlace]) -> set[str | None]:
        """The locations of the keywords that say nothing of the types that are allowed there: no value can show one."""
        found: set[str | None] = set()
        for place in group:
            for schemas, applied in ((self._old, place.old), (self._new, place.new)):
                assertions = schemas.constraints(applied).assertions
                found |= {each.location for each in assertions if is_idle(each, assertions)}
        return found

    def _is_entangled(self, place: ComparedPlace) -> bool:
        """Whether keywords are involved by which looser parts may be stricter together."""
        sides = (self._old, place.old), (self._new, place.new)
        return any(
            union.keyword in _ENTANGLED for schemas, applied in sides for union in schemas.constraints(applied).unions
        ) or any(
            assertion.keyword in _ENTANGLED or bool(assertion.conditions)
            for schemas, applied in sides
            for assertion in schemas.constraints(applied).assertions
        )

    def _further(self, place: ComparedPlace, witness: Witness) -> Difference:
        """The difference of a value that breaks clients where no single keyword does."""
        request = self._direction == "request"
        level, reason = impact(self._direction, "changed")
        sentence = fixed_sentence("{} " + ("no longer admits each value" if request else "admits further values"))
        places = place.old[0].location, place.new[0].location
        return _with(Difference("changed", level, reason, sentence, "value", *places), witness, self._direction)

    def _without_evidence(self, group: list[ComparedPlace], found: list[Difference], tried: int) -> None:
        """Change the differences `found`, some of which break clients by structure, where no value shows that."""
        search = self._search(group[0], breaks=False)
        witness = next((each for each in search.witnesses() if search.confirmed(each)), None)
        if witness is None:
            reason = f"no difference was found in {tried + search.admitted} values"
            self._replace(group, lambda _difference: None, [self._same(group[0], reason, found)])
            return
        kind: Kind = "loosened" if self._direction == "request" else "tightened"
        level, reason = impact(self._direction, kind)
        direction: Direction = "response" if self._direction == "request" else "request"

        def compatible(difference: Difference) -> Difference:
            if difference.level != "breaking":
                return difference
            one = difference.kind if difference.kind in ("added", "removed") else kind
            return _with(msgspec.structs.replace(difference, kind=one, level=level, reason=reason), witness, direction)

        self._replace(group, compatible, [])

    @staticmethod
    def _same(place: ComparedPlace, reason: str, found: list[Difference]) -> Difference:
        """The difference of schemas that are the same to clients, in place of those that were found."""
        sentence = fixed_sentence("{} is written differently, the same for clients")
        places = place.old[0].location, place.new[0].location
        if len(found) == 1:
            places = found[0].old or places[0], found[0].new or places[1]
        return Difference("changed", "editorial", reason, sentence, "value", *places)

    def _is_about_values(self, difference: Difference) -> bool:
        """Whether a value can show the difference."""
        if difference.keyword in ("member", UNKNOWN) or difference.keyword in _PROMISES:
            return False
        judged = self._old.is_judged(difference.old) and self._new.is_judged(difference.new)
        return judged and not (difference.keyword == "format" and difference.level == "editorial")

    def _replace(
        self, group: list[ComparedPlace], change: Callable[[Difference], Difference | None], further: list[Difference]
    ) -> None:
        """Change the differences about values of a place, the first of the group, and of its alternatives, and add
        `further` ones. The alternatives stay as they are where they stand elsewhere."""
        place = group[0]
        copies = {each: each if each is place else each.copy() for each in group}
        for each, one in copies.items():
            changed = [change(other) if self._is_about_values(other) else other for other in each.differences or ()]
            one.differences = [other for other in changed if other is not None]
            one.below = [
                (steps, labels, below if steps else copies.get(below, below)) for steps, labels, below in each.below
            ]
        place.differences = [*(place.differences or ()), *further]


def _with(difference: Difference, witness: Witness, direction: Direction) -> Difference:
    """The difference with the value that shows it: one that is no longer valid in a "request", or one that was not in a
    "response"."""
    value = show(witness.value, _SHOWN)
    shown = f"{value} was valid, and is not" if direction == "request" else f"{value} was not valid, and is now"
    return msgspec.structs.replace(difference, reason=f"{difference.reason}: {shown}", witness=str(witness))


def _as_shown(
    difference: Difference, shown: dict[Difference, Witness], untested: set[Difference], direction: Direction
) -> Difference | None:
    """The difference with the value that shows it; None for one that breaks clients and that no value shows, though it
    is not among the `untested`."""
    if difference in shown:
        return _with(difference, shown[difference], direction)
    if difference.level != "breaking":
        return difference
    reason = f"{difference.reason}; too few values could be made to show one"
    return msgspec.structs.replace(difference, reason=reason) if difference in untested else None


def _with_alternatives(place: ComparedPlace) -> Iterator[ComparedPlace]:
    """A place, and the alternatives of the unions at it, which are about the same value."""
    pending, seen = [place], set[ComparedPlace]()
    while pending:
        one = pending.pop()
        if one not in seen:
            seen.add(one)
            yield one
            pending += [below for steps, _, below in one.below if not steps]


def _same_conditions(place: ComparedPlace) -> bool:
    """Whether the schemas of both versions apply under the same conditions, so that these can be left aside."""
    conditions = [{applied.conditions for applied in side} for side in (place.old, place.new)]
    return bool(place.old and place.new) and conditions[0] == conditions[1] and len(conditions[0]) == 1
