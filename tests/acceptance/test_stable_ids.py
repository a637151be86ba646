"""The id of a finding depends on the contract and on what the server did, and on no sentence of ours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clausewise.conformance.checker import Checker
from clausewise.contract import clauses
from clausewise.contract.contract import Contract, load
from clausewise.exchange import Exchange
from clausewise.options import RunOptions
from clausewise.phase_table import DEFAULT_PHASES
from clausewise.results import record
from clausewise.results.collector import Collector, RunInfo, to_run
from clausewise.runner import run, targets
from tests.servers.faulty_cluster import FAULTS, PAIRED_FAULTS, create_app


def _told(contract: Contract, exchanges: Iterable[Exchange]) -> dict[str, str]:
    """Finding id -> message, for what the exchanges of a run show."""
    collector = Collector()
    for exchange in exchanges:
        assert exchange.probe is not None
        operation = contract.operation(exchange.probe.operation)
        collector.exchanges[exchange.id] = exchange
        collector.add(operation, exchange, Checker(operation).check(exchange))
    started = datetime(2030, 1, 31, tzinfo=UTC)
    info = RunInfo(started, 1.0, 1, record.TargetInfo("app", "faulty"), "http://a", len(collector.exchanges))
    found = to_run(contract, contract.operations, collector, info, lambda _contract, _fault: None)
    return {finding.id: finding.message for finding in (*found.findings, *(found.faults or ()))}


def _reworded(exchange: Exchange) -> Exchange:
    assert exchange.probe is not None
    return msgspec.structs.replace(exchange, probe=msgspec.structs.replace(exchange.probe, note="it is told otherwise"))


@pytest.mark.parametrize("phases", [DEFAULT_PHASES, ("baseline", "properties")], ids=["by default", "properties"])
def test_a_reworded_finding_keeps_its_id(
    contract_file: Path, monkeypatch: pytest.MonkeyPatch, phases: tuple[str, ...]
) -> None:
    contract = load(contract_file)
    target = targets.Target("app", "faulty_cluster", 8, create_app([*FAULTS, *PAIRED_FAULTS]))
    exchanges = run.run(contract, target, RunOptions(phases=phases)).exchanges
    before = _told(contract, exchanges)

    def described(*_arguments: Any) -> str:
        return "what the contract says"

    monkeypatch.setattr(clauses, "describe", described)
    after = _told(load(contract_file), map(_reworded, exchanges))
    assert after.keys() == before.keys()
    assert len(after) >= 5
    assert not set(after.values()) & {message for message in before.values() if " where " in message}
