"""Reduces failures of drawn requests to the values that they need, and names these.

A request that fails is changed back to the accepted one, place by place, as long as it still fails. Hypothesis then
finds the smallest values in the remaining places that fail.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any

import msgspec

from clausewise.conformance.symptom import says_why, symptom
from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import name_at, show
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.differences import RequestPath, differences, value_at, with_place_of
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.edge_values import aspect_of, may_be_refused
from clausewise.generation.prover import BaselineRequest, Case, Prover, root_of
from clausewise.generation.request_strategies import values_at
from clausewise.generation.search import Search
from clausewise.generation.strategy import NoStrategyError
from clausewise.media.json import parse_json
from clausewise.phase_table import phase_row
from clausewise.phases.base import NO_ANSWER, is_failure, status_of
from clausewise.results.evidence import BESIDE, TOGETHER
from clausewise.spec.pointer import to_pointer
from clausewise.values.edit import locate, path_of
from clausewise.values.shape import shape_at

#: limit on the requests that reduce the failures of one branch
_QUESTIONS = 300

#: aspects that the smallest values have only because they are the smallest
_PLAIN = ("", "zero", "empty-string", "empty-array", "null")


def exploring(prover: Prover, base: BaselineRequest, request: Request, note: str) -> Case:
    """A case that shows nothing by itself, whatever the answer is."""
    return Case(request, Probe(prover.operation.key, "properties", note, "any", branch=base.branch, explores=True))


#: how a request fails: the status, and what the answer of a crash looks like where it says why, else ""
Failure = tuple[int, str]


class Cause(msgspec.Struct, frozen=True, eq=False):
    """A request that fails, and the values that make it fail."""

    draft: Draft
    #: places where it differs from the accepted one; it needs each of them to fail
    places: tuple[RequestPath, ...]
    failure: Failure


def failure_of(prover: Prover, exchange: Exchange) -> Failure:
    """How the request of `exchange` failed: two crashes that give other reasons are two."""
    status = status_of(exchange)
    names = (prover.operation.operation.path, prover.operation.key)
    tells = status >= 500 and says_why(exchange, names)
    return status, symptom(exchange, names) if tells else ""


class Experiments:
    """The server's answers to requests around `base`. No request is sent twice."""

    def __init__(self, prover: Prover, base: BaselineRequest) -> None:
        self._prover = prover
        self._base = base
        self._left = _QUESTIONS
        #: request -> how it failed; None where it did not
        self.failed: dict[Request, Failure | None] = {}

    def failure(self, draft: Draft) -> Generator[Iterable[Case], list[Exchange], Failure | None]:
        """How `draft` fails; None where it does not fail, or may not be sent."""
        request = self._prover.keeping(draft)
        return (yield from self._failure_of(draft, request)) if request is not None else None

    def _failure_of(self, draft: Draft, request: Request) -> Generator[Iterable[Case], list[Exchange], Failure | None]:
        if request not in self.failed:
            if not self._left:
                return None
            self._left -= 1
            (exchange,) = yield [exploring(self._prover, self._base, request, "a failure is reduced")]
            self.failed[request] = failure_of(self._prover, exchange) if is_fault(draft, exchange) else None
        return self.failed[request]

    def cause_of(self, draft: Draft) -> Generator[Iterable[Case], list[Exchange], Cause | None]:
        """The places of `draft` that its failure needs; None where it does not fail, or the base fails as well."""
        failure = yield from self.failure(draft)
        if failure is None:
            return None
        kept: list[RequestPath] = []
        needed = list(differences(self._base.draft, draft))
        # Some places only keep others valid, and are not to blame: once the others are reset, these can be reset too.
        for _ in range(2):
            places, needed = needed, []
            for place in places:
                fewer = with_place_of(draft, self._base.draft, place)
                request = self._prover.keeping(fewer)
                if request is None:
                    needed.append(place)
                elif (yield from self._failure_of(fewer, request)) == failure:
                    draft = fewer
                else:
                    kept.append(place)
        blamed = tuple(kept or needed)
        return Cause(draft, blamed, failure) if blamed else None


def with_smallest_values(
    prover: Prover, cause: Cause, examples: int, seed: int, name: str, experiments: Experiments
) -> Generator[Iterable[Case], list[Exchange], Draft]:
    """The draft of `cause` with the smallest values in its places that fail in the same way."""

    def fails(draft: Draft) -> Generator[Iterable[Case], list[Exchange], bool]:
        return (yield from experiments.failure(draft)) == cause.failure

    try:
        strategy = values_at(prover, cause.draft, cause.places)
        found = yield from Search(strategy, examples, seed, f"{name}:{cause.places}").find(fails)
    except NoStrategyError:
        return cause.draft
    # What Hypothesis draws in a few tries may be larger than what the failure was first seen with.
    return cause.draft if found is None else min(found, cause.draft, key=lambda draft: size(prover.request(draft)))


def size(request: Request) -> int:
    """The bytes of a request that depend on its values."""
    return len(request.target) + len(request.body or b"")


def is_explained(prover: Prover, exchange: Exchange, draft: Draft, cause: Cause) -> bool:
    """Whether an earlier failure without a known reason has the same `cause`, whose values `draft` has."""
    probe = exchange.probe
    if probe is None or probe.clause is not None or not phase_row(probe.phase).deviates:
        return False
    if failure_of(prover, exchange) != cause.failure:
        return False
    try:
        sent = Draft(body=parse_json(exchange.request.body or b""))
    except ValueError:
        return False
    return all(place[0] == "body" and value_at(sent, place) == value_at(draft, place) for place in cause.places)


