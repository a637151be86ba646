"""The phase `properties`: Hypothesis draws requests from an operation's schemas, and failures are reduced.

The requests are drawn in advance and sent together. A request that fails is changed back to the accepted one, place by
place, as long as it still fails. Hypothesis then finds the smallest values in the remaining places that fail.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator
from hashlib import blake2b
from itertools import chain, islice
from typing import Any

import msgspec

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import name_at, show
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.differences import RequestPath, differences, value_at, with_place_of
from clausewise.generation.draft import ABSENT, Draft
from clausewise.generation.edge_values import aspect_of, may_be_refused
from clausewise.generation.factors import smallest
from clausewise.generation.failure_store import FailureStore
from clausewise.generation.prover import BaselineRequest, Case, Prover, root_of
from clausewise.generation.request_strategies import Attempt, attempts, values_at
from clausewise.generation.search import Search
from clausewise.generation.strategy import NoStrategyError
from clausewise.media.json import parse_json
from clausewise.phase_table import phase_row
from clausewise.phases.base import (
    NO_ANSWER,
    PhaseInterrupted,
    PhaseResult,
    Steps,
    Task,
    branch_of,
    is_failure,
    status_of,
)
from clausewise.results.evidence import BESIDE, TOGETHER
from clausewise.results.ledger import Ledger
from clausewise.spec.pointer import to_pointer
from clausewise.values.edit import locate, path_of
from clausewise.values.shape import shape_at

#: examples of one branch, where the user gives no number
_EXAMPLES = 25

#: requests of one branch whose answers are in memory together
_BATCH = 100

#: limit on the distinct failures of one branch
_CAUSES = 5

#: limit on the requests that reduce the failures of one branch
_QUESTIONS = 300

#: aspects that the smallest values have only because they are the smallest
_PLAIN = ("", "zero", "empty-string", "empty-array", "null")


def run(task: Task) -> Steps:
    """Send drawn values for each branch, around its accepted request."""
    assert task.baseline is not None and task.operation is not None
    notes, causes = list[str](), dict[str, tuple[str, str]]()
    try:
        if task.context.wants(task.operation.key, None):
            for base in task.baseline.bases:
                yield from _of_branch(task, base, causes, notes)
    except PhaseInterrupted:
        pass
    return PhaseResult(causes=causes, notes=tuple(notes))


def _of_branch(
    task: Task, base: BaselineRequest, causes: dict[str, tuple[str, str]], notes: list[str]
) -> Generator[Iterable[Case], list[Exchange], None]:
    """Send drawn values for one branch, around its accepted `base`.

    A failure that an earlier phase has traced to one place is not reported again. An earlier failure that is traced to
    a place only now goes into the causes.
    """
    assert task.baseline is not None
    prover, context = task.baseline.prover, task.context
    branch = branch_of(prover.operation, base.branch)
    count, seed = context.options.max_examples or _EXAMPLES, context.options.seed
    base = yield from _smallest_base(prover, base)
    name = f"{prover.operation.key}:{base.branch or ''}"
    try:
        search = Search(attempts(prover, base, branch), count, seed, name)
    except NoStrategyError as error:
        notes.append(_not_drawn(prover, error, ()))
        return
    store = FailureStore(context.store, name, context.holds_secret)
    tried = chain((Attempt(draft) for draft in store.load(base.draft)), search.draw())
    batch: list[tuple[Attempt, Request]] = []
    cases = _drawn(prover, base, tried, batch, notes, _not_enforced(context.ledger, prover))
    experiments = _Experiments(prover, base)
    failing: list[tuple[Draft, Request]] = []
    crashed: list[Attempt] = []
    is_first = True
    while is_first or len(batch) == _BATCH:
        batch.clear()
        exchanges = yield islice(cases, _BATCH)
        # Keyed by the planned request: the sent one may have a fresh name where the planned name is already in use.
        for (attempt, request), exchange in zip(batch, exchanges, strict=False):
            fails = not attempt.breaches and _is_fault(attempt.draft, exchange)
            if fails:
                failing.append((attempt.draft, request))
            elif attempt.breaches and status_of(exchange) >= 500:
                crashed.append(attempt)
            if fails or is_first:
                experiments.answers[request] = exchange
        is_first = False
    located = {
        _outside(prover, probe.deviates_at)
        for e in task.failures
        if (probe := e.probe) is not None and probe.deviates_at
    }
    found: list[Draft] = []
    for draft, _ in sorted(failing, key=lambda drawn: _size(drawn[1])):
        cause = yield from experiments.cause_of(_without(base, draft, located))
        if cause is None:
            continue
        try:
            shrunk = yield from _shrunk(prover, cause, count, seed, name, experiments)
        except PhaseInterrupted:
            notes.append(_not_shrunk(prover, cause))
            raise
        located |= set(cause.places)
        case, clause = _finding_case(prover, base, shrunk, cause.places, cause.status)
        yield [case]
        for other in task.failures:
            if clause is not None and _is_explained(other, shrunk, cause):
                causes[other.id] = (clause.id, case.probe.aspect)
        found.append(shrunk)
        if len(found) == _CAUSES:
            break
    store.save(found)
    yield [alone for attempt in crashed if (alone := _broken_alone(prover, base, attempt)) is not None]


def _smallest_base(prover: Prover, base: BaselineRequest) -> Generator[Iterable[Case], list[Exchange], BaselineRequest]:
    """`base` without its optional parts, if the server accepts that: a failure then needs only added values."""
    draft = smallest(prover, base)
    if draft == base.draft:
        return base
    request = prover.request(draft)
    (exchange,) = yield [_exploring(prover, base, request, "the smallest request is sent")]
    return prover.base(draft, request, base.branch) if exchange.accepted else base


def _broken_alone(prover: Prover, base: BaselineRequest, attempt: Attempt) -> Case | None:
    """The breaches of `attempt` alone, put into the accepted request: other values may have crashed the server."""
    draft = base.draft
    for place, _ in attempt.breaches:
        draft = with_place_of(draft, attempt.draft, place)
    case = _case(prover, base, msgspec.structs.replace(attempt, draft=draft))
    if case is None or len(case.probe.breaks) > len(attempt.breaches):
        return None
    return msgspec.structs.replace(case, probe=msgspec.structs.replace(case.probe, explores=False))


def _drawn(
    prover: Prover,
    base: BaselineRequest,
    tried: Iterable[Attempt],
    batch: list[tuple[Attempt, Request]],
    notes: list[str],
    not_enforced: frozenset[str],
) -> Iterator[Case]:
    """The cases of `tried`, generated while the server works on the ones before; `batch` collects them.

    What breaks a clause that is known as `not_enforced` is left out: its acceptance would show the same fault again.
    """
    # Digests, because there may be very many requests.
    seen: set[bytes] = set()
    try:
        for attempt in tried:
            case = _case(prover, base, attempt)
            if case is None or not not_enforced.isdisjoint(case.probe.breaks):
                continue
            name = blake2b(repr(case.request).encode("utf-8", "surrogatepass"), digest_size=12).digest()
            if name not in seen:
                seen.add(name)
                batch.append((attempt, case.request))
                yield case
    except NoStrategyError as error:
        notes.append(_not_drawn(prover, error, seen))


def _not_enforced(ledger: Ledger, prover: Prover) -> frozenset[str]:
    """The keys of the operation's clauses of which a breach was accepted."""
    return frozenset(clause.key for clause in prover.operation.clauses if "accepted" in ledger.counts(clause.key))


