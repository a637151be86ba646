"""Turns a request that another program made into a probe, by the contract and the answer.

Such a request was not proved before it was sent, and its values are arbitrary. So its answer is evidence of little: an
acceptance, of the clauses that the request breaks; a refusal, of a clause that it breaks alone. A refusal of a valid
request is no evidence, because a server may have rules that its contract does not document.
"""

from __future__ import annotations

from clausewise.conformance.breach_outcome import outcome_of_breach
from clausewise.contract.breaches import Breach
from clausewise.contract.contract import TRIED_METHODS, Contract
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import judge_request
from clausewise.exchange import Failure, Probe, Request, Response, query_pairs
from clausewise.media.codec import Malformed
from clausewise.results.ledger import Ledger


def aimed_at(contract: Contract, request: Request) -> OperationContract | None:
    """The operation that `request` is judged by: its own, or the first of its path for a method that is not offered.

    None for a path of no operation, and for methods that mean something on every path (HEAD, OPTIONS, TRACE).
    """
    match = contract.router.match(request.method, request.target)
    if match is None:
        offered = contract.router.methods(request.target)
        if not offered or request.method not in TRIED_METHODS:
            return None
        match = contract.router.match(offered[0], request.target)
        assert match is not None
    return contract.operation(match.operation.key)


def probe_of(
    operation: OperationContract,
    request: Request,
    answer: Response | Failure,
    ledger: Ledger,
    note: str,
    *,
    phase: str,
    unrecorded: frozenset[str] = frozenset(),
) -> Probe:
    """`request` as a probe of `phase`, whose expectation and clauses follow from `answer`. `note`, which follows
    "where", describes it.

    Where an accepted request breaks several clauses, those count that `ledger` shows to be broken already, if any.
    `unrecorded` names the parts of the request that were not recorded ("header", "cookie", "security", "body").
    """
    plain = Probe(operation=operation.key, phase=phase, note=note, expect="any")
    if isinstance(answer, Failure) or not 200 <= answer.status < 500:
        # Any of the request's many values may be the cause of a crash.
        return plain
    if request.method != operation.operation.method:
        clause = operation.methods
        return _breaking(plain, [Breach(clause, ("method",), request.method)], f"the method is {request.method}")
    judgement = judge_request(operation, request, operation.match(request.target))
    every = [breach for breach in judgement.breaches if breach.location[0] not in unrecorded]
    broken = [breach for breach in every if breach.clause.severity == "error"]
    if not every:
        return _keeping(plain, [clause.key for clause in judgement.upheld])
    speaks = 200 <= answer.status < 300 or (
        len(broken) == 1 and outcome_of_breach(operation, broken[0].clause, answer.status) == "refused"
    )
    if not broken or not speaks or any(_ambiguous(breach, request) for breach in broken):
        return plain
    broken = [breach for breach in broken if "accepted" in ledger.counts(breach.clause.key)] or broken
    return _breaking(plain, broken, describe_breach(broken[0]))


def _keeping(plain: Probe, keys: list[str]) -> Probe:
    return Probe(plain.operation, plain.phase, plain.note, plain.expect, keeps=tuple(sorted(set(keys))))


def _breaking(plain: Probe, broken: list[Breach], note: str) -> Probe:
    keys = tuple(dict.fromkeys(breach.clause.key for breach in broken))
    return Probe(
        operation=plain.operation,
        phase=plain.phase,
        note=note,
        expect="refuse",
        clause=keys[0],
        breaks=keys,
        deviates_at=broken[0].location,
    )


def describe_breach(breach: Breach) -> str:
    """A breach, described for people to follow "where"."""
    if breach.location == ("security",):
        return "credentials are missing"
    if isinstance(breach.value, Malformed):
        return f"the body {breach.value.predicate}"
    if breach.location == ("body",):
        return "the body is missing" if breach.clause.keyword == "required" else f"the body is {show(breach.value)}"
    name = ".".join(breach.location[1:])
    if breach.clause.keyword in ("required", "dependentRequired"):
        return f"`{name}` is missing"
    return f"`{name}` is {show(breach.value)}"


def _ambiguous(breach: Breach, request: Request) -> bool:
    """Whether servers may read another value than the contract does: an empty parameter may count as absent, and either
    of a repeated one may be used."""
    if breach.location[0] not in ("query", "header", "cookie", "path"):
        return False
    if breach.value in ("", None) and breach.clause.keyword != "required":
        return True
    names = [name for name, _ in query_pairs(request.target.partition("?")[2])]
    return breach.location[0] == "query" and names.count(breach.location[1]) > 1