def without(base: BaselineRequest, draft: Draft, places: Iterable[RequestPath]) -> Draft:
    """`draft` with the values of `base` at `places`; a value that the base does not have is removed with its parent."""
    for place in places:
        while len(place) > 1 and value_at(base.draft, place[:-1]) is ABSENT:
            place = place[:-1]
        draft = with_place_of(draft, base.draft, place)
    return draft


def outside(prover: Prover, place: RequestPath) -> RequestPath:
    """`place`, or the array or the map around it, because another draft may have other items or other names."""
    path = _path_of(prover, place)
    index = next((index for index, step in enumerate(path) if step in (EACH_ITEM, EACH_PROPERTY)), len(path))
    return place[: 1 + index]


def _path_of(prover: Prover, place: RequestPath) -> tuple[str, ...]:
    """`place` as the path of a clause of its part; a name that no schema has is one in a map."""
    message, path = prover.message(str(place[0])), list[str]()
    for step in path_of(place[1:]):
        is_described = step == EACH_ITEM or message is None or shape_at(message, (*path, step)) != [True]
        path.append(step if is_described else EACH_PROPERTY)
    return tuple(path)


def is_fault(draft: Draft, exchange: Exchange) -> bool:
    """Whether a valid request was refused or crashed the server. A request with risky values may be refused."""
    if exchange.failure is not None and exchange.failure.kind == "unsent":
        return False
    if exchange.response is None or exchange.response.status >= 500:
        return True
    return is_failure(exchange) and not may_be_refused([draft.body, *draft.parameters.values()])


def finding_case(
    prover: Prover, base: BaselineRequest, draft: Draft, places: tuple[RequestPath, ...], status: int
) -> tuple[Case, Clause | None]:
    """The probe that reports the failure with `status`. It names the values at `places`, and the first clause about
    them; members that `base` does not have, and that are accepted alone, may exclude each other."""
    named = [_describe(prover, base, draft, _leaf(prover, base, draft, place)) for place in places]
    named.sort(key=lambda name: name[0].id if name[0] is not None else "")
    clauses = [clause for clause, _, _ in named if clause is not None]
    if len(clauses) > 1:
        excluding = status < 500 and all(value_at(base.draft, place) is ABSENT for place in places)
        aspect = (BESIDE if excluding else TOGETHER) + " ".join(clause.id for clause in clauses[1:])
    elif clauses:
        aspect = named[0][1]
    else:
        # Without a clause the places identify the finding: two places with one aspect are two faults.
        aspect = " ".join(f"at {to_pointer(outside(prover, place))}" for place in places)
    probe = Probe(
        operation=prover.operation.key,
        phase="properties",
        note=" and ".join(note for _, _, note in named),
        expect="accept",
        clause=clauses[0].key if clauses else None,
        branch=base.branch,
        deviates_at=places[0],
        aspect=aspect,
    )
    return Case(prover.request(draft), probe), clauses[0] if clauses else None


def _leaf(prover: Prover, base: BaselineRequest, draft: Draft, place: RequestPath) -> RequestPath:
    """The one place within `place` whose value often makes servers fail; else `place` itself."""
    suspects = [leaf for leaf in _leaves(place, value_at(draft, place)) if _is_suspect(prover, base, draft, leaf)]
    return suspects[0] if len(suspects) == 1 else place


def _leaves(place: RequestPath, value: Any) -> Iterator[RequestPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _leaves((*place, name), item)
    if not isinstance(value, dict | list):
        yield place


def _is_suspect(prover: Prover, base: BaselineRequest, draft: Draft, place: RequestPath) -> bool:
    clause, aspect, _ = _describe(prover, base, draft, place)
    return aspect not in _PLAIN and clause is not None


def _describe(
    prover: Prover, base: BaselineRequest, draft: Draft, place: RequestPath
) -> tuple[Clause | None, str, str]:
    """The clause at `place`, the aspect of its value that often makes servers fail, and a note for people."""
    part, location = str(place[0]), place[1:]
    message = prover.message(part)
    root = root_of(draft, part)
    value = value_at(draft, place)
    path = _path_of(prover, place)
    name = name_at(path, part)
    clauses = [
        clause
        for clause in (message.clauses if message is not None else ())
        if clause.keyword not in ("required", "dependentRequired")
        and (not clause.branch or not base.branch or clause.branch[0] == base.branch)
        and (clause.path == path or (root is not ABSENT and locate(root, clause.path) == location))
    ]
    plain = next((clause for clause in clauses if clause.keyword == "type"), clauses[0] if clauses else None)
    if value is ABSENT:
        return plain, "", f"{name} is left out"
    aspect = aspect_of(value)
    edge = next((clause for clause in clauses if _is_edge(clause, value)), None)
    if edge is not None and aspect in _PLAIN:
        return edge, "", f"{name} is {show(value)}"
    return plain, aspect, f"{name} is {show(value)}"


def _is_edge(clause: Clause, value: Any) -> bool:
    """Whether `value` lies on the boundary that `clause` sets."""
    if clause.keyword in ("minLength", "maxLength", "minItems", "maxItems"):
        return isinstance(value, str | list) and len(value) == clause.value
    return clause.keyword in ("minimum", "maximum") and value == clause.value


def not_shrunk(prover: Prover, cause: Cause) -> str:
    """A note on a failure that is no finding yet. A query may hold credentials, so it is not shown."""
    request = prover.request(cause.draft)
    status, _ = cause.failure
    what = "gave no answer" if status == NO_ANSWER else f"answered {status}"
    sent = show(f"{request.method} {request.target.partition('?')[0]}")
    return f"{prover.operation.key} {what}, and the time ended before the values were known that cause it: {sent}"
