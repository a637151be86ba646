"""A recorded run against a second build: what it answers otherwise, but for what each build makes up itself."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange
from clausewise.options import RunOptions
from clausewise.runner.interruption import Deadline
from clausewise.runner.replay import Replayed, replay
from clausewise.runner.run import run
from clausewise.runner.targets import Target
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, app_of, drive

_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "size": {"type": "integer", "minimum": 0, "maximum": 9},
    },
}
_SHOWN: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {**_BODY["properties"], "id": {"type": "string"}, "made_at": {}, "price": {"type": "integer"}},
}


def _content(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _document() -> dict[str, Any]:
    def answers(**by_status: Any) -> dict[str, Any]:
        found = {name[1:]: {"description": "", **_content(each)} for name, each in by_status.items() if each}
        return {**found, **{name: {"description": ""} for name in ("204", "400", "404", "405")}}

    own = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    body = {"requestBody": {"required": True, **_content(_BODY)}}
    lists = {"type": "array", "items": _SHOWN}
    return {
        "paths": {
            "/things": {
                "get": {"operationId": "list", "responses": answers(_200=lists)},
                "post": {"operationId": "make", **body, "responses": answers(_201=_SHOWN)},
            },
            "/things/{id}": {
                "parameters": [own],
                "get": {"operationId": "show", "responses": answers(_200=_SHOWN)},
                "put": {"operationId": "change", **body, "responses": answers(_200=_SHOWN)},
                "delete": {"operationId": "remove", "responses": answers()},
            },
        }
    }


class _Build(Shelves):
    """A build whose ids begin with a letter of its own, with one fault; each answer has the number of the read."""

    def __init__(self, letter: str, fault: str = "") -> None:
        super().__init__()
        self._letter, self._fault = letter, fault
        self._reads = itertools.count(ord(letter))

    def answer(self, call: Call) -> Answer:
        if call.method in ("POST", "PUT") and not self._is_valid(call.body):
            return 400, {"message": f"wrong: {self._letter}"}
        if self._fault == "crashes" and call.method == "PUT":
            return 500, {"message": "failed"}
        if self._fault == "refuses" and call.method == "POST" and call.body.get("size") == 9:
            return 400, {"message": "too large"}
        status, shown, *more = super().answer(call)
        if isinstance(shown, dict) and "name" in shown:
            shown |= {"made_at": next(self._reads), "price": 10 + (self._fault == "costs more")}
            if self._fault == "loses" and call.method == "GET":
                shown = {name: value for name, value in shown.items() if name != "size"}
            if self._fault == "other type":
                shown = {**shown, "price": str(shown["price"])}
        if self._fault == "lists too few" and isinstance(shown, list):
            shown = shown[1:]
        return (status, shown, *more)

    def _collection(self, call: Call) -> Answer:
        if call.method != "POST":
            return super()._collection(call)
        own = f"{self._letter}{next(self._numbers)}"
        self.kept[f"{call.path}/{own}"] = {**call.body, "id": own}
        return 201, self.kept[f"{call.path}/{own}"]

    def _is_valid(self, body: Any) -> bool:
        if not isinstance(body, dict) or not isinstance(body.get("name"), str) or len(body["name"]) > 20:
            return False
        size = body.get("size", 0)
        return isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= 9


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled(_document())


@pytest.fixture(scope="module")
def recorded(contract: Contract) -> list[Exchange]:
    return list(drive(contract, _Build("a"), phases=("baseline", "clauses", "lifecycle")).exchanges)


def _replayed(contract: Contract, recorded: list[Exchange], build: Any, **options: Any) -> Replayed:
    target = Target("app", "second", 4, app_of(build))
    deadline = Deadline.of(None)
    return replay(contract, recorded, target, RunOptions(**options), journal=None, deadline=deadline)


def test_the_same_build_with_other_ids_and_times_answers_the_same(contract: Contract, recorded: list[Exchange]) -> None:
    build = _Build("b")
    found = _replayed(contract, recorded, build)
    assert (found.differences, found.failures, found.ended) == ((), 0, "")
    assert found.compared == found.same > 50
    assert build.kept == {} and sum(found.written.made.values()) > 5 and not sum(found.written.left.values())


@pytest.mark.parametrize(
    ("fault", "operation", "message"),
    [
        ("crashes", "change", "answered 500, and 200 before"),
        ("refuses", "make", "answered 400, and 201 before"),
        ("loses", "show", "`size` is gone; it was "),
        ("other type", "make", 'the 201 response has `price` = "10"; '),
        ("lists too few", "list", "`the answer` lacks a thing that was in it before"),
    ],
)
def test_what_the_second_build_does_worse_is_a_new_failure(
    contract: Contract, recorded: list[Exchange], fault: str, operation: str, message: str
) -> None:
    found = _replayed(contract, recorded, _Build("b", fault))
    assert found.failures
    first = [one for one, _, _ in found.differences if one.operation == operation]
    assert first and first[0].is_failure and first[0].message.startswith(message)
    assert [one.is_failure for one, _, _ in found.differences] == sorted(
        (one.is_failure for one, _, _ in found.differences), reverse=True
    )


def test_another_documented_media_type_is_a_difference_and_no_failure(compiled: Compile) -> None:
    either = {"description": "", "content": {"application/json": {}, "text/plain": {}}}
    contract = compiled({"paths": {"/note": {"get": {"operationId": "note", "responses": {"200": either}}}}})
    exchanges = list(drive(contract, lambda call: (200, "a note"), phases=("baseline",)).exchanges)
    found = _replayed(contract, exchanges, lambda call: (200, "a note", {"content-type": "text/plain"}))
    assert {each.message for each, _, _ in found.differences} == {
        "answers with text/plain, and with application/json before"
    }
    assert not found.failures
    assert not _replayed(contract, exchanges, lambda call: (200, "a note")).differences


def test_another_value_that_nobody_sent_is_a_difference_and_no_failure(
    contract: Contract, recorded: list[Exchange]
) -> None:
    found = _replayed(contract, recorded, _Build("b", "costs more"))
    assert not found.failures
    messages = [(each.operation, each.message) for each, _, _ in found.differences]
    assert ("make", "`price` is 11, and was 10 before") in messages


def test_writes_are_sent_as_far_as_they_are_allowed(contract: Contract, recorded: list[Exchange]) -> None:
    build = _Build("b")
    found = _replayed(contract, recorded, build, allow_writes=0)
    assert {call.method for call in build.calls} <= {"GET", "HEAD", "OPTIONS"}
    assert found.written.sent == 0 and any("--allow-writes 0" in reason for reason in found.left_out)
    assert not found.failures


def test_what_the_record_has_masked_is_sent_with_the_credentials_that_are_given(
    compiled: Compile,
) -> None:
    document = _document()
    document["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    document["paths"]["/things"]["get"]["security"] = [{"token": []}]
    document["paths"]["/things"]["get"]["responses"]["401"] = {"description": ""}
    contract = compiled(document)

    def answer(call: Call) -> Answer:
        if call.headers.get("authorization") != "Bearer secret-of-two":
            return 401, {"message": "who?"}
        return 200, []

    given = (("Authorization", "Bearer secret-of-two"),)
    exchanges = drive(contract, answer, phases=("baseline", "clauses"), operations=("list",), headers=given).exchanges
    found = _replayed(contract, list(exchanges), answer, headers=given)
    assert found.compared == found.same > 3
    assert list(found.left_out) == ["they were sent with made-up credentials, which the record has masked"]
    without = _replayed(contract, list(exchanges), answer)
    assert without.compared < found.compared and not without.failures
    assert any(why.startswith("credentials are required (`token`): give") for why in without.left_out)


def test_a_limit_on_the_time_ends_it(contract: Contract, recorded: list[Exchange]) -> None:
    target = Target("app", "second", 4, app_of(_Build("b")))
    found = replay(contract, recorded, target, RunOptions(max_time=1e-9), journal=None, deadline=Deadline.of(1e-9))
    assert found.compared == 0 and "limit of" in found.ended and sum(found.left_out.values()) == len(recorded)


@pytest.mark.parametrize("seed", range(4))
def test_writes_that_were_on_their_way_together_may_have_been_carried_out_in_any_order(
    contract: Contract, seed: int
) -> None:
    numbers = random.Random(seed)

    def recorded_with(build: _Build) -> list[Exchange]:
        inner = app_of(build)

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(numbers.random() / 100)
            await inner(scope, receive, send)

        phases = ("baseline", "clauses", "lifecycle")
        return list(run(contract, Target("app", "slow", 4, slow), RunOptions(phases=phases, seed=seed)).exchanges)

    exchanges = recorded_with(_Build("a"))
    found = _replayed(contract, exchanges, _Build("b"))
    assert (found.failures, found.ended) == (0, "") and found.compared > 50
    assert _replayed(contract, exchanges, _Build("b", "loses")).failures