def _not_drawn(prover: Prover, error: NoStrategyError, drawn: Collection[object]) -> str:
    which = "no further values" if drawn else "no values"
    return f"{prover.operation.key}: {which} were drawn for the phase properties: {error}"


def _not_shrunk(prover: Prover, cause: _Cause) -> str:
    """A note on a failure that is no finding yet. A query may hold credentials, so it is not shown."""
    request = prover.request(cause.draft)
    what = "gave no answer" if cause.status == NO_ANSWER else f"answered {cause.status}"
    sent = show(f"{request.method} {request.target.partition('?')[0]}")
    return f"{prover.operation.key} {what}, and the time ended before the values were known that cause it: {sent}"


def _case(prover: Prover, base: BaselineRequest, attempt: Attempt) -> Case | None:
    """The case of `attempt`; None where its request is not what it should be, or cannot be sent."""
    if not attempt.breaches:
        request = prover.keeping(attempt.draft)
        return _exploring(prover, base, request, "generated values are sent") if request is not None else None
    probe = Probe(
        operation=prover.operation.key,
        phase="properties",
        note=" and ".join(note for _, note in attempt.breaches),
        expect="refuse",
        branch=base.branch,
        deviates_at=attempt.breaches[0][0],
        explores=True,
    )
    return prover.breach(attempt.draft, probe)


