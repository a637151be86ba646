"""A server that asks for patience, and one that forgets who is logged in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clausewise.errors import TargetError
from tests.conftest import Compile
from tests.servers.small import Answer, Call, drive, paths

_MINE = (("Authorization", "Bearer mine"),)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that are slept; the clock does not move for them."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float, result: Any = None) -> Any:
        # The integer 0 only lets others have their turn.
        slept.extend([seconds] if isinstance(seconds, float) else [])
        return await sleep(0, result)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return slept


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("0", 0.0),
        ("3", 3.0),
        ("86400", 10.0),
        ("9" * 400, 10.0),
        ("-1", 0.2),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 0.2),
        (None, 0.2),
    ],
    ids=["now", "a little", "a day", "for ever", "no number", "a date", "nothing"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_waited_for_but_not_for_long(
    compiled: Compile, waits: list[float], status: int, asked: str | None, waited: float
) -> None:
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        if len(calls) > 1:
            return 200, []
        return status, {"message": "busy"}, {"Retry-After": asked} if asked is not None else {}

    result = drive(compiled({"paths": paths("GET /things")}), answer, phases=("baseline",))
    # The last one shows whether the operation can be a canary.
    assert result.run.coverage.operations.accepted == 1 and len(calls) == 3
    assert waits == [waited]


@pytest.mark.parametrize("asks_who", [True, False], ids=["asks who calls", "lets in everybody"])
def test_the_login_is_there_where_another_operation_takes_it_and_nobody_without(
    compiled: Compile, asks_who: bool
) -> None:
    """`GET /things` forgets the login, and only what refuses others can show that the run still has it."""
    served = [0]

    def answer(call: Call) -> Answer:
        is_mine = call.headers.get("authorization") == "Bearer mine"
        if call.path == "/news":
            return (200, []) if is_mine or not asks_who else (401, {"message": "who?"})
        served[0] += is_mine
        return (200, []) if is_mine and served[0] < 4 else (401, {"message": "who?"})

    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
    found = paths("GET /news", "GET /things")
    for item in found.values():
        item["get"]["parameters"] = [limit]
    document = {
        "security": [{"login": []}],
        "components": {"securitySchemes": {"login": {"type": "http", "scheme": "bearer"}}},
        "paths": found,
    }
    result = drive(compiled(document), answer, headers=_MINE)
    assert isinstance(result.stopped, TargetError) is not asks_who
    if not asks_who:
        assert "GET /things answers 401 to a request that it accepted before" in str(result.stopped)
