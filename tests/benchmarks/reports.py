"""Reports: size and time of the HTML for few and for many findings, and how long a browser takes to show it."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import msgspec

from clausewise.contract.contract import load
from clausewise.options import RunOptions
from clausewise.report.html.page import render
from clausewise.results.record import Run
from clausewise.runner.run import run
from clausewise.runner.targets import url_target
from tests.benchmarks.measure import BASE, CONTRACT, Figure, Part, often, served
from tests.servers.faulty_cluster import FAULTS

_METHOD = """
The record of a run against the faulty server, its findings repeated up to the number (with ids of their own); the
HTML report written from it, and opened from the disk in headless chromium until the page has loaded. Each is
measured {often}.
"""

_COUNTS = (10, 1_000, 5_000)


def measure(rounds: int) -> Part:
    """How large reports are, and how long they take to open."""
    record, figures, missing = _record(), [], []
    has_browser = shutil.which("chromium") is not None
    with tempfile.TemporaryDirectory() as folder:
        for count in _COUNTS:
            many = _with_findings(record, count)
            taken = []
            for _ in range(rounds):
                start = time.perf_counter()
                page = render(many)
                taken.append(time.perf_counter() - start)
            file = Path(folder) / f"{count}.html"
            file.write_bytes(page)
            figures += [
                Figure(f"{count} findings: size", len(page) / 1e6, "MB"),
                Figure(f"{count} findings: written", median(taken), "s"),
            ]
            if has_browser:
                figures.append(Figure(f"{count} findings: opened", median(_opened(file, rounds)), "s"))
    if not has_browser:
        missing.append("a browser: `apt-get install chromium`")
    return Part("Reports", _METHOD.format(often=often(rounds)).strip(), tuple(figures), tuple(missing))


def _record() -> Run:
    contract, options = load(CONTRACT), RunOptions(phases=("baseline", "clauses"))
    with served("faulty_cluster", faults=",".join(FAULTS)) as url:
        return run(contract, url_target(url + BASE, 8), options).run


def _with_findings(record: Run, count: int) -> Run:
    assert record.findings
    repeated = (record.findings * (count // len(record.findings) + 1))[:count]
    findings = tuple(msgspec.structs.replace(each, id=f"f{number:06d}") for number, each in enumerate(repeated))
    return msgspec.structs.replace(record, findings=findings)


def _opened(page: Path, rounds: int) -> list[float]:
    from playwright.sync_api import sync_playwright

    taken = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(rounds):
            tab = browser.new_page()
            start = time.perf_counter()
            tab.goto(page.as_uri(), wait_until="load")
            taken.append(time.perf_counter() - start)
            tab.close()
        browser.close()
    return taken
