"""Answers that take too long, or ten times as long as others: each shows again when its request is sent alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Probe, Request, Response
from clausewise.report import run_text
from clausewise.results.evidence import Observation
from clausewise.runner.timing import Timing
from tests.conftest import Compile
from tests.servers.small import Shelves, drive, paths

_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "paths": paths("GET /things", "POST /things", "GET /things/{id}"),
}


@pytest.fixture(scope="module")
def operation(compiled: Compile) -> OperationContract:
    return compiled(_DOCUMENT).operations[0]


def _took(
    seconds: float, target: str = "/things", *, method: str = "GET", status: int = 200, size: int = 10
) -> Exchange:
    probe = Probe("GET /things", "clauses", "`q` has 300 characters", "any", deviates_at=("query.q",))
    return Exchange("e", Request(method, target), Response(status, (), b"x" * size, seconds), probe=probe)


def _found(
    operation: OperationContract,
    exchanges: list[Exchange],
    again: Callable[[Exchange], float],
    limit: float | None = None,
) -> tuple[list[Observation], list[str]]:
    """What is found where a request that is sent `again` takes so many seconds, and the targets of those."""
    timing, found, asked = Timing(limit), list[Observation](), list[str]()
    for exchange in exchanges:
        timing.take(operation, exchange)
    steps: Any = timing.steps(found.append)
    try:
        batch = next(steps)
        while True:
            (case,) = batch
            asked.append(case.request.target)
            old = next(each for each in exchanges if each.request == case.request)
            assert old.response is not None
            batch = steps.send(
                [msgspec.structs.replace(old, response=msgspec.structs.replace(old.response, seconds=again(old)))]
            )
    except StopIteration as end:
        assert end.value.notes == timing.notes == ()
    return found, asked


_USUAL = [_took(0.01) for _ in range(9)]


def test_an_answer_beyond_the_limit_is_an_error_when_it_is_slow_each_time(operation: OperationContract) -> None:
    (found,), asked = _found(operation, [*_USUAL, _took(1.5, "/things?q=a")], lambda _: 1.2, limit=1)
    assert (found.rule, found.severity, asked) == ("slow-response", "error", ["/things?q=a"] * 2)
    assert found.message == (
        f"{operation.key} took 1.2 s or more to answer, 3 times of as many; max-response-time allows 1 s"
    )


def test_an_answer_that_was_slow_once_is_none(operation: OperationContract) -> None:
    found, asked = _found(operation, [*_USUAL, _took(1.5, "/things?q=a")], lambda _: 0.9, limit=1)
    assert (found, len(asked)) == ([], 2)


def test_without_a_limit_a_request_slower_than_its_like_is_a_note(operation: OperationContract) -> None:
    (found,), _ = _found(operation, [*_USUAL, _took(0.5, "/things?q=a")], lambda _: 0.4)
    assert (found.rule, found.severity) == ("slow-response", "note")
    assert found.message == (
        f"{operation.key} takes 0.4 s where `q` has 300 characters, each time; other requests as large take 0.01 s"
    )


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(_took(0.09, "/things?q=a"), id="a tenth of a second"),
        pytest.param(_took(2, "/things?wait=2"), id="asked to wait"),
        pytest.param(_took(2, "/things?limit=1000", size=100_000), id="a larger answer"),
        pytest.param(_took(2, "/things", method="POST"), id="a write that was accepted"),
    ],
)
def test_what_has_a_reason_to_be_slow_is_not_asked_again(operation: OperationContract, slow: Exchange) -> None:
    assert _found(operation, [*_USUAL, slow], lambda _: 2) == ([], [])


def test_of_writes_that_were_accepted_several_have_to_be_slow(operation: OperationContract) -> None:
    writes = [_took(2, method="POST", status=201) for _ in range(3)]
    assert _found(operation, writes[:2], lambda _: 2, limit=1) == ([], [])
    (found,), asked = _found(operation, writes, lambda _: 2, limit=1)
    assert (found.rule, asked) == ("slow-response", [])


def test_a_run_lists_its_slowest_answers_only_where_their_time_is_limited(compiled: Compile) -> None:
    contract = compiled(_DOCUMENT)
    limited = drive(contract, Shelves(), phases=("baseline",), max_response_time=1e-9)
    assert {finding.rule for finding in limited.run.findings} == {"slow-response"}
    slowest = limited.run.slowest
    assert slowest and list(slowest) == sorted(slowest, key=lambda each: -each.seconds)
    assert ("slowest answers:",) in list(run_text.lines(limited.run, 0))
    assert drive(contract, Shelves(), phases=("baseline",)).run.slowest is msgspec.UNSET


def test_what_could_not_be_sent_again_is_a_note_of_the_run(compiled: Compile) -> None:
    contract = compiled(_DOCUMENT)
    result = drive(contract, Shelves(), phases=("baseline",), max_response_time=1e-9, max_requests=5)
    assert any("before the requests were sent again" in note for note in result.notes)
