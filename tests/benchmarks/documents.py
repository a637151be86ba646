"""What documents cost by their size: operations, properties, and large public documents where there are any.

`python -m tests.benchmarks.documents [DOCUMENT...]`; each DOCUMENT is measured besides those that are generated. The
exponent says how a cost grows: 1 is linear. Start-up is a part of every figure, so that small documents cost the same.
`python -m tests.benchmarks` takes the largest documents of `../shared/corpus`, where that folder is.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import ROOT, Figure, Part, Usage, in_turns, installed, middle, often, print_part, spent

_METHOD = """
One process each, all of its processor time, start-up included, and the most memory that it had. An exponent says how
a cost grows from the last size but one to the last: 1 is linear. Growth is measured once. For the comparison, each
tool is measured {often}, after one run that does not count. The tools do different work with a document: clausewise
lists every clause with its line, openapi-spec-validator checks the document by its standard's schema, and Schemathesis
reads each operation, as it does before its first request. A tool that takes longer than {limit} s is ended.
"""

#: operations and properties of the generated documents
_OPERATIONS = (10, 100, 1_000, 10_000)
_PROPERTIES = (10, 100, 1_000)
#: schemas that the operations share, each of which refers to the next
_COMPONENTS = 20
#: operations of the generated document that the peers read too
_COMPARED = 1_000
#: where public documents are, and how many of the largest are read
_PUBLIC, _MANY = ROOT.parent / "shared" / "corpus", 4
#: seconds that one reading of a document may take
_LIMIT: float = 120

#: package -> the arguments of Python that read the document which follows
_PEERS = {
    "openapi-spec-validator": ["-m", "openapi_spec_validator"],
    "schemathesis": [
        "-c",
        "import sys, schemathesis\n"
        "for each in schemathesis.openapi.from_path(sys.argv[1]).get_all_operations(): each.ok()\n",
    ],
}


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


def growth(folder: Path) -> list[Figure]:
    """What generated documents of several sizes cost; they are written into `folder`."""
    figures: list[Figure] = []
    for what, sizes, made, run in (
        ("clauses of %d operations", _OPERATIONS, of_operations, _clauses),
        ("first requests for %d properties", _PROPERTIES, of_properties, _first_requests),
    ):
        costs, peaks = [], []
        for size in sizes:
            path = folder / f"{made.__name__}-{size}.json"
            path.write_text(json.dumps(made(size)), encoding="utf-8")
            usage = run(path)
            costs.append(usage.cpu)
            peaks.append(usage.peak)
            figures += [Figure(what % size, usage.cpu, "s"), Figure(f"  {what % size}", usage.peak, "MB")]
        for grown, of_sizes in (("time", costs), ("memory", peaks)):
            each = f"growth of {grown}: {what.replace('%d ', '')}"
            figures.append(Figure(each, exponent(sizes, of_sizes), "exponent", 1.1))
    return figures


def beside_peers(document: Path, rounds: int, peers: dict[str, list[str]]) -> tuple[list[Figure], list[str]]:
    """What one document costs each tool, and who did not come to an end. `peers` are commands that take a document."""
    commands = {"clausewise": [sys.executable, "-m", "clausewise", "clauses"], **peers}
    ways = {name: partial(spent, [*command, str(document)], ROOT, limit=_LIMIT) for name, command in commands.items()}
    late = [name for name, way in ways.items() if not _ends(way)]
    figures = []
    for name, usages in in_turns({name: way for name, way in ways.items() if name not in late}, rounds).items():
        seconds, memory = (30, 500) if name == "clausewise" else (None, None)
        usage = middle(usages)
        figures += [
            Figure(f"{name}: {document.name}", usage.cpu, "s", seconds),
            Figure(f"  {name}: {document.name}", usage.peak, "MB", memory),
        ]
    return figures, [f"{name} on {document.name}: it took more than {_LIMIT:g} s" for name in late]


def _ends(way: Callable[[], Usage]) -> bool:
    try:
        way()
    except subprocess.TimeoutExpired:
        return False
    return True


def measure(rounds: int, documents: tuple[Path, ...] = ()) -> Part:
    """The figures of generated documents, and of `documents` or the largest public ones beside the peers."""
    peers: dict[str, list[str]] = {}
    missing: list[str] = []
    for package, command in _PEERS.items():
        if installed(package):
            peers[package] = [sys.executable, *command]
        else:
            missing.append(f"{package}: `pip install {package}`")
    public = documents or _largest()
    if not public:
        missing.append(f"public documents: put OpenAPI documents into `{_PUBLIC.relative_to(ROOT.parent)}` beside it")
    with tempfile.TemporaryDirectory(prefix="clausewise-") as temporary:
        folder = Path(temporary)
        figures = growth(folder)
        for document in (folder / f"of_operations-{_COMPARED}.json", *(path.resolve() for path in public)):
            compared, late = beside_peers(document, rounds, peers)
            figures += compared
            missing += late
    method = _METHOD.format(often=often(rounds), limit=f"{_LIMIT:g}").strip()
    return Part("Size of documents", method, tuple(figures), tuple(missing))


def _largest() -> tuple[Path, ...]:
    """The largest public documents, the smallest of them first."""
    found = sorted(_PUBLIC.glob("*.json"), key=lambda path: path.stat().st_size)
    return tuple(found[-_MANY:])


if __name__ == "__main__":
    print_part(measure(1, tuple(map(Path, sys.argv[1:]))))
