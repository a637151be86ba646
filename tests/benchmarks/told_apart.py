"""Faults told apart: servers with faults on purpose, all at once and each alone, by clausewise and its peers."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from tests.benchmarks.measure import BASE, CONTRACT, Figure, Part, Usage, in_turns, often, served, spent
from tests.servers.faulty_cluster import FAULTS, PAIRED_FAULTS

_METHOD = """
The server of `tests/servers/faulty_cluster.py` has {count} faults that can be switched on, each in a place of its
own. Each tool tests it once without a fault and once with each fault alone. With all of them, it is measured {often}.

An *item* is what a tool lists as one failure: a finding's id, whatever its severity (a crash is a note here, as the
contract documents 500); for Schemathesis the failure's code, operation, schema and the first line of its message
without values. A fault counts as **found** when the run with it alone lists an item
that the run without faults does not. It counts as **told apart** when the run with all faults lists such an item, and
no run with another fault alone does. *Items* are those of the run with all faults, less those without faults.
"""

#: the peers that nobody has written a run for; whether they are installed makes no difference
_NOT_COMPARED = "Dredd, Prism's proxy and CATS: this benchmark has no run of them"


class Told(msgspec.Struct, frozen=True):
    """What a tool listed in one run, and what that took."""

    items: frozenset[str]
    requests: int
    usage: Usage


def measure(rounds: int) -> Part:
    """The faults that each tool tells apart."""
    faults = (*FAULTS, *PAIRED_FAULTS)
    tools: dict[str, Callable[[str], Told]] = {"clausewise": _clausewise}
    if shutil.which("st"):
        tools["Schemathesis"] = _schemathesis
        tools["Schemathesis, --continue-on-failure"] = partial(_schemathesis, options=("--continue-on-failure",))
    figures = []
    alone: dict[str, dict[str, frozenset[str]]] = {name: {} for name in tools}

    def test_alone(fault: str) -> None:
        with served("faulty_cluster", faults=fault) as url:
            for name, tool in tools.items():
                alone[name][fault] = tool(url).items

    # No time is taken here, and each tool takes half a minute for each fault.
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        list(workers.map(test_alone, ("", *faults)))
    with served("faulty_cluster", faults=",".join(faults)) as url:
        together = in_turns({name: partial(tool, url) for name, tool in tools.items()}, rounds)
    for name, runs in together.items():
        innocent = alone[name].pop("")
        apart = [len(told_apart(alone[name], run.items - innocent)) for run in runs]
        figures += [
            Figure(f"{name}: found, each alone", sum(bool(items - innocent) for items in alone[name].values())),
            Figure(f"{name}: told apart, all at once", median(apart)),
            Figure(f"{name}: items without a fault", len(innocent)),
            Figure(f"{name}: items, all at once", median(len(run.items - innocent) for run in runs)),
            Figure(f"{name}: requests", median(run.requests for run in runs)),
            Figure(f"{name}: processor", median(run.usage.cpu for run in runs), "s"),
            Figure(f"{name}: clock", median(run.usage.wall for run in runs), "s"),
        ]
    missing = [_NOT_COMPARED]
    if "Schemathesis" not in tools:
        missing.append("Schemathesis: `pip install '.[engine]'`")
    method = _METHOD.format(count=len(faults), often=often(rounds))
    return Part("Faults told apart", method.strip(), tuple(figures), tuple(missing))


def told_apart(alone: dict[str, frozenset[str]], together: frozenset[str]) -> set[str]:
    """The faults that have an item in `together` which no other fault has."""
    return {
        fault
        for fault, items in alone.items()
        if (items & together) - frozenset().union(*(others for other, others in alone.items() if other != fault))
    }


def _clausewise(url: str) -> Told:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "clausewise", "test", str(CONTRACT), "--url", url + BASE]
        command += ["-H", "Authorization: Bearer token", "--output-dir", "run", "--report", "json", "--quiet"]
        usage = spent(command, Path(folder))
        run = json.loads((Path(folder) / "run" / "run.json").read_text(encoding="utf-8"))
    return Told(frozenset(finding["id"] for finding in run["findings"]), run["requests"], usage)


def _schemathesis(url: str, options: tuple[str, ...] = ()) -> Told:
    with tempfile.TemporaryDirectory() as folder:
        command = ["st", "run", str(CONTRACT), "--url", url + BASE, "-H", "Authorization: Bearer token", *options]
        command += ["--seed", "1", "--report-ndjson-path", "events.ndjson"]
        usage = spent(command, Path(folder))
        lines = (Path(folder) / "events.ndjson").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    items = frozenset(item(failure) for event in events for failure in _failures(event))
    requests = sum(
        len(event["ScenarioFinished"]["recorder"]["interactions"]) for event in events if "ScenarioFinished" in event
    )
    return Told(items, requests, usage)


def _failures(event: Any) -> Iterator[dict[str, Any]]:
    for checks in event.get("ScenarioFinished", {}).get("recorder", {}).get("checks", {}).values():
        for check in checks:
            if check["status"] == "failure":
                yield check["failure_info"]["failure"]


def item(failure: dict[str, Any]) -> str:
    """What makes two failures of Schemathesis one item."""
    first, _, rest = failure["message"].partition("\n")
    schema = re.search(r"^Schema at (\S+):$", rest, re.MULTILINE)
    without_values = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|\d+", "_", first)
    return " ".join((failure["code"], failure["operation"], schema[1] if schema else "", without_values))
