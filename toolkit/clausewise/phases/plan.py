"""The order in which one operation is tried after its opening: what carries further, every clause, every pair.

A plan is a generator: it yields a batch of cases, is sent their exchanges, and goes on from what was accepted. It
knows nothing of how requests are sent or answers checked.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Iterator

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.clause import Clause
from clausewise.contract.contract import OperationContract
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.candidates import examples
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Base, Case, Prover
from clausewise.phases.baseline import Opening
from clausewise.phases.clauses import absences, probes, tricky
from clausewise.phases.pairs import Causes, is_failure, pairs
from clausewise.phases.properties import properties
from clausewise.phases.reach import carrier
from clausewise.phases.request_shape import documented_statuses, whole_request
from clausewise.phases.settings import Settings
from clausewise.resources.factory import on_fresh_resources
from clausewise.resources.uniqueness import with_fresh_values

#: yields cases to send at once, receives their exchanges in the same order
Plan = Generator[Iterable[Case], list[Exchange], None]

#: a draft that reaches further, how it differs, and the clause that it was made to reach
_Reaching = tuple[Draft, str, Clause | None]

#: rounds of carriers, each one level deeper into the body
_ROUNDS = 4


def plan(
    opening: Opening,
    settings: Settings,
    begun: Iterable[Exchange],
    untested: dict[str, str],
    causes: Causes,
    notes: list[str],
) -> Plan:
    """Everything to try on the operation of `opening`, whose exchanges have `begun` it.

    Clauses that cannot be tried go into `untested` with the reason, failures that are found to need two things at once
    into `causes`, and what a phase could not do into `notes`.
    """
    failed = _failed(begun)
    rng = random.Random(f"{settings.seed}:{opening.prover.operation.key}")
    steps = _steps(opening, settings, rng, untested, failed, causes, notes)
    batch = next(steps, None)
    while batch is not None:
        if opening.spends is not None:
            exchanges = yield from on_fresh_resources(opening.prover, opening.spends, batch, rng)
        elif opening.places:
            drafts = [base.draft for base in opening.bases]
            exchanges = yield with_fresh_values(opening.prover, iter(batch), drafts, opening.places, rng)
        else:
            exchanges = yield batch
        failed += _failed(exchanges)
        try:
            batch = steps.send(exchanges)
        except StopIteration:
            return


def _failed(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return [e for e in exchanges if e.probe and e.probe.expect == "accept" and is_failure(e)]


def _steps(
    opening: Opening,
    settings: Settings,
    rng: random.Random,
    untested: dict[str, str],
    failed: list[Exchange],
    causes: Causes,
    notes: list[str],
) -> Plan:
    prover, operation, bases = opening.prover, opening.prover.operation, opening.bases
    for branch in operation.branches or (None,):
        label = branch.label if branch else ""
        if label in opening.refusals:
            for clause in _request_clauses(operation, branch) if bases else operation.clauses:
                untested.setdefault(clause.key, opening.refusals[label])
    if bases and {"clauses", "pairs"} & {*settings.phases}:
        yield from _told(opening, settings, rng, untested, failed, causes)
    if "properties" in settings.phases and settings.wants(operation.key, None):
        for base in bases:
            branch = _branch(operation, base.branch)
            yield from properties(prover, base, branch, settings.examples, settings.seed, failed, causes, notes.append)


def _told(
    opening: Opening,
    settings: Settings,
    rng: random.Random,
    untested: dict[str, str],
    failed: list[Exchange],
    causes: Causes,
) -> Plan:
    """What the contract tells: every clause, and every pair of values."""
    prover, operation, bases = opening.prover, opening.prover.operation, opening.bases
    sent = {prover.request(base.draft) for base in bases}
    reached: list[tuple[Base, list[Base]]] = []
    for base in bases:
        reach = yield from _reach(prover, base, settings, rng, untested)
        reached.append((base, reach))
    for parameter in operation.parameters:
        if parameter.required is not None and parameter.parameter.location == "path":
            untested[parameter.required.key] = "a path without it is another path"
    everything = settings.wants(operation.key, None)
    if "clauses" in settings.phases:
        if everything:
            yield from _statuses(prover, bases[0])
        yield _unsent(_all_cases(prover, reached, settings, rng, untested), sent)
    if "pairs" in settings.phases and everything:
        for base, reach in reached:
            branch = _branch(operation, base.branch)
            # What chooses the branch makes another request of it: each branch has an array of its own.
            chooses = (branch.discriminator,) if branch and branch.discriminator else None
            clauses = [clause for clause in _request_clauses(operation, branch) if clause.path != chooses]
            yield from pairs(prover, reach, clauses, rng, failed, causes)


def _all_cases(
    prover: Prover,
    reached: list[tuple[Base, list[Base]]],
    settings: Settings,
    rng: random.Random,
    untested: dict[str, str],
) -> Iterator[Case]:
    """Every probe, made when it is about to be sent: so the server has work while the next ones are proved."""
    tried: set[str] = set()
    key = prover.operation.key
    for base, reach in reached:
        if settings.wants(key, None):
            yield from absences(prover, base)
        # Of several bases that keep a clause the first one serves.
        reaching = {key: other for other in reversed(reach) for key in other.held}
        for clause in _request_clauses(prover.operation, _branch(prover.operation, base.branch)):
            if clause.key not in tried and settings.wants(key, clause.key):
                tried.add(clause.key)
                yield from _clause_cases(prover, reaching.get(clause.key), clause, rng, untested)
    yield from (case for case in whole_request(prover, reached[0][0]) if settings.wants(key, case.probe.clause))


def _branch(operation: OperationContract, label: str | None) -> Branch | None:
    return next((branch for branch in operation.branches if branch.label == label), None)


def _request_clauses(operation: OperationContract, branch: Branch | None) -> list[Clause]:
    """Schema clauses of the request that hold in `branch`: its own and those outside every branch."""
    messages = [contract.message for contract in operation.parameters if contract.message is not None]
    if operation.body_message is not None:
        messages.append(operation.body_message)
    clauses = [clause for message in messages for clause in message.clauses]
    if branch is None or not branch.label:
        return clauses
    return [clause for clause in clauses if not clause.branch or clause.branch[0] == branch.label]


def _clause_cases(
    prover: Prover, base: Base | None, clause: Clause, rng: random.Random, untested: dict[str, str]
) -> list[Case]:
    if clause.governed_by is not None:
        return []
    if base is None:
        untested.setdefault(clause.key, "no request that reaches it was accepted")
        return []
    cases, reason = probes(prover, base, clause, rng)
    if reason:
        untested.setdefault(clause.key, reason)
    if clause.keyword == "type":
        cases += tricky(prover, base, clause, rng)
    return cases


def _reach(
    prover: Prover, base: Base, settings: Settings, rng: random.Random, untested: dict[str, str]
) -> Generator[Iterable[Case], list[Exchange], list[Base]]:
    """`base` and further accepted requests, until every clause that can be reached is kept by one of them."""
    bases = [base]
    branch = _branch(prover.operation, base.branch)
    if branch is not None:
        drafts: list[_Reaching] = [
            (msgspec.structs.replace(base.draft, body=body), note, None)
            for body, note in examples(prover.operation, branch, settings.values)
            if body != base.draft.body
        ]
        bases += yield from _carried(prover, base, drafts)
    tried: set[str] = set()
    for _ in range(_ROUNDS):
        drafts = []
        requests: set[Request] = set()
        held = {key for other in bases for key in other.held}
        nearest: dict[tuple[str, tuple[str, ...]], Base] = {}
        for clause in _request_clauses(prover.operation, branch):
            if clause.key in tried or clause.governed_by or clause.key in held:
                continue
            if not settings.wants(prover.operation.key, clause.key):
                continue
            place = clause.part, clause.path
            if place not in nearest:
                nearest[place] = max(bases, key=lambda other: other.nearness(*place))
            found = carrier(prover, nearest[place], clause, rng)
            if found is None:
                untested.setdefault(clause.key, "no valid request that reaches it was found")
                tried.add(clause.key)
            elif (request := prover.request(found.draft)) not in requests:
                requests.add(request)
                # Where a condition had to be met, that may be to blame as well as what it is about.
                drafts.append((found.draft, found.note, None if clause.conditions else clause))
        if not drafts:
            break
        carried = yield from _carried(prover, base, drafts)
        if not carried:
            break
        bases += carried
    held = {key for other in bases for key in other.held}
    for key in held & untested.keys():
        del untested[key]
    return bases


def _carried(
    prover: Prover, base: Base, drafts: list[_Reaching]
) -> Generator[Iterable[Case], list[Exchange], list[Base]]:
    """Send `drafts`; those that are accepted are bases too."""
    cases, bases = [], []
    for draft, note, clause in drafts:
        request = prover.request(draft)
        reached = prover.base(draft, request, base.branch)
        probe = Probe(
            operation=prover.operation.key,
            phase="clauses",
            note=note,
            expect="accept",
            clause=clause.key if clause else None,
            keeps=tuple(sorted(reached.held)),
            branch=base.branch,
        )
        cases.append(Case(request, probe))
        bases.append(reached)
    if not cases:
        return []
    exchanges = yield cases
    return [reached for reached, exchange in zip(bases, exchanges, strict=True) if exchange.accepted]


def _unsent(batch: Iterable[Case], sent: set[Request]) -> Iterator[Case]:
    """`batch` without requests that it or an earlier one holds already, unless they are about another clause.

    Two branches of a union often share their clauses' probes, and a boundary is often a telling value as well.
    """
    seen: set[tuple[Request, str | None]] = {(request, None) for request in sent}
    for case in batch:
        key = (case.request, case.probe.clause)
        if key not in seen and (case.probe.clause is not None or (case.request, None) not in seen):
            seen |= {key, (case.request, None)}
            yield case


def _statuses(prover: Prover, base: Base) -> Plan:
    """Documented statuses by request, as long as the server grants them."""
    for status, case in documented_statuses(prover, base):
        (exchange,) = yield [case]
        granted = exchange.response is not None and str(exchange.response.status) == status
        if not granted:
            return
