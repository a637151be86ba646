"""The oracle `round trip`: whatever was sent to create a resource can be read from it, member by member.

It sends every member that the contract documents, with values that nothing else has. A difference counts when a second
resource with other values shows it again, after some time: no way of writing a value explains both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clausewise.conformance.kept import Difference, differences, is_computed, is_of_the_books, is_rewritten
from clausewise.contract.keywords import show
from clausewise.generation.draft import Draft
from clausewise.phases.state.bodies import fuller, hardened, leaves, shown_at, varied
from clausewise.phases.state.kind import Kind, Sight, Steps
from clausewise.phases.state.oracle import Oracle
from clausewise.resources.identity import Resource
from clausewise.resources.types import identifiers
from clausewise.resources.uniqueness import renewed
from clausewise.results.causes import Causes
from clausewise.values.defaults import defaults_of
from clausewise.values.edit import get, put
from clausewise.values.shape import shape_of
from clausewise.values.words import plain
from clausewise.wording import path_text

#: further alternatives of a body by which one is made
_BRANCHES = 4

#: optional members that are tried one by one where a body with all of them is refused
_MEMBERS = 8


def _ask(kind: Kind) -> Steps:
    if not isinstance(kind.recipe.draft.body, dict) or (kind.type.get or kind.type.list) is None:
        return
    first = kind.recipe
    sight = yield from _of_one(kind)
    if sight is None:
        return
    yield from _defaults(kind)
    for other in _of_other_branches(kind):
        kind.recipe = msgspec.structs.replace(first, draft=other)
        yield from _of_one(kind)
    kind.recipe = first


def _of_other_branches(kind: Kind) -> list[Draft]:
    """The accepted requests that make one by another alternative of the body's schema than the first."""
    baseline, first = kind.baseline(kind.maker), kind.recipe.draft
    drafts = [base.draft for base in baseline.bases] if baseline is not None else []
    alike = (each for each in drafts if isinstance(each.body, dict) and each.media == first.media)
    return [each for each in alike if each.body != first.body][:_BRANCHES]


def _of_one(kind: Kind) -> Steps:
    """Compare what one alternative of the body makes; gives what shows it, and None where nothing does."""
    one, draft = yield from made(kind)
    if one is None:
        return None
    shown, found = yield from _compared(kind, one, draft)
    if not found:
        if shown is not None:
            yield from _hardened(kind, draft)
        return shown
    other, second = yield from made(kind, draft, shown.shown)
    if other is None:
        kind.leave(f"round trip: {kind.maker.key}: a difference was not confirmed, as no second one was accepted")
        return shown
    sight, again = yield from _compared(kind, other, second)
    _blame(kind, sight, found, again)
    return shown


def _hardened(kind: Kind, draft: Draft) -> Steps:
    """Compare two resources whose texts are of many scripts and as long as they may be. Whoever refuses them changes
    nothing."""
    found: list[Difference] | None = None
    for _ in range(2):
        hard = hardened(kind.recipe.prover, draft, kind.rng)
        if hard is None:
            return
        one, sent = yield from _create(kind, hard)
        if one is None:
            return
        sight, again = yield from _compared(kind, one, sent)
        if not again:
            return
        if found is not None:
            _blame(kind, sight, found, again)
        found = again


def _blame(kind: Kind, sight: Sight | None, found: Iterable[Difference], again: Iterable[Difference]) -> None:
    """Name the members that were different both times; `sight` shows the second."""
    before = {each.location: each for each in found}
    confirmed = [each for each in again if each.location in before]
    for each in confirmed if sight is not None else ():
        assert sight is not None
        name = path_text(map(str, each.location))
        kind.find(
            "echo-mismatch",
            sight.operation,
            sight.exchange,
            f"{kind.maker.key} was sent `{name}` = {show(each.sent)}, and {sight.operation.key} {as_shown(each)}; "
            f"so it was with {show(before[each.location].sent)} in another {kind.type.noun or 'resource'}",
            assertion=f"{kind.maker.operation.source}/echo/{name}",
            where=f"response.200.body.{name}",
            seen=name,
            at=in_answer(sight, each),
            causes=one_cause("echo", kind.maker.key, confirmed),
        )


def made(kind: Kind, like: Draft | None = None, shown: Any = None) -> Steps:
    """A resource and the draft that made it: with every member that the server takes, each with a value of its own, or
    `like` another one with other values than those and than what was `shown`. None, None where there is none."""
    prover, draft = kind.recipe.prover, like or kind.recipe.draft
    full = None if like is not None else fuller(prover, draft, kind.rng)
    for base in [full, draft] if full is not None else [draft]:
        for careful in (False, True):
            one, sent = yield from _create(kind, varied(prover, base, kind.rng, shown, careful=careful))
            if one is not None:
                return one, sent
        if base is full:
            draft = yield from _with_members(kind, full, draft)
    return (yield from _create(kind, draft)) if like is None else (None, None)


def _create(kind: Kind, draft: Draft) -> Steps:
    prover = kind.recipe.prover
    draft = yield from kind.supplied(renewed(prover, draft, kind.recipe.places, kind.rng) or draft)
    one = yield from kind.create(draft, "every optional member is sent")
    return one, draft


