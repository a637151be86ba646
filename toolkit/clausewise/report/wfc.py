"""The Run as a report of Web Fuzzing Commons, the format in which research compares tools that test web APIs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from clausewise.exchange import Exchange
from clausewise.report.text import one_line
from clausewise.results.order import worst_first
from clausewise.results.record import Finding, Run
from clausewise.spec.pointer import Source

#: the version of its schemas that is written here
_SCHEMA_VERSION = "0.12.1"

#: rule -> the id and the code of a category of faults (fault_categories.json of Web Fuzzing Commons)
CATEGORIES = {
    "server-error": ("HTTP_STATUS_500", 100),
    "use-after-delete": ("HTTP_NONWORKING_DELETE", 113),
    "created-not-found": ("HTTP_CREATED_RESOURCE_NOT_FOUND", 122),
    "not-idempotent": ("HTTP_NON_IDEMPOTENT_PUT", 118),
    "update-loses-others": ("HTTP_INVALID_MERGE_PATCH", 119),
    "response-schema": ("SCHEMA_INVALID_RESPONSE", 200),
    "response-header": ("SCHEMA_INVALID_RESPONSE", 200),
    "malformed-body": ("SCHEMA_INVALID_RESPONSE", 200),
    "undocumented-status": ("SCHEMA_INVALID_RESPONSE", 200),
    "undocumented-content-type": ("SCHEMA_INVALID_RESPONSE", 200),
    "default-not-applied": ("SCHEMA_INVALID_RESPONSE", 200),
    "write-only-leaked": ("SCHEMA_INVALID_RESPONSE", 200),
    "allow-header": ("SCHEMA_INVALID_ALLOW", 201),
    "not-implemented": ("SCHEMA_STATUS_NO_501_IF_IMPLEMENTED", 205),
    "invalid-request-accepted": ("SCHEMA_VALIDATION_BYPASS", 206),
    "valid-request-rejected": ("SCHEMA_VALID_INPUT_REJECTED", 207),
    "read-only-writable": ("SECURITY_MASS_ASSIGNMENT", 303),
    "foreign-access": ("SECURITY_INCONSISTENT_WRITE_AUTHORIZATION", 306),
    "role-not-enforced": ("SECURITY_INCONSISTENT_WRITE_AUTHORIZATION", 306),
    "leaked-internals": ("SECURITY_LEAKED_STACK_TRACES", 309),
    "undocumented-method-accepted": ("SECURITY_HIDDEN_ACCESSIBLE_ENDPOINT", 310),
    "auth-not-enforced": ("SECURITY_DECLARED_AUTH_NOT_ENFORCED", 311),
}

#: the code of what Web Fuzzing Commons has no category for; 900 to 999 are for categories that a tool has alone
_OTHER = 900

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


def render(run: Run, exchanges: Sequence[Exchange] = (), /) -> bytes:
    """The content of wfc.json, without waived findings and without notes, which are no faults. A test case is the
    request that shows a finding, or the first of an operation that got a status."""
    names = _endpoints(run)
    findings = [each for each in worst_first(run.findings) if each.state != "waived" and each.severity != "note"]
    faults = [_fault(finding, names.get(key, key)) for finding in findings for key in finding.operations]
    covered = _covered(exchanges, names)
    cases = dict.fromkeys(case["testCaseId"] for case in (*faults, *covered))
    report = {
        "schemaVersion": _SCHEMA_VERSION,
        "toolName": run.tool.name,
        "toolVersion": run.tool.version,
        "creationTime": _ended(run),
        "faults": {"totalNumber": len(findings), "foundFaults": faults},
        "problemDetails": {
            "rest": {
                "outputHttpCalls": len(cases),
                "evaluatedHttpCalls": run.requests,
                "endpointIds": sorted({*names.values(), *(fault["operationId"] for fault in faults)}),
                "coveredHttpStatus": covered,
            }
        },
        "totalTests": len(cases),
        "testFilePaths": [],
        "testCases": [{"id": case, "name": case} for case in cases],
        "executionTimeInSeconds": round(run.seconds),
        "warnings": [{"message": sentence, "category": "not tested"} for sentence in run.incomplete or ()],
        "extra": [{"toolName": run.tool.name, "criteria": _criteria(run)}],
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def _endpoints(run: Run) -> dict[str, str]:
    """Key of an operation -> "GET:/things/{id}", as Web Fuzzing Commons names it. An operation none of whose clauses
    stands below its path keeps its key."""
    found: dict[str, str] = {}
    for clause in run.clauses:
        name = found.get(clause.operation, clause.operation)
        if name == clause.operation:
            tokens = Source.read(clause.id).tokens
            is_placed = len(tokens) > 2 and tokens[0] == "paths" and tokens[2] in _METHODS
            found[clause.operation] = f"{tokens[2].upper()}:{tokens[1]}" if is_placed else name
    return found


def _fault(finding: Finding, endpoint: str) -> dict[str, Any]:
    name, code = CATEGORIES.get(finding.rule, (f"CLAUSEWISE_{finding.rule.replace('-', '_').upper()}", _OTHER))
    where = f" ({finding.where})" if finding.where else ""
    context = one_line(f"{finding.rule}: {finding.message}{where}")
    case = finding.exchange or finding.id
    categories = [{"id": name, "code": code, "context": context}]
    return {"operationId": endpoint, "testCaseId": case, "faultCategories": categories}


def _covered(exchanges: Sequence[Exchange], names: dict[str, str]) -> list[dict[str, Any]]:
    """The first exchange of each operation with each status, a failure included, which has none."""
    first: dict[tuple[str, int | None], str] = {}
    for exchange in exchanges:
        if exchange.probe is not None and exchange.probe.operation in names:
            status = exchange.response.status if exchange.response else None
            first.setdefault((names[exchange.probe.operation], status), exchange.id)
    return [
        {"endpointId": endpoint, "testCaseId": case, "httpStatus": [] if status is None else [status]}
        for (endpoint, status), case in first.items()
    ]


def _criteria(run: Run) -> list[dict[str, Any]]:
    coverage, clauses = run.coverage, run.coverage.clauses
    return [
        {"name": "clauses", "covered": clauses.upheld + clauses.violated, "total": clauses.total},
        {"name": "operations accepted", "covered": coverage.operations.accepted, "total": coverage.operations.total},
        {"name": "documented responses", "covered": coverage.responses.seen, "total": coverage.responses.total},
    ]


def _ended(run: Run) -> str:
    """When the run ended (RFC 3339)."""
    ended = datetime.fromisoformat(run.started) + timedelta(seconds=run.seconds)
    return ended.isoformat(timespec="seconds").replace("+00:00", "Z")
