"""What each tool says of a service, and which of the known defects that shows."""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.measure import Figure, Part
from tests.benchmarks.services.evidence import shown
from tests.benchmarks.services.service import Service, services

_METHOD = """
{count} services of the package index that were not written by us: {names}. Each is started anew for each tool, which
gets the document that the service itself serves, the same credentials, and {seconds} seconds; Schemathesis runs with
`--continue-on-failure`. The lists of defects in `tests/benchmarks/services/` were made by hand from everything that
both tools said: a *defect* is one mistake in the code or in the document, however many places show it. Before the
tools run, the evidence of each defect is sent again; what it does not show any more does not count. A defect counts as
**found** when something that the tool lists is about it. What a tool lists beside the defects is arguable, false, or
was not judged yet.

clausewise was mended, by kind, after these services had been looked at for the first time.
"""

#: seconds that each tool has for one service, and those that it then has to end
_SECONDS, _GRACE = 300, 120


class Item(msgspec.Struct, frozen=True):
    """One thing that a tool lists."""

    #: the rule or the code
    kind: str
    operations: tuple[str, ...]
    #: everything that it says
    words: str


def measure(_rounds: int) -> Part:
    """The defects that each tool finds; once, as it takes long, and no time is measured."""
    known = services()
    figures: list[Figure] = []
    missing: list[str] = []
    peer = shutil.which("st")
    totals = {"clausewise": 0, "Schemathesis": 0}
    for service in known:
        if not service.is_installed:
            missing.append(f"{service.name}: `python -m tests.benchmarks.services.service` installs it")
            continue
        with service.started() as url:
            there = shown(service, url)
        listed = {"clausewise": of_clausewise(service)} | ({"Schemathesis": of_schemathesis(service)} if peer else {})
        ids = {tool: found(service, items, tool) & there for tool, items in listed.items()}
        figures.append(Figure(f"{service.name}: defects on the list that the evidence shows", len(there)))
        for tool, those in ids.items():
            totals[tool] += len(those)
            figures.append(Figure(f"{service.name}: found by {tool}", len(those)))
        findings = listed["clausewise"]
        counts = {kind: len(of_doubts(service, findings, kind)) for kind in ("arguable", "false")}
        new = unjudged(service, findings)
        for item in new:
            print(f"{service.name}: not judged yet: {item.kind} {item.words.splitlines()[0]}", file=sys.stderr)
        figures += [Figure(f"{service.name}: findings, {kind}", count) for kind, count in counts.items()]
        figures.append(Figure(f"{service.name}: findings, not judged yet", len(new)))
        true = len(findings) - len(new) - sum(counts.values())
        figures.append(Figure(f"{service.name}: true findings for a defect", true / max(1, len(ids["clausewise"]))))
    if figures and peer:
        ratio = totals["clausewise"] / max(1, totals["Schemathesis"])
        figures.append(Figure("all: defects for one of Schemathesis", ratio, goal=1.5, better="higher"))
    if not peer:
        missing.append("Schemathesis: `pip install '.[engine]'`")
    names = ", ".join(f"{service.name} ({', '.join(service.packages)})" for service in known)
    method = _METHOD.format(count=len(known), names=names, seconds=_SECONDS)
    return Part("Defects on public services", method.strip(), tuple(figures), tuple(missing))


def found(service: Service, items: Iterable[Item], tool: str) -> frozenset[str]:
    """The ids of the defects that what a tool listed shows."""
    every = tuple(items)
    return frozenset(
        defect.id
        for defect in service.defects
        for pattern in (defect.clausewise if tool == "clausewise" else defect.schemathesis)
        if any(_fits(item, pattern) for item in every)
    )


def of_doubts(service: Service, items: Iterable[Item], kind: str) -> list[Item]:
    """The findings that are no defects, and only that: `arguable` or `false` ones."""
    of_kind = [pattern for doubt in service.doubts if doubt.kind == kind for pattern in doubt.clausewise]
    return [item for item in items if not _is_defect(service, item) and any(_fits(item, each) for each in of_kind)]


def unjudged(service: Service, items: Iterable[Item]) -> list[Item]:
    """The findings that are neither on the list of defects nor among the doubts."""
    doubts = [pattern for doubt in service.doubts for pattern in doubt.clausewise]
    return [item for item in items if not _is_defect(service, item) and not any(_fits(item, each) for each in doubts)]


def of_clausewise(service: Service) -> list[Item]:
    """The findings of a run with the default phases."""
    with tempfile.TemporaryDirectory() as folder, service.started() as url:
        at = Path(folder)
        command = [sys.executable, "-m", "clausewise", "test", str(service.kept_document(url, at)), "--url", url]
        command += ["-H", service.header, "--max-time", str(_SECONDS), "--output-dir", str(at / "run")]
        _ended([*command, "--report", "json", "--quiet"], at)
        findings = json.loads((at / "run" / "run.json").read_text(encoding="utf-8"))["findings"]
    return [_of_finding(finding) for finding in findings]


def of_schemathesis(service: Service) -> list[Item]:
    """The failures of a run that goes on after them."""
    with tempfile.TemporaryDirectory() as folder, service.started() as url:
        at = Path(folder)
        command = ["st", "run", str(service.kept_document(url, at)), "--url", url, "-H", service.header, "--seed", "1"]
        _ended([*command, "--continue-on-failure", "--report-ndjson-path", "events.ndjson"], at)
        lines = (at / "events.ndjson").read_text(encoding="utf-8").splitlines()
    recorders = (json.loads(line).get("ScenarioFinished", {}).get("recorder") for line in lines)
    return [item for recorder in recorders if recorder for item in _of_recorder(recorder)]


def _ended(command: list[str], at: Path) -> None:
    """Let a command run to its end, or ask it to end when its time is up."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=at, **quiet) as process:  # type: ignore[call-overload]
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()


def _of_finding(finding: dict[str, Any]) -> Item:
    places = [place["where"] for place in finding.get("places", ())]
    return Item(finding["rule"], tuple(finding["operations"]), "\n".join([finding["message"], *places]))


def _of_recorder(recorder: dict[str, Any]) -> Iterator[Item]:
    for case, checks in recorder.get("checks", {}).items():
        exchange = recorder.get("interactions", {}).get(case) or {}
        request, response = exchange.get("request") or {}, exchange.get("response") or {}
        sent = [str(request.get("uri")), _text(request.get("body"))]
        came = [str(response.get("status_code")), _text(response.get("content"))]
        for check in checks:
            if check["status"] == "failure":
                failure = check["failure_info"]["failure"]
                words = "\n".join([failure["message"], *sent, *came])
                yield Item(failure["code"], (failure["operation"],), words)


def _text(content: Any) -> str:
    encoded = content.get("$base64") if isinstance(content, dict) else content
    if not isinstance(encoded, str):
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except ValueError:
        return encoded


def _is_defect(service: Service, item: Item) -> bool:
    return any(_fits(item, pattern) for defect in service.defects for pattern in defect.clausewise)


def _fits(item: Item, pattern: tuple[str, str, str]) -> bool:
    kind, operation, words = pattern
    return (
        re.fullmatch(kind, item.kind) is not None
        and any(re.fullmatch(operation, each) for each in item.operations)
        and re.search(words, item.words, re.DOTALL) is not None
    )
