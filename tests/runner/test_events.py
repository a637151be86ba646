"""What a run says while it goes on, and how whoever listens can stop it."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.options import RunOptions
from clausewise.runner.events import Event, ExchangeRecorded, ObservationMade, ProgressMade, RunEnded, StopRequest
from clausewise.runner.login import Login
from clausewise.runner.run import run
from clausewise.runner.targets import Target
from tests.conftest import Compile

_NAME = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": r"[\s\S]"}}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9, "minimum": 1}}


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    responses = {"200": {"description": ""}}
    operation = {"operationId": "read", "parameters": [_NAME, _LIMIT], "responses": responses}
    return compiled({"paths": {"/things/{id}": {"get": operation}}})


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """It takes everything, a limit that is too high as well."""
    start_response("200 OK", [("Content-Length", "0")])
    return []


def test_each_event_comes_once_and_the_end_comes_last(contract: Contract) -> None:
    events: list[Event] = []
    result = run(contract, Target("app", "app", 1, app), RunOptions(), [events.append])
    assert [event.exchange for event in events if isinstance(event, ExchangeRecorded)] == list(result.exchanges)
    observations = [event.observation for event in events if isinstance(event, ObservationMade)]
    assert observations == [seen for _, found in result.logbook.by_exchange() for seen in found] != []
    progress = [event for event in events if isinstance(event, ProgressMade)]
    assert [event.requests for event in progress] == [*range(1, len(result.exchanges) + 1)]
    assert events[-1] == RunEnded(None, interrupted=False)
    assert events.index(next(event for event in events if isinstance(event, ObservationMade))) > 0


def test_a_listener_stops_the_run_and_what_was_found_stays(contract: Contract) -> None:
    seen: list[Event] = []

    def stop_at_the_first_fault(event: Event) -> StopRequest | None:
        seen.append(event)
        return StopRequest("seen enough") if isinstance(event, ObservationMade) else None

    result = run(contract, Target("app", "app", 1, app), RunOptions(), [stop_at_the_first_fault])
    assert result.stop_request == StopRequest("seen enough")
    assert result.stopped is None and not result.interrupted
    after = seen[next(index for index, event in enumerate(seen) if isinstance(event, ObservationMade)) :]
    assert not any(isinstance(event, ExchangeRecorded) for event in after)
    assert len(result.run.findings) == 1


def test_a_phase_that_is_interrupted_returns_what_it_knows(contract: Contract) -> None:
    def stop_soon(event: Event) -> StopRequest | None:
        probe = event.exchange.probe if isinstance(event, ExchangeRecorded) else None
        return StopRequest("soon") if probe is not None and probe.expect == "refuse" else None

    result = run(contract, Target("app", "app", 1, app), RunOptions(), [stop_soon])
    assert "no path segment was found that breaks this clause and still reaches the operation" in {
        clause.reason for clause in result.run.clauses
    }


def test_a_run_can_be_stopped_at_its_first_exchange(contract: Contract) -> None:
    def stop(event: Event) -> StopRequest | None:
        return StopRequest("at once") if isinstance(event, ExchangeRecorded) else None

    result = run(contract, Target("app", "app", 1, app), RunOptions(), [stop])
    assert len(result.exchanges) == 1 and result.stopped is None


@pytest.mark.parametrize("kind", [asyncio.BaseEventLoop, Login], ids=["before the first step", "during the login"])
def test_an_interruption_before_the_first_request_is_a_result(
    contract: Contract, monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    name = "tokens" if kind is Login else "run_until_complete"
    original = getattr(kind, name)

    def interrupted(*arguments: Any) -> Any:
        monkeypatch.undo()
        signal.raise_signal(signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(kind, name, interrupted)
    events: list[Event] = []
    result = run(contract, Target("app", "app", 1, app), RunOptions(), [events.append])
    assert result.interrupted and result.run.requests == 0
    assert {clause.verdict for clause in result.run.clauses} == {"untested", "unbreakable"}
    assert events == [RunEnded(None, interrupted=True)]
