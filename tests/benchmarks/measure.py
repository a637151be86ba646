"""What a benchmark measures and how: commands in turns, medians, and figures with the goal that they have."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Literal, TypeVar

import msgspec

from clausewise import __version__
from clausewise.wording import times

ROOT = Path(__file__).resolve().parents[2]

#: the contract that this repository ships, and the paths of its server
CONTRACT = ROOT / "openapi" / "astro-create-cluster.yaml"
BASE = "/platform/v1beta1"


_Measured = TypeVar("_Measured")


class Figure(msgspec.Struct, frozen=True):
    """One figure of a benchmark."""

    #: what was measured: "clausewise, all faults on"
    what: str
    value: float
    #: "s", "MB", "requests/s"; "" for a count or a ratio
    unit: str = ""
    #: what it should be at most, or at least; None where it has no goal
    goal: float | None = None
    better: Literal["lower", "higher"] = "lower"

    @property
    def is_met(self) -> bool:
        """Whether the goal is met; one without a goal is."""
        if self.goal is None:
            return True
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal


class Part(msgspec.Struct, frozen=True):
    """The figures of one benchmark."""

    #: the heading
    title: str
    #: what was run and how it is counted, in Markdown
    method: str
    figures: tuple[Figure, ...]
    #: what could not be run, and what it takes
    missing: tuple[str, ...] = ()
    #: when it was measured, and how many processes wanted a processor then
    day: str = ""
    load: str = ""


class Usage(msgspec.Struct, frozen=True):
    """What a command took, its child processes included."""

    #: seconds on the clock
    wall: float
    #: seconds of all processors
    cpu: float
    #: most memory that its own process had, in MB
    peak: float
    status: int


def spent(command: list[str], at: Path, environment: Mapping[str, str] | None = None, limit: float = 900) -> Usage:
    """Run a command that prints nothing of interest. Raises TimeoutExpired after `limit` seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=at,
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = 0.0
    while True:
        # Not the `ru_maxrss` of its end: that counts what this process had when it started the other.
        peak = _peak(process.pid) or peak
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.perf_counter() - start > limit:
            process.kill()
            os.wait4(process.pid, 0)
            process.returncode = -9
            raise subprocess.TimeoutExpired(command, limit)
        time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return Usage(wall, usage.ru_utime + usage.ru_stime, peak or usage.ru_maxrss / 1024, process.returncode)


def _peak(process: int) -> float:
    """The most memory that a process had so far, in MB; 0 where that is not known, or when it has ended."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def in_turns(ways: Mapping[str, Callable[[], _Measured]], rounds: int) -> dict[str, list[_Measured]]:
    """What each way gave in each round. All take turns, so that whatever else the machine does meets all of them."""
    found: dict[str, list[_Measured]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    return found


def often(rounds: int) -> str:
    """How often something is measured, in the words of a page."""
    return times(rounds) + ("; figures are medians" if rounds > 1 else "")


def middle(usages: list[Usage]) -> Usage:
    """The median of each measure."""
    return Usage(
        median(usage.wall for usage in usages),
        median(usage.cpu for usage in usages),
        median(usage.peak for usage in usages),
        usages[0].status,
    )


@contextmanager
def served(module: str, *, faults: str = "") -> Iterator[str]:
    """The URL of a server of `tests/servers` in a process of its own, with these faults."""
    code = (
        "import asyncio, socket, sys, uvicorn\n"
        f"from tests.servers.{module} import create_app\n"
        "names = [name for name in sys.argv[1].split(',') if name]\n"
        "config = uvicorn.Config(create_app(names), log_level='error')\n"
        "with socket.socket() as free:\n"
        "    free.bind(('127.0.0.1', 0))\n"
        "    free.listen()\n"
        "    print(free.getsockname()[1], flush=True)\n"
        "    asyncio.run(uvicorn.Server(config).serve(sockets=[free]))\n"
    )
    command = [sys.executable, "-c", code, faults]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def installed(package: str) -> str:
    """The version of a package; "" where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def machine() -> dict[str, str]:
    """What it was measured on."""
    model = ""
    if (info := Path("/proc/cpuinfo")).exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = next(iter(names), "")
    tools = ("schemathesis", "hypothesis", "jsonschema-rs", "jsonschema", "openapi-core", "check-jsonschema", "aiohttp")
    found = {"clausewise": __version__, **{tool: installed(tool) for tool in tools}}
    return {
        "processor": f"{model or platform.processor()}, {os.cpu_count()} cores".lstrip(", "),
        "system": platform.platform(terse=True),
        "Python": platform.python_version(),
        **{tool: number or "not installed" for tool, number in found.items()},
    }


def print_part(part: Part) -> None:
    """The figures of a benchmark, one a line."""
    print(f"\n{part.title}")
    for figure in part.figures:
        print(f"  {figure.what:<56} {number(figure.value):>10} {figure.unit:<14} {verdict(figure)}".rstrip())
    for sentence in part.missing:
        print(f"  not run: {sentence}")


def number(value: float) -> str:
    """A figure as people read it: three digits that count."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def verdict(figure: Figure) -> str:
    """Whether the goal of a figure is met; "" where it has none."""
    if figure.goal is None:
        return ""
    bound = "at most" if figure.better == "lower" else "at least"
    return f"{'met' if figure.is_met else 'missed'}: {bound} {number(figure.goal)}"
