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
from typing import Any

from clausewise.contract.contract import load

CONTRACT = Path(__file__).resolve().parents[2] / "openapi" / "astro-create-cluster.yaml"

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


def main(count: int) -> None:
    """Print each figure beside what it is compared with: the best of three rounds, in which all take turns."""
    ways = {
        "none, 1 process": ("--evidence", "none", "--jobs", "1"),
        "sampled, 1 process": ("--evidence", "sampled", "--jobs", "1"),
        "none, 2 processes": ("--evidence", "none", "--jobs", "2"),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traffic.ndjson"
        write(path, count)
        print(f"{count} lines of {path.stat().st_size / count:.0f} bytes")
        limit, took = float("inf"), dict.fromkeys(ways, float("inf"))
        for _ in range(3):
            limit = min(limit, bare(path))
            for name, arguments in ways.items():
                took[name] = min(took[name], validated(path, *arguments))
        print(f"{'bare loop':<24} {limit / count * 1e6:>8.1f} us a line")
        for name, seconds in took.items():
            print(
                f"{name:<24} {seconds / count * 1e6:>8.1f} us a line   {limit / seconds:>6.0%} of the bare loop's rate"
            )
        one, two = took["none, 1 process"], took["none, 2 processes"]
        print(f"{'2 processes':<24} {one / two:>8.2f} times as fast as one")
        core = with_openapi_core(path)
        print(f"{'openapi-core':<24} {core * 1e6:>8.1f} us an exchange   {core / (one / count):.0f} times as long")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{'memory of a process':<24} {peak:>8.0f} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
