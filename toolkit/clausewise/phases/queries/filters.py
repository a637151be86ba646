"""Filters: every item that is listed has the value that was asked for, and the item that has it is listed.

A filter is a parameter named like a member of the items. Two things are made first, each with other values, where the
run can make some; else the items that are there are used. A text counts as found where it is part of the item's, in
either case: many filters search. A number may ask for a range: there, two values have to show a fault from both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from clausewise.contract.keywords import show
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Prover
from clausewise.phases.queries.listing import Listing, Page, Steps
from clausewise.phases.queries.parameters import Filter
from clausewise.resources.factory import Recipe
from clausewise.values.edit import Location, put
from clausewise.values.places import places_in
from clausewise.values.shape import Shape, shape_of
from clausewise.values.typical import vary
from clausewise.values.words import ENVELOPES, plain, singular

#: filters of one operation that are tried, and values of each
_FILTERS, _VALUES = 8, 2

#: formats whose values are written in several ways
_WRITTEN_OTHERWISE = frozenset({"date", "date-time", "time", "duration", "float", "double", "decimal"})


class _Answer(msgspec.Struct, frozen=True):
    """The items that were listed for one value."""

    wanted: Any
    page: Page
    #: values of the items that are other ones, and of items of the whole list that are missing
    wrong: list[Any]
    missing: list[Any]


def check(listing: Listing, filters: Sequence[Filter], recipe: Recipe | None) -> Steps:
    """Ask for values of each filter."""
    whole = yield from listing.read_all()
    if whole is None or not filters:
        return
    usable = [each for each in filters if _is_comparable(each)][:_FILTERS]
    lacking = [each for each in usable if len(_values(each, whole)) < _VALUES]
    if lacking and recipe is not None and (whole.items == [] or any(_shows(each, whole) for each in lacking)):
        yield from _make(listing, recipe, lacking)
        whole = yield from listing.read_all()
    for each in usable:
        if whole is None or not _shows(each, whole):
            continue
        answers = yield from _ask(listing, each, whole)
        if _fault(each, answers) is None:
            continue
        # What is wrong may have been written meanwhile.
        again = yield from listing.read_all()
        answers = yield from _ask(listing, each, again)
        fault, after = _fault(each, answers), (yield from listing.read_all())
        if fault is not None and listing.keys(again) == listing.keys(after):
            answer, message = fault
            listing.find("filter-mismatch", answer.page, f"{listing.operation.key} {message}", seen=each.called)


def _ask(listing: Listing, each: Filter, whole: Page) -> Steps:
    """The answers to two values that items of the `whole` list have, and to one that none has; none of a parameter that
    is no filter."""
    answers: list[_Answer] = []
    values = _values(each, whole)
    for wanted in [*_apart(values), *_had_by_none(each, values)]:
        sent = each.written(wanted)
        page = (yield from listing.read({**listing.everything, each.parameter.parameter.name: sent})) if sent else None
        if page is None and sent is False:
            page = yield from listing.read({**listing.everything, each.parameter.parameter.name: sent})
        if page is None:
            continue
        if page.items and not any(_has_member(each, item) for item in page.items):
            # It chooses whether the member is shown.
            return []
        shown = [_member(each, item) for item in page.items]
        wrong = [value for value in shown if not _fits(value, wanted)]
        has_it = any(wanted in value if isinstance(value, list) else value == wanted for value in shown)
        there = [value for value in values if value == wanted and not page.is_part and not has_it]
        answers.append(_Answer(wanted, page, wrong, there))
    return answers


def _fault(each: Filter, answers: Sequence[_Answer]) -> tuple[_Answer, str] | None:
    """The answer that shows what is wrong, and what that is."""
    wrong = [answer for answer in answers if answer.wrong]
    missing = [answer for answer in answers if answer.missing]
    if not each.shape.types <= {"string", "boolean"}:
        # A range from or up to a value leaves out all on one side.
        numbers = [(answer, [value for value in answer.wrong if _is_number(value)]) for answer in wrong]
        above = any(value > answer.wanted for answer, others in numbers for value in others)
        below = any(value < answer.wanted for answer, others in numbers for value in others)
        nulls = any(value is None for answer in wrong for value in answer.wrong)
        wrong = wrong if nulls or (above and below) else []
        missing = missing if len(missing) > 1 else []
    if wrong:
        answer = min(wrong, key=lambda each: len(each.page.items))
        others = ", ".join(dict.fromkeys(show(value) for value in answer.wrong[:3]))
        lists = f"lists items whose `{each.name}` is {others}"
        if _is_ignored(answers):
            return answer, f"ignores {each.called}: asked for {show(answer.wanted)}, it {lists}"
        return answer, f"{lists} where {each.called} asks for {show(answer.wanted)}"
    if missing:
        item, asked = f"the item whose `{each.name}` is {show(missing[0].wanted)}", f"{each.called} asks for it"
        return missing[0], f"does not list {item} where {asked}"
    return None


def _is_ignored(answers: Sequence[_Answer]) -> bool:
    """Whether each value gives the same items."""
    return len(answers) > 1 and all(answer.page.items == answers[0].page.items for answer in answers)


def _is_comparable(each: Filter) -> bool:
    return (
        bool(each.shape.types)
        and each.shape.types <= {"string", "integer", "boolean", "null"}
        and not (_WRITTEN_OTHERWISE & set(each.shape.formats))
    )


def _shows(each: Filter, whole: Page) -> bool:
    """Whether items have a plain value for the member."""
    return any(map(_is_plain, _own_values(each, whole)))


def _member(each: Filter, item: Any) -> Any:
    """The value that an item has for a filter; None where it has none."""
    return next(_members(each, item), None)


def _has_member(each: Filter, item: Any) -> bool:
    """Whether an item has a member for a filter, be it null."""
    return any(True for _ in _members(each, item))


def _members(each: Filter, item: Any) -> Iterator[Any]:
    """The values of the members that an item has for a filter."""
    if not isinstance(item, dict):
        return
    named = {plain(name): value for name, value in item.items()}
    if plain(each.name) in named:
        yield named[plain(each.name)]
    # ?tag=a asks for what has "a" in its `tags`.
    for name, value in named.items():
        if isinstance(value, list) and singular(name) == plain(each.name):
            yield value


def _own_values(each: Filter, whole: Page) -> Iterator[Any]:
    """The values that the items have for the member; of an array its own."""
    for item in whole.items:
        value = _member(each, item)
        yield from value if isinstance(value, list) else [value]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int) and value != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _values(each: Filter, whole: Page) -> list[Any]:
    """The different values that items have, and that the filter allows to ask for."""
    found: list[Any] = []
    for value in _own_values(each, whole):
        if _is_plain(value) and value not in found and each.written(value) is not None:
            found.append(value)
    return found


def _apart(values: Sequence[Any]) -> list[Any]:
    """Values of which none fits another: the lowest and the highest of numbers."""
    if all(map(_is_number, values)):
        return sorted({min(values), max(values)}) if values else []
    chosen: list[Any] = []
    for value in values:
        if len(chosen) < _VALUES and not any(_fits(value, other) or _fits(other, value) for other in chosen):
            chosen.append(value)
    return chosen


def _had_by_none(each: Filter, values: Sequence[Any]) -> list[Any]:
    """A value that the filter allows, and that no item has; of numbers one below and one above all."""
    if not values:
        return []
    if all(map(_is_number, values)):
        tries: list[Any] = [min(values) - 1, max(values) + 1]
        return [value for value in tries if each.written(value) is not None]
    text = str(values[0])
    tries = each.shape.enum or [vary(text, 7), f"{text}x", f"not{text}"]
    fresh = (one for one in tries if isinstance(one, str) and not any(_fits(value, one) for value in values))
    return [value for value in fresh if each.written(value) is not None][:1]


def _fits(value: Any, wanted: Any) -> bool:
    """Whether an item with this value may be listed where `wanted` is asked for."""
    if isinstance(value, list):
        return any(_fits(one, wanted) for one in value)
    if isinstance(value, dict):
        # What stands for it may be anywhere in it.
        return True
    if isinstance(value, bool) or isinstance(wanted, bool) or not isinstance(wanted, str):
        return str(value).lower() == str(wanted).lower()
    return value is not None and wanted.casefold() in str(value).casefold()


def _make(listing: Listing, recipe: Recipe, filters: Sequence[Filter]) -> Steps:
    """Make two things with other values for each of the filters, as far as a request that makes one can set them."""
    for number in range(_VALUES if isinstance(recipe.draft.body, dict) else 0):
        draft = recipe.draft
        for each in filters:
            draft = _with_value(recipe.prover, draft, each, number)
        yield from listing.make(recipe, draft, f"a request that makes something to filter, number {number + 1}")


def _with_value(prover: Prover, draft: Draft, each: Filter, number: int) -> Draft:
    """`draft` with the value for a filter that has this `number`; as it is where there is none."""
    message = prover.of(draft).message("body")
    if message is None:
        return draft
    objects = set(_objects(draft.body))
    for place in places_in(message, draft.body):
        shape = shape_of(place.schemas, message.schema)
        same = (name for name in shape.properties if plain(name) == plain(each.name))
        name = next(same, next((one for one in shape.properties if singular(plain(one)) == plain(each.name)), None))
        if name is None or place.location not in objects:
            continue
        own = shape_of([part for part in shape.member(name) if not isinstance(part, bool)], message.schema)
        many, now = own.types == {"array"}, place.value.get(name)
        if many:
            own, now = shape_of(own.items, message.schema), now[0] if isinstance(now, list) and now else None
        for value in _candidates(each.shape, own, now)[number:]:
            sent = [value] if many else value
            changed = msgspec.structs.replace(draft, body=put(draft.body, (*place.location, name), sent))
            if each.written(value) is not None and prover.of(draft).keeping(changed) is not None:
                return changed
    return draft


def _objects(body: Any, at: Location = ()) -> Iterator[Location]:
    """Where in a body a resource may stand: at its root, and in envelopes."""
    if isinstance(body, dict):
        yield at
        for name, value in body.items():
            if plain(name) in ENVELOPES:
                yield from _objects(value, (*at, name))


def _candidates(asked: Shape, made: Shape, now: Any) -> list[Any]:
    """Values that may be made and asked for, the same each time."""
    allowed = made.enum or asked.enum
    if allowed is not None:
        return [value for value in allowed if value is not None]
    if "boolean" in asked.types:
        return [True, False]
    if "integer" in asked.types:
        least = max(int(shape.facets.get("minimum", 1)) for shape in (asked, made))
        return list(range(least, least + 4))
    text = now if isinstance(now, str) and now else "clausewise"
    return [text, *(vary(text, number) for number in (4, 5, 6)), "clausewise one", "other"]
