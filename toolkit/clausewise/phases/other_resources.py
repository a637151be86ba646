"""Reads further resources: the examples that the document names in a path, and others that a list showed.

One resource may be read and the next not: each may have members that no other has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.contract.keywords import show
from clausewise.exchange import Probe
from clausewise.generation.prover import BaselineRequest, Case, Prover
from clausewise.phases.base import Task
from clausewise.resources.naming import placed
from clausewise.resources.types import erased, parameter_names, resource_paths
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.shape import shape_of

#: further resources of each origin that are read
_READ = 3


def other_resources(task: Task, prover: Prover, base: BaselineRequest) -> Iterator[Case]:
    """The accepted request `base` of an operation that reads, for other resources than its own."""
    operation = prover.operation
    names = parameter_names(operation)
    if operation.operation.method not in SAFE_METHODS or not names:
        return
    own = {name: base.draft.parameters.get(("path", name)) for name in names}
    # A parameter that is a part of a segment names no resource.
    type_path = next(reversed(list(resource_paths(erased(operation.operation.path)))), "")
    listed = task.context.factory.inventory.listed_of(type_path)[:_READ]
    tries = [own | {names[-1]: value} for value in _examples(prover, names[-1])[:_READ]]
    sent = [own]
    for values in [*tries, *(own | placed(operation, resource) for resource in listed)]:
        if values in sent:
            continue
        sent.append(values)
        parameters = base.draft.parameters | {("path", name): value for name, value in values.items()}
        request = prover.keeping(msgspec.structs.replace(base.draft, parameters=parameters))
        if request is not None:
            note = f"the path parameter `{names[-1]}` is {show(values[names[-1]])}"
            at = (f"path.{names[-1]}",)
            yield Case(request, Probe(operation.key, "clauses", note, "any", branch=base.branch, deviates_at=at))


def _examples(prover: Prover, name: str) -> list[Any]:
    """The examples that the document has for a path parameter."""
    contract = prover.operation.parameter("path", name)
    if contract is None:
        return []
    message = contract.message
    of_schema = shape_of([message.schema], message.schema).examples if message is not None else []
    return [example.value for example in contract.parameter.examples] + of_schema
