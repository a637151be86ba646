"""The benchmarks run. What they measure is for people to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process


def test_every_line_has_a_figure(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks"], cwd=repo, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(any(character.isdigit() for character in line) for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) == 12


def test_the_benchmark_of_traffic(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.traffic", "2000"],
        cwd=repo,
        capture_output=True,
        text=True,
        timeout=300,
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
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MB at most, the reports included" in done.stdout