def _exploring(prover: Prover, base: BaselineRequest, request: Request, note: str) -> Case:
    return Case(request, Probe(prover.operation.key, "properties", note, "any", branch=base.branch, explores=True))


class _Cause(msgspec.Struct, frozen=True, eq=False):
    """A request that fails, and the values that make it fail."""

    draft: Draft
    #: places where it differs from the accepted one; it needs each of them to fail
    places: tuple[RequestPath, ...]
    status: int


class _Experiments:
    """The server's answers to requests around `base`. No request is sent twice."""

    def __init__(self, prover: Prover, base: BaselineRequest) -> None:
        self._prover = prover
        self._base = base
        self._left = _QUESTIONS
        self.answers: dict[Request, Exchange] = {}

    def status(self, draft: Draft) -> Generator[Iterable[Case], list[Exchange], int | None]:
        """The status with which `draft` fails; None where it does not fail, or may not be sent."""
        request = self._prover.keeping(draft)
        return (yield from self._status_of(draft, request)) if request is not None else None

    def _status_of(self, draft: Draft, request: Request) -> Generator[Iterable[Case], list[Exchange], int | None]:
        if request not in self.answers and not self._left:
            return None
        if request not in self.answers:
            self._left -= 1
            (self.answers[request],) = yield [_exploring(self._prover, self._base, request, "a failure is reduced")]
        exchange = self.answers[request]
        return status_of(exchange) if _is_fault(draft, exchange) else None

    def cause_of(self, draft: Draft) -> Generator[Iterable[Case], list[Exchange], _Cause | None]:
        """The places of `draft` that its failure needs; None where it does not fail, or the base fails as well."""
        status = yield from self.status(draft)
        if status is None:
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
                elif (yield from self._status_of(fewer, request)) == status:
                    draft = fewer
                else:
                    kept.append(place)
        blamed = tuple(kept or needed)
        return _Cause(draft, blamed, status) if blamed else None


def _shrunk(
    prover: Prover, cause: _Cause, examples: int, seed: int, name: str, experiments: _Experiments
) -> Generator[Iterable[Case], list[Exchange], Draft]:
    """The draft of `cause` with the smallest values in its places that fail in the same way."""

    def fails(draft: Draft) -> Generator[Iterable[Case], list[Exchange], bool]:
        return (yield from experiments.status(draft)) == cause.status

    try:
        strategy = values_at(prover, cause.draft, cause.places)
        found = yield from Search(strategy, examples, seed, f"{name}:{cause.places}").find(fails)
    except NoStrategyError:
        return cause.draft
    # What Hypothesis draws in a few tries may be larger than what the failure was first seen with.
    return cause.draft if found is None else min(found, cause.draft, key=lambda draft: _size(prover.request(draft)))


def _size(request: Request) -> int:
    """The bytes of a request that depend on its values."""
    return len(request.target) + len(request.body or b"")


def _is_explained(exchange: Exchange, draft: Draft, cause: _Cause) -> bool:
    """Whether an earlier failure without a known reason has the same `cause`, whose values `draft` has."""
    probe = exchange.probe
    if probe is None or probe.clause is not None or not phase_row(probe.phase).deviates:
        return False
    if status_of(exchange) != cause.status:
        return False
    try:
        sent = Draft(body=parse_json(exchange.request.body or b""))
    except ValueError:
        return False
    return all(place[0] == "body" and value_at(sent, place) == value_at(draft, place) for place in cause.places)


def _without(base: BaselineRequest, draft: Draft, places: Iterable[RequestPath]) -> Draft:
    """`draft` with the values of `base` at `places`; a value that the base does not have is removed with its parent."""
    for place in places:
        while len(place) > 1 and value_at(base.draft, place[:-1]) is ABSENT:
            place = place[:-1]
        draft = with_place_of(draft, base.draft, place)
    return draft


def _outside(prover: Prover, place: RequestPath) -> RequestPath:
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


def _is_fault(draft: Draft, exchange: Exchange) -> bool:
    """Whether a valid request was refused or crashed the server. A request with risky values may be refused."""
    if exchange.failure is not None and exchange.failure.kind == "unsent":
        return False
    if exchange.response is None or exchange.response.status >= 500:
        return True
    return is_failure(exchange) and not may_be_refused([draft.body, *draft.parameters.values()])


def _finding_case(
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
        aspect = " ".join(f"at {to_pointer(_outside(prover, place))}" for place in places)
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
