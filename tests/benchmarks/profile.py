"""Where a run spends its time: samples of the process, by the part of the program that was at work."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.measure import BASE, CONTRACT, Figure, Part, served, spent

_METHOD = """
`py-spy record --gil` looks 200 times a second at what holds Python's lock in a run of `clausewise test` against a
correct server. A sample counts for the innermost part of clausewise on the stack, libraries that it calls included;
imports and the reports go first. What no part of clausewise has called is the event loop's.
"""

#: samples that count for this, whatever else is on the stack
_FIRST = {"(<frozen importlib": "imports", "(clausewise/report/": "clausewise: report"}
#: begins what the event loop calls
_LOOP = "BaseEventLoop._run_once"
#: a frame of clausewise: "fold (clausewise/results/findings.py:12)"
_OURS = re.compile(r"\(clausewise/(\w+)")


def part_of(stack: str) -> str:
    """The part of the program that a stack, its outermost frame first, is counted for."""
    for sign, name in _FIRST.items():
        if sign in stack:
            return name
    _, in_loop, called = stack.rpartition(_LOOP)
    found = _OURS.findall(called)
    if found:
        return f"clausewise: {found[-1]}"
    return "event loop and aiohttp" if in_loop else "others"


def shares(stacks: Iterable[str]) -> list[tuple[str, float]]:
    """The parts in lines of py-spy's raw format, each with its percentage; the largest first."""
    counts: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        counts[part_of(stack)] += int(count)
    return [(name, 100 * count / counts.total()) for name, count in counts.most_common()]


def measure(rounds: int) -> Part:
    """Where one run spends its time."""
    spy = shutil.which("py-spy")
    if spy is None:
        return Part("Where the time goes", _METHOD.strip(), (), ("py-spy: `pip install py-spy`",))
    with tempfile.TemporaryDirectory() as folder, served("faulty_cluster") as url:
        at = Path(folder)
        record = [spy, "record", "--gil", "--rate", "200", "--format", "raw", "--output", "samples.txt", "--"]
        command = [sys.executable, "-m", "clausewise", "test", str(CONTRACT), "--url", url + BASE, "--quiet"]
        command += ["-H", "Authorization: Bearer token", "--output-dir", "run"]
        # The first run compiles what it imports.
        spent(command, at)
        spent([*record, *command], at)
        found = shares((at / "samples.txt").read_text(encoding="utf-8").splitlines())
    return Part("Where the time goes", _METHOD.strip(), tuple(Figure(name, share, "%") for name, share in found))
