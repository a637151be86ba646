"""Time to a verdict on a correct server: a whole run, beside a bare loop that sends as many requests."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import BASE, CONTRACT, Figure, Part, Usage, in_turns, middle, often, served, spent

_METHOD = """
The server of `tests/servers/faulty_cluster.py` without a fault, in a process of its own. A whole run of `clausewise
test` with the default phases and all reports, start-up included; then, as the measure of what the client library and
the server allow, a bare loop over `aiohttp` that sends one valid request as often, over 8 connections. Each is
measured {often}. The rates of the run and of the loop leave out start-up, reading the contract and the reports.
"""

#: sends a request over and over, and prints the seconds that took
_LOOP = """
import asyncio, sys, time, aiohttp
url, count = sys.argv[1], int(sys.argv[2])
body = open(sys.argv[3], "rb").read()
headers = {"Content-Type": "application/json", "Authorization": "Bearer token"}
async def one(session, numbers):
    for _ in numbers:
        async with session.post(url, data=body, headers=headers) as response:
            await response.read()
async def main():
    numbers = iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=8)) as session:
        start = time.perf_counter()
        await asyncio.gather(*(one(session, numbers) for _ in range(8)))
        open(sys.argv[4], "w").write(str(time.perf_counter() - start))
asyncio.run(main())
"""

#: goals of a run: share of the bare loop's rate, and milliseconds of the processor for a request
_SHARE, _CPU = 0.4, 0.5


def measure(rounds: int) -> Part:
    """How long a verdict takes."""
    with tempfile.TemporaryDirectory() as folder, served("faulty_cluster") as url:
        at = Path(folder)
        (at / "body.json").write_text(_body(), encoding="utf-8")
        first = _run(at, url)[1]
        ways = {"clausewise": lambda: _run(at, url), "loop": lambda: _loop(at, url, first)}
        if shutil.which("st"):
            ways["Schemathesis"] = lambda: _peer(at, url)
        taken = in_turns(ways, rounds)
    ours = middle([usage for usage, _, _ in taken["clausewise"]])
    requests = median(count for _, count, _ in taken["clausewise"])
    rate = median(count / seconds for _, count, seconds in taken["clausewise"])
    bare = median(count / seconds for _, count, seconds in taken["loop"])
    bare_cpu = median(usage.cpu / count for usage, count, _ in taken["loop"])
    figures = [
        Figure("clausewise: a verdict", ours.wall, "s"),
        Figure("clausewise: processor", ours.cpu, "s"),
        Figure("clausewise: requests", requests),
        Figure("clausewise: memory", ours.peak, "MB"),
        Figure("clausewise: rate", rate, "requests/s"),
        Figure("bare loop: rate", bare, "requests/s"),
        Figure("share of the bare loop's rate", rate / bare, goal=_SHARE, better="higher"),
        Figure("clausewise: processor for a request", ours.cpu / requests * 1000, "ms", goal=_CPU),
        Figure("bare loop: processor for a request", bare_cpu * 1000, "ms"),
    ]
    if "Schemathesis" in taken:
        peer = middle([usage for usage, _, _ in taken["Schemathesis"]])
        count = median(count for _, count, _ in taken["Schemathesis"])
        figures += [
            Figure("Schemathesis: a verdict", peer.wall, "s"),
            Figure("Schemathesis: processor", peer.cpu, "s"),
            Figure("Schemathesis: requests", count),
            Figure("Schemathesis: rate, start-up included", count / peer.wall, "requests/s"),
        ]
    missing = () if "Schemathesis" in taken else ("Schemathesis: `pip install '.[engine]'`",)
    return Part("Time to a verdict", _METHOD.format(often=often(rounds)).strip(), tuple(figures), missing)


def _body() -> str:
    from clausewise.contract.contract import load

    body = load(CONTRACT).operation("createCluster").body
    assert body is not None and body.judged is not None
    return json.dumps(body.judged.media.examples[0].value)


def _run(at: Path, url: str) -> tuple[Usage, int, float]:
    command = [sys.executable, "-m", "clausewise", "test", str(CONTRACT), "--url", url + BASE, "--quiet"]
    usage = spent([*command, "-H", "Authorization: Bearer token", "--output-dir", "run"], at)
    run = json.loads((at / "run" / "run.json").read_text(encoding="utf-8"))
    return usage, run["requests"], run["seconds"]


def _loop(at: Path, url: str, count: int) -> tuple[Usage, int, float]:
    target = f"{url}{BASE}/organizations/clm88r8hi000008jwhzxu5crg/clusters"
    usage = spent([sys.executable, "-c", _LOOP, target, str(count), "body.json", "seconds"], at)
    return usage, count, float((at / "seconds").read_text())


def _peer(at: Path, url: str) -> tuple[Usage, int, float]:
    command = ["st", "run", str(CONTRACT), "--url", url + BASE, "-H", "Authorization: Bearer token", "--seed", "1"]
    usage = spent([*command, "--continue-on-failure", "--report-json-path", "peer.json"], at)
    report = json.loads((at / "peer.json").read_text(encoding="utf-8"))
    return usage, report["test_cases"]["generated"], usage.wall
