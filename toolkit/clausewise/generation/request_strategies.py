"""Hypothesis strategies for whole requests: valid ones, and ones that break clauses."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import Clause
from clausewise.contract.parameters import can_write
from clausewise.contract.parts import ParameterContract
from clausewise.generation.differences import RequestPath, value_at
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.place import place_name, place_of
from clausewise.generation.prover import BaselineRequest, Prover, with_value
from clausewise.generation.strategy import any_value
from clausewise.transport.budget import CHANGING_METHODS
from clausewise.values.deviations import beyond

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

#: limit on the clauses broken in one request
_BREACHES = 2

#: what a header or a cookie can hold
_PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " "


class Broken(msgspec.Struct, frozen=True):
    """A place where a drawn request breaks the contract."""

    place: RequestPath
    #: for people: "`name` has 65 characters"
    note: str
    #: that of the deviation
    aspect: str


class Attempt(msgspec.Struct, frozen=True):
    """A drawn request."""

    draft: Draft
    #: path parameters first; () if it is valid
    breaches: tuple[Broken, ...] = ()


def attempts(prover: Prover, base: BaselineRequest, branch: Branch | None) -> SearchStrategy[Attempt]:
    """Requests of one branch; about two in three are valid. Raises NoStrategyError.

    They must be proved before they are sent.
    """
    from hypothesis import strategies as st

    kept = drafts(prover, base, branch)
    valid = kept.map(Attempt)
    return st.one_of(valid, valid, breaking(prover, kept))


def _is_worth_breaking(prover: Prover, clause: Clause) -> bool:
    """Whether a request can break `clause` and still use a drawn value."""
    if clause.part == "body":
        return bool(clause.path) or clause.keyword not in ("type", "enum", "const", "oneOf", "anyOf")
    is_text = clause.keyword == "type" and clause.value == "string"
    return not is_text and not (clause.part.startswith("path.") and _changes(prover))


def _changes(prover: Prover) -> bool:
    """Whether the operation changes or deletes the resource in its path."""
    return prover.operation.operation.method in CHANGING_METHODS


def drafts(prover: Prover, base: BaselineRequest, branch: Branch | None) -> SearchStrategy[Draft]:
    """Valid requests of one branch. Raises NoStrategyError.

    Operations that change or delete a resource keep the path of `base`: another path might name a resource that the
    run does not own. Elsewhere every third path is drawn, and the rest name an existing resource.
    """
    from hypothesis import strategies as st

    body = st.just(base.draft.body)
    message = prover.message("body")
    if base.draft.body is not ABSENT and message is not None:
        body = any_value(message if branch is None else message.of_branch(branch.schema))
    parameters: dict[tuple[str, str], SearchStrategy[Any]] = {}
    optional: dict[tuple[str, str], SearchStrategy[Any]] = {}
    for contract in prover.operation.parameters:
        key = (contract.parameter.location, contract.parameter.name)
        if key in base.draft.parameters and (contract.message is None or (key[0] == "path" and _changes(prover))):
            parameters[key] = st.just(base.draft.parameters[key])
        elif key[0] == "path" and key in base.draft.parameters:
            same = st.just(base.draft.parameters[key])
            parameters[key] = st.one_of(same, same, _parameter(contract))
        elif contract.message is not None:
            (parameters if contract.parameter.required else optional)[key] = _parameter(contract)
    drawn = st.fixed_dictionaries(parameters, optional=optional)
    return st.builds(
        lambda body, parameters: msgspec.structs.replace(base.draft, body=body, parameters=parameters), body, drawn
    )


def values_at(prover: Prover, draft: Draft, places: Sequence[RequestPath]) -> SearchStrategy[Draft]:
    """`draft` with drawn values at those of `places` that it has. Raises NoStrategyError."""
    from hypothesis import strategies as st

    drawn: dict[RequestPath, SearchStrategy[Any]] = {}
    for place in places:
        message = prover.message(str(place[0]))
        if message is not None and value_at(draft, place) is not ABSENT:
            drawn[place] = any_value(message, tuple(map(str, place[1:])))

    def put(found: dict[RequestPath, Any]) -> Draft:
        changed = draft
        for place, value in found.items():
            changed = with_value(changed, str(place[0]), place[1:], value)
        return changed

    return st.fixed_dictionaries(drawn).map(put)


def _parameter(contract: ParameterContract) -> SearchStrategy[Any]:
    assert contract.message is not None
    if contract.parameter.location in ("path", "query", "querystring"):
        values = any_value(contract.message)
    else:
        values = any_value(contract.message, codec="ascii").filter(_is_printable)
    return values.filter(lambda value: can_write(contract.parameter, value))


def _is_printable(value: Any) -> bool:
    """Whether a header can hold `value`: no control characters, no blanks at its ends."""
    if isinstance(value, str):
        return value == value.strip() and all(character in _PRINTABLE for character in value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(map(_is_printable, items))


def breaking(prover: Prover, kept: SearchStrategy[Draft]) -> SearchStrategy[Attempt]:
    """Drafts of `kept` that break one clause or several; none where no clause can be broken."""
    from hypothesis import assume
    from hypothesis import strategies as st

    clauses = [
        clause
        for message in prover.messages.values()
        for clause in message.clauses
        if clause.severity == "error" and clause.governed_by is None and _is_worth_breaking(prover, clause)
    ]
    if not clauses:
        return st.nothing()

    @st.composite
    def broken(draw: DrawFn) -> Attempt:
        draft = draw(kept)
        breaches: list[Broken] = []
        for clause in draw(st.lists(st.sampled_from(clauses), min_size=1, max_size=_BREACHES, unique_by=_key)):
            found = place_of(prover, draft, clause, random.Random(draw(st.integers(0, 255))))
            options = list(beyond(clause, found[1])) if found is not None else []
            if found is not None and options:
                deviation = draw(st.sampled_from(options))
                draft = with_value(draft, clause.part, found[0], deviation.value)
                note = f"{place_name(clause)} {deviation.note}"
                breaches.append(Broken((clause.part, *found[0]), note, deviation.aspect))
        assume(breaches)
        return Attempt(draft, tuple(sorted(breaches, key=lambda breach: not str(breach.place[0]).startswith("path."))))

    return broken()


def _key(clause: Clause) -> str:
    return clause.key
