"""What documents cost by their size: operations, properties, and large public documents where there are any.

`python -m tests.benchmarks.documents [DOCUMENT...]`; each DOCUMENT is measured besides those that are generated. The
exponent says how a cost grows: 1 is linear. Start-up is a part of every figure, so that small documents cost the same.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Figure, Part, Usage, print_part, spent

#: operations and properties of the generated documents
_OPERATIONS = (10, 100, 1_000, 10_000)
_PROPERTIES = (10, 100, 1_000)
#: schemas that the operations share, each of which refers to the next
_COMPONENTS = 20


def of_operations(count: int) -> dict[str, Any]:
    """A document of so many operations, which lead to the same components."""
    schemas: dict[str, Any] = {}
    for number in range(_COMPONENTS):
        following = {"$ref": f"#/components/schemas/C{(number + 1) % _COMPONENTS}"}
        properties = {"name": {"type": "string", "maxLength": 10 + number}, "next": following}
        schemas[f"C{number}"] = {"type": "object", "required": ["name"], "properties": properties}
    paths: dict[str, Any] = {}
    for number in range(count):
        schema = {"$ref": f"#/components/schemas/C{number % _COMPONENTS}"}
        answer = {"description": "found", "content": {"application/json": {"schema": schema}}}
        paths[f"/r{number}"] = {"get": {"operationId": f"get{number}", "responses": {"200": answer}}}
    return _document(paths) | {"components": {"schemas": schemas}}


def of_properties(count: int) -> dict[str, Any]:
    """A document with one operation, whose body has so many properties."""
    properties = {f"p{number}": {"type": "string", "maxLength": 10 + number} for number in range(count)}
    schema = {"type": "object", "required": [*properties][: count // 2], "properties": properties}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    responses = {"204": {"description": "done"}, "400": {"description": "refused"}}
    return _document({"/r": {"post": {"operationId": "add", "requestBody": body, "responses": responses}}})


def _document(paths: dict[str, Any]) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "generated", "version": "1"}, "paths": paths}


def exponent(sizes: tuple[int, ...], costs: list[float]) -> float:
    """How costs grow from the last size but one to the last."""
    return math.log(costs[-1] / costs[-2]) / math.log(sizes[-1] / sizes[-2])


def _clauses(document: Path) -> Usage:
    return spent([sys.executable, "-m", "clausewise", "clauses", str(document)], document.parent)


def _first_requests(document: Path) -> Usage:
    command = [sys.executable, "-m", "clausewise", "test", str(document), "--mock", "--phase", "baseline"]
    return spent([*command, "--report", "json", "--output-dir", "out"], document.parent)


def measure(folder: Path, documents: tuple[Path, ...] = ()) -> Part:
    """The figures, of processor time and memory; generated documents are written into `folder`."""
    figures: list[Figure] = []
    for what, sizes, made, run in (
        ("clauses of %d operations", _OPERATIONS, of_operations, _clauses),
        ("first requests for %d properties", _PROPERTIES, of_properties, _first_requests),
    ):
        costs = []
        for size in sizes:
            path = folder / f"{made.__name__}-{size}.json"
            path.write_text(json.dumps(made(size)), encoding="utf-8")
            usage = run(path)
            costs.append(usage.cpu)
            figures += [Figure(what % size, usage.cpu, "s"), Figure(f"  {what % size}", usage.peak, "MB")]
        figures.append(Figure(f"growth: {what.replace('%d ', '')}", exponent(sizes, costs), "exponent", 1.1))
    for path in documents:
        usage = _clauses(path.resolve())
        figures += [
            Figure(f"clauses of {path.name}", usage.cpu, "s", 30),
            Figure(f"  clauses of {path.name}", usage.peak, "MB", 500),
        ]
    return Part("Size of documents", "One process each, all of its processor time.", tuple(figures))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="clausewise-") as temporary:
        print_part(measure(Path(temporary), tuple(map(Path, sys.argv[1:]))))
