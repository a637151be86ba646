"""Times the hot paths, each as a ratio to something that runs beside it: machines are noisy, ratios less so.

`python -m tests.benchmarks.hot_paths [ROUNDS]`; every figure is the median of so many rounds.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from clausewise.contract.contract import load
from clausewise.contract.second_engine import python_validator
from clausewise.options import RunOptions
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target, url_target

_CONTRACT = Path(__file__).resolve().parents[2] / "openapi" / "astro-create-cluster.yaml"

#: how often each is timed
_rounds = 5

_PAYLOAD = """{"cloudProvider": "AWS", "name": "a", "region": "us-east-1", "type": "DEDICATED",
 "vpcSubnetRange": "172.20.0.0/20", "workspaceIds": [], "k8sTags": [], "nodePools": []}"""


def seconds(work: Callable[[], object], times: int) -> float:
    """The median time of one call, over all rounds of `times` calls."""
    rounds = []
    for _ in range(_rounds):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - start) / times)
    return median(rounds)


def show(what: str, took: float, beside: str, other: float) -> None:
    """One line: what it took, and how that compares."""
    print(f"{what:<44} {took * 1e6:>10.1f} us   {took / other:>8.3f} of {beside} ({other * 1e6:.1f} us)")


def validation() -> None:
    """A verdict and the evidence for every clause, beside the Python validator's verdict."""
    entry = load(_CONTRACT).operation("createCluster").responses["200"].content["application/json"]
    message = entry.message
    assert message is not None
    value, other = entry.media.examples[0].value, python_validator(message.schema)
    python = seconds(lambda: other.is_valid(value), 50)
    show("Message.is_valid, a cluster", seconds(lambda: message.is_valid(value), 2000), "jsonschema", python)
    show("Message.judge, a cluster", seconds(lambda: message.judge(value), 200), "jsonschema", python)


def compiling() -> None:
    """Reading and compiling the contract with every clause, beside parsing its YAML alone."""
    import yaml

    text = _CONTRACT.read_text(encoding="utf-8")
    parsing = seconds(lambda: yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), 3)
    compiled = seconds(lambda: [operation.clauses for operation in load(_CONTRACT).operations], 3)
    show("load and every clause", compiled, "parsing YAML", parsing)


def starting() -> None:
    """`clausewise --help`, beside Python doing nothing; and one payload checked, beside importing what that takes and
    parsing the contract."""
    show("clausewise --help", _started("-m", "clausewise", "--help"), "python -c ''", _started("-c", ""))
    parse = f"with open({str(_CONTRACT)!r}) as file: yaml.load(file, yaml.CSafeLoader)"
    with tempfile.TemporaryDirectory() as folder:
        payload = Path(folder) / "body.json"
        payload.write_text(_PAYLOAD, encoding="utf-8")
        checked = _started("-m", "clausewise", "validate", str(_CONTRACT), str(payload), "--as", "request", at=folder)
    show("clausewise validate, a payload", checked, "imports", _started("-c", "import yaml, jsonschema_rs, click"))
    show("", checked, "and the parse", _started("-c", f"import yaml, jsonschema_rs, click\n{parse}"))


def _started(*arguments: str, at: str | None = None) -> float:
    """Seconds that a Python takes from its start to its end, its modules compiled before, as they are for users."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=at, env=environment), 4)


def sending() -> None:
    """A whole run, by request: in this process, and over a socket to a mock in a process of its own."""
    contract = load(_CONTRACT)
    inside = _per_request(lambda: run(contract, mock_target(contract, 1, 8), RunOptions()))
    command = [sys.executable, "-m", "clausewise", "mock", str(_CONTRACT), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as mock:
        try:
            assert mock.stdout is not None
            url = mock.stdout.readline().split(" at ")[1].split()[0]
            over = _per_request(lambda: run(contract, url_target(url, 8), RunOptions()))
        finally:
            mock.terminate()
    show("a request of a run, over a socket", over, "one in this process", inside)
    print(f"{'requests a second, over a socket':<44} {1 / over:>10.0f}")


def checking() -> None:
    """`contract.check` of the pytest plugin on a small response: one that is seen again, and new ones, beside
    httpx making such a response."""
    import httpx

    from clausewise.plugin.contracts import Contracts
    from clausewise.plugin.fixture import ContractFixture
    from clausewise.plugin.options import read_options

    project = _CONTRACT.parents[1] / "tests" / "acceptance" / "pytest_project"
    contracts = Contracts(read_options({"spec": project / "openapi.yaml"}, {}, project), "main")
    contract = ContractFixture(lambda: contracts, None, print)
    numbers = itertools.count(1)

    def response(number: int) -> httpx.Response:
        request = httpx.Request("GET", f"http://shop.test/api/books/{number}")
        return httpx.Response(200, json={"id": number, "title": "Momo", "state": "lent"}, request=request)

    making = seconds(lambda: response(1), 2000)
    same, new = response(1), [response(next(numbers)) for _ in range(10000)]
    fresh = iter(new)
    show("contract.check, the same again", seconds(lambda: contract.check(same), 2000), "making it", making)
    show("contract.check, never seen before", seconds(lambda: contract.check(next(fresh)), 2000), "making it", making)


def drawing() -> None:
    """A case of `@contract.cases`, which Hypothesis allows a tenth of a second for, beside drawing a number."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    from clausewise.generation.property_tests import requests
    from clausewise.security.configure import configure

    contract = load(_CONTRACT)
    credentials = configure(contract.specification, headers=(), tables={}, values={}, environ={})
    credentials = msgspec.structs.replace(credentials, stand_ins=True)
    quick = settings(
        max_examples=100, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )

    def drawn(strategy: st.SearchStrategy[Any]) -> float:
        @quick
        @given(strategy)
        def test(_value: Any) -> None:
            pass

        # The time of this process: a run of hundreds of draws is long enough for others to come between.
        start = time.process_time()
        test()
        return (time.process_time() - start) / 100

    number = drawn(st.integers())
    for mode in ("positive", "negative"):
        cases = requests(contract.operation("createCluster"), mode, {}, credentials)
        show(f"a case of @contract.cases, {mode}", drawn(cases), "a number", number)


def _per_request(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_rounds):
        result = work()
        taken.append(result.sending / result.run.requests)  # type: ignore[attr-defined]
    return median(taken)


if __name__ == "__main__":
    _rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _rounds
    for part in (validation, compiling, starting, checking, drawing, sending):
        part()
