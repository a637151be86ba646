"""Probes of content negotiation: answered requests sent again with another `Accept`, or without one.

Most clients send `Accept: */*`, some send none; both take any media type, so the documented ones are right for them as
well. A server may nevertheless give them another one, above all in its error handlers. Where several media types are
documented, each is asked for: only then its schema is seen to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe, Request, header
from clausewise.generation.draft import ANYTHING
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.media.types import is_range

#: limit on the answers of one operation that are asked for again, each with another status
_ANSWERS = 3

#: limit on the further media types of one answer that are asked for
_TYPES = 4


def negotiation_cases(prover: Prover, exchanges: Iterable[Exchange], *, documented: bool = True) -> Iterator[Case]:
    """Requests that got a documented media type, one for each status, with `Accept: */*` and without `Accept`; where
    they need not be `documented`, also those that got an undocumented status.

    None where the user decides what every request accepts.
    """
    if _is_decided(prover):
        return
    for exchange in _of_each_status(prover.operation, exchanges, documented):
        named = [(name, f"`Accept` is `{name}`") for name in (ANYTHING, *_others(prover.operation, exchange))]
        for accept, note in (*named, (None, "no `Accept` is sent")):
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


def unguarded_cases(prover: Prover, exchanges: Iterable[Exchange]) -> Iterator[Case]:
    """The first of those requests that got an undocumented media type, without its credentials: what answers it is not
    what the contract describes, and may let anybody in."""
    if prover.operation.security is None:
        return
    _, clause = prover.operation.security
    for exchange in exchanges:
        response, probe = exchange.response, exchange.probe
        bare = prover.credentials.strip(exchange.request)
        if not exchange.accepted or response is None or probe is None or bare == exchange.request:
            continue
        contract, media_type = prover.operation.response_for(response.status), header(response.headers, "Content-Type")
        if contract is None or media_type is None or contract.content_for(media_type) is not None:
            continue
        sent = f"no credentials are sent, and {probe.note}"
        yield Case(
            bare, Probe(probe.operation, "clauses", sent, "refuse", clause.key, (clause.key,), branch=probe.branch)
        )
        return


def each_media_type(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """The accepted request with an `Accept` for each media type that its answer may have, where there are several."""
    operation = prover.operation
    successes = [each for status, each in operation.responses.items() if status[0] == "2"]
    names = dict.fromkeys(name for each in successes for name in each.content if not is_range(name))
    if len(names) < 2 or _is_decided(prover):
        return
    for name in list(names)[: _TYPES + 1]:
        probe = Probe(operation.key, "clauses", f"`Accept` is `{name}`", "any", branch=base.branch, aspect="accept")
        request = _accepting(prover.request(base.draft), name)
        yield Case(request, msgspec.structs.replace(probe, deviates_at=("header", "Accept")))


def _is_decided(prover: Prover) -> bool:
    """Whether the user decides what every request accepts."""
    return any(name.lower() == "accept" for name, _ in prover.credentials.headers)


def _others(operation: OperationContract, exchange: Exchange) -> list[str]:
    """The documented media types of a refusal that it does not have."""
    assert exchange.response is not None
    if exchange.accepted:
        return []
    contract = operation.response_for(exchange.response.status)
    came = header(exchange.response.headers, "Content-Type") or ""
    entries = contract.content.values() if contract is not None else ()
    here = contract.content_for(came) if contract is not None else None
    return [entry.name for entry in entries if entry is not here and not is_range(entry.name)][:_TYPES]


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