def _with_members(kind: Kind, full: Draft, draft: Draft) -> Steps:
    """`draft` with those members of `full` that the server takes when they are sent alone."""
    prover, accepted = kind.recipe.prover, draft
    for name in [name for name in full.body if name not in draft.body][:_MEMBERS]:
        more = msgspec.structs.replace(accepted, body=put(accepted.body, (name,), full.body[name]))
        if prover.of(more).keeping(more) is not None:
            one, sent = yield from _create(kind, more)
            accepted = accepted if one is None else sent
    return accepted


def _compared(kind: Kind, one: Resource, draft: Draft) -> Steps:
    """What shows a new resource, and the differences to the `draft` that made it, which do not pass."""
    for wait in (0.0, kind.later):
        sight = yield from kind.look(one, f"{kind.maker.key} had made it", draft.body, wait)
        if sight is None:
            return None, []
        sent = within(draft.body, sight)
        every = (*differences(sent, sight.shown, sight.documents), *_rewritten(sent, one, sight))
        found = [each for each in every if counts(kind, one, draft, each)]
        if not found:
            break
    return sight, found


def _rewritten(sent: Any, one: Resource, sight: Sight) -> Iterator[Difference]:
    """The members that the answer to the creation shows as they were sent, and that are written otherwise later: what a
    server normalizes is normalized in that answer as well."""
    answered = shown_at(one.shown, sight.at) if shown_at(one.shown, sight.at) is not None else one.shown
    for at in leaves(sent):
        value, now = get(sent, at), shown_at(sight.shown, at)
        if shown_at(answered, at) == value and is_rewritten(value, now):
            yield Difference(at, value, now, "other")


def _defaults(kind: Kind) -> Steps:
    """Create two resources with the required members alone, and see that the others have their documented defaults."""
    prover, draft = kind.recipe.prover, kind.recipe.draft
    message = prover.of(draft).message("body")
    if message is None:
        return
    shape = shape_of([message.schema], message.schema)
    least = msgspec.structs.replace(
        draft, body={name: value for name, value in draft.body.items() if name in shape.required}
    )
    left_out = {name: value for name, value in defaults_of(message).items() if name not in least.body}
    if not left_out or prover.of(least).keeping(least) is None:
        return
    lost: set[str] | None = None
    for _ in range(2):
        one, sent = yield from _create(kind, least)
        if one is None:
            return
        wrong: dict[str, Difference] = {}
        for wait in (0.0, kind.later):
            sight = yield from kind.look(one, f"{kind.maker.key} had made it", (*least.body, *left_out), wait)
            if sight is None:
                return
            found = differences(left_out, sight.shown, sight.documents)
            wrong = {str(each.location[0]): each for each in found if counts(kind, one, sent, each)}
            if not wrong:
                return
        lost = set(wrong) if lost is None else lost & set(wrong)
    for name in sorted(lost or ()):
        each = wrong[name]
        kind.find(
            "default-not-applied",
            sight.operation,
            sight.exchange,
            f"{kind.maker.key} was sent no `{name}`, whose default is {show(left_out[name])}, and "
            f"{sight.operation.key} {as_shown(each)}",
            where=f"response.200.body.{name}",
            seen=f"{kind.maker.key} {name}",
            at=in_answer(sight, each),
        )


def within(body: Any, sight: Sight) -> Any:
    """What a body sends of the resource itself: many a server wants it in an envelope that answers do not have."""
    if isinstance(body, dict) and len(body) == 1:
        ((name, inner),) = body.items()
        if isinstance(inner, dict) and name not in sight.shown and inner.keys() & sight.shown.keys():
            return inner
    return body


def counts(kind: Kind, one: Resource, draft: Draft, each: Difference) -> bool:
    """Whether a difference is one of a member that a client sets: neither an id, nor what the server says by itself."""
    name = next(step for step in reversed(each.location) if isinstance(step, str))
    computed = is_computed(name) if _shares_schema(kind, draft) else is_of_the_books(name)
    # What a parameter of the same name says is heard instead of the member: the two cannot differ.
    said = [value for (_, called), value in draft.parameters.items() if plain(called) == plain(name)]
    return not computed and not any(value in (each.shown, each.sent) for value in (*one.values, *said))


def _shares_schema(kind: Kind, draft: Draft) -> bool:
    """Whether requests share the schema of answers: they have an id then, and more members than a client sets."""
    ids, message = {"id", *identifiers(kind.type)}, kind.recipe.prover.message("body")
    described = shape_of([message.schema], message.schema).properties if message is not None else {}
    return not kind.type.has_own_path and any(plain(name) in ids for name in (*described, *draft.body))


def as_shown(each: Difference) -> str:
    """How a member is shown, as the end of a sentence about what shows it."""
    return "does not show it" if each.how == "missing" else f"shows {show(each.shown)}"


def in_answer(sight: Sight, each: Difference) -> tuple[str, ...]:
    """Where in the answer's body the member stands; () where it does not."""
    return () if each.how == "missing" else tuple(map(str, (*sight.at, *each.location)))


def one_cause(kind: str, operation: str, found: Iterable[Difference]) -> Causes | None:
    """That an operation which loses several members has one fault."""
    return Causes(frozenset({(kind, operation)})) if len(list(found)) > 1 else None


ORACLE = Oracle(
    name="round trip",
    sentence="What was sent to create a resource can be read from it.",
    rules=("echo-mismatch", "default-not-applied"),
    budget=120,
    ask=_ask,
)
