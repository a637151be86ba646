"""Whether a new member is refused for itself, or because it excludes another one of the request."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.exchange import Exchange, Expectation, Probe, Request
from clausewise.generation.differences import value_at
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.factors import smallest
from clausewise.generation.prover import BaselineRequest, Case, Prover, root_of, with_value
from clausewise.phases.base import status_of
from clausewise.values.edit import Location, get, locate


class Reaching(msgspec.Struct, frozen=True, eq=False):
    """A draft that reaches more clauses than an accepted one."""

    draft: Draft
    request: Request
    #: how it differs, for people
    note: str
    #: the clause that it should reach; None where something else may explain a refusal
    clause: Clause | None
    #: stable code that identifies a refusal of it, where the clause does not
    aspect: str = ""
    #: the place of the member, item or parameter that is new in it, if nothing else differs; else ()
    new: tuple[str | int, ...] = ()
    #: "any" where the request that it was made from is refused as well
    expect: Expectation = "accept"


def judged_answers(
    prover: Prover, base: BaselineRequest, drafts: list[Reaching]
) -> Generator[Iterable[Case], list[Exchange], list[tuple[Reaching, Exchange]]]:
    """Send `drafts`, which are steps from `base`, each with what came of it.

    Where `base` has further optional members, a refusal is judged only if the new member is refused without them as
    well. If it is accepted then, this request takes the place of the first.
    """
    few = _few(prover, base)
    wanted = [one for one in drafts if one.expect == "accept"]
    alone = {one: found for one in wanted if (found := _alone(prover, few, one)) is not None}
    answers = yield from _answers(prover, base, list(alone), "any")
    again = [alone[one] for one in alone if 400 <= status_of(answers[one]) < 500]
    answers |= yield from _answers(prover, base, again, "any")
    taken = {one for one in again if answers[one].accepted}
    sent = [alone[one] if alone.get(one) in taken else one for one in drafts]
    judged = [one for one in sent if one not in answers or not answers[one].accepted]
    answers |= yield from _answers(prover, base, judged, "accept")
    return [(one, answers[one]) for one in sent]


def _answers(
    prover: Prover, base: BaselineRequest, drafts: list[Reaching], expect: Expectation
) -> Generator[Iterable[Case], list[Exchange], dict[Reaching, Exchange]]:
    """What comes of sending `drafts`; where anything is expected, no outcome is reported."""
    if not drafts:
        return {}
    cases = []
    for one in drafts:
        probe = Probe(
            operation=prover.operation.key,
            phase="clauses",
            note=one.note,
            expect=expect if expect == "any" else one.expect,
            clause=one.clause.key if one.clause else None,
            keeps=tuple(sorted(prover.base(one.draft, one.request, base.branch).upheld - base.upheld)),
            branch=base.branch,
            deviates_at=one.new,
            aspect=one.aspect,
            explores=expect == "any",
        )
        cases.append(Case(one.request, probe))
    exchanges = yield cases
    return dict(zip(drafts, exchanges, strict=True))


def _few(prover: Prover, base: BaselineRequest) -> Draft:
    """The draft of `base` without its optional members and parameters."""
    required = {(each.location, each.name) for each in prover.operation.operation.parameters if each.required}
    few = smallest(prover, base)
    kept = {key: value for key, value in few.parameters.items() if key in required}
    return msgspec.structs.replace(few, parameters=kept)


def _alone(prover: Prover, few: Draft, one: Reaching) -> Reaching | None:
    """What is new in `one`, put into `few`; None where that is not another request, or no valid one."""
    if not one.new:
        return None
    part, *location = one.new
    root = root_of(few, str(part))
    if location and not _has_room(root, tuple(location)):
        return None
    value = value_at(one.draft, one.new)
    if value is ABSENT:
        # Another alternative of a union has taken its place.
        return None
    draft = with_value(few, str(part), tuple(location), value)
    request = prover.keeping(draft)
    if request is None or request == one.request:
        return None
    return msgspec.structs.replace(one, draft=draft, request=request)


def _has_room(root: Any, location: Location) -> bool:
    """Whether a part of `root` can stand at `location`: another alternative of a union may have a text above it."""
    above = None if root is ABSENT else locate(root, tuple(map(str, location[:-1])))
    return above is not None and isinstance(get(root, above), list if isinstance(location[-1], int) else dict)
