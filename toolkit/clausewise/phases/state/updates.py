"""The oracle `updates`: what an update changes is changed, and what it does not speak of stays.

First every member gets another value, then those that may be null get it. Where an update may be partial, one member is
changed alone, and one inside of an object: RFC 7396 for a merge patch, which is what most PATCHes mean. A fault counts
when a second update with other values shows it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.conformance.kept import Difference, differences, is_of_the_books, is_same
from clausewise.contract.keywords import show
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Prover
from clausewise.media.json import values_in
from clausewise.phases.base import status_of
from clausewise.phases.state.bodies import fuller, leaves, refers, shown_at, varied
from clausewise.phases.state.kind import Kind, Sight, Steps, case_of, is_done
from clausewise.phases.state.oracle import Oracle
from clausewise.phases.state.round_trip import as_shown, counts, in_answer, made, one_cause, within
from clausewise.resources.identity import Resource, named_in, shown_in
from clausewise.results.evidence import OTHER_VALUES
from clausewise.values.edit import Location, get, path_of, put
from clausewise.values.shape import shape_at, shape_of
from clausewise.values.words import ENVELOPES, plain, words
from clausewise.wording import path_text

#: members that are changed alone: those of the resource, and those of each of as many objects in it
_ALONE = 2

#: how a document says that an update leaves what it does not speak of
_PARTIAL = re.compile(
    r"\bpartial|\bmerge[sd]?\b|\bonly (?:the |those )?(?:given|sent|provided|specified|supplied|changed)"
    r"|\b(?:leaves?|keeps?|retains?)\b.{0,40}\b(?:rest|others?|unchanged|as (?:it is|they are))"
    r"|\b(?:omitted|missing|absent|unspecified|other)\b.{0,40}\b(?:unchanged|untouched|kept|ignored|left)\b",
    re.IGNORECASE | re.DOTALL,
)

#: how a document says that an update also leaves what an object within what it was sent does not speak of
_DEEP = re.compile(r"\bmerg(?:e[sd]?|ing)\b|\bdeep(?:ly)?\b|\brecursive|\bnested\b", re.IGNORECASE)

#: how a document says that an update adds to what is there
_ADDING = re.compile(r"\b(?:add(?:s|ed|ing)?|append(?:s|ed|ing)?|attach(?:es|ed|ing)?)\b", re.IGNORECASE)

_MERGE_PATCH = "merge-patch+json"


def _ask(kind: Kind) -> Steps:
    # What there is one of is there already, and so are its parts, which are asked about by themselves.
    is_single = "{}" not in kind.type.path
    for own in (kind, *(kind.parts if not is_single else ())):
        for operation in own.updates if (own.type.get or own.type.list) is not None else ():
            one, making = (Resource(kind.type.path, ()), None) if is_single else (yield from made(kind))
            if one is None:
                return
            yield from _Update(own, operation, one, making if own is kind else None).steps()


class _Update:
    """One update operation on one resource.

    `making` is the draft that made it; None where the update is not of what that made.
    """

    def __init__(self, kind: Kind, operation: OperationContract, one: Resource, making: Draft | None) -> None:
        self._kind = kind
        self._operation = operation
        self._one = one
        self._making = making
        self._prover, self._draft = kind.draft(operation, one)
        #: what has been sent for the resource; None where others may have sent more
        self._sent: list[Any] | None = [making.body] if making is not None else None

    def steps(self) -> Steps:
        if not isinstance(self._draft.body, dict):
            return
        before = yield from self._look(0.0)
        if before is None:
            # A part may have to be set before it can be read.
            yield [case_of(self._prover.of(self._draft), self._draft, "the resource is set for the first time")]
            before = yield from self._look(0.0)
        if before is None:
            return
        draft, sight, lost = yield from self._changed(self._draft, before)
        if draft is not None and not lost and any(isinstance(get(draft.body, at), bool) for at in leaves(draft.body)):
            # A boolean that is set to one value whatever is sent has every second time what was sent.
            draft, sight, lost = yield from self._changed(draft, sight)
        if draft is None:
            return
        if lost:
            _, again, still = yield from self._changed(draft, sight)
            self._blame([each for each in still if any(each.location == other.location for other in lost)], again)
            return
        partial = is_partial(self._kind, self._prover.of(self._draft))
        forgotten = self._forgotten(before, sight, draft) if partial else []
        yield from self._set_to_null(draft, sight)
        if forgotten:
            another, making = yield from made(self._kind)
            if another is not None:
                yield from _Update(self._kind, self._operation, another, making).confirm(forgotten)
        elif partial:
            yield from self._alone(draft)

    def _look(self, wait: float = 0.0) -> Steps:
        return (yield from self._kind.look(self._one, f"{self._operation.key} had changed it", self._draft.body, wait))

    def _send(self, draft: Draft, note: str) -> Steps:
        (exchange,) = yield [case_of(self._prover.of(draft), draft, note, aspect=OTHER_VALUES)]
        return exchange

    def _changed(self, draft: Draft, before: Sight) -> Steps:
        """Change all of a resource that shows `before`: the draft that was accepted, what shows the resource then, and
        what was lost; None, None, [] where no change is accepted, or nothing shows it."""
        kept = {name: before.shown[name] for name in draft.body if is_of_the_books(name) and name in before.shown}
        own = msgspec.structs.replace(draft, body={**draft.body, **kept})
        base = own if self._prover.of(own).keeping(own) is not None else draft
        full, rng = fuller(self._prover, base, self._kind.rng), self._kind.rng
        tries = [varied(self._prover, each, rng, before.shown) for each in (full, base) if each is not None]
        tries.append(varied(self._prover, base, rng, before.shown, careful=True))
        for number, changed in enumerate(tries):
            if changed.body == base.body and number:
                continue
            exchange = yield from self._send(changed, "its members have other values")
            if status_of(exchange) == 202:
                return None, None, []
            if is_done(exchange):
                if self._shows_another(exchange, before):
                    self._kind.leave(f"updates: {self._operation.key} answers with another thing than its path names")
                    return None, None, []
                sight, lost = yield from self._lost(changed, before)
                if self._sent is not None:
                    self._sent.append(changed.body)
                return (changed, sight, lost) if sight is not None else (None, None, [])
        self._kind.leave(f"updates: {self._operation.key} accepts no change of what was just made")
        return None, None, []

    def _shows_another(self, exchange: Exchange, before: Sight) -> bool:
        """Whether the answer to an update shows something else than what was to be changed: a PUT may make a new thing
        below the one that its path names."""
        of_type = self._kind.type
        if "{}" not in of_type.path:
            return False
        was, shown = (
            named_in(document, of_type.parameter, of_type.noun)
            for document in (before.shown, shown_in(self._operation, exchange))
        )
        return was is not None and shown is not None and str(was) != str(shown)

    def _lost(self, changed: Draft, before: Sight) -> Steps:
        """What shows the resource after a change, and the members that do not show it."""
        sight, lost = None, list[Difference]()
        for wait in (0.0, self._kind.later):
            sight = yield from self._look(wait)
            if sight is None:
                return None, []
            sent = within(changed.body, sight)
            found = (
                *differences(sent, sight.shown, sight.documents),
                *self._left_behind(sent, before.shown, sight.shown),
            )
            meant = self._is_meant_to_add()
            lost = [
                each for each in found if counts(self._kind, self._one, changed, each) and not (meant and _adds(each))
            ]
            if not lost:
                break
        return sight, lost

    def _left_behind(self, sent: Any, had: Any, shown: Any) -> Iterator[Difference]:
        """The arrays of plain items that show, beside what was sent, items that they had before. What nobody has sent
        the server puts there by itself, such as the one who made the resource among those who may write to it."""
        earlier = None if self._sent is None else list(values_in(self._sent))
        for location in {at[:-1]: None for at in leaves(sent) if at[-1] == 0}:
            own, before, after = get(sent, location), shown_at(had, location), shown_at(shown, location)
            if isinstance(before, list) and isinstance(after, list) and len(after) > len(own):
                more = [item for item in after if item not in own]
                was_sent = earlier is None or any(is_same(each, item) for item in more for each in earlier)
                if more and all(item in before for item in more) and was_sent:
                    yield Difference(location, own, after, "other")

    def _blame(self, lost: list[Difference], sight: Sight | None) -> None:
        for each in lost if sight is not None else ():
            assert sight is not None
            name = path_text(map(str, each.location))
            self._kind.find(
                "update-not-visible",
                sight.operation,
                sight.exchange,
                f"{self._operation.key} was sent `{name}` = {show(each.sent)}, and {sight.operation.key} then "
                f"{as_shown(each)}",
                where=f"response.200.body.{name}",
                seen=f"{self._operation.key} {name}",
                at=in_answer(sight, each),
                severity="warning" if _adds(each) and not self._replaces() else None,
                causes=one_cause("update", self._operation.key, lost),
            )

    def _set_to_null(self, draft: Draft, before: Sight) -> Steps:
        """Set the members to null that may be null."""
        message = self._prover.of(draft).message("body")
        assert message is not None
        body = draft.body
        for name in draft.body:
            types = shape_of(shape_at(message, (name,)), message.schema).types
            if "null" in types and before.shown.get(name) is not None and message.is_valid(put(body, (name,), None)):
                body = put(body, (name,), None)
        nulls = [name for name, value in body.items() if value is None and draft.body[name] is not None]
        empty = msgspec.structs.replace(draft, body=body)
        if not nulls or self._prover.of(empty).keeping(empty) is None:
            return
        for _ in range(2):
            exchange = yield from self._send(empty, f"{', '.join(f'`{name}`' for name in nulls)} become null")
            sight = (yield from self._look()) if is_done(exchange) else None
            if sight is None:
                return
            nulls = [name for name in nulls if is_same(before.shown[name], sight.shown.get(name))]
            if not nulls:
                return
            yield from self._look(self._kind.later)
        self._blame([Difference((name,), None, before.shown[name], "other") for name in nulls], sight)

    def _alone(self, draft: Draft) -> Steps:
        """Change one member alone, twice, and see that the others are as they were."""
        for location in _plain_members(self._prover, draft):
            gone: list[set[Location]] = []
            for _ in range(2):
                found = yield from self._changed_alone(draft, location)
                if found is None:
                    break
                sight, lost = found
                gone.append(set(lost))
                if not lost:
                    break
            lost = sorted(set.intersection(*gone), key=str) if len(gone) == 2 else []
            if lost:
                self._blame_others(location, lost, sight)
                return

    def _changed_alone(self, draft: Draft, location: Location) -> Steps:
        """What shows the resource after all members were set and one of them was changed alone, and the others that it
        does not show any more; None where that is not accepted."""
        before = yield from self._look()
        full, sight, lost = (yield from self._changed(draft, before)) if before is not None else (None, None, [])
        if full is None or lost:
            return None
        other = varied(self._prover, full, self._kind.rng, sight.shown)
        alone = self._only(full, other, location)
        if alone is None:
            return None
        exchange = yield from self._send(alone, f"only {_name(location)} is changed")
        if not is_done(exchange):
            return None
        after, gone = None, list[Location]()
        for wait in (0.0, self._kind.later):
            after = yield from self._look(wait)
            if after is None:
                return None
            sent, had = within(full.body, sight), sight.shown
            others = (each for each in leaves(sent) if not _is_in(each, alone.body) and not refers(each))
            gone = [each for each in others if _is_there(had, each) and _has_changed(had, after.shown, each)]
            if not gone:
                break
        return after, gone

    def _forgotten(self, before: Sight, after: Sight, update: Draft) -> list[Location]:
        """What the resource showed `before` of that with which it was made, and does not show `after` an `update` that
        has no such member."""
        made_with = within(self._making.body, before) if self._making is not None else {}
        return [
            each
            for each in leaves(made_with)
            if each[0] not in update.body
            and not (refers(each) or is_of_the_books(str(each[-1])))
            and _is_there(before.shown, each)
            and is_same(get(made_with, each), shown_at(before.shown, each))
            and _has_changed(before.shown, after.shown, each)
        ]

    def confirm(self, forgotten: list[Location]) -> Steps:
        """Change one member alone, and see whether that makes the resource forget what another one had `forgotten`."""
        before = yield from self._look()
        if before is None:
            return
        other = varied(self._prover, self._draft, self._kind.rng, before.shown)
        for location in _plain_members(self._prover, other):
            alone = self._only(self._draft, other, location)
            if alone is None or not is_done((yield from self._send(alone, f"only {_name(location)} is changed"))):
                continue
            for wait in (0.0, self._kind.later):
                after = yield from self._look(wait)
                lost = [each for each in self._forgotten(before, after, alone) if each in forgotten] if after else []
                if not lost:
                    return
            self._blame_others(location, lost, after)
            return

    def _only(self, full: Draft, other: Draft, location: Location) -> Draft | None:
        """An update that changes the member at `location` alone, and has only what the contract requires beside it."""
        message = self._prover.of(full).message("body")
        value = get(other.body, location)
        if message is None or is_same(value, get(full.body, location)):
            return None
        body = _put_alone(full.body, location, value, message)
        alone = msgspec.structs.replace(full, body=body)
        return alone if self._prover.of(alone).keeping(alone) is not None else None

    def _blame_others(self, location: Location, lost: list[Location], sight: Sight) -> None:
        name, first = path_text(map(str, location)), path_text(map(str, lost[0]))
        is_kept = _is_there(sight.shown, lost[0])
        value = show(shown_at(sight.shown, lost[0]))
        state = "changed" if is_kept else value if _is_member(sight.shown, lost[0]) else "gone"
        then = f"and {len(lost) - 1} more are {state}" if len(lost) > 1 else f"is {state}"
        own = [step for step in location[:-1] if plain(str(step)) not in ENVELOPES]
        beside = all(each[:-1] == location[:-1] for each in lost) and bool(own)
        # Whether JSON without a name for its meaning replaces an object or merges it, only the document can say, and
        # most servers replace it: that an update is partial says so of the resource. A server may derive one member
        # from another.
        is_merged = self._is_merge_patch() or _DEEP.search(self._operation.operation.prose) is not None
        is_open = beside and not is_merged
        self._kind.find(
            "update-loses-others",
            sight.operation,
            sight.exchange,
            f"{self._operation.key} was sent nothing but `{name}`, and {sight.operation.key} then shows that `{first}` "
            f"{then}",
            where=f"response.200.body.{first}",
            seen=self._operation.key,
            severity="note" if is_open else "warning" if is_kept else None,
        )

    def _replaces(self) -> bool:
        """Whether an array that an update has replaces the one that was there, by the meaning of PUT or RFC 7396."""
        return self._operation.operation.method == "PUT" or self._is_merge_patch()

    def _is_meant_to_add(self) -> bool:
        """Whether the document says that what is sent comes beside what is there."""
        said = f"{' '.join(words(self._operation.key))}\n{self._operation.operation.prose}"
        return not self._replaces() and _ADDING.search(said) is not None

    def _is_merge_patch(self) -> bool:
        entry = self._operation.body_of(self._draft.media)
        return entry is not None and _MERGE_PATCH in entry.name


def is_partial(kind: Kind, prover: Prover) -> bool:
    """Whether what an update does not speak of stays: after a PATCH, and after a PUT of which the document says so, or
    whose body requires nothing that the resource cannot be without. `prover` makes the update."""
    operation = prover.operation
    if operation.operation.method == "PATCH" or _says_partial(kind, operation):
        return True
    message, making = prover.message("body"), kind.recipe.prover.message("body")
    if message is None or making is None or kind.maker is operation:
        return False
    required = shape_of([making.schema], making.schema).required
    own = shape_of([message.schema], message.schema)
    return not own.required and any(name in own.properties for name in required)


def _says_partial(kind: Kind, operation: OperationContract) -> bool:
    return _PARTIAL.search(operation.operation.prose) is not None


def _adds(each: Difference) -> bool:
    """Whether an array shows all that was sent, and more."""
    return isinstance(each.sent, list) and isinstance(each.shown, list) and all(one in each.shown for one in each.sent)


def _plain_members(prover: Prover, draft: Draft) -> Iterator[Location]:
    """Texts, numbers and arrays of them that can be changed without a meaning for others: of the body itself, and of
    objects in it."""
    message = prover.of(draft).message("body")
    counted: dict[Location, int] = {}
    for location in leaves(draft.body) if message is not None else ():
        assert message is not None
        if location[-1] == 0:
            location = location[:-1]  # an array is changed as a whole
        value, around = get(draft.body, location), location[:-1]
        if any(isinstance(step, int) for step in location) or refers(location) or is_of_the_books(str(location[-1])):
            continue
        shape = shape_of(shape_at(message, path_of(location)), message.schema)
        is_plain = isinstance(value, str | int | float | list) and not isinstance(value, bool) and shape.enum is None
        if is_plain and counted.get(around, 0) < _ALONE and len(counted) <= _ALONE:
            counted[around] = counted.get(around, 0) + 1
            yield location


def _put_alone(body: dict[str, Any], location: Location, value: Any, message: Message) -> dict[str, Any]:
    """A body with a `value` at `location`, and of what `body` has beside it, there and in the objects around it, what
    is required."""
    for depth in reversed(range(len(location))):
        around = get(body, location[:depth])
        required = shape_of(shape_at(message, path_of(location[:depth])), message.schema).required
        value = {name: around[name] for name in required if name in around} | {str(location[depth]): value}
    assert isinstance(value, dict)
    return value


def _name(location: Location) -> str:
    return f"`{path_text(map(str, location))}`"


def _is_in(location: Location, body: Any) -> bool:
    return shown_at(body, location) is not None


def _is_there(shown: Any, location: Location) -> bool:
    """Whether a resource shows a value at `location` that is more than nothing."""
    value = shown_at(shown, location)
    return value is not None and value not in ("", [], {})


def _has_changed(had: Any, shown: Any, location: Location) -> bool:
    before, after = shown_at(had, location[:-1]), shown_at(shown, location[:-1])
    if isinstance(before, list) and isinstance(after, list):
        # What an array holds may come in another order: many a server keeps a set.
        return not all(any(is_same(one, other) for other in after) for one in before)
    return not _is_there(shown, location) or not is_same(shown_at(had, location), shown_at(shown, location))


def _is_member(shown: Any, location: Location) -> bool:
    inside = shown_at(shown, location[:-1]) if len(location) > 1 else shown
    return isinstance(inside, dict) and location[-1] in inside


ORACLE = Oracle(
    name="updates",
    sentence="An update changes what it was sent, and nothing else.",
    rules=("update-not-visible", "update-loses-others"),
    budget=80,
    ask=_ask,
)
