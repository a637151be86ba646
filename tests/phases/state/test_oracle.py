"""How an oracle is asked: within its budget, until the server fails, and what it finds is a finding of the run."""

from __future__ import annotations

import pytest

from clausewise.phases import lifecycle
from clausewise.phases.state.kind import Kind, Steps
from clausewise.phases.state.oracle import Oracle
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_PATHS = ("POST /boxes", "GET /boxes", "GET /boxes/{id}")


def _reads(kind: Kind) -> Steps:
    one = yield from kind.create()
    for number in range(5):
        exchange, _ = yield from kind.read(one, f"reading {number} goes on")
        if number == 4 or exchange.response.status >= 500:
            kind.find("update-not-visible", kind.maker, exchange, f"reading {number} answered", seen="a code")


@pytest.mark.parametrize(
    ("budget", "found", "noted"),
    [
        pytest.param(6, ["reading 4 answered"], [], id="enough"),
        pytest.param(5, [], ["reading: not all was tried of /boxes/{}, as it takes over 5 requests"], id="not enough"),
    ],
)
def test_an_oracle_keeps_its_budget(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch, budget: int, found: list[str], noted: list[str]
) -> None:
    oracle = Oracle("reading", "It can be read.", ("update-not-visible",), budget, _reads)
    monkeypatch.setattr(lifecycle, "ORACLES", (oracle,))
    result = drive(compiled({"paths": paths(*_PATHS)}), Shelves(), phases=("baseline", "lifecycle"))
    assert [finding.message for finding in result.run.findings] == found
    assert [note for note in result.notes if note.startswith("reading")] == noted


@pytest.mark.parametrize("survives", [True, False])
def test_an_oracle_ends_where_the_server_fails(
    compiled: Compile, monkeypatch: pytest.MonkeyPatch, survives: bool
) -> None:
    shelves, asked = Shelves(), list[str]()

    def answer(call: Call) -> Answer:
        return (500, {}) if asked and call.method == "GET" else shelves(call)

    def reads(kind: Kind) -> Steps:
        one = yield from kind.create()
        for number in range(3):
            asked.append(f"reading {number}")
            yield from kind.read(one)

    oracle = Oracle("reading", "It can be read.", ("server-error",), 9, reads, survives_crashes=survives)
    monkeypatch.setattr(lifecycle, "ORACLES", (oracle,))
    run = drive(compiled({"paths": paths(*_PATHS)}), answer, phases=("baseline", "lifecycle")).run
    assert [finding.rule for finding in run.findings] == ["server-error"]
    assert len(asked) == (3 if survives else 1)
