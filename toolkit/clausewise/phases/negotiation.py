"""Probes of content negotiation: answered requests sent again with an `Accept` that names no media type.

Most clients send `Accept: */*`, some send none; both take any media type, so the documented ones are right for them as
well. A server may nevertheless give them another one, above all in its error handlers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from clausewise.contract.contract import OperationContract
from clausewise.exchange import Exchange, Probe, Request, header
from clausewise.generation.draft import ANYTHING
from clausewise.generation.prover import Case, Prover

#: limit on the answers of one operation that are asked for again, each with another status
_ANSWERS = 3


def negotiation_cases(prover: Prover, exchanges: Iterable[Exchange], *, documented: bool = True) -> Iterator[Case]:
    """Requests that got a documented media type, one for each status, with `Accept: */*` and without `Accept`; where
    they need not be `documented`, also those that got an undocumented status.

    None where the user decides what every request accepts.
    """
    if any(name.lower() == "accept" for name, _ in prover.credentials.headers):
        return
    for exchange in _of_each_status(prover.operation, exchanges, documented):
        for accept, note in ((ANYTHING, f"`Accept` is `{ANYTHING}`"), (None, "no `Accept` is sent")):
            probe = exchange.probe
            yield Case(
                _accepting(exchange.request, accept),
                Probe(
                    operation=prover.operation.key,
                    phase="clauses",
                    note=note,
                    expect="any",
                    breaks=probe.breaks if probe is not None else (),
                    branch=probe.branch if probe is not None else None,
                    deviates_at=("header", "Accept"),
                    aspect="accept",
                ),
            )


def _of_each_status(operation: OperationContract, exchanges: Iterable[Exchange], documented: bool) -> list[Exchange]:
    """The first exchange of each status below 500 whose answer has a body of a documented media type, or a status that
    need not be `documented`."""
    found: dict[int, Exchange] = {}
    for exchange in exchanges:
        response = exchange.response
        if response is None or response.status >= 500 or response.status in found or len(found) == _ANSWERS:
            continue
        contract = operation.response_for(response.status)
        media_type = header(response.headers, "Content-Type")
        known = contract is not None and media_type is not None and contract.content_for(media_type) is not None
        if (
            (known or (contract is None and not documented))
            and response.body
            and exchange.request.method == operation.operation.method
        ):
            found[response.status] = exchange
    return list(found.values())


def _accepting(request: Request, accept: str | None) -> Request:
    others = tuple(pair for pair in request.headers if pair[0].lower() != "accept")
    headers = others if accept is None else (*others, ("Accept", accept))
    return msgspec.structs.replace(request, headers=headers)
