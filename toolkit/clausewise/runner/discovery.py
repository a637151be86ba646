"""Finds created resources that the answer to the create request did not name.

A server may accept a request with an empty answer, and show the new resource later in a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe
from clausewise.generation.prover import Case
from clausewise.phases.base import Baseline
from clausewise.resources.identity import values_in_path
from clausewise.resources.inventory import Inventory
from clausewise.resources.types import erased, parameter_names, resource_paths
from clausewise.resources.uniqueness import retargeted

#: methods of requests that may make something
_MAKING = frozenset({"POST", "PUT", "PATCH"})

#: resources below which the same is looked for
_PLACES = 4


def discovery_requests(
    begun: Iterable[tuple[OperationContract, Exchange]], baselines: Iterable[Baseline], inventory: Inventory
) -> Iterator[Case]:
    """Requests of what can be read where the accepted requests among those that `begun` their operations went to, as
    far as their answers told of nothing made."""
    silent: dict[tuple[str, ...], set[tuple[Any, ...]]] = {}
    for operation, exchange in begun:
        made = operation.operation.method in _MAKING and exchange.accepted
        created = inventory.created_resource(operation, exchange) if made else None
        if made and _leading_through(operation) and (created is None or created.assumed):
            places = silent.setdefault(_leading_through(operation), set())
            if len(places) < _PLACES:
                places.add(values_in_path(operation, exchange.request))
    for baseline in baselines:
        operation = baseline.prover.operation
        # What is read by its own path is no list.
        if operation.operation.method != "GET" or not baseline.bases or operation.operation.path.endswith("}"):
            continue
        request = baseline.prover.request(baseline.bases[0].draft)
        for values in sorted(silent.get(_leading_through(operation), ()), key=repr):
            there = dict(zip(parameter_names(operation), values, strict=False))
            probe = Probe(operation.key, "baseline", "a repetition of the accepted request", "any")
            yield Case(retargeted(baseline.prover, request, there), probe)


def _leading_through(operation: OperationContract) -> tuple[str, ...]:
    """The paths of the resources that an operation's path leads through; () where it leads through none."""
    return tuple(resource_paths(erased(operation.operation.path)))
