"""Operations that no recorded exchange belongs to: counted, and compiled only when asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import clausewise
from clausewise.contract.contract import Contract, load
from clausewise.contract.operation import OperationContract
from clausewise.report import scan_text
from clausewise.results.record import Run
from clausewise.validation.scan import ScanOptions, scan
from clausewise.validation.summary import record_scan


def contract(folder: Path) -> Contract:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    responses: Any = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    paths = {f"/{name}": {"get": {"operationId": name, "responses": responses}} for name in ("a", "b", "c")}
    path = folder / "api.json"
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    path.write_text(json.dumps(document), encoding="utf-8")
    return load(path)


def validated(contract: Contract, **options: Any) -> Run:
    answer = clausewise.Response(200, (("Content-Type", "application/json"),), b'{"name": "n"}')
    exchanges = [clausewise.Exchange("1", clausewise.Request("GET", "/b"), answer)]
    return record_scan(contract, scan(contract, ScanOptions(**options), exchanges=exchanges)).run


def is_compiled(operation: OperationContract) -> bool:
    return "responses" in vars(operation)


def test_what_no_exchange_touched_is_counted_and_not_compiled(tmp_path: Path) -> None:
    api = contract(tmp_path)
    run = validated(api)
    assert {clause.operation for clause in run.clauses} == {"b"}
    assert (run.coverage.operations.accepted, run.coverage.operations.total) == (1, 3)
    assert (run.coverage.responses.seen, run.coverage.responses.total) == (1, 3)
    assert [is_compiled(operation) for operation in api.operations] == [False, True, False]
    lines = [
        "".join(str(getattr(span, "text", span)) for span in line) for line in scan_text.lines(run, lambda *_: None)
    ]
    assert "2 operations had no exchange: their clauses count with --all-operations" in lines


def test_all_operations_are_listed_when_asked(tmp_path: Path) -> None:
    run = validated(contract(tmp_path), all_operations=True)
    assert {clause.operation for clause in run.clauses} == {"a", "b", "c"}
    assert {clause.verdict for clause in run.clauses if clause.operation == "a"} == {"untested"}
