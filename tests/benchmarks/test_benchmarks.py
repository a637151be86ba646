"""The benchmarks run. What they measure is for people to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import documents
from tests.benchmarks.__main__ import write
from tests.benchmarks.documents import beside_peers, exponent
from tests.benchmarks.measure import Figure, Part, Usage
from tests.benchmarks.profile import shares
from tests.benchmarks.told_apart import item, told_apart

pytestmark = pytest.mark.process


@pytest.mark.slow
def test_every_line_has_a_figure(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.hot_paths", "1"],
        cwd=repo,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(any(character.isdigit() for character in line) for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) == 12


@pytest.mark.slow
@pytest.mark.parametrize("part", ["start-up", "reports"])
def test_parts_beside_the_peers(part: str, repo: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--rounds", "1", part]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if any(map(str.isdigit, line))]) >= 6
    status = subprocess.run(
        ["git", "status", "--porcelain", "docs"], cwd=repo, capture_output=True, text=True, check=True
    )
    assert "benchmarks" not in status.stdout, "a part alone changes no page"


def test_the_page_marks_what_is_missed_and_what_did_not_run(tmp_path: Path) -> None:
    figures = (Figure("a", 1.234, "s", goal=2), Figure("b", 3, goal=2), Figure("c", 0.5, goal=0.6, better="higher"))
    part = Part("A part", "How.", figures, ("a peer: install it",), "2026-03-01", "0.5")
    write({"Python": "3"}, {"faults": part}, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "| a | 1.23 s | met: at most 2 |" in text
    assert "| b | 3 | missed: at most 2 |" in text
    assert "| c | 0.5 | missed: at least 0.6 |" in text
    assert "- a peer: install it" in text
    assert "1 of 3 goals are met. Missed:" in text
    assert "- A part, b: 3 (missed: at most 2)" in text
    assert "Measured on 2026-03-01, with a load of 0.5." in text
    assert "busy" not in text and "**Not measured** for this version: services, verdict, profile, " in text


def test_the_page_begins_with_the_parts_of_a_busy_machine(tmp_path: Path) -> None:
    parts = {
        name: Part(name.title(), "", (Figure("a", 1),), load=load)
        for name, load in (("faults", "9e9"), ("verdict", "0"))
    }
    write({}, parts, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "Faults (9e9). Their seconds" in text.partition("| | |")[0]


def test_a_part_that_is_not_run_keeps_its_figures(tmp_path: Path) -> None:
    for name, value in (("verdict", 1), ("faults", 2), ("verdict", 3)):
        write({}, {name: Part(name.title(), "", (Figure("a", value, "s"),))}, tmp_path)
    write({}, {"verdict": Part("Verdict", "", (), ("a tool: install it",))}, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert text.index("## Faults") < text.index("| a | 2 s |") < text.index("## Verdict") < text.index("| a | 3 s |")
    assert "| a | 1 s |" not in text


def test_growth_is_the_exponent_of_the_last_two_sizes() -> None:
    assert exponent((10, 100, 1_000), [5.0, 1.0, 10.0]) == pytest.approx(1)
    assert exponent((1, 2), [1.0, 4.0]) == pytest.approx(2)


def test_who_does_not_end_is_named_and_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def spent(command: list[str], at: Path, limit: float) -> Usage:
        if command[0] == "endless":
            raise subprocess.TimeoutExpired(command, limit)
        return Usage(1.0, 2.0, 3.0, 0)

    monkeypatch.setattr(documents, "spent", spent)
    figures, late = beside_peers(Path("api.json"), 2, {"quick": ["quick"], "endless": ["endless"]})
    assert [figure.what.strip() for figure in figures] == ["clausewise: api.json"] * 2 + ["quick: api.json"] * 2
    assert late == ["endless on api.json: it took more than 120 s"]


def test_the_history_has_one_line_a_version(tmp_path: Path) -> None:
    for value in (1, 2):
        write({}, {"faults": Part("A", "", (Figure("a", value, "s"),))}, tmp_path)
    (line,) = (tmp_path / "benchmarks" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["figures"] == {"faults: a s": 2}


def test_a_fault_is_told_apart_by_an_item_that_no_other_has() -> None:
    alone = {"a": frozenset("x"), "b": frozenset("xy"), "c": frozenset("z"), "d": frozenset()}
    assert told_apart(alone, frozenset("xyz")) == {"b", "c"}
    assert told_apart(alone, frozenset("x")) == set()


def test_a_sample_counts_for_the_innermost_part_that_the_loop_has_called() -> None:
    run = (
        "main (clausewise/cli/__init__.py:9);run (clausewise/runner/run.py:1);BaseEventLoop._run_once (asyncio/b.py:1)"
    )
    stacks = {
        f"{run};send (clausewise/runner/sending.py:1);judge (clausewise/contract/message.py:2);f (re/x.py:1)": 4,
        f"{run};write_bytes (aiohttp/client_reqrep.py:1)": 3,
        "main (clausewise/cli/__init__.py:9);load (<frozen importlib._bootstrap>:1);<module> (aiohttp/web.py:1)": 2,
        "main (clausewise/cli/__init__.py:9);render (clausewise/report/html/page.py:1);f (jinja2/a.py:3)": 1,
    }
    assert dict(shares(f"{stack} {count}" for stack, count in stacks.items())) == {
        "clausewise: contract": 40,
        "event loop and aiohttp": 30,
        "imports": 20,
        "clausewise: report": 10,
    }


def test_values_do_not_make_items_of_one_failure() -> None:
    def failure(value: str) -> dict[str, str]:
        message = f'"{value}" is not of type "integer"\n\nSchema at /components/schemas/A/x:\n'
        return {"code": "ST108", "operation": "GET /", "message": message}

    assert item(failure("a")) == item(failure("b")) == "ST108 GET / /components/schemas/A/x _ is not of type _"


def test_the_benchmark_of_traffic(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.traffic", "2000"],
        cwd=repo,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "of the bare loop's rate" in done.stdout and "openapi-core" in done.stdout


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
def test_the_memory_of_a_run_stays_within_its_limit(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.soak", "400"],
        cwd=repo,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MB at most, the reports included" in done.stdout
