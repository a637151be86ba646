"""Probes of a request as a whole: credentials, method, presence of parameters, presence and syntax of the body."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.contract import TRIED_METHODS
from clausewise.contract.keywords import show
from clausewise.exchange import Probe, Request
from clausewise.generation.draft import ABSENT
from clausewise.generation.prover import BaselineRequest, Case, Prover, sendable
from clausewise.results.evidence import ODD_CREDENTIALS, UNDOCUMENTED_MEMBER
from clausewise.security.schemes import kind_of, slot_of

#: a member that no contract has
_MEMBER = "notDocumented"

#: media types of which the first that an operation does not document is sent
_OTHER_TYPES = ("text/plain", "application/json")


#: statuses that the response called "default" may be about
_BY_DEFAULT = (400, 500, 404, 409, 503, 418)


def body_cases(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """Probes of a body as a whole, and of each parameter's presence."""
    yield from _parameters(prover, base)
    yield from _body(prover, base)
    yield from _undocumented_member(prover, base)


def access_cases(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """Probes after which a server may let nobody in, or have lost a resource: they keep what `base` sends, and lack its
    credentials, or have another method."""
    yield from _credentials(prover, base)
    yield from odd_credentials(prover, base)
    yield from other_methods(prover, base)


def documented_statuses(prover: Prover, base: BaselineRequest) -> Iterator[tuple[int, Case]]:
    """A request for each media type of each documented status, and of one of each range, which asks for them in the
    headers `Prefer` and `Accept`, as mock servers understand it.

    A server that does not know this preference ignores it (RFC 7240 section 2), so the caller stops at the first
    status that does not come back. The value keeps what the contract says of the header, if it has it.
    """
    declared = declared_preference(prover)
    for documented in prover.operation.responses:
        status = _status_for(prover, documented)
        if status is None:
            continue
        wanted = f"code={status}"
        if declared is not None:
            parameters = {**base.draft.parameters, ("header", declared): wanted}
            request = prover.keeping(msgspec.structs.replace(base.draft, parameters=parameters))
        else:
            plain = prover.request(base.draft)
            request = msgspec.structs.replace(plain, headers=(*plain.headers, ("Prefer", wanted)))
        if request is None:
            continue
        probe = _probe(prover, base, None, f"status {status} is asked for", "any")
        probe = msgspec.structs.replace(probe, asks_for=status, aspect=f"asks for {status}")
        media = [entry.sent_as for entry in prover.operation.responses[documented].content.values()]
        for accepted in media if len(media) > 1 else ("",):
            yield status, Case(_accepting(request, accepted), probe)


def _status_for(prover: Prover, documented: str) -> int | None:
    """A status that the response called "200", "4XX" or "default" is about; None where others are about all of them."""
    if documented.isdigit():
        return int(documented)
    first = [int(documented[0]) * 100] if documented.endswith("XX") else _BY_DEFAULT
    responses = prover.operation.responses
    return next((status for status in first if prover.operation.response_for(status) is responses[documented]), None)


def _accepting(request: Request, media_type: str) -> Request:
    """`request` with this media type as what it accepts, where there is one."""
    if not media_type:
        return request
    others = (pair for pair in request.headers if pair[0].lower() != "accept")
    return msgspec.structs.replace(request, headers=(*others, ("Accept", media_type)))


def declared_preference(prover: Prover) -> str | None:
    """The name of the header parameter `Prefer` as the contract writes it; None where the operation has none."""
    parameters = (contract.parameter for contract in prover.operation.parameters)
    names = (parameter.name for parameter in parameters if parameter.location == "header")
    return next((name for name in names if name.lower() == "prefer"), None)


def _probe(prover: Prover, base: BaselineRequest, clause: Clause | None, note: str, expect: str) -> Probe:
    return Probe(
        operation=prover.operation.key,
        phase="clauses",
        note=note,
        expect="refuse" if expect == "refuse" else "any",
        clause=clause.key if clause else None,
        breaks=(clause.key,) if clause and expect == "refuse" else (),
        branch=base.branch,
    )


def _credentials(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    if prover.operation.security is None:
        return
    _, clause = prover.operation.security
    credentials = prover.credentials
    left_out = [(credentials.every_scheme, "no credentials are sent")]
    left_out += [((scheme,), f"the credentials of `{scheme.name}` are left out") for scheme in credentials.parts]
    for schemes, note in left_out:
        # A parameter in the same place as a credential is missing with it.
        slots = [slot for scheme in schemes if (slot := slot_of(scheme)) is not None]
        beside = [
            contract.required
            for contract in prover.operation.parameters
            if contract.required is not None
            and any(slot.holds(contract.parameter.location, contract.parameter.name) for slot in slots)
        ]
        proved = prover.breaking(msgspec.structs.replace(base.draft, without=schemes), clause, beside)
        if proved is not None:
            request, breaks = proved
            probe = _probe(prover, base, clause, note, "refuse")
            yield Case(request, msgspec.structs.replace(probe, breaks=breaks))


def odd_credentials(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """The request with credentials in a form that nobody issues, once for each place where they may stand.

    Whoever sends them should be refused, and no server should fail on them.
    """
    if prover.operation.security is None:
        return
    requirement, clause = prover.operation.security
    bare = prover.request(msgspec.structs.replace(base.draft, without=prover.credentials.every_scheme))
    every = dict.fromkeys(scheme for alternative in requirement.alternatives for scheme in alternative)
    for slot, scheme in {slot: scheme for scheme in every if (slot := slot_of(scheme)) is not None}.items():
        value = kind_of(scheme).odd(scheme)
        request = slot.write(bare, value)
        if sendable(request):
            probe = _probe(prover, base, clause, f"the credentials of `{scheme.name}` are {show(value)}", "any")
            yield Case(request, msgspec.structs.replace(probe, aspect=ODD_CREDENTIALS))


def _parameters(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    for contract in prover.operation.parameters:
        key = (contract.parameter.location, contract.parameter.name)
        if contract.required is None or contract.parameter.location == "path":
            continue
        rest = {other: value for other, value in base.draft.parameters.items() if other != key}
        proved = prover.breaking(msgspec.structs.replace(base.draft, parameters=rest), contract.required)
        if proved is not None:
            note = f"the {key[0]} parameter `{key[1]}` is left out"
            yield Case(proved[0], _probe(prover, base, contract.required, note, "refuse"))


def _body(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    body = prover.operation.body
    if body is None or (base.draft.body is ABSENT and base.draft.raw_body is None):
        return
    if body.required is not None:
        bare = msgspec.structs.replace(base.draft, body=ABSENT, raw_body=None, content_type=None)
        proved = prover.breaking(bare, body.required)
        if proved is not None:
            yield Case(proved[0], _probe(prover, base, body.required, "no body is sent", "refuse"))
    entry = prover.operation.body_of(base.draft.media) or prover.operation.unjudged_body
    if entry is None:
        return
    drafts = [
        (msgspec.structs.replace(base.draft, raw_body=raw), f"the body {note}", "malformed", entry.clause)
        for raw, note in (entry.codec.malformed if entry.is_judged else ())
    ]
    other = next((name for name in _OTHER_TYPES if body.content_for(name) is None), None)
    if other is not None:
        sent = msgspec.structs.replace(base.draft, content_type=other)
        drafts.append((sent, f"the body is sent as {other}", "media-types", next(iter(body.content.values())).clause))
    for draft, note, aspect, clause in drafts:
        proved = prover.breaking(draft, clause)
        if proved is not None:
            probe = _probe(prover, base, clause, note, "refuse")
            yield Case(proved[0], msgspec.structs.replace(probe, aspect=aspect))


def _undocumented_member(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """A body with one more member, where the contract does not close it."""
    body = base.draft.body
    if not isinstance(body, dict) or _MEMBER in body:
        return
    request = prover.keeping(msgspec.structs.replace(base.draft, body={**body, _MEMBER: "text"}))
    if request is not None:
        probe = _probe(prover, base, None, f"the body has an undocumented member `{_MEMBER}`", "any")
        location = ("body", _MEMBER)
        yield Case(
            request,
            msgspec.structs.replace(probe, expect="accept", deviates_at=location, aspect=UNDOCUMENTED_MEMBER),
        )


def other_methods(prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """The request with each method that its path does not offer."""
    operation = prover.operation
    if not operation.speaks_for_path:
        # The first operation of a path is enough to test the path's other methods.
        return
    offered = operation.offered_at(prover.request(base.draft).target)
    for method in TRIED_METHODS:
        if method not in offered:
            draft = msgspec.structs.replace(base.draft, method=method)
            if method in ("GET", "DELETE"):
                draft = msgspec.structs.replace(draft, body=ABSENT, raw_body=None, content_type=None)
            yield Case(
                prover.request(draft), _probe(prover, base, operation.methods, f"the method is {method}", "refuse")
            )
