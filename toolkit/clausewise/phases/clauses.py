"""The clause probes: for each clause of a request, what keeps it on its boundary and what breaks it alone."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

from clausewise.contract.clause import Clause
from clausewise.exchange import Expectation, Probe, Request
from clausewise.generation.draft import ABSENT
from clausewise.generation.edge_values import telling
from clausewise.generation.place import place_name, place_of
from clausewise.generation.prover import Base, Case, Prover, with_value
from clausewise.values.deviations import ValueSite, beyond, within
from clausewise.values.edit import members, take_out

#: breaches sent for one clause: its nearest, and further ones that a careless check lets through
_BREACHES = 6


def probes(prover: Prover, base: Base, clause: Clause, rng: random.Random) -> tuple[list[Case], str]:
    """The probes of `clause` around `base`, which keeps it; with none that breaks it, the reason why."""
    if clause.severity != "error":
        return [], "it is advisory: a server may accept what breaks it"
    found = place_of(prover, base.draft, clause, rng)
    if found is None:
        return [], "no accepted request reaches it"
    location, place = found
    kept = list(_kept(prover, base, clause, location, place))
    broken = list(_broken(prover, base, clause, location, place))
    if broken:
        return [*kept, *broken], ""
    return kept, _why_unbreakable(clause)


def tricky(prover: Prover, base: Base, clause: Clause, rng: random.Random) -> Iterator[Case]:
    """Valid values that servers trip over, at the place of a `type` clause (or of any, where no type is named)."""
    found = place_of(prover, base.draft, clause, rng)
    if found is None:
        return
    location, place = found
    for told in telling(place):
        proved = prover.keeping(with_value(base.draft, clause.part, location, told.value))
        if proved is not None and (told.value, type(told.value)) != (place.value, type(place.value)):
            where, note = (clause.part, *location), f"{place_name(clause)} {told.note}"
            yield _case(prover, base, proved, clause, note, told.expect, location=where, aspect=told.aspect)


def absences(prover: Prover, base: Base) -> Iterator[Case]:
    """`base` without each of its optional members, wherever the rest stays valid."""
    if base.draft.body is ABSENT:
        return
    for location in members(base.draft.body):
        draft = msgspec.structs.replace(base.draft, body=take_out(base.draft.body, location))
        proved = prover.keeping(draft)
        if proved is not None:
            note = f"`{location[-1]}` is left out"
            yield _case(prover, base, proved, None, note, "accept", location=("body", *location))


def _kept(
    prover: Prover, base: Base, clause: Clause, location: tuple[str | int, ...], place: ValueSite
) -> Iterator[Case]:
    """Values on the boundary of `clause`, and whatever else it names."""
    where = (clause.part, *location)
    for deviation in within(clause, place):
        proved = prover.keeping(with_value(base.draft, clause.part, location, deviation.value))
        if proved is not None and deviation.value != place.value:
            note = f"{place_name(clause)} {deviation.note}"
            yield _case(prover, base, proved, clause, note, "accept", keeps=(clause.key,), location=where)


def _broken(
    prover: Prover, base: Base, clause: Clause, location: tuple[str | int, ...], place: ValueSite
) -> Iterator[Case]:
    """Breaches of `clause`; only where none breaks it alone, those that break others at the same place with it."""
    alone: list[Case] = []
    together: list[Case] = []
    for deviation in beyond(clause, place):
        proved = prover.breaking(with_value(base.draft, clause.part, location, deviation.value), clause)
        if proved is None:
            continue
        request, breaks = proved
        note, where = f"{place_name(clause)} {deviation.note}", (clause.part, *location)
        case = _case(prover, base, request, clause, note, "refuse", breaks=breaks, location=where)
        (alone if len(breaks) == 1 else together).append(case)
    yield from (alone or together)[:_BREACHES]


def _case(
    prover: Prover,
    base: Base,
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
    part = clause.part.partition(".")[0]
    if clause.keyword == "type" and part in ("path", "query", "header", "cookie"):
        return f"a {part} parameter is text: nothing that can be sent breaks it"
    if part == "path":
        return "no path segment was found that breaks it and still reaches the operation"
    return "no value was found that breaks it and nothing else"
