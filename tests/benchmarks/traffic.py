"""What checking recorded traffic costs, beside a bare loop over the same lines that knows all and checks nothing else.

`python -m tests.benchmarks.traffic [LINES]`; 100,000 lines of about 1 KB where nothing is said.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from clausewise.contract.contract import load
from tests.benchmarks.measure import CONTRACT, Figure, Part, in_turns, often, print_part

_METHOD = """
{count:,} valid exchanges of the shipped contract, {size:.0f} bytes a line of NDJSON. Each way of checking them is
measured {often}. The bare loop reads the lines with orjson and validates both bodies with jsonschema-rs, knowing the
operation, and does nothing else. clausewise also finds the operation, and checks parameters, headers, status and
media type; start-up is left out. jsonschema and openapi-core take the first {few} exchanges.
""".replace("{few}", "300")

#: goal: the share of the bare loop's rate, without evidence
_SHARE = 0.65

#: tenants that the requests are of
_ORGANIZATIONS = 500
#: exchanges that the slowest of them is asked for
_FEW = 300

#: reads the recording, with both bodies' validators, and counts what is valid
_BARE = """
import sys, time, orjson, jsonschema_rs
path, request_schema, response_schema = sys.argv[1:]
def validator(path):
    with open(path, "rb") as file:
        return jsonschema_rs.Draft202012Validator(orjson.loads(file.read()))
request, response = validator(request_schema), validator(response_schema)
start, valid = time.perf_counter(), 0
with open(path, "rb") as file:
    for line in file:
        exchange = orjson.loads(line)
        if request.is_valid(exchange["request"]["body"]["json"]):
            if response.is_valid(exchange["response"]["body"]["json"]):
                valid += 1
print(valid, time.perf_counter() - start)
"""


def write(path: Path, count: int) -> None:
    """A recording of valid exchanges, made from the contract's examples."""
    operation = load(CONTRACT).operation("createCluster")
    assert operation.body is not None and operation.body.judged is not None
    requests = [example.value for example in operation.body.judged.media.examples]
    answer = operation.responses["200"].content["application/json"].media.examples[0].value
    content = [["Content-Type", "application/json"]]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            name = f"cluster-{number}"
            organization = f"clm88r8hi0000{number % _ORGANIZATIONS:04}jwhzxu5crg"
            exchange = {
                "version": 1,
                "id": f"exchange-{number}",
                "request": {
                    "method": "POST",
                    "target": f"/platform/v1beta1/organizations/{organization}/clusters",
                    "headers": content,
                    "body": {"json": requests[number % len(requests)] | {"name": name}},
                },
                "response": {"status": 200, "headers": content, "body": {"json": answer | {"name": name}}},
            }
            file.write(json.dumps(exchange, separators=(",", ":")) + "\n")


def bare(path: Path) -> float:
    """Seconds that the bare loop takes, its start-up left out."""
    schemas = CONTRACT.parent / "schemas"
    names = ("createCluster.request.schema.json", "createCluster.response.200.schema.json")
    arguments = [str(path), *(str(schemas / name) for name in names)]
    done = subprocess.run([sys.executable, "-c", _BARE, *arguments], capture_output=True, text=True, check=True)
    valid, seconds = done.stdout.split()
    assert int(valid) == _count(path)
    return float(seconds)


def validated(path: Path, *arguments: str) -> float:
    """Seconds that `clausewise validate` spends reading and checking: what its record says."""
    command = [sys.executable, "-m", "clausewise", "validate", str(CONTRACT), str(path), *arguments]
    folder = path.parent / "reports"
    command += ["--quiet", "--report", "json", "--output-dir", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert run["requests"] == _count(path) and run["findings"] == []
    seconds: float = run["seconds"]
    return seconds


def with_openapi_core(path: Path) -> float:
    """Seconds for one exchange, by a validator of requests and responses in pure Python."""
    from openapi_core import OpenAPI
    from openapi_core.testing import MockRequest, MockResponse

    api: Any = OpenAPI.from_file_path(str(CONTRACT))
    with path.open("rb") as file:
        exchanges = [json.loads(file.readline()) for _ in range(_FEW)]
    start = time.perf_counter()
    for exchange in exchanges:
        sent, came = exchange["request"], exchange["response"]
        request = MockRequest(
            "https://api.astronomer.io",
            "post",
            sent["target"],
            headers={"Authorization": "Bearer token"},
            data=json.dumps(sent["body"]["json"]).encode(),
            content_type="application/json",
        )
        api.validate_request(request)
        data = json.dumps(came["body"]["json"]).encode()
        api.validate_response(request, MockResponse(data, 200, content_type="application/json"))
    return (time.perf_counter() - start) / _FEW


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def with_jsonschema(path: Path) -> float:
    """Seconds for one exchange, by jsonschema alone: both bodies, and nothing else of it."""
    from jsonschema import Draft202012Validator

    schemas = CONTRACT.parent / "schemas"
    names = ("createCluster.request.schema.json", "createCluster.response.200.schema.json")
    request, response = (Draft202012Validator(json.loads((schemas / name).read_text())) for name in names)
    with path.open("rb") as file:
        exchanges = [json.loads(file.readline()) for _ in range(_FEW)]
    start = time.perf_counter()
    valid = [
        request.is_valid(each["request"]["body"]["json"]) and response.is_valid(each["response"]["body"]["json"])
        for each in exchanges
    ]
    assert all(valid)
    return (time.perf_counter() - start) / _FEW


def measure(rounds: int, count: int = 100_000) -> Part:
    """What checking recorded traffic costs."""
    ways = {
        "none, 1 process": ("--evidence", "none", "--jobs", "1"),
        "sampled, 1 process": ("--evidence", "sampled", "--jobs", "1"),
        "none, 2 processes": ("--evidence", "none", "--jobs", "2"),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traffic.ndjson"
        write(path, count)
        size = path.stat().st_size / count
        turns = {name: (lambda given=given: validated(path, *given)) for name, given in ways.items()}
        taken = in_turns({"bare": lambda: bare(path), **turns}, rounds)
        others = in_turns({"core": lambda: with_openapi_core(path), "schema": lambda: with_jsonschema(path)}, rounds)
    limit = median(taken.pop("bare"))
    figures = [Figure("bare loop over jsonschema-rs", limit / count * 1e6, "us a line")]
    for name, seconds in taken.items():
        each = median(seconds)
        figures.append(Figure(f"evidence {name}", each / count * 1e6, "us a line"))
        goal = _SHARE if name == "none, 1 process" else None
        share = Figure(f"evidence {name}: share of the bare loop's rate", limit / each, goal=goal, better="higher")
        figures.append(share)
    one, two = median(taken["none, 1 process"]), median(taken["none, 2 processes"])
    figures += [
        Figure("two processes, times as fast as one", one / two),
        Figure("jsonschema alone, the bodies", median(others["schema"]) * 1e6, "us an exchange"),
        Figure("openapi-core", median(others["core"]) * 1e6, "us an exchange"),
        Figure("openapi-core, times as long as clausewise", median(others["core"]) / (one / count)),
        Figure("memory of a process", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, "MB"),
    ]
    return Part("Recorded traffic", _METHOD.format(count=count, size=size, often=often(rounds)).strip(), tuple(figures))


def main(count: int) -> None:
    """Print the figures."""
    print_part(measure(3, count))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
