"""Requests whose bodies have another documented media type than the one that every other request is sent as.

A contract may describe a body in several media types, each with a schema of its own (`application/json`,
`application/vnd.b+json`, `application/xml`). One accepted request for each is the base of the probes that only its
media type and its schema have.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator

import msgspec

from clausewise.contract.branches import Branch
from clausewise.contract.contract import OperationContract
from clausewise.exchange import Exchange, Probe
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.draft import Draft
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.media.types import is_range
from clausewise.phases.base import Task, status_of

#: requests of one branch that are tried until one is accepted
_TRIED = 4


def others(operation: OperationContract) -> Iterator[OperationContract]:
    """The operation with each other media type of its body that a schema judges, in the order of the document."""
    body = operation.body
    if body is None or operation.body_message is None:
        return
    for entry in body.content.values():
        if entry.message is not None and entry.is_judged and entry is not body.judged and not is_range(entry.name):
            yield operation.sending(entry.name)


def accepted_as(
    task: Task, prover: Prover, like: BaselineRequest, own: Collection[str]
) -> Generator[Iterable[Case], list[Exchange], tuple[list[BaselineRequest], str]]:
    """Accepted requests in the media type of `prover`, until they keep the clauses with the keys `own`; with the
    parameters of the accepted request `like`. Where there is none, how the first was answered."""
    bases: list[BaselineRequest] = []
    answer, missing = "", set(own)
    note = f"a request whose body is sent as {_named(prover)}"
    for branch in prover.operation.branches or (None,):
        label = branch.label if branch is not None else None
        tried = 0
        for draft in _drafts(task, prover, branch, like):
            request = prover.keeping(draft)
            base = prover.base(draft, request, label) if request is not None else None
            if request is None or base is None or not missing & base.upheld or tried == _TRIED:
                continue
            tried += 1
            keeps = tuple(sorted(base.upheld))
            probe = Probe(prover.operation.key, "clauses", note, "any", keeps=keeps, branch=label)
            (exchange,) = yield [Case(request, probe)]
            if exchange.accepted:
                bases.append(base)
                missing -= base.upheld
            answer = answer or f"the answer was {status_of(exchange)}"
    return bases, answer or "no valid one could be generated"


def _drafts(task: Task, prover: Prover, branch: Branch | None, like: BaselineRequest) -> Iterator[Draft]:
    """The accepted request in another media type, where its body fits, then those that the schema describes."""
    if branch is None or prover.operation.body_message is None:
        return
    if branch.label in ("", like.branch):
        yield msgspec.structs.replace(like.draft, content_type=None)
    factory, seed = task.context.factory, task.context.options.seed
    for candidate in candidates(
        prover.operation, branch, ValueSources(factory.values, references=factory.inventory), seed
    ):
        yield msgspec.structs.replace(candidate.draft, parameters=like.draft.parameters)


def _named(prover: Prover) -> str:
    body = prover.operation.body
    return body.judged.sent_as if body is not None and body.judged is not None else "another media type"
