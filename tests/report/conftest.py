"""Run records made by hand, as every report takes them."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from clausewise.errors import Location
from clausewise.results.record import (
    ClauseCounts,
    ClauseVerdict,
    Coverage,
    Finding,
    OperationCounts,
    ResponseCounts,
    Run,
    Spec,
    TargetInfo,
    Tool,
)


class MakeFinding(Protocol):
    """Makes a finding; what a test does not name is ordinary."""

    def __call__(self, **fields: Any) -> Finding: ...


class MakeClause(Protocol):
    """Makes a clause with its verdict; what a test does not name is ordinary."""

    def __call__(self, **fields: Any) -> ClauseVerdict: ...


class MakeRun(Protocol):
    """Makes a run; what a test does not name is ordinary."""

    def __call__(self, **fields: Any) -> Run: ...


@pytest.fixture
def make_finding() -> MakeFinding:
    def make(**fields: Any) -> Finding:
        ordinary: dict[str, Any] = {
            "id": "f1",
            "rule": "response-schema",
            "severity": "error",
            "operations": ("createCluster",),
            "clause": "#/components/schemas/Cluster/properties/name/maxLength",
            "where": "response.200.body.name",
            "location": Location("openapi/API.yaml", 120, 9),
            "message": "`name` has 65 characters",
            "count": 12,
            "exchange": "createCluster-0001",
            "curl": "curl -X POST http://localhost/clusters -d '{}'",
        }
        return Finding(**(ordinary | fields))

    return make


@pytest.fixture
def make_clause() -> MakeClause:
    def make(**fields: Any) -> ClauseVerdict:
        ordinary: dict[str, Any] = {
            "id": "#/components/schemas/Cluster/properties/name/maxLength",
            "operation": "createCluster",
            "direction": "response",
            "where": "response.200.body.name",
            "keyword": "maxLength",
            "text": "`name` has at most 64 characters",
            "location": Location("openapi/API.yaml", 120, 9),
            "verdict": "upheld",
            "reason": "",
            "tried": 3,
        }
        return ClauseVerdict(**(ordinary | fields))

    return make


@pytest.fixture
def make_run() -> MakeRun:
    def make(**fields: Any) -> Run:
        ordinary: dict[str, Any] = {
            "version": 1,
            "tool": Tool("clausewise", "1.0"),
            "started": "2030-01-31T12:00:00Z",
            "seconds": 1.25,
            "seed": 1,
            "spec": Spec("openapi/API.yaml", "Clusters", "3.1.0", "0" * 64),
            "target": TargetInfo("mock", "mock"),
            "requests": 410,
            "findings": (),
            "clauses": (),
            "coverage": Coverage(ClauseCounts(312, 3, 9, 324), OperationCounts(1, 1), ResponseCounts(2, 8)),
            "exchanges": "exchanges.ndjson",
        }
        return Run(**(ordinary | fields))

    return make
