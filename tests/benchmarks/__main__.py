"""All benchmarks beside the peers: `python -m tests.benchmarks [--rounds N] [--write] [PART...]`.

Installs nothing: what is not there is named, with how to get it. With all parts, or with `--write`, it writes
`docs/benchmarks.md` and `docs/benchmarks.json`, and this version's line of `docs/benchmarks/history.jsonl`; a part
that is not run keeps what was measured of it before. The machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clausewise import __version__
from clausewise.wording import counted
from tests.benchmarks import documents, profile, reports, soak, start_up, told_apart, traffic, verdict
from tests.benchmarks.measure import ROOT, Figure, Part, machine, number, print_part
from tests.benchmarks.measure import verdict as goal_of
from tests.benchmarks.services import found

PARTS: dict[str, Callable[[int], Part]] = {
    "faults": told_apart.measure,
    "services": found.measure,
    "verdict": verdict.measure,
    "profile": profile.measure,
    "traffic": traffic.measure,
    "start-up": start_up.measure,
    "documents": documents.measure,
    "reports": reports.measure,
    "memory": soak.measure,
}

_HEAD = """# Benchmarks

`python -m tests.benchmarks` wrote this page, with `benchmarks.json` beside it. Figures of one table come from one
run, in which the tools took turns, so ratios between them hold better than the figures themselves. The load says how
many processes wanted a processor when the part began.

What the tools found on six other [public services](explanation/services.md) was counted by hand; no part repeats it.
"""


def page(described: dict[str, str], measured: Mapping[str, Part]) -> str:
    """The page of the documentation."""
    parts = [*measured.values()]
    lines = [
        _HEAD,
        *_reservations(measured),
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in described.items()),
    ]
    lines += ["", "## Goals", "", *_goals(parts)]
    for part in parts:
        lines += ["", f"## {part.title}", "", part.method, "", f"Measured on {part.day}, with a load of {part.load}."]
        lines += ["", "| what | figure | goal |", "| --- | ---: | --- |"]
        lines += [f"| {each.what} | {_with_unit(each)} | {goal_of(each)} |" for each in part.figures]
        if part.missing:
            lines += ["", "Not run:", "", *(f"- {sentence}" for sentence in part.missing)]
    return "\n".join(lines) + "\n"


def _reservations(measured: Mapping[str, Part]) -> Iterator[str]:
    """What a reader has to know before the figures: tables of a busy machine, and parts without a table."""
    cores = os.cpu_count() or 1
    busy = [f"{part.title} ({part.load})" for part in measured.values() if part.load and float(part.load) > cores]
    if busy:
        yield f"**The machine was busy**, with a load above its {counted(cores, 'core')}, when it measured these parts:"
        yield f"{', '.join(busy)}. Their seconds are not comparable with those of other tables.\n"
    if left := [name for name in PARTS if name not in measured]:
        yield f"**Not measured** for this version: {', '.join(left)} (`python -m tests.benchmarks --write PART`).\n"


def _goals(parts: Sequence[Part]) -> list[str]:
    """How many goals are met, and each that is not."""
    judged = [(part, each) for part in parts for each in part.figures if each.goal is not None]
    missed = [(part, each) for part, each in judged if not each.is_met]
    lines = [f"{len(judged) - len(missed)} of {len(judged)} goals are met{'. Missed:' if missed else '.'}"]
    shown = [f"- {part.title}, {each.what.strip()}: {_with_unit(each)} ({goal_of(each)})" for part, each in missed]
    return [*lines, "", *shown] if shown else lines


def _with_unit(each: Figure) -> str:
    return f"{number(each.value)} {each.unit}".rstrip()


class Record(msgspec.Struct, frozen=True):
    """What `benchmarks.json` holds."""

    #: of clausewise
    version: str
    machine: dict[str, str]
    #: by the names of `PARTS`, in their order
    parts: dict[str, Part]


def write(described: dict[str, str], measured: dict[str, Part], docs: Path) -> None:
    """The page, its figures for programs, and the line of this version in the history."""
    file = docs / "benchmarks.json"
    before = msgspec.json.decode(file.read_bytes(), type=Record).parts if file.exists() else {}
    together = before | {name: part for name, part in measured.items() if part.figures or name not in before}
    parts = {name: together[name] for name in PARTS if name in together}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(Record(__version__, described, parts)), indent=1) + b"\n")
    (docs / "benchmarks.md").write_text(page(described, parts), encoding="utf-8")
    history = docs / "benchmarks" / "history.jsonl"
    history.parent.mkdir(exist_ok=True)
    lines = history.read_text(encoding="utf-8").splitlines() if history.exists() else []
    kept = [line for line in lines if msgspec.json.decode(line)["version"] != __version__]
    figures = {
        f"{name}: {each.what.strip()} {each.unit}".rstrip(): round(each.value, 4)
        for name, part in parts.items()
        for each in part.figures
    }
    kept.append(msgspec.json.encode({"version": __version__, "figures": figures}).decode())
    history.write_text("\n".join(kept) + "\n", encoding="utf-8")


def main() -> None:
    """Run the parts that are named, or all of them and write them down."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool takes its turn")
    parser.add_argument("--write", action="store_true", help="write the page, where only some parts are run, too")
    given = parser.parse_args()
    for name in given.parts or PARTS:
        day, load = datetime.now(UTC).date().isoformat(), f"{os.getloadavg()[0]:.1f}"
        part = msgspec.structs.replace(PARTS[name](given.rounds), day=day, load=load)
        print_part(part)
        if given.write or not given.parts:
            # Each part as it comes: the next one may not come to its end.
            write(machine(), {name: part}, ROOT / "docs")


if __name__ == "__main__":
    main()
