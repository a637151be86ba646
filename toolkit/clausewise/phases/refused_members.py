"""Members and query parameters that are refused by an operation which accepts no request at all.

The search for an accepted request leaves out what a refusal names. Where the next refusal no longer names it, the
server got past it: so it was this value, which the contract allows, that was refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from clausewise.conformance.breach_outcome import ABOUT_FORM
from clausewise.conformance.symptom import complaint
from clausewise.contract.bodies import read_body
from clausewise.contract.keywords import name_at, show
from clausewise.exchange import Exchange, Probe, Request, header, query_pairs
from clausewise.generation.differences import RequestPath
from clausewise.generation.prover import Case, Prover
from clausewise.media.codec import Malformed
from clausewise.phases.base import status_of
from clausewise.spec.pointer import to_pointer
from clausewise.values.edit import get, path_of


def refused_members(prover: Prover, refused: Mapping[Request, Exchange]) -> Iterator[Case]:
    """Each request of `refused` from which another one differs by one member or parameter less, where only the refusal
    of the first names that; each place once."""
    told: set[tuple[str, ...]] = set()
    parsed = [(request, exchange, _parts(prover, request)) for request, exchange in refused.items()]
    for (request, refusal, parts), (_, later, fewer) in combinations(parsed, 2):
        place = _left_out(parts, fewer)
        if place is None or status_of(refusal) not in ABOUT_FORM:
            continue
        name = str(place[-1])
        if not complaint(refusal, (name,)) or complaint(later, (name,)):
            continue
        part, path = _described(place)
        if (part, *path) not in told:
            told.add((part, *path))
            yield _case(prover, request, place, get(parts, place))


def _case(prover: Prover, request: Request, place: RequestPath, value: Any) -> Case:
    part, path = _described(place)
    message = prover.message(part)
    clauses = [clause for clause in message.clauses if clause.instance_path == path] if message is not None else []
    clause = next((clause for clause in clauses if clause.keyword == "type"), clauses[0] if clauses else None)
    probe = Probe(
        operation=prover.operation.key,
        phase="clauses",
        note=f"{name_at(path, part)} is {show(value)}",
        expect="accept",
        clause=clause.key if clause is not None else None,
        deviates_at=place if part == "body" else (part,),
        aspect="" if clause is not None else f"at {part}{to_pointer(path)}",
    )
    return Case(request, probe)


def _described(place: RequestPath) -> tuple[str, tuple[str, ...]]:
    """The part of the request, and the path in it that clauses have."""
    return ("body", path_of(place[1:])) if place[0] == "body" else (f"query.{place[1]}", ())


def _parts(prover: Prover, request: Request) -> dict[str, Any]:
    """The method and the path of a request, its query parameters, and the value of its body, where that can be read."""
    path, _, query = request.target.partition("?")
    parts: dict[str, Any] = {"path": f"{request.method} {path}", "query": dict(query_pairs(query))}
    media = header(request.headers, "Content-Type") or ""
    entry = prover.operation.body.content_for(media) if prover.operation.body is not None and request.body else None
    value = read_body(entry, request.body or b"", media) if entry is not None else None
    return parts if value is None or isinstance(value, Malformed) else parts | {"body": value}


def _left_out(one: Any, fewer: Any) -> RequestPath | None:
    """Where `one` has a member that `fewer` lacks, if that is all in which they differ; else None."""
    if isinstance(one, dict) and isinstance(fewer, dict) and fewer.keys() <= one.keys():
        gone = [name for name in one if name not in fewer]
        changed = [name for name in fewer if one[name] != fewer[name]]
    elif isinstance(one, list) and isinstance(fewer, list) and len(one) == len(fewer):
        gone, changed = [], [index for index in range(len(one)) if one[index] != fewer[index]]
    else:
        return None
    if len(gone) + len(changed) != 1:
        return None
    if gone:
        return (gone[0],)
    (step,) = changed
    deeper = _left_out(one[step], fewer[step])
    return (step, *deeper) if deeper is not None else None
