"""Breaches of requests that the server refuses as they are.

Some operations accept none of the run's requests, and some values are refused wherever they stand. A crash on a null
there is a crash all the same, and so is an invalid request accepted. A refusal shows nothing, because the request
without the breach was refused as well.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import name_at, show
from clausewise.exchange import Exchange, Probe
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.edge_values import edge_values
from clausewise.generation.place import place_of
from clausewise.generation.prover import BaselineRequest, Case, Prover, root_of, with_value
from clausewise.phases.base import ABOUT_VALUES
from clausewise.results.evidence import OTHER_TEXT
from clausewise.values.deviations import beyond, within
from clausewise.values.edit import get, locate

#: values in the place of a whole body
_BODIES: tuple[Any, ...] = (None, [None], [], {}, "text", 12345)

#: deepest place, in steps from the root, at which another value than null is sent
_TOP = 2

#: requests for one refused request at most: those about types, and the others
_ENOUGH = 60

#: aspects of the texts on which readers of other formats fail
_ODD = frozenset({"control-character", "nul", "quote"})

#: aspects of what is tried in a parameter of the query, which many servers read before they look at anything else
_ODD_IN_QUERY = _ODD | {OTHER_TEXT, "empty-string", "zero", "64-bit-edge"}

#: breaches of one clause
_NEAREST = 2


def breaches_of_refused(
    prover: Prover, base: BaselineRequest, refusal: Exchange, clauses: Sequence[Clause], rng: random.Random
) -> Generator[Iterable[Case], list[Exchange], None]:
    """Send breaches of the refused request `base`: of its body as a whole, then of each of `clauses`, those about types
    first.

    The second part is left out where the server does not look at the body: it answers to every one of the first as it
    did to `base`, with another status than 400 or 422.
    """
    first = list(other_bodies(prover, base))
    exchanges = yield first
    if exchanges and all(_alike(exchange, refusal) for exchange in exchanges):
        return
    yield list(islice(breaches_at(prover, base, clauses), _ENOUGH))
    yield list(islice(_other_breaches(prover, base, clauses, rng), _ENOUGH))


def breaches_at(prover: Prover, base: BaselineRequest, clauses: Iterable[Clause]) -> Iterator[Case]:
    """Breaches of the refused request `base`: null at each place that one of `clauses` gives a type, and near the root
    a value of another kind; in parameters a word."""
    for clause in clauses:
        if clause.keyword != "type" or clause.part.startswith("path."):
            continue
        found = _location(root_of(base.draft, clause.part), clause.path)
        if found is None:
            continue
        location, old = found
        others: tuple[Any, ...] = (None, _other_kind(old)) if len(clause.path) <= _TOP else (None,)
        if clause.part != "body":
            # What is no text has no form of its own in a URL or a header.
            others = ("text",)
        name = name_at(clause.path, clause.part)
        for value in others:
            draft = with_value(base.draft, clause.part, location, value)
            aspect = "null" if value is None else ""
            case = _case(prover, base, draft, f"{name} is {show(value)}", (clause.part, *location), aspect)
            if case is not None:
                yield case


def _other_breaches(
    prover: Prover, base: BaselineRequest, clauses: Iterable[Clause], rng: random.Random
) -> Iterator[Case]:
    """The nearest breaches of each of `clauses` that is not about a type, where the refused request `base` keeps it."""
    for clause in clauses:
        if clause.keyword != "type" and clause.governed_by is None and not clause.part.startswith("path."):
            yield from _nearest(prover, base, clause, rng)


def breaches_in_path(
    prover: Prover, base: BaselineRequest, clauses: Iterable[Clause], rng: random.Random
) -> Iterator[Case]:
    """The nearest breaches of each of `clauses` about a path parameter. They reach the operation where `base` does not,
    in which one is empty."""
    for clause in clauses:
        if clause.part.startswith("path."):
            yield from _nearest(prover, base, clause, rng)


def _nearest(prover: Prover, base: BaselineRequest, clause: Clause, rng: random.Random) -> Iterator[Case]:
    """The nearest breaches of a clause that `base` keeps."""
    found = place_of(prover, base.draft, clause, rng)
    if found is None:
        return
    location, site = found
    for deviation in islice(beyond(clause, site), _NEAREST):
        draft = with_value(base.draft, clause.part, location, deviation.value)
        note = f"{name_at(clause.instance_path, clause.part)} {deviation.note}"
        case = _case(prover, base, draft, note, (clause.part, *location), deviation.aspect)
        if case is not None:
            yield case


def choices_at(prover: Prover, base: BaselineRequest, clauses: Iterable[Clause], rng: random.Random) -> Iterator[Case]:
    """The refused request `base` with each other choice that a `pattern` or an `enum` leaves: values of a kind of their
    own, on which a server may fail before it refuses the rest."""
    for clause in clauses:
        found = place_of(prover, base.draft, clause, rng) if clause.keyword in ("pattern", "enum") else None
        if found is None or clause.part.startswith("path."):
            continue
        location, site = found
        for choice in within(clause, site):
            request = prover.keeping(with_value(base.draft, clause.part, location, choice.value))
            if request is not None and choice.value != site.value:
                note = f"{name_at(clause.path, clause.part)} {choice.note}"
                yield Case(request, _probe_of_value(prover, base, clause, note, location))


def odd_values_at(
    prover: Prover, base: BaselineRequest, clauses: Iterable[Clause], rng: random.Random
) -> Iterator[Case]:
    """The refused request `base` with each of a few odd texts in each member near the root that is a free text, and
    odd texts and numbers in each parameter of the query: what is read as a document of its own, such as YAML, may fail
    on a character before it is refused for the rest."""
    for clause in clauses:
        if clause.keyword not in ("type", "anyOf"):
            continue
        if clause.part.startswith("query.") and not clause.path:
            draft, odd = _with_parameter(prover, base.draft, clause.part), _ODD_IN_QUERY
        elif clause.part == "body" and clause.keyword == "type" and len(clause.path) <= _TOP:
            draft, odd = base.draft, _ODD
        else:
            continue
        found = place_of(prover, draft, clause, rng)
        for edge in edge_values(found[1]) if found is not None else ():
            if found is None or edge.aspect not in odd:
                continue
            request = prover.keeping(with_value(draft, clause.part, found[0], edge.value))
            if request is not None:
                note = f"{name_at(clause.path, clause.part)} {edge.note}"
                yield Case(request, _probe_of_value(prover, base, clause, note, found[0], edge.aspect))


def _with_parameter(prover: Prover, draft: Draft, part: str) -> Draft:
    """A draft with a text, or a number, in a parameter that it leaves out."""
    if root_of(draft, part) is not ABSENT:
        return draft
    drafts = (with_value(draft, part, (), value) for value in ("text", 1))
    return next((each for each in drafts if prover.keeping(each) is not None), draft)


def _probe_of_value(
    prover: Prover, base: BaselineRequest, clause: Clause, note: str, location: tuple[str | int, ...], aspect: str = ""
) -> Probe:
    """A probe of a valid value at the place of a clause, of which nothing is expected."""
    return Probe(
        operation=prover.operation.key,
        phase="clauses",
        note=note,
        expect="any",
        clause=clause.key,
        branch=base.branch,
        deviates_at=(clause.part, *location),
        aspect=aspect,
        unaccepted=True,
    )


def other_bodies(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """`base` with each of a few other bodies, and without one; none where the operation documents no body."""
    if prover.operation.body is None:
        return
    bare = msgspec.structs.replace(base.draft, body=ABSENT, raw_body=None, content_type=None)
    drafts = [(bare, "no body is sent")]
    if base.draft.raw_body is None:
        drafts += [(msgspec.structs.replace(base.draft, body=value), f"the body is {show(value)}") for value in _BODIES]
    for draft, note in drafts:
        case = _case(prover, base, draft, note, ("body",))
        if case is not None:
            yield case


def _case(
    prover: Prover, base: BaselineRequest, draft: Draft, note: str, location: tuple[str | int, ...], aspect: str = ""
) -> Case | None:
    """A probe of `draft`; None where it breaks no clause that a server has to enforce."""
    probe = Probe(
        operation=prover.operation.key,
        phase="clauses",
        note=note,
        expect="refuse",
        branch=base.branch,
        deviates_at=location,
        aspect=aspect,
        unaccepted=True,
    )
    return prover.breach(draft, probe)


def _location(root: Any, path: tuple[str, ...]) -> tuple[tuple[str | int, ...], Any] | None:
    """The location in `root` that `path` leads to, and the value there; a missing item, member or map value may be put
    there where its parent stands."""
    if root is ABSENT:
        return None
    found = locate(root, path)
    if found is not None:
        return found, get(root, found)
    parent = locate(root, path[:-1])
    step = path[-1]
    if parent is None or not isinstance(get(root, parent), list if step == EACH_ITEM else dict):
        return None
    return (*parent, 0 if step == EACH_ITEM else "member" if step == EACH_PROPERTY else step), None


def _other_kind(value: Any) -> Any:
    if isinstance(value, dict):
        return ["text"]
    return "text" if isinstance(value, list) else {"member": "text"}


def _alike(exchange: Exchange, refusal: Exchange) -> bool:
    """Whether an answer is that of `refusal`, which does not speak of the values sent."""
    response, before = exchange.response, refusal.response
    return (
        response is not None
        and before is not None
        and response.status not in ABOUT_VALUES
        and (response.status, response.body) == (before.status, before.body)
    )
