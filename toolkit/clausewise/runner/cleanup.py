"""The resources that a run created on the server, and the requests that remove them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.contract.contract import OperationContract
from clausewise.exchange import Exchange, Probe, Request
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.prover import Case, Prover
from clausewise.phases.base import Context
from clausewise.resources.identity import Resource, values_in_path
from clausewise.resources.inventory import placed

#: statuses that say that there is nothing to remove
_GONE = frozenset({404, 410})

#: statuses of what may be removed later: it is still being made, or holds something, or the login is lost just now
_LATER = frozenset({401, 407, 409, 423, 425, 429, 503})


class Cleanup:
    """Keeps account of the resources that the run created and has not removed."""

    def __init__(self, context: Context) -> None:
        self._inventory = context.factory.inventory
        self._factory = context.factory
        self._context = context
        #: what is still there, the oldest first; what does not last is here until its removal is answered
        self._there: dict[tuple[str, tuple[Any, ...]], Resource] = {}
        #: path of a kind's collection -> how many of those made cannot be removed
        self._lost: Counter[str] = Counter()
        #: request that removes a resource -> that resource's key in what is there
        self._removals: dict[Request, tuple[str, tuple[Any, ...]]] = {}

    @property
    def left(self) -> dict[str, int]:
        """How many of those made are there for good, as it looks now, by the path of their collection."""
        there = Counter(
            self._inventory.resource_types[resource.type_path].collection for resource in self._there.values()
        )
        return dict(self._lost + there)

    def may_create(self, operation: OperationContract) -> bool:
        """Whether an accepted request of `operation` creates something."""
        inventory = self._inventory
        return inventory.type_created_by(operation) is not None or inventory.type_put_by(operation) is not None

    def after(self, exchange: Exchange, operation: OperationContract, *, lasting: bool) -> Case | None:
        """What removes the resource that `exchange` made; None where it made none, or a `lasting` one."""
        if not exchange.accepted:
            return None
        deleted = self._inventory.type_deleted_by(operation)
        if deleted is not None:
            self._there.pop((deleted.path, values_in_path(operation, exchange.request)), None)
        resource = self._inventory.created_resource(operation, exchange)
        if resource is None:
            return None
        removal = self._removal(resource)
        if removal is None:
            self._lost[self._inventory.resource_types[resource.type_path].collection] += 1
            return None
        self._there[resource.type_path, resource.values] = resource
        return None if lasting else removal

    def removed(self, removal: Case, exchange: Exchange) -> None:
        """Take note of what came of a `removal`."""
        status = exchange.response.status if exchange.response is not None else None
        if status is None or status in _LATER:
            return
        key = self._removals.pop(removal.request, None)
        if key is not None and self._there.pop(key, None) is not None and not exchange.accepted and status not in _GONE:
            self._lost[self._inventory.resource_types[key[0]].collection] += 1

    def rest(self) -> Iterator[Case]:
        """Removals of all that is still there: what lies inside others first, the newest first."""
        newest_first = list(self._there.values())[::-1]
        for resource in sorted(newest_first, key=lambda resource: -len(resource.values)):
            removal = self._removal(resource)
            if removal is not None:
                yield removal

    def _removal(self, resource: Resource) -> Case | None:
        delete = self._inventory.resource_types[resource.type_path].delete
        if delete is None:
            return None
        sources = ValueSources(self._factory.values, placed(delete, resource), references=self._inventory)
        branch = delete.branches[0] if delete.branches else None
        candidate = next(candidates(delete, branch, sources, self._context.options.seed), None)
        if candidate is None:
            return None
        # What the user names for the path is not what this run made.
        parameters = candidate.draft.parameters | {
            ("path", name): value for name, value in placed(delete, resource).items()
        }
        draft = msgspec.structs.replace(candidate.draft, parameters=parameters)
        request = Prover(delete, self._context.credentials).request(draft)
        self._removals[request] = resource.type_path, resource.values
        return Case(request, Probe(delete.key, "cleanup", "what the run made is removed", "any"))
