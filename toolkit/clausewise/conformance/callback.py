"""The rules about callbacks: the requests that an API sends to the URL which a client gave it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

import msgspec

from clausewise.conformance.explain import first_by_place
from clausewise.conformance.recording import message_of_breach
from clausewise.contract.operation import CallbackContract, OperationContract
from clausewise.contract.request import RequestJudgement, judge_request
from clausewise.exchange import Exchange, Request
from clausewise.results.evidence import Checked, Evidence, Observation


class Arrival(msgspec.Struct, frozen=True):
    """A request that came to the URL of a callback."""

    request: Request
    #: what stands in its target behind the part of the URL that the client gave
    behind: str
    #: id of the exchange that keeps it
    exchange: str


def check_callback(
    operation: OperationContract,
    exchange: Exchange,
    arrival: Arrival,
    expected: Sequence[tuple[CallbackContract, str | None]],
) -> tuple[OperationContract, Checked]:
    """The callback that an `arrival` is meant to be, and what it shows. `exchange` is that of the `operation` with the
    callbacks; `expected` has each callback with what should stand behind the URL that the client gave, None where that
    is not known."""
    sent = arrival.request
    by_target = [one for one, behind in expected if behind is None or is_as_expected(behind, arrival.behind)]
    named = by_target or [one for one, _ in expected]
    by_method = [one for one in named if one.operation.operation.method == sent.method]
    judged = [(one, _judged(one.operation, sent)) for one in by_method or named]
    # Of several that it may be, it is the one that it keeps.
    callback, judgement = next((each for each in judged if each[1].conforms), judged[0])
    of, name = callback.operation, callback.callback.name
    what = f"the callback `{name}` of {operation.key}"
    observations = []

    def observe(message: str, seen: str) -> None:
        observations.append(
            Observation.of(
                "callback-mismatch",
                of.key,
                exchange,
                message,
                documented_at=str(of.operation.path_item),
                where="request",
                seen=seen,
            )
        )

    if not by_target:
        wanted = next(behind for one, behind in expected if one is callback)
        observe(f"{what} has `{arrival.behind}` behind the URL that it got; the contract says `{wanted}`", "path")
    if not by_method:
        observe(f"{what} was sent with {sent.method}; the contract says {of.operation.method}", "method")
    observations += (
        Observation.of(
            "callback-mismatch",
            of.key,
            exchange,
            f"{message_of_breach(breach, what)} (kept as {arrival.exchange})",
            clause=breach.clause,
        )
        for breach in first_by_place(judgement.breaches)
    )
    return of, Checked(tuple(observations), tuple(Evidence(clause.key, "held") for clause in judgement.upheld))


def missing(
    operation: OperationContract, exchange: Exchange, callback: CallbackContract, seconds: float
) -> Observation:
    """The fault that no callback came after any accepted request, of which `exchange` is the first."""
    of = callback.operation
    return Observation.of(
        "callback-missing",
        of.key,
        exchange,
        f"{operation.key} accepted a URL for the callback `{callback.callback.name}`, and no request came there within "
        f"{seconds:g} s",
        documented_at=str(of.operation.path_item),
        where="request",
        seen="no request",
    )


def _judged(operation: OperationContract, request: Request) -> RequestJudgement:
    found = judge_request(operation, request, {})
    # Its path is a URL with expressions, and has no parameters.
    return msgspec.structs.replace(
        found,
        upheld=tuple(clause for clause in found.upheld if not clause.part.startswith("path.")),
        breaches=tuple(breach for breach in found.breaches if breach.location[0] != "path"),
    )


def is_as_expected(expected: str, target: str) -> bool:
    """Whether a target is the expected one: the callback's own parameters may follow in its query."""
    path, _, query = expected.partition("?")
    own_path, _, own_query = target.partition("?")
    parts = set(unquote(own_query).split("&"))
    return unquote(path) == unquote(own_path) and all(part in parts for part in unquote(query).split("&") if part)
