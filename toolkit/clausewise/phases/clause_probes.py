"""The probes of a clause, and of a place whatever its clauses are: an accepted request with one value changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import msgspec

from clausewise.contract.clause import EACH_PROPERTY, Clause
from clausewise.contract.keywords import name_at, show
from clausewise.contract.patterns import matcher
from clausewise.exchange import Expectation, Probe, Request
from clausewise.generation.draft import ABSENT
from clausewise.generation.edge_values import EdgeValue, edge_values
from clausewise.generation.free_values import free_values
from clausewise.generation.grammars import around, has_grammar, twice
from clausewise.generation.place import place_name, place_of
from clausewise.generation.prover import BaselineRequest, Case, Prover, root_of, with_value
from clausewise.results.evidence import WITHOUT
from clausewise.spec.pointer import to_pointer
from clausewise.values.deviation import ValueSite
from clausewise.values.deviations import beyond, within
from clausewise.values.edit import members, take_out
from clausewise.values.places import places_in
from clausewise.values.shape import shape_of
from clausewise.values.sizes import out_of_reach
from clausewise.values.text_deviations import breaches_of

#: aspect of a text of which only a part matches a pattern: many a server wants the whole to match
_IN_PART = "matches-in-part"

#: breaking values sent for one clause: the nearest one, and others that a careless check accepts
_BREACHES = 6


def probes(prover: Prover, base: BaselineRequest, clause: Clause, rng: random.Random) -> tuple[list[Case], str]:
    """The probes of `clause`: changes to `base`, which keeps it. If none breaks it, the reason comes with them."""
    if clause.severity != "error":
        return [], "the clause is advisory, and a server may accept values that break it"
    found = place_of(prover, base.draft, clause, rng)
    if found is None:
        return [], "no accepted request reaches this clause"
    location, place = found
    kept = list(_boundary_cases(prover, base, clause, location, place))
    broken = list(_breach_cases(prover, base, clause, location, place))
    if broken:
        return [*kept, *broken], ""
    return kept, out_of_reach(clause) or _why_unbreakable(clause)


def edge_value_cases(prover: Prover, base: BaselineRequest, clause: Clause, rng: random.Random) -> Iterator[Case]:
    """Valid values that often make servers fail, at the place of a `type` clause."""
    found = place_of(prover, base.draft, clause, rng)
    if found is None:
        return
    location, place = found
    # A long text made of one with a grammar breaks it: that is probed by itself.
    skipped = "long-string" if isinstance(place.value, str) and has_grammar(place.value) else ""
    patterns = prover.operation.patterns_at.get((clause.part, clause.path, clause.branch), [])
    pattern = patterns[0] if len(patterns) == 1 else None
    of_whole = matcher(f"^(?:{pattern.value})$") if pattern is not None else None
    around_it = _around_match(place.value) if pattern is not None else ()
    for edge in (*around_it, *edge_values(place)):
        if edge.aspect == skipped:
            continue
        proved = prover.keeping(with_value(base.draft, clause.part, location, edge.value))
        if proved is None or (edge.value, type(edge.value)) == (place.value, type(place.value)):
            continue
        where, note = (clause.part, *location), f"{place_name(clause)} {edge.note}"
        if of_whole is None or not isinstance(edge.value, str) or of_whole(edge.value):
            yield _case(prover, base, proved, clause, note, edge.expect, location=where, aspect=edge.aspect)
            continue
        note = (
            f"{place_name(clause)} is {show(edge.value)}, a part of which matches; without `^` and `$` that is enough"
        )
        yield _case(prover, base, proved, pattern, note, edge.expect, location=where, aspect=_IN_PART)


def _around_match(value: object) -> Iterator[EdgeValue]:
    """A text that matches with something around it."""
    if isinstance(value, str):
        yield from (EdgeValue(text, "", _IN_PART) for text in (f"~{value}", f"{value}~"))


def grammar_cases(prover: Prover, base: BaselineRequest, clause: Clause, rng: random.Random) -> Iterator[Case]:
    """Texts that are nearly like the accepted one at the place of a `type` clause, where that has a grammar."""
    found = place_of(prover, base.draft, clause, rng)
    if found is None or clause.part.startswith("path."):
        return
    location, site = found
    if not isinstance(site.value, str) or site.shape.enum is not None or site.shape.formats:
        return
    name = clause.path[-1] if clause.path else clause.part.partition(".")[2]
    for text in dict.fromkeys((*around(site.value), *twice(name, site.value))):
        proved = prover.keeping(with_value(base.draft, clause.part, location, text))
        if proved is not None and text != site.value:
            note, where = f"{place_name(clause)} is {show(text)}", (clause.part, *location)
            yield _case(prover, base, proved, clause, note, "any", location=where, aspect="grammar")


def free_value_cases(
    prover: Prover, base: BaselineRequest, clauses: Sequence[Clause], done: set[tuple[str, tuple[str, ...]]]
) -> Iterator[Case]:
    """Values that often make servers fail, at each place of `base` that the contract leaves open and that is not `done`
    yet; it is then."""
    types = {(clause.part, clause.path): clause for clause in clauses if clause.keyword == "type"}
    for part, message in prover.messages.items():
        root = root_of(base.draft, part)
        if root is ABSENT or part.startswith("path."):
            continue
        for place in places_in(message, root):
            if (part, place.path) in done:
                continue
            done.add((part, place.path))
            for free in free_values(place, message.schema):
                proved = prover.keeping(with_value(base.draft, part, place.location, free.value))
                if proved is not None and free.value != place.value:
                    clause, where = types.get((part, place.path)), (part, *place.location)
                    note = f"{name_at(place.path, part)} is {show(free.value)}"
                    aspect = free.aspect if clause else f"{free.aspect} at {part}{to_pointer(place.path)}"
                    yield _case(prover, base, proved, clause, note, "any", location=where, aspect=aspect)


def free_text_cases(prover: Prover, base: BaselineRequest, rng: random.Random) -> Iterator[Case]:
    """Texts that often make servers fail, in each parameter of `base` of which its schema says nothing: it is a text
    all the same, and which one it may be is not known."""
    for part, message in prover.messages.items():
        value = root_of(base.draft, part)
        if part == "body" or message.clauses or not isinstance(value, str):
            continue

        def fits(text: object, part: str = part) -> bool:
            return prover.keeping(with_value(base.draft, part, (), text)) is not None

        for edge in edge_values(
            ValueSite(value, shape_of([message.schema], message.schema), message.schema, rng, fits)
        ):
            proved = prover.keeping(with_value(base.draft, part, (), edge.value))
            if proved is not None and edge.value != value:
                note, aspect = f"{name_at((), part)} {edge.note}", f"{edge.aspect} at {part}"
                yield _case(prover, base, proved, None, note, "any", location=(part,), aspect=aspect)


def omissions(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """`base` without each of its optional members, where the rest stays valid."""
    message = prover.message("body")
    if base.draft.body is ABSENT or message is None:
        return
    paths = {place.location: place.path for place in places_in(message, base.draft.body)}
    documented = {step for clause in message.clauses for step in clause.path}
    for location in members(base.draft.body):
        draft = msgspec.structs.replace(base.draft, body=take_out(base.draft.body, location))
        proved = prover.keeping(draft)
        if proved is not None:
            # A member of a map, or one that no schema describes, has a name of our own making.
            name = str(location[-1])
            own = name if name in documented else EACH_PROPERTY
            path = paths.get(location) or (*paths.get(location[:-1], map(str, location[:-1])), own)
            note = f"{name_at(path, 'body')} is left out"
            aspect = f"{WITHOUT}{to_pointer(path)}"
            yield _case(prover, base, proved, None, note, "accept", location=("body", *location), aspect=aspect)


def _boundary_cases(
    prover: Prover, base: BaselineRequest, clause: Clause, location: tuple[str | int, ...], site: ValueSite
) -> Iterator[Case]:
    """Values on the boundary of `clause`, and each value that it lists."""
    where = (clause.part, *location)
    for deviation in within(clause, site):
        proved = prover.keeping(with_value(base.draft, clause.part, location, deviation.value))
        if proved is not None and deviation.value != site.value:
            note = f"{place_name(clause)} {deviation.note}"
            yield _case(prover, base, proved, clause, note, "accept", keeps=(clause.key,), location=where)


def _breach_cases(
    prover: Prover, base: BaselineRequest, clause: Clause, location: tuple[str | int, ...], site: ValueSite
) -> Iterator[Case]:
    """Values that break only `clause`; where there is none, values that break others at the same place with it."""
    alone: list[Case] = []
    together: list[Case] = []
    for deviation in beyond(clause, site):
        proved = prover.breaking(with_value(base.draft, clause.part, location, deviation.value), clause)
        if proved is None:
            continue
        request, breaks = proved
        note, where = f"{place_name(clause)} {deviation.note}", (clause.part, *location)
        aspect = deviation.aspect
        case = _case(prover, base, request, clause, note, "refuse", breaks=breaks, location=where, aspect=aspect)
        (alone if len(breaks) == 1 else together).append(case)
    yield from (alone or together)[: breaches_of(clause, _BREACHES)]


def _case(
    prover: Prover,
    base: BaselineRequest,
    request: Request,
    clause: Clause | None,
    note: str,
    expect: Expectation,
    *,
    breaks: tuple[str, ...] = (),
    keeps: tuple[str, ...] = (),
    location: tuple[str | int, ...] = (),
    aspect: str = "",
) -> Case:
    return Case(
        request,
        Probe(
            operation=prover.operation.key,
            phase="clauses",
            note=note,
            expect=expect,
            clause=clause.key if clause else None,
            breaks=breaks,
            keeps=keeps,
            branch=base.branch,
            deviates_at=location,
            aspect=aspect,
        ),
    )


def _why_unbreakable(clause: Clause) -> str:
    if clause.part.startswith("path."):
        return "no path segment was found that breaks this clause and still reaches the operation"
    return "no value was found that breaks this clause and no other"
