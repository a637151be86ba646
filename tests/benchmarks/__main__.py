"""All benchmarks beside the peers: `python -m tests.benchmarks [--rounds N] [PART...]`.

Installs nothing: what is not there is named, with how to get it. With all parts it writes `docs/benchmarks.md` and
`docs/benchmarks.json`, and this version's line of `docs/benchmarks/history.jsonl`. The machine should have nothing else
to do.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clausewise import __version__
from tests.benchmarks import documents, reports, soak, start_up, told_apart, traffic, verdict
from tests.benchmarks.measure import ROOT, Figure, Part, machine, number, print_part
from tests.benchmarks.measure import verdict as goal_of

PARTS: dict[str, Callable[[int], Part]] = {
    "faults": told_apart.measure,
    "verdict": verdict.measure,
    "traffic": traffic.measure,
    "start-up": start_up.measure,
    "documents": documents.measure,
    "reports": reports.measure,
    "memory": soak.measure,
}

_HEAD = """# Benchmarks

`python -m tests.benchmarks` wrote this page, with `benchmarks.json` beside it. Figures of one table come from one
run, in which the tools took turns, so ratios between them hold better than the figures themselves. A goal that is
missed is marked so.
"""


def page(day: str, described: dict[str, str], parts: Sequence[Part]) -> str:
    """The page of the documentation."""
    lines = [_HEAD, f"Measured on {day}:", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in described.items()]
    lines += ["", "## Goals", "", *_goals(parts)]
    for part in parts:
        lines += ["", f"## {part.title}", "", part.method, "", "| what | figure | goal |", "| --- | ---: | --- |"]
        for each in part.figures:
            lines.append(f"| {each.what} | {_with_unit(each)} | {goal_of(each)} |")
        if part.missing:
            lines += ["", "Not run on this machine:", "", *(f"- {sentence}" for sentence in part.missing)]
    return "\n".join(lines) + "\n"


def _goals(parts: Sequence[Part]) -> list[str]:
    """How many goals are met, and each that is not."""
    judged = [(part, each) for part in parts for each in part.figures if each.goal is not None]
    missed = [(part, each) for part, each in judged if not each.is_met]
    lines = [f"{len(judged) - len(missed)} of {len(judged)} goals are met{'. Missed:' if missed else '.'}"]
    shown = [f"- {part.title}, {each.what.strip()}: {_with_unit(each)} ({goal_of(each)})" for part, each in missed]
    return [*lines, "", *shown] if shown else lines


def _with_unit(each: Figure) -> str:
    return f"{number(each.value)} {each.unit}".rstrip()


def write(day: str, described: dict[str, str], parts: Sequence[Part], docs: Path) -> None:
    """The page, its figures for programs, and a line in the history for a version that has none."""
    (docs / "benchmarks.md").write_text(page(day, described, parts), encoding="utf-8")
    record = {"version": __version__, "day": day, "machine": described, "parts": parts}
    (docs / "benchmarks.json").write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    history = docs / "benchmarks" / "history.jsonl"
    history.parent.mkdir(exist_ok=True)
    lines = history.read_text(encoding="utf-8").splitlines() if history.exists() else []
    kept = [line for line in lines if msgspec.json.decode(line)["version"] != __version__]
    figures = {f"{part.title}: {each.what}": round(each.value, 4) for part in parts for each in part.figures}
    kept.append(msgspec.json.encode({"version": __version__, "day": day, "figures": figures}).decode())
    history.write_text("\n".join(kept) + "\n", encoding="utf-8")


def main() -> None:
    """Run the parts that are named, or all of them and write them down."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool takes its turn")
    given = parser.parse_args()
    described = machine()
    found = []
    for name in given.parts or PARTS:
        found.append(PARTS[name](given.rounds))
        print_part(found[-1])
    if not given.parts:
        write(datetime.now(UTC).date().isoformat(), described, found, ROOT / "docs")


if __name__ == "__main__":
    main()
