"""What a run made on the server, and the requests that remove it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clausewise.cases.baseline import Given, candidates
from clausewise.cases.making import Workshop
from clausewise.cases.proof import Case, Prover
from clausewise.cases.settings import Settings
from clausewise.contract.compile import OperationContract
from clausewise.exchange import Exchange, Probe
from clausewise.resources.identity import Resource, values_in_path
from clausewise.resources.kinds import Kind
from clausewise.resources.known import placed


class Tidying:
    """Keeps account of what was made and is still there."""

    def __init__(self, workshop: Workshop, settings: Settings) -> None:
        self._known = workshop.known
        self._workshop = workshop
        self._settings = settings
        self._lasting: dict[tuple[str, tuple[Any, ...]], Resource] = {}
        #: path of a kind -> how many were made that could not be removed
        self.left: dict[str, int] = {}

    def after(self, exchange: Exchange, operation: OperationContract, *, lasting: bool) -> Case | None:
        """What removes the resource that `exchange` made; None where it made none, or a `lasting` one."""
        if not exchange.accepted:
            return None
        deleted = self._known.kind_deleted_by(operation)
        if deleted is not None:
            self._lasting.pop((deleted.path, values_in_path(operation, exchange.request)), None)
        resource = self._known.made(operation, exchange)
        if resource is None:
            return None
        removal = self._removal(resource)
        if removal is None:
            self._leave(self._known.kinds[resource.kind])
        elif lasting:
            self._lasting[resource.kind, resource.values] = resource
            return None
        return removal

    def removed(self, removal: Case, exchange: Exchange) -> None:
        """Take note of what came of a `removal`."""
        gone = exchange.response is not None and exchange.response.status in (404, 410)
        kind = self._known.kinds_by_deletion[removal.probe.operation]
        if not exchange.accepted and not gone:
            self._leave(kind)

    def rest(self) -> Iterator[Case]:
        """Removals of all that is still there: what lies inside others first, the newest first."""
        newest_first = list(self._lasting.values())[::-1]
        resources = sorted(newest_first, key=lambda resource: -len(resource.values))
        self._lasting = {}
        for resource in resources:
            removal = self._removal(resource)
            if removal is not None:
                yield removal

    def _leave(self, kind: Kind) -> None:
        self.left[kind.path] = self.left.get(kind.path, 0) + 1

    def _removal(self, resource: Resource) -> Case | None:
        delete = self._known.kinds[resource.kind].delete
        if delete is None:
            return None
        given = Given(self._workshop.values, placed(delete, resource), self._known)
        branch = delete.branches[0] if delete.branches else None
        candidate = next(candidates(delete, branch, given, self._settings.seed), None)
        if candidate is None:
            return None
        # What the user names for the path is not what this run made.
        parameters = candidate.draft.parameters | {
            ("path", name): value for name, value in placed(delete, resource).items()
        }
        draft = msgspec.structs.replace(candidate.draft, parameters=parameters)
        request = Prover(delete, self._settings.headers, self._settings.credentials).request(draft)
        return Case(request, Probe(delete.key, "tidying", "what the run made is removed", "any"))
