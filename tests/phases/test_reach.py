"""Operations that are reached although contract and answers tell little of what they need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_TEXT = {"type": "string"}


class Named(Shelves):
    """Keeps things by the name that they were posted with, and answers to their making with `said`."""

    def __init__(self, said: Any, status: int = 200) -> None:
        super().__init__()
        self._said = said
        self._status = status

    def _collection(self, call: Call) -> Answer:
        if call.method != "POST":
            return super()._collection(call)
        if not isinstance(call.body, dict) or not isinstance(call.body.get("name"), str):
            return 400, {"message": "name missing"}
        self.kept[f"{call.path}/{call.body['name']}"] = {"name": call.body["name"]}
        return self._status, self._said

    def _one(self, call: Call) -> Answer:
        return (200, self.kept[call.path]) if call.method == "GET" else super()._one(call)


@pytest.mark.parametrize(
    ("said", "status"),
    [({}, 200), ({"ok": True}, 201), ({"result": {"took": 3}}, 200), (None, 204), ([], 201)],
    ids=["nothing", "a flag", "an envelope of other things", "no body", "an empty list"],
)
@pytest.mark.parametrize("parameter", ["database", "dbName", "id"])
def test_what_no_answer_names_is_called_as_it_was_posted(
    compiled: Compile, said: Any, status: int, parameter: str
) -> None:
    entries = ("POST /dbs", f"GET /dbs/{{{parameter}}}", f"POST /dbs/{{{parameter}}}/tables")
    shelves = Named(said, status)
    result = drive(compiled({"paths": paths(*entries)}), shelves, phases=("baseline", "lifecycle"))
    assert result.run.coverage.operations.accepted == len(entries)
    assert not result.run.findings


def test_a_posted_name_is_no_promise(compiled: Compile) -> None:
    """The server keeps things by a number that only its list tells."""

    class Numbering(Shelves):
        def _collection(self, call: Call) -> Answer:
            status, value, *_ = super()._collection(call)
            return (201, {"ok": True}) if call.method == "POST" and status == 201 else (status, value)

    entries = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "PUT /boxes/{id}", "DELETE /boxes/{id}")
    result = drive(compiled({"paths": paths(*entries)}), Numbering(), phases=("baseline", "lifecycle"))
    assert result.run.coverage.operations.accepted == len(entries)
    assert not result.run.findings


def test_a_put_makes_what_no_post_does(compiled: Compile) -> None:
    class Putting(Shelves):
        def answer(self, call: Call) -> Answer:
            if call.line == "POST /buckets":
                return 400, {"message": "no"}
            if call.method == "PUT" and isinstance(call.body, dict):
                made = call.path not in self.kept
                self.kept[call.path] = {**call.body, "id": call.path.rpartition("/")[2]}
                return 201 if made else 200, self.kept[call.path]
            return super().answer(call)

    entries = ("POST /buckets", "PUT /buckets/{bucket}", "GET /buckets/{bucket}", "DELETE /buckets/{bucket}")
    shelves = Putting()
    result = drive(compiled({"paths": paths(*entries)}), shelves, phases=("baseline", "clauses", "lifecycle"))
    assert result.run.coverage.operations.accepted == 3
    deleted = [call for call in shelves.calls if call.method == "DELETE"]
    assert len({call.path for call in deleted}) > 1, "each request of the deletion has a bucket of its own"


def _moment(written: Any) -> datetime:
    found = datetime.fromisoformat(str(written).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _ends_later(sent: dict[str, Any]) -> str | None:
    return None if _moment(sent["endsAt"]) > datetime.now(UTC) else "end time can't be in the past"


def _within_a_year(sent: dict[str, Any]) -> str | None:
    left = _moment(sent["endsAt"]) - datetime.now(UTC)
    return None if 0 < left.days + 1 < 365 else "it has expired, or it is too late"


def _starts_before(sent: dict[str, Any]) -> str | None:
    if _moment(sent["startsAt"]) < datetime.now(UTC):
        return "the window is over: choose a later start"
    return None if _moment(sent["startsAt"]) < _moment(sent["endsAt"]) else "it ends before it starts"


def _born(sent: dict[str, Any]) -> str | None:
    return None if _moment(sent["endsAt"]) < datetime.now(UTC) else "the day must not be in the future"


def _counted(sent: dict[str, Any]) -> str | None:
    return None if sent["expires_at"] > datetime.now(UTC).timestamp() else "the token would already be expired"


@pytest.mark.parametrize(
    ("judge", "members"),
    [
        (_ends_later, {"endsAt": {"type": "string", "format": "date-time"}}),
        (_ends_later, {"endsAt": {"type": "string", "format": "date"}}),
        (_within_a_year, {"endsAt": {"type": "string", "format": "date-time"}}),
        (_starts_before, {"endsAt": {"type": "string", "format": "date-time"},
                          "startsAt": {"type": "string", "format": "date-time"}}),
        (_born, {"endsAt": {"type": "string", "format": "date", "example": "2098-01-01"}}),
        (_counted, {"expires_at": {"type": "integer"}}),
    ],
    ids=["the future", "a future day", "the near future", "an order", "the past", "a number of seconds"],
)  # fmt: skip
def test_a_moment_is_moved_as_the_refusal_asks(
    compiled: Compile, judge: Callable[[dict[str, Any]], str | None], members: dict[str, Any]
) -> None:
    def answer(call: Call) -> Answer:
        why = judge(call.body)
        return (400, {"message": why}) if why else (200, {"id": "a"})

    schema = {"type": "object", "required": list(members), "properties": members}
    result = drive(compiled({"paths": paths("POST /silences", body=schema)}), answer, phases=("baseline",))
    assert result.run.coverage.operations.accepted == 1


@pytest.mark.parametrize("odd", [301, 302, 307, 500])
def test_the_search_goes_on_after_what_says_nothing(compiled: Compile, odd: int) -> None:
    def answer(call: Call) -> Answer:
        colour = call.body["colour"]
        if colour == "green":
            return 200, {"id": "a"}
        return (odd, None, {"location": "/elsewhere"}) if colour == "red" else (400, {"colour": "one of red, green"})

    schema = {"type": "object", "required": ["colour"], "properties": {"colour": _TEXT}}
    result = drive(compiled({"paths": paths("POST /paints", body=schema)}), answer, phases=("baseline",))
    assert result.run.coverage.operations.accepted == 1
